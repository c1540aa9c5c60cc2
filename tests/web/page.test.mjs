import assert from "node:assert/strict";
import { readFileSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { createRequire } from "node:module";
import { background, dist, json, launch, open, root, run, stopAll, tare, until, view, visit, work } from "./help.mjs";
import { checkNumbers } from "./numbers.mjs";
import { execFileSync } from "node:child_process";

const store = path.join(work, "tare.db");
const shots = process.env.TARE_WEB_SHOTS;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser, server, ids, task;

before(async () => {
  run(store, "run", "incident-response", "--solver", "oracle", "--solver", "verify-first", "--solver", "runbook", "--solver", "random", "--solver", "injection-follower", "-k", "3", "--seed", "7", "--label", "demo", "--quiet");
  browser = await launch();
  server = await view(store);
  const runs = json(store, "runs").batches[0].runs;
  ids = Object.fromEntries(runs.map((r) => [r.solver, r.run]));
  task = json(store, "compare", "demo/runbook", "demo/verify-first").pairs.task[3];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  stopAll();
});

const pages = () => ({
  runs: "#/runs",
  run: `#/run/${ids.random}`,
  board: "#/board",
  "board-fp": "#/board?metric=false_positive_rate",
  compare: `#/compare?a=${ids.runbook}&b=${ids["verify-first"]}`,
  "compare-fp": `#/compare?a=${ids.random}&b=${ids["injection-follower"]}&metric=false_positive_rate`,
  task: `#/task/incident-response/${task}`,
  attempt: `#/run/${ids["injection-follower"]}/${task}/1?step=3`,
  beside: `#/run/${ids.random}/${task}/1?beside=${ids["verify-first"]}/${task}/2`,
  suites: "#/suites",
  suite: "#/suite/incident-response",
  power: "#/power",
  "power-from": `#/power?from=${ids.runbook}&effect=0.5`,
  "power-k": `#/power?from=${ids.random}&effect=0.5&k=3`,
  "power-two": `#/power?from=${ids.runbook},${ids.random}`,
});
const hasNumbers = (name) => !["find"].includes(name);

test("the bundle keeps to its budget", () => {
  const total = ["app.js", "app.css"].reduce((n, f) => n + gzipSync(readFileSync(path.join(dist, f)), { level: 9 }).length, 0);
  assert.ok(total < 150_000, `${total} bytes`);
});

test("numbers and marks stand where the documents say", async () => {
  const page = await open(browser, server);
  let all = 0;
  for (const [name, hash] of Object.entries(pages())) {
    if (!hasNumbers(name)) continue;
    await visit(page, hash);
    const { checked, faults } = await checkNumbers(page);
    assert.deepEqual(faults, [], name);
    assert.ok(checked > 0, `${name}: no number names its place`);
    all += checked;
  }
  assert.ok(all > 300, `${all} checked`);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

/** Three solvers that pass or fail, six tries a task, at three prices. */
function passes() {
  const file = path.join(work, "passes.jsonl");
  const rows = [];
  for (const [solver, rate, price] of [["careful", 8, 0.03], ["plain", 5, 0.01], ["wordy", 4, 0.05]])
    for (let t = 0; t < 24; t++)
      for (let i = 1; i <= 6; i++) rows.push(JSON.stringify({ task: `t-${t}`, run: solver, attempt: i, score: (t * 7 + i * 13 + solver.length * 3) % 11 < rate ? 1 : 0, cost_usd: price * (1 + (t % 5) / 10) }));
  writeFileSync(file, rows.join("\n") + "\n");
  const own = path.join(work, "passes.db");
  execFileSync(tare, ["import", file, "--label", "passes", "--store", own, "--quiet"], { cwd: root, stdio: "pipe" });
  return own;
}

test("tries and the front are drawn as the documents say", async () => {
  const own = passes();
  const board = json(own, "show", "passes");
  assert.equal(board.front_by, "cost_usd");
  assert.deepEqual(Object.fromEntries(board.leaderboard.map((r) => [r.solver, r.front])), { careful: true, plain: true, wordy: false });
  const view_ = await view(own);
  for (const [width, theme] of [[1280, "light"], [390, "dark"]]) {
    const page = await open(browser, view_, { viewport: { width, height: 900 }, colorScheme: theme });
    await page.evaluate(axe + ";0");
    for (const [name, hash] of [["front", "#/board"], ["tries", `#/run/${board.leaderboard[0].run}`]]) {
      await visit(page, hash);
      const { checked, faults } = await checkNumbers(page);
      assert.deepEqual(faults, [], name);
      assert.ok(checked > 3, `${name}: ${checked}`);
      const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations.map((v) => v.id + v.nodes[0].target));
      assert.deepEqual(found, [], `${name} ${width} ${theme}`);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, `${name} ${width}: too wide`);
      if (shots) await page.screenshot({ path: path.join(shots, `${name}-${width}-${theme}.png`), fullPage: true });
    }
    assert.equal(await page.$$eval('[data-v^="run:leaderboard.0.pass_k."]', (e) => e.length), 2);
    await visit(page, "#/board");
    assert.equal(await page.$$eval('[data-mark$=".spent.cost_usd.value"]', (e) => e.length), 3);
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  }
  await view_.stop();
});

test("faces without data: axe finds nothing, in two themes and widths", async () => {
  const own = await view(path.join(work, "nothing.db"));
  const faults = [];
  for (const [width, theme] of [[1280, "light"], [1280, "dark"], [390, "light"], [390, "dark"]])
      for (const [server_, hashes] of [[own, ["#/runs", "#/board", "#/compare", "#/suites", "#/power"]], [server, ["#/run/r00000000nothing", `#/compare?a=${ids.random}&b=nobody`, "#/suite/nothing", "#/nowhere"]]]) {
        const page = await open(browser, server_, { viewport: { width, height: 844 }, colorScheme: theme });
        await page.evaluate(axe + ";0");
        for (const hash of hashes) {
          await visit(page, hash, "main h1, main .err");
          const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations.map((v) => `${v.id} ${v.nodes[0].target}`));
          const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          faults.push(...found.map((f) => `${hash} ${width} ${theme}: ${f}`), ...(over > 0 ? [`${hash} ${width}: ${over} px too wide`] : []));
        }
        await page.context().close();
      }
  assert.deepEqual(faults, []);
  await own.stop();
});

