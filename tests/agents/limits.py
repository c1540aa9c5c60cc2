#!/usr/bin/env python3
"""What an agent does to its own attempt: tests/agents/limits.py TARE. Too much of everything, said
and done in a sandbox: the attempt is done or failed, never missing; the next one is as if nothing
had been; no folder and no process is left."""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

TARE = str(pathlib.Path(sys.argv.pop(1)).resolve())
ROOT = pathlib.Path(__file__).resolve().parents[2]

HEAD = """import json, sys
def tell(line): sys.stdout.write(json.dumps(line) + "\\n"); sys.stdout.flush()
def hear():
    line = sys.stdin.readline()
    if not line: sys.exit(0)
    return json.loads(line)["observation"]
def act(tool, **arguments): tell({"type": "act", "tool": tool, "arguments": arguments}); return hear()
start = hear()
"""
SUITE = """suite: hostile
version: 1.0.0
about: Two empty jobs.
world:
  workspace: {seconds: SECONDS, memory_mib: 256, folder_mib: 16, processes: 16, output_kib: KIB}
tasks: tasks.jsonl
attempts: 1
metrics: [reward]
limits: {steps: STEPS}
"""
TASK = {"input": {"instruction": "Leave n.txt as it is.", "files": {"n.txt": "1\n"}},
        "expect": {"checks": [{"name": "there", "run": "test -f /work/n.txt"}], "solution": "true"}}


