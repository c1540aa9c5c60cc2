// Marks: shape first, word beside it, colour last.
import type { ComponentChildren, JSX } from "preact";

export const verdictMark: Record<string, { word: string; colour: string; glyph: string }> = {
  improved: { word: "Improved", colour: "var(--up)", glyph: "▲" },
  regressed: { word: "Regressed", colour: "var(--down)", glyph: "▼" },
  equivalent: { word: "Equivalent", colour: "var(--same)", glyph: "◆" },
  inconclusive: { word: "Inconclusive", colour: "var(--open)", glyph: "○" },
  invalid: { word: "Cannot be judged", colour: "var(--open)", glyph: "⊘" },
};

export function VerdictMark({ verdict, size = 24 }: { verdict: string; size?: number }): JSX.Element {
  const c = verdictMark[verdict]?.colour ?? "var(--open)";
  const shape: Record<string, JSX.Element> = {
    improved: <path d="M12 3 22 21H2z" fill={c} />,
    regressed: <path d="M12 21 2 3h20z" fill={c} />,
    equivalent: <path d="M12 2 22 12 12 22 2 12z" fill={c} />,
    inconclusive: <circle cx="12" cy="12" r="9" fill="none" stroke={c} stroke-width="3" />,
  };
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      {shape[verdict] ?? (
        <g fill="none" stroke={c} stroke-width="3">
          <circle cx="12" cy="12" r="9" />
          <path d="M6 18 18 6" />
        </g>
      )}
    </svg>
  );
}

export type Cell = "w" | "l" | "b" | "n" | "t";
export const cellWord: Record<Cell, string> = { w: "won", l: "lost", b: "both", n: "neither", t: "alike" };

export function CellMark({ cell }: { cell: string }): JSX.Element {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      {cell === "w" && <path d="M10 4.2 16.2 15.4H3.8z" fill="var(--up)" />}
      {cell === "l" && <path d="M10 15.8 3.8 4.6h12.4z" fill="var(--down)" />}
      {(cell === "b" || cell === "t") && <circle cx="10" cy="10" r="4" fill="var(--ink3)" />}
      {cell === "n" && <circle cx="10" cy="10" r="3.6" fill="none" stroke="var(--ink3)" stroke-width="1.4" />}
    </svg>
  );
}

/** ● measured, ■ control, ◇ published, in a row's kind; at (0,0). */
export function KindMark({ kind }: { kind: string }): JSX.Element {
  if (kind === "run") return <circle r="5" fill="var(--ink)" />;
  if (kind === "control") return <rect x="-4.5" y="-4.5" width="9" height="9" fill="var(--ink3)" />;
  return <path d="M0-5 5 0 0 5-5 0z" fill="var(--surface)" stroke="var(--ink3)" stroke-width="1.6" />;
}

export function Pips({ n, of, missing = 0, label }: { n: number; of: number; missing?: number; label?: string }): JSX.Element {
  if (of > 16)
    return (
      <span>
        {n} of {of}
      </span>
    );
  return (
    <span class="pips" role="img" aria-label={label ?? `${n} of ${of}${missing ? `, ${missing} missing` : ""}`}>
      {Array.from({ length: of }, (_, i) => (
        <i key={i} class={i < n ? "y" : i >= of - missing ? "m" : ""} />
      ))}
    </span>
  );
}

const tryWords: Record<string, string> = { y: "solved", n: "not solved", p: "in part", d: "done", f: "failed", m: "missing", o: "not played" };
/** All tries at a task; above 16 their counts in words. */
export function Tries({ letters, k, solved, over }: { letters: string; k: number; solved: number; over: number }): JSX.Element {
  const of = (l: string): number => [...letters].filter((x) => x === l).length;
  const said = [...new Set(letters)].map((l) => `${of(l)} ${tryWords[l] ?? l}`).join(", ");
  if (k > 16)
    return (
      <span>
        {/[ynp]/.test(letters) ? `${solved} of ${k}` : `${over} of ${k} played`}
      </span>
    );
  return (
    <span class="pips" role="img" aria-label={said} title={said}>
      {[...letters].map((l, i) => (
        <i key={i} class={l} />
      ))}
    </span>
  );
}

