import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { defOf, episodeOf, metricDefs, stepsOf, type AttemptDoc, type Episode, type Part, type Step, type StepBody } from "../docs";
import { matters, Timeline } from "../fig/episode";
import { useKeys } from "../keys";
import { amend, go, href, join, search } from "../route";
import type { Doc } from "../source";
import { rowHeight, say, shared, useDoc, useFoot, usePageTitle, useRoute } from "../state";
import { Empty, Failure, Waiting } from "../ui/faces";
import { Crumbs } from "../ui/frame";
import { wordDiff } from "../ui/diff";
import { EvidenceMark, StepMark } from "../ui/marks";
import * as num from "../ui/number";
import { block, line } from "../ui/text";

type Full = AttemptDoc & { k?: number; siblings?: string; label?: string; tokens_in?: number; tokens_out?: number; cost_usd?: number | null; tags?: Record<string, string>; suite_digest?: string };

/** "R2/TASK/1": a task's id may hold slashes. */
export function besideOf(text: string): { run: string; task: string; n: number } | null {
  const a = text.indexOf("/");
  const b = text.lastIndexOf("/");
  return a > 0 && b > a ? { run: text.slice(0, a), task: text.slice(a + 1, b), n: Number(text.slice(b + 1)) || 1 } : null;
}

export function judgement(s: Step): { words: string; cls: string } {
  const gate = typeof s.gate === "number" ? `gated by ${s.gate}` : "not gated";
  if (s.kind === "act") {
    const cls = s.judged === "required" ? "upc" : s.judged === "harmful" ? "downc" : "";
    const follows = s.followed?.length ? ", follows an injection" : "";
    return { words: `${s.judged ?? "act"}${s.judged === "refused" ? "" : ", " + gate}${s.repeat ? ", again" : ""}${follows}`, cls };
  }
  if (s.followed?.length) return { words: "follows an injection", cls: "downc" };
  if (s.inj?.length) return { words: `injection met${s.inj[0]?.tier ? `, tier ${Math.max(...s.inj.map((x) => x.tier ?? 0))}` : ""}`, cls: "warnc" };
  if (s.kind === "report" || s.kind === "error") return { words: line(s.text ?? ""), cls: s.kind === "error" ? "warnc" : "" };
  const n = s.saw?.length ?? 0;
  return { words: n ? `${n} entit${n === 1 ? "y" : "ies"}` : "", cls: "" };
}

