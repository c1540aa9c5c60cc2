#!/usr/bin/env python3
"""What `tare export --to inspect` writes is read by Inspect's own reader. 77: it is not installed.

  tests/inspect/read_log.py TARE     ($TARE_INSPECT_PYTHON: an interpreter that has inspect-ai)"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

tare, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(__file__).resolve().parents[2]

READ = """
import json, math, sys
from inspect_ai.log import read_eval_log
log = read_eval_log(sys.argv[1])
means = {s.name: s.metrics["mean"].value for s in log.results.scores}
print(json.dumps({"status": log.status, "samples": len(log.samples), "pass": means["pass"],
                  "values": [s.scores["pass"].value for s in log.samples],
                  "said": log.samples[0].output.completion,
                  "turns": max(len(s.messages) for s in log.samples)}))
"""


def main():
    python = os.environ.get("TARE_INSPECT_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import inspect_ai"], capture_output=True).returncode:
        print("skipped: no inspect-ai")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, TARE_SUITES=str(root / "suites"))

        def run(*args):
            return subprocess.run([tare, *args], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout
        run("run", "short-answers", "--solver", "oracle", "--solver", "empty", "-k", "2", "--quiet")
        for solver, share in (("oracle", 1.0), ("empty", 0.0)):
            run("export", "@last/" + solver, "--to", "inspect", "--out", "log.json")
            got = json.loads(subprocess.run([python, "-c", READ, "log.json"], cwd=folder, check=True, capture_output=True, text=True).stdout)
            assert got["status"] == "success" and got["samples"] == 60, got
            assert got["pass"] == share and got["values"] == [share] * 60, got
            assert got["turns"] == 5, got  # system, user, assistant, user, assistant
            assert got["said"] == ("42" if solver == "oracle" else ""), got
    return 0


sys.exit(main())
