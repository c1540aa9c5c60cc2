import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { defOf, episodeOf, metricDefs, type AttemptDoc, type Episode, type Step } from "../docs";
import { matters, timed, Timeline } from "../fig/episode";
import { useKeys } from "../keys";
import { amend, go, href, join } from "../route";
import { rowHeight, say, useDoc, useFoot, usePageTitle, useRoute } from "../state";
import { DocError } from "../source";
import { Empty, Failure, Lost, Waiting } from "../ui/faces";
import { Crumbs } from "../ui/frame";
import { EvidenceMark, StepMark } from "../ui/marks";
import * as num from "../ui/number";
import { line } from "../ui/text";
import { besideName, Detail, judgement, keepQuery } from "./step";

type Full = AttemptDoc & { k?: number; siblings?: string; label?: string; tokens_in?: number; tokens_out?: number; cost_usd?: number | null; tags?: Record<string, string>; suite_digest?: string };

/** "R2/TASK/1": a task's id may hold slashes. */
export function besideOf(text: string): { run: string; task: string; n: number } | null {
  const a = text.indexOf("/");
  const b = text.lastIndexOf("/");
  return a > 0 && b > a ? { run: text.slice(0, a), task: text.slice(a + 1, b), n: Number(text.slice(b + 1)) || 1 } : null;
}

export function Attempt({ run, task, n }: { run: string; task: string; n: number }): JSX.Element {
  const { query } = useRoute();
  const path = join("runs", run, "attempts", task, n);
  const got = useDoc<Full>(n >= 1 ? path : null);
  const other = query["beside"] ? besideOf(query["beside"]) : null;
  const otherPath = other ? join("runs", other.run, "attempts", other.task, other.n) : null;
  const gotOther = useDoc<Full>(otherPath);
  const episode = useMemo(() => (got.doc ? episodeOf(got.doc) : null), [got.doc]);
  const beside = useMemo(() => (gotOther.doc && otherPath ? episodeOf(gotOther.doc) : null), [gotOther.doc, otherPath]);
  usePageTitle(`${line(task)}${n >= 1 ? ` #${n}` : ""}`);
  const step0 = query["step"] && /^\d{1,9}$/.test(query["step"]) ? Number(query["step"]) : -1;
  useFoot(`tare show ${run} ${task}#${n}${query["beside"] && other ? ` --beside ${other.run === run ? "" : other.run}#${other.n}` : ""}`, path, { attempt: path });
  const wrongBeside = query["beside"] && !other ? new DocError(0, `beside=${query["beside"]}`, "usage", `“${query["beside"]}” names no attempt`, null, "beside=RUN/TASK/N, as the key b writes it") : null;
  const noStep = episode && query["step"] && !(step0 >= 0 && Number.isInteger(step0) && step0 < Math.max(1, episode.steps.length)) ? query["step"] : null;
  if (!Number.isInteger(n) || n < 1)
    return <Lost title="This attempt is not there" error={new DocError(0, "", "usage", "attempts are numbered from 1", null, null)} ways={[[`Run ${run}`, href(["run", run])], [`Attempt 1 at ${task}`, href(["run", run, task, 1])]]} />;
  if (!episode || !got.doc)
    return <Waiting of={got} rows={16} lost={{ title: "This attempt is not there", ways: [[`Run ${run}`, href(["run", run])], ...(n > 1 ? ([[`Attempt 1 at ${task}`, href(["run", run, task, 1])]] as [string, string][]) : [])], find: task }} />;
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
      error={got.error ? <Failure error={got.error} again={got.again} /> : gotOther.error ? <Failure error={gotOther.error} again={gotOther.again} /> : wrongBeside ? <Failure error={wrongBeside} /> : null}
      noStep={noStep}
    />
  );
}

/** What a person looks for first in an attempt, where its suite measures it: so many of so many. */
const shortNames: Record<string, string> = { egar_implicating: "gated", harmful_per_action: "harmful", injection_per_met: "instructions followed" };

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
  noStep: string | null; // that the link names
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
    axis: () => {
      if (!p.time && !timed(steps)) say("these steps say no times: they are laid out by number");
      else amend({ axis: p.time ? "" : "time" });
    },
  });
  useKeys("list", { next: () => select(selected + 1), previous: () => select(selected - 1), first: () => select(0), last: () => select(steps.length - 1) });
  const s = steps[selected];
  useEffect(() => {
    if (s) say(`step ${selected}, ${line(s.name ?? s.kind)} ${judgement(s).words}`);
  }, [selected]);
  const shownScores = [...new Set([...Object.keys(defs), ...Object.keys(doc.scores)])].filter((m) => doc.scores[m]);
  // The headline, then what was gated, harmful and followed, then the rest.
  const facts = [shownScores[0] ?? "", ...Object.keys(shortNames), ...shownScores.slice(1)].filter((m, i, all) => doc.scores[m] && all.indexOf(m) === i && (i === 0 || doc.scores[m]?.state === "ok")).slice(0, 6);
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
      {p.noStep !== null && steps.length > 0 && (
        <div class="err" role="alert">
          <p>
            <b>There is no step “{line(p.noStep)}” here.</b> The steps are 0 to {num.count(steps.length - 1)}; step {selected} is shown.
          </p>
        </div>
      )}
      <div class="facts">
        {facts.map((m) => (
          <div key={m}>
            <span title={defOf(defs, m).about ? line(defOf(defs, m).about) : undefined}>{shortNames[m] ?? line(num.title(defOf(defs, m)))}</span>
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
        {timed(steps) && (
          <button type="button" aria-pressed={p.time} onClick={() => amend({ axis: p.time ? "" : "time" })}>
            Time <kbd>z</kbd>
          </button>
        )}
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
            trusted evidence
          </span>
          <span>
            <svg width="16" height="12" aria-hidden="true">
              <path d="M1 1c2 10 10 10 14 10" fill="none" stroke="var(--down)" stroke-width="1.6" stroke-dasharray="4 3" />
            </svg>
            none trusted
          </span>
          <span>
            <svg width="16" height="12" aria-hidden="true">
              <path d="M1 1c2 10 10 10 14 10" fill="none" stroke="var(--warn)" stroke-width="1.6" stroke-dasharray="1.5 3" stroke-linecap="round" />
            </svg>
            instruction followed
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
            {s && <Detail run={p.run} task={p.task} n={p.n} path={p.path} doc={doc} steps={steps} besidePath={p.besidePath} full={p.full} s={s} raw={raw} />}
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
