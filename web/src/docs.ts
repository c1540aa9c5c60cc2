// Documents as the pages use them. Shapes are those of docs/schema (types are generated from there);
// what several documents say alike is brought to one form here.
import type { AttemptDoc, CompareDoc, LeaderboardDoc, LeaderboardDocCell, LeaderboardDocRow, OutlineDocEntry, PowerDoc, RunTasksDoc } from "./docs.gen";
import type { Doc } from "./source";
import type { MetricDef } from "./ui/number";

export type { AttemptDoc, CompareDoc, LeaderboardDoc, OutlineDocEntry, PowerDoc };
export type BoardRow = LeaderboardDocRow;
export type Cell = LeaderboardDocCell;
type Any = Record<string, unknown>;

const text = (v: unknown): string | null => (typeof v === "string" ? v : null);
const num = (v: unknown): number | null => (typeof v === "number" ? v : null);
const list = <T>(v: unknown): T[] => (Array.isArray(v) ? (v as T[]) : []);
const obj = (v: unknown): Any => (v && typeof v === "object" && !Array.isArray(v) ? (v as Any) : {});

// ---- metrics -------------------------------------------------------------------------------------

/** Definitions of metrics by name, where the document carries them. */
export function metricDefs(doc: unknown): Record<string, MetricDef> {
  const found = obj(doc);
  const out: Record<string, MetricDef> = {};
  for (const place of ["metric_list", "metrics", "columns"]) {
    const defs = found[place];
    if (Array.isArray(defs)) for (const d of defs as MetricDef[]) if (d && typeof d === "object" && d.name) out[d.name] = d;
  }
  return out;
}
export const defOf = (defs: Record<string, MetricDef>, name: string): MetricDef => defs[name] ?? { name };

// ---- runs ----------------------------------------------------------------------------------------

/** A switch of the harness that is not as it comes. */
export interface Switch {
  switch: string;
  value: unknown;
  default: unknown;
}
/** A value of a configuration, for people. */
export function setting(v: unknown): string {
  if (v === null || v === undefined || v === "") return "none";
  return typeof v === "string" ? v : JSON.stringify(v);
}
/** "retry.parse 3, anchor decision" */
export const switchText = (all: Switch[]): string => all.map((s) => `${s.switch} ${setting(s.value)}`).join(", ");

export interface RunRow {
  run: string;
  address: string;
  solver: string;
  control: boolean;
  label: string | null;
  batch: string;
  suite: string;
  version: string | null;
  digest: string;
  n_tasks: number;
  k: number;
  finished: boolean;
  planned: number;
  done: number;
  failed: number;
  missing: number;
  tokens: number;
  cost: number | null;
  started: string | null;
  ms: number | null;
  status: string; // done incomplete running unfinished; empty: the document does not say
  switches: Switch[];
  baseline: boolean;
  metric: (MetricDef & { value: number | null; lo: number | null; hi: number | null; why: string | null }) | null;
}

function runRow(batch: Any, run: Any): RunRow {
  const both = { ...batch, ...run };
  const label = text(batch["label"]) || text(run["label"]);
  const solver = text(run["solver"]) ?? "";
  const head = obj(run["headline"]);
  const cell = obj(head["cell"] ?? head);
  const n = (k: string): number => num(both[k]) ?? 0;
  return {
    run: text(run["run"]) ?? text(run["id"]) ?? "",
    address: text(run["address"]) ?? (label ? `${label}/${solver}` : (text(run["run"]) ?? "")),
    solver,
    control: run["control"] === true || run["kind"] === "control",
    label: label || null,
    batch: text(batch["batch"]) ?? text(run["batch"]) ?? "",
    suite: text(both["suite"]) ?? "",
    version: text(both["version"]),
    digest: text(both["suite_digest"]) ?? "",
    n_tasks: n("n_tasks"),
    k: n("k"),
    finished: run["finished"] !== undefined ? run["finished"] === true : batch["finished"] === true || n("done") + n("failed") + n("missing") >= n("planned"),
    planned: n("planned"),
    done: n("done"),
    failed: n("failed"),
    missing: n("missing"),
    tokens: num(run["tokens"]) ?? (num(run["tokens_in"]) ?? 0) + (num(run["tokens_out"]) ?? 0),
    cost: num(run["cost_usd"]),
    started: text(both["planned_at"]) ?? text(both["started_at"]),
    ms: num(both["ms"]),
    status: text(run["status"]) ?? "",
    switches: list<Switch>(run["switches"]),
    baseline: run["baseline"] === true,
    metric: head["metric"]
      ? {
          name: text(head["metric"]) ?? "",
          title: text(head["title"]),
          unit: text(head["unit"]),
          better: (text(cell["better"]) as MetricDef["better"]) ?? null,
          value: num(cell["value"]),
          lo: num(cell["lo"]),
          hi: num(cell["hi"]),
          why: text(cell["why"]),
        }
      : null,
  };
}

