import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { defOf, findingsOf, metricDefs, type BoardRow, type LeaderboardDoc } from "../docs";
import { AxisHead, Whisker } from "../fig/whisker";
import { niceAxis, ticks, type Axis } from "../fig/scale";
import { Tradeoff } from "../fig/tradeoff";
import { useKeys } from "../keys";
import { amend, go, href, search } from "../route";
import { marked, say, shared, toggleMark, useDoc, useFoot, usePageTitle, useRoute, useSignal } from "../state";
import { Empty, Failure, Progress, Waiting } from "../ui/faces";
import { WarnMark } from "../ui/marks";
import * as num from "../ui/number";
import { line } from "../ui/text";

type Full = LeaderboardDoc & { done?: number };

/** The headline by the values of one tag: the same axis in each, so that they can be held beside each other. */
function Slices({ doc, def, axis, scale, ticks: at }: { doc: Full; def: num.MetricDef; axis: Axis; scale: num.Scale; ticks: number[] }): JSX.Element {
  const rows = doc.leaderboard.map((r, i) => ({ r, i })).filter((x) => x.r.kind !== "published");
  return (
    <section style={{ marginTop: "8px", marginBottom: "36px" }}>
      <div class="hd">
        <h2>
          {line(num.title(def).replace(/^./, (c) => c.toUpperCase()))} by {line(doc.by ?? "")}
        </h2>
        <span class="sub">
          {num.count(doc.slices?.length)} values{doc.slices_omitted ? `; ${num.count(doc.slices_omitted)} more are not shown` : ""}. Each interval stands for itself; slices are not ranked.
        </span>
      </div>
      <div class="slices">
        {(doc.slices ?? []).map((s, k) => (
          <figure key={s.name} aria-label={`${line(s.name)}, ${s.n_tasks} tasks`}>
            <figcaption>
              <b>
                <bdi>{line(s.name)}</bdi>
              </b>{" "}
              <span class="ink3">
                <span data-v={`board:slices.${k}.n_tasks`}>{num.count(s.n_tasks)}</span> task{s.n_tasks === 1 ? "" : "s"}
              </span>
            </figcaption>
            <table>
              <thead aria-hidden="true">
                <tr>
                  <th class="nm" />
                  <th class="plot">
                    <AxisHead axis={axis} ticks={at} factor={scale.factor} />
                  </th>
                  <th class="n">{num.unitHead(def)}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ r, i }) => {
                  const c = s.cells[i];
                  const half = c && c.lo !== null && c.hi !== null ? (c.hi - c.lo) / 2 : null;
                  return (
                    <tr key={i}>
                      <th scope="row" class="nm">
                        <bdi>{line(r.solver)}</bdi>
                      </th>
                      <td class="plot">
                        <Whisker axis={axis} kind={r.kind} value={c?.value ?? null} lo={c?.lo ?? null} hi={c?.hi ?? null} ticks={at} v={`board:slices.${k}.cells.${i}.value`} />
                      </td>
                      <td class="n" title={half === null ? line(c?.why) : undefined}>
                        <span data-v={`board:slices.${k}.cells.${i}.value`}>{num.value(c?.value, scale)}</span>
                        <span class="ci">{num.range(c?.lo ?? null, c?.hi ?? null, scale)}</span>
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </figure>
        ))}
      </div>
    </section>
  );
}

export function Board({ suite }: { suite: string | null }): JSX.Element {
  const { query } = useRoute();
  const { runs = "", metric = "", by = "" } = query;
  const path = "/leaderboard" + search({ suite, runs, metric, by });
  const got = useDoc<Full>(path);
  usePageTitle(`${line(got.doc?.suite ?? suite ?? "")} leaderboard`);
  useFoot(`tare show ${runs || "@last"}`, path, { board: path });
  if (!got.doc) {
    if (got.error?.status === 404 && !suite && !runs)
      return (
        <>
          <h1>Leaderboard</h1>
          <Empty command="tare run incident-response --solver verify-first --solver runbook -k 4">No runs yet, so nobody to rank. Make some:</Empty>
        </>
      );
    return (
      <>
        <h1>Leaderboard</h1>
        <Waiting of={got} />
      </>
    );
  }
  return <Ranked doc={got.doc} wanted={metric} error={got.error ? <Failure error={got.error} again={got.again} /> : null} />;
}

