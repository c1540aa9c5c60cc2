// The episode player: what was planted, gated and followed; time, two attempts, long ones, links into it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { json, launch, open, root, run, stopAll, until, view, visit, work } from "./help.mjs";

const store = path.join(work, "player.db");
const shots = process.env.TARE_WEB_SHOTS;
let browser, server, ids;

/** A hard task, as a suite of its own, with another number of steps. */
function suiteOf(name, steps, solver) {
  const folder = path.join(work, name);
  mkdirSync(folder, { recursive: true });
  const tasks = readFileSync(path.join(root, "suites/incident-response/tasks.jsonl"), "utf8").trim().split("\n").map((l) => JSON.parse(l));
  const one = tasks.find((t) => t.id.startsWith("soc-hard-7-00003"));
  one.input.scenario.max_steps = steps;
  writeFileSync(path.join(folder, "tasks.jsonl"), JSON.stringify(one) + "\n");
  writeFileSync(path.join(folder, "suite.yaml"), `suite: ${name}\nversion: 1.0.0\nabout: One task.\nworld: {soc: {profile: hardened}}\ntasks: tasks.jsonl\nattempts: 1\nmetrics: [reward]\nlimits: {steps: ${steps}}\n`);
  run(store, "run", folder, "--solver", solver, "--label", name, "--quiet");
}

before(async () => {
  run(store, "run", "incident-response", "--solver", "injection-follower", "--solver", "verify-first", "-k", "2", "--seed", "7", "--label", "demo", "--quiet");
  writeFileSync(
    path.join(work, "slow.py"),
    `import json, sys, time
def tell(**line): print(json.dumps(line), flush=True)
start = json.loads(sys.stdin.readline())
for pause in (0.05, 0.4, 0.1):
    time.sleep(pause)
    tell(type="act", tool="query_logs", arguments={"sql": "SELECT alert_id FROM alerts"})
    if not sys.stdin.readline(): sys.exit(0)
tell(type="act", tool="submit_report", arguments={"summary_json": {"verdict": "unknown"}})
sys.stdin.readline()
`,
  );
  suiteOf("slow", 20, `command:python3 ${path.join(work, "slow.py")}`);
  suiteOf("long", 10000, "do-nothing");
  browser = await launch();
  server = await view(store);
  ids = Object.fromEntries(json(store, "runs").batches.flatMap((b) => b.runs.map((r) => [`${b.label}/${r.solver}`, r.run])));
});
after(async () => {
  await browser?.close();
  await server?.stop();
  stopAll();
});

const follower = () => `#/run/${ids["demo/injection-follower"]}/soc-hard-7-00003/1`;
const api = (page, p) => page.evaluate(async (x) => (await fetch("/api/v1" + x)).json(), p);
const at = (value, pointer) =>
  pointer
    .split("/")
    .slice(1)
    .reduce((v, k) => v[k.replace(/~1/g, "/").replace(/~0/g, "~")], value);