export interface RunsView {
  rows: RunRow[];
  total: number;
  next: string | null;
  /** Run marked as baseline, by digest of its suite. */
  baselines: Map<string, string>;
}
export function runsOf(doc: Doc): RunsView {
  const d = doc as unknown as Any;
  const rows = Array.isArray(d["rows"])
    ? (d["rows"] as Any[]).map((r) => runRow(obj(r["batch"]), r))
    : list<Any>(d["batches"]).flatMap((b) => list<Any>(b["runs"]).map((r) => runRow(b, r)));
  const next = d["next"];
  return { rows, total: num(d["total"]) ?? rows.length, next: next === null || next === undefined ? null : String(next), baselines: new Map(list<Any>(d["baselines"]).map((b) => [text(b["suite_digest"]) ?? "", text(b["run"]) ?? ""])) };
}

export interface RunView {
  row: RunRow;
  batch: Any;
  board: LeaderboardDoc | null;
  cells: Record<string, Cell>;
  cellsAt: string; // path of the cells in the document
  defs: Record<string, MetricDef>;
  headline: string | null;
  klass: string | null;
  environment: [string, string][];
  lost: { text: string; n: number }[];
  by: string[];
  passk: PassK | null;
}
export interface ByK {
  value: number[];
  lo: (number | null)[];
  hi: (number | null)[];
  method: string[];
}
export interface PassK {
  k: number[];
  metric: string;
  any: ByK;
  all: ByK;
  level: number;
  n: number;
}
export function runOf(doc: Doc): RunView {
  const d = doc as unknown as Any;
  const run = typeof d["run"] === "object" ? obj(d["run"]) : d;
  const batch = typeof d["batch"] === "object" ? obj(d["batch"]) : d;
  const board = (d["leaderboard"] ? d : null) as LeaderboardDoc | null;
  const row0 = board?.leaderboard?.[0] ?? null;
  const environment = Object.entries(obj(d["environment"])).map(([k, v]) => [k, typeof v === "string" ? v : JSON.stringify(v)] as [string, string]);
  return {
    row: runRow(batch, run),
    batch,
    board,
    cells: (row0?.metrics ?? (obj(d["metrics"]) as Record<string, Cell>)) as Record<string, Cell>,
    cellsAt: "leaderboard.0.metrics",
    defs: { ...metricDefs(board), ...metricDefs(d) },
    headline: board?.headline ?? text(d["headline"]),
    klass: row0?.class ?? null,
    environment,
    lost: list<Any>(d["missing_causes"]).map((m) => ({ text: text(m["text"]) ?? text(m["cause"]) ?? "", n: num(m["n"]) ?? 0 })),
    by: list<string>(d["by"]).filter((x) => typeof x === "string"),
    passk: (row0?.pass_k as PassK | null | undefined) ?? null,
  };
}

// ---- attempts ------------------------------------------------------------------------------------

export interface AttemptRow {
  task: string;
  family: string | null;
  attempt: number;
  status: string; // done failed missing running
  cause: string | null;
  value: number | null;
  steps: number;
  tokens: number;
  ms: number | null;
}
export interface AttemptsView {
  total: number;
  offset: number;
  rows: AttemptRow[];
  metrics: string[];
}
const letters: Record<string, string> = { d: "done", f: "failed", m: "missing", p: "planned", r: "running", w: "running" };
export function attemptsOf(doc: Doc, headline: string | null): AttemptsView {
  const outer = doc as unknown as Any;
  const d = obj(outer["attempts"] ?? outer);
  const tasks = list<string>(d["task"]);
  const k = list<number>(d["attempt"] ?? d["k"]);
  const status = d["status"];
  const metrics = obj(d["metrics"]);
  const names = Object.keys(metrics);
  const shown = headline && metrics[headline] ? headline : names[0];
  const values = list<number | null>(shown ? metrics[shown] : (d["value"] ?? d["reward"]));
  const family = list<unknown>(d["family"]);
  const families = list<string>(d["families"]);
  const column = <T>(name: string): T[] => list<T>(d[name]);
  const rows = tasks.map((task, i) => {
    const s = typeof status === "string" ? (letters[status[i] ?? ""] ?? "") : (list<string>(status)[i] ?? "");
    const f = family[i];
    return {
      task,
      family: typeof f === "number" ? (families[f] ?? null) : text(f),
      attempt: k[i] ?? 1,
      status: s,
      cause: column<string | null>("cause")[i] ?? null,
      value: values[i] ?? null,
      steps: column<number>("steps")[i] ?? 0,
      tokens: column<number>("tokens")[i] ?? 0,
      ms: column<number | null>("ms")[i] ?? null,
    };
  });
  return { total: num(d["total"]) ?? rows.length, offset: num(d["offset"]) ?? 0, rows, metrics: names };
}

