import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { runsOf, type PowerDoc } from "../docs";
import { PowerByK, PowerCurve } from "../fig/power";
import { amend, href, search } from "../route";
import type { Doc } from "../source";
import { useDoc, useFoot, usePageTitle, useRoute } from "../state";
import { Failure, Waiting } from "../ui/faces";
import * as num from "../ui/number";
import { line } from "../ui/text";

interface Field {
  key: "effect" | "baseline" | "power" | "discordance" | "n" | "sd" | "k";
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
  k: { key: "k", factor: 1, unit: "attempts at each", label: "attempts a task" },
};

function Input({ f, value, hint, set }: { f: Field; value: string; hint: string; set(v: string): void }): JSX.Element {
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
      <input inputMode="decimal" value={text} placeholder={hint} onInput={(e) => setText(e.currentTarget.value)} />
      {f.unit ? ` ${f.unit}` : ""}
    </label>
  );
}

export function Power(): JSX.Element {
  const { query } = useRoute();
  const { from = "", metric = "", cluster = "" } = query;
  const given: Record<string, string> = {};
  for (const key of ["effect", "baseline", "power", "discordance", "n", "sd", "k"]) given[key] = query[key] ?? "";
  const untouched = !from && !given["baseline"] && !given["discordance"] && !given["sd"];
  const asked = untouched ? { ...given, effect: given["effect"] || "0.05", discordance: "0.2" } : given;
  // A baseline alone means two groups; with a discordance the tasks are shared and the baseline says nothing.
  const params = { from, metric, cluster: from ? cluster : "", k: from ? asked["k"] : "", effect: asked["effect"], n: asked["n"], power: asked["power"], sd: from ? "" : asked["sd"], discordance: from ? "" : asked["discordance"], baseline: from || asked["discordance"] || asked["sd"] ? "" : asked["baseline"] };
  const path = "/power" + search(params);
  const got = useDoc<PowerDoc>(path);
  const runs = useDoc<Doc>("/runs" + search({ limit: 100 }));
  const list = useMemo(() => (runs.doc ? runsOf(runs.doc).rows : []), [runs.doc]);
  const doc = got.doc;
  usePageTitle("Power");
  const flags = Object.entries(params)
    .filter(([, v]) => v)
    .map(([key, v]) => (key === "n" || key === "k" ? `-${key} ${v}` : `--${key} ${v}`))
    .join(" ");
  useFoot(`tare power ${flags}`, path, { power: path });
  const set = (key: string) => (v: string) => amend({ [key]: v });
  const share = doc?.from ? doc.from.unit === "share" : !params.sd && doc?.design !== "mean";
  // Effects of shares are written in points; of other metrics in the metric's own unit.
  const fieldOf = (key: string): Field => (key === "effect" && !share ? { ...(fields["effect"] as Field), factor: 1, unit: "" } : (fields[key] as Field));
  const hint = (key: string): string => (key === "n" && doc?.n ? String(Math.round(doc.n)) : "–");
  const field = (key: string): JSX.Element => <Input f={fieldOf(key)} hint={hint(key)} value={(key === "power" ? asked["power"] || "0.8" : asked[key]) ?? ""} set={set(key)} />;
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
                <b data-ceil="power:n_needed.value">{num.count(Math.ceil(doc.n_needed.value))}</b> tasks are needed{paired ? "" : " in each"}
                {doc.attempts.length > 0 && <>, with {field("k")}</>}.
              </>
            ) : doc && doc.effect === null ? (
              <>so many tasks as the effect asks for{doc.attempts.length > 0 && <>, with {field("k")}</>}.</>
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
          {unavailable && !doc?.n_needed?.value && doc?.effect !== null && <p class="sub">{line(unavailable)}</p>}
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
          {doc && doc.attempts.length > 0 && <Attempts doc={doc} share={share} link={(k) => href(["power"], { ...query, k: String(k) })} />}
          {doc?.attempts_unavailable && <p class="sub">What more attempts would bring is not known: {line(doc.attempts_unavailable)}.</p>}
        </div>
      </div>
    </>
  );
}

type Row = PowerDoc["attempts"][number];
type Bill = Row["takes"];
const bills: { key: keyof Bill; head: string; text(v: number | null): string }[] = [
  { key: "cost_usd", head: "costs", text: num.money },
  { key: "tokens", head: "tokens", text: num.short },
  { key: "attempts", head: "attempts", text: num.count },
];

/** More tasks or more attempts: what each k needs, what that takes, and what it could see. */
function Attempts({ doc, share, link }: { doc: PowerDoc; share: boolean; link(k: number): string }): JSX.Element {
  const bill = bills.find((b) => doc.attempts.some((a) => (a.takes_at_n[b.key] ?? 0) > 0)) ?? (bills[2] as (typeof bills)[number]);
  const effect = (v: number | null): string => (v === null ? "–" : num.value(v, share ? { factor: 100, decimals: 1 } : num.scaleOf({ name: "" }, v / 10)));
  const asked = doc.effect !== null;
  const money = (a: Row, i: number, which: "takes" | "takes_at_n"): JSX.Element => (
    <td class="n" data-v={bill.key === "tokens" ? undefined : `power:attempts.${i}.${which}.${bill.key}`}>
      {bill.text(a[which][bill.key])}
    </td>
  );
  return (
    <PowerByK doc={doc} share={share} bill={(a) => (asked ? a.takes : a.takes_at_n)[bill.key]} billText={(v) => `${bill.text(v)}${bill.key === "cost_usd" ? "" : ` ${bill.head}`}`}>
      <div class="scroll" tabIndex={0} role="region" aria-label="What each number of attempts needs">
        <table>
          <thead>
            <tr>
              <th scope="col">Attempts a task</th>
              {asked && (
                <>
                  <th scope="col" class="n">
                    Tasks needed
                  </th>
                  <th scope="col" class="n">
                    {bill.head}, both sides
                  </th>
                </>
              )}
              <th scope="col" class="n">
                Seen with {num.count(doc.n)} tasks{share ? ", points" : ""}
              </th>
              <th scope="col" class="n">
                {bill.head}, both sides
              </th>
            </tr>
          </thead>
          <tbody>
            {doc.attempts.map((a, i) => (
              <tr key={a.k} class={a.k === doc.k ? "at" : ""}>
                <td>
                  <a href={link(a.k)} aria-current={a.k === doc.k ? "true" : undefined}>
                    {a.k}
                  </a>
                </td>
                {asked && (
                  <>
                    <td class="n" data-ceil={`power:attempts.${i}.tasks_needed.value`} title={a.tasks_needed.unavailable ? line(a.tasks_needed.unavailable) : undefined}>
                      {a.tasks_needed.value === null ? "–" : num.count(Math.ceil(a.tasks_needed.value))}
                    </td>
                    {money(a, i, "takes")}
                  </>
                )}
                <td class="n" data-v={`power:attempts.${i}.mde.value`} title={a.mde.unavailable ? line(a.mde.unavailable) : undefined}>
                  {effect(a.mde.value)}
                </td>
                {money(a, i, "takes_at_n")}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {bill.key === "attempts" && <p class="sub">These runs recorded neither money nor tokens; attempts of both sides are counted instead.</p>}
    </PowerByK>
  );
}
