import type { JSX } from "preact";
import type { CompareDoc } from "../docs";
import { Figure } from "../ui/figure";
import { CellMark, cellWord, type Cell } from "../ui/marks";
import * as num from "../ui/number";
import { line } from "../ui/text";
import { niceAxis, axisText, at } from "./scale";

const groups: [Cell, string][] = [
  ["w", "B only"],
  ["l", "A only"],
  ["b", "both"],
  ["n", "neither"],
  ["t", "alike"],
];

/** One mark a task, grouped; graded metrics as sorted differences. */
export function Strip({ doc, link, at: selected, scale }: { doc: CompareDoc; link(task: string): string; at: string | null; scale: num.Scale }): JSX.Element {
  const { pairs } = doc;
  const binary = doc.design === "binary";
  const per = Math.max(1, Math.ceil(pairs.task.length / 600));
  const name = (i: number): string =>
    `${line(pairs.task[i])}, ${cellWord[(pairs.cell[i] ?? "t") as Cell] ?? "alike"}, ${num.value(pairs.a[i], scale)} to ${num.value(pairs.b[i], scale)}`;
  const rows = pairs.task.map((task, i) => [line(task), cellWord[(pairs.cell[i] ?? "t") as Cell] ?? "", num.value(pairs.a[i], scale), num.value(pairs.b[i], scale), num.diff(pairs.d[i], scale)]);
  const titles: Record<string, string> = binary ? {} : { w: "B better", l: "A better" };
  return (
    <Figure
      question="Task by task"
      under={`One mark ${per > 1 ? `for ${per} tasks` : "a task"}; open any${binary ? `, majority of ${doc.a.k} attempts` : ""}`}
      head={["Task", "Change", "A", "B", "B − A"]}
      rows={rows.slice(0, 2000)}
    >
      {!binary && <Lollipops doc={doc} link={link} name={name} scale={scale} />}
      <div class="units">
        {groups.map(([cell, words]) => {
          const members: number[] = [];
          for (let i = 0; i < pairs.cell.length; i++) if (pairs.cell[i] === cell) members.push(i);
          if (members.length === 0 && (cell === "t" || !binary)) return null;
          const shown = members.filter((_, n) => n % per === 0);
          return (
            <div class="grp" key={cell}>
              <b>
                {num.count(members.length)} <span>{titles[cell] ?? words}</span>
              </b>
              {(binary || cell === "t") && (
                <div class="u">
                  {shown.map((i) => (
                    <a key={i} href={link(pairs.task[i] as string)} aria-label={name(i)} title={name(i)} class={pairs.task[i] === selected ? "at" : ""}>
                      <CellMark cell={cell} />
                    </a>
                  ))}
                </div>
              )}
            </div>
          );
        })}
      </div>
    </Figure>
  );
}

function Lollipops({ doc, link, name, scale }: { doc: CompareDoc; link(task: string): string; name(i: number): string; scale: num.Scale }): JSX.Element | null {
  const order = doc.pairs.d
    .map((d, i) => ({ d, i }))
    .filter((x): x is { d: number; i: number } => x.d !== null)
    .sort((x, y) => x.d - y.d);
  if (order.length === 0) return null;
  const every = Math.max(1, Math.ceil(order.length / 300));
  const shown = order.filter((_, n) => n % every === 0);
  const axis = niceAxis([...shown.map((x) => x.d), 0], 4);
  const H = 130;
  const y = (v: number): number => 6 + (1 - at(axis, v) / 100) * (H - 12);
  const better = doc.metric.better === "lower" ? -1 : 1;
  const w = 100 / shown.length;
  return (
    <div style={{ padding: "0 8px 0 44px", marginBottom: "12px" }}>
      <svg data-figure style={{ width: "100%", height: `${H}px` }} role="group" aria-label="Differences by task, smallest first">
        {[axis.lo, 0, axis.hi].map((v) => (
          <g key={v}>
            <line class={v === 0 ? "" : "g"} stroke={v === 0 ? "var(--rule)" : undefined} x1="0" x2="100%" y1={y(v)} y2={y(v)} />
            <text x="0" dx="-8" y={y(v) + 4} text-anchor="end">
              {(v > 0 ? "+" : "") + axisText(v, scale.factor)}
            </text>
          </g>
        ))}
        {shown.map((p, n) => {
          const x = `${(n + 0.5) * w}%`;
          const c = p.d === 0 ? "var(--ink3)" : p.d * better > 0 ? "var(--up)" : "var(--down)";
          return (
            <a key={p.i} href={link(doc.pairs.task[p.i] as string)} aria-label={name(p.i)}>
              <title>{name(p.i)}</title>
              <rect x={`${n * w}%`} width={`${w}%`} y="0" height={H} fill="transparent" />
              <line x1={x} x2={x} y1={y(0)} y2={y(p.d)} stroke={c} stroke-width={Math.min(3, 900 / shown.length / 2)} stroke-dasharray={p.d * better < 0 ? "3 2" : undefined} />
              {shown.length <= 120 && <circle cx={x} cy={y(p.d)} r="3" fill={p.d * better < 0 ? "var(--page)" : c} stroke={c} stroke-width="1.5" />}
            </a>
          );
        })}
      </svg>
    </div>
  );
}
