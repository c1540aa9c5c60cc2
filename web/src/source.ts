// Where documents come from. Pages know this interface only; main.tsx chooses http or file by
// <meta name="tare-source">.

export interface Doc {
  schema: string;
}

/** tare.error/1, or what went wrong on the way. */
export class DocError extends Error {
  constructor(
    readonly status: number,
    readonly path: string,
    readonly code: string,
    message: string,
    readonly where: string | null,
    readonly hint: string | null,
  ) {
    super(message);
  }
}

export interface LiveRun {
  id: string;
  status: string;
  done: number;
  failed: number;
  missing: number;
  total: number;
  eta_s: number | null;
}

export interface Source {
  readonly kind: "http" | "file";
  /** path: of the API, below its base, with its query: "/runs?limit=100". */
  get<T extends Doc>(path: string, signal: AbortSignal): Promise<T>;
  /** Asks for a change; the answer is a document too. */
  post<T extends Doc>(path: string, body: unknown): Promise<T>;
  /** Raw text of one body; null where the source has none. */
  text(path: string, signal: AbortSignal): Promise<string>;
  /** Where a person finds the same document. */
  link(path: string): string | null;
  events(on: { run(run: LiveRun): void; store(counter: number): void }): () => void;
}
