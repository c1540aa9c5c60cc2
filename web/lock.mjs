// Takes addresses out of package-lock.json: node lock.mjs [FILE...]
import { readFile, writeFile } from "node:fs/promises";

for (const name of process.argv.length > 2 ? process.argv.slice(2) : ["package-lock.json"]) {
  const lock = JSON.parse(await readFile(name, "utf8"));
  for (const entry of Object.values(lock.packages ?? {})) {
    delete entry.resolved;
    delete entry.funding;
  }
  await writeFile(name, JSON.stringify(lock, null, 2) + "\n");
}
