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

type Reading = { value: number | null; lo: number | null; hi: number | null };
/** Words of a figure, and where its x stands in a row. */
export interface Tradeoff {
  rows: BoardRow[];
  x: num.MetricDef;
  y: num.MetricDef;
  doc: string;
  question: string;
  caption: string;
  /** x is what an attempt cost; the front is drawn through the rows that the document puts on it. */
  spent?: "cost_usd" | "tokens";
}

/** Two readings of all rows against each other, whiskers both ways. */
export function Tradeoff({ rows, x, y, doc, question, caption, spent }: Tradeoff): JSX.Element | null {
  const none: Reading = { value: null, lo: null, hi: null };
  const cell = (r: BoardRow, m: string): Reading => (spent && m === x.name ? r.spent?.[spent] : r.metrics[m]) ?? none;
  const xAt = spent ? `spent.${spent}` : `metrics.${x.name}`;
  const points: Point[] = rows
    .map((row, i) => ({ row, i }))
    .filter((p) => cell(p.row, x.name).value !== null && cell(p.row, y.name).value !== null);
  if (points.length < 2) return null;
  const axisOf = (m: num.MetricDef): Axis =>
    num.isShare(m) ? { lo: 0, hi: 1 } : niceAxis([...points.flatMap((p) => [cell(p.row, m.name).lo, cell(p.row, m.name).hi, cell(p.row, m.name).value]), ...(spent && m === x ? [0] : [])]);
  const ax = axisOf(x);
  const ay = axisOf(y);
  const H = 320;
  const top = 30; // room for the name of the axis
  const py = (v: number): number => top + (1 - at(ay, v) / 100) * (H - top - 10);
  const fx = num.isShare(x) ? 100 : 1;
  const fy = num.isShare(y) ? 100 : 1;
  const tx = ticks(ax, 5);
  const ty = ticks(ay, 5);
  // Labels beside their marks; where two would lie on each other the lower one gives way downwards.
  // Percent of the figure's width that a letter takes, about.
  const letter = 640 / Math.max(240, Math.min(1184, window.innerWidth) - 100);
  const placed: { from: number; to: number; y: number }[] = [];
  const labelled = [...points]
    .sort((a, b) => py(cell(a.row, y.name).value as number) - py(cell(b.row, y.name).value as number))
    .map((p) => {
      const lx = at(ax, cell(p.row, x.name).value as number);
      let ly = py(cell(p.row, y.name).value as number) - 8;
      const long = (line(p.row.solver).length + (spent && p.row.front ? 10 : 2)) * letter;
      const right = lx + long > 100;
      const [from, to] = right ? [lx - long, lx] : [lx, lx + long];
      while (placed.some((q) => q.from < to && from < q.to && Math.abs(q.y - ly) < 13)) ly += 13;
      placed.push({ from, to, y: ly });
      return { p, lx, ly, right, home: py(cell(p.row, y.name).value as number) };
    });
  const steps = points
    .filter((p) => spent && p.row.front === true)
    .map((p) => ({ i: p.i, x: cell(p.row, x.name).value as number, y: cell(p.row, y.name).value as number }))
    .sort((a, b) => a.x - b.x);
  const text = (r: BoardRow, m: num.MetricDef): string => {
    const c = cell(r, m.name);
    return num.value(c.value, num.scaleOf(m, c.lo !== null && c.hi !== null ? (c.hi - c.lo) / 2 : null));
  };
  return (
    <Figure
      question={question}
      under={`${num.title(y)} ${num.unitHead(y)} over ${num.title(x)} ${num.unitHead(x)}`}
      caption={caption}
      head={["Solver", `${num.title(x)} ${num.unitHead(x)}`, `${num.title(y)} ${num.unitHead(y)}`, ...(spent ? ["On the front"] : [])]}
      rows={points.map((p) => [line(p.row.solver), text(p.row, x), text(p.row, y), ...(spent ? [p.row.front ? "yes" : "no"] : [])])}
    >
      <div style={{ padding: "0 24px 0 44px" }}>
        <svg data-figure style={{ width: "100%", height: `${H + 40}px` }} role="group" aria-label={`${num.title(y)} over ${num.title(x)}`} data-lo={ax.lo} data-hi={ax.hi}>
          {tx.map((t) => (
            <>
              <line class="g" x1={pct(ax, t)} x2={pct(ax, t)} y1={top} y2={H - 10} />
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
          <text x="0" dx="-36" y="12">
            {num.title(y)} {num.unitHead(y)}
          </text>
          {steps.map((v, i) => {
            const next = steps[i + 1];
            return (
              <g key={"f" + v.i} stroke="var(--accent)" stroke-width="1.5" stroke-dasharray="4 3">
                <line x1={pct(ax, v.x)} x2={next ? pct(ax, next.x) : "100%"} y1={py(v.y)} y2={py(v.y)} />
                {next && <line x1={pct(ax, next.x)} x2={pct(ax, next.x)} y1={py(v.y)} y2={py(next.y)} />}
              </g>
            );
          })}
          {labelled.map(({ p, lx, ly, right, home }) => {
            const cx = cell(p.row, x.name);
            const cy = cell(p.row, y.name);
            const colour = p.row.kind === "run" ? "var(--ink)" : "var(--ink3)";
            const mark = (
              <g>
                {cx.lo !== null && cx.hi !== null && <line class="w" stroke={colour} x1={pct(ax, cx.lo)} x2={pct(ax, cx.hi)} y1={home} y2={home} opacity="0.7" />}
                {cy.lo !== null && cy.hi !== null && <line class="w" stroke={colour} x1={`${lx}%`} x2={`${lx}%`} y1={py(cy.lo)} y2={py(cy.hi)} opacity="0.7" />}
                <svg x={`${lx}%`} y={home} overflow="visible">
                  <g data-mark={`${doc}.${p.i}.${xAt}.value`}>
                    <KindMark kind={p.row.kind} />
                  </g>
                </svg>
                <text x={`${lx}%`} dx={right ? -10 : 10} y={ly} text-anchor={right ? "end" : "start"} style={`fill:var(--ink2)${p.row.kind === "published" ? ";font-style:italic" : ""}`}>
                  {line(p.row.solver)}
                  {p.row.front === true && spent ? " · front" : ""}
                </text>
              </g>
            );
            const label = `${line(p.row.solver)}: ${num.title(x)} ${text(p.row, x)}, ${num.title(y)} ${text(p.row, y)}${spent && p.row.front ? ", on the front" : ""}`;
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
