// Runs, what is marked among them, what one of them was, and what moves while one goes on.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { checkNumbers } from "./numbers.mjs";
import { background, json, launch, open, root, run, stopAll, until, view, visit, work } from "./help.mjs";

const shots = process.env.TARE_WEB_SHOTS;
const store = path.join(work, "runs.db");
let browser, server, ids;

/** Two models that differ in two switches, played from what was recorded. */
function models() {
  const solver = (name, harness) => {
    const file = path.join(work, `${name}.yaml`);
    writeFileSync(file, `solver: ${name}\nmodel: {name: "play:2", base_url: "http://localhost:8000/v1", temperature: 0.8}\nlimits: {tokens: 40000, seconds: 120}\n${harness}`);
    return file;
  };
  run(store, "run", "incident-response", "--solver", solver("plain", ""), "--solver", solver("guarded", "harness: {retry: {parse: 3}, circuit: {calls: 150}}\n"), "--limit", "2", "-k", "1", "--seed", "7", "--replay", path.join(root, "examples/model"), "--label", "m", "--quiet");
}

before(async () => {
  run(store, "run", "incident-response", "--solver", "runbook", "--solver", "verify-first", "-k", "2", "--seed", "7", "--limit", "12", "--label", "demo", "--quiet");
  models();
  browser = await launch();
  server = await view(store);
  ids = Object.fromEntries(json(store, "runs").batches.flatMap((b) => b.runs.map((r) => [r.solver, r.run])));
});
after(async () => {
  await browser?.close();
  await server?.stop();
  stopAll();
});

const rowOf = (page, name) => page.$$eval(".vr", (all, n) => all.find((r) => r.textContent.includes(n))?.textContent ?? "", name);
const badges = (page) => page.$$eval(".vr .badge", (all) => all.map((b) => b.closest(".vr").querySelector("a").textContent));

test("b marks the baseline; it stays, and Compare starts from it", async () => {
  let page = await open(browser, server);
  await visit(page, "#/runs");
  await page.waitForSelector(".vr a");
  const at = (await page.$$eval(".vr a", (all) => all.map((a) => a.textContent))).indexOf("demo/runbook");
  for (let i = 0; i <= at; i++) await page.keyboard.press("j");
  await page.keyboard.press("b");
  await until(page, () => document.querySelectorAll(".vr .badge").length === 1);
  assert.deepEqual(await badges(page), ["demo/runbook"]);
  assert.match(run(store, "runs"), /^baseline of incident-response: demo\/runbook$/m);
  // Another takes its place.
  await page.keyboard.press("j");
  await page.keyboard.press("b");
  await until(page, () => document.querySelector(".vr .badge")?.closest(".vr").textContent.includes("verify-first"));
  assert.deepEqual(await badges(page), ["demo/verify-first"]);
  assert.deepEqual(page.troubles, []);
  await page.context().close();

  // A server of its own reads it from the store.
  const again = await view(store);
  page = await open(browser, again);
  await visit(page, "#/runs");
  await page.waitForSelector(".vr .badge");
  assert.deepEqual(await badges(page), ["demo/verify-first"]);
  // One marked run is enough.
  await page.focus(".vr a");
  for (let i = 0; i <= at; i++) if ((await page.evaluate(() => document.activeElement.textContent)) !== "demo/runbook") await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.waitForSelector(".tools a.btn");
  await page.keyboard.press("c");
  await page.waitForSelector(".verdict");
  assert.equal(await page.evaluate(() => location.hash), `#/compare?a=${ids["verify-first"]}&b=${ids.runbook}`);
  await visit(page, "#/compare");
  await until(page, (id) => location.hash.includes(`a=${id}`), ids["verify-first"]);
  assert.equal(await page.$eval("select", (s) => s.selectedOptions[0].textContent), "demo/verify-first (incident-response) · baseline");
  await visit(page, `#/run/${ids["verify-first"]}`);
  await page.click("text=No longer the baseline");
  await until(page, () => !document.querySelector(".meta .badge"));
  assert.doesNotMatch(run(store, "runs"), /baseline/);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
  await again.stop();
});

