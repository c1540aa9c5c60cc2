import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { runsOf, type PowerDoc } from "../docs";
import { PowerCurve } from "../fig/power";
import { amend, search } from "../route";
import type { Doc } from "../source";
import { useDoc, useFoot, usePageTitle, useRoute } from "../state";
import { Failure, Waiting } from "../ui/faces";
import * as num from "../ui/number";
import { line } from "../ui/text";

interface Field {
  key: "effect" | "baseline" | "power" | "discordance" | "n" | "sd";
  factor: number;
  unit: string;
  label: string;
}
const fields: Record<string, Field> = {
  effect: { key: "effect", factor: 100, unit: "points", label: "effect in points" },
  baseline: { key: "baseline", factor: 100, unit: "%", label: "baseline in percent" },
  power: { key: "power", factor: 100, unit: "%", label: "power in percent" },
  discordance: { key: "discordance", factor: 1, unit: "", label: "discordance" },
  n: { key: "n", factor: 1, unit: "tasks", label: "number of tasks" },
};

function Input({ f, value, set }: { f: Field; value: string; set(v: string): void }): JSX.Element {
  const shown = value === "" ? "" : String(Math.round(Number(value) * f.factor * 1e6) / 1e6);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  useEffect(() => {
    if (text === shown) return;
    const timer = setTimeout(() => {
      const x = text.trim() === "" ? "" : Number(text.replace(",", ".").replace("−", "-"));
      if (x === "") set("");
      else if (Number.isFinite(x)) set(String(Math.round((x / f.factor) * 1e9) / 1e9));
    }, 80);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label>
      <span class="sr">{f.label}</span>
      <input inputMode="decimal" value={text} placeholder="–" onInput={(e) => setText(e.currentTarget.value)} />
      {f.unit ? ` ${f.unit}` : ""}
    </label>
  );
}

export function Power(): JSX.Element {
  const { query } = useRoute();
  const { from = "", metric = "", k = "" } = query;
  const given: Record<string, string> = {};
  for (const key of ["effect", "baseline", "power", "discordance", "n", "sd"]) given[key] = query[key] ?? "";
  const untouched = !from && !given["baseline"] && !given["discordance"] && !given["sd"];
  const asked = untouched ? { ...given, effect: given["effect"] || "0.05", discordance: "0.2" } : given;
  // A baseline alone means two groups; with a discordance the tasks are shared and the baseline says nothing.
  const params = { from, metric, effect: asked["effect"], n: asked["n"], power: asked["power"], sd: from ? "" : asked["sd"], discordance: from ? "" : asked["discordance"], baseline: from || asked["discordance"] || asked["sd"] ? "" : asked["baseline"] };
  const path = "/power" + search(params);
  const got = useDoc<PowerDoc>(path);
  const runs = useDoc<Doc>("/runs" + search({ limit: 100 }));
  const list = useMemo(() => (runs.doc ? runsOf(runs.doc).rows : []), [runs.doc]);
  const doc = got.doc;
  usePageTitle("Power");
  const flags = Object.entries(params)
    .filter(([, v]) => v)
    .map(([key, v]) => (key === "n" ? `-n ${v}` : `--${key} ${v}`))
    .join(" ");
  useFoot(`tare power ${flags}`, path, { power: path });
  const set = (key: string) => (v: string) => amend({ [key]: v });
  const share = !params.sd && doc?.design !== "mean";
  // Effects of shares are written in points; of other metrics in the metric's own unit.
  const fieldOf = (key: string): Field => (key === "effect" && !share ? { ...(fields["effect"] as Field), factor: 1, unit: "" } : (fields[key] as Field));
  const field = (key: string): JSX.Element => <Input f={fieldOf(key)} value={(key === "power" ? asked["power"] || "0.8" : asked[key]) ?? ""} set={set(key)} />;
  const paired = !!params.discordance || !!from;
  const unavailable = doc ? [doc.n_needed, doc.power_at_n, doc.mde_at_n].map((v) => v?.unavailable).find((w) => w) : null;
  return (
    <>
      <h1>Power</h1>
      <div class="cols half">
        <section>
          <p class="sayline">
            To see {field("effect")} {from ? "from these runs" : paired ? <>at discordance {field("discordance")}</> : <>from {field("baseline")}</>} with {field("power")} power{paired ? ", both on the same tasks" : ", in two groups"},
            <br />
            {doc && typeof doc.n_needed?.value === "number" ? (
              <>
                <b data-ceil="power:n_needed.value">{num.count(Math.ceil(doc.n_needed.value))}</b> tasks are needed{paired ? "" : " in each"}.
              </>
            ) : (
              "…"
            )}
          </p>
          <p class="sayline">
            With {field("n")}
            {doc && typeof doc.mde_at_n?.value === "number" && (
              <>
                {" "}
                the smallest effect to be seen is <b data-v="power:mde_at_n.value">{num.value(doc.mde_at_n.value, share ? { factor: 100, decimals: 1 } : num.scaleOf({ name: "" }, doc.mde_at_n.value / 10))}</b>
                {share ? " points" : ""}
              </>
            )}
            {doc && typeof doc.power_at_n?.value === "number" && (
              <>
                , the chance <b data-v="power:power_at_n.value">{num.value(doc.power_at_n.value, { factor: 100, decimals: 1 })}</b>
                {"\u00a0%"}
              </>
            )}
            .
          </p>
          {unavailable && !doc?.n_needed?.value && <p class="sub">{line(unavailable)}</p>}
          <div class="tools" style={{ marginTop: "20px" }}>
            <div class="seg" role="group" aria-label="Design">
              <button type="button" aria-pressed={paired && !from} onClick={() => amend({ from: "", baseline: "", discordance: asked["discordance"] || "0.2" })}>
                same tasks
              </button>
              <button type="button" aria-pressed={!paired} onClick={() => amend({ from: "", discordance: "", baseline: asked["baseline"] || "0.74" })}>
                two groups
              </button>
            </div>
            {list.length > 0 && (
              <select aria-label="From an earlier run" value={from} onChange={(e) => amend({ from: e.currentTarget.value, baseline: "", discordance: "" })}>
                <option value="">from an earlier run …</option>
                {list.map((r) => (
                  <option key={r.run} value={r.run}>
                    {line(r.address)}
                  </option>
                ))}
                {from && !list.some((r) => r.run === from) && <option value={from}>{line(from)}</option>}
              </select>
            )}
          </div>
          {doc?.from && (
            <p class="sub">
              {line(doc.from.metric)}: {num.count(doc.from.tasks)} tasks, mean {num.value(doc.from.mean, { factor: 1, decimals: 2 })}
              {doc.from.one_run ? "; one run: the candidate is taken to agree no more than by chance" : ""}
            </p>
          )}
          {got.error && <Failure error={got.error} />}
        </section>
        <div>
          {!doc && !got.error && <Waiting of={got} />}
          {doc && <PowerCurve doc={doc} share={share} />}
          {doc && doc.attempts.length > 0 && (
            <section>
              <div class="hd">
                <h2>More attempts instead of more tasks?</h2>
                <span class="sub">Tasks needed with k attempts each{k ? `; k = ${line(k)} marked` : ""}</span>
              </div>
              <table>
                <thead>
                  <tr>
                    <th scope="col">Attempts a task</th>
                    <th scope="col" class="n">
                      Tasks needed
                    </th>
                    <th scope="col" class="n">
                      Detectable with the tasks at hand
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {doc.attempts.map((a, i) => (
                    <tr key={a.k} class={String(a.k) === k ? "at" : ""}>
                      <td>{a.k}</td>
                      <td class="n" data-ceil={`power:attempts.${i}.tasks_needed.value`} title={a.tasks_needed.unavailable ? line(a.tasks_needed.unavailable) : undefined}>
                        {a.tasks_needed.value === null ? "–" : num.count(Math.ceil(a.tasks_needed.value))}
                      </td>
                      <td class="n" title={a.mde.unavailable ? line(a.mde.unavailable) : undefined}>
                        {num.value(a.mde.value, { factor: 1, decimals: 3 })}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </div>
      </div>
    </>
  );
}
