// A real tare, a real store, a real browser.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const tare = process.env.TARE;
export const dist = process.env.TARE_WEB_DIST;
export const work = process.env.TARE_WEB_WORK;
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const env = { ...process.env, NO_COLOR: "1" };
delete env.TARE_STORE;

/** Standard output of a command; throws where it fails. */
export function run(store, ...args) {
  return execFileSync(tare, [...args, "--store", store], { cwd: root, env, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}
export const json = (store, ...args) => JSON.parse(run(store, ...args, "--json"));
export function background(store, ...args) {
  return spawn(tare, [...args, "--store", store], { cwd: root, env, stdio: "ignore" });
}

const children = new Set();
/** Ends what a failed test left running. */
export function stopAll() {
  for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
}

/** tare view over a store; {url, origin, token, stop}. */
export async function view(store, ...args) {
  const child = spawn(tare, ["view", ...args, "--web", dist, "--store", store], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let said = "";
  let trouble = "";
  child.stderr.on("data", (d) => (trouble += d));
  const url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (d) => {
      said += d;
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(said);
      if (found) resolve(found[0]);
    });
    child.on("exit", (code) => reject(new Error(`tare view ended with ${code}: ${trouble}`)));
  });
  const { origin, searchParams } = new URL(url);
  const stop = async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGINT");
    const late = setTimeout(() => child.kill("SIGKILL"), 3000);
    await ended;
    clearTimeout(late);
  };
  return { url, origin, token: searchParams.get("token"), stop };
}

export const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
export const launch = () => chromium.launch({ executablePath: process.env.TARE_BROWSER, args: flags });

/** A fresh page at a server; what goes wrong in it is collected in page.troubles. */
export async function open(browser, server, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.troubles = [];
  page.on("pageerror", (e) => page.troubles.push(String(e.stack ?? e)));
  page.on("console", (m) => m.type() === "error" && !/Failed to load resource/.test(m.text()) && page.troubles.push(m.text()));
  page.on("dialog", (d) => {
    page.troubles.push("a dialog: " + d.message());
    d.dismiss();
  });
  await page.goto(server.url);
  await page.waitForSelector("main h1, main .err");
  return page;
}

/** Looks until it holds; waiting inside the page would need eval, which its policy forbids. */
export async function until(page, holds, arg = null, ms = 60_000) {
  const end = Date.now() + ms;
  while (!(await page.evaluate(holds, arg))) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${holds} (${JSON.stringify(arg)}) at ${await page.evaluate(() => location.hash)}`);
    await page.waitForTimeout(30);
  }
}

/** Goes to a hash route and waits until its documents are there. */
export async function visit(page, hash, wait = "main h1") {
  await page.evaluate((h) => (location.hash = h), hash);
  // Some documents are asked for only once others are there.
  for (let quiet = 0; quiet < 3; quiet++) {
    await page.waitForTimeout(30);
    await until(page, () => document.getElementById("main")?.getAttribute("aria-busy") !== "true" && !document.querySelector(".bones"));
  }
  await page.waitForSelector(wait);
}

/** A store with three controls on the small suite, its server and a browser; {store, browser, server, ids, end}. */
export async function demo(name) {
  const store = path.join(work, `${name}.db`);
  run(store, "run", "incident-response", "--solver", "injection-follower", "--solver", "verify-first", "--solver", "random", "-k", "2", "--seed", "7", "--label", "demo", "--quiet");
  const server = await view(store);
  const browser = await launch().catch((e) => {
    stopAll();
    throw e;
  });
  const ids = Object.fromEntries(json(store, "runs").batches[0].runs.map((r) => [r.solver, r.run]));
  const end = async () => {
    await browser.close();
    await server.stop();
    stopAll();
  };
  return { store, browser, server, ids, end };
}
