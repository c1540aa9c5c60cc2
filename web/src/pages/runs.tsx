import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { runsOf, switchText, type RunRow } from "../docs";
import { useKeys } from "../keys";
import { amend, go, href, search } from "../route";
import type { Doc, LiveRun } from "../source";
import { changes, live, load, markBaseline, marked, say, shared, toggleMark, trouble, useDoc, useFoot, usePageTitle, useRoute, useSignal } from "../state";
import { Empty, Waiting } from "../ui/faces";
import { List, SortHead, windowRows } from "../ui/list";
import * as num from "../ui/number";
import { line } from "../ui/text";

const columns = "22px minmax(150px,1.3fr) minmax(110px,1fr) minmax(130px,1fr) 172px 86px 76px 124px";
const narrow = "22px minmax(0,1fr) 64px 84px";

const states: Record<string, { mark: string; word: string }> = {
  running: { mark: "◐", word: "running" },
  unfinished: { mark: "◌", word: "not finished" },
  incomplete: { mark: "▲", word: "attempts missing" },
  done: { mark: "●", word: "done" },
};
/** moving: what was told since the row was read. */
export function statusOf(row: RunRow, moving: LiveRun | undefined): { mark: string; word: string; running: boolean } {
  const status = (moving?.status ?? row.status) || (!row.finished ? "unfinished" : row.missing > 0 ? "incomplete" : "done");
  return { ...(states[status] ?? { mark: "·", word: status }), running: status === "running" };
}
/** Attempts that are over, by what was told last; never fewer than before. */
export function countsOf(row: RunRow, moving: LiveRun | undefined): { over: number; done: number; failed: number; missing: number } {
  const c = moving && moving.done + moving.failed + moving.missing >= row.done + row.failed + row.missing ? moving : row;
  return { over: c.done + c.failed + c.missing, done: c.done, failed: c.failed, missing: c.missing };
}
export const left = (moving: LiveRun | undefined): string =>
  moving && moving.eta_s !== null && moving.status === "running" ? `left ${num.time(moving.eta_s * 1000)}` : "";

function metricText(row: RunRow): string {
  const m = row.metric;
  if (!m) return "–";
  const half = m.lo !== null && m.hi !== null ? (m.hi - m.lo) / 2 : null;
  const scale = num.scaleOf(m, half);
  return num.value(m.value, scale);
}
function metricRange(row: RunRow): string {
  const m = row.metric;
  if (!m || m.lo === null || m.hi === null) return "";
  return num.range(m.lo, m.hi, num.scaleOf(m, (m.hi - m.lo) / 2));
}

