import type { JSX } from "preact";
import { KindMark } from "../ui/marks";
import { Axis, axisText, pct } from "./scale";

export interface WhiskerProps {
  axis: Axis;
  kind: string;
  value: number | null;
  lo: number | null;
  hi: number | null;
  ticks: number[];
  thresholds?: { at: number; name: string }[];
  v: string; // path of the value in the document
}

/** Estimate and interval on a shared axis; asymmetric as they are. */
export function Whisker(p: WhiskerProps): JSX.Element {
  const colour = p.kind === "run" ? "var(--ink)" : "var(--ink3)";
  return (
    <svg aria-hidden="true" data-lo={p.axis.lo} data-hi={p.axis.hi}>
      {p.ticks.map((t) => (
        <line key={t} class="g" x1={pct(p.axis, t)} x2={pct(p.axis, t)} y1="0" y2="100%" />
      ))}
      {p.thresholds?.map((t) => (
        <line key={t.name} class="th" x1={pct(p.axis, t.at)} x2={pct(p.axis, t.at)} y1="0" y2="100%" />
      ))}
      {p.lo !== null && p.hi !== null && (
        <line class="w" stroke={colour} x1={pct(p.axis, p.lo)} x2={pct(p.axis, p.hi)} y1="50%" y2="50%" />
      )}
      {p.value !== null && (
        <svg x={pct(p.axis, p.value)} y="50%" overflow="visible">
          <g data-mark={p.v}>
            <KindMark kind={p.kind} />
          </g>
        </svg>
      )}
    </svg>
  );
}

export function AxisHead({ axis, ticks, factor, thresholds }: { axis: Axis; ticks: number[]; factor: number; thresholds?: { at: number; name: string }[] }): JSX.Element {
  return (
    <svg style={{ width: "100%", height: "30px" }} aria-hidden="true">
      {thresholds?.map((t) => (
        <text key={t.name} x={pct(axis, t.at)} y="10" text-anchor="middle" style="font-style:italic">
          {t.name}
        </text>
      ))}
      {ticks.map((t) => (
        <text key={t} x={pct(axis, t)} y="27" text-anchor="middle">
          {axisText(t, factor)}
        </text>
      ))}
    </svg>
  );
}