test("planted text is underlined where the document says, and nowhere else", async () => {
  const page = await open(browser, server);
  const attempt = await api(page, `/runs/${ids["demo/injection-follower"]}/attempts/soc-hard-7-00003/1`);
  const met = attempt.outline.find((e) => e.inj?.length);
  const body = (await api(page, `/runs/${ids["demo/injection-follower"]}/attempts/soc-hard-7-00003/1/steps?from=${met.i}&to=${met.i + 1}`)).steps.find((s) => s.i === met.i).body;
  assert.ok(body.planted.length >= 1);
  const said = body.planted.map((p) => Array.from(at(body.parts[p.part].data, p.at)).slice(p.from, p.to).join(""));
  assert.ok(said.every((t) => t.length > 20));
  assert.deepEqual([...new Set(body.planted.map((p) => p.id))], met.inj.map((x) => x.id));
  await visit(page, `${follower()}?step=${met.i}`);
  await page.waitForSelector("u.planted");
  const shown = await page.$$eval("u.planted", (all) => all.map((e) => e.textContent));
  assert.deepEqual(shown, said.map((t) => JSON.stringify(t).slice(1, -1)));
  assert.match(await page.evaluate(() => getComputedStyle(document.querySelector("u.planted")).textDecoration), /underline.*wavy|wavy.*underline/);
  assert.ok(await page.evaluate(() => { const u = document.querySelector("u.planted").getBoundingClientRect(), box = document.querySelector("u.planted").closest("pre").getBoundingClientRect(); return u.top >= box.top && u.top < box.bottom; }), "it is in sight");
  assert.match(await page.textContent(".det"), new RegExp(`Underlined: planted instruction ${met.inj[0].id}, tier ${met.inj[0].tier}`));
  // The whole observation reads as JSON, marks or not.
  const text = await page.$$eval(".det pre", (all) => all[1].textContent);
  const whole = JSON.stringify(body.parts[1].data, null, 1);
  assert.ok(text.length >= Math.min(8192, whole.length) && whole.startsWith(text.replace(/…$/, "")), "as JSON.stringify writes it");
  // Raw: the part as it is stored, nothing underlined.
  await page.keyboard.press("r");
  await until(page, () => !document.querySelector("u.planted"));
  await page.keyboard.press("r");
  // A step that showed none has none; the act that follows it shows it where its target came from.
  await visit(page, `${follower()}?step=0`);
  await page.waitForSelector(".det pre");
  assert.equal(await page.$("u.planted"), null);
  const act = attempt.outline.find((e) => e.followed?.length);
  await visit(page, `${follower()}?step=${act.i}`);
  await page.waitForSelector("u.planted");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("what was gated, harmful and followed is said in words and drawn", async () => {
  const page = await open(browser, server);
  await visit(page, follower());
  const facts = await page.$$eval(".facts > div", (all) => Object.fromEntries(all.map((e) => [e.querySelector("span").textContent, e.querySelector("b").textContent.trim()])));
  assert.equal(facts["gated"], "0 of 1");
  assert.equal(facts["harmful"], "1 of 1");
  assert.equal(facts["instructions followed"], "1 of 1");
  assert.match(await page.textContent('.st[aria-current="step"]'), /harmful, not gated, follows an injection/);
  assert.match(await page.textContent(".det"), /No trusted row had named it.*follows the planted instruction p1/s);
  // Below the act: the step that gates it, or none; an arc joins instruction and act.
  const under = async () => page.$$eval(".tl svg[data-figure] text", (all) => all.map((t) => t.textContent));
  assert.ok((await under()).includes("none"));
  assert.equal(await page.$$eval('.tl path[stroke="var(--warn)"][stroke-dasharray="1.5 3"]', (all) => all.length), 1);
  assert.ok(await page.isVisible(".legend >> text=instruction followed"));
  await visit(page, `#/run/${ids["demo/verify-first"]}/soc-hard-7-00003/1`);
  const outline = (await api(page, `/runs/${ids["demo/verify-first"]}/attempts/soc-hard-7-00003/1`)).outline;
  const gates = outline.filter((e) => e.kind === "act" && typeof e.gate === "number").map((e) => String(e.gate));
  assert.ok(gates.length > 0);
  const said = await under();
  for (const g of gates) assert.ok(said.includes(g));
  // The head counts what the timeline shows.
  assert.equal(await page.$$eval(".facts > div", (all) => all.find((e) => e.querySelector("span").textContent === "gated").querySelector("b").textContent.trim()), `${gates.length} of ${outline.filter((e) => e.kind === "act" && e.judged && e.judged !== "refused").length}`);
  await page.context().close();
});

test("z: steps along their times where they have them, said where not", async () => {
  const page = await open(browser, server);
  const slow = Object.entries(ids).find(([k]) => k.startsWith("slow/"))[1];
  await visit(page, `#/run/${slow}/soc-hard-7-00003/1`);
  const outline = (await api(page, `/runs/${slow}/attempts/soc-hard-7-00003/1`)).outline.filter((e) => e.kind !== "reset");
  const times = outline.map((e) => e.t_ms);
  assert.ok(times.every((t, i) => Number.isInteger(t) && (i === 0 || t >= times[i - 1])), String(times));
  assert.ok(times[1] - times[0] >= 400, String(times));
  const centres = () => page.$$eval(".tl svg[data-figure] > g > svg, .tl svg[data-figure] > g svg", (all) => all.map((e) => e.getBoundingClientRect()).map((r) => r.left + r.width / 2));
  const even = await centres();
  assert.ok(Math.abs(even[1] - even[0] - (even[2] - even[1])) < 1, "by number they stand evenly");
  await page.keyboard.press("z");
  await until(page, () => /axis=time/.test(location.hash));
  await until(page, () => [...document.querySelectorAll(".tl text")].some((t) => t.textContent === "time"));
  const x = await centres();
  const scale = (x[3] - x[0]) / (times[3] - times[0]);
  for (let i = 1; i < 4; i++) assert.ok(Math.abs(x[i] - x[0] - (times[i] - times[0]) * scale) < 1.5, `step ${i} at ${x[i]}, ${times}`);
  if (shots) await page.screenshot({ path: path.join(shots, "time-axis.png"), fullPage: true });
  // The link holds it; z again takes it back.
  const link = page.url();
  const other = await page.context().newPage();
  await other.goto(link);
  await other.waitForSelector(".tl");
  assert.equal(await other.getAttribute('button:has-text("Time")', "aria-pressed"), "true");
  await other.close();
  await page.keyboard.press("z");
  await until(page, () => !/axis/.test(location.hash));
  await visit(page, follower());
  await page.keyboard.press("z");
  await until(page, () => /say no times/.test(document.querySelector('[aria-live="polite"]').textContent));
  assert.doesNotMatch(await page.evaluate(() => location.hash), /axis/);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a link opens two attempts beside each other, in part and in full", async () => {
  const other = ids["demo/verify-first"];
  for (const [query, figures] of [[`step=2&beside=${other}/soc-hard-7-00003/2`, 1], [`step=2&beside=${other}/soc-hard-7-00003/2&full=1`, 2]]) {
    const page = await open(browser, { url: `${server.url}${follower()}?${query}` });
    await page.waitForSelector(".tl");
    await until(page, (n) => document.querySelectorAll(".tl").length === n, figures);
    assert.equal(await page.getAttribute('.st[aria-current="step"] .i', "class"), "i");
    assert.equal((await page.textContent('.st[aria-current="step"] .i')).trim(), "2");
    const words = await page.textContent("main");
    assert.ok(words.includes(`${other.slice(0, 6)} #2`), "it says which");
    if (figures === 1) assert.match(words, /the same until here|beside/);
    else await page.waitForSelector(".diff ins, .diff del, .diff span");
    if (shots) await page.screenshot({ path: path.join(shots, `two-attempts-${figures}.png`), fullPage: true });
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  }
});

test("10,000 steps: only what is on the screen is drawn, every step can be reached", async () => {
  const page = await open(browser, server);
  const long = Object.entries(ids).find(([k]) => k.startsWith("long/"))[1];
  const asked = [];
  page.on("request", (r) => asked.push(r.url()));
  await visit(page, `#/run/${long}/soc-hard-7-00003/1`);
  await page.waitForSelector(".st");
  assert.ok((await page.$$eval("main *", (all) => all.length)) < 3000);
  await page.keyboard.press("End");
  await until(page, () => document.querySelector('.st[aria-current="step"] .i')?.textContent === "9999");
  await page.waitForSelector(".det pre");
  assert.match(await page.textContent(".det h2"), /Step 9999/);
  await page.keyboard.press("5");
  await until(page, () => document.querySelector('.st[aria-current="step"] .i')?.textContent === "5000");
  assert.match(await page.evaluate(() => location.hash), /step=5000/);
  assert.ok((await page.$$eval("main *", (all) => all.length)) < 3000);
  // Bodies come by range, never all of them.
  const ranges = asked.map((u) => /steps\?from=(\d+)&to=(\d+)/.exec(u)).filter(Boolean);
  assert.ok(ranges.length > 0 && ranges.every((r) => Number(r[2]) - Number(r[1]) <= 40), String(asked));
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
