// The four other faces of a page: empty, loading, partial, error.
import type { ComponentChildren, JSX } from "preact";
import { DocError } from "../source";
import { copy, type Loaded } from "../state";
import { count } from "./number";
import { line } from "./text";

export function Command({ text }: { text: string }): JSX.Element {
  return (
    <div class="cmdline">
      <code>{line(text)}</code>
      <button type="button" onClick={() => void copy(text, "command")} aria-label={`Copy: ${line(text)}`}>
        Copy
      </button>
    </div>
  );
}

export function Empty({ children, command }: { children: ComponentChildren; command?: string }): JSX.Element {
  return (
    <div class="empty">
      <p>{children}</p>
      {command && <Command text={command} />}
    </div>
  );
}

export function Failure({ error, again }: { error: DocError; again?: () => void }): JSX.Element {
  return (
    <div class="err" role="alert">
      <p>
        <b>{line(error.message)}</b>
      </p>
      {error.where && <p>Where: {line(error.where)}</p>}
      {error.hint && <p>{line(error.hint)}</p>}
      <p class="mono ink3">
        {error.status ? `${error.status} ` : ""}
        {line(error.path)}
      </p>
      {again && (
        <p>
          <button type="button" onClick={again}>
            Ask again
          </button>
        </p>
      )}
    </div>
  );
}

export function Bones({ rows = 8 }: { rows?: number }): JSX.Element {
  return (
    <div class="bones" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i}>
          <span class="bone" style={{ width: `${30 + ((i * 37) % 50)}%` }} />
        </div>
      ))}
    </div>
  );
}

/** What a page shows until it has its document: nothing, grey rules, or the error. */
export function Waiting<T>({ of, rows }: { of: Loaded<T>; rows?: number }): JSX.Element | null {
  if (of.error) return <Failure error={of.error} again={of.again} />;
  return of.slow ? <Bones {...(rows ? { rows } : {})} /> : null;
}

export function Progress({ done, total, what = "attempts", note = "" }: { done: number; total: number; what?: string; note?: string }): JSX.Element {
  return (
    <div class="sub">
      <span class="progtext">
        {count(done)} of {count(total)} {what}
      </span>
      {note && `, ${note}`}
      <div class="prog" aria-hidden="true">
        <i style={{ width: `${total ? (100 * done) / total : 0}%` }} />
      </div>
    </div>
  );
}
