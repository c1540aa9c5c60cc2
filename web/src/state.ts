// What pages share: the route, documents (kept while the next is on its way), taste, the live store,
// the one polite live region.
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { here, onRoute, Route } from "./route";
import { Doc, DocError, LiveRun, Source } from "./source";

export interface Shared {
  source: Source;
}
export const shared: Shared = { source: undefined as unknown as Source };

/** A value that components can watch. */
export class Signal<T> {
  private readonly watchers = new Set<() => void>();
  constructor(private held: T) {}
  get(): T {
    return this.held;
  }
  set(next: T): void {
    if (Object.is(next, this.held)) return;
    this.held = next;
    this.watchers.forEach((f) => f());
  }
  watch(f: () => void): () => void {
    this.watchers.add(f);
    return () => this.watchers.delete(f);
  }
}
export function useSignal<T>(signal: Signal<T>): T {
  const [, again] = useReducer((n: number) => n + 1, 0);
  const drawn = signal.get();
  useEffect(() => {
    const stop = signal.watch(() => again(0));
    // It may have changed between drawing and watching.
    if (!Object.is(signal.get(), drawn)) again(0);
    return stop;
  }, [signal]);
  return drawn;
}

export function useRoute(): Route {
  const [route, set] = useState(here());
  useEffect(() => {
    set(here());
    return onRoute(() => set(here()));
  }, []);
  return route;
}

// ---- documents ---------------------------------------------------------------------------------

/** Counts changes of the store; documents are asked for again. */
export const changes = new Signal(0);
/** Looks again at once, before the store's own counter is told. */
export function refresh(): void {
  changes.set(changes.get() + 1 / 1024);
}
export const live = new Signal<ReadonlyMap<string, LiveRun>>(new Map());

const kept = new Map<string, { at: number; doc: Doc }>();
const keepAtMost = 96;

export function forget(): void {
  kept.clear();
}

let underway = 0;
function busy(by: number): void {
  underway += by;
  document.getElementById("main")?.setAttribute("aria-busy", underway > 0 ? "true" : "false");
}

export async function load<T extends Doc>(path: string, signal: AbortSignal): Promise<T> {
  const had = kept.get(path);
  if (had && had.at === changes.get()) return had.doc as T;
  const at = changes.get();
  busy(1);
  const doc = await shared.source.get<T>(path, signal).finally(() => busy(-1));
  kept.delete(path);
  kept.set(path, { at, doc });
  if (kept.size > keepAtMost) kept.delete(kept.keys().next().value as string);
  return doc;
}

export interface Loaded<T> {
  doc: T | null;
  error: DocError | null;
  /** On its way for so long that a face should be shown. */
  slow: boolean;
  /** doc belongs to the path asked for (not to the one before). */
  fresh: boolean;
  again(): void;
}

export function useDoc<T extends Doc>(path: string | null): Loaded<T> {
  const version = useSignal(changes);
  const [nth, again] = useReducer((n: number) => n + 1, 0);
  const [state, set] = useState<{ path: string | null; doc: T | null; error: DocError | null }>(() => {
    const had = path === null ? undefined : kept.get(path);
    return { path, doc: had && had.at === changes.get() ? (had.doc as T) : null, error: null };
  });
  const [slow, setSlow] = useState(false);
  const current = useRef(path);
  current.current = path;
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    const timer = setTimeout(() => setSlow(true), 150);
    load<T>(path, stop.signal).then(
      (doc) => {
        clearTimeout(timer);
        setSlow(false);
        if (!stop.signal.aborted) set({ path, doc, error: null });
      },
      (e: unknown) => {
        clearTimeout(timer);
        setSlow(false);
        if (stop.signal.aborted) return;
        const error = e instanceof DocError ? e : new DocError(0, path, "page", e instanceof Error ? e.message : String(e), null, null);
        set((before) => ({ path, doc: before.path === path ? before.doc : null, error }));
      },
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [path, version, nth]);
  if (path === null) return { doc: null, error: null, slow: false, fresh: true, again: () => again(0) };
  return {
    doc: state.doc,
    error: state.path === path ? state.error : null,
    slow,
    fresh: state.path === path && state.doc !== null,
    again: () => again(0),
  };
}

// ---- taste -------------------------------------------------------------------------------------

function taste(key: string, otherwise: string): Signal<string> {
  let had: string | null = null;
  try {
    had = localStorage.getItem(key);
  } catch {
    // A file opened from disk may have no storage.
  }
  const signal = new Signal(had ?? otherwise);
  signal.watch(() => {
    try {
      localStorage.setItem(key, signal.get());
    } catch {
      // As above.
    }
  });
  return signal;
}
export const theme = taste("tare-theme", "system");
export const density = taste("tare-density", "roomy");

export function applyTaste(): void {
  const root = document.documentElement;
  const wanted = new URLSearchParams(location.search).get("theme");
  if (wanted === "light" || wanted === "dark") theme.set(wanted);
  const show = (): void => {
    if (theme.get() === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme.get();
    root.dataset["density"] = density.get();
  };
  show();
  theme.watch(show);
  density.watch(show);
}
export function turnTheme(): void {
  const dark = theme.get() === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : theme.get() === "dark";
  theme.set(dark ? "light" : "dark");
}
export const rowHeight = (): number => (density.get() === "dense" ? 24 : matchMedia("(pointer: coarse)").matches ? 44 : 32);

// ---- the live region ----------------------------------------------------------------------------

export const spoken = new Signal("");
let saidAt = 0;
let waiting: ReturnType<typeof setTimeout> | undefined;
/** At most one message a second; the last one wins. */
export function say(text: string): void {
  clearTimeout(waiting);
  const wait = Math.max(0, saidAt + 1000 - performance.now());
  waiting = setTimeout(() => {
    saidAt = performance.now();
    spoken.set(text);
  }, wait);
}

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied`);
  } catch {
    say(`this browser does not let the page copy: ${text}`);
  }
}

// ---- marked rows and the page's own facts for the foot -------------------------------------------

export const marked = new Signal<readonly string[]>([]);
export function toggleMark(id: string): void {
  const had = marked.get();
  marked.set(had.includes(id) ? had.filter((x) => x !== id) : [...had, id].slice(-2));
  say(marked.get().includes(id) ? `marked, ${marked.get().length} of 2` : "mark removed");
}

/** Why the last change was refused; null: it was not. */
export const trouble = new Signal<string | null>(null);
/** Marks a run as the baseline of its suite, or takes the mark away. */
export async function markBaseline(run: string, name: string, on: boolean): Promise<void> {
  try {
    await shared.source.post("/baseline", { run, baseline: on });
    trouble.set(null);
    refresh();
    say(on ? `${name} is the baseline` : `${name} is no longer the baseline`);
  } catch (e) {
    const why = e instanceof DocError ? `${e.message}${e.hint ? `; ${e.hint}` : ""}` : String(e);
    trouble.set(`${name} is not marked: ${why}`);
  }
}

export interface Foot {
  command: string | null;
  json: string | null; // path of the API
  docs: Record<string, string>; // name → path, for data-v
}
export const foot = new Signal<Foot>({ command: null, json: null, docs: {} });
export function useFoot(command: string | null, json: string | null, docs: Record<string, string> = {}): void {
  const key = JSON.stringify([command, json, docs]);
  useEffect(() => {
    foot.set({ command, json, docs });
  }, [key]);
}
/** null: what the page shows gives the title. */
export function usePageTitle(title: string | null): void {
  useEffect(() => {
    if (title !== null) document.title = title ? `${title} · tare` : "tare";
  }, [title]);
}