test("without colour: marks of different meaning differ in shape or word", async () => {
  const page = await open(browser, server);
  await visit(page, pages().compare);
  assert.match(await page.textContent(".verdict"), /Improved|Regressed|Equivalent|Inconclusive/i);
  await visit(page, pages().attempt);
  // Marks in colours of their own: each group of one shape has one colour, so colour tells nothing more.
  const shapes = await page.$$eval("main svg [fill], main svg [stroke]", (all) => {
    const seen = {};
    for (const e of all) {
      if (!/^(path|rect|circle|polygon)$/.test(e.tagName) || !e.closest(".st,[role=option],li")) continue;
      const shape = [e.tagName, e.getAttribute("d"), e.getAttribute("r"), e.getAttribute("width"), e.getAttribute("stroke-dasharray"), e.getAttribute("fill") === "none" ? "open" : "filled"].join(" ");
      (seen[shape] ??= new Set()).add(getComputedStyle(e).fill + getComputedStyle(e).stroke);
    }
    return Object.entries(seen).map(([shape, colours]) => [shape, colours.size]);
  });
  assert.ok(shapes.length >= 3, JSON.stringify(shapes));
  assert.deepEqual(shapes.filter(([, n]) => n > 1), []);
  await page.context().close();
});

test("documents of the page are those of --json", async () => {
  const page = await open(browser, server);
  const api = (p) => page.evaluate(async (x) => (await fetch("/api/v1" + x)).json(), p);
  const board = json(store, "show", "demo");
  const seen = await api("/leaderboard");
  for (const key of Object.keys(board)) assert.deepEqual(seen[key], board[key], key);
  const verdict = json(store, "compare", "demo/runbook", "demo/verify-first");
  const compared = await api(`/compare?a=${ids.runbook}&b=${ids["verify-first"]}`);
  for (const key of ["verdict", "tag", "sentence", "estimate", "ci", "p", "n", "wins", "losses", "ties", "dist", "pairs", "by", "mde80", "n_for_margin"]) assert.deepEqual(compared[key], verdict[key], key);
  await visit(page, pages().compare);
  assert.equal((await page.textContent(".verdict .lead")).trim(), verdict.sentence);
  await page.context().close();
});

