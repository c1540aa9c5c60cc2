import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { defOf, metricDefs, runsOf, setting, type CompareDoc, type LeaderboardDoc, type RunRow } from "../docs";
import { Difference } from "../fig/difference";
import { Slopes } from "../fig/slopes";
import { Strip } from "../fig/strip";
import { useKeys } from "../keys";
import { amend, go, href, join, search } from "../route";
import type { Doc } from "../source";
import { shared, useDoc, useFoot, usePageTitle, useRoute } from "../state";
import { Empty, Failure, Progress, Waiting } from "../ui/faces";
import { Pips, VerdictMark, verdictMark } from "../ui/marks";
import * as num from "../ui/number";
import { cut, line } from "../ui/text";

function Choose({ a, b }: { a: string; b: string }): JSX.Element {
  const got = useDoc<Doc>("/runs" + search({ limit: 100 }));
  const view = useMemo(() => (got.doc ? runsOf(got.doc) : null), [got.doc]);
  usePageTitle("Compare");
  useFoot("tare compare A B", null);
  return view ? <Pick runs={view.rows} baselines={view.baselines} a={a} b={b} /> : <Waiting of={got} />;
}

function Pick({ runs, baselines, a, b }: { runs: RunRow[]; baselines: Map<string, string>; a: string; b: string }): JSX.Element {
  const base = runs.find((r) => r.run === (a || b));
  // The baseline is A until another is chosen: that of B's suite, or of the newest run's that has one.
  const marked = base ? baselines.get(base.digest) : runs.map((r) => baselines.get(r.digest)).find((r) => r);
  useEffect(() => {
    if (marked && !a && marked !== b) amend({ a: marked });
  }, [marked, a, b]);
  if (runs.length < 2)
    return (
      <>
        <h1>Compare</h1>
        <Empty command="tare run incident-response --solver verify-first --solver runbook -k 4">Two runs of one suite are needed. Make them:</Empty>
      </>
    );
  const same = base ? runs.filter((r) => r.digest === base.digest) : runs;
  const pick = (side: "a" | "b", chosen: string): JSX.Element => (
    <label>
      <span class="sub">{side === "a" ? "A, the baseline" : "B, the candidate"}</span>
      <br />
      <select value={chosen} onChange={(e) => amend({ [side]: e.currentTarget.value })}>
        <option value="">choose a run</option>
        {same.map((r) => (
          <option key={r.run} value={r.run}>
            {line(r.address)} ({line(r.suite)}){r.baseline ? " · baseline" : ""}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      <h1>Compare</h1>
      <p class="lead">Did it get better, by how much, and where? Choose two runs of one suite.</p>
      <div class="tools" style={{ marginTop: "20px", gap: "20px" }}>
        {pick("a", a)}
        {pick("b", b)}
      </div>
    </>
  );
}

export function Compare(): JSX.Element {
  const { query } = useRoute();
  const { a = "", b = "", metric = "", margin = "", by = "" } = query;
  const path = a && b ? "/compare" + search({ a, b, metric, margin, by }) : null;
  const got = useDoc<CompareDoc>(path);
  usePageTitle(got.doc ? null : "Compare");
  if (!path) return <Choose a={a} b={b} />;
  if (!got.doc)
    return (
      <>
        <h1>Compare</h1>
        <Waiting of={got} />
      </>
    );
  return <Verdict doc={got.doc} path={path} error={got.error ? <Failure error={got.error} again={got.again} /> : null} />;
}

function Verdict({ doc, path, error }: { doc: CompareDoc; path: string; error: JSX.Element | null }): JSX.Element {
  const { query } = useRoute();
  const ra = doc.a.run ?? query["a"] ?? "";
  const rb = doc.b.run ?? query["b"] ?? "";
  const nameA = line(doc.a.name);
  const nameB = line(doc.b.name);
  usePageTitle(`${nameB} against ${nameA}`);
  useFoot(`tare compare ${doc.a.address ?? ra} ${doc.b.address ?? rb}${query["metric"] ? ` --metric ${query["metric"]}` : ""}${query["margin"] ? ` --margin ${query["margin"]}` : ""}`, path, { compare: path });
  const m = doc.metric as unknown as num.MetricDef;
  const half = doc.ci ? (doc.ci[1] - doc.ci[0]) / 2 : null;
  const s = num.scaleOf(m, half);
  const unit = num.diffUnit(m);
  const mark = verdictMark[doc.verdict] ?? { word: doc.verdict, colour: "var(--open)", glyph: "○" };
  const share = num.isShare(m);
  const running = !doc.a.finished || !doc.b.finished;
  const changed = useMemo(() => {
    const all = doc.pairs.task.map((task, i) => ({ task, i, cell: doc.pairs.cell[i] ?? "t", d: doc.pairs.d[i] ?? null }));
    const better = doc.metric.better === "lower" ? -1 : 1;
    return all
      .filter((x) => x.cell === "w" || x.cell === "l")
      .sort((x, y) => (x.cell === y.cell ? 0 : x.cell === "l" ? -1 : 1) || better * ((x.d ?? 0) - (y.d ?? 0)));
  }, [doc]);
  const [at, setAt] = useState(-1);
  const [shown, setShown] = useState(12);
  useEffect(() => setAt(-1), [path]);
  const slices = useMemo(() => {
    const of = new Map<string, string>();
    for (const x of doc.by) for (const t of [...x.won, ...x.lost]) if (!of.has(t)) of.set(t, x.name);
    return of;
  }, [doc]);
  const both = (task: string): string => href(["run", rb, task, 1], { beside: `${ra}/${task}/1` });
  const move = (to: number): boolean => {
    if (!changed.length) return false;
    const n = (to + changed.length) % changed.length;
    setAt(n);
    setShown((x) => Math.max(x, n + 1));
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-c="${n}"] a`)?.focus());
    return true;
  };
  const metrics = useMetrics(doc);
  useKeys("compare", {
    "next-change": () => move(at + 1),
    "previous-change": () => move(at < 0 ? -1 : at - 1),
    swap: () => amend({ a: query["b"], b: query["a"] }),
    metric: () => {
      if (metrics.length < 2) return false;
      amend({ metric: metrics[(metrics.indexOf(doc.metric.name) + 1) % metrics.length] });
      return true;
    },
    "open-both": () => {
      const c = changed[Math.max(0, at)];
      if (!c) return false;
      go(both(c.task));
      return true;
    },
  });
  useKeys("list", { next: () => move(at + 1), previous: () => move(at < 0 ? 0 : at - 1) });
  const facts: [string, JSX.Element | string][] = [
    ["Difference", <span data-v="compare:estimate">{doc.estimate === null ? "–" : `${num.diff(doc.estimate, s)} ${unit}`}</span>],
    [`${num.value(doc.level, { factor: 100, decimals: 0 })} % interval`, <span data-v2="compare:ci">{num.diffRange(doc.ci, s)}</span>],
    [`p, ${line(doc.method)}`, <span data-p="compare:p">{num.p(doc.p, doc.resamples.test)}</span>],
    [
      "A → B",
      <>
        <span data-v="compare:mean_a">{num.value(doc.mean_a, s)}</span> → <span data-v="compare:mean_b">{num.value(doc.mean_b, s)}</span>
        {share && <i> %</i>}
      </>,
    ],
    [
      "Wins, losses, ties",
      <>
        <span data-v="compare:wins">{num.count(doc.wins)}</span>, <span data-v="compare:losses">{num.count(doc.losses)}</span>, <span data-v="compare:ties">{num.count(doc.ties)}</span>
      </>,
    ],
    [`Detectable at ${num.value(doc.power, { factor: 100, decimals: 0 })} % power`, doc.mde80 === null ? "–" : <span data-v="compare:mde80">{`${num.value(doc.mde80, s)} ${unit}`}</span>],
  ];
  const pairOf = (x: number | null | undefined, k: number): JSX.Element => {
    if (x === null || x === undefined) return <span class="ink3">–</span>;
    const n = x * k;
    if (share && Math.abs(n - Math.round(n)) < 1e-6 && k > 0) return <Pips n={Math.round(n)} of={k} />;
    return <>{num.value(x, s)}</>;
  };
  return (
    <>
      <div class="ab">
        {[
          ["A", doc.a, ra] as const,
          ["B", doc.b, rb] as const,
        ].map(([t, side, run]) => (
          <div key={t}>
            <span class={"t " + t}>{t}</span>
            <a href={href(["run", run])}>
              <b>{line(side.name)}</b>
            </a>
            <span class="mono">{line(side.run?.slice(0, 6))}</span>
          </div>
        ))}
        <div>
          {line(doc.suite)} {line(doc.a.version)}
        </div>
        <div>
          metric{" "}
          {metrics.length > 1 ? (
            <select aria-label="Metric" value={doc.metric.name} onChange={(e) => amend({ metric: e.currentTarget.value })}>
              {metrics.map((n) => (
                <option key={n} value={n}>
                  {n.replace(/_/g, " ")}
                </option>
              ))}
            </select>
          ) : (
            <b>{line(num.title(m))}</b>
          )}
        </div>
        <div>{doc.same_suite ? "same suite hash" : "different suites: only shared tasks"}</div>
        {shared.source.kind === "http" && (
          <div>
            <button type="button" onClick={() => amend({ a: query["b"], b: query["a"] })}>
              Swap <kbd>w</kbd>
            </button>
          </div>
        )}
      </div>
      {error}
      {running && (
        <p class="sub warnc">
          Still running; looking early needs <span class="mono">--sequential</span>. {!doc.b.finished ? nameB : nameA} is not finished.
        </p>
      )}
      <div class="verdict" role="region" aria-label="Verdict" style={{ "--vc": mark.colour }}>
        <div>
          <h1>
            <VerdictMark verdict={doc.verdict} />
            {mark.word}
            {doc.tag && <small>{line(doc.tag)}</small>}
          </h1>
          <p class="lead">{line(doc.sentence)}</p>
          {doc.reason && <p class="why">{line(doc.reason)}</p>}
          {doc.warnings.map((w) => (
            <p class="why" key={w}>
              {line(w)}
            </p>
          ))}
        </div>
        <dl class="nums">
          {facts.map(([k, v]) => (
            <>
              <dt>{k}</dt>
              <dd>{v}</dd>
            </>
          ))}
        </dl>
      </div>
      <Changed doc={doc} />
      <Difference doc={doc} scale={s} unit={unit} colour={mark.colour} />
      <Strip doc={doc} link={both} at={at >= 0 ? (changed[at]?.task ?? null) : null} scale={s} />
      {doc.by.length > 0 && <Slopes doc={doc} metric={m} link={both} />}
      <div class="cols">
        <section>
          <div class="hd">
            <h2>Tasks that changed</h2>
            <span class="sub">
              {num.count(changed.length)} of {num.count(doc.n)} · losses first
            </span>
          </div>
          {changed.length === 0 ? (
            <p class="sub">No task came out differently.</p>
          ) : (
            <table>
              <thead>
                <tr>
                  <th scope="col">Task</th>
                  <th scope="col" class="hid">
                    Slice
                  </th>
                  <th scope="col">Change</th>
                  <th scope="col">A</th>
                  <th scope="col">B</th>
                  <th scope="col" class="n hid">
                    Δ {line(num.title(m))}
                  </th>
                </tr>
              </thead>
              <tbody>
                {changed.slice(0, shown).map((c, n) => (
                  <tr key={c.task} data-c={n} class={n === at ? "at" : ""}>
                    <td class="mono">
                      <a href={both(c.task)}>
                        <bdi>{line(c.task)}</bdi>
                      </a>
                    </td>
                    <td class="hid">{line(slices.get(c.task) ?? "")}</td>
                    <td style={{ whiteSpace: "nowrap" }}>{c.cell === "w" ? <span class="upc">▲ gained</span> : <span class="downc">▼ lost</span>}</td>
                    <td data-v={share ? undefined : `compare:pairs.a.${c.i}`}>{pairOf(doc.pairs.a[c.i], doc.pairs.k_a[c.i] ?? 0)}</td>
                    <td data-v={share ? undefined : `compare:pairs.b.${c.i}`}>{pairOf(doc.pairs.b[c.i], doc.pairs.k_b[c.i] ?? 0)}</td>
                    <td class="n hid" data-v={`compare:pairs.d.${c.i}`}>
                      {num.diff(c.d, s)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {changed.length > shown && (
            <button type="button" class="plain" onClick={() => setShown(shown + 100)}>
              {num.count(changed.length - shown)} more
            </button>
          )}
        </section>
        <section>
          <div class="hd">
            <h2>What would change this verdict</h2>
          </div>
          <ol class="why">
            {doc.would_change.length + doc.readings.length + doc.exclusions.length === 0 && <li>Nothing in these runs: only other tasks or more attempts could.</li>}
            {doc.would_change.map((w) => (
              <li key={w}>{line(w.replace(/^./, (x) => x.toUpperCase()))}.</li>
            ))}
            {doc.readings.map((r) => (
              <li key={r.if}>
                If {line(r.if)}: {r.verdict}
                {r.p !== null ? ` (p = ${num.p(r.p)})` : ""}.
              </li>
            ))}
            {doc.exclusions.map((w) => (
              <li key={w}>{line(w)}</li>
            ))}
          </ol>
          <details class="fold">
            <summary>How this was decided</summary>
            <ol class="why">
              {[...doc.explanation, ...doc.notes].map((w) => (
                <li key={w}>{line(w)}</li>
              ))}
            </ol>
          </details>
        </section>
      </div>
      {running && <Progress done={doc.n} total={doc.n_total} what="pairs" />}
    </>
  );
}

/** What the two configurations have differently. That the solvers have two names is no news. */
function Changed({ doc }: { doc: CompareDoc }): JSX.Element | null {
  const parts = doc.changed.filter((c) => c.path !== "solver");
  const total = doc.changed_total - (doc.changed.length - parts.length);
  const [all, setAll] = useState(false);
  if (!parts.length) return null;
  const shown = all ? parts : parts.slice(0, 8);
  return (
    <section>
      <div class="hd">
        <h2>What differs between A and B</h2>
        <span class="sub">
          {num.count(total)} part{total === 1 ? "" : "s"} of the configuration
        </span>
      </div>
      <table class="changed">
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((c) => (
            <tr key={c.path}>
              <td class="mono">{line(c.path)}</td>
              <td>{line(cut(setting(c.a), 200))}</td>
              <td>{line(cut(setting(c.b), 200))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {parts.length > shown.length && (
        <button type="button" class="plain" onClick={() => setAll(true)}>
          {num.count(parts.length - shown.length)} more
        </button>
      )}
    </section>
  );
}

/** Names of the suite's metrics, from the run of side A; the comparison's own at least. */
function useMetrics(doc: CompareDoc): string[] {
  const got = useDoc<Doc>(doc.a.run ? join("runs", doc.a.run) : null);
  return useMemo(() => {
    const d = got.doc as unknown as LeaderboardDoc | null;
    const names = Object.keys(d?.leaderboard?.[0]?.metrics ?? {});
    const defs = metricDefs(got.doc);
    const known = names.filter((n) => defOf(defs, n));
    // A file holds the comparison that was asked for.
    if (shared.source.kind === "file") return [doc.metric.name];
    return known.includes(doc.metric.name) ? known : [doc.metric.name, ...known];
  }, [got.doc, doc.metric.name]);
}