export function Attempt({ run, task, n }: { run: string; task: string; n: number }): JSX.Element {
  const { query } = useRoute();
  const path = join("runs", run, "attempts", task, n);
  const got = useDoc<Full>(path);
  const other = query["beside"] ? besideOf(query["beside"]) : null;
  const otherPath = other ? join("runs", other.run, "attempts", other.task, other.n) : null;
  const gotOther = useDoc<Full>(otherPath);
  const episode = useMemo(() => (got.doc ? episodeOf(got.doc) : null), [got.doc]);
  const beside = useMemo(() => (gotOther.doc && otherPath ? episodeOf(gotOther.doc) : null), [gotOther.doc, otherPath]);
  usePageTitle(`${line(task)} #${n}`);
  const step0 = Number(query["step"] ?? -1);
  useFoot(`tare show ${run} ${task}#${n}${query["beside"] && other ? ` --beside ${other.run === run ? "" : other.run}#${other.n}` : ""}`, path, { attempt: path });
  if (!episode || !got.doc) return <Waiting of={got} rows={16} />;
  return (
    <Player
      key={path}
      run={run}
      task={task}
      n={n}
      path={path}
      doc={got.doc}
      episode={episode}
      beside={beside}
      besidePath={otherPath}
      full={query["full"] === "1"}
      time={query["axis"] === "time"}
      step0={step0}
      error={got.error ? <Failure error={got.error} again={got.again} /> : gotOther.error ? <Failure error={gotOther.error} again={gotOther.again} /> : null}
    />
  );
}

interface PlayerProps {
  run: string;
  task: string;
  n: number;
  path: string;
  doc: Full;
  episode: Episode;
  beside: Episode | null;
  besidePath: string | null;
  full: boolean;
  time: boolean;
  step0: number;
  error: JSX.Element | null;
}

function Player(p: PlayerProps): JSX.Element {
  const { doc, episode } = p;
  const { steps } = episode;
  const defs = metricDefs(doc);
  // Without a step in the link: the first that went wrong, else the first event, else the first.
  const start = useMemo(() => {
    const wrong = steps.find((s) => s.judged === "harmful") ?? steps.find(matters);
    return wrong?.i ?? 0;
  }, [steps]);
  const selected = Math.max(0, Math.min(steps.length - 1, p.step0 >= 0 ? p.step0 : start));
  const select = (i: number): boolean => {
    if (i < 0 || i >= steps.length) return false;
    amend({ step: i });
    return true;
  };
  const [raw, setRaw] = useState(false);
  const [playing, setPlaying] = useState(false);
  const current = useRef(selected);
  current.current = selected;
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      if (!select(current.current + 1)) setPlaying(false);
    }, 500);
    return () => clearInterval(timer);
  }, [playing]);
  const letters = doc.siblings ?? "";
  const k = Math.max(letters.length, doc.k ?? 0, p.n);
  const others = Array.from({ length: k }, (_, i) => i + 1).filter((i) => letters === "" || letters[i - 1] !== ".");
  const attempt = (n: number): boolean => {
    if (!others.includes(n)) return false;
    go(href(["run", p.run, p.task, n], { step: p.step0 >= 0 ? p.step0 : "" }));
    return true;
  };
  const toggleBeside = (): boolean => {
    const mate = others.find((i) => i !== p.n);
    if (!p.besidePath && mate === undefined) {
      say("there is no other attempt at this task");
      return true;
    }
    if (!p.besidePath) amend({ beside: `${p.run}/${p.task}/${mate}` });
    else if (!p.full) amend({ full: 1 });
    else amend({ beside: "", full: "" });
    return true;
  };
  useKeys("attempt", {
    "step-next": () => select(selected + 1),
    "step-previous": () => select(selected - 1),
    "event-next": () => select(steps.find((s) => s.i > selected && matters(s))?.i ?? -1),
    "event-previous": () => select([...steps].reverse().find((s) => s.i < selected && matters(s))?.i ?? -1),
    "attempt-next": () => attempt(p.n + 1),
    "attempt-previous": () => attempt(p.n - 1),
    beside: toggleBeside,
    play: () => setPlaying(!playing),
    tenth: (key) => select(Math.floor((Number(key) / 10) * steps.length)),
    raw: () => setRaw(!raw),
    axis: () => amend({ axis: p.time ? "" : "time" }),
  });
  useKeys("list", { next: () => select(selected + 1), previous: () => select(selected - 1), first: () => select(0), last: () => select(steps.length - 1) });
  const s = steps[selected];
  useEffect(() => {
    if (s) say(`step ${selected}, ${line(s.name ?? s.kind)} ${judgement(s).words}`);
  }, [selected]);
  const shownScores = [...new Set([...Object.keys(defs), ...Object.keys(doc.scores)])].filter((m) => doc.scores[m]);
  const facts = shownScores.slice(0, 5);
  const tags = Object.values(doc.tags ?? {}).slice(0, 4);
  const tokens = (doc.tokens_in ?? 0) + (doc.tokens_out ?? 0);
  const other = p.beside;
  const value = (m: string): JSX.Element => {
    const score = doc.scores[m];
    const def = defOf(defs, m);
    if (!score || score.state !== "ok") return <span title={score?.reason ? line(score.reason) : undefined}>–</span>;
    if (typeof score.num === "number" && typeof score.den === "number")
      return (
        <>
          <span data-v={`attempt:scores.${m}.num`}>{num.count(score.num)}</span> <i>of {num.count(score.den)}</i>
        </>
      );
    return (
      <>
        <span data-v={`attempt:scores.${m}.value`}>{num.value(score.value, num.isShare(def) ? { factor: 100, decimals: 0 } : def.unit === "steps" ? { factor: 1, decimals: 0 } : num.scaleOf(def, null))}</span>
        {num.isShare(def) && <i> %</i>}
      </>
    );
  };
  return (
    <>
      <Crumbs of={[["Runs", "#/runs"], [doc.solver, href(["run", p.run])], [p.task, doc.suite ? href(["task", doc.suite_digest ?? doc.suite, p.task]) : null], [`#${p.n}`, null]]} />
      <div class="hd" style={{ marginBottom: 0 }}>
        <h1>
          <bdi>{line(p.task)}</bdi>
        </h1>
        <span class="sub">
          {[...tags.map(line), doc.status === "done" ? `finished after ${num.count(steps.length)} steps` : `${line(doc.status)}${doc.cause_text ? `: ${line(doc.cause_text)}` : ""}`].join(" · ")}
        </span>
      </div>
      {p.error}
      <div class="facts">
        {facts.map((m) => (
          <div key={m}>
            <span title={defOf(defs, m).about ? line(defOf(defs, m).about) : undefined}>{line(num.title(defOf(defs, m)))}</span>
            <b>{value(m)}</b>
          </div>
        ))}
        <div>
          <span>{tokens ? "Cost" : "Time"}</span>
          <b>
            {tokens ? (
              <>
                {num.short(tokens)} <i>tokens, {num.time(doc.ms)}</i>
              </>
            ) : (
              num.time(doc.ms)
            )}
          </b>
        </div>
      </div>
      <div class="tools" style={{ marginBottom: "10px" }}>
        <span class="sub">Attempts</span>
        <nav class="att" aria-label="Attempts">
          {others.slice(0, 40).map((i) => (
            <a key={i} href={href(["run", p.run, p.task, i])} aria-current={i === p.n ? "true" : undefined}>
              #{i}
              {letters[i - 1] === "f" && <span class="downc">failed</span>}
              {letters[i - 1] === "m" && <span class="warnc">missing</span>}
            </a>
          ))}
        </nav>
        {(others.length > 1 || p.besidePath) && (
          <button type="button" aria-pressed={!!p.besidePath} onClick={toggleBeside}>
            {!p.besidePath ? "Beside" : p.full ? "Alone" : "In full"} <kbd>b</kbd>
          </button>
        )}
        <button type="button" aria-pressed={playing} onClick={() => setPlaying(!playing)}>
          {playing ? "Stop" : "Play"} <kbd>space</kbd>
        </button>
        <div class="legend epilegend">
          <span>
            <EvidenceMark trust="verified" size={14} /> trusted
          </span>
          <span>
            <EvidenceMark trust="untrusted" size={14} /> untrusted
          </span>
          <span>
            <EvidenceMark inj size={14} /> injection met
          </span>
          <span>
            <svg width="16" height="12" aria-hidden="true">
              <path d="M1 1c2 10 10 10 14 10" fill="none" stroke="var(--up)" stroke-width="1.6" />
            </svg>
            evidence for the act
          </span>
        </div>
      </div>
      {steps.length === 0 ? (
        <Empty>This attempt has no steps{doc.cause_text ? `: ${line(doc.cause_text)}` : ""}.</Empty>
      ) : (
        <>
          <Timeline episode={episode} beside={p.full ? null : other} besideName={besideName(p.besidePath)} selected={selected} select={select} time={p.time} />
          {p.full && other && (
            <div style={{ marginTop: "12px" }}>
              <h3>{besideName(p.besidePath)}</h3>
              <Timeline episode={other} beside={null} besideName="" selected={Math.min(selected, other.steps.length - 1)} select={select} time={p.time} active={false} />
            </div>
          )}
          <div class="grid2">
            <StepList steps={steps} phases={episode.phases.length} selected={selected} link={(i) => href(["run", p.run, p.task, p.n], { ...keepQuery(), step: i })} select={select} />
            {s && <Detail p={p} s={s} raw={raw} />}
          </div>
        </>
      )}
      <section style={{ marginTop: "28px" }}>
        <details class="fold">
          <summary>Every score of this attempt</summary>
          <table>
            <thead>
              <tr>
                <th scope="col">Score</th>
                <th scope="col" class="n">
                  Value
                </th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {shownScores.map((m) => (
                <tr key={m}>
                  <td>{line(num.title(defOf(defs, m)))}</td>
                  <td class="n">{value(m)}</td>
                  <td class="ink3">
                    {line(doc.scores[m]?.reason ?? (doc.scores[m]?.state === "ok" ? "" : doc.scores[m]?.state))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </section>
    </>
  );
}

const keepQuery = (): Record<string, string> => {
  const cutAt = location.hash.indexOf("?");
  return cutAt < 0 ? {} : Object.fromEntries(new URLSearchParams(location.hash.slice(cutAt + 1)));
};
function besideName(path: string | null): string {
  if (!path) return "";
  const parts = path.split("/").map((x) => decodeURIComponent(x));
  return `${parts[2]?.slice(0, 6)} #${parts[parts.length - 1]}`;
}

// ---- the list of steps: from the outline in memory, only rows on the screen are nodes -------------

function StepList({ steps, phases, selected, link, select }: { steps: Step[]; phases: number; selected: number; link(i: number): string; select(i: number): void }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const tall = window.innerWidth <= 900 ? 52 : rowHeight();
  const view = Math.min(720, Math.max(200, steps.length * tall + 12));
  const first = Math.max(0, Math.floor(top / tall) - 8);
  const last = Math.min(steps.length, Math.ceil((top + view) / tall) + 8);
  useEffect(() => {
    const e = box.current;
    if (!e) return;
    const y = selected * tall;
    if (y < e.scrollTop || y + tall > e.scrollTop + e.clientHeight - 12) e.scrollTop = Math.max(0, y - e.clientHeight / 2);
  }, [selected, tall]);
  const heights = (s: Step): number => (phases ? (((s.phase ?? -1) + 1) / phases) * 32 : 0);
  return (
    <div class="card steps" ref={box} role="group" aria-label="Steps" onScroll={() => setTop(box.current?.scrollTop ?? 0)}>
      <div style={{ height: `${steps.length * tall}px`, position: "relative" }}>
        <div style={{ position: "absolute", top: `${first * tall}px`, left: 0, right: 0 }}>
          {steps.slice(first, last).map((s) => {
            const j = judgement(s);
            return (
              <a
                key={s.i}
                class="st"
                href={link(s.i)}
                aria-current={s.i === selected ? "step" : undefined}
                tabIndex={s.i === selected ? 0 : -1}
                onClick={(e) => {
                  e.preventDefault();
                  select(s.i);
                }}
              >
                <svg class="kc" viewBox="0 0 12 32" aria-hidden="true">
                  <rect x="3" y={32 - heights(s)} width="6" height={heights(s)} fill={s.stalled ? "none" : "var(--down)"} stroke={s.stalled ? "var(--ink3)" : "none"} stroke-dasharray="2 2" />
                </svg>
                <span class="i">{s.i}</span>
                <StepMark kind={s.kind} judged={s.judged ?? null} />
                {s.trust || s.inj?.length ? <EvidenceMark trust={s.trust ?? null} inj={!!s.inj?.length} /> : <span class="nil" />}
                <span class="a">
                  <b>{line(s.name ?? s.kind)}</b> <span class="mono">{line(s.target)}</span>
                </span>
                <span class={"r " + j.cls}>{j.words}</span>
              </a>
            );
          })}
        </div>
      </div>
    </div>
  );
}

// ---- the step in full ------------------------------------------------------------------------------

function useBody(path: string | null, i: number): { body: StepBody | null; face: JSX.Element | null } {
  const got = useDoc<Doc>(path === null || i < 0 ? null : path + "/steps" + search({ from: i, to: i + 1 }));
  const body = useMemo(() => (got.doc && got.fresh ? (stepsOf(got.doc).find((x) => x.i === i) ?? null) : null), [got.doc, got.fresh, i]);
  return { body, face: got.error ? <Failure error={got.error} /> : !body && got.slow ? <p class="sub">…</p> : null };
}

const pretty = (data: unknown): string => (typeof data === "string" ? data : JSON.stringify(data, null, 1));
export function partText(p: Part): string {
  if (typeof p.text === "string") return p.text;
  return p.data === undefined ? "" : pretty(p.data);
}
const partNames: Record<string, string> = { tool_use: "Action", tool_result: "Observation", reasoning: "Reasoning", text: "Said", data: "Observation", refusal: "Refused" };

/** Text with the occurrences of one word marked. Only ever text nodes. */
function Marked({ text, word }: { text: string; word: string | null }): JSX.Element {
  const safe = block(text);
  if (!word || word.length < 3) return <>{safe}</>;
  const pieces = safe.split(word);
  if (pieces.length > 200) return <>{safe}</>;
  return (
    <>
      {pieces.map((piece, i) => (
        <>
          {i > 0 && <mark>{word}</mark>}
          {piece}
        </>
      ))}
    </>
  );
}

const firstShown = 8192;
function Body({ parts, word, raw }: { parts: Part[]; word: string | null; raw: boolean }): JSX.Element {
  const [all, setAll] = useState(false);
  return (
    <>
      {parts.map((p, i) => {
        const text = raw ? JSON.stringify(p) : partText(p);
        const long = text.length > firstShown && !all;
        return (
          <div key={i}>
            <h3>{partNames[p.kind] ?? line(p.kind)}</h3>
            <pre tabIndex={0}>
              <Marked text={long ? text.slice(0, firstShown) + "…" : text} word={word} />
            </pre>
            {long && (
              <button type="button" class="plain" onClick={() => setAll(true)}>
                show all, {num.bytes(text.length)}
              </button>
            )}
          </div>
        );
      })}
    </>
  );
}

function Detail({ p, s, raw }: { p: PlayerProps; s: Step; raw: boolean }): JSX.Element {
  const { body, face } = useBody(p.path, s.i);
  const sourceStep = s.kind === "act" ? (typeof s.gate === "number" ? s.gate : (s.seen?.step ?? -1)) : -1;
  const source = useBody(p.path, sourceStep);
  const compared = useBody(p.full ? p.besidePath : null, s.i);
  const j = judgement(s);
  const to = (i: number): string => href(["run", p.run, p.task, p.n], { ...keepQuery(), step: i });
  const word = s.target && s.kind === "act" ? line(s.target) : null;
  const rawLink = shared.source.link(`${p.path}/steps/${s.i}/body`);
  const from = p.episode.steps[sourceStep];
  return (
    <div class="card det" aria-live="off">
      <h2>
        Step {s.i} <small class="mono">{line(s.name ?? s.kind)}</small>
      </h2>
      {(j.cls || s.kind === "act") && j.words && (
        <div class={"tag " + j.cls}>
          <StepMark kind={s.kind} judged={s.judged ?? null} size={14} />
          {j.words.charAt(0).toUpperCase() + j.words.slice(1)}
        </div>
      )}
      <p>
        <Why s={s} to={to} />
      </p>
      {face}
      {p.full && body && compared.body ? (
        <>
          <h3>What differs from {besideName(p.besidePath)} at this step</h3>
          <pre class="diff" tabIndex={0}>
            {wordDiff(body.parts.map(partText).join("\n"), compared.body.parts.map(partText).join("\n")).map((d, i) =>
              d.kind === "same" ? <span key={i}>{block(d.text)}</span> : d.kind === "added" ? <ins key={i}>{block(d.text)}</ins> : <del key={i}>{block(d.text)}</del>,
            )}
          </pre>
        </>
      ) : (
        body && <Body key={s.i} parts={body.parts} word={word} raw={raw} />
      )}
      {body?.cut && (
        <p class="sub">
          Cut at 64 KiB of {num.bytes(body.bytes)}.{" "}
          {rawLink && (
            <a href={rawLink} target="_blank" rel="noreferrer noopener">
              All of it as text
            </a>
          )}
        </p>
      )}
      {from && source.body && (
        <>
          <h3>
            Where the target came from: step {sourceStep}, {line(from.name)} {trustOf(s, from) ? `(${trustOf(s, from)})` : ""}
          </h3>
          <Body key={"from" + sourceStep} parts={source.body.parts.filter((x) => x.kind !== "tool_use").map((x) => around(x, s.target ?? ""))} word={word} raw={raw} />
        </>
      )}
      {s.kind === "report" && p.doc.detail && <Outcome detail={p.doc.detail} />}
    </div>
  );
}

/** How far the row that showed the target is trusted; a step may show rows of several kinds. */
const trustOf = (s: Step, from: Step): string => (typeof s.gate === "number" ? (from.trust ?? "") : (s.seen?.trust ?? ""));

/** The neighbourhood of the target in a long observation. */
function around(p: Part, target: string): Part {
  const text = partText(p);
  const at = target ? text.indexOf(target) : -1;
  if (at < 0 || text.length < 900) return p;
  const from = Math.max(0, at - 300);
  const to = Math.min(text.length, at + 400);
  return { kind: p.kind, text: (from > 0 ? "… " : "") + text.slice(from, to) + (to < text.length ? " …" : "") };
}

function Why({ s, to }: { s: Step; to(i: number): string }): JSX.Element | null {
  const target = s.target ? <span class="mono">{line(s.target)}</span> : "its target";
  if (s.kind === "act" && typeof s.gate === "number")
    return (
      <>
        {target} stood in trusted evidence at <a href={to(s.gate)}>step {s.gate}</a>.
      </>
    );
  if (s.kind === "act" && s.seen)
    return (
      <>
        {target} was seen only in {line(s.seen.by)} at <a href={to(s.seen.step ?? 0)}>step {s.seen.step ?? 0}</a>, which is {line(s.seen.trust ?? "not trusted")}. No trusted row had named it when the action was taken.
        {s.followed?.length ? ` It follows the planted instruction ${s.followed.map((x) => line(x)).join(", ")}.` : ""}
      </>
    );
  if (s.kind === "act") return <>{target} had not been seen in any evidence before.</>;
  if (s.kind === "report" || s.kind === "error") return s.text ? <>{line(s.text)}</> : null;
  return (
    <>
      {s.target && <span class="mono">{line(s.target)}</span>}
      {s.saw?.length ? (
        <>
          {s.target ? " showed " : "Showed "}
          {s.saw.map((x, i) => (
            <>
              {i > 0 && ", "}
              <span class="mono">{line(x)}</span>
            </>
          ))}
          {s.trust ? ` (${s.trust})` : ""}.
        </>
      ) : s.kind === "query" ? (
        " showed nothing new."
      ) : null}
    </>
  );
}

function Outcome({ detail }: { detail: Record<string, unknown> }): JSX.Element {
  return (
    <>
      <h3>Outcome against the truth</h3>
      <ul class="ck">
        {Object.entries(detail).map(([k, v]) => {
          const flat = v === null || typeof v !== "object";
          return (
            <li key={k}>
              <span>{line(k.replace(/_/g, " "))}</span>
              <span>
                {flat
                  ? line(String(v))
                  : Object.entries(v as Record<string, unknown>)
                      .map(([a, b]) => `${line(a.replace(/_/g, " "))} ${typeof b === "object" ? line(JSON.stringify(b)) : line(String(b))}`)
                      .join(", ")}
              </span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