export function Runs(): JSX.Element {
  const route = useRoute();
  const { q = "", suite = "", status = "", sort = "" } = route.query;
  const base = { q, suite, status, sort };
  const first = "/runs" + search({ limit: windowRows, ...base });
  const got = useDoc<Doc>(first);
  const version = useSignal(changes);
  const moving = useSignal(live);
  const marks = useSignal(marked);
  const view = useMemo(() => (got.doc ? runsOf(got.doc) : null), [got.doc]);
  usePageTitle("Runs");
  useFoot("tare runs", first, { runs: first });
  const wide = window.innerWidth > 720;
  const refused = useSignal(trouble);
  // One marked run is compared with the baseline of its suite.
  const single = marks.length === 1 ? view?.rows.find((r) => r.run === marks[0]) : undefined;
  const against = single ? view?.baselines.get(single.digest) : undefined;
  const pair = marks.length === 2 ? { a: marks[0], b: marks[1] } : against && against !== single?.run ? { a: against, b: single?.run } : null;
  const toggle = (r: RunRow): void => void markBaseline(r.run, line(r.address), !r.baseline);
  useKeys("list", {
    "compare-marked": () => {
      if (!pair) {
        say("mark two runs with x, then c; one is enough where its suite has a baseline");
        return;
      }
      go(href(["compare"], pair));
    },
    filter: () => document.querySelector<HTMLInputElement>("#runs-q")?.focus(),
    sort: () => {
      const order = ["", "-done", "suite", "solver", "-cost"];
      amend({ sort: order[(order.indexOf(sort) + 1) % order.length] ?? "" });
    },
  });
  const row = (r: RunRow): JSX.Element => {
    const running = moving.get(r.run);
    const s = statusOf(r, running);
    const c = countsOf(r, running);
    const eta = left(running);
    return (
      <>
        <span role="cell" title={s.word}>
          <span aria-hidden="true">{s.mark}</span>
          <span class="sr">{s.word}</span>
        </span>
        <span role="cell">
          {r.baseline && <span class="badge">baseline</span>}
          <a href={href(["run", r.run])}>
            <bdi>{line(r.address)}</bdi>
          </a>
        </span>
        <span role="cell" class="vm">
          <bdi>{line(r.suite)}</bdi> <span class="ink3">{line(r.version)}</span>
        </span>
        <span role="cell" class="vm">
          <bdi>{line(r.solver)}</bdi>
          {r.control && <span class="ink3"> control</span>}
          {r.switches.length > 0 && (
            <span class="ink3" title={line(switchText(r.switches))}>
              {" "}
              {line(switchText(r.switches))}
            </span>
          )}
        </span>
        <span role="cell" class="n" title={r.metric?.why ? line(r.metric.why) : undefined}>
          <b>{metricText(r)}</b> <span class="ci vm">{metricRange(r)}</span>
        </span>
        <span role="cell" class="n">
          {num.count(c.over < r.planned ? c.over : c.done)}
          {c.over < r.planned && <span class="ink3"> of {num.count(r.planned)}</span>}
          {c.failed > 0 && <span class="downc"> {num.count(c.failed)} failed</span>}
          {c.missing > 0 && <span class="warnc"> {num.count(c.missing)} missing</span>}
          {s.running && <i class="hair" aria-hidden="true" style={{ width: `${(100 * c.over) / Math.max(1, r.planned)}%` }} />}
        </span>
        <span role="cell" class="n vm">
          {num.money(r.cost)}
        </span>
        <span role="cell" class="n vm ink3">
          {s.running && eta ? eta : num.when(r.started)}
        </span>
      </>
    );
  };
  const head = (label: string, column: string, n = false, cls = ""): JSX.Element => (
    <SortHead label={label} column={column} sort={sort} set={(s) => amend({ sort: s })} n={n} class={cls} />
  );
  const unsearched = !q && !suite && !status;
  const first0 = view?.rows[0];
  return (
    <>
      <h1>Runs</h1>
      {view && view.total > 0 && (
        <p class="sub" data-v="runs:total">
          {num.count(view.total)} run{view.total === 1 ? "" : "s"}
          {first0?.metric ? `; the number is the suite's headline, ${num.title(first0.metric)}, with its 95 % interval` : ""}
        </p>
      )}
      {shared.source.kind === "http" && (
        <div class="tools">
          <input
            id="runs-q"
            type="search"
            placeholder="Filter: label, suite or solver"
            aria-label="Filter runs"
            value={q}
            onInput={(e) => amend({ q: e.currentTarget.value })}
          />
          <select aria-label="Status" value={status} onChange={(e) => amend({ status: e.currentTarget.value })}>
            <option value="">any status</option>
            <option value="done">done</option>
            <option value="running">running</option>
            <option value="unfinished">not finished</option>
            <option value="incomplete">attempts missing</option>
          </select>
          {marks.length > 0 && <span class="sub">{marks.length} of 2 marked</span>}
          {single && (
            <button type="button" onClick={() => toggle(single)}>
              {single.baseline ? "No longer the baseline" : "Make it the baseline"} <kbd>b</kbd>
            </button>
          )}
          {pair && (
            <a class="btn" href={href(["compare"], pair)}>
              Compare{marks.length === 1 ? " with the baseline" : ""} <kbd>c</kbd>
            </a>
          )}
        </div>
      )}
      {refused && (
        <p class="warnc" role="alert">
          {line(refused)}{" "}
          <button type="button" class="plain" onClick={() => trouble.set(null)}>
            close
          </button>
        </p>
      )}
      {got.error && <Waiting of={got} />}
      {!view && !got.error && <Waiting of={got} />}
      {view && view.total === 0 && unsearched && (
        <Empty command="tare run incident-response --solver verify-first --solver runbook -k 4">No runs yet. Make one:</Empty>
      )}
      {view && view.total === 0 && !unsearched && <Empty>No run matches.</Empty>}
      {view && view.total > 0 && (
        <List<RunRow>
          name="Runs"
          total={view.total}
          columns={wide ? columns : narrow}
          version={`${version} ${first}`}
          order={first}
          fetch={async (offset, signal) =>
            offset === 0 ? view.rows : runsOf(await load<Doc>("/runs" + search({ cursor: offset, limit: windowRows, ...base }), signal)).rows
          }
          row={row}
          link={(r) => href(["run", r.run])}
          key_={(r) => r.run}
          marks={marks}
          onMark={(r) => toggleMark(r.run)}
          rowKeys={{ baseline: toggle }}
          header={
            <>
              <span role="columnheader">
                <span class="sr">Status</span>
              </span>
              {head("Run", "label")}
              {head("Suite", "suite", false, "vm")}
              {head("Solver", "solver", false, "vm")}
              <span role="columnheader" class="n">
                Headline
              </span>
              {head("Attempts", "done", true)}
              {head("Cost", "cost", true, "vm")}
              {head("When (UTC)", "when", true, "vm")}
            </>
          }
        />
      )}
    </>
  );
}
