import { bisectLeft } from "d3-array";
import { curveStepAfter, area } from "d3-shape";
import type { JSX } from "preact";
import type { CompareDoc } from "../docs";
import { Figure } from "../ui/figure";
import * as num from "../ui/number";
import { line } from "../ui/text";
import { at, axisText, pct, ticks, type Axis } from "./scale";

/** The resampled difference: bars on its lattice, or a step line where values are many. */
export function Difference({ doc, scale, unit, colour }: { doc: CompareDoc; scale: num.Scale; unit: string; colour: string }): JSX.Element | null {
  const { dist, ci, estimate } = doc;
  if (!dist || estimate === null || dist.p.length === 0) return null;
  const lo = ci ? ci[0] : dist.from;
  const hi = ci ? ci[1] : dist.from + dist.lattice * (dist.p.length - 1);
  const ends = [lo, hi, 0, estimate, ...(doc.margin !== null ? [doc.margin, -doc.margin] : [])];
  const least = Math.min(...ends);
  const most = Math.max(...ends);
  const pad = 0.15 * (most - least || 1);
  const axis: Axis = { lo: least - pad, hi: most + pad };
  const values = dist.p.map((_, i) => dist.from + i * dist.lattice);
  const first = Math.max(0, bisectLeft(values, axis.lo));
  const last = Math.min(values.length, bisectLeft(values, axis.hi));
  const H = 118;
  const Y = 140;
  const peak = Math.max(...dist.p) || 1;
  const inside = (v: number): boolean => v >= lo - 1e-12 && v <= hi + 1e-12;
  const barWidth = at(axis, axis.lo + dist.lattice);
  const asBars = last - first <= 160;
  const bars: JSX.Element[] = [];
  const steps: JSX.Element[] = [];
  if (asBars)
    for (let i = first; i < last; i++) {
      const v = values[i] as number;
      const h = ((dist.p[i] as number) / peak) * H;
      if (h < 0.4) continue;
      bars.push(
        <rect key={i} x={pct(axis, v - dist.lattice * 0.38)} width={`${barWidth * 0.76}%`} y={Y - h} height={h} fill={inside(v) ? colour : "var(--rule)"} opacity="0.42" shape-rendering="crispEdges" />,
      );
    }
  else {
    // At most about 400 columns: the tallest of each bucket, so that nothing is smoothed away.
    const every = Math.max(1, Math.ceil((last - first) / 400));
    const points: { v: number; h: number }[] = [];
    for (let i = first; i < last; i += every) {
      let top = 0;
      for (let j = i; j < Math.min(last, i + every); j++) top = Math.max(top, dist.p[j] as number);
      points.push({ v: values[i] as number, h: top / peak });
    }
    const shape = area<{ v: number; h: number }>(
      (p) => at(axis, p.v) * 10,
      () => Y,
      (p) => Y - p.h * H,
    ).curve(curveStepAfter);
    const parts = [points.filter((p) => p.v <= lo), points.filter((p) => p.v >= lo && p.v <= hi), points.filter((p) => p.v >= hi)];
    parts.forEach((part, n) => steps.push(<path key={n} d={shape(part) ?? ""} fill={n === 1 ? colour : "var(--rule)"} opacity="0.42" />));
  }
  const yb = Y + 38;
  const t = ticks(axis, 7);
  const signed = (v: number): string => (v > 0 ? "+" : "") + axisText(v, scale.factor);
  const level = num.value(doc.level, { factor: 100, decimals: 0 });
  const table = values
    .map((v, i) => [v, dist.p[i] as number] as const)
    .filter(([, p]) => p > 0.0005 * peak)
    .slice(0, 400)
    .map(([v, p]) => [num.diff(v, { factor: scale.factor, decimals: Math.max(scale.decimals, 1) }), p < 0.0001 ? "< 0.0001" : p.toFixed(4)]);
  return (
    <Figure
      question="How large is the difference?"
      under={`${dist.exact ? "Exact bootstrap" : "Bootstrap"} distribution of B − A over ${num.count(doc.n)} tasks${unit ? `, ${unit === "pt" ? "points" : unit}` : ""}${asBars ? "; each bar is one attainable value" : ""}`}
      caption={
        <>
          Darker {asBars ? "bars" : "area"}: inside the {level} % interval ({line(doc.ci_method)}).{" "}
          {doc.mde80 !== null && "The dotted line is the smallest true difference that this design would find four times in five. "}
          {dist.exact ? "No random numbers are involved." : `${num.count(doc.resamples.interval)} resamples, seed ${doc.resamples.seed}.`}
        </>
      }
      head={["B − A", "probability"]}
      rows={table}
    >
      <div class="inset">
        <svg
          data-figure
          data-lo={axis.lo}
          data-hi={axis.hi}
          style={{ width: "100%", height: "206px", marginTop: "14px" }}
          role="img"
          aria-label={`Distribution of the difference, centred on ${num.diff(estimate, scale)}; ${level} percent interval ${num.diffRange(ci, scale)}; zero is ${inside(0) ? "inside" : "outside"}.`}
        >
          {doc.margin !== null && (
            <>
              <rect x={pct(axis, -doc.margin)} width={`${at(axis, doc.margin) - at(axis, -doc.margin)}%`} y="14" height={Y - 14} fill="var(--sunken)" />
              <text x={pct(axis, at(axis, -doc.margin) < 25 ? doc.margin : -doc.margin)} dx={at(axis, -doc.margin) < 25 ? 6 : -6} y="26" text-anchor={at(axis, -doc.margin) < 25 ? "start" : "end"}>
                margin ±{axisText(doc.margin, scale.factor)}
              </text>
            </>
          )}
          {bars}
          {steps.length > 0 && (
            <svg viewBox={`0 0 1000 ${Y}`} preserveAspectRatio="none" width="100%" height={Y} x="0" y="0">
              {steps}
            </svg>
          )}
          <line x1="0" x2="100%" y1={Y} y2={Y} stroke="var(--rule)" />
          {t.map((v) => (
            <g key={v}>
              <line x1={pct(axis, v)} x2={pct(axis, v)} y1={Y} y2={Y + 4} stroke="var(--rule)" />
              <text x={pct(axis, v)} y={Y + 17} text-anchor="middle">
                {signed(v)}
              </text>
            </g>
          ))}
          <line x1={pct(axis, 0)} x2={pct(axis, 0)} y1="6" y2={Y + 4} stroke="var(--ink)" stroke-width="1.2" />
          <text x={pct(axis, 0)} y="2" text-anchor={at(axis, 0) < 12 ? "start" : at(axis, 0) > 88 ? "end" : "middle"} style="fill:var(--ink2)">
            no difference
          </text>
          {ci && (
            <>
              <line x1={pct(axis, lo)} x2={pct(axis, hi)} y1={yb} y2={yb} stroke={colour} stroke-width="2.5" stroke-linecap="round" />
              <text x={pct(axis, lo)} dx="-9" y={yb + 4} text-anchor="end" style="fill:var(--ink);font-weight:500">
                {num.diff(lo, scale)}
              </text>
              <text x={pct(axis, hi)} dx="9" y={yb + 4} style="fill:var(--ink);font-weight:500">
                {num.diff(hi, scale)}
              </text>
            </>
          )}
          <svg x={pct(axis, estimate)} y={yb} overflow="visible">
            <circle r="5.5" fill={colour} data-mark="compare:estimate" />
          </svg>
          <text x={pct(axis, estimate)} y={yb + 20} text-anchor="middle" style="fill:var(--ink);font-weight:600;font-size:12px">
            {num.diff(estimate, scale)} {unit}
          </text>
          {doc.mde80 !== null && doc.mde80 < axis.hi && (
            <>
              <line x1={pct(axis, doc.mde80)} x2={pct(axis, doc.mde80)} y1="32" y2={Y} stroke="var(--ink2)" stroke-width="1.2" stroke-dasharray="1 3.5" stroke-linecap="round" />
              <text x={pct(axis, doc.mde80)} dx={at(axis, doc.mde80) > 80 ? -6 : 6} y="42" text-anchor={at(axis, doc.mde80) > 80 ? "end" : "start"}>
                detectable, {num.value(doc.mde80, scale)}
              </text>
            </>
          )}
        </svg>
      </div>
    </Figure>
  );
}
