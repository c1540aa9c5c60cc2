// One step in full: what it was judged to be and why, what was done and shown, where its target came from.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { stepsOf, type AttemptDoc, type Part, type Planted, type Step, type StepBody } from "../docs";
import { href, search } from "../route";
import type { Doc } from "../source";
import { shared, useDoc } from "../state";
import { wordDiff } from "../ui/diff";
import { Failure } from "../ui/faces";
import { EvidenceMark, StepMark } from "../ui/marks";
import * as num from "../ui/number";
import { lastPlanted, piecesOf, slice, textOf, type Piece } from "../ui/planted";
import { block, line } from "../ui/text";

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

/** The query of this page, to go to another step of it. */
export const keepQuery = (): Record<string, string> => {
  const cutAt = location.hash.indexOf("?");
  return cutAt < 0 ? {} : Object.fromEntries(new URLSearchParams(location.hash.slice(cutAt + 1)));
};
export function besideName(path: string | null): string {
  if (!path) return "";
  const parts = path.split("/").map((x) => decodeURIComponent(x));
  return `${parts[2]?.slice(0, 6)} #${parts[parts.length - 1]}`;
}

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

const named = (p: Planted): string => `planted instruction ${line(p.id)}${p.tier ? `, tier ${p.tier}` : ""}`;

function Pieces({ of, word }: { of: Piece[]; word: string | null }): JSX.Element {
  return (
    <>
      {of.map((piece, i) =>
        piece.planted ? (
          <u key={i} class="planted" title={named(piece.planted)}>
            <Marked text={piece.text} word={word} />
          </u>
        ) : (
          <Marked key={i} text={piece.text} word={word} />
        ),
      )}
    </>
  );
}

/** Where the target is named: in a planted instruction, if one names it. */
function placeOf(pieces: Piece[], text: string, target: string): number {
  let at = 0;
  for (const p of pieces) {
    if (p.planted && p.text.includes(target)) return at + p.text.indexOf(target);
    at += p.text.length;
  }
  return text.indexOf(target);
}

const firstShown = 8192;
/** The parts of a step; planted: where instructions stand in part number `part`. */
function Body({ parts, planted, word, raw, near }: { parts: Part[]; planted: Planted[]; word: string | null; raw: boolean; near?: string }): JSX.Element {
  const [all, setAll] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  // What was planted comes into sight within its own box; the page stays where it is.
  useEffect(() => {
    for (const pre of box.current?.querySelectorAll("pre") ?? []) {
      const first = pre.querySelector<HTMLElement>("u.planted");
      if (first) pre.scrollTop = Math.max(0, first.getBoundingClientRect().top - pre.getBoundingClientRect().top + pre.scrollTop - 60);
    }
  }, [parts, raw]);
  return (
    <div ref={box}>
      {parts.map((p, i) => {
        if (near !== undefined && p.kind === "tool_use") return null;
        const pieces = raw ? [{ text: JSON.stringify(p) }] : piecesOf(p, planted.filter((x) => x.part === i));
        const text = textOf(pieces);
        // Of a long observation that is a source: what stands around the target, and what was planted.
        const at = near ? placeOf(pieces, text, near) : -1;
        const far = near !== undefined && at >= 0 && text.length >= 900;
        const from = far ? Math.max(0, at - 300) : 0;
        const to = far ? Math.min(text.length, at + 400) : Math.max(firstShown, lastPlanted(pieces));
        const long = !far && text.length > to && !all;
        const shown = all && !far ? pieces : slice(pieces, from, to);
        return (
          <div key={i}>
            <h3>{partNames[p.kind] ?? line(p.kind)}</h3>
            <pre tabIndex={0} aria-label={partNames[p.kind] ?? line(p.kind)}>
              {far && from > 0 && "… "}
              <Pieces of={shown} word={word} />
              {(long || (far && to < text.length)) && "…"}
            </pre>
            {long && (
              <button type="button" class="plain" onClick={() => setAll(true)}>
                show all, {num.bytes(text.length)}
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}

/** What of the observation was planted, in words. */
function PlantedNote({ of }: { of: Planted[] }): JSX.Element | null {
  const names = [...new Set(of.map(named))];
  if (names.length === 0) return null;
  return (
    <div class="tag warnc">
      <EvidenceMark inj size={14} />
      Underlined: {names.join("; ")}
    </div>
  );
}

interface DetailProps {
  run: string;
  task: string;
  n: number;
  path: string;
  doc: AttemptDoc;
  steps: Step[];
  besidePath: string | null;
  full: boolean;
  s: Step;
  raw: boolean;
}

export function Detail(p: DetailProps): JSX.Element {
  const { s, raw } = p;
  const { body, face } = useBody(p.path, s.i);
  const sourceStep = s.kind === "act" ? (typeof s.gate === "number" ? s.gate : (s.seen?.step ?? -1)) : -1;
  const source = useBody(p.path, sourceStep);
  const compared = useBody(p.full ? p.besidePath : null, s.i);
  const j = judgement(s);
  const to = (i: number): string => href(["run", p.run, p.task, p.n], { ...keepQuery(), step: i });
  const word = s.target && s.kind === "act" ? line(s.target) : null;
  const rawLink = shared.source.link(`${p.path}/steps/${s.i}/body`);
  const from = p.steps[sourceStep];
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
        body && (
          <>
            <PlantedNote of={body.planted} />
            <Body key={s.i} parts={body.parts} planted={body.planted} word={word} raw={raw} />
          </>
        )
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
          <PlantedNote of={source.body.planted} />
          <Body key={"from" + sourceStep} parts={source.body.parts} planted={source.body.planted} word={word} raw={raw} near={s.target ?? ""} />
        </>
      )}
      {s.kind === "report" && p.doc.detail && <Outcome detail={p.doc.detail} />}
    </div>
  );
}

/** How far the row that showed the target is trusted; a step may show rows of several kinds. */
const trustOf = (s: Step, from: Step): string => (typeof s.gate === "number" ? (from.trust ?? "") : (s.seen?.trust ?? ""));

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
