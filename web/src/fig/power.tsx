import { line as d3line } from "d3-shape";
import type { ComponentChildren, JSX } from "preact";
import type { PowerDoc } from "../docs";
import { Figure } from "../ui/figure";
import * as num from "../ui/number";
import { line } from "../ui/text";
import { at, axisText, pct, ticks, type Axis } from "./scale";

const percent = { factor: 100, decimals: 1 };

/** Power over n (log) or over the effect. */
export function PowerCurve({ doc, share }: { doc: PowerDoc; share: boolean }): JSX.Element | null {
  const { curve } = doc;
  if (!curve || curve.x.length < 2) return null;
  const overN = curve.over === "n";
  const axis: Axis = { lo: curve.x[0] as number, hi: curve.x[curve.x.length - 1] as number, log: overN };
  if (overN && axis.lo <= 0) axis.lo = 1;
  const H = 260;
  const y = (v: number): number => (1 - v) * H;
  const points = curve.x.map((x, i) => [at(axis, x) * 10, y(curve.power[i] as number)] as [number, number]);
  const t = ticks(axis, 6);
  const factor = overN ? 1 : share ? 100 : 1;
  const target = doc.power ?? 0.8;
  const need = overN ? doc.n_needed?.value : doc.mde_at_n?.value;
  const here = overN ? doc.n : doc.effect;
  const inside = (v: number | null | undefined): v is number => typeof v === "number" && v >= axis.lo && v <= axis.hi;
  return (
    <Figure
      question={overN ? "How many tasks?" : "How small an effect?"}
      under={overN ? "Chance to see the effect, over the number of tasks" : `Chance to see it with ${num.count(doc.n)} tasks, over the effect`}
      caption={`${line(doc.method)}; two-sided, alpha ${num.value(doc.alpha, { factor: 1, decimals: 2 })}.`}
      head={[overN ? "tasks" : "effect", "power %"]}
      rows={curve.x.map((x, i) => [overN ? num.count(x) : num.value(x, { factor, decimals: 2 }), num.value(curve.power[i], percent)])}
    >
      <div style={{ padding: "8px 24px 0 40px", position: "relative" }}>
        <svg data-figure data-lo={axis.lo} data-hi={axis.hi} data-log={overN ? "1" : undefined} style={{ width: "100%", height: `${H + 34}px` }} role="img" aria-label={`Power from ${num.value(curve.power[0], percent)} to ${num.value(curve.power[curve.power.length - 1], percent)} percent`}>
          {[0, 0.25, 0.5, 0.75, 1].map((g) => (
            <g key={g}>
              <line class="g" x1="0" x2="100%" y1={y(g)} y2={y(g)} />
              <text x="0" dx="-8" y={y(g) + 4} text-anchor="end">
                {g * 100}
              </text>
            </g>
          ))}
          <line x1="0" x2="100%" y1={y(target)} y2={y(target)} stroke="var(--rule)" stroke-dasharray="4 4" />
          <text x="100%" y={y(target) - 5} text-anchor="end" style="fill:var(--ink2)">
            {num.value(target, { factor: 100, decimals: 0 })} %
          </text>
          <svg viewBox={`0 0 1000 ${H}`} preserveAspectRatio="none" width="100%" height={H}>
            <path d={d3line()(points) ?? ""} fill="none" stroke="var(--ink)" stroke-width="2" vector-effect="non-scaling-stroke" />
          </svg>
          {inside(need) && (
            <>
              <line x1={pct(axis, need)} x2={pct(axis, need)} y1={y(target)} y2={H} stroke="var(--up)" stroke-width="1.5" stroke-dasharray="2 3" />
              <svg x={pct(axis, need)} y={y(target)} overflow="visible">
                <circle r="5" fill="var(--up)" data-mark={overN ? "power:n_needed.value" : "power:mde_at_n.value"} />
              </svg>
              <text x={pct(axis, need)} dx={at(axis, need) > 86 ? -10 : 8} y={y(target) + (at(axis, need) > 86 ? -8 : 18)} text-anchor={at(axis, need) > 86 ? "end" : "start"} style="fill:var(--ink);font-weight:600;font-size:12px">
                {overN ? `${num.count(Math.ceil(need))} tasks` : num.value(need, { factor, decimals: share ? 1 : 2 })}
              </text>
            </>
          )}
          {inside(here) && (
            <>
              <line x1={pct(axis, here)} x2={pct(axis, here)} y1="0" y2={H} stroke="var(--accent)" stroke-width="1.2" />
              <text x={pct(axis, here)} dx={at(axis, here) > 80 ? -6 : 6} y="10" text-anchor={at(axis, here) > 80 ? "end" : "start"} style="fill:var(--accent)">
                {overN ? `you are here, ${num.count(here)}` : "asked for"}
              </text>
            </>
          )}
          {t.map((v) => (
            <text key={v} x={pct(axis, v)} y={H + 18} text-anchor="middle">
              {axisText(v, factor)}
            </text>
          ))}
        </svg>
      </div>
    </Figure>
  );
}

