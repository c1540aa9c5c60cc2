// Builds the page: npm run build -- FOLDER (default: dist). Writes app.js, app.css and index.html there
// and prints what they weigh. Runs on Node 18.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { writeTypes } from "./types.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, "dist"));
const budget = 150_000;

await mkdir(out, { recursive: true });
await writeTypes(path.join(here, "src", "docs.gen.ts"));
await esbuild.build({
  entryPoints: { app: path.join(here, "src", "main.tsx") },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022", "chrome110", "firefox115", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
});
await esbuild.build({
  entryPoints: [path.join(here, "src", "app.css")],
  outfile: path.join(out, "app.css"),
  bundle: true,
  minify: true,
  target: ["chrome110", "firefox115", "safari16.4"],
  logLevel: "warning",
});
await writeFile(path.join(out, "index.html"), await readFile(path.join(here, "src", "index.html")));

let total = 0;
for (const name of ["app.js", "app.css"]) {
  const raw = await readFile(path.join(out, name));
  const small = gzipSync(raw, { level: 9 }).length;
  total += small;
  console.log(`${name}: ${raw.length} bytes, ${small} gzip`);
}
console.log(`together ${total} bytes gzip, ${budget} allowed`);
if (total > budget) {
  console.error(`web: the bundle weighs ${total} bytes gzip, more than ${budget}: leave something out`);
  process.exitCode = 1;
}
