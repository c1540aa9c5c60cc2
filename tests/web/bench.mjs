// Measures the page; rows "what, value, unit, remark" separated by tabs (bench/web.py calls this).
import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { dist, launch, open, run, stopAll, until, view, work } from "./help.mjs";

const say = (what, value, unit, remark = "") => console.log([what, value, unit, remark].join("\t"));
const size = ["app.js", "app.css"].reduce((n, f) => n + gzipSync(readFileSync(path.join(dist, f)), { level: 9 }).length, 0);
say("page: app.js and app.css, gzip -9", (size / 1000).toFixed(1), "kB", "budget 150");

const store = path.join(work, "bench.db");
run(store, "run", "incident-response", "--solver", "do-nothing", "-k", "1667", "--seed", "1", "--label", "big", "--quiet");
run(store, "run", "incident-response", "--solver", "random", "-k", "1", "--seed", "1", "--label", "small", "--quiet");
const server = await view(store);
const browser = await launch();
const best = (list) => Math.min(...list);

// First contentful paint of a cold page, five times.
const paints = [];
for (let i = 0; i < 5; i++) {
  const page = await open(browser, server);
  await page.waitForSelector(".vr a");
  paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN));
  await page.context().close();
}
say("page: first contentful paint, loopback", best(paints).toFixed(0), "ms", `best of 5, worst ${Math.max(...paints).toFixed(0)}; budget 300`);

const page = await open(browser, server);
const rows = await page.evaluate(async () => (await (await fetch("/api/v1/runs?limit=10")).json()).rows);
const big = rows.find((r) => r.label === "big").run;
await page.evaluate((h) => (location.hash = h), `#/run/${big}?rows=attempts`);
await page.waitForSelector(".vr a");
await page.waitForSelector("main section table", { timeout: 60_000 });
const frames = await page.evaluate(
  () =>
    new Promise((done) => {
      const box = document.querySelector(".vl");
      const all = [];
      let most = 0;
      let last = performance.now();
      const start = last;
      const step = (now) => {
        all.push(now - last);
        last = now;
        most = Math.max(most, document.querySelectorAll(".vr").length);
        // The whole list of 100,000 rows within five seconds.
        box.scrollTop = ((now - start) / 5000) * (box.scrollHeight - box.clientHeight);
        if (now - start < 5000) requestAnimationFrame(step);
        else done({ all: all.slice(2).sort((a, b) => a - b), most });
      };
      requestAnimationFrame(step);
    }),
);
const share = frames.all.filter((f) => f > 17.5).length / frames.all.length;
say("page: 100,020 attempts scrolled end to end in 5 s, 99 % of frames within", frames.all[Math.floor(frames.all.length * 0.99)].toFixed(1), "ms", `${frames.all.length} frames, longest ${frames.all.at(-1).toFixed(1)} ms, ${(100 * share).toFixed(1)} % above 17.5 ms, at most ${frames.most} row nodes; two busy cores`);

const timed = async (act, holds, arg) => {
  const from = await page.evaluate(() => performance.now());
  await act();
  await until(page, holds, arg);
  return (await page.evaluate(() => performance.now())) - from;
};
say("page: sort 100,020 attempts", (await timed(() => page.evaluate(() => { location.hash = location.hash + "&sort=-steps"; }), () => !!document.querySelector('[aria-sort="descending"]') && !!document.querySelector('.vr[data-row="0"] a'))).toFixed(0), "ms", "store and drawing, looked at every 30 ms");
say("page: filter 100,020 attempts", (await timed(() => page.fill("#run-f", "family:benign"), () => /20,004/.test(document.querySelector('[data-v="attempts:total"]')?.textContent ?? ""))).toFixed(0), "ms", "store and drawing, looked at every 30 ms");

// An episode of 10,000 steps: the outline of a real attempt, repeated.
const small = rows.find((r) => r.label === "small").run;
const attempts = await page.evaluate(async (r) => (await (await fetch(`/api/v1/runs/${r}/attempts?limit=200`)).json()), small);
const longest = attempts.steps.indexOf(Math.max(...attempts.steps));
const task = attempts.task[longest];
await page.route(`**/attempts/${task}/1`, async (route) => {
  const answer = await route.fetch();
  const doc = await answer.json();
  const [reset, ...steps] = doc.outline;
  const shifted = (n, add) => (typeof n === "number" ? n + add : n);
  const many = Array.from({ length: 10_000 }, (_, i) => {
    const s = steps[i % steps.length];
    const add = i - (i % steps.length);
    return { ...s, i, gate: shifted(s.gate, add), seen: s.seen ? { ...s.seen, step: shifted(s.seen.step, add) } : s.seen };
  });
  await route.fulfill({ response: answer, json: { ...doc, n_steps: 10_000, outline: [reset, ...many] } });
});
await page.evaluate(() => (location.hash = "#/runs"));
await page.waitForSelector("#runs-q");
const opened = await page.evaluate(
  (hash) =>
    new Promise((done) => {
      const from = performance.now();
      location.hash = hash;
      const look = () => {
        if (document.querySelectorAll(".st").length > 10 && document.querySelector(".tl svg[data-figure] rect")) requestAnimationFrame(() => done(performance.now() - from));
        else requestAnimationFrame(look);
      };
      look();
    }),
  `#/run/${small}/${task}/1`,
);
say("page: open an episode of 10,000 steps", opened.toFixed(0), "ms", "timeline and list usable; budget 500");
const nodes = await page.evaluate(() => document.querySelectorAll("main *").length);
const keys = [];
for (let i = 0; i < 20; i++) {
  const ms = await page.evaluate(
    () =>
      new Promise((done) => {
        const from = performance.now();
        window.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - from)));
      }),
  );
  keys.push(ms);
}
keys.sort((a, b) => a - b);
say("page: key press to paint in it, median", keys[10].toFixed(0), "ms", `two frames at least; ${nodes} nodes on the page; budget 50`);
await browser.close();
await server.stop();
stopAll();
