#!/usr/bin/env python3
"""Agents that are programs: tests/agents/command.py TARE. Good, hostile, slow, dying and flooding
ones; what is recorded of each, and that nothing of them is left."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TARE = str(pathlib.Path(sys.argv.pop(1)).resolve())
ROOT = pathlib.Path(__file__).resolve().parents[2]
SECRET = "sk-very-secret-0123456789"

HEAD = """import json, os, sys
def tell(line): sys.stdout.write(json.dumps(line) + "\\n"); sys.stdout.flush()
start = json.loads(sys.stdin.readline())
"""
QUERY = '{"type": "act", "tool": "query_logs", "arguments": {"sql": "SELECT 1"}}'


class Command(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.at = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def tare(self, *args, env=None, code=0):
        done = subprocess.run([TARE, *args], cwd=self.at, capture_output=True, text=True,
                              timeout=120,
                              env={**os.environ, "TARE_SUITES": str(ROOT / "suites"), **(env or {})})
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def attempt(self, body, extra="", head=HEAD, env=None, tasks=1):
        """The record of the last attempt of an agent written here."""
        (self.at / "agent.py").write_text(head + body)
        (self.at / "agent.yaml").write_text(
            f"solver: agent\ncommand: {{argv: [python3, agent.py]{extra}}}\n")
        self.tare("run", "incident-response", "-s", "agent.yaml", "-k", "1", "--limit", str(tasks),
                  "--seed", "7", "--quiet", env=env)
        return json.loads(self.tare("show", "@last", "soc-standard-7-00000", "--json").stdout)

    def ends(self, got, status, cause, text):
        self.assertEqual((got["status"], got["cause"]), (status, cause), got.get("cause_text"))
        self.assertIn(text, got["cause_text"] or "")

    def test_done(self):
        got = self.attempt(f"print('{QUERY}', flush=True)\nsys.stdin.readline()\n"
                           "tell({'type': 'done'})\nsys.stdin.readline()\n")
        self.assertEqual((got["status"], got["n_steps"]), ("done", 1))

    def test_gives_up(self):
        got = self.attempt("tell({'type': 'fail', 'reason': 'no idea'})\n")
        self.ends(got, "failed", "solver", "gave up: no idea")

    def test_dies(self):
        self.ends(self.attempt("sys.exit(3)\n"), "failed", "solver", "exit status 3")

    def test_is_killed(self):
        self.ends(self.attempt("os.kill(os.getpid(), 9)\n"), "failed", "solver", "signal 9")

    def test_leaves_without_a_word(self):
        self.ends(self.attempt("pass\n"), "failed", "solver", "without a last word")

    def test_is_slow(self):
        got = self.attempt("import time\ntime.sleep(60)\n", ", timeout: 0.5")
        self.ends(got, "failed", "limit", "said nothing for 0.5 s")

    def test_drips(self):
        got = self.attempt("import time\nwhile True:\n sys.stdout.write('x'); sys.stdout.flush()\n"
                           " time.sleep(0.05)\n", ", timeout: 0.5")
        self.ends(got, "failed", "limit", "said nothing for 0.5 s")

    def test_speaks_another_language(self):
        self.ends(self.attempt("while True: print('hello')\n"), "failed", "solver", "no JSON")

    def test_is_told_what_is_wrong(self):
        got = self.attempt("tell({'type': 'act', 'arguments': {}})\n"
                           "why = json.loads(sys.stdin.readline())\n"
                           "tell({'type': 'fail', 'reason': why['type'] + ': ' + why['message']})\n")
        self.ends(got, "failed", "solver", 'error: "act" needs a "tool"')

    def test_unknown_tool_is_no_step(self):
        got = self.attempt("tell({'type': 'act', 'tool': 'rm'})\n"
                           "why = json.loads(sys.stdin.readline())\n"
                           "tell({'type': 'fail', 'reason': why['message']})\n")
        self.ends(got, "failed", "solver", "no tool 'rm'")
        self.assertEqual(got["n_steps"], 0)

    def test_long_line(self):
        got = self.attempt("sys.stdout.write('x' * 3000000)\nprint(flush=True)\n")
        self.ends(got, "failed", "solver", "longer than 1 MiB")

    def test_floods_with_actions(self):
        got = self.attempt(f"while True: sys.stdout.write('{QUERY}\\n')\n")
        self.assertIn(got["status"], ("done", "failed"))
        self.assertLessEqual(got["n_steps"], 30)

    def test_never_reads(self):
        got = self.attempt("q = {'type': 'act', 'tool': 'query_logs', 'arguments': {'sql': 'x' * 900000}}\n"
                           "while True: tell(q)\n")
        self.assertIn(got["status"], ("done", "failed"))

    def test_binary(self):
        got = self.attempt("os.write(1, bytes(range(256)) * 4000)\n")
        self.assertEqual((got["status"], got["cause"]), ("failed", "solver"))

    def test_wrong_actions_are_observations(self):
        got = self.attempt("tell({'type': 'act', 'tool': 'query_logs', 'arguments': {'a': 1}})\n"
                           "o = json.loads(sys.stdin.readline())\n"
                           "tell({'type': 'fail', 'reason': str(o['failed'])})\n")
        self.ends(got, "failed", "solver", "True")

    def test_nothing_is_left_of_it(self):
        mark = self.at / "alive"
        self.attempt(f"import subprocess\nsubprocess.Popen(['sh', '-c', "
                     f"'sleep 2; touch {mark}'], stdin=subprocess.DEVNULL)\n"
                     "tell({'type': 'done'})\nsys.stdin.readline()\n")
        subprocess.run(["sleep", "2.5"], check=True)
        self.assertFalse(mark.exists())

    def test_environment(self):
        got = self.attempt("tell({'type': 'fail', 'reason': ','.join(sorted(os.environ))})\n",
                           env={"OTHER": "1", "MY_KEY": SECRET})
        self.assertNotIn("OTHER", got["cause_text"])
        self.assertNotIn("MY_KEY", got["cause_text"])

    def test_named_secret_reaches_the_agent_and_nothing_else(self):
        got = self.attempt("tell({'type': 'fail', 'reason': str(len(os.environ['MY_KEY']))})\n",
                           ", env: [MY_KEY]", env={"MY_KEY": SECRET})
        self.ends(got, "failed", "solver", str(len(SECRET)))
        for path in (self.at / ".tare").rglob("*"):
            if path.is_file():
                self.assertNotIn(SECRET.encode(), path.read_bytes(), path)

    def test_faults_of_the_file(self):
        cases = {"command: [nonexistent-program]": (2, "no program 'nonexistent-program'"),
                 "command: []": (4, "a program and its arguments"),
                 "command: {argv: [sh], env: [NOT_SET_HERE]}": (2, "NOT_SET_HERE is not set"),
                 "command: [sh]\npolicy: oracle": (4, "one of them"),
                 "command: [sh]\nharness: {}": (4, "go with"),
                 "command: {argv: [sh], timeuot: 3}": (4, "timeout")}
        for text, (code, says) in cases.items():
            (self.at / "agent.yaml").write_text("solver: agent\n" + text + "\n")
            done = self.tare("run", "incident-response", "-s", "agent.yaml", code=code)
            self.assertIn(says, done.stderr)
            self.assertIn("agent.yaml:2", done.stderr)

    def test_identity_is_content(self):
        for body in ("tell({'type': 'done'})\n", "tell({'type': 'done'}) # edited\n"):
            self.attempt(body)
        batches = json.loads(self.tare("runs", "--json").stdout)["batches"]
        self.assertEqual(len({r["solver_digest"] for b in batches for r in b["runs"]}), 2)

    def test_same_bits_for_any_number_at_once(self):
        agent = str(ROOT / "examples/agents/first-look.yaml")
        digests = []
        for jobs in ("1", "16"):
            self.tare("run", "incident-response", "-s", agent, "-k", "2", "--limit", "8", "--seed",
                      "7", "-j", jobs, "--label", "j" + jobs, "--quiet")
            lines = (ROOT / "suites/incident-response/tasks.jsonl").read_text().splitlines()
            tasks = [json.loads(line)["id"] for line in lines[:8]]
            found = [json.loads(self.tare("show", "j" + jobs, task + "#2", "--json").stdout)
                     ["digest"] for task in tasks]
            digests.append(found)
        self.assertGreater(len(digests[0]), 0)
        self.assertEqual(digests[0], digests[1])


if __name__ == "__main__":
    unittest.main()
