// One attempt as lanes over its steps: attacker, evidence, gate arcs, defender, perhaps another
// attempt's defender. Only columns on the screen are drawn; the outline holds every step.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from "preact/hooks";
import type { Episode, Step } from "../docs";
import { useKeys } from "../keys";
import { density, useSignal } from "../state";
import { StepShape, trusted } from "../ui/marks";
import { cut, line } from "../ui/text";
import { axisText, ticks } from "./scale";

const labelWidth = 104;

export function matters(s: Step): boolean {
  return s.kind === "act" || s.kind === "error" || !!s.inj?.length || !!s.followed?.length;
}
/** Every step says when it was, and they were not all at once. */
export const timed = (steps: Step[]): boolean => steps.length > 1 && steps.every((s) => typeof s.t_ms === "number") && (steps[steps.length - 1]?.t_ms ?? 0) > 0;

/** Steps whose times lie in [a, b]; times never fall. */
function between(times: number[], a: number, b: number): Range {
  const from = times.findIndex((t) => t >= a);
  if (from < 0) return { from: Math.max(0, times.length - 1), to: times.length };
  let to = from;
  while (to < times.length && (times[to] as number) <= b && to - from < 4000) to++;
  return { from, to };
}

/** Smallest distance of neighbours. */
function gap(x: number[]): number {
  let least = Infinity;
  for (let i = 1; i < x.length; i++) least = Math.min(least, (x[i] as number) - (x[i - 1] as number));
  return least;
}

export const shortVerb = (name: string | undefined): string => (name ?? "").split(/[_.\s]/)[0] ?? "";

/** First step at which two attempts differ in what was done, to what, or what was seen. */
export function parting(a: Step[], b: Step[]): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a[i] as Step;
    const y = b[i] as Step;
    if (x.kind !== y.kind || x.name !== y.name || x.target !== y.target || (x.saw ?? []).join() !== (y.saw ?? []).join()) return i;
  }
  return n;
}

export function story(e: Episode): string {
  const n = e.steps.length;
  const acts = e.steps.filter((s) => s.kind === "act");
  const wrong = acts.filter((s) => s.judged === "harmful");
  const stalled = e.steps.find((s) => s.stalled);
  const top = e.steps.reduce((m, s) => Math.max(m, s.phase ?? -1), -1);
  const parts = [`Timeline of ${n} steps.`];
  if (top >= 0) parts.push(`The other side reaches ${line(e.phases[top])}${stalled ? ` and is stopped at step ${stalled.i}` : ""}.`);
  if (acts.length) parts.push(`${acts.length} containment${acts.length > 1 ? "s" : ""}, ${wrong.length} harmful${wrong[0] ? `, first at step ${wrong[0].i}` : ""}.`);
  else parts.push("Nothing is contained.");
  return parts.join(" ");
}

interface Range {
  from: number;
  to: number;
}

export interface TimelineProps {
  episode: Episode;
  beside: Episode | null;
  besideName: string;
  selected: number;
  select(i: number): void;
  time: boolean;
  active?: boolean;
}

