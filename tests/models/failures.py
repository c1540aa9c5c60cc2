#!/usr/bin/env python3
"""Failure modes as `tare show --failures` tells them, from attempts that were played:
tests/models/failures.py TARE"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "server"))
from place import call, environment, folder, server, solver  # noqa: E402

TARE = pathlib.Path(sys.argv.pop(1)).resolve()

RULES = """harness:
  rules: look at most five times
  context: {{errors: keep{more}}}
  tools: {{order: [{{rule: at_most, a: query_logs, n: 5}}]}}
"""

# What it does to a.txt, between its first and its last writing of it.
AGENT = """import json, sys
def act(tool, **arguments):
    sys.stdout.write(json.dumps({"type": "act", "tool": tool, "arguments": arguments}) + "\\n")
    sys.stdout.flush()
    return sys.stdin.readline()
sys.stdin.readline()
act("edit", command="create", path="a.txt", text="one\\n")
act("shell", command="for f in *; do echo more >>$f; done")
LOOK
act("edit", command="create", path="a.txt", text="two\\n")
act("submit")
"""


class Failures(unittest.TestCase):
    def found(self, at, task, run="x"):
        done = call(at, TARE, "show", run, task, "--failures", "--json", "--store", at / "tare.db")
        self.assertEqual(done.code, 0, done.err)
        self.stop = done.doc["attempt"]["stop"]
        return {(f["mode"], f["subtype"]): f for f in done.doc["attempt"]["findings"]}

    def rule_broken(self, more):
        with server() as base, folder() as at:
            file = solver(at, base, "play:99+long:6000+cite:look_at_most_five_times", RULES.format(more=more))
            done = call(at, TARE, "run", "incident-response", "-s", file, "--limit", "1", "-k", "1", "--seed", "7", "--quiet",
                        "--label", "x", "--store", at / "tare.db")
            self.assertEqual(done.code, 0, done.err)
            found = self.found(at, "soc-standard-7-00000", "x/it")
            self.assertEqual(self.stop, "format_errors")  # it never keeps the rule again
            return found

    def test_lost_in_the_middle(self):
        """It says the rule early, keeps it five times, and breaks it when 4,000 tokens have followed."""
        f = self.rule_broken("")
        self.assertIn(("lost_in_the_middle", "rule"), f)
        self.assertRegex(f["lost_in_the_middle", "rule"]["evidence"], r"broken 2\d % into the prompt, \d{4,} tokens back")

    def test_kept_in_sight(self):
        """With the rule recited at the end of each prompt it is broken too, but was not out of sight."""
        self.assertNotIn(("lost_in_the_middle", "rule"), self.rule_broken(", recite: rules"))

    def workspace(self, look):
        with folder() as at:
            (at / "s").mkdir()
            (at / "s/suite.yaml").write_text("suite: s\nversion: 1.0.0\nworld: workspace\ntasks: tasks.jsonl\nmetrics: [reward]\n")
            (at / "s/tasks.jsonl").write_text('{"id": "t", "input": {"instruction": "Write two into a.txt.", "files": {"b.txt": "b"}},'
                                              ' "expect": {"checks": [{"run": "grep -q one a.txt"}]}}\n')
            (at / "agent.py").write_text(AGENT.replace("LOOK", look))
            done = call(at, TARE, "run", "s", "-s", "command:python3 agent.py", "-k", "1", "--quiet", "--label", "x", "--store",
                        at / "tare.db", env=environment({"HOME": str(at)}))
            if "sandbox" in done.err and done.code == 3:
                self.skipTest("no sandbox here: " + done.err.splitlines()[0])
            self.assertEqual(done.code, 0, done.err)
            return self.found(at, "t", "x")

    def test_state_corruption(self):
        """A loop over all files changed a.txt; the agent writes over it without a look."""
        f = self.workspace("")
        self.assertIn(("state_corruption", "stale_write"), f)
        self.assertIn("a.txt was written whole at step 3", f["state_corruption", "stale_write"]["evidence"])
        self.assertEqual((f["state_corruption", "stale_write"]["from_step"], f["state_corruption", "stale_write"]["to_step"]), (2, 3))

    def test_no_state_corruption(self):
        self.assertNotIn("state_corruption", {m for m, _ in self.workspace('act("edit", command="view", path="a.txt")')})


if __name__ == "__main__":
    unittest.main()
