// For everyone: by keyboard alone, without colour, without motion; links to what is not there.
import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { demo, open, run, view, visit, work } from "./help.mjs";
import { decode, outline } from "./png.mjs";

const task = "soc-hard-7-00003";
let browser, server, ids, end;

before(async () => ({ browser, server, ids, end } = await demo("access")));
after(() => end?.());

test("a link to what is not there says so and how to go on", async () => {
  const page = await open(browser, server);
  const r = ids.random;
  for (const [hash, heading, word, way] of [
    ["#/run/rnope", "This run is not there", /no batch or run is called "rnope"/, "#/runs"],
    [`#/run/${r}/no-such/1`, "This attempt is not there", /there is no task "no-such"/, `#/run/${r}`],
    [`#/run/${r}/${task}/99`, "This attempt is not there", /attempt 99 of that task is not there/, `#/run/${r}/${task}/1`],
    [`#/run/${r}/${task}/zero`, "This attempt is not there", /numbered from 1/, `#/run/${r}/${task}/1`],
    ["#/suite/nope", "This suite is not there", /no run weighs a suite "nope"/, "#/suites"],
    ["#/task/incident-response/nope", "This task is not there", /there is no task "nope"/, "#/suite/incident-response"],
    ["#/nowhere/at/all", "Nothing is here", /No page is called/, null],
  ]) {
    await visit(page, hash);
    assert.equal(await page.textContent("main h1"), heading, hash);
    assert.match(await page.textContent("main"), word, hash);
    if (!way) continue;
    assert.ok(await page.$(`main .ways a[href="${way}"]`), `${hash} leads to ${way}`);
    await page.click(`main .ways a[href="${way}"]`);
    await visit(page, way);
    assert.equal(await page.$("main .err"), null, `${way} is there`);
  }
  // A step or another attempt that is not there leaves the attempt itself on the page.
  for (const [query, word] of [["step=999", /There is no step “999” here\. The steps are 0 to \d+/], ["step=abc", /There is no step “abc”/], [`beside=${r}/nope/1`, /there is no task "nope"/], ["beside=zzz", /“zzz” names no attempt/]]) {
    await visit(page, `#/run/${r}/${task}/1?${query}`);
    assert.match(await page.textContent("main .err"), word, query);
    assert.ok(await page.$(".st"), query);
  }
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a store that breaks while it is looked at is said, with the file and a way on", async () => {
  const own = path.join(work, "breaks.db");
  run(own, "run", "incident-response", "--solver", "random", "-k", "1", "--limit", "4", "--label", "x", "--quiet");
  const server_ = await view(own);
  const page = await open(browser, server_);
  await page.waitForSelector(".vr a");
  truncateSync(own, 4096);
  writeFileSync(own, "no longer a database ".repeat(400));
  await page.reload();
  await page.waitForSelector(".err");
  const said = await page.textContent(".err");
  assert.match(said, /breaks\.db/);
  assert.match(said, /tare store|--store|backup|repair|check/, said);
  assert.ok(await page.$("header nav"));
  await page.context().close();
  await server_.stop();
});