export function Timeline(p: TimelineProps): JSX.Element {
  const dense = useSignal(density) === "dense";
  const box = useRef<HTMLDivElement>(null);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const width = useRef(980);
  const zoom = useRef(0); // px a step; 0: the usual
  const scrolled = useRef(0);
  const drag = useRef<{ x0: number; x1: number } | null>(null);
  const { steps, phases } = p.episode;
  const n = Math.max(steps.length, p.beside?.steps.length ?? 0, 1);
  const times = useMemo(() => (p.time && timed(steps) ? steps.map((s) => s.t_ms as number) : null), [steps, p.time]);
  const otherTimes = useMemo(() => (times && p.beside && timed(p.beside.steps) ? p.beside.steps.map((s) => s.t_ms as number) : null), [times, p.beside]);
  const usual = Math.max(dense ? 40 : 40, Math.min(dense ? 40 : 68, width.current / n));
  const col = zoom.current || usual;
  // Time fills the width that is there.
  const total = Math.max(n * col, times && zoom.current === 0 ? width.current : 1);
  const half = times ? 0 : col / 2;
  const overflows = total > width.current + 1;
  const last = Math.max(1, times?.[times.length - 1] ?? 0, otherTimes?.[otherTimes.length - 1] ?? 0);
  const place = (t: number): number => 24 + (t / last) * (total - 48);
  const X = (i: number): number => (times ? place(times[Math.min(i, times.length - 1)] as number) : (i + 0.5) * col);
  const besideX = (i: number): number => (otherTimes ? place(otherTimes[i] as number) : (i + 0.5) * col);
  const at = (x: number): number => {
    if (!times) return Math.max(0, Math.min(steps.length - 1, Math.floor(x / col)));
    let best = 0;
    for (let i = 1; i < steps.length; i++) if (Math.abs(X(i) - x) < Math.abs(X(best) - x)) best = i;
    return best;
  };
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const seen = new ResizeObserver(() => {
      if (Math.abs(element.clientWidth - width.current) > 1) {
        width.current = element.clientWidth;
        draw(0);
      }
    });
    width.current = element.clientWidth || width.current;
    draw(0);
    seen.observe(element);
    return () => seen.disconnect();
  }, []);
  const scrollTo = (x: number): void => {
    scrolled.current = Math.max(0, Math.min(total - width.current, x));
    if (box.current) box.current.scrollLeft = scrolled.current;
    draw(0);
  };
  // The selected column stays in sight.
  useEffect(() => {
    const x = X(p.selected);
    if (overflows && (x < scrolled.current + col || x > scrolled.current + width.current - col)) scrollTo(x - width.current / 2);
  }, [p.selected, col]);
  const scale = (factor: number): boolean => {
    const centre = (scrolled.current + width.current / 2) / total;
    const smallest = Math.min(usual, Math.max(0.05, width.current / n));
    zoom.current = Math.max(smallest, Math.min(140, col * factor));
    draw(0);
    requestAnimationFrame(() => scrollTo(centre * n * zoom.current - width.current / 2));
    return true;
  };
  const fit = (): void => {
    zoom.current = 0;
    scrollTo(0);
  };
  useKeys(
    "timeline",
    {
      "zoom-in": () => scale(1.5),
      "zoom-out": () => scale(1 / 1.5),
      "pan-left": () => scrollTo(scrolled.current - width.current * 0.6),
      "pan-right": () => scrollTo(scrolled.current + width.current * 0.6),
    },
    (overflows || zoom.current > 0) && p.active !== false,
  );

  const range: Range = times
    ? between(times, ((scrolled.current - 60) / total) * last, ((scrolled.current + width.current + 60) / total) * last)
    : { from: Math.max(0, Math.floor(scrolled.current / col) - 3), to: Math.min(n, Math.ceil((scrolled.current + width.current) / col) + 3) };
  const hasPhases = phases.length > 0 && steps.some((s) => typeof s.phase === "number");
  const lanePitch = 17;
  const phasesHeight = hasPhases ? phases.length * lanePitch + 22 : 0;
  const py = (k: number): number => 30 + (phases.length - 1 - k) * lanePitch + 7;
  const ye = 26 + phasesHeight + 34;
  const yd = ye + 94;
  const yb = yd + 84;
  const acts = steps.some((s) => s.kind === "act");
  const height = p.beside ? yb + 30 : yd + (acts ? 46 : 34);
  const shown = steps.slice(range.from, range.to);
  const words = times ? gap(shown.map((_, j) => X(range.from + j))) >= 40 : col >= 30;

  const stairs = useMemo(() => {
    if (!hasPhases) return { path: "", stops: [] as { i: number; k: number; text: string }[] };
    let path = "";
    let before = -1;
    const stops: { i: number; k: number; text: string }[] = [];
    let stopped = false;
    steps.forEach((s, i) => {
      const k = s.phase;
      if (typeof k !== "number") return;
      const x0 = X(i) - half;
      if (before < 0) path += `M${x0} ${py(k)}`;
      else if (k !== before) path += `H${x0}V${py(k)}`;
      before = k;
      if (s.stalled && !stopped) stops.push({ i, k, text: typeof s.stalled === "string" ? s.stalled : "stopped" });
      stopped = !!s.stalled;
    });
    if (before >= 0) path += `H${X(steps.length - 1) + half}`;
    return { path, stops };
  }, [steps, col, total, times, hasPhases]);

  const arcs: JSX.Element[] = [];
  // From where the instruction was met to what follows it.
  const metAt = useMemo(() => {
    const found: Record<string, number> = {};
    for (const s of steps) for (const x of s.inj ?? []) found[x.id] ??= s.i;
    return found;
  }, [steps]);
  steps.forEach((s, i) => {
    for (const id of s.followed ?? []) {
      const from = metAt[id];
      if (from === undefined || from > i || !((i >= range.from && i < range.to) || (from >= range.from && from < range.to))) continue;
      const a = X(from) + 15.5;
      const b = X(i);
      arcs.push(<path key={`f${i}${id}`} d={`M${a} ${ye - 2}C${a + 10} ${ye + 30} ${b + 2} ${ye + 40} ${b + 4} ${yd - 13}`} fill="none" stroke="var(--warn)" stroke-width="1.6" stroke-dasharray="1.5 3" stroke-linecap="round" opacity={i === p.selected || from === p.selected ? 1 : 0.7} />);
    }
  });
  steps.forEach((s, i) => {
    if (s.kind !== "act") return;
    const from = typeof s.gate === "number" ? s.gate : (s.seen?.step ?? -1);
    const inSight = (i >= range.from && i < range.to) || (from >= range.from && from < range.to);
    if (!inSight) return;
    const gated = typeof s.gate === "number";
    const strong = i === p.selected || from === p.selected;
    const b = X(i);
    const c = gated ? "var(--up)" : "var(--down)";
    if (from < 0) {
      if (s.judged && s.judged !== "refused")
        arcs.push(
          <g key={i} opacity={strong ? 1 : 0.6}>
            <path d={`M${b - 14} ${yd - 40}L${b} ${yd - 12}`} fill="none" stroke={c} stroke-width="1.5" stroke-dasharray="4 4" />
            {col >= 58 && (
              <text x={b - 10} y={yd - 44} text-anchor="middle" style="font-size:10.5px">
                never seen
              </text>
            )}
          </g>,
        );
      return;
    }
    const a = X(from);
    const names = Math.min(2, steps[from]?.saw?.length ?? 0);
    const y0 = ye + (words ? 14 + names * 12 : 12);
    arcs.push(
      <path
        key={i}
        d={`M${a} ${y0}C${a + 6} ${y0 + 40} ${b - Math.min(44, (b - a) / 2)} ${yd - 38} ${b} ${yd - 12}`}
        fill="none"
        stroke={c}
        stroke-width={strong ? 2.2 : 1.5}
        stroke-dasharray={gated ? undefined : "4 4"}
        opacity={strong ? 1 : 0.6}
      />,
    );
  });

  const parts = p.beside ? parting(steps, p.beside.steps) : -1;
  const labels: JSX.Element = (
    <svg style={{ width: `${labelWidth}px`, height: `${height}px` }} aria-hidden="true">
      <text x="0" y="18">
        {times ? "time" : "step"}
      </text>
      {hasPhases && (
        <>
          {phases.map((name, k) => (
            <text key={k} x={labelWidth - 8} y={py(k) + 4} text-anchor="end" style="font-size:10.5px">
              {cut(line(name.replace(/_/g, " ")), 16)}
            </text>
          ))}
        </>
      )}
      <text class="lane" x="0" y={ye + 4}>
        Evidence
      </text>
      <text class="lane" x="0" y={yd + 4}>
        Defender
      </text>
      {acts && words && (
        <text x="0" y={yd + 38}>
          gated by
        </text>
      )}
      {p.beside && (
        <>
          <text class="lane" x="0" y={yb - 3}>
            {cut(line(p.besideName), 15)}
          </text>
          <text x="0" y={yb + 12}>
            beside
          </text>
        </>
      )}
    </svg>
  );
  const markAt = (s: Step, x: number, y: number, size: number): JSX.Element => (
    <svg x={x - size / 2} y={y - size / 2} width={size} height={size} viewBox="0 0 18 18">
      <StepShape kind={s.kind} judged={s.judged} />
    </svg>
  );
  return (
    <div class="card tl">
      <div class="tlrow" role="img" aria-label={story(p.episode)}>
        {labels}
        <div
          class="tlx"
          ref={box}
          tabIndex={-1}
          onScroll={() => {
            scrolled.current = box.current?.scrollLeft ?? 0;
            draw(0);
          }}
          onDblClick={fit}
          onPointerDown={(e) => {
            if (e.button !== 0 || e.pointerType === "touch") return;
            const x = e.clientX - e.currentTarget.getBoundingClientRect().left + scrolled.current;
            drag.current = { x0: x, x1: x };
          }}
          onPointerMove={(e) => {
            if (!drag.current) return;
            drag.current.x1 = e.clientX - e.currentTarget.getBoundingClientRect().left + scrolled.current;
            if (Math.abs(drag.current.x1 - drag.current.x0) > 5) draw(0);
          }}
          onPointerUp={() => {
            const d = drag.current;
            drag.current = null;
            if (!d) return;
            const wide = Math.abs(d.x1 - d.x0);
            if (wide <= 5) {
              p.select(at(d.x0));
              return;
            }
            const left = Math.min(d.x0, d.x1) / total;
            zoom.current = Math.max(0.05, Math.min(140, (col * width.current) / wide));
            draw(0);
            requestAnimationFrame(() => scrollTo(left * n * zoom.current));
          }}
          onPointerLeave={() => {
            drag.current = null;
          }}
        >
          <svg data-figure style={{ width: `${total}px`, height: `${height}px`, minWidth: "100%" }} aria-hidden="true">
            <rect x={X(p.selected) - Math.max(times ? 12 : 3, half)} y="4" width={times ? 24 : Math.max(6, col)} height={height - 8} fill="var(--wash)" />
            {drag.current && Math.abs(drag.current.x1 - drag.current.x0) > 5 && (
              <rect x={Math.min(drag.current.x0, drag.current.x1)} width={Math.abs(drag.current.x1 - drag.current.x0)} y="0" height={height} fill="var(--wash)" stroke="var(--accent)" />
            )}
            {shown.map((_, j) => {
              const i = range.from + j;
              const every = col >= 26 ? 1 : col >= 13 ? 2 : Math.ceil(30 / col);
              return (!times && i % every === 0) || i === p.selected ? (
                <text key={i} x={X(i)} y="18" text-anchor="middle" style={i === p.selected ? "fill:var(--ink);font-weight:600" : undefined}>
                  {times ? `step ${i}` : i}
                </text>
              ) : null;
            })}
            {times &&
              ticks({ lo: 0, hi: last }, Math.max(2, Math.round(total / 140))).map((t) =>
                Math.abs(place(t) - X(p.selected)) < 34 ? null : (
                  <text key={"t" + t} x={place(t)} y="18" text-anchor="middle">
                    {axisText(t, 0.001)} s
                  </text>
                ),
              )}
            {hasPhases && (
              <>
                {phases.map((_, k) => (
                  <line key={k} x1="0" x2={total} y1={py(k)} y2={py(k)} stroke="var(--line)" />
                ))}
                <path d={stairs.path} fill="none" stroke="var(--down)" stroke-width="2.2" stroke-linejoin="round" />
                {stairs.stops.map((s) => {
                  let end = s.i;
                  while (end + 1 < steps.length && steps[end + 1]?.stalled && steps[end + 1]?.phase === s.k) end++;
                  return (
                    <g key={s.i}>
                      <line x1={X(s.i)} x2={X(end) + half} y1={py(s.k)} y2={py(s.k)} stroke="var(--surface)" stroke-width="3.4" />
                      <line x1={X(s.i)} x2={X(end) + half} y1={py(s.k)} y2={py(s.k)} stroke="var(--ink3)" stroke-width="1.6" stroke-dasharray="2 5" stroke-linecap="round" />
                      <line x1={X(s.i)} x2={X(s.i)} y1={py(s.k) - 8} y2={py(s.k) + 8} stroke="var(--ink)" stroke-width="2.4" stroke-linecap="round" />
                      {words && s.i === stairs.stops[0]?.i && (
                        <text x={X(s.i) > total - 160 ? X(s.i) - 8 : X(s.i) + 10} y={py(s.k) - 7} text-anchor={X(s.i) > total - 160 ? "end" : "start"} style="fill:var(--ink2)">
                          {cut(line(s.text.replace(/_/g, " ")), 40)}
                        </text>
                      )}
                    </g>
                  );
                })}
              </>
            )}
            <line x1="0" x2={total} y1={yd} y2={yd} stroke="var(--line)" />
            {shown.map((s, j) => {
              const i = range.from + j;
              const x = X(i);
              const inj = s.inj?.length ? Math.max(...s.inj.map((t) => t.tier ?? 0)) : 0;
              return (
                <g key={i}>
                  {trusted(s.trust) && <rect x={x - 7} y={ye - 7} width="14" height="14" rx="1.5" fill="var(--ink)" />}
                  {s.trust && !trusted(s.trust) && <rect x={x - 6.5} y={ye - 6.5} width="13" height="13" rx="1.5" fill="none" stroke="var(--ink3)" stroke-width="1.4" stroke-dasharray="2.4 1.8" />}
                  {!!s.inj?.length && (
                    <>
                      <path d={`M${x + 9} ${ye - 15}h13l-6.5 12z`} fill="var(--surface)" stroke="var(--warn)" stroke-width="1.6" stroke-linejoin="round" />
                      {words && (
                        <text x={x + 15.5} y={ye - 18} text-anchor="middle" style="fill:var(--warn);font-size:10.5px;font-weight:500">
                          {inj ? `T${inj}` : "inj"}
                        </text>
                      )}
                    </>
                  )}
                  {words &&
                    (s.saw ?? []).slice(0, 2).map((name, k) => (
                      <text key={k} class="e" x={x} y={ye + 20 + k * 12} text-anchor="middle">
                        {cut(line(name), Math.max(4, Math.floor(col / 6.6)))}
                      </text>
                    ))}
                </g>
              );
            })}
            {arcs}
            {shown.map((s, j) => {
              const i = range.from + j;
              const x = X(i);
              return (
                <g key={i}>
                  {markAt(s, x, yd, s.kind === "act" ? 22 : 18)}
                  {words && s.kind !== "query" && s.kind !== "noop" && (
                    <text x={x} y={yd + 25} text-anchor="middle" style={`fill:${s.judged === "harmful" ? "var(--down)" : "var(--ink2)"};font-weight:500`}>
                      {cut(line(s.kind === "report" ? "report" : s.kind === "error" ? "error" : shortVerb(s.name)), Math.max(4, Math.floor(col / 6)))}
                    </text>
                  )}
                  {words && s.kind === "act" && s.judged !== "refused" && (
                    <text x={x} y={yd + 38} text-anchor="middle" style={typeof s.gate === "number" ? "fill:var(--up)" : "fill:var(--down)"}>
                      {typeof s.gate === "number" ? s.gate : "none"}
                    </text>
                  )}
                </g>
              );
            })}
            {p.beside && (
              <>
                <line x1="0" x2={total} y1={yb - 28} y2={yb - 28} stroke="var(--line)" />
                <line x1="0" x2={total} y1={yb} y2={yb} stroke="var(--line)" />
                {(otherTimes ? p.beside.steps.slice(0, 4000) : p.beside.steps.slice(range.from, range.to)).map((s, j) => (
                  <g key={j}>{markAt(s, besideX(otherTimes ? j : range.from + j), yb, s.kind === "act" ? 16 : 14)}</g>
                ))}
                {parts > 0 && !times && (
                  <>
                    <line x1={parts * col} x2={parts * col} y1={yb - 22} y2={yb + 20} stroke="var(--accent)" stroke-width="1.5" />
                    <text x={parts * col + (parts * col > 130 ? -6 : 6)} y={yb + 24} text-anchor={parts * col > 130 ? "end" : "start"} style="fill:var(--accent)">
                      the same until here
                    </text>
                  </>
                )}
              </>
            )}
          </svg>
        </div>
      </div>
      {overflows && <Overview episode={p.episode} from={scrolled.current / total} to={(scrolled.current + width.current) / total} go={(f) => scrollTo(f * total - width.current / 2)} selected={p.selected} />}
    </div>
  );
}

