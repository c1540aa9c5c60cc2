#!/usr/bin/env python3
"""Programs that run at the same time: tests/agents/together.py TARE. A command of one attempt holds
up nobody else, an interruption ends all of them at once, and what is left can be resumed. What
decides is the order of beginnings and ends, never a time."""
import contextlib
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

from limits import TARE, Base, TASK, boxes  # it takes TARE from the arguments

SUITE = """suite: together
version: 1.0.0
about: Jobs that take a while.
world: {workspace: {seconds: 100, memory_mib: 256}}
tasks: tasks.jsonl
attempts: 1
metrics: [reward]
limits: {steps: 10}
"""
# The agent notes when it gives its command and when it hears of it.
AGENT = """import json, os, sys, time
log = os.path.join(os.path.dirname(os.path.abspath(__file__)), "log")
def note(word):
    with open(log, "a") as f: f.write(word + "\\n")
def tell(line): print(json.dumps(line), flush=True)
start = json.loads(sys.stdin.readline())
note("begin")
tell({"type": "act", "tool": "shell", "arguments": {"command": "COMMAND"}})
line = sys.stdin.readline()
note("end" if line else "gone")
if line: tell({"type": "act", "tool": "submit", "arguments": {}})
sys.stdin.readline()
"""


@unittest.skipUnless(boxes(), "no sandbox can be built here")
class Together(Base):
    def write(self, command, tasks):
        (self.at / "suite.yaml").write_text(SUITE)
        (self.at / "tasks.jsonl").write_text("".join(
            json.dumps({"id": f"t{i}", **TASK}) + "\n" for i in range(tasks)))
        (self.at / "agent.py").write_text(AGENT.replace("COMMAND", command))
        (self.at / "agent.yaml").write_text("solver: agent\ncommand: [python3, agent.py]\n")
        (self.at / "log").write_text("")

    def log(self):
        return (self.at / "log").read_text().split()

    def start(self, *args):
        return subprocess.Popen([TARE, "run", "suite.yaml", "-s", "agent.yaml", "-k", "1",
                                 "--quiet", *args], cwd=self.at, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)

    def stored(self):
        with contextlib.closing(sqlite3.connect(self.at / ".tare/tare.db")) as db:
            return db.execute("SELECT task, status FROM attempt ORDER BY task").fetchall()

    def test_nobody_waits_for_another(self):
        """Four attempts: each one's command runs while those of all others do."""
        mark = f"{random.randrange(10 ** 9)}.25"
        self.write(f"sleep {mark}", 4)
        run = self.start("-j", "4")
        self.until(run, lambda: len(self.sleeping(mark)) == 4)
        for pid in self.sleeping(mark):
            os.kill(pid, signal.SIGTERM)
        _, err = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 0, err)
        self.assertEqual(sorted(self.log()), ["begin"] * 4 + ["end"] * 4)

    def test_as_many_as_asked_for(self):
        """With -j 1 they come one after the other."""
        self.write("true", 3)
        run = self.start("-j", "1")
        run.communicate(timeout=120)
        self.assertEqual(run.returncode, 0)
        self.assertEqual(self.log(), ["begin", "end"] * 3)

    def interrupt(self, run):
        """Twice, so that it stops at once; the second may come before the first was seen."""
        for _ in range(60):
            run.send_signal(signal.SIGINT)
            try:
                run.communicate(timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                pass
        else:
            run.kill()
            self.fail("it goes on")
        self.assertEqual(run.returncode, 130)

    def until(self, run, so):
        """Waits for it, as long as it takes a busy machine."""
        end = time.monotonic() + 60
        while not so():
            if run.poll() is not None or time.monotonic() > end:
                run.kill()
                self.fail(f"it has not come to that: {run.communicate()[1]}")
            time.sleep(0.01)

    def sleeping(self, mark):
        found = []
        for cmdline in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if cmdline.read_bytes().startswith(f"sleep\0{mark}".encode()):
                    found.append(int(cmdline.parent.name))
            except OSError:
                pass
        return found

    def test_interrupted(self):
        """While three commands run that never end: none of them is left, and nothing is stored."""
        mark = f"{random.randrange(10 ** 9)}.25"
        self.write(f"sleep {mark}", 3)
        run = self.start("-j", "3")
        self.until(run, lambda: len(self.sleeping(mark)) == 3)
        self.interrupt(run)
        self.assertEqual(self.sleeping(mark), [])
        self.assertEqual(self.stored(), [])

    def test_resumed(self):
        """What was interrupted is played from its beginning, and counts once."""
        self.write("sleep 1", 3)
        run = self.start("-j", "3")
        self.until(run, lambda: self.log().count("begin") == 3)
        self.interrupt(run)
        run = self.start("--resume")
        _, err = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 0, err)
        self.assertEqual(self.stored(), [(0, 2), (1, 2), (2, 2)])


if __name__ == "__main__":
    unittest.main()