test("a run by its tasks: tries as pips, what failed first, and the way to it", async () => {
  writeFileSync(path.join(work, "o.jsonl"), [[1, "42"], [2, "13"]].map(([i, output]) => JSON.stringify({ id: `number-${i}`, output })).join("\n") + "\n");
  writeFileSync(path.join(work, "tries.jsonl"), [["t1", [1, 1, 0]], ["t2", [0, 0, 0]], ["t3", [1, 0.5, 1]]].flatMap(([task, xs]) => xs.map((score, i) => JSON.stringify({ task, attempt: i + 1, score }))).join("\n") + "\n");
  const own = path.join(work, "tasks.db");
  run(own, "score", "suites/short-answers", "--outputs", path.join(work, "o.jsonl"), "--label", "o", "--quiet");
  run(own, "import", path.join(work, "tries.jsonl"), "--attempt-column", "attempt", "--label", "tries", "--quiet");
  const rows = Object.fromEntries(json(own, "runs").batches.map((b) => [b.label, b.runs[0].run]));
  const server_ = await view(own);
  for (const [width, theme] of [[1280, "light"], [390, "dark"]]) {
    const page = await open(browser, server_, { viewport: { width, height: 900 }, colorScheme: theme });
    await visit(page, `#/run/${rows.tries}`);
    await page.waitForSelector(".vr .pips");
    assert.deepEqual(await page.$$eval(".vr .pips", (all) => all.map((p) => p.getAttribute("aria-label"))), ["2 solved, 1 not solved", "3 not solved", "2 solved, 1 in part"]);
    // Shape tells: no two kinds of pips look alike without colour.
    const looks = await page.$$eval(".vr .pips i", (all) => [...new Set(all.map((i) => i.className + " " + ["backgroundImage", "borderStyle", "borderRadius"].map((k) => getComputedStyle(i)[k]).join(" ") + (getComputedStyle(i).backgroundColor === "rgba(0, 0, 0, 0)")))]);
    assert.equal(new Set(looks.map((l) => l.slice(2))).size, 3);
    if (shots) await page.screenshot({ path: path.join(shots, `tries-${width}-${theme}.png`), fullPage: true });
    await visit(page, `#/run/${rows.o}`);
    await page.waitForSelector('.vr[data-row="1"] a');
    if (width > 720) assert.match(await rowOf(page, "number-2"), /#1 number: 13 is wrong$/);
    const { checked, faults } = await checkNumbers(page);
    assert.deepEqual(faults, []);
    assert.ok(checked > 3, String(checked));
    if (shots) await page.screenshot({ path: path.join(shots, `tasks-${width}-${theme}.png`), fullPage: true });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, `${width}: too wide`);
    await page.click("text=An attempt a row");
    await until(page, () => /Attempts/.test([...document.querySelectorAll("h2")].map((h) => h.textContent).join()) && document.querySelector('.vr[data-row="1"] a')?.textContent === "number-2");
    assert.match(await page.evaluate(() => location.hash), /rows=attempts/);
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  }
  await server_.stop();
});

test("findings of the stored runs stand on their suite, with the tasks they name, and on those tasks", async () => {
  const folder = path.join(work, "twice");
  mkdirSync(folder);
  const asked = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2];
  writeFileSync(path.join(folder, "suite.yaml"), "suite: twice\nversion: 1.0.0\nabout: Two questions stand in it twice.\nworld: {prompt: {}}\ntasks: tasks.jsonl\nattempts: 1\nmetrics: [pass]\n");
  writeFileSync(path.join(folder, "tasks.jsonl"), asked.map((n, i) => JSON.stringify({ id: `q${i + 1}`, input: `Say ${n}.`, expect: String(n), checks: [{ exact: {} }] })).join("\n") + "\n");
  writeFileSync(path.join(work, "same.jsonl"), asked.map((_, i) => JSON.stringify({ id: `q${i + 1}`, output: "7" })).join("\n") + "\n");
  const own = path.join(work, "twice.db");
  run(own, "score", folder, "--outputs", path.join(work, "same.jsonl"), "--label", "same", "--quiet");
  const server_ = await view(own);
  const page = await open(browser, server_);
  await visit(page, "#/suite/twice/finding/repeated-input", "details[open]");
  const doc = await page.evaluate(async () => (await fetch("/api/v1/suites/twice/findings")).json());
  const said = await page.$$eval("main details.fold summary", (all) => all.map((s) => s.textContent));
  for (const f of doc.findings) assert.ok(said.some((s) => s.includes(f.text)), f.text);
  assert.ok(doc.findings.some((f) => f.id === "same-answer"));
  assert.deepEqual(await page.$$eval("details[open] a.mono", (all) => all.map((a) => a.textContent)), doc.findings.find((f) => f.id === "repeated-input").tasks);
  await page.click("details[open] a.mono");
  await page.waitForSelector(".note");
  assert.match(await page.textContent(".note"), /4 of 12 tasks have the same input/);
  await visit(page, "#/task/twice/q5");
  assert.equal(await page.$(".note"), null);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
  await server_.stop();
});

