// A figure: a heading that asks, a caption that names method, level and n, the table behind it, and
// the SVG as a file.
import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { useKeys } from "../keys";
import { say } from "../state";

const tokens = ["page", "surface", "sunken", "line", "rule", "ink", "ink2", "ink3", "accent", "up", "down", "same", "open", "warn", "wash"];

/** The first SVG of the figure with tokens resolved and percent positions frozen. */
function save(figure: HTMLElement, name: string): void {
  const svg = figure.querySelector("svg[data-figure]") ?? figure.querySelector("svg");
  if (!svg) return;
  const style = getComputedStyle(document.documentElement);
  const box = svg.getBoundingClientRect();
  let text = new XMLSerializer().serializeToString(svg);
  for (const t of tokens) text = text.replaceAll(`var(--${t})`, style.getPropertyValue("--" + t).trim());
  text = text.replace(/^<svg/, `<svg width="${Math.round(box.width)}" height="${Math.round(box.height)}"`);
  const colours =
    `<style>text{font:400 11px sans-serif;fill:${style.getPropertyValue("--ink3")}}.g{stroke:${style.getPropertyValue("--line")}}` +
    `.th{stroke:${style.getPropertyValue("--rule")};stroke-dasharray:1 3}.w{stroke-width:2;stroke-linecap:round}</style>`;
  text = text.replace(/>/, ">" + colours);
  const a = document.createElement("a");
  a.href = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  a.download = name.replace(/[^A-Za-z0-9]+/g, "-").toLowerCase() + ".svg";
  a.click();
  say("figure saved");
}

export interface FigureProps {
  question: string;
  under?: ComponentChildren;
  caption?: ComponentChildren;
  head?: string[];
  rows?: (string | number | JSX.Element)[][];
  children: ComponentChildren;
}

export function Figure(props: FigureProps): JSX.Element {
  const ref = useRef<HTMLElement>(null);
  const id = "f-" + props.question.replace(/[^A-Za-z]+/g, "-").toLowerCase();
  useKeys("all", {
    "save-figure": () => {
      if (!ref.current?.contains(document.activeElement)) return false;
      save(ref.current, props.question);
      return true;
    },
  });
  return (
    <section>
      <figure ref={ref} aria-labelledby={id}>
        <div class="hd">
          <h2 id={id}>{props.question}</h2>
          {props.under && <span class="sub">{props.under}</span>}
        </div>
        {props.children}
        {props.caption && <figcaption>{props.caption}</figcaption>}
        {props.rows && props.head && (
          <details class="fold">
            <summary>Show as table</summary>
            <div class="scroll" tabIndex={0} role="region" aria-label={`${props.question} Table`}>
              <table>
                <caption class="sr">{props.question}</caption>
                <thead>
                  <tr>
                    {props.head.map((h, i) => (
                      <th key={h} scope="col" class={i ? "n" : ""}>
                        {h}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {props.rows.map((row, r) => (
                    <tr key={r}>
                      {row.map((cell, i) => (
                        <td key={i} class={i ? "n" : ""}>
                          {cell}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <button type="button" onClick={() => ref.current && save(ref.current, props.question)}>
              Save as SVG <kbd>e</kbd>
            </button>
          </details>
        )}
      </figure>
    </section>
  );
}
