// The keyboard: one table, from which the help is drawn and by which keys are read. A page offers
// what it can do by name; a key whose name nobody offers does nothing.
import { useEffect, useRef } from "preact/hooks";

export type Scope = "all" | "list" | "compare" | "attempt" | "timeline";
export interface Key {
  scope: Scope;
  keys: string[]; // as in KeyboardEvent.key; "g r" is two presses
  name: string;
  does: string;
}

export const table: Key[] = [
  { scope: "all", keys: ["/"], name: "find", does: "find anything" },
  { scope: "all", keys: ["g r"], name: "go-runs", does: "runs" },
  { scope: "all", keys: ["g l"], name: "go-board", does: "leaderboard" },
  { scope: "all", keys: ["g c"], name: "go-compare", does: "compare" },
  { scope: "all", keys: ["g s"], name: "go-suites", does: "suites" },
  { scope: "all", keys: ["g p"], name: "go-power", does: "power" },
  { scope: "all", keys: ["t"], name: "theme", does: "light or dark" },
  { scope: "all", keys: ["d"], name: "density", does: "dense or roomy rows" },
  { scope: "all", keys: ["y"], name: "copy-link", does: "copy the link" },
  { scope: "all", keys: ["."], name: "copy-command", does: "copy the command" },
  { scope: "all", keys: ["?"], name: "help", does: "these keys" },
  { scope: "all", keys: ["Escape"], name: "close", does: "close" },
  { scope: "list", keys: ["j", "ArrowDown"], name: "next", does: "next row" },
  { scope: "list", keys: ["k", "ArrowUp"], name: "previous", does: "row before" },
  { scope: "list", keys: ["Home"], name: "first", does: "first row" },
  { scope: "list", keys: ["End"], name: "last", does: "last row" },
  { scope: "list", keys: ["PageDown"], name: "page-down", does: "a screen down" },
  { scope: "list", keys: ["PageUp"], name: "page-up", does: "a screen up" },
  { scope: "list", keys: ["Enter"], name: "open", does: "open the row" },
  { scope: "list", keys: ["x"], name: "mark", does: "mark the row" },
  { scope: "list", keys: ["c"], name: "compare-marked", does: "compare the two marked rows" },
  { scope: "list", keys: ["b"], name: "baseline", does: "mark the baseline (Runs)" },
  { scope: "list", keys: ["s"], name: "sort", does: "sort by the next column" },
  { scope: "list", keys: ["f"], name: "filter", does: "filter" },
  { scope: "compare", keys: ["n"], name: "next-change", does: "next task that changed" },
  { scope: "compare", keys: ["p"], name: "previous-change", does: "task before that changed" },
  { scope: "compare", keys: ["w"], name: "swap", does: "swap A and B" },
  { scope: "compare", keys: ["m"], name: "metric", does: "next metric" },
  { scope: "compare", keys: ["o"], name: "open-both", does: "the task's two attempts beside each other" },
  { scope: "attempt", keys: ["ArrowRight"], name: "step-next", does: "next step" },
  { scope: "attempt", keys: ["ArrowLeft"], name: "step-previous", does: "step before" },
  { scope: "attempt", keys: ["Shift+ArrowRight", "e"], name: "event-next", does: "next event that matters" },
  { scope: "attempt", keys: ["Shift+ArrowLeft"], name: "event-previous", does: "event before" },
  { scope: "attempt", keys: ["]"], name: "attempt-next", does: "next attempt" },
  { scope: "attempt", keys: ["["], name: "attempt-previous", does: "attempt before" },
  { scope: "attempt", keys: ["b"], name: "beside", does: "another attempt beside; twice: in full" },
  { scope: "attempt", keys: [" "], name: "play", does: "play, 2 steps a second" },
  { scope: "attempt", keys: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], name: "tenth", does: "jump to that tenth" },
  { scope: "attempt", keys: ["r"], name: "raw", does: "raw body" },
  { scope: "attempt", keys: ["z"], name: "axis", does: "steps or time along the timeline" },
  { scope: "timeline", keys: ["w"], name: "zoom-in", does: "zoom in" },
  { scope: "timeline", keys: ["s"], name: "zoom-out", does: "zoom out" },
  { scope: "timeline", keys: ["a"], name: "pan-left", does: "pan left" },
  { scope: "timeline", keys: ["d"], name: "pan-right", does: "pan right" },
  { scope: "all", keys: ["e"], name: "save-figure", does: "save the figure in focus as SVG" },
];

export const scopeNames: Record<Scope, string> = {
  all: "Every page",
  list: "Lists",
  compare: "Compare",
  attempt: "Attempt",
  timeline: "Timelines longer than the screen",
};

/** Returns false when the press was not used. */
export type Handler = (key: string) => boolean | void;
export type Handlers = Partial<Record<string, Handler>>;

const offers: { scope: Scope; handlers: () => Handlers }[] = [];
let pending = "";
let pendingAt = 0;

function typing(target: EventTarget | null): boolean {
  const e = target as HTMLElement | null;
  if (!e || !e.tagName) return false;
  if (e.isContentEditable || e.tagName === "TEXTAREA" || e.tagName === "SELECT") return true;
  return e.tagName === "INPUT" && !["checkbox", "radio", "button", "range"].includes((e as HTMLInputElement).type);
}

// A control in focus keeps the keys that it understands itself.
function own(target: EventTarget | null, key: string): boolean {
  const e = target as HTMLElement | null;
  if (key === "Enter") return !!e?.closest?.("a,button,summary");
  return key === " " && !!e?.closest?.("button,summary,[role=button]");
}

function find(press: string): boolean {
  // The offer made last (the innermost) wins; timelines go before what they lie in.
  for (const offer of [...offers].reverse())
    for (const row of table) {
      if (row.scope !== offer.scope || !row.keys.includes(press)) continue;
      const handler = offer.handlers()[row.name];
      if (handler && handler(press) !== false) return true;
    }
  return false;
}

function pressed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) && event.key !== "Escape") return;
  if (own(event.target, event.key)) return;
  const press = event.shiftKey && event.key.startsWith("Arrow") ? "Shift+" + event.key : event.key;
  const now = event.timeStamp;
  const two = pending && now - pendingAt < 1500 ? `${pending} ${press}` : "";
  pending = "";
  if (two && find(two)) {
    event.preventDefault();
    return;
  }
  if (press === "g") {
    pending = press;
    pendingAt = now;
    return;
  }
  if (find(press)) event.preventDefault();
}
window.addEventListener("keydown", pressed);

export function useKeys(scope: Scope, handlers: Handlers, active = true): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    if (!active) return;
    const offer = { scope, handlers: () => latest.current };
    offers.push(offer);
    return () => {
      offers.splice(offers.indexOf(offer), 1);
    };
  }, [scope, active]);
}

const glyphs: Record<string, string> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowRight: "→",
  "Shift+ArrowRight": "⇧ →",
  "Shift+ArrowLeft": "⇧ ←",
  Escape: "Esc",
  Enter: "↵",
  PageDown: "PgDn",
  PageUp: "PgUp",
  " ": "space",
};
export function keyText(row: Key): string[] {
  if (row.name === "tenth") return ["0–9"];
  return row.keys.map((k) => glyphs[k] ?? k);
}
/** Keys of a name, for footers. */
export function keysOf(scope: Scope, name: string): string[] {
  const row = table.find((r) => r.scope === scope && r.name === name);
  return row ? keyText(row) : [];
}