test("a leaderboard by a tag: each slice of each solver, where the document says", async () => {
  for (const [width, theme] of [[1280, "light"], [390, "dark"]]) {
    const page = await open(browser, server, { viewport: { width, height: 900 }, colorScheme: theme });
    await visit(page, "#/board/incident-response?runs=demo");
    assert.equal(await page.$(".slices"), null);
    await page.selectOption('select[aria-label="Slice by"]', "tier");
    await page.waitForSelector(".slices figure");
    assert.match(await page.evaluate(() => location.hash), /by=tier/);
    const doc = await page.evaluate(async () => (await fetch("/api/v1/leaderboard?suite=incident-response&runs=demo&by=tier")).json());
    assert.ok(doc.slices.length >= 2);
    assert.equal(doc.slices.reduce((n, s) => n + s.n_tasks, 0), doc.n_tasks);
    assert.deepEqual(await page.$$eval(".slices figcaption b", (all) => all.map((b) => b.textContent)), doc.slices.map((s) => s.name));
    const { checked, faults } = await checkNumbers(page);
    assert.deepEqual(faults, []);
    assert.ok(checked > 2 * 2 * doc.slices.length, String(checked));
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, `${width}: too wide`);
    if (shots) await page.screenshot({ path: path.join(shots, `slices-${width}-${theme}.png`), fullPage: true });
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  }
});

test("switches that are not at their default stand with the run, and with what differs", async () => {
  const page = await open(browser, server);
  await visit(page, "#/runs");
  await page.waitForSelector(".vr a");
  assert.match(await rowOf(page, "m/guarded"), /circuit\.calls 150, retry\.parse 3|retry\.parse 3, circuit\.calls 150/);
  assert.doesNotMatch(await rowOf(page, "m/plain"), /retry|circuit/);
  await visit(page, `#/run/${ids.guarded}`, ".switches");
  const said = await page.$$eval(".switches dd", (all) => all.map((d) => d.textContent.replace(/\s+/g, " ").trim()).sort());
  assert.deepEqual(said, ["circuit.calls 150 not 200", "retry.parse 3 not 2"]);
  await visit(page, `#/run/${ids.plain}`);
  assert.equal(await page.$(".switches"), null);
  await visit(page, `#/compare?a=${ids.plain}&b=${ids.guarded}`, "table.changed");
  const parts = await page.$$eval("table.changed tbody tr", (all) => all.map((r) => [...r.cells].map((c) => c.textContent)));
  assert.deepEqual(parts, json(store, "compare", "m/plain", "m/guarded").changed.map((c) => [c.path, String(c.a), String(c.b)]));
  assert.deepEqual(parts.map((p) => p[0]), ["harness.circuit.calls", "harness.retry.parse"]);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a run that goes on says so, moves, says when nobody works on it, and ends", async () => {
  const fresh = path.join(work, "live.db");
  const own = await view(fresh);
  const page = await open(browser, own);
  await visit(page, "#/runs");
  const begin = (...more) => background(fresh, "run", "incident-response", "--solver", "random", "-k", "1500", "--label", "live", "--quiet", ...more);
  const first = begin();
  await page.waitForSelector(".vr a", { timeout: 60_000 });
  const state = () => page.$eval(".vr [role=cell]", (c) => c.textContent.replace(/^./u, ""));
  const seen = new Set();
  for (let i = 0; i < 40 && seen.size < 3; i++) {
    seen.add(await page.$eval(".vr", (r) => r.children[5].textContent));
    await page.waitForTimeout(60);
  }
  assert.ok(seen.size >= 3, `it moved: ${[...seen]}`);
  assert.equal(await state(), "running");
  assert.ok(await page.$(".vr .hair"), "a hairline of progress");
  assert.equal(json(fresh, "runs").batches[0].running, true);
  first.kill("SIGKILL");
  await until(page, () => document.querySelector(".vr [role=cell]").textContent.endsWith("not finished"), null, 8_000);
  assert.equal(json(fresh, "runs").batches[0].running, false);
  await page.click(".vr a");
  await page.waitForSelector(".prog");
  assert.match(await page.textContent("main"), /nobody works on it/);
  const second = begin("--resume");
  await until(page, () => /running/.test(document.querySelector(".meta").textContent), null, 120_000);
  await until(page, () => / of .* attempts, left \d/.test(document.querySelector("main").textContent), null, 120_000);
  second.kill("SIGINT");
  await until(page, () => /not finished/.test(document.querySelector(".meta").textContent), null, 120_000);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
  await own.stop();
});