export function WarnMark(): JSX.Element {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M8 1.6 15 14.2H1z" fill="none" stroke="var(--warn)" stroke-width="1.5" stroke-linejoin="round" />
      <path d="M8 6v4M8 12v.2" stroke="var(--warn)" stroke-width="1.6" stroke-linecap="round" />
    </svg>
  );
}

/** What a step was, 18 × 18. */
export function StepMark({ kind, judged, size = 18 }: { kind: string; judged?: string | null; size?: number }): JSX.Element {
  return (
    <svg width={size} height={size} viewBox="0 0 18 18" aria-hidden="true">
      <StepShape kind={kind} judged={judged} />
    </svg>
  );
}
export function StepShape({ kind, judged }: { kind: string; judged?: string | null | undefined }): JSX.Element {
  if (kind === "act" && judged === "required")
    return (
      <>
        <rect x="1.5" y="1.5" width="15" height="15" rx="3" fill="var(--up)" />
        <path d="M5.4 9.2l2.6 2.8 4.6-5.6" fill="none" stroke="var(--surface)" stroke-width="2" stroke-linecap="round" />
      </>
    );
  if (kind === "act" && judged === "harmful")
    return (
      <>
        <rect x="2" y="2" width="14" height="14" rx="3" fill="var(--surface)" stroke="var(--down)" stroke-width="2" />
        <path d="M6 6l6 6M12 6l-6 6" stroke="var(--down)" stroke-width="2" stroke-linecap="round" />
      </>
    );
  if (kind === "act" && judged === "refused")
    return (
      <>
        <rect x="2" y="2" width="14" height="14" rx="3" fill="var(--surface)" stroke="var(--ink3)" stroke-width="2" />
        <path d="M5.5 9h7" stroke="var(--ink3)" stroke-width="2" stroke-linecap="round" />
      </>
    );
  if (kind === "act") return <rect x="2.5" y="2.5" width="13" height="13" rx="3" fill="var(--surface)" stroke="var(--ink2)" stroke-width="2" />;
  if (kind === "report") return <path d="M4.5 16V3h10l-2.6 3.8 2.6 3.8h-10" fill="none" stroke="var(--ink)" stroke-width="1.7" stroke-linejoin="round" />;
  if (kind === "error") return <path d="M9 2.5 16 15.5H2z M9 7v4 M9 13v.2" fill="none" stroke="var(--warn)" stroke-width="1.6" stroke-linejoin="round" />;
  if (kind === "noop") return <circle cx="9" cy="9" r="1.6" fill="var(--ink3)" />;
  return <circle cx="9" cy="9" r="4" fill="var(--surface)" stroke="var(--ink3)" stroke-width="1.6" />;
}
export function EvidenceMark({ trust, inj, size = 18 }: { trust?: string | null; inj?: boolean; size?: number }): JSX.Element {
  return (
    <svg width={size} height={size} viewBox="0 0 18 18" aria-hidden="true">
      {inj ? (
        <path d="M3 3h12L9 15z" fill="none" stroke="var(--warn)" stroke-width="1.6" stroke-linejoin="round" />
      ) : trusted(trust) ? (
        <rect x="3.5" y="3.5" width="11" height="11" rx="1.5" fill="var(--ink)" />
      ) : trust ? (
        <rect x="4" y="4" width="10" height="10" rx="1.5" fill="none" stroke="var(--ink3)" stroke-width="1.4" stroke-dasharray="2.2 1.7" />
      ) : null}
    </svg>
  );
}
export const trusted = (trust: string | null | undefined): boolean => trust === "verified" || trust === "corroborated";

export function Mono({ children }: { children: ComponentChildren }): JSX.Element {
  return <span class="mono">{children}</span>;
}