// ---- a run by its tasks --------------------------------------------------------------------------

export interface RunTaskRow {
  task: string;
  family: string | null;
  pips: string; // a letter a try
  k: number;
  solved: number;
  n: number; // tries that are over
  first: { k: number; check: string | null; says: string | null; cause: string | null } | null;
  value: number | null;
  steps: number | null;
  tokens: number | null;
  ms: number | null;
}
export function runTasksOf(doc: Doc, _headline: string | null): { total: number; rows: RunTaskRow[]; headline: string } {
  const d = doc as unknown as RunTasksDoc;
  const rows = d.task.map((task, i) => ({
    task,
    family: d.family[i] ?? null,
    pips: d.pips[i] ?? "",
    k: d.attempts_per_task,
    solved: d.solved[i] ?? 0,
    n: d.n[i] ?? 0,
    first: d.first[i] ?? null,
    value: d.value[i] ?? null,
    steps: d.steps[i] ?? null,
    tokens: d.tokens[i] ?? null,
    ms: d.ms[i] ?? null,
  }));
  return { total: d.total, rows, headline: d.headline };
}

// ---- one attempt ---------------------------------------------------------------------------------

export interface Part {
  kind: string;
  mime?: string;
  text?: string;
  data?: unknown;
  bytes?: number;
  cut?: boolean;
}
/** Where a planted instruction stands in a part: JSON Pointer of the text, code points [from, to). */
export interface Planted {
  part: number;
  at: string;
  from: number;
  to: number;
  id: string;
  tier?: number;
}
export interface StepBody {
  i: number; // step; -1: what was there before the first
  kind: string;
  parts: Part[];
  planted: Planted[];
  bytes: number | null;
  cut: boolean;
  tokens: number | null;
  ms: number | null;
}
export function stepsOf(doc: Doc): StepBody[] {
  const d = doc as unknown as Any;
  return list<Any>(d["steps"]).map((s) => {
    const body = obj(s["body"]);
    const n = num(s["n"] ?? body["n"]);
    const parts = list<Part>(s["parts"] ?? body["parts"]);
    return {
      i: num(s["i"]) ?? (n === null ? 0 : n - 1),
      kind: text(s["kind"] ?? body["kind"]) ?? "",
      parts: parts.length || typeof s["text"] !== "string" ? parts : [{ kind: "text", text: text(s["text"]) ?? "" }],
      planted: list<Planted>(body["planted"]).filter((p) => typeof p.at === "string" && p.from >= 0 && p.to > p.from),
      bytes: num(s["bytes"]),
      cut: s["cut"] === true,
      tokens: num(s["tokens"]),
      ms: num(s["ms"]) ?? (num(s["dur_ns"]) === null ? null : (num(s["dur_ns"]) as number) / 1e6),
    };
  });
}

export interface Step extends OutlineDocEntry {
  i: number;
}
export interface Episode {
  doc: AttemptDoc;
  steps: Step[];
  phases: string[];
  k: number;
}
export function episodeOf(doc: AttemptDoc): Episode {
  const entries = list<OutlineDocEntry>(doc.outline);
  const reset = entries.find((e) => e.kind === "reset");
  const steps = entries.filter((e) => e.kind !== "reset").map((e, i) => ({ ...e, i: e.i ?? i }));
  return { doc, steps, phases: reset?.phases ?? [], k: num((doc as unknown as Any)["k"]) ?? 0 };
}

// ---- find, suites, findings, task -----------------------------------------------------------------

export interface Hit {
  kind: string;
  title: string;
  link: string;
}
export function hitsOf(doc: Doc): Hit[] {
  const d = doc as unknown as Any;
  return list<Any>(d["hits"] ?? d["rows"]).map((h) => ({ kind: text(h["kind"]) ?? "", title: text(h["title"]) ?? "", link: text(h["link"]) ?? "#/" }));
}

export interface Finding {
  id: string;
  level: string;
  text: string;
  where: string[];
  tasks: string[];
  remedy: string | null;
}
export function findingsOf(doc: unknown): Finding[] {
  const d = obj(doc);
  return list<Any>(d["findings"] ?? d["rows"]).map((f) => ({
    id: text(f["id"]) ?? text(f["check"]) ?? text(f["probe"]) ?? "",
    level: text(f["level"]) ?? text(f["severity"]) ?? "notes",
    text: text(f["text"]) ?? text(f["title"]) ?? "",
    tasks: list<string>(f["tasks"]),
    where: [...list<string>(f["rows"]), ...(text(f["solver"]) ? [text(f["solver"]) as string] : [])].map(String),
    remedy: text(f["remedy"]) ?? text(f["hint"]),
  }));
}
export { text as asText, num as asNum, list as asList, obj as asObj };
