import type { JSX } from "preact";
import { asList, asNum, asObj, asText, defOf, findingsOf, metricDefs } from "../docs";
import { useKeys } from "../keys";
import { href, join, search } from "../route";
import type { Doc } from "../source";
import { useDoc, useFoot, usePageTitle, useRoute } from "../state";
import { Empty, Failure, Waiting } from "../ui/faces";
import { Crumbs } from "../ui/frame";
import { WarnMark } from "../ui/marks";
import { niceAxis, pct, ticks, type Axis } from "../fig/scale";
import * as num from "../ui/number";
import { block, line } from "../ui/text";

interface Row {
  run: string;
  solver: string;
  address: string;
  kind: string;
  mean: number | null;
  n: number;
  missing: number;
  attempts: { k: number; status: string; value: number | null }[];
}

export function Task({ suite, task }: { suite: string; task: string }): JSX.Element {
  const { query } = useRoute();
  const path = join("tasks", suite, task) + search({ runs: query["runs"] });
  const got = useDoc<Doc>(path);
  const found = useDoc<Doc>(join("suites", suite, "findings"));
  const d = got.doc as unknown as Record<string, unknown> | null;
  const rows = asList<Row>(d?.["rows"]);
  usePageTitle(line(task));
  useFoot(rows[0] ? `tare show ${rows[0].address} ${task}` : null, path, { task: path });
  useKeys("list", {
    open: () => {
      const a = document.activeElement as HTMLAnchorElement | null;
      if (!a?.href) return false;
      a.click();
      return true;
    },
  });
  if (!d) return <Waiting of={got} lost={{ title: "This task is not there", ways: [[`Suite ${suite}`, href(["suite", suite])], ["All suites", "#/suites"]], find: task }} />;
  const metric = asText(d["metric"]) ?? "";
  const def = defOf(metricDefs(d), metric);
  const axis: Axis = num.isShare(def) ? { lo: 0, hi: 1 } : niceAxis(rows.flatMap((r) => asList<{ value: number | null }>(r.attempts).map((a) => a.value)));
  const t = ticks(axis, 4);
  const s = num.scaleOf(def, null);
  const item = asObj(d["item"]);
  const difficulty = asNum(item["difficulty"]);
  const discrimination = asNum(item["discrimination"]);
  const tags = Object.entries(asObj(d["tags"]));
  const show = (v: unknown): string => block(typeof v === "string" ? v : JSON.stringify(v, null, 1));
  const shown = asText(d["task"]) ?? task;
  const noticed = found.doc ? findingsOf(found.doc).filter((f) => f.tasks.includes(shown)) : [];
  return (
    <>
      <Crumbs of={[["Suites", "#/suites"], [asText(d["suite"]) ?? suite, href(["suite", suite])], [shown, null]]} />
      <h1>
        <bdi>{line(shown)}</bdi>
      </h1>
      <div class="meta">
        {tags.map(([k, v]) => (
          <span key={k}>
            {line(k)} <b>{line(String(v))}</b>
          </span>
        ))}
        <span class="mono">{(asText(d["digest"]) ?? "").slice(0, 8)}</span>
      </div>
      {got.error && <Failure error={got.error} again={got.again} />}
      {(difficulty !== null || discrimination !== null) && (
        <p class="lead">
          {difficulty !== null && <>Solved by {num.value(difficulty, { factor: 100, decimals: 1 })} % of attempts. </>}
          {discrimination !== null && <>Discrimination {num.value(discrimination, { factor: 1, decimals: 2 })}.</>}
        </p>
      )}
      {noticed.map((f) => (
        <div class="note" key={f.id}>
          <WarnMark />
          <p>
            {line(f.text)} <a href={href(["suite", suite, "finding", f.id])}>{line(f.id)}</a>
          </p>
        </div>
      ))}
      <section style={{ marginTop: "24px" }}>
        <div class="hd">
          <h2>Who did what</h2>
          <span class="sub">
            {line(num.title(def))} {num.unitHead(def)}; one mark an attempt, each opens
          </span>
        </div>
        {rows.length === 0 ? (
          <Empty>No run has played this task.</Empty>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Solver</th>
                <th scope="col" class="n">
                  Mean
                </th>
                <th scope="col" class="hid" style={{ width: "46%", padding: "0 20px" }} aria-hidden="true">
                  <svg style={{ width: "100%", height: "16px" }}>
                    {t.map((v) => (
                      <text key={v} x={pct(axis, v)} y="12" text-anchor="middle">
                        {String(v * s.factor).replace("-", "−")}
                      </text>
                    ))}
                  </svg>
                </th>
                <th scope="col">Attempts</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((r, i) => (
                <tr key={r.run}>
                  <td>
                    <a href={href(["run", r.run])}>
                      <bdi>{line(r.solver)}</bdi>
                    </a>{" "}
                    {r.kind === "control" && <span class="ink3">control</span>}
                  </td>
                  <td class="n" data-v={`task:rows.${i}.mean`}>
                    {num.value(r.mean, s)}
                    {r.missing > 0 && <span class="warnc"> {r.missing} missing</span>}
                  </td>
                  <td class="hid" style={{ padding: "0 20px" }}>
                    <svg style={{ width: "100%", height: "22px" }} aria-hidden="true" data-lo={axis.lo} data-hi={axis.hi}>
                      {t.map((v) => (
                        <line key={v} class="g" x1={pct(axis, v)} x2={pct(axis, v)} y1="0" y2="22" />
                      ))}
                      {r.attempts.map((a, j) =>
                        a.value === null ? null : (
                          <circle key={j} data-mark={`task:rows.${i}.attempts.${j}.value`} cx={pct(axis, a.value)} cy="11" r="4.5" fill={r.kind === "control" ? "var(--ink3)" : "var(--ink)"} opacity="0.75" />
                        ),
                      )}
                    </svg>
                  </td>
                  <td>
                    {r.attempts.slice(0, 40).map((a) => (
                      <a key={a.k} href={href(["run", r.run, shown, a.k])} style={{ marginRight: "8px", display: "inline-block", minWidth: "24px", lineHeight: "24px" }} aria-label={`attempt ${a.k}, ${a.status}, ${num.value(a.value, s)}`}>
                        {a.value === null ? (a.status === "missing" ? "◌" : "–") : num.value(a.value, s)}
                      </a>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <div class="cols">
        <section>
          <div class="hd">
            <h2>What is asked</h2>
          </div>
          <pre tabIndex={0}>{show(d["input"])}</pre>
        </section>
        <section>
          <div class="hd">
            <h2>What is expected</h2>
          </div>
          {d["expect"] === null || d["expect"] === undefined ? <p class="sub">Nothing beyond the world's own truth.</p> : <pre tabIndex={0}>{show(d["expect"])}</pre>}
        </section>
      </div>
    </>
  );
}
