import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { defOf, runOf, setting, type RunView } from "../docs";
import { PassK } from "../fig/passk";
import { Whisker } from "../fig/whisker";
import { niceAxis, ticks } from "../fig/scale";
import { useKeys } from "../keys";
import { amend, go, href, join, search } from "../route";
import type { Doc, LiveRun } from "../source";
import { live, markBaseline, shared, toggleMark, trouble, useDoc, useFoot, usePageTitle, useRoute, useSignal } from "../state";
import { Failure, Progress, Waiting } from "../ui/faces";
import { Crumbs } from "../ui/frame";
import { windowRows } from "../ui/list";
import * as num from "../ui/number";
import { line } from "../ui/text";
import { countsOf, left, statusOf } from "./runs";
import { AttemptRows, TaskRows } from "./tries";

export function Run({ id }: { id: string }): JSX.Element {
  const route = useRoute();
  const { f = "", sort = "", rows = "" } = route.query;
  const path = join("runs", id);
  const [count, setCount] = useState<number | null>(null);
  const got = useDoc<Doc>(path);
  const told = useSignal(live);
  const view = useMemo(() => (got.doc ? runOf(got.doc) : null), [got.doc]);
  const address = view?.row.address ?? id;
  // A report carries attempts.
  const byTask = shared.source.kind === "http" && rows !== "attempts";
  const page = path + (byTask ? "/tasks" : "/attempts") + search({ offset: 0, limit: windowRows, sort, where: f });
  usePageTitle(line(view?.row.solver ?? id));
  useFoot(`tare show ${address}${f ? ` --where "${f}"` : ""}`, path, { run: path, [byTask ? "tasks" : "attempts"]: page });
  useKeys("list", {
    filter: () => document.querySelector<HTMLInputElement>("#run-f")?.focus(),
    sort: () => {
      const order = ["", view?.headline ?? "", `-${view?.headline ?? ""}`, "-steps", "-ms"];
      amend({ sort: order[(order.indexOf(sort) + 1) % order.length] ?? "" });
    },
    "compare-marked": () => go(href(["compare"], { b: id })),
    mark: () => toggleMark(id),
    baseline: () => {
      if (view) void markBaseline(view.row.run, line(view.row.address), !view.row.baseline);
    },
  });
  if (!view && got.error) return <Waiting of={got} lost={{ title: "This run is not there", ways: [], find: id }} />;
  return (
    <>
      {view ? (
        <Head id={id} view={view} moving={told.get(view.row.run)} error={got.error ? <Failure error={got.error} again={got.again} /> : null} />
      ) : (
        <>
          <Crumbs of={[["Runs", "#/runs"], [id, null]]} />
          <h1>{line(id)}</h1>
          <Waiting of={got} />
        </>
      )}
      <section>
        <div class="hd">
          <h2>{byTask ? "Tasks" : "Attempts"}</h2>
          {count !== null && (
            <span class="sub" data-v={byTask ? "tasks:total" : "attempts:total"}>
              {num.count(count)}
              {f ? " match" : ""}
            </span>
          )}
        </div>
        {shared.source.kind === "http" && (
          <div class="tools">
            <input
              id="run-f"
              type="search"
              aria-label="Filter attempts"
              placeholder="family:benign reward<0 missing"
              value={f}
              onInput={(e) => amend({ f: e.currentTarget.value })}
            />
            <div class="seg" role="group" aria-label="Rows">
              <button type="button" aria-pressed={byTask} onClick={() => amend({ rows: "tasks", sort: "" })}>
                A task a row
              </button>
              <button type="button" aria-pressed={!byTask} onClick={() => amend({ rows: "attempts", sort: "" })}>
                An attempt a row
              </button>
            </div>
          </div>
        )}
        {byTask ? (
          <TaskRows id={id} view={view} f={f} sort={sort} told={setCount} />
        ) : (
          <AttemptRows id={id} view={view} f={f} sort={sort} told={setCount} />
        )}
      </section>
      {view && view.environment.length > 0 && (
        <details class="fold">
          <summary>Where it ran</summary>
          <dl class="nums" style={{ maxWidth: "720px" }}>
            {view.environment.map(([k, v]) => (
              <>
                <dt>{line(k)}</dt>
                <dd style={{ overflowWrap: "anywhere" }}>{line(v)}</dd>
              </>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

/** What the run's own document says; it takes longest where attempts are many. */
function Head({ id, view, moving, error }: { id: string; view: RunView; moving: LiveRun | undefined; error: JSX.Element | null }): JSX.Element {
  const { row } = view;
  const names = Object.keys(view.cells);
  const headline = view.headline ?? names[0] ?? "";
  const headDef = defOf(view.defs, headline);
  const state = statusOf(row, moving);
  const counts = countsOf(row, moving);
  const refused = useSignal(trouble);
  const cellText = (name: string): { value: string; range: string } => {
    const c = view.cells[name];
    if (!c) return { value: "–", range: "" };
    const s = num.scaleOf(defOf(view.defs, name), c.lo !== null && c.hi !== null ? (c.hi - c.lo) / 2 : null);
    return { value: num.value(c.value, s), range: num.range(c.lo, c.hi, s) };
  };
  const h = cellText(headline);
  return (
    <>
      <Crumbs of={[["Runs", "#/runs"], [row.label ?? row.batch, href(["board", row.digest], {})], [row.solver, null]]} />
      <h1>{line(row.solver)}</h1>
      <div class="meta">
        <span>
          <a href={href(["suite", row.digest])}>{line(row.suite)}</a> <b>{line(row.version)}</b>
        </span>
        <span>
          <b>{num.count(row.n_tasks)}</b> tasks × <b>{num.count(row.k)}</b> attempts
        </span>
        <span class="mono">{line(row.run)}</span>
        {row.control && <span>control</span>}
        {row.baseline && <span class="badge">baseline</span>}
        <span>
          <span aria-hidden="true">{state.mark}</span> {state.word}
        </span>
        <span>{num.when(row.started)} UTC</span>
      </div>
      {row.switches.length > 0 && (
        <dl class="switches">
          <dt>Harness</dt>
          {row.switches.map((s) => (
            <dd key={s.switch}>
              <span class="mono">{line(s.switch)}</span> <b>{line(setting(s.value))}</b> <span class="ink3">not {line(setting(s.default))}</span>
            </dd>
          ))}
        </dl>
      )}
      <p class="lead">
        {num.title(headDef).replace(/^./, (c) => c.toUpperCase())}{" "}
        <b data-v={`run:${view.cellsAt}.${headline}.value`}>
          {h.value}
          {num.isShare(headDef) ? " %" : ""}
        </b>
        {h.range ? (
          <>
            {" "}
            (95 % interval{" "}
            <span data-v2={`run:${view.cellsAt}.${headline}.lo`}>{h.range}</span>, {line(view.cells[headline]?.method)},{" "}
            {num.count(view.cells[headline]?.n)} tasks)
          </>
        ) : view.cells[headline]?.why ? (
          <> (no interval: {line(view.cells[headline]?.why)})</>
        ) : null}
        {view.klass ? <>. Class: {line(view.klass.replace(/_/g, " "))}</> : null}.
        {row.missing > 0 && (
          <>
            {" "}
            {num.count(row.missing)} attempts are missing{view.lost[0] ? ` (${line(view.lost[0].text)})` : ""}; they count as neither good nor bad.
          </>
        )}
        {row.failed > 0 && <> {num.count(row.failed)} attempts failed.</>}
      </p>
      {counts.over < row.planned && <Progress done={counts.over} total={row.planned} note={state.running ? left(moving) : "nobody works on it: tare run --resume goes on"} />}
      {error}
      {shared.source.kind === "http" && (
        <div class="tools" style={{ marginTop: "12px" }}>
          <button type="button" onClick={() => void markBaseline(row.run, line(row.address), !row.baseline)}>
            {row.baseline ? "No longer the baseline" : "Make it the baseline"} <kbd>b</kbd>
          </button>
          {refused && (
            <span class="warnc" role="alert">
              {line(refused)}
            </span>
          )}
        </div>
      )}
      <section style={{ marginTop: "28px" }}>
        <div class="hd">
          <h2>What was measured</h2>
          <span class="sub">
            Each with its interval, or why there is none <a href={href(["compare"], { b: id })}>Compare with another run</a>
          </span>
        </div>
        <table>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col" class="n">
                Value
              </th>
              <th scope="col" class="n">
                95 %
              </th>
              <th scope="col" class="hid" aria-hidden="true" style={{ width: "30%" }} />
              <th scope="col" class="n hid">
                Tasks
              </th>
              <th scope="col" class="hid">
                Method
              </th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => {
              const c = view.cells[name];
              const def = defOf(view.defs, name);
              const t = cellText(name);
              const axis = num.isShare(def) ? { lo: 0, hi: 1 } : niceAxis([c?.lo, c?.hi, c?.value, 0]);
              return (
                <tr key={name}>
                  <td title={def.about ? line(def.about) : undefined}>
                    {line(num.title(def))} <span class="ink3">{num.unitHead(def)}</span>
                  </td>
                  <td class="n" data-v={`run:${view.cellsAt}.${name}.value`}>
                    {t.value}
                  </td>
                  <td class="n ci">{t.range || <span title={c?.why ? line(c.why) : undefined}>–</span>}</td>
                  <td class="plot hid" style={{ padding: "0 20px" }}>
                    {c && <Whisker axis={axis} kind={row.control ? "control" : "run"} value={c.value} lo={c.lo} hi={c.hi} ticks={ticks(axis, 3)} v={`run:${view.cellsAt}.${name}.value`} />}
                  </td>
                  <td class="n hid">{num.count(c?.n)}</td>
                  <td class="hid ink3">{line(c?.method ?? c?.why)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {view.passk && <PassK doc={view.passk} metric={num.title(defOf(view.defs, view.passk.metric))} at="run:leaderboard.0.pass_k" />}
    </>
  );
}
