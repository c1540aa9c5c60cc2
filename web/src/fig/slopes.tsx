import type { JSX } from "preact";
import type { CompareDoc } from "../docs";
import { Figure } from "../ui/figure";
import * as num from "../ui/number";
import { line } from "../ui/text";
import { at, niceAxis } from "./scale";

export function Slopes({ doc, metric, link }: { doc: CompareDoc; metric: num.MetricDef; link(task: string): string }): JSX.Element {
  const share = num.isShare(metric);
  // Most tasks first within a tag, tags in the order of the document.
  const tags = [...new Set(doc.by.map((s) => s.tag))];
  const slices = tags.flatMap((t) => doc.by.filter((s) => s.tag === t).sort((x, y) => y.n - x.n)).slice(0, 40);
  const axis = share ? { lo: 0, hi: 1 } : niceAxis(slices.flatMap((s) => [s.a, s.b]));
  const scale: num.Scale = share ? { factor: 100, decimals: 1 } : num.scaleOf(metric, (axis.hi - axis.lo) / 8);
  const better = metric.better === "lower" ? -1 : 1;
  const y = (v: number): number => 8 + (1 - at(axis, v) / 100) * 134;
  const many = new Set(doc.by.map((s) => s.tag)).size > 1;
  return (
    <Figure
      question="Where it comes from"
      under={`${num.title(metric)}${share ? " %" : ""}, A to B, by ${[...new Set(doc.by.map((s) => line(s.tag)))].join(" and ")}; hollow is A, filled is B`}
      caption="Slices drawn in grey are those whose test, corrected over all slices (Holm), stays silent. Slices never decide the verdict."
      head={["Slice", "tasks", "A", "B", "B − A", "wins", "losses", "p, corrected"]}
      rows={doc.by.map((s) => [many ? `${line(s.tag)}: ${line(s.name)}` : line(s.name), s.n, num.value(s.a, scale), num.value(s.b, scale), num.diff(s.estimate, scale), s.w, s.l, num.p(s.p)])}
    >
      <div class="slopes">
        {slices.map((s, i) => {
          const a = s.a;
          const b = s.b;
          const silent = s.verdict === "inconclusive";
          const worse = (s.estimate ?? 0) * better < 0;
          const c = silent ? "var(--ink3)" : worse ? "var(--down)" : "var(--up)";
          const n = doc.by.indexOf(s);
          const words = [s.w ? `${s.w} win${s.w > 1 ? "s" : ""}` : "", s.l ? `${s.l} loss${s.l > 1 ? "es" : ""}` : ""].filter(Boolean).join(", ");
          const changedTask = s.lost[0] ?? s.won[0];
          return (
            <div class="p" key={i}>
              <b>
                {many && <span class="ink3">{line(s.tag)} </span>}
                {line(s.name)}
              </b>
              <small>
                {num.count(s.n)} task{s.n === 1 ? "" : "s"}
                {words ? ` · ${words}` : ""}
              </small>
              <svg role="img" aria-label={`${line(s.name)}: ${num.value(a, scale)} to ${num.value(b, scale)}`}>
                <line x1="26%" x2="26%" y1="8" y2="142" stroke="var(--line)" />
                <line x1="72%" x2="72%" y1="8" y2="142" stroke="var(--line)" />
                {a !== null && b !== null && (
                  <>
                    <line x1="26%" y1={y(a)} x2="72%" y2={y(b)} stroke={c} stroke-width="2" stroke-dasharray={worse ? "5 3" : undefined} />
                    <circle cx="26%" cy={y(a)} r="4.5" fill="var(--page)" stroke={c} stroke-width="2" />
                    <circle cx="72%" cy={y(b)} r="5.2" fill={c} />
                    <text x="26%" dx="-10" y={y(a) + 4} text-anchor="end" data-v={`compare:by.${n}.a`}>
                      {num.value(a, { factor: scale.factor, decimals: share ? 0 : scale.decimals })}
                    </text>
                    <text x="72%" dx="10" y={y(b) + 4} style="fill:var(--ink);font-weight:500" data-v={`compare:by.${n}.b`}>
                      {num.value(b, { factor: scale.factor, decimals: share ? 0 : scale.decimals })}
                    </text>
                  </>
                )}
                <text x="26%" y="160" text-anchor="middle">
                  A
                </text>
                <text x="72%" y="160" text-anchor="middle">
                  B
                </text>
              </svg>
              <span class="dl" style={{ color: c }}>
                {worse ? "▼" : (s.estimate ?? 0) === 0 ? "○" : "▲"} <span data-v={`compare:by.${n}.estimate`}>{num.diff(s.estimate, scale)}</span>
              </span>{" "}
              {changedTask && (
                <a class="sub" href={link(changedTask)}>
                  open one
                </a>
              )}
            </div>
          );
        })}
      </div>
    </Figure>
  );
}
