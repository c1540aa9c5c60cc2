#!/usr/bin/env python3
"""Token masks beside llguidance 1.x (PyPI), same vocabulary, same instances cut the same way, one run.

Prints rows "what, value, unit, remark". Needs the shared sample ($TARE_MASK_SAMPLE, or
../shared/data/jsonschemabench/sample.jsonl), the npm package gpt-tokenizer ($GPT_TOKENIZER: its folder;
else it is installed into a temporary one) and llguidance (of $MASK_PYTHON; else a virtual environment is
made). What is absent is left out and named. llguidance writes each mask into a buffer; tare hands out a
pointer to one it remembers. Calls of llguidance include crossing from Python, about 0.1 us each."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARE = ROOT / "build-bench" / "tare"
SAMPLE = pathlib.Path(os.environ.get("TARE_MASK_SAMPLE", ROOT.parent / "shared/data/jsonschemabench/sample.jsonl"))
RANKS = """
import fs from 'fs';
const ranks = (await import(process.argv[2] + '/esm/bpeRanks/cl100k_base.js')).default;
const rows = [];
ranks.forEach((t, i) => { if (t != null) rows.push(Buffer.from(t).toString('base64') + ' ' + i); });
fs.writeFileSync(process.argv[3], rows.join('\\n') + '\\n');
"""
PEER = r'''
import base64, json, sys, time
from llguidance import LLMatcher, LLTokenizer
import llguidance
ranks = {base64.b64decode(t): int(i) for t, i in (l.split() for l in open(sys.argv[1]))}
end = max(ranks.values()) + 1
tok = LLTokenizer.from_tiktoken(encoder=ranks, special_tokens={"<|endoftext|>": end}, pattern=r"[\s\S]",
                                eos_token=end, n_vocab=end + 1, slices=None)
longest = max(map(len, ranks))
def cut(text):
    at, out = 0, []
    while at < len(text):
        n = next(n for n in range(min(longest, len(text) - at), 0, -1) if text[at:at + n] in ranks)
        out.append(ranks[text[at:at + n]]); at += n
    return out
words = (end + 1 + 31) // 32
buffer = bytearray(words * 4)
import ctypes
pointer = ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))
compile_us, mask_us, accept_us = [], [], []
out = dict(schemas=0, refused=0, valid=0, over=0, invalid=0, under=0)
now = time.perf_counter_ns
for line in open(sys.argv[2]):
    d = json.loads(line)
    out["schemas"] += 1
    t = now()
    try:
        grammar = LLMatcher.grammar_from_json_schema(d["schema"], overrides={"whitespace_flexible": False})
        first = LLMatcher(tok, grammar)
        bad = first.is_error()
    except Exception:
        bad = True
    compile_us.append((now() - t) / 1e3)
    if bad:
        out["refused"] += 1
        continue
    for test in d["tests"]:
        if test.get("needs_format"):
            continue
        m, ok = first.deep_copy(), True
        text = json.dumps(test["data"], ensure_ascii=False, separators=(",", ":")).encode()
        for token in cut(text) + [end]:
            if token == end:
                ok = m.is_accepting()
                break
            t = now(); m.unsafe_compute_mask_ptr(pointer, len(buffer)); mask_us.append((now() - t) / 1e3)
            t = now(); ok = m.consume_token(token); accept_us.append((now() - t) / 1e3)
            if not ok:
                break
        kind = "valid" if test["valid"] else "invalid"
        out[kind] += 1
        out["over" if test["valid"] else "under"] += test["valid"] != ok
def spread(v):
    v.sort()
    return {k: v[min(len(v) - 1, int(p * len(v)))] for k, p in dict(p50=.5, p90=.9, p95=.95, p99=.99, max=1).items()}
print(json.dumps(dict(out, version=llguidance.__version__, compile_us=spread(compile_us), mask_us=spread(mask_us),
                      accept_us=spread(accept_us))))
'''


def row(what, value, unit, remark=""):
    print(f"{what}\t{value:.4g}\t{unit}\t{remark}", flush=True)


def ranks_into(path, folder):
    package = os.environ.get("GPT_TOKENIZER")
    if not package:
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, "gpt-tokenizer"], check=True,
                       stdout=subprocess.DEVNULL)
        package = folder / "node_modules" / "gpt-tokenizer"
    script = folder / "ranks.mjs"
    script.write_text(RANKS)
    subprocess.run(["node", script, package, path], check=True)


def peer(ranks, folder):
    python = os.environ.get("MASK_PYTHON")
    if not python:
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        python = folder / "venv" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", "llguidance>=1,<2"], check=True)
    return json.loads(subprocess.run([python, "-c", PEER, ranks, SAMPLE], check=True, capture_output=True,
                                     text=True).stdout)


def rows(name, r):
    for what in ("compile", "mask", "accept"):
        for p in ("p50", "p90", "p95", "p99", "max"):
            row(f"{what} {p}: {name}", r[f"{what}_us"][p], "us")
    for what in ("refused", "over", "under"):
        of = {"refused": "schemas", "over": "valid", "under": "invalid"}[what]
        row(f"{what}: {name}", 100 * r[what] / r[of], "%", f"{r[what]} of {r[of]} {of}")


if not SAMPLE.exists():
    print("bench masks: the shared sample is absent", file=sys.stderr)
    sys.exit(0)
with tempfile.TemporaryDirectory() as name:
    here = pathlib.Path(name)
    try:
        ranks_into(here / "ranks", here)
    except (OSError, subprocess.CalledProcessError):
        print("bench masks: node, npm and the package gpt-tokenizer are needed", file=sys.stderr)
        sys.exit(0)
    ours = json.loads(subprocess.run([TARE, "mask", "bench", "--json", "--compact", "--schemas", SAMPLE, "--vocab",
                                      here / "ranks"], check=True, capture_output=True, text=True).stdout)
    rows("tare", ours)
    row("masks found remembered: tare", 100 * ours["hit_rate"], "%", "each schema begins with an empty memory")
    row("memory of one schema, most: tare", ours["most_bytes"] / 2**20, "MiB")
    try:
        theirs = peer(here / "ranks", here)
    except (OSError, subprocess.CalledProcessError) as e:
        row("llguidance", 0, "", f"could not be run: {type(e).__name__}")
        sys.exit(0)
    rows("llguidance " + theirs["version"], theirs)
    for what in ("compile", "mask"):
        for p in ("p50", "p90", "p99", "max"):
            row(f"{what} {p}: llguidance over tare", theirs[f"{what}_us"][p] / ours[f"{what}_us"][p], "times")
row("mask p50, p99: XGrammar, as published", 68, "us", "p99 2,500 us; quoted, not run here")
row("compile p50, p90: XGrammar, as published", 36000, "us", "p90 1,200,000 us; 17 % of invalid instances accepted; quoted")
