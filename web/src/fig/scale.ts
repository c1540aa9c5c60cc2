// Positions in percent of the axis, so that a figure is crisp at any width without measuring.
import { ticks as d3ticks } from "d3-array";

export interface Axis {
  lo: number;
  hi: number;
  log?: boolean;
}
export function at(axis: Axis, v: number): number {
  if (axis.log) return (100 * Math.log(v / axis.lo)) / Math.log(axis.hi / axis.lo);
  return (100 * (v - axis.lo)) / (axis.hi - axis.lo);
}
export const pct = (axis: Axis, v: number): string => `${Math.round(at(axis, v) * 1000) / 1000}%`;
export function ticks(axis: Axis, n: number): number[] {
  if (!axis.log) return d3ticks(axis.lo, axis.hi, n);
  const out: number[] = [];
  for (let e = Math.floor(Math.log10(axis.lo)); e <= Math.ceil(Math.log10(axis.hi)); e++)
    for (const m of [1, 2, 5]) {
      const v = m * 10 ** e;
      if (v >= axis.lo && v <= axis.hi) out.push(v);
    }
  return out.length > n + 2 ? out.filter((v) => /^1/.test(String(v)) || v === axis.lo) : out;
}
/** A nice range over values and interval ends. */
export function niceAxis(values: (number | null | undefined)[], n = 4): Axis {
  const known = values.filter((v): v is number => typeof v === "number" && Number.isFinite(v));
  if (known.length === 0) return { lo: 0, hi: 1 };
  let lo = Math.min(...known);
  let hi = Math.max(...known);
  if (lo === hi) {
    lo -= Math.abs(lo) * 0.1 || 1;
    hi += Math.abs(hi) * 0.1 || 1;
  }
  const t = d3ticks(lo, hi, n);
  const step = t.length > 1 ? (t[1] as number) - (t[0] as number) : hi - lo;
  return { lo: Math.floor(lo / step + 1e-9) * step, hi: Math.ceil(hi / step - 1e-9) * step };
}
export const axisText = (v: number, factor: number): string => {
  const x = Math.round(v * factor * 1e6) / 1e6;
  return (x < 0 ? "−" : "") + String(Math.abs(x)).replace(/\B(?=(\d{3})+(?!\d))/g, x >= 10000 ? " " : "");
};
