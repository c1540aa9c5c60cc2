// Text of others is data: only ever text nodes, and what would steer a terminal or turn reading
// direction is shown as \u{…}.

// C0 but tab and newline, DEL, C1, bidi controls, zero-width, byte order mark, tags, lone surrogates.
const control =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udfff]/g;

const spelled = (c: string): string => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`;

/** One line: newlines and tabs are spelled out too. */
export function line(s: string | null | undefined): string {
  return (s ?? "").replace(control, spelled).replace(/[\n\t]/g, (c) => (c === "\n" ? "⏎" : "⇥"));
}
/** Several lines: newlines and tabs stay. */
export function block(s: string): string {
  return s.replace(control, spelled);
}
export function cut(s: string, n: number): string {
  return s.length > n ? s.slice(0, n - 1) + "…" : s;
}