class Base(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.at = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def tare(self, *args):
        done = subprocess.run([TARE, *args], cwd=self.at, capture_output=True, text=True,
                              timeout=200, env={**os.environ, "TARE_SUITES": str(ROOT / "suites")})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def play(self, body, suite, tasks=1):
        """The exit status is 0: no attempt is missing."""
        (self.at / "agent.py").write_text(HEAD + body)
        (self.at / "agent.yaml").write_text("solver: agent\ncommand: [python3, agent.py]\n")
        self.tare("run", suite, "-s", "agent.yaml", "-k", "1", "--limit", str(tasks), "--seed", "7",
                  "--quiet")
        self.assertIn("whole", self.tare("store", "check"))

    def attempt(self, task):
        return json.loads(self.tare("show", "@last", task, "--json"))

    def ends(self, got, status, cause, text=""):
        self.assertEqual((got["status"], got["cause"]), (status, cause), got.get("cause_text"))
        self.assertIn(text, got["cause_text"] or "")

    def suite(self, seconds=3, kib=64, steps=40):
        text = SUITE.replace("SECONDS", str(seconds)).replace("KIB", str(kib))
        (self.at / "suite.yaml").write_text(text.replace("STEPS", str(steps)))
        (self.at / "tasks.jsonl").write_text("".join(
            json.dumps({"id": name, **TASK}) + "\n" for name in ("first", "second")))
        return str(self.at / "suite.yaml")


def boxes():
    """Whether this machine can build sandboxes, asked of tare itself."""
    with tempfile.TemporaryDirectory() as at:
        done = subprocess.run([TARE, "run", "workspace-basics", "--solver", "do-nothing", "--limit",
                               "1", "--quiet"], cwd=at, capture_output=True, text=True,
                              env={**os.environ, "TARE_SUITES": str(ROOT / "suites")})
        return done.returncode == 0


class Said(Base):
    """Too much in the agent's own lines, in worlds without a sandbox."""

    def test_large_arguments(self):
        self.play("while True: act('query_logs', sql='x' * 900000)\n", "incident-response")
        self.ends(self.attempt("soc-standard-7-00000"), "done", None)

    def test_large_answer(self):
        self.play("tell({'type': 'answer', 'text': '\\x01' * 170000})\nhear()\n", "short-answers")
        first = json.loads((ROOT / "suites/short-answers/tasks.jsonl").read_text().splitlines()[0])
        got = self.attempt(first["id"])
        self.ends(got, "done", None)
        self.assertEqual(got["n_steps"], 1)

    def test_nested_without_end(self):
        self.play("sys.stdout.write('{\"type\": \"act\", \"arguments\": ' + '[' * 900000 + '\\n')\n"
                  "sys.stdout.flush(); json.loads(sys.stdin.readline())\n"
                  "tell({'type': 'done'})\n", "incident-response")
        got = self.attempt("soc-standard-7-00000")
        self.ends(got, "done", None)
        self.assertEqual(got["n_steps"], 0)


@unittest.skipUnless(boxes(), "no sandbox can be built here")
class Done(Base):
    """Too much in a work folder."""

    def test_large_files(self):
        self.play("for i in range(1000): act('edit', command='create', path='f', "
                  "text='z' * 900000)\n", self.suite(steps=1000))
        got = self.attempt("first")
        self.ends(got, "failed", "limit", "the record of the attempt came to its ceiling")
        self.assertGreater(got["n_steps"], 30)
        shown = json.loads(self.tare("show", "@last", "first", "--step", str(got["n_steps"] - 2),
                                     "--json"))
        self.assertIn("zzz", json.dumps(shown))
        self.assertIn("no room in the record", self.tare("show", "@last", "first"))

    def test_arguments_nobody_asked_for(self):
        self.play("while True: act('edit', command='create', wrong='z' * 900000)\n",
                  self.suite(steps=1000))
        self.ends(self.attempt("first"), "failed", "limit", "the record of the attempt")

    def test_many_steps(self):
        self.play("while True: act('edit', command='view', path='n.txt')\n", self.suite(steps=300))
        got = self.attempt("first")
        self.ends(got, "failed", "limit", "the limit of steps")
        self.assertEqual(got["n_steps"], 300)

    def test_output_that_grows_when_told(self):
        """1 MiB of control characters is 6 MiB of JSON: more than is shown at once."""
        self.play("act('shell', command='head -c 2000000 /dev/zero')\n", self.suite(kib=1024))
        self.ends(self.attempt("first"), "failed", "limit", "what the solver was to see")

    def test_last_word(self):
        self.play("act('submit', note='z' * 1000000)\n", self.suite())
        self.ends(self.attempt("first"), "done", None)

    def commands(self, cases, seconds=1):
        """Each case: a command and how its call may end, None where that is the machine's to say. The
        agent asks of each what it came to. Neither folder nor processes are left."""
        mark = f"{random.randrange(10**9)}.5"
        body = ("import os\nends = []\n"
                f"act('shell', command='echo {mark} >.mark')\nfor c in {[c.replace('MARK', mark) for c, _ in cases]!r}:\n"
                "    ends.append(act('shell', command=c).get('end'))\n"
                "tell({'type': 'fail', 'reason': json.dumps(ends)})\n")
        self.play(body, self.suite(seconds=seconds), tasks=2)
        for task in ("first", "second"):
            got = self.attempt(task)
            self.ends(got, "failed", "solver", "gave up")
            ends = json.loads(got["cause_text"].split(": ", 1)[1])
            for (command, want), end in zip(cases, ends):
                if want:
                    self.assertIn(end, want.split(), command)
        for left in pathlib.Path("/tmp").glob("tare-work-*/work/.mark"):  # others may run here, too
            try:
                self.assertNotIn(mark, left.read_text(), left)
            except FileNotFoundError:
                pass
        for cmdline in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.assertNotIn(mark.encode(), cmdline.read_bytes())
            except OSError:
                pass

    def test_processes(self):
        self.commands([("f() { f | f & }; f; sleep MARK", None),
                       ("sleep MARK", "wall"),
                       ("trap '' TERM INT HUP; while :; do sleep MARK; done", "wall"),
                       ("exec >&- 2>&-; sleep MARK", "wall"),
                       ("setsid sleep MARK >/dev/null 2>&1 </dev/null & disown; exit 0", "exited"),
                       ("sleep MARK & kill -9 -1", "exited"),
                       ("kill -9 $$", "signalled"),
                       ("python3 -c 'x = \"a\" * (1 << 30)'", "exited")])

    def test_output(self):
        self.commands([("yes", "output"), ("head -c 1G /dev/zero", "output"),
                       ("yes >&2", "output"), ("printf 'a\\0b\\377'", "exited"),
                       ("echo 'bwrap: it cannot be built' >&2; exit 1", "exited")], seconds=20)

    def test_disk(self):
        self.commands([("truncate -s 1E s; truncate -s 15M t; exit 0", "exited"),
                       ("head -c 100M /dev/zero >big; rm big; exit 0", None),
                       ("for i in $(seq 100); do head -c 1M /dev/zero >b$i; sleep 0.02; done",
                        "folder"),
                       ("rm -f b*; exit 0", None),
                       ("python3 -c 'for i in range(10 ** 6): open(str(i), \"w\")'", "folder wall"),
                       ("find . -name '[0-9]*' -delete; exit 0", None)], seconds=20)

    def test_names(self):
        self.commands([("for i in $(seq 1000); do mkdir d && cd d; done", "folder"),
                       ("mkfifo f; ln -s f l; ln -s /etc/passwd p; ln -s / root", None),
                       ("python3 -c 'open(b\"\\xff\\xfe\\n b\", \"w\")'; touch -- -x", None)],
                      seconds=20)

    def test_locked(self):
        self.commands([("mkdir x; echo a >x/f; chmod 000 x/f x", "exited"),
                       ("chmod 000 /work", "exited"), ("ls", "exited"),
                       ("rm -f n.txt; mkdir n.txt; chmod 000 n.txt", "exited"),
                       ("rm -rf /work", "exited")])


if __name__ == "__main__":
    unittest.main()
