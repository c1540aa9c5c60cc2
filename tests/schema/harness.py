#!/usr/bin/env python3
"""The switches of the program, of docs/schema/solver.json and of docs/concepts/harness.md are the
same: tests/schema/harness.py TARE"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
tare = sys.argv[1]
out = subprocess.run([tare, "help", "harness", "--json"], capture_output=True, check=True).stdout
switches = {s["key"]: s for s in json.loads(out)["switches"]}
schema = json.loads((ROOT / "docs/schema/solver.json").read_text())["properties"]["harness"]
found = {}
for key, value in schema["properties"].items():
    if "properties" in value:
        found |= {f"{key}.{k}": v for k, v in value["properties"].items() if k != "meta"}
    elif key != "meta":
        found[key] = value
wrong = [f"only in the program: {k}" for k in switches.keys() - found.keys()]
wrong += [f"only in the schema: {k}" for k in found.keys() - switches.keys()]
rows = [line for line in (ROOT / "docs/concepts/harness.md").read_text().splitlines() if line.startswith("| `") and line.count("|") == 6]
for key, s in switches.items():
    v = found.get(key, {})
    if v.get("default") != s["default"]:
        wrong.append(f"{key}: default {s['default']!r} in the program, {v.get('default')!r} in the schema")
    if v.get("description") != s["about"]:
        wrong.append(f"{key}: another description in the schema")
    default = "" if s["default"] is None else str(s["default"]).lower() if isinstance(s["default"], bool) else str(s["default"])
    row = f"| `{key}` | {s['values'].replace('|', ', ')} | {default} | {s['about']} | {s['counts']} |"
    if row not in rows:
        wrong.append(f"{key}: docs/concepts/harness.md should say\n  {row}")
talk = [line for line in (ROOT / "docs/concepts/harness.md").read_text().splitlines() if line.startswith("| `") and line.count("|") == 3]
wanted = [f"| `{k}` | {s['talk']} |" for k, s in switches.items() if s["talk"]]
wrong += [f"docs/concepts/harness.md, In a talk, should say\n  {row}" for row in wanted if row not in talk]
wrong += [f"docs/concepts/harness.md, In a talk, should not say\n  {row}" for row in talk if row not in wanted and row.split("`")[1] in switches]
if len(rows) != len(switches):
    wrong.append(f"{len(rows)} rows in docs/concepts/harness.md, {len(switches)} switches")
print("\n".join(wrong) or f"{len(switches)} switches agree")
sys.exit(bool(wrong))