function Ranked({ doc, wanted, error }: { doc: Full; wanted: string; error: JSX.Element | null }): JSX.Element {
  const rows = doc.leaderboard;
  const marks = useSignal(marked);
  const [at, setAt] = useState(-1);
  const defs = metricDefs(doc);
  const names = Object.keys(rows[0]?.metrics ?? {});
  const first = wanted && names.includes(wanted) ? wanted : (names[0] ?? doc.headline ?? "");
  const headline = doc.headline ?? first;
  const second = first === headline ? names.find((n) => n !== first && rows.some((r) => r.metrics[n]?.lo !== null)) : headline;
  const rest = names.filter((n) => n !== first && n !== second).slice(0, 3);
  const ids = rows.map((r) => r.run);
  const move = (to: number): boolean => {
    if (!rows.length) return false;
    const n = Math.max(0, Math.min(rows.length - 1, to));
    setAt(n);
    document.querySelector<HTMLElement>(`[data-r="${n}"] .nm a, [data-r="${n}"] .nm span[tabindex]`)?.focus();
    return true;
  };
  useKeys("list", {
    next: () => move(at + 1),
    previous: () => move(at < 0 ? 0 : at - 1),
    first: () => move(0),
    last: () => move(rows.length - 1),
    open: () => {
      const id = ids[at];
      if (!id) return false;
      go(href(["run", id]));
      return true;
    },
    mark: () => {
      const id = ids[at];
      if (id) toggleMark(id);
    },
    "compare-marked": () => {
      if (marks.length === 2) go(href(["compare"], { a: marks[0], b: marks[1] }));
      else say("mark two rows with x, then c");
    },
    sort: () => amend({ metric: names[(names.indexOf(first) + 1) % names.length] }),
  });
  useEffect(() => setAt(-1), [first]);
  const findings = findingsOf(doc);
  const [all, setAll] = useState(false);
  const axisOf = (name: string): Axis => {
    const d = defOf(defs, name);
    return num.isShare(d) ? { lo: 0, hi: 1 } : niceAxis(rows.flatMap((r) => [r.metrics[name]?.value, r.metrics[name]?.lo, r.metrics[name]?.hi]));
  };
  // One scale a column, from its widest interval, so that digits line up.
  const scaleOf = (name: string): num.Scale => {
    const halves = rows.map((r) => r.metrics[name]).map((c) => (c && c.lo !== null && c.hi !== null ? (c.hi - c.lo) / 2 : 0));
    const most = Math.max(0, ...halves);
    return num.scaleOf(defOf(defs, name), most > 0 ? most : null);
  };
  const a1 = axisOf(first);
  const a2 = second ? axisOf(second) : a1;
  const t1 = num.isShare(defOf(defs, first)) ? [0, 0.25, 0.5, 0.75, 1] : ticks(a1, 3);
  const t2 = second && num.isShare(defOf(defs, second)) ? [0, 0.5, 1] : ticks(a2, 2);
  const th = (n: string): { at: number; name: string }[] =>
    (doc.thresholds?.[n] ?? []).filter((t): t is { at: number; name: string } => t.at !== null).map((t) => ({ at: t.at, name: line(t.name.replace(/_.*/, "")) }));
  const kinds = new Set(rows.map((r) => r.kind));
  const open = doc.planned - (doc.done ?? doc.planned);
  const methods = [...new Set(rows.flatMap((r) => [first, second].map((n) => (n ? r.metrics[n]?.method : null))).filter((m): m is string => !!m))];
  const rank = (r: BoardRow): string => (!r.rank ? "" : r.rank[0] === r.rank[1] ? String(r.rank[0]) : `${r.rank[0]}–${r.rank[1]}`);
  const number = (r: BoardRow, i: number, name: string, slot: "first" | "second"): JSX.Element => {
    const c = r.metrics[name];
    const s = scaleOf(name);
    const range = c ? num.range(c.lo, c.hi, s) : "";
    return (
      <td class={"n ev " + slot} data-name={num.title(defOf(defs, name))} title={c?.why ? line(c.why) : undefined}>
        <span class="v" data-v={`board:leaderboard.${i}.metrics.${name}.value`}>
          {num.value(c?.value, s)}
        </span>
        {range && (
          <span class="ci">
            {" "}
            {range}
          </span>
        )}
      </td>
    );
  };
  const head = (name: string): JSX.Element => {
    const d = defOf(defs, name);
    return (
      <button type="button" title={d.about ? line(d.about) : undefined} onClick={() => amend({ metric: name })} style={{ display: "inline-block", textAlign: "right" }}>
        {line(num.title(d))}
        <span class="d">{num.unitHead(d) || " "}</span>
      </button>
    );
  };
  return (
    <>
      <h1>{line(doc.suite)}</h1>
      <div class="meta">
        <span>
          {line(doc.variant)} <b>{line(doc.version)}</b>
        </span>
        <span>
          <b data-v="board:n_tasks">{num.count(doc.n_tasks)}</b> tasks
        </span>
        {doc.k > 0 && (
          <span>
            <b data-v="board:k">{num.count(doc.k)}</b> attempts each
          </span>
        )}
        {doc.seed !== null && (
          <span>
            seed <b>{doc.seed}</b>
          </span>
        )}
        {doc.suite_digest && (
          <a href={href(["suite", doc.suite_digest])} class="mono">
            suite {doc.suite_digest.slice(0, 8)}
          </a>
        )}
        {doc.missing > 0 && (
          <span class="warnc">
            <b data-v="board:missing">{num.count(doc.missing)}</b> of {num.count(doc.planned)} attempts missing
          </span>
        )}
      </div>
      {error}
      {open > 0 && <Progress done={doc.done ?? 0} total={doc.planned} />}
      {findings.length > 0 && (
        <div class="note">
          <WarnMark />
          <div>
            {(all ? findings : findings.slice(0, 1)).map((f) => (
              <p key={f.id + f.text}>
                {line(f.text)} <span class="sub mono">{line(f.id)}</span>
              </p>
            ))}
            {findings.length > 1 && (
              <p>
                <button type="button" class="plain" aria-expanded={all} onClick={() => setAll(!all)}>
                  {all ? "fewer" : `${findings.length - 1} more finding${findings.length > 2 ? "s" : ""}`}
                </button>
              </p>
            )}
          </div>
        </div>
      )}
      <div class="tools" style={{ marginTop: "18px" }}>
        {names.length > 1 && (
          <div class="seg" role="group" aria-label="Sort by">
            {names.slice(0, 6).map((n) => (
              <button key={n} type="button" aria-pressed={n === first} onClick={() => amend({ metric: n === headline ? "" : n })}>
                {line(num.title(defOf(defs, n)))}
              </button>
            ))}
          </div>
        )}
        {shared.source.kind === "http" && (doc.tags ?? []).length > 0 && (
          <select aria-label="Slice by" value={doc.by ?? ""} onChange={(e) => amend({ by: e.currentTarget.value })}>
            <option value="">not sliced</option>
            {(doc.tags ?? []).map((t) => (
              <option key={t} value={t}>
                by {line(t)}
              </option>
            ))}
          </select>
        )}
        {marks.length === 2 && (
          <a class="btn" href={href(["compare"], { a: marks[0], b: marks[1] })}>
            Compare the marked <kbd>c</kbd>
          </a>
        )}
        <div class="legend">
          {kinds.has("run") && (
            <span>
              <svg width="26" height="10" aria-hidden="true">
                <line x1="1" x2="25" y1="5" y2="5" class="w" stroke="var(--ink)" />
                <circle cx="13" cy="5" r="4.5" fill="var(--ink)" />
              </svg>
              measured, {num.value(doc.level, { factor: 100, decimals: 0 })} %
            </span>
          )}
          {kinds.has("control") && (
            <span>
              <svg width="26" height="10" aria-hidden="true">
                <line x1="1" x2="25" y1="5" y2="5" class="w" stroke="var(--ink3)" />
                <rect x="9" y="1" width="8" height="8" fill="var(--ink3)" />
              </svg>
              control{kinds.has("run") ? "" : `, ${num.value(doc.level, { factor: 100, decimals: 0 })} %`}
            </span>
          )}
          {kinds.has("published") && (
            <span>
              <svg width="11" height="11" aria-hidden="true">
                <path d="M5.5 .8 10.2 5.5 5.5 10.2 .8 5.5z" fill="var(--surface)" stroke="var(--ink3)" stroke-width="1.6" />
              </svg>
              published, no interval
            </span>
          )}
        </div>
      </div>
      {rows.length === 0 ? (
        <Empty command="tare run incident-response --solver verify-first -k 4">Nobody has run this suite yet.</Empty>
      ) : (
        <div class="card board">
          <table>
            <caption class="sr">
              Leaderboard of {line(doc.suite)}, by {line(num.title(defOf(defs, first)))}
            </caption>
            <colgroup>
              <col style="width:46px" />
              <col style="width:206px" />
              <col />
              <col style="width:92px" />
              {second && <col style="width:168px" />}
              {second && <col style="width:92px" />}
              {rest.map((n) => (
                <col key={n} style="width:72px" />
              ))}
              <col style="width:132px" />
            </colgroup>
            <thead>
              <tr>
                <th class="rk" scope="col">
                  Rank
                </th>
                <th scope="col">Solver</th>
                <th class="plot" aria-hidden="true">
                  <AxisHead axis={a1} ticks={t1} factor={scaleOf(first).factor} thresholds={th(first)} />
                </th>
                <th class="n" scope="col" aria-sort={defOf(defs, first).better === "lower" ? "ascending" : "descending"}>
                  {head(first)}
                </th>
                {second && (
                  <th class="plot" aria-hidden="true">
                    <AxisHead axis={a2} ticks={t2} factor={scaleOf(second).factor} />
                  </th>
                )}
                {second && (
                  <th class="n" scope="col">
                    {head(second)}
                  </th>
                )}
                {rest.map((n) => (
                  <th key={n} class="n" scope="col">
                    {head(n)}
                  </th>
                ))}
                <th class="cls" scope="col">
                  Class
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((r, i) => {
                const c1 = r.metrics[first];
                const c2 = second ? r.metrics[second] : undefined;
                return (
                  <tr key={(r.run ?? r.solver) + i} data-r={i} class={r.kind + (i === at ? " at" : "") + (r.run && marks.includes(r.run) ? " marked" : "")}>
                    <td class="rk">{rank(r)}</td>
                    <td class="nm">
                      {r.run ? (
                        <a href={href(["run", r.run])}>
                          <bdi>{line(r.solver)}</bdi>
                        </a>
                      ) : (
                        <span tabIndex={-1}>
                          <bdi>{line(r.solver)}</bdi>
                        </span>
                      )}
                      <small>
                        {r.kind === "published" ? `published${r.date ? ` ${line(r.date)}` : ""}` : r.kind === "control" ? "control" : ""}
                        {r.kind !== "published" && r.k ? `${r.kind === "control" ? " · " : ""}${r.k} attempts` : ""}
                        {r.missing ? ` · ${num.count(r.missing)} missing` : ""}
                      </small>
                    </td>
                    <td class="plot first">
                      <Whisker axis={a1} kind={r.kind} value={c1?.value ?? null} lo={c1?.lo ?? null} hi={c1?.hi ?? null} ticks={t1} thresholds={th(first)} v={`board:leaderboard.${i}.metrics.${first}.value`} />
                    </td>
                    {number(r, i, first, "first")}
                    {second && (
                      <td class="plot second">
                        <Whisker axis={a2} kind={r.kind} value={c2?.value ?? null} lo={c2?.lo ?? null} hi={c2?.hi ?? null} ticks={t2} thresholds={th(second)} v={`board:leaderboard.${i}.metrics.${second}.value`} />
                      </td>
                    )}
                    {second && number(r, i, second, "second")}
                    {rest.map((n) => (
                      <td key={n} class="n o" data-v={`board:leaderboard.${i}.metrics.${n}.value`} title={r.metrics[n]?.why ? line(r.metrics[n]?.why) : undefined}>
                        {num.value(r.metrics[n]?.value, scaleOf(n))}
                      </td>
                    ))}
                    <td class="cls">{line((r.class ?? "").replace(/_/g, " "))}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      <p class="sub" style="max-width:88ch;margin:12px 0 36px">
        Whiskers are {num.value(doc.level, { factor: 100, decimals: 0 })} % intervals{methods.length ? ` (${methods.map(line).join("; ")})` : ""}.{" "}
        {doc.rank_method && doc.rank_method !== "none"
          ? `A rank is a range when a paired comparison cannot separate neighbours (${line(doc.rank_method)}).`
          : "Controls are not ranked."}{" "}
        {kinds.has("published") ? "Published rows are quoted, not re-run, and never ranked. " : ""}
        {doc.class_note ? `Classes: ${line(doc.class_note)}; the worst metric decides.` : ""}
      </p>
      {doc.by && doc.slices && <Slices doc={doc} def={defOf(defs, doc.headline ?? first)} axis={axisOf(doc.headline ?? first)} scale={scaleOf(doc.headline ?? first)} ticks={num.isShare(defOf(defs, doc.headline ?? first)) ? [0, 0.5, 1] : ticks(axisOf(doc.headline ?? first), 2)} />}
      {doc.front_by && (
        <Tradeoff
          rows={rows}
          x={{ name: doc.front_by, title: doc.front_by === "cost_usd" ? "cost of an attempt" : "tokens of an attempt", unit: doc.front_by === "cost_usd" ? "US dollars" : "tokens", better: "lower" }}
          y={defOf(defs, headline)}
          doc="board:leaderboard"
          spent={doc.front_by}
          question="What does quality cost?"
          caption={`Dashed: the front, solvers that no other beats for the same or less, by the estimates alone. Whiskers are ${num.value(doc.level, { factor: 100, decimals: 0 })} % intervals in each direction; where they overlap, a paired comparison says who is better.`}
        />
      )}
      {second && (
        <Tradeoff
          rows={rows}
          x={defOf(defs, second)}
          y={defOf(defs, first)}
          doc="board:leaderboard"
          question="What does one cost in the other?"
          caption={`Whiskers are ${num.value(doc.level, { factor: 100, decimals: 0 })} % intervals in each direction, each on its own; rows without an interval have none. Nobody is called dominated here: only a paired comparison says that.`}
        />
      )}
    </>
  );
}
