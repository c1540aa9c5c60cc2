"""A folder, a model server that runs beside it, and tare played in it: for tests that ask models."""
import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CANARY = "sk-CANARY-0123456789abcdef0123456789abcdef"
DONE, FAILED, MISSING = 2, 3, 4  # of an attempt, as the store has it


@contextlib.contextmanager
def server():
    """tests/server/serve.py on a port of its own; its address."""
    p = subprocess.Popen([sys.executable, str(ROOT / "tests/server/serve.py")], stdout=subprocess.PIPE, text=True)
    try:
        port = int(p.stdout.readline().split()[1])
        yield f"http://127.0.0.1:{port}"
    finally:
        p.kill()
        p.communicate()


def count(base):
    return json.load(urllib.request.urlopen(base + "/count"))


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="tare-models-") as name:
        yield pathlib.Path(name)


def environment(more=None):
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "OPENAI_API_KEY": CANARY, "TARE_SUITES": str(ROOT / "suites"),
            **(more or {})}


def solver(at, base, model, more="", name="it"):
    """A solver file with short waits, so that a test is quick."""
    path = at / f"{name}.yaml"
    path.write_text(f"solver: {name}\nmodel:\n  name: {json.dumps(model)}\n  base_url: {base}/v1\n  key_env: OPENAI_API_KEY\n"
                    f"  timeouts: {{connect: 2, first_byte: 2, stall: 1, whole: 8}}\n  tries: 3\n  patience: 2\n{more}")
    return path


class Done:
    def __init__(self, p, out, err, seconds):
        self.code, self.out, self.err, self.seconds = p.returncode, out, err, seconds

    @property
    def doc(self):
        return json.loads(self.out) if self.out.startswith("{") else {}


def start(at, *command, env=None):
    return subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=env or environment(), cwd=at)


def call(at, *command, env=None, timeout=60):
    """Runs a command in a folder to its end, or until the time is over."""
    begun = time.monotonic()
    p = start(at, *command, env=env)
    try:
        out, err = p.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        p.kill()
        out, err = p.communicate()
        err += "\n(no end within the time limit)"
    return Done(p, out, err, time.monotonic() - begun)


def attempts(at):
    """(run, task, index) → (status, cause, cause_text, digest, tokens in, out, cost)"""
    db = sqlite3.connect(at / "tare.db")
    rows = db.execute("SELECT run, task, idx, status, cause, cause_text, digest, tokens_in, tokens_out, cost_usd FROM attempt")
    return {r[:3]: r[3:] for r in rows}
