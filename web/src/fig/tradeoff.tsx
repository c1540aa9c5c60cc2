import type { JSX } from "preact";
import type { BoardRow } from "../docs";
import { href } from "../route";
import { Figure } from "../ui/figure";
import { KindMark } from "../ui/marks";
import * as num from "../ui/number";
import { line } from "../ui/text";
import { at, axisText, niceAxis, pct, ticks, type Axis } from "./scale";

interface Point {
  row: BoardRow;
  i: number;
}

const cell = (r: BoardRow, m: string): { value: number | null; lo: number | null; hi: number | null } => r.metrics[m] ?? { value: null, lo: null, hi: null };

/** Two metrics of all rows against each other, whiskers both ways. */
export function Tradeoff({ rows, x, y, defs, doc }: { rows: BoardRow[]; x: num.MetricDef; y: num.MetricDef; defs: num.MetricDef[]; doc: string }): JSX.Element | null {
  const points: Point[] = rows
    .map((row, i) => ({ row, i }))
    .filter((p) => cell(p.row, x.name).value !== null && cell(p.row, y.name).value !== null);
  if (points.length < 2 || defs.length < 2) return null;
  const axisOf = (m: num.MetricDef): Axis =>
    num.isShare(m) ? { lo: 0, hi: 1 } : niceAxis(points.flatMap((p) => [cell(p.row, m.name).lo, cell(p.row, m.name).hi, cell(p.row, m.name).value]));
  const ax = axisOf(x);
  const ay = axisOf(y);
  const H = 320;
  const py = (v: number): number => 10 + (1 - at(ay, v) / 100) * (H - 20);
  const fx = num.isShare(x) ? 100 : 1;
  const fy = num.isShare(y) ? 100 : 1;
  const tx = ticks(ax, 5);
  const ty = ticks(ay, 5);
  // Labels beside their marks; where two would lie on each other the lower one gives way downwards.
  const placed: { x: number; y: number }[] = [];
  const labelled = [...points]
    .sort((a, b) => py(cell(a.row, y.name).value as number) - py(cell(b.row, y.name).value as number))
    .map((p) => {
      const lx = at(ax, cell(p.row, x.name).value as number);
      let ly = py(cell(p.row, y.name).value as number) - 8;
      while (placed.some((q) => Math.abs(q.x - lx) < 16 && Math.abs(q.y - ly) < 13)) ly += 13;
      placed.push({ x: lx, y: ly });
      return { p, lx, ly, home: py(cell(p.row, y.name).value as number) };
    });
  const text = (r: BoardRow, m: num.MetricDef): string => {
    const c = cell(r, m.name);
    return num.value(c.value, num.scaleOf(m, c.lo !== null && c.hi !== null ? (c.hi - c.lo) / 2 : null));
  };
  return (
    <Figure
      question="What does one cost in the other?"
      under={`${num.title(y)} ${num.unitHead(y)} over ${num.title(x)} ${num.unitHead(x)}`}
      caption="Whiskers are 95 % intervals in each direction, each on its own; rows without an interval have none. Nobody is called dominated here: only a paired comparison says that."
      head={["Solver", `${num.title(x)} ${num.unitHead(x)}`, `${num.title(y)} ${num.unitHead(y)}`]}
      rows={points.map((p) => [line(p.row.solver), text(p.row, x), text(p.row, y)])}
    >
      <div style={{ padding: "0 24px 0 44px" }}>
        <svg data-figure style={{ width: "100%", height: `${H + 40}px` }} role="group" aria-label={`${num.title(y)} over ${num.title(x)}`} data-lo={ax.lo} data-hi={ax.hi}>
          {tx.map((t) => (
            <>
              <line class="g" x1={pct(ax, t)} x2={pct(ax, t)} y1="10" y2={H - 10} />
              <text x={pct(ax, t)} y={H + 8} text-anchor="middle">
                {axisText(t, fx)}
              </text>
            </>
          ))}
          {ty.map((t) => (
            <>
              <line class="g" x1="0" x2="100%" y1={py(t)} y2={py(t)} />
              <text x="0" dx="-8" y={py(t) + 4} text-anchor="end">
                {axisText(t, fy)}
              </text>
            </>
          ))}
          <text x="100%" y={H + 28} text-anchor="end">
            {num.title(x)} {num.unitHead(x)}
          </text>
          <text x="0" dx="-36" y="0">
            {num.title(y)} {num.unitHead(y)}
          </text>
          {labelled.map(({ p, lx, ly, home }) => {
            const cx = cell(p.row, x.name);
            const cy = cell(p.row, y.name);
            const colour = p.row.kind === "run" ? "var(--ink)" : "var(--ink3)";
            const right = lx > 80;
            const mark = (
              <g>
                {cx.lo !== null && cx.hi !== null && <line class="w" stroke={colour} x1={pct(ax, cx.lo)} x2={pct(ax, cx.hi)} y1={home} y2={home} opacity="0.7" />}
                {cy.lo !== null && cy.hi !== null && <line class="w" stroke={colour} x1={`${lx}%`} x2={`${lx}%`} y1={py(cy.lo)} y2={py(cy.hi)} opacity="0.7" />}
                <svg x={`${lx}%`} y={home} overflow="visible">
                  <g data-mark={`${doc}.${p.i}.metrics.${x.name}.value`}>
                    <KindMark kind={p.row.kind} />
                  </g>
                </svg>
                <text x={`${lx}%`} dx={right ? -10 : 10} y={ly} text-anchor={right ? "end" : "start"} style={`fill:var(--ink2)${p.row.kind === "published" ? ";font-style:italic" : ""}`}>
                  {line(p.row.solver)}
                </text>
              </g>
            );
            const label = `${line(p.row.solver)}: ${num.title(x)} ${text(p.row, x)}, ${num.title(y)} ${text(p.row, y)}`;
            return p.row.run ? (
              <a key={p.i} href={href(["run", p.row.run])} aria-label={label}>
                {mark}
              </a>
            ) : (
              <g key={p.i}>{mark}</g>
            );
          })}
        </svg>
      </div>
    </Figure>
  );
}
