// Documents from the report file itself. Each block is an element
//   <script type="text/plain" id="bN">base64 of gzip of JSON</script>
// Block 0 is the index (docs/schema/report-index.json); other blocks are objects from path to
// document. Lists stand there whole; ranges are cut out here. What the page asks with a query is
// looked up with it first; where only limits, ranges and orders were asked for, the path alone is
// tried (a metric or a margin that is not there is said to be left out, not answered with another).
// Where what C has drawn carries id="drawn" (or data-drawn), it is taken away once the page stands.
import { Doc, DocError, Source } from "./source";

interface Index {
  schema: string;
  start?: string;
  docs: Record<string, Doc>;
  blocks: Record<string, number | number[]>;
}

const open = new Map<number, Promise<Record<string, Doc>>>();

async function unpack(n: number): Promise<Record<string, unknown>> {
  const element = document.getElementById("b" + n);
  if (!element) throw new DocError(0, "", "absent", `this file has no block ${n}`, null, "the file may be cut: make it again");
  if (typeof DecompressionStream === "undefined")
    throw new DocError(0, "", "browser", "bodies need a newer browser", null, "Firefox 113, Chrome 103, Safari 16.4 or later");
  const text = atob((element.textContent ?? "").trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Record<string, unknown>;
}

let index: Promise<Index> | undefined;
const indexOf = (): Promise<Index> => (index ??= unpack(0) as unknown as Promise<Index>);

export const startOf = async (): Promise<string> => (await indexOf()).start ?? "";

function block(n: number): Promise<Record<string, Doc>> {
  let found = open.get(n);
  if (!found) {
    found = unpack(n) as Promise<Record<string, Doc>>;
    open.set(n, found);
    // A reader pages through; a handful of blocks is kept.
    if (open.size > 8) open.delete(open.keys().next().value as number);
  }
  return found;
}

function joined(parts: Doc[]): Doc {
  const out = { ...parts[0] } as Record<string, unknown>;
  for (const part of parts.slice(1))
    for (const [k, v] of Object.entries(part)) {
      const had = out[k];
      if (Array.isArray(v) && Array.isArray(had)) out[k] = [...had, ...(v as unknown[])];
    }
  return out as unknown as Doc;
}

async function whole(path: string): Promise<Doc | null> {
  const table = await indexOf();
  const ready = table.docs[path];
  if (ready) return ready;
  const where = table.blocks[path];
  if (where === undefined) return null;
  const parts = await Promise.all([where].flat().map(async (n) => (await block(n))[path]));
  const found = parts.filter((d): d is Doc => d !== undefined);
  return found.length ? joined(found) : null;
}

/** Rows offset … offset+limit of a document whose arrays (and one-letter-a-row strings) run in step. */
function slice(doc: Doc, offset: number, limit: number): Doc {
  const total = (doc as unknown as { total?: number }).total ?? 0;
  const cut = (v: unknown): unknown =>
    (Array.isArray(v) || typeof v === "string") && v.length === total && total > 0 ? v.slice(offset, offset + limit) : v;
  const out: Record<string, unknown> = {};
  for (const [k, v] of Object.entries(doc)) {
    if (k === "metrics" && v && typeof v === "object" && !Array.isArray(v))
      out[k] = Object.fromEntries(Object.entries(v).map(([m, column]) => [m, cut(column)]));
    else out[k] = cut(v);
  }
  out["offset"] = offset;
  out["n"] = Math.max(0, Math.min(limit, total - offset));
  return out as unknown as Doc;
}

function range(doc: Doc, from: number, to: number): Doc {
  const steps = (doc as unknown as { steps?: unknown[] }).steps;
  if (!steps) return doc;
  const at = (s: unknown): number => {
    const step = s as { i?: number; n?: number };
    return step.i ?? step.n ?? 0;
  };
  return { ...doc, steps: steps.filter((s) => at(s) >= from && at(s) < to) } as Doc;
}

const loose = ["limit", "offset", "cursor", "from", "to", "suite"];

function absent(path: string): DocError {
  return new DocError(404, path, "left out", "this is not in the file", null, "reports carry what was asked for: tare report A B --html FILE; tare view opens everything");
}

export const file: Source = {
  kind: "file",
  async get<T extends Doc>(path: string, signal: AbortSignal): Promise<T> {
    const cut = path.indexOf("?");
    const plain = cut < 0 ? path : path.slice(0, cut);
    const query = new URLSearchParams(cut < 0 ? "" : path.slice(cut + 1));
    let doc = await whole(path);
    if (!doc && [...query.keys()].every((k) => loose.includes(k))) doc = await whole(plain);
    if (signal.aborted) throw new DOMException("abandoned", "AbortError");
    if (!doc) throw absent(path);
    const number = (k: string, otherwise: number): number => Number(query.get(k) ?? otherwise);
    if (plain.endsWith("/attempts")) doc = slice(doc, number("offset", 0), number("limit", 200));
    if (plain.endsWith("/steps")) doc = range(doc, number("from", 0), number("to", 40));
    return doc as T;
  },
  post: (path) => Promise.reject(new DocError(405, path, "fixed", "a report does not change", null, "open the store: tare view")),
  text: (path) => Promise.reject(absent(path)),
  link: () => null,
  events: () => () => undefined,
};