/** Everything in 24 px; drag to move. One path a kind of mark, however many steps. */
function Overview({ episode, from, to, go, selected }: { episode: Episode; from: number; to: number; go(f: number): void; selected: number }): JSX.Element {
  const { steps } = episode;
  const n = steps.length || 1;
  const paths = useMemo(() => {
    const x = (i: number): number => Math.round(((i + 0.5) / n) * 100000) / 100;
    const of = (want: (s: Step) => boolean, y: number, h: number): string =>
      steps
        .filter(want)
        .map((s) => `M${x(s.i)} ${y}v${h}`)
        .join("");
    return {
      right: of((s) => s.judged === "required", 3, 8),
      wrong: of((s) => s.judged === "harmful" || s.kind === "error", 13, 8),
      met: of((s) => !!s.inj?.length, 8, 8),
    };
  }, [steps]);
  const ref = useRef<SVGSVGElement>(null);
  const move = (e: PointerEvent): void => {
    const r = ref.current?.getBoundingClientRect();
    if (r && e.buttons & 1) go((e.clientX - r.left) / r.width);
  };
  return (
    <svg class="ovw" ref={ref} viewBox="0 0 1000 24" preserveAspectRatio="none" aria-hidden="true" onPointerDown={move} onPointerMove={move}>
      <path d={paths.met} stroke="var(--warn)" stroke-width="1" vector-effect="non-scaling-stroke" />
      <path d={paths.right} stroke="var(--up)" stroke-width="1.5" vector-effect="non-scaling-stroke" />
      <path d={paths.wrong} stroke="var(--down)" stroke-width="1.5" vector-effect="non-scaling-stroke" />
      <path d={`M${((selected + 0.5) / n) * 1000} 0v24`} stroke="var(--accent)" stroke-width="1.5" vector-effect="non-scaling-stroke" />
      <rect x={from * 1000} width={Math.max(2, (Math.min(1, to) - from) * 1000)} y="0" height="24" fill="var(--wash)" stroke="var(--accent)" vector-effect="non-scaling-stroke" />
    </svg>
  );
}
