import { Doc, DocError, LiveRun, Source } from "./source";

const base = "/api/v1";

// The start URL carries the token (?token=…, or #…token=… never): kept for the session, taken out of the bar.
function startToken(): string | null {
  const url = new URL(location.href);
  const token = url.searchParams.get("token") ?? url.searchParams.get("t");
  try {
    if (token) {
      sessionStorage.setItem("tare-token", token);
      url.searchParams.delete("token");
      url.searchParams.delete("t");
      history.replaceState(history.state, "", url.pathname + url.search + url.hash);
    }
    return token ?? sessionStorage.getItem("tare-token");
  } catch {
    return token;
  }
}
const token = startToken();

function headers(): Record<string, string> {
  return token ? { "X-Tare-Token": token } : {};
}

async function failure(path: string, answer: Response): Promise<DocError> {
  let doc: Record<string, unknown> = {};
  try {
    doc = (await answer.json()) as Record<string, unknown>;
  } catch {
    // An answer that is no document: the status has to do.
  }
  const said = (k: string): string | null => (typeof doc[k] === "string" ? (doc[k] as string) : null);
  const where = doc["where"];
  return new DocError(
    answer.status,
    path,
    said("code") ?? String(answer.status),
    said("message") ?? said("text") ?? `the server answered ${answer.status}`,
    typeof where === "string" ? where : where && typeof where === "object" && Object.keys(where).length ? Object.entries(where).map(([k, v]) => `${k} ${String(v)}`).join(", ") : null,
    said("hint"),
  );
}

async function ask(path: string, how: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(base + path, how);
  } catch (e) {
    if (how.signal?.aborted) throw e;
    throw new DocError(0, path, "unreachable", "the server does not answer", null, "is tare view still running? start it again and reload");
  }
  if (!answer.ok) throw await failure(path, answer);
  return answer;
}

export const http: Source = {
  kind: "http",
  async get<T extends Doc>(path: string, signal: AbortSignal): Promise<T> {
    return (await (await ask(path, { signal, headers: headers() })).json()) as T;
  },
  async post<T extends Doc>(path: string, body: unknown): Promise<T> {
    const how = { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body: JSON.stringify(body) };
    return (await (await ask(path, how)).json()) as T;
  },
  async text(path, signal) {
    return (await ask(path, { signal, headers: headers() })).text();
  },
  link: (path) => base + path,
  events(on) {
    const url = base + "/events" + (token ? "?token=" + encodeURIComponent(token) : "");
    const stream = new EventSource(url);
    const read = (e: Event): Record<string, unknown> | null => {
      try {
        return JSON.parse((e as MessageEvent<string>).data) as Record<string, unknown>;
      } catch {
        return null;
      }
    };
    stream.addEventListener("run", (e) => {
      const doc = read(e);
      if (doc && typeof doc["id"] === "string") on.run(doc as unknown as LiveRun);
    });
    stream.addEventListener("store", (e) => {
      const doc = read(e);
      if (doc && typeof doc["counter"] === "number") on.store(doc["counter"]);
    });
    return () => stream.close();
  },
};
