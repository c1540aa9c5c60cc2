// Hash routes: #/run/R/TASK/2?step=5. Segments and values are percent-encoded, so ids may hold anything.

export interface Route {
  path: string[];
  query: Record<string, string>;
}

function decode(s: string): string {
  try {
    return decodeURIComponent(s.replace(/\+/g, " "));
  } catch {
    return s;
  }
}

export function parse(hash: string): Route {
  const text = hash.replace(/^#?\/?/, "");
  const cut = text.indexOf("?");
  const path = (cut < 0 ? text : text.slice(0, cut)).split("/").filter((s) => s !== "").map(decode);
  const query: Record<string, string> = {};
  if (cut >= 0)
    for (const pair of text.slice(cut + 1).split("&")) {
      const eq = pair.indexOf("=");
      if (pair) query[decode(eq < 0 ? pair : pair.slice(0, eq))] = eq < 0 ? "" : decode(pair.slice(eq + 1));
    }
  return { path, query };
}

export type Query = Record<string, string | number | null | undefined>;

/** "?a=1&b=2" with empty values left out; "" for none. */
export function search(query: Query): string {
  const parts = Object.entries(query)
    .filter(([, v]) => v !== null && v !== undefined && v !== "")
    .map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(String(v))}`);
  return parts.length ? "?" + parts.join("&") : "";
}

/** A path of the API or of a route, each segment encoded. */
export function join(...segments: (string | number)[]): string {
  return "/" + segments.map((s) => encodeURIComponent(String(s))).join("/");
}

export function href(path: (string | number)[], query: Query = {}): string {
  return "#" + join(...path) + search(query);
}

const listeners = new Set<() => void>();
let current = parse(location.hash);

function changed(): void {
  current = parse(location.hash);
  listeners.forEach((f) => f());
}
window.addEventListener("hashchange", changed);

export const here = (): Route => current;
export function onRoute(f: () => void): () => void {
  listeners.add(f);
  return () => listeners.delete(f);
}
export function go(to: string): void {
  location.hash = to;
}
/** The same page with some of its query changed; nothing is added to the history. */
export function amend(change: Query): void {
  const url = href(current.path, { ...current.query, ...change });
  if (url === location.hash) return;
  history.replaceState(history.state, "", url);
  changed();
}
