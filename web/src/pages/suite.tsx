import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { asList, asNum, asObj, asText, findingsOf } from "../docs";
import { useKeys } from "../keys";
import { amend, href, join, search } from "../route";
import type { Doc } from "../source";
import { useDoc, useFoot, usePageTitle, useRoute } from "../state";
import { Empty, Failure, Waiting } from "../ui/faces";
import { Crumbs } from "../ui/frame";
import * as num from "../ui/number";
import { block, line } from "../ui/text";

type Any = Record<string, unknown>;
const severity: Record<string, { mark: string; word: string; cls: string }> = {
  blocks: { mark: "■", word: "blocks", cls: "downc" },
  warns: { mark: "▲", word: "warns", cls: "warnc" },
  notes: { mark: "○", word: "notes", cls: "ink3" },
};

/** j and k over links with a class; lists of one screen or a few. */
export function useLinkKeys(selector: string): void {
  const links = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(selector)];
  const move = (by: number): boolean => {
    const all = links();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
    to?.focus();
    return !!to;
  };
  useKeys("list", { next: () => move(1), previous: () => move(-1), first: () => move(-1e9), last: () => move(1e9) });
}

export function Suites(): JSX.Element {
  const path = "/suites";
  const got = useDoc<Doc>(path);
  usePageTitle("Suites");
  useFoot("tare runs", path, { suites: path });
  useLinkKeys("main td a.row");
  const d = got.doc as unknown as Any | null;
  const rows = asList<Any>(d?.["rows"]);
  return (
    <>
      <h1>Suites</h1>
      {!d && <Waiting of={got} />}
      {d && rows.length === 0 && <Empty command="tare run incident-response --solver verify-first -k 4">No run has weighed anything yet. Begin with a built-in suite:</Empty>}
      {d && rows.length > 0 && (
        <table style={{ marginTop: "16px" }}>
          <thead>
            <tr>
              <th scope="col">Suite</th>
              <th scope="col">Version</th>
              <th scope="col" class="n">
                Tasks
              </th>
              <th scope="col" class="n">
                Runs
              </th>
              <th scope="col" class="hid">
                Digest
              </th>
              <th scope="col" class="n hid">
                Last used (UTC)
              </th>
              <th scope="col" class="n">
                <span class="sr">Leaderboard</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((r, i) => {
              const digest = asText(r["suite_digest"]) ?? "";
              return (
                <tr key={digest}>
                  <td>
                    <a class="row" href={href(["suite", digest])}>
                      <bdi>{line(asText(r["suite"]))}</bdi>
                    </a>
                  </td>
                  <td>{line(asText(r["version"]))}</td>
                  <td class="n" data-v={`suites:rows.${i}.n_tasks`}>
                    {num.count(asNum(r["n_tasks"]))}
                  </td>
                  <td class="n" data-v={`suites:rows.${i}.runs`}>
                    {num.count(asNum(r["runs"]))}
                  </td>
                  <td class="mono hid ink3">{digest.slice(0, 8)}</td>
                  <td class="n hid ink3">{num.when(asText(r["used_at"]))}</td>
                  <td class="n">
                    <a href={href(["board", digest])}>leaderboard</a>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </>
  );
}

export function Suite({ id, finding }: { id: string; finding: string | null }): JSX.Element {
  const { query } = useRoute();
  const path = join("suites", id);
  const found = join("suites", id, "findings") + search({ sev: query["sev"] });
  const got = useDoc<Doc>(path);
  const gotFindings = useDoc<Doc>(found);
  const [shown, setShown] = useState(60);
  useLinkKeys("main a.row");
  const d = got.doc as unknown as Any | null;
  const name = asText(d?.["suite"]) ?? id;
  usePageTitle(`${line(name)} suite`);
  useFoot("tare lint SUITE", path, { suite: path, findings: found });
  if (!d) return <Waiting of={got} lost={{ title: "This suite is not there", ways: [["All suites", "#/suites"]], find: id }} />;
  const digest = asText(d["suite_digest"]) ?? id;
  const manifest = asObj(d["manifest"]);
  const about = asText(manifest["about"]);
  const tags = asList<Any>(d["tags"]);
  const tasks = asList<string>(d["tasks"]);
  const metrics = asList<num.MetricDef & { about: string }>(d["metric_list"]);
  const findings = gotFindings.doc ? findingsOf(gotFindings.doc) : [];
  return (
    <>
      <Crumbs of={[["Suites", "#/suites"], [name, null]]} />
      <h1>
        <bdi>{line(name)}</bdi>
      </h1>
      <div class="meta">
        <span>
          version <b>{line(asText(d["version"]))}</b>
        </span>
        <span>
          <b data-v="suite:n_tasks">{num.count(asNum(d["n_tasks"]))}</b> tasks
        </span>
        <span class="mono">{digest}</span>
        <a href={href(["board", digest])}>Leaderboard</a>
      </div>
      {about && <p class="lead">{line(about)}</p>}
      {got.error && <Failure error={got.error} again={got.again} />}
      <section style={{ marginTop: "28px" }}>
        <div class="hd">
          <h2>Findings</h2>
          <div class="seg" role="group" aria-label="Severity">
            {["", "blocks", "warns", "notes"].map((s) => (
              <button key={s} type="button" aria-pressed={(query["sev"] ?? "") === s} onClick={() => amend({ sev: s })}>
                {s ? `${severity[s]?.mark} ${severity[s]?.word}` : "all"}
              </button>
            ))}
          </div>
        </div>
        {gotFindings.error && <Failure error={gotFindings.error} again={gotFindings.again} />}
        {gotFindings.doc && findings.length === 0 && <p class="sub">Nothing was noticed.</p>}
        {findings.map((f) => {
          const sv = severity[f.level] ?? { mark: "○", word: f.level, cls: "ink3" };
          return (
            <details class="fold" key={f.id + f.text} open={finding === f.id}>
              <summary style={{ width: "auto", fontSize: "14px", color: "var(--ink)" }}>
                <span class={sv.cls}>
                  {sv.mark} {sv.word}
                </span>{" "}
                {line(f.text)}
              </summary>
              <p class="sub" style={{ margin: "4px 0 8px 18px" }}>
                <span class="mono">{line(f.id)}</span>
                {f.where.length > 0 && <> · {f.where.map(line).join(", ")}</>}
                {f.tasks.map((t, i) => (
                  <>
                    {i ? ", " : " · "}
                    <a key={t} class="mono" href={href(["task", digest, t])}>
                      <bdi>{line(t)}</bdi>
                    </a>
                  </>
                ))}
                {f.remedy && <> · {line(f.remedy)}</>} · <a href={href(["suite", id, "finding", f.id])}>link to this finding</a>
              </p>
            </details>
          );
        })}
      </section>
      <div class="cols">
        <section>
          <div class="hd">
            <h2>What it is made of</h2>
          </div>
          {tags.length === 0 && <p class="sub">Its tasks carry no tags.</p>}
          {tags.map((t, ti) => {
            const values = asList<{ value: string; n: number }>(t["values"]);
            const n = asNum(d["n_tasks"]) || 1;
            const most = Math.max(1, ...values.map((v) => v.n));
            return (
              <div key={ti} style={{ marginBottom: "16px" }}>
                <h3>{line(asText(t["tag"]))}</h3>
                <table>
                  <caption class="sr">Tasks by {line(asText(t["tag"]))}</caption>
                  <tbody>
                    {values.slice(0, 24).map((v, vi) => (
                      <tr key={vi}>
                        <td style={{ width: "34%" }}>{v.value === "" ? <span class="ink3">none</span> : line(v.value)}</td>
                        <td class="n" style={{ width: "64px" }} data-v={`suite:tags.${ti}.values.${vi}.n`}>
                          {num.count(v.n)}
                        </td>
                        <td>
                          <svg style={{ width: "100%", height: "10px" }} aria-hidden="true">
                            <rect width={`${(100 * v.n) / Math.max(n, most)}%`} height="10" fill="var(--ink3)" opacity="0.55" />
                          </svg>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            );
          })}
        </section>
        <section>
          <div class="hd">
            <h2>How it is measured</h2>
          </div>
          <dl class="nums">
            {metrics.map((m) => (
              <>
                <dt title={line(m.about)}>{line(m.about || num.title(m))}</dt>
                <dd>
                  {line(num.title(m))} {num.unitHead(m)}
                </dd>
              </>
            ))}
          </dl>
          <details class="fold">
            <summary>The manifest</summary>
            <pre tabIndex={0}>{block(JSON.stringify(manifest, null, 1))}</pre>
          </details>
        </section>
      </div>
      <section>
        <div class="hd">
          <h2>Tasks</h2>
          <span class="sub">
            {num.count(Math.min(shown, tasks.length))} of {num.count(asNum(d["n_tasks"]))}
          </span>
        </div>
        <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(220px, 1fr))", gap: "0 20px" }}>
          {tasks.slice(0, shown).map((t) => (
            <a key={t} class="row mono" style={{ lineHeight: "26px", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }} href={href(["task", digest, t])}>
              <bdi>{line(t)}</bdi>
            </a>
          ))}
        </div>
        {tasks.length > shown && (
          <button type="button" class="plain" onClick={() => setShown(shown + 600)}>
            {num.count(tasks.length - shown)} more
          </button>
        )}
      </section>
    </>
  );
}
