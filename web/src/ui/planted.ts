// A part of a step as pieces of text, those apart where the document says that a planted instruction
// stands. Where it stands is computed in C (src/run/planted.c); here it is only cut out.
import type { Part, Planted } from "../docs";

export interface Piece {
  text: string;
  planted?: Planted;
}

const token = (key: string): string => key.replace(/~/g, "~0").replace(/\//g, "~1");

/** Cuts a text at places counted in code points; `as` writes each piece. */
function cutAt(text: string, spans: Planted[], as: (s: string) => string): Piece[] {
  if (spans.length === 0) return [{ text: as(text) }];
  const chars = Array.from(text);
  const out: Piece[] = [];
  let at = 0;
  for (const s of [...spans].sort((a, b) => a.from - b.from)) {
    if (s.from < at || s.to > chars.length || s.to <= s.from) continue; // they overlap: one is enough
    if (s.from > at) out.push({ text: as(chars.slice(at, s.from).join("")) });
    out.push({ text: as(chars.slice(s.from, s.to).join("")), planted: s });
    at = s.to;
  }
  if (at < chars.length) out.push({ text: as(chars.slice(at).join("")) });
  return out;
}

const bare = (s: string): string => JSON.stringify(s).slice(1, -1);

/** As JSON.stringify(value, null, 1) writes it. */
function put(out: Piece[], value: unknown, at: string, spans: Planted[], indent: string): void {
  const own = spans.filter((s) => s.at === at || s.at.startsWith(at + "/"));
  const plain = (text: string): void => {
    const last = out[out.length - 1];
    if (last && !last.planted) last.text += text;
    else out.push({ text });
  };
  if (own.length === 0) {
    plain((JSON.stringify(value, null, 1) ?? "").replace(/\n/g, "\n" + indent));
    return;
  }
  if (typeof value === "string") {
    plain('"');
    for (const piece of cutAt(value, own.filter((s) => s.at === at), bare)) {
      if (piece.planted) out.push(piece);
      else plain(piece.text);
    }
    plain('"');
    return;
  }
  const list = Array.isArray(value);
  const entries: [string, unknown][] = list ? value.map((v, i) => [String(i), v]) : Object.entries(value as object);
  plain(list ? "[" : "{");
  entries.forEach(([key, v], i) => {
    plain(`${i ? "," : ""}\n${indent} ${list ? "" : JSON.stringify(key) + ": "}`);
    put(out, v, `${at}/${token(key)}`, own, indent + " ");
  });
  plain(`${entries.length ? "\n" + indent : ""}${list ? "]" : "}"}`);
}

export function piecesOf(part: Part, spans: Planted[]): Piece[] {
  if (typeof part.text === "string") return cutAt(part.text, spans.filter((s) => s.at === ""), (s) => s);
  if (part.data === undefined) return [];
  if (typeof part.data === "string") return cutAt(part.data, spans.filter((s) => s.at === ""), (s) => s);
  const out: Piece[] = [];
  put(out, part.data, "", spans, "");
  return out;
}

export const textOf = (pieces: Piece[]): string => pieces.map((p) => p.text).join("");

/** The part of them between two places of their joined text. */
export function slice(pieces: Piece[], from: number, to: number): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  for (const p of pieces) {
    const text = p.text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (text) out.push({ ...p, text });
    at += p.text.length;
  }
  return out;
}

/** Where the last planted piece ends; 0: there is none. */
export function lastPlanted(pieces: Piece[]): number {
  let at = 0;
  let end = 0;
  for (const p of pieces) {
    at += p.text.length;
    if (p.planted) end = at;
  }
  return end;
}
