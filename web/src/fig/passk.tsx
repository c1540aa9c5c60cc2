import { area, line as d3line } from "d3-shape";
import type { JSX } from "preact";
import type { PassK as Doc } from "../docs";
import { Figure } from "../ui/figure";
import * as num from "../ui/number";
import { line } from "../ui/text";

const share = { factor: 100, decimals: 1 };

/** pass@k above, pass^k below: two lines from one point at k = 1, opening like a jaw. */
export function PassK({ doc, metric, at }: { doc: Doc; metric: string; at: string }): JSX.Element {
  const w = 1000;
  const h = 220;
  const n = doc.k.length;
  const x = (i: number): number => (n < 2 ? w / 2 : (i / (n - 1)) * w);
  const y = (v: number): number => h - v * h;
  const methods = [...new Set([...doc.any.method, ...doc.all.method])];
  const lines = [
    { name: "best of k", at: "any", d: doc.any, colour: "var(--up)", dash: "" },
    { name: "all of k", at: "all", d: doc.all, colour: "var(--down)", dash: "5 3" },
  ];
  return (
    <Figure
      question="How far do more tries carry it?"
      under={`Share of tasks that pass ${line(metric)} in any of k attempts, and in all k`}
      caption={`Unbiased over ${num.count(doc.n)} tasks; bands are ${num.value(doc.level, { factor: 100, decimals: 0 })} % intervals (${methods.map(line).join("; ")}). The figures are of k attempts drawn from those played, so k ends where a task has no more.`}
      head={["k", "best of k %", "95 %", "all of k %", "95 %"]}
      rows={doc.k.map((k, i) => [
        k,
        num.value(doc.any.value[i], share),
        num.range(doc.any.lo[i] ?? null, doc.any.hi[i] ?? null, share),
        num.value(doc.all.value[i], share),
        num.range(doc.all.lo[i] ?? null, doc.all.hi[i] ?? null, share),
      ])}
    >
      <div style={{ padding: "8px 92px 0 36px" }}>
        <div style={{ position: "relative", height: "260px" }}>
          <svg data-figure viewBox={`0 0 ${w} ${h}`} preserveAspectRatio="none" style={{ width: "100%", height: "220px" }} role="img" aria-label="Best of k and all of k over k">
            {[0, 0.25, 0.5, 0.75, 1].map((g) => (
              <line key={g} class="g" x1="0" x2={w} y1={y(g)} y2={y(g)} vector-effect="non-scaling-stroke" />
            ))}
            {lines.map((l) => {
              const points = doc.k.map((_, i) => i).filter((i) => typeof l.d.lo[i] === "number" && typeof l.d.hi[i] === "number");
              return (
                <g key={l.at}>
                  <path
                    d={area<number>((i) => x(i), (i) => y(l.d.lo[i] as number), (i) => y(l.d.hi[i] as number))(points) ?? ""}
                    fill={l.colour}
                    opacity="0.16"
                  />
                  <path
                    d={d3line<number>((_, i) => x(i), (v) => y(v))(l.d.value) ?? ""}
                    fill="none"
                    stroke={l.colour}
                    stroke-width="2"
                    stroke-dasharray={l.dash}
                    vector-effect="non-scaling-stroke"
                  />
                </g>
              );
            })}
          </svg>
          <svg style={{ position: "absolute", inset: 0, width: "100%", height: "260px" }} aria-hidden="true">
            {[0, 50, 100].map((g) => (
              <text key={g} x="-8" y={y(g / 100) + 4} text-anchor="end">
                {g}
              </text>
            ))}
            {doc.k.map((k, i) => (
              <text key={k} x={`${(100 * x(i)) / w}%`} y={h + 18} text-anchor="middle">
                {k}
              </text>
            ))}
            {lines.map((l) => (
              <text key={l.at} x="100%" dx="8" y={y(l.d.value[n - 1] ?? 0) + 4} style={{ fill: l.colour, fontWeight: 500 }}>
                {l.name} <tspan data-v={`${at}.${l.at}.value.${n - 1}`}>{num.value(l.d.value[n - 1], share)}</tspan>
              </text>
            ))}
          </svg>
        </div>
      </div>
    </Figure>
  );
}