/** One small curve for each of k = 1, 2, 4, 8 (and the one asked for) on one axis; below it what it takes. */
export function PowerByK({ doc, share, children, bill, billText }: { doc: PowerDoc; share: boolean; children: ComponentChildren; bill(a: PowerDoc["attempts"][number]): number | null; billText(v: number | null): string }): JSX.Element | null {
  const x = doc.attempts_x;
  const overN = doc.effect !== null;
  const axis: Axis = { lo: x[0] as number, hi: x[x.length - 1] as number, log: overN };
  const rows = doc.attempts.map((a, i) => ({ a, i })).filter(({ a }) => a.k <= 8 || a.k === doc.k);
  const target = doc.power ?? 0.8;
  const H = 88;
  const effect = (v: number | null): string => (v === null ? "–" : num.value(v, share ? { factor: 100, decimals: 1 } : num.scaleOf({ name: "" }, v / 10)));
  return (
    <Figure
      question="More attempts instead of more tasks?"
      under={line(doc.attempts_note)}
      caption={`Power over ${overN ? "the number of tasks" : "the effect"}, a curve for each number of attempts: the same test with another spread: between tasks plus between attempts over k. Dashed: ${num.value(target, { factor: 100, decimals: 0 })} %.`}
      head={[overN ? "tasks" : "effect", ...rows.map(({ a }) => `power %, k = ${a.k}`)]}
      rows={x.map((v, j) => [overN ? num.count(v) : effect(v), ...rows.map(({ a }) => num.value(a.curve[j], percent))])}
    >
      <div class="bykgrid">
        {(x.length < 2 ? [] : rows).map(({ a, i }) => {
          const need = overN ? a.tasks_needed.value : a.mde.value;
          const inside = typeof need === "number" && need >= axis.lo && need <= axis.hi;
          const points = x.map((v, j) => [at(axis, v) * 10, (1 - (a.curve[j] ?? 0)) * H] as [number, number]);
          const what = `${overN ? (need === null ? "out of reach" : `${num.count(Math.ceil(need))} tasks`) : `sees ${effect(need)}${share ? " points" : ""}`}, ${billText(bill(a))}`;
          return (
            <div key={a.k} class={a.k === doc.k ? "at" : undefined}>
              <b>k = {a.k}</b>
              <svg data-figure data-lo={axis.lo} data-hi={axis.hi} data-log={overN ? "1" : undefined} role="img" aria-label={`k = ${a.k}: ${what}`} style={{ width: "100%", height: `${H + 8}px`, overflow: "visible" }}>
                <line x1="0" x2="100%" y1={H} y2={H} stroke="var(--rule)" />
                <line x1="0" x2="100%" y1={(1 - target) * H} y2={(1 - target) * H} stroke="var(--rule)" stroke-dasharray="4 4" />
                <svg viewBox={`0 0 1000 ${H}`} preserveAspectRatio="none" width="100%" height={H}>
                  <path d={d3line()(points) ?? ""} fill="none" stroke="var(--ink)" stroke-width="2" vector-effect="non-scaling-stroke" />
                </svg>
                {inside && (
                  <svg x={pct(axis, need)} y={(1 - target) * H} overflow="visible">
                    <circle r="4.5" fill="var(--up)" data-mark={overN ? `power:attempts.${i}.tasks_needed.value` : `power:attempts.${i}.mde.value`} />
                  </svg>
                )}
              </svg>
              <span>{what}</span>
            </div>
          );
        })}
      </div>
      {children}
    </Figure>
  );
}
