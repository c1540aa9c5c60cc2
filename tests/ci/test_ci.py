#!/usr/bin/env python3
"""The shell parts of examples/ci, run as a runner would: bash, its files and variables, and a `gh`
that keeps comments in a file. Exit 77 (skipped) where python3-yaml or bash is absent."""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

try:
    import yaml
except ImportError:
    yaml = None

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARE = pathlib.Path(os.environ.get("TARE_BIN", ROOT / "build" / "tare")).resolve()

# The service: comments are lines of a file; what was asked for is kept beside it.
GH = '''#!/usr/bin/env python3
import json, os, pathlib, sys
state = pathlib.Path(os.environ["GH_STATE"])
comments = json.loads(state.read_text()) if state.exists() else []
arguments = sys.argv[2:]
where = next(a for a in arguments if a.startswith("repos/"))
body = next((a[len("body=@"):] for a in arguments if a.startswith("body=@")), None)
if body is None:
    assert "--jq" in arguments and where == "repos/o/r/issues/7/comments", arguments
    for c in comments:
        if c["body"].startswith("<!-- tare-compare -->"):
            print(c["id"])
elif "PATCH" in arguments:
    number = int(where.rsplit("/", 1)[1])
    next(c for c in comments if c["id"] == number)["body"] = pathlib.Path(body).read_text()
else:
    assert where == "repos/o/r/issues/7/comments", where
    comments.append({"id": len(comments) + 1, "body": pathlib.Path(body).read_text()})
state.write_text(json.dumps(comments))
'''


class Runner(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.work = pathlib.Path(self.place.name)
        tools = self.work / "bin"
        tools.mkdir()
        (tools / "tare").symlink_to(TARE)
        gh = tools / "gh"
        gh.write_text(GH)
        gh.chmod(gh.stat().st_mode | stat.S_IXUSR)
        self.state = self.work / "comments.json"
        self.summary = self.work / "summary.md"
        self.env = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", GH_STATE=str(self.state),
                        GITHUB_STEP_SUMMARY=str(self.summary))
        self.rows("main.jsonl", 0.5)

    def rows(self, name, share, n=400):
        (self.work / name).write_text("".join(
            json.dumps({"task_id": f"t{i}", "score": int(i < share * n)}) + "\n" for i in range(n)))

    def action(self, pull="7"):
        """The run: part of the action with its env: as the runner fills it in."""
        step = yaml.safe_load((ROOT / "examples/ci/action.yml").read_text())["runs"]["steps"][0]
        values = {"inputs.baseline": "main.jsonl", "inputs.candidate": "branch.jsonl",
                  "inputs.margin": "0.05", "inputs.require": "not-worse", "github.token": "none",
                  "github.repository": "o/r", "github.event.pull_request.number": pull}
        env = dict(self.env)
        for key, text in step["env"].items():
            env[key] = values[text.removeprefix("${{ ").removesuffix(" }}")]
        self.assertEqual(step["shell"], "bash")
        script = self.work / "step.sh"
        script.write_text(step["run"])
        return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                              cwd=self.work, env=env, capture_output=True, text=True, check=False)

    def comments(self):
        return json.loads(self.state.read_text()) if self.state.exists() else []

    def test_one_comment_kept_up_to_date(self):
        self.rows("branch.jsonl", 0.7)
        done = self.action()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.comments()), 1)
        first = self.comments()[0]["body"]
        self.assertIn("improved", first)
        self.assertIn("improved", self.summary.read_text())
        xml.etree.ElementTree.parse(self.work / "tare-junit.xml")
        self.rows("branch.jsonl", 0.3)
        done = self.action()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(self.comments()), 1)
        self.assertIn("regressed", self.comments()[0]["body"])

    def test_outside_a_pull_request_nothing_is_posted(self):
        self.rows("branch.jsonl", 0.7)
        self.assertEqual(self.action(pull="").returncode, 0)
        self.assertEqual(self.comments(), [])

    def test_no_verdict_is_not_posted(self):
        done = self.action()
        self.assertEqual(done.returncode, 2)
        self.assertIn("branch.jsonl", done.stderr)
        self.assertEqual(self.comments(), [])

    def test_gitlab(self):
        job = yaml.safe_load((ROOT / "examples/ci/gitlab.yml").read_text())["tare-compare"]
        for share, status in ((0.7, 0), (0.3, 1)):
            self.rows("branch.jsonl", share)
            done = subprocess.run(["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])],
                                  cwd=self.work, env=self.env, capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, status, done.stderr)
            suite = xml.etree.ElementTree.parse(self.work / job["artifacts"]["reports"]["junit"])
            failures = suite.getroot().findall(".//failure")
            self.assertEqual(bool(failures), status == 1)


if __name__ == "__main__":
    if yaml is None or not shutil.which("bash"):
        print("skipped: python3-yaml or bash is absent")
        sys.exit(77)
    unittest.main()