test("Tab goes through each page in reading order, focus is seen, nothing traps it", async () => {
  const page = await open(browser, server);
  const places = ["#/runs", `#/run/${ids.random}`, "#/board", `#/compare?a=${ids.random}&b=${ids["verify-first"]}`, "#/suites", "#/suite/incident-response", `#/task/incident-response/${task}`, `#/run/${ids["injection-follower"]}/${task}/1`, `#/power?from=${ids.random}&effect=0.5&k=2`, "#/run/rnope"];
  for (const [nth, hash] of places.entries()) {
    // A page opened anew is walked from its top.
    await page.goto(`${server.origin}/?nth=${nth}${hash}`);
    await visit(page, hash);
    const stops = [];
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const e = document.activeElement;
        if (!e || e === document.body) return null;
        const all = [...document.querySelectorAll("*")];
        const r = e.getBoundingClientRect();
        const s = getComputedStyle(e);
        const shown = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1;
        return { n: all.indexOf(e), name: `${e.tagName}.${e.className?.baseVal ?? e.className} ${e.textContent.slice(0, 30)}`, shown, seen: r.width > 0 && r.height > 0 && r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth };
      });
      if (!at) break;
      if (stops.length && at.n === stops[0].n) break;
      stops.push(at);
    }
    assert.match(stops[0].name, /Skip to content/, `${hash} begins with ${stops[0].name}`);
    assert.ok(stops.length >= 8, `${hash}: ${stops.length} stops`);
    for (const [i, s] of stops.entries()) {
      assert.ok(s.shown, `${hash}: no focus is drawn at ${s.name}`);
      assert.ok(s.seen, `${hash}: the focus is out of sight at ${s.name}`);
      if (i > 0) assert.ok(s.n > stops[i - 1].n, `${hash}: ${s.name} comes after ${stops[i - 1].name}, and stands before it`);
    }
  }
  // The skip link leads past the bar.
  await page.goto(`${server.origin}/?nth=last#/runs`);
  await visit(page, "#/runs");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("motion: colours fade in 120 ms and nothing else moves; with less motion wanted nothing does", async () => {
  for (const [wish, most] of [["reduce", 0], ["no-preference", 0.12]]) {
    const page = await open(browser, server, { reducedMotion: wish });
    for (const hash of ["#/runs", "#/board", `#/run/${ids["injection-follower"]}/${task}/1`]) {
      await visit(page, hash);
      const found = await page.evaluate(() => [...document.querySelectorAll("*")].map((e) => getComputedStyle(e)).map((s) => ({ seconds: Math.max(...s.transitionDuration.split(",").map(parseFloat)), of: s.transitionProperty, animation: s.animationName })));
      assert.ok(found.every((f) => f.animation === "none" && f.seconds <= most), `${hash} ${wish}`);
      assert.ok(found.filter((f) => f.seconds > 0).every((f) => /^((background|border|text-decoration)-color|color|, )+$/.test(f.of)), JSON.stringify(found.find((f) => f.seconds > 0)));
      if (most) assert.ok(found.some((f) => f.seconds > 0));
    }
    await page.context().close();
  }
});

test("in grey, marks of different meaning differ in shape", async () => {
  for (const theme of ["light", "dark"]) {
    const page = await open(browser, server, { colorScheme: theme, deviceScaleFactor: 4 });
    const kinds = {};
    const look = async (name, selector, nth = 0) => {
      const element = (await page.$$(selector))[nth];
      assert.ok(element, `${name}: ${selector}`);
      kinds[name] = outline(decode(await element.screenshot()));
    };
    await visit(page, `#/run/${ids["injection-follower"]}/${task}/1`);
    await look("query", ".st:nth-child(1) svg:nth-of-type(2)");
    await look("trusted", ".legend span:nth-child(1) svg");
    await look("untrusted", ".legend span:nth-child(2) svg");
    await look("injection", ".legend span:nth-child(3) svg");
    await look("query again", ".st:nth-child(1) svg:nth-of-type(2)");
    assert.ok(kinds["query"].differs(kinds["query again"]) < 0.03, "one mark twice is one shape");
    delete kinds["query again"];
    await look("harmful", ".st[aria-current] svg:nth-of-type(2)");
    const rows = await page.$$eval(".st", (all) => all.map((e) => e.textContent));
    await look("report", ".st svg:nth-of-type(2)", rows.findIndex((t) => t.includes("submit_report")));
    await visit(page, `#/run/${ids["verify-first"]}/${task}/1`);
    const right = await page.$$eval(".st", (all) => all.map((e) => e.textContent)).then((t) => t.findIndex((x) => /required, gated/.test(x)));
    await look("right", ".st svg:nth-of-type(2)", right * 1);
    await visit(page, `#/compare?a=${ids["injection-follower"]}&b=${ids["verify-first"]}`);
    await look("verdict", ".verdict h1 svg");
    const names = Object.keys(kinds);
    for (const [i, a] of names.entries())
      for (const b of names.slice(i + 1)) {
        const d = kinds[a].differs(kinds[b]);
        assert.ok(d > 0.1, `${theme}: ${a} and ${b} differ in ${(100 * d).toFixed(0)} % of their ink`);
      }
    await page.context().close();
  }
});
