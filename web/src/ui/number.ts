// How numbers are written. The rules are those of src/view/number.c (design of the views, section
// 5.4), a test compares the two; nothing here is computed from several numbers.

export interface Scale {
  factor: number; // 100 for shares
  decimals: number;
}
export interface MetricDef {
  name: string;
  title?: string | null;
  about?: string | null;
  unit?: string | null;
  better?: "higher" | "lower" | null;
  min?: number | null;
  max?: number | null;
}

const minus = "−";
const nothing = "–";

export function isShare(m: MetricDef): boolean {
  return m.unit === "share" || (!m.unit && m.min === 0 && m.max === 1);
}
/** As many decimals as the half width supports. */
export function scaleOf(m: MetricDef, half: number | null): Scale {
  if (isShare(m)) return { factor: 100, decimals: 1 };
  if (half === null || !(half > 0)) return { factor: 1, decimals: 2 };
  const decimals = 1 - Math.floor(Math.log10(2 * half));
  return { factor: 1, decimals: Math.min(4, Math.max(0, decimals)) };
}

function digits(x: number | null | undefined, s: Scale, plus: boolean): string {
  if (x === null || x === undefined || Number.isNaN(x)) return nothing;
  const plain = Math.abs(x * s.factor).toFixed(s.decimals);
  const zero = !/[1-9]/.test(plain);
  return (zero || !(x < 0) ? (plus && !zero ? "+" : "") : minus) + plain;
}
export const value = (x: number | null | undefined, s: Scale): string => digits(x, s, false);
export const diff = (x: number | null | undefined, s: Scale): string => digits(x, s, true);

/** "58.3–74.1"; with signs "+2.5 to +37.5". */
export function range(lo: number | null, hi: number | null, s: Scale): string {
  if (lo === null || hi === null) return "";
  const top = s.factor === 100 && hi === 1 ? "100" : value(hi, s);
  return value(lo, s) + (lo < 0 ? " to " : nothing) + top;
}
export function diffRange(ci: [number, number] | null, s: Scale): string {
  return ci ? `${diff(ci[0], s)} to ${diff(ci[1], s)}` : nothing;
}

/** "0.035", "2.2e−7", "> 0.999"; at the floor of resamples "≤ 1.0e−5". */
export function p(x: number | null, resamples = 0): string {
  if (x === null || Number.isNaN(x)) return nothing;
  if (x >= 1) return "1";
  if (x > 0.999) return "> 0.999";
  const floor = resamples > 0 && x <= (1 / (resamples + 1)) * 1.000001 ? "≤ " : "";
  if (x >= 0.001) return floor + x.toFixed(3);
  if (x < 1e-300) return `< 1e${minus}300`;
  let exponent = Math.floor(Math.log10(x));
  let lead = x / 10 ** exponent;
  if (lead >= 9.95) {
    lead = 1;
    exponent++;
  }
  return `${floor}${lead.toFixed(1)}e${minus}${-exponent}`;
}

export function count(n: number | null | undefined): string {
  if (n === null || n === undefined) return nothing;
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}
export function money(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return nothing;
  return usd < 10 ? `$${usd.toFixed(2)}` : usd < 1000 ? `$${usd.toFixed(1)}` : `$${count(usd)}`;
}
export function time(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return nothing;
  const s = Math.floor(ms / 1000);
  if (ms < 1) return `${ms < 0.01 ? "< 0.01" : ms.toFixed(2)} ms`;
  if (ms < 1000) return `${Math.floor(ms)} ms`;
  if (s < 10) return `${(ms / 1000).toFixed(1)} s`;
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
}
export function short(n: number | null | undefined): string {
  if (n === null || n === undefined) return nothing;
  return n < 1000 ? String(n) : n < 1e6 ? `${(n / 1e3).toFixed(1)} k` : `${(n / 1e6).toFixed(1)} M`;
}
export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return nothing;
  return n < 1024 ? `${n} B` : n < 1048576 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / 1048576).toFixed(1)} MiB`;
}
/** "2026-01-20 14:05" in UTC, from ISO text. */
export function when(iso: string | null | undefined): string {
  return iso && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(iso) ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}` : nothing;
}

/** Heads of columns: "reward", "FP"; the unit and the direction stand beside it. */
export function title(m: MetricDef): string {
  return (m.title || m.name.replace(/_/g, " ")).replace(/\s*%$/, "");
}
export function unitHead(m: MetricDef): string {
  const arrow = m.better === "higher" ? " ↑" : m.better === "lower" ? " ↓" : "";
  return ((isShare(m) ? "%" : m.unit === "steps" ? "step" : m.unit === "points" ? "" : (m.unit ?? "")) + arrow).trim();
}
export function diffUnit(m: MetricDef): string {
  return isShare(m) ? "pt" : m.unit === "points" ? "points" : m.unit === "steps" ? "steps" : "";
}
