#!/usr/bin/env python3
"""The server of tare view over large stores: rows "what, value, unit, remark". TARE_BENCH names the
program (build-bench/tare otherwise)."""
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARE = os.environ.get("TARE_BENCH", str(ROOT / "build-bench" / "tare"))


class Server:
    def __init__(self, folder, *args):
        self.process = subprocess.Popen([TARE, "view", "--json", *args], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                                        env=dict(os.environ, TARE_STORE=str(folder / "s.db"), TMPDIR=str(folder)))
        self.doc = json.loads(self.process.stdout.readline())
        self.http = http.client.HTTPConnection(*self.doc["base"][7:].split(":"), timeout=60)

    def get(self, target):
        begin = time.perf_counter()
        self.http.request("GET", target, headers={"X-Tare-Token": self.doc["token"], "Accept-Encoding": "gzip"})
        answer = self.http.getresponse()
        first = time.perf_counter()
        answer.read()
        if answer.status != 200:
            sys.exit(f"{target}: {answer.status}")
        return (first - begin) * 1e3, (time.perf_counter() - begin) * 1e3

    def stop(self):
        self.process.terminate()
        self.process.wait()


def row(what, value, unit, remark=""):
    print(what, f"{value:.3g}", unit, remark, sep="\t", flush=True)


def best(server, target, n=5):
    return min(server.get(target)[1] for _ in range(n))


def large_run(folder):
    """100,000 attempts at 50,000 tasks, out of a CSV."""
    path = folder / "large.csv"
    with path.open("w") as f:
        f.write("task,attempt,score,category\n")
        for i in range(50_000):
            for k in (1, 2):
                f.write(f"t{i:06d},{k},{(i * 2654435761 + k * 40503) % 1000 / 1000},c{i % 7}\n")
    env = dict(os.environ, TARE_STORE=str(folder / "s.db"))
    subprocess.run([TARE, "import", str(path), "--label", "large"], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    s = Server(folder)
    base = "/api/v1/runs/large/attempts"
    row("page: first byte of /", min(s.get("/")[0] for _ in range(5)), "ms")
    row("run of 100,000 attempts: a page of 200", best(s, base + "?offset=50000"), "ms")
    row("run of 100,000 attempts: sort by score, first page", s.get(base + "?sort=-score")[1], "ms", "first time")
    row("run of 100,000 attempts: sorted, the next page", min(s.get(base + f"?sort=-score&offset={o}")[1] for o in (200, 400, 90_000, 99_800)), "ms", "the order is kept")
    where = urllib.parse.quote("category:c3 score<0.2")
    row("run of 100,000 attempts: filter, first page", s.get(base + f"?where={where}&sort=score")[1], "ms", "first time")
    row("run of 100,000 attempts: /runs", s.get("/api/v1/runs")[1], "ms", "first time: makes the interval")
    row("run of 100,000 attempts: /runs again", best(s, "/api/v1/runs"), "ms")
    s.stop()


def whole_report(folder):
    """Every control of the world soc on 60 tasks, four attempts each, as one file."""
    env = dict(os.environ, TARE_STORE=str(folder / "e.db"))
    subprocess.run([TARE, "run", "incident-response", "-s", "runbook", "-s", "verify-first", "-s", "oracle", "-s", "spray", "-s", "random",
                    "-s", "do-nothing", "-s", "investigate-only", "-s", "injection-follower", "-k", "4", "--seed", "7", "--label", "r", "-q"],
                   cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    out = folder / "r.html"
    begin = time.perf_counter()
    subprocess.run([TARE, "report", "r", "--html", str(out), "-q"], cwd=ROOT, env=env, check=True)
    row("report of 60 tasks × 8 solvers × 4 attempts: size", out.stat().st_size / 1e6, "MB", "at most 3")
    row("report of 60 tasks × 8 solvers × 4 attempts: written in", (time.perf_counter() - begin) * 1e3, "ms")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        large_run(folder)
        whole_report(folder)


main()
