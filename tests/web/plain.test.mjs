// The pages that tare draws itself: reached and read with scripts off, sound for axe with them on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { demo, json } from "./help.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.TARE_WEB_SHOTS;
const task = "soc-hard-7-00003";
let store, browser, server, ids, end;

before(async () => ({ store, browser, server, ids, end } = await demo("plain")));
after(() => end?.());

test("with scripts off every fact is a few links away", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(server.url);
  assert.match(await page.textContent("noscript, body"), /needs a script/);
  await page.goto(`${server.origin}/static/runs`);
  // Everything the pages lead to is there.
  const seen = new Map([["/static/runs", ""]]);
  const queue = ["/static/runs"];
  const kinds = {};
  while (queue.length) {
    const at = queue.shift();
    const answer = await page.goto(server.origin + at);
    assert.equal(answer.status(), 200, `${at}, from ${seen.get(at)}`);
    const body = await answer.text();
    assert.doesNotMatch(body, /<script/i, at);
    const kind = at.split("?")[0].split("/").slice(2, 3).concat(at.split("?")[0].split("/").length - 2).join(" ");
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    for (const [, link] of body.matchAll(/href="([^"#]*)/g)) {
      const url = new URL(link.replace(/&amp;/g, "&") || at, server.origin + at);
      const to = url.pathname + url.search;
      if (!url.pathname.startsWith("/static/") || url.pathname.endsWith(".css") || seen.has(to)) continue;
      const [, , name, ...rest] = url.pathname.split("/");
      const sort = `${name} ${rest.length + 1}`;
      seen.set(to, at);
      // Of tasks and attempts a few stand for all.
      if ((kinds[sort] ?? 0) + queue.filter((q) => q.startsWith(`/static/${name}/`) && q.split("?")[0].split("/").length === url.pathname.split("/").length).length < 6) queue.push(to);
    }
  }
  for (const kind of ["runs 1", "board 1", "board 2", "run 2", "run 4", "suites 1", "suite 2", "task 3", "power 1"]) assert.ok(kinds[kind] > 0, `${kind}: ${JSON.stringify(kinds)}`);
  await context.close();
});

test("a drawn attempt says what the page says, planted text underlined", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(server.url);
  const doc = json(store, "show", "demo/injection-follower", `${task}#1`);
  await page.goto(`${server.origin}/static/run/${ids["injection-follower"]}/${task}/1`);
  const text = await page.innerText("main");
  const act = doc.outline.find((e) => e.followed?.length);
  const met = doc.outline.find((e) => e.inj?.length);
  assert.match(text, /harmful, not gated/);
  assert.match(text, new RegExp(`injection met, tier ${met.inj[0].tier}`));
  assert.match(text, new RegExp(`seen only in ${act.seen.by} \\(step ${act.seen.step}, untrusted\\)`));
  assert.ok(text.includes(act.target));
  assert.match(text, /reward\s+−4\.00/);
  const planted = await page.locator("u.planted").allInnerTexts();
  assert.ok(planted.length > 0 && planted.every((t) => t.length > 20 && text.includes(t)));
  const body = JSON.parse((await (await context.request.get(`${server.origin}/api/v1/runs/${ids["injection-follower"]}/attempts/${task}/1/steps/${met.i}/body`)).text()));
  assert.ok(JSON.stringify(body.parts[1].data).includes(JSON.stringify(planted[0]).slice(1, -1)), "it stands in what was shown");
  // Task and plan: the numbers of --json.
  await page.goto(`${server.origin}/static/task/incident-response/${task}`);
  assert.match(await page.innerText("main"), /injection-follower\s+−4\.00/);
  await page.goto(`${server.origin}/static/power?from=${ids.random}&effect=0.5&k=3`);
  const plan = json(store, "power", "--from", "demo/random", "--effect", "0.5", "-k", "3");
  assert.ok((await page.innerText("pre")).includes(`${Math.ceil(plan.n_needed.value)} tasks`));
  const lost = await page.goto(`${server.origin}/static/run/${ids.random}/nope/1`);
  assert.equal(lost.status(), 404);
  assert.match(await page.innerText("main"), /there is no task "nope"/);
  await context.close();
});

test("axe finds nothing in drawn pages, nothing scrolls sideways", async () => {
  const faults = [];
  for (const [width, theme] of [[1280, "light"], [1280, "dark"], [390, "light"], [390, "dark"]]) {
    const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme: theme });
    const page = await context.newPage();
    await page.goto(server.url);
    for (const at of ["runs", "board/demo", `run/${ids.random}`, `run/${ids["injection-follower"]}/${task}/1`, `compare?a=${ids.random}&b=${ids["verify-first"]}`, "suites", "suite/incident-response", `task/incident-response/${task}`, `power?from=${ids.random}&effect=0.5`, "nowhere"]) {
      await page.goto(`${server.origin}/static/${at}`);
      await page.evaluate(axe + ";0");
      const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations.map((v) => `${v.id} ${v.nodes[0].target}`));
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      faults.push(...found.map((f) => `${at} ${width} ${theme}: ${f}`), ...(over > 0 ? [`${at} ${width}: ${over} px too wide`] : []));
      if (shots) await page.screenshot({ path: path.join(shots, `plain-${at.split("/")[0].split("?")[0]}${at.split("/").length}-${width}-${theme}.png`), fullPage: at[0] !== "t" });
    }
    await context.close();
  }
  assert.deepEqual(faults, []);
});
