// The four other faces of a page: empty, loading, partial, error.
import type { ComponentChildren, JSX } from "preact";
import { DocError } from "../source";
import { href } from "../route";
import { copy, shared, type Loaded } from "../state";
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

/** A command in a hint: "make one: tare run …". */
const commandIn = (hint: string | null): string | null => /: (tare [^;]+)$/.exec(hint ?? "")?.[1] ?? null;

export function Failure({ error, again }: { error: DocError; again?: () => void }): JSX.Element {
  return (
    <div class="err" role="alert">
      <p>
        <b>{line(error.message)}</b>
      </p>
      {error.where && <p>Where: {line(error.where)}</p>}
      {error.hint && <p>{line(error.hint)}</p>}
      {commandIn(error.hint) && <Command text={commandIn(error.hint) as string} />}
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

export type Ways = [string, string][]; // word, link

/** A page whose subject is not there: what that is, why, and where to go from here. */
export function Lost({ title, error, again, ways, find }: { title: string; error: DocError; again?: (() => void) | undefined; ways: Ways; find?: string | undefined }): JSX.Element {
  const all: Ways = [...ways, ...(find && shared.source.kind === "http" ? ([[`Find “${find}”`, href(["find"], { q: find })]] as Ways) : []), ["All runs", "#/runs"]];
  return (
    <>
      <h1>{line(title)}</h1>
      <Failure error={error} {...(again ? { again } : {})} />
      <h2>Go on</h2>
      <ul class="ways">
        {all.map(([word, link]) => (
          <li key={link}>
            <a href={link}>{line(word)}</a>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What a page shows until it has its document: nothing, grey rules, or the error; lost: with a heading and ways on. */
export function Waiting<T>({ of, rows, lost }: { of: Loaded<T>; rows?: number; lost?: { title: string; ways: Ways; find?: string } }): JSX.Element | null {
  if (of.error && lost) return <Lost title={lost.title} ways={lost.ways} find={lost.find} error={of.error} again={of.error.status === 404 ? undefined : of.again} />;
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