test("numbers are written as the terminal writes them", async () => {
  const page = await open(browser, server);
  await visit(page, "#/board");
  const rows = await page.$$eval(".board tbody tr", (trs) => trs.map((tr) => ({ name: tr.querySelector(".nm a,.nm span").textContent, value: tr.querySelector(".ev.first .v").textContent, range: tr.querySelector(".ev.first .ci")?.textContent.trim() ?? "" })));
  const terminal = run(store, "show", "demo").split("\n");
  for (const r of rows) {
    const row = terminal.find((l) => l.includes(` ${r.name} `));
    assert.ok(row, r.name);
    assert.ok(row.includes(r.value) && row.includes(r.range), `${JSON.stringify(r)} is not in ${row}`);
  }
  const said = run(store, "compare", "demo/random", "demo/injection-follower", "--metric", "false_positive_rate");
  await visit(page, pages()["compare-fp"]);
  const facts = await page.$$eval(".verdict dd", (dd) => dd.map((d) => d.textContent));
  assert.ok(said.replace(/\s+/g, " ").includes(facts[1].trim()), `${facts[1]} is not in the terminal's verdict`);
  await page.context().close();
});

test("the keyboard reaches everything", async () => {
  const page = await open(browser, server);
  const key = async (...keys) => {
    for (const k of keys) {
      await page.keyboard.press(k);
      await page.waitForTimeout(90);
    }
  };
  const hash = () => page.evaluate(() => location.hash);
  const arrive = (re) => until(page, (s) => new RegExp(s).test(location.hash), re.source);
  await visit(page, "#/runs");
  await page.waitForSelector(".vr a");
  await key("j", "j", "Enter");
  await arrive(/^#\/run\/r[0-9a-f]+$/);
  await page.waitForSelector(".vr a");
  await key("j", "j", "k", "Enter");
  await arrive(/^#\/run\/[^/]+\/[^/]+\/\d/);
  await page.waitForSelector(".st");
  await key("0", "ArrowRight", "ArrowRight");
  assert.match(await hash(), /step=2/);
  await key("]");
  await arrive(/\/2(\?|$)/);
  await page.waitForSelector(".st");
  await key("b");
  await arrive(/beside=/);
  await key("b");
  await arrive(/full=1/);
  await key("b");
  await until(page, () => !/beside/.test(location.hash));
  await key("g", "l");
  await arrive(/^#\/board/);
  await page.waitForSelector(".board tbody tr");
  await key("j", "x", "j", "x", "c");
  await arrive(/^#\/compare\?a=.+&b=/);
  await page.waitForSelector(".verdict");
  await key("n");
  assert.equal(await page.$$eval("tr.at", (r) => r.length), 1);
  const before = await hash();
  await key("w");
  assert.notEqual(await hash(), before);
  await page.waitForSelector(".verdict");
  await key("n", "o");
  await arrive(/beside=/);
  await key("g", "s");
  await arrive(/^#\/suites/);
  await page.waitForSelector("a.row");
  await key("j", "Enter");
  await arrive(/^#\/suite\//);
  await key("g", "p");
  await arrive(/^#\/power/);
  await key("g", "c");
  await arrive(/^#\/compare/);
  await key("?");
  const rows = await page.$$eval("dialog dt", (d) => d.length);
  const table = (readFileSync(path.join(root, "web/src/keys.ts"), "utf8").match(/^ {2}\{ scope: /gm) ?? []).length;
  assert.equal(rows, table, "the help shows every key of the table");
  await key("Escape");
  assert.equal(await page.$("dialog"), null);
  await key("/");
  await page.waitForSelector("dialog input");
  await page.keyboard.type(task);
  await page.waitForSelector("dialog .hits a");
  await page.keyboard.press("Enter");
  await arrive(/^#\/task\//);
  const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await key("t");
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), light);
  await key("d");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.density), "dense");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("axe finds nothing, nothing scrolls sideways, in two themes and widths", { timeout: 600_000 }, async () => {
  if (shots) mkdirSync(shots, { recursive: true });
  const faults = [];
  for (const width of [1280, 390])
    for (const theme of ["light", "dark"]) {
      const page = await open(browser, server, { viewport: { width, height: width > 500 ? 900 : 844 }, colorScheme: theme });
      await page.evaluate(axe + ";0").catch(async () => page.addScriptTag({ content: axe }));
      for (const [name, hash] of Object.entries(pages())) {
        await visit(page, hash);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) faults.push(`${name} ${width}: ${over} px too wide`);
        const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).slice(0, 3).join(" | ")}`));
        faults.push(...found.map((f) => `${name} ${width} ${theme}: ${f}`));
        if (shots) await page.screenshot({ path: path.join(shots, `${name}-${width}-${theme}.png`), fullPage: true });
      }
      assert.deepEqual(page.troubles, []);
      await page.context().close();
    }
  assert.deepEqual([...new Set(faults)], []);
});

test("an empty store says what to do; a run that begins appears and moves", async () => {
  const fresh = path.join(work, "fresh.db");
  const own = await view(fresh);
  const page = await open(browser, own);
  assert.match(await page.textContent(".empty"), /No runs yet/);
  assert.match(await page.textContent(".empty code"), /^tare run /);
  for (const hash of ["#/board", "#/compare", "#/suites", "#/power"]) {
    await visit(page, hash);
    assert.ok(await page.$("h1"), hash);
  }
  await visit(page, "#/runs");
  const child = background(fresh, "run", "incident-response", "--solver", "random", "--solver", "verify-first", "-k", "150", "--label", "live", "--quiet");
  await page.waitForSelector(".vr a", { timeout: 60_000 });
  const counts = new Set();
  for (let i = 0; i < 200 && child.exitCode === null; i++) {
    counts.add(await page.textContent(".vr span.n:nth-of-type(6)").catch(() => ""));
    await page.waitForTimeout(100);
  }
  await until(page, () => [...document.querySelectorAll(".vr")].some((r) => r.textContent.includes("9,000") && !/ of /.test(r.textContent)), null, 120_000);
  assert.ok(counts.size >= 2, `it moved: ${[...counts]}`);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
  await own.stop();
});

test("a broken store and a missing run are said, the page stays", async () => {
  const page = await open(browser, server);
  await visit(page, "#/run/r00000000nothing", ".err");
  assert.ok((await page.textContent(".err")).length > 20);
  assert.ok(await page.$("header nav"));
  await visit(page, `#/run/${ids.random}/no-such-task/1`, ".err");
  await visit(page, `#/compare?a=${ids.random}&b=nobody`, ".err");
  await page.context().close();
  const broken = path.join(work, "broken.db");
  writeFileSync(broken, "this is no database, whatever its name says\n".repeat(200));
  const own = await view(broken).catch((e) => e);
  if (own instanceof Error) assert.match(own.message, /broken\.db|not a|database/); // refused at the door: fine too
  else {
    const other = await open(browser, own);
    await other.waitForSelector(".err");
    await other.context().close();
    await own.stop();
  }
});

test("what models and logs say is never markup", async () => {
  const bad = path.join(work, "hostile.db");
  const file = path.join(work, "hostile.jsonl");
  const names = ['a/b#c?d%e', '<script>window.pwned=1</script>', '"><img src=x onerror="window.pwned=1">', "bidi\u202eevil\u2066", "zero\u200bwidth", "é–日本語-" + "x".repeat(120), "{{7*7}}${7*7}"];
  const rows = [];
  for (const [i, id] of names.entries())
    for (const [run_, score] of [["</script><b>A", i % 2], ["B\u202e", 1]]) rows.push(JSON.stringify({ task: id, run: run_, score }));
  writeFileSync(file, rows.join("\n") + "\n");
  execFileSync(tare, ["import", file, "--label", "<i>L</i>", "--store", bad, "--quiet"], { cwd: root, stdio: "pipe" });
  const own = await view(bad);
  const page = await open(browser, own, { viewport: { width: 390, height: 844 } });
  const look = async (where) => {
    const state = await page.evaluate(() => ({ pwned: window.pwned, odd: document.querySelectorAll("main script, main b b, main i i, main img, main iframe").length, raw: /[\u202a-\u202e\u2066-\u2069\u200b]/.test(document.body.innerText), over: document.documentElement.scrollWidth - document.documentElement.clientWidth }));
    assert.deepEqual(state, { pwned: undefined, odd: 0, raw: false, over: 0 }, where);
  };
  const runs = await page.evaluate(async () => (await fetch("/api/v1/runs?limit=100")).json());
  await visit(page, "#/runs");
  await look("runs");
  await visit(page, "#/board");
  await look("board");
  await visit(page, `#/compare?a=${runs.rows[0].run}&b=${runs.rows[1].run}`);
  await look("compare");
  for (const r of runs.rows) {
    await visit(page, `#/run/${r.run}`);
    await page.waitForSelector(".vr a");
    await look("run");
  }
  const links = await page.$$eval(".vr a", (as) => as.map((a) => a.getAttribute("href")));
  assert.equal(links.length, names.length);
  for (const link of links) {
    await visit(page, link);
    await look(link);
    assert.equal(await page.$(".err"), null, `${link} opens`);
    const id = decodeURIComponent(link.split("/")[3]);
    assert.ok(names.includes(id), id);
  }
  assert.deepEqual(page.troubles, []);
  await page.context().close();
  await own.stop();
});

test("a long list draws only what is on the screen", async () => {
  const own = await view(path.join(work, "fresh.db"));
  const page = await open(browser, own);
  const id = await page.evaluate(async () => (await (await fetch("/api/v1/runs?limit=10")).json()).rows[0].run);
  await visit(page, `#/run/${id}?rows=attempts`);
  await page.waitForSelector(".vr a");
  const nodes = () => page.$$eval(".vr", (r) => r.length);
  assert.ok((await nodes()) <= 120);
  await page.keyboard.press("j");
  await page.keyboard.press("End");
  await until(page, () => document.querySelector('.vr[data-row="8999"] a'), null, 60_000);
  assert.equal(await page.evaluate(() => document.activeElement.closest(".vr")?.dataset.row), "8999");
  assert.ok((await nodes()) <= 120);
  await page.fill("#run-f", "family:benign");
  await until(page, () => /match/.test(document.querySelector('[data-v="attempts:total"]')?.textContent ?? ""));
  const want = json(path.join(work, "fresh.db"), "show", id, "--where", "family:benign", "-n", "1").attempts.total;
  await until(page, (n) => document.querySelector('[data-v="attempts:total"]').textContent.replace(/\D/g, "") === String(n), want);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
  await own.stop();
});

const canReport = (() => {
  try {
    execFileSync(tare, ["help", "report"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
})();
test("a report opens from disk with the network off", { skip: canReport ? false : "this tare has no report verb" }, async (t) => {
  const file = path.join(work, "report.html");
  run(store, "report", "demo/runbook", "demo/verify-first", "--html", file);
  if (!readFileSync(file, "utf8").includes('content="file"')) return t.skip("this tare was built without the page");
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const asked = [];
  const troubles = [];
  page.on("request", (r) => asked.push(r.url()));
  page.on("pageerror", (e) => troubles.push(String(e)));
  page.on("console", (m) => m.type() === "error" && troubles.push(m.text()));
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("header nav");
  const visitFile = async (hash, wait) => {
    await page.evaluate((h) => (location.hash = h), hash);
    await page.waitForSelector(wait);
  };
  await visitFile("#/runs", ".vr a");
  await visitFile("#/board", ".board tbody tr");
  const compare = `#/compare?a=${ids.runbook}&b=${ids["verify-first"]}`;
  await visitFile(compare, ".verdict");
  assert.equal((await page.textContent(".verdict .lead")).trim(), json(store, "compare", "demo/runbook", "demo/verify-first").sentence);
  await visitFile(`#/run/${ids.runbook}`, ".vr a");
  await visitFile(`#/run/${ids.runbook}/${task}/1?step=1`, ".det pre");
  // What is inside stands below every page, readable.
  const inside = await page.locator("footer.drawn .inside").boundingBox();
  assert.ok(inside.width > 400 && inside.height < 100, JSON.stringify(inside));
  assert.match(await page.textContent("footer.drawn"), /Inside this file: 60 tasks, 360 attempts/);
  assert.deepEqual(asked.filter((u) => !u.startsWith("file:") && !u.startsWith("data:")), []);
  assert.deepEqual(troubles, []);
  if (shots) await page.screenshot({ path: path.join(shots, "report.png"), fullPage: true });
  await context.close();
});
export { existsSync };
