#!/usr/bin/env python3
"""tare run over loopback HTTP, against a server that answers at once; where promptfoo or Inspect AI are
installed (npm, PyPI), the same server and as many tests through them.

Prints rows "what, value, unit, remark". promptfoo is found on PATH or as $PROMPTFOO (its entry file);
Inspect AI as the Python module inspect_ai of $INSPECT_PYTHON (default: this one). tare plays the file
that promptfoo reads, and before that as many episodes of incident-response, each ended by the model with
its first call; ratios are those of the file."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parent.parent
build = root / "build-bench"
N = 1000 if "--quick" in sys.argv else 10000


def row(what, value, unit, remark):
    print(f"{what}\t{value:.4g}\t{unit}\t{remark}", flush=True)


def measure(command, folder, env=None):
    """(wall s, CPU s, most KiB resident) of a command and its children."""
    script = ("import json,resource,subprocess,sys,time\n"
              "t=time.monotonic(); r=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL)\n"
              "u=resource.getrusage(resource.RUSAGE_CHILDREN)\n"
              "print(json.dumps([time.monotonic()-t,u.ru_utime+u.ru_stime,u.ru_maxrss,r.returncode]))")
    out = subprocess.run([sys.executable, "-c", script, *map(str, command)], cwd=folder, capture_output=True, text=True,
                         env={**os.environ, **(env or {})})
    return json.loads(out.stdout)


def tare(port, folder):
    best = None
    for _ in range(3):
        shutil.rmtree(folder / ".tare", ignore_errors=True)
        got = measure([build / "tare", "run", root / "suites/incident-response", "-m", f"http://127.0.0.1:{port}/v1#x",
                       "--limit", "10", "-k", N // 10, "--json", "-q"], folder)
        assert got[3] == 0, "tare failed"
        best = got if best is None or got[1] < best[1] else best
    row(f"tare run: {N} HTTP tests, stored: wall", best[0], "s", "64 at once, one loop thread, commits included")
    row(f"tare run: {N} HTTP tests, stored: CPU a test", best[1] / N * 1e6, "us", "whole process, world and scores included")
    row(f"tare run: {N} HTTP tests, stored: resident", best[2] / 1024, "MiB", "")
    return best


def prompts(port, folder):
    """The tests that promptfoo plays, in its own words."""
    tests = [{"vars": {"q": f"question {i}"}, "assert": [{"type": "contains", "value": "echo"}]} for i in range(N)]
    (folder / "tests.json").write_text(json.dumps(tests))
    (folder / "c.yaml").write_text("prompts: ['Say {{q}}']\nproviders: [{id: 'openai:chat:x', config: {apiBaseUrl: "
                                   f"'http://127.0.0.1:{port}/v1', apiKey: x, temperature: 0, max_tokens: 16}}}}]\n"
                                   "tests: file://tests.json\n")


def tare_prompts(folder):
    best = None
    for _ in range(3):
        shutil.rmtree(folder / ".tare", ignore_errors=True)
        got = measure([build / "tare", "run", "c.yaml", "--json", "-q"], folder, {"OPENAI_API_KEY": "x"})
        assert got[3] == 0, f"tare run c.yaml: exit {got[3]}"
        best = got if best is None or got[1] < best[1] else best
    row(f"tare run: promptfoo's {N} tests, stored: wall", best[0], "s", "the file that promptfoo reads")
    row(f"tare run: promptfoo's {N} tests, stored: CPU a test", best[1] / N * 1e6, "us", "")
    row(f"tare run: promptfoo's {N} tests, stored: resident", best[2] / 1024, "MiB", "")
    return best


def promptfoo(folder, ours):
    entry = os.environ.get("PROMPTFOO") or shutil.which("promptfoo")
    if not entry:
        print("promptfoo is not installed: npm install promptfoo", file=sys.stderr)
        return
    env = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_CONFIG_DIR": str(folder / "home")}
    command = (["node", entry] if entry.endswith(".js") else [entry]) + [
        "eval", "-c", "c.yaml", "--no-cache", "--no-progress-bar", "--no-table", "-j", "64", "-o", "o.json"]
    got = measure(command, folder, env)
    stats = json.loads((folder / "o.json").read_text())["results"]["stats"]
    assert stats["successes"] == N, f"promptfoo: {stats}"
    row(f"promptfoo: {N} HTTP tests: wall", got[0], "s", f"{got[0] / ours[0]:.1f} times tare")
    row(f"promptfoo: {N} HTTP tests: CPU a test", got[1] / N * 1e6, "us", f"{got[1] / ours[1]:.1f} times tare")
    row(f"promptfoo: {N} HTTP tests: resident", got[2] / 1024, "MiB", f"{got[2] / ours[2]:.1f} times tare")


def inspect(port, folder, ours):
    python = os.environ.get("INSPECT_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import inspect_ai"], capture_output=True).returncode:
        print("Inspect AI is not installed: pip install inspect-ai openai", file=sys.stderr)
        return
    (folder / "t.py").write_text("from inspect_ai import Task, task\nfrom inspect_ai.dataset import Sample\n"
                                 "from inspect_ai.scorer import includes\nfrom inspect_ai.solver import generate\n"
                                 f"@task\ndef t():\n    return Task(dataset=[Sample(input=f'question {{i}}', target='echo') "
                                 f"for i in range({N})], solver=generate(), scorer=includes())\n")
    env = {"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}
    got = measure([python, "-m", "inspect_ai", "eval", "t.py", "--model", "openai/x", "--display", "none", "--log-format", "json",
                   "-M", "responses_api=false",
                   "--max-connections", "64", "--max-samples", "64"], folder, env)
    log = json.loads(next((folder / "logs").glob("*.json")).read_text())
    done = log.get("results", {}).get("completed_samples")
    if log["status"] != "success" or done != N:
        print(f"Inspect AI: {log['status']}, {done} samples done: {log.get('error', {}).get('message', '')}", file=sys.stderr)
        return
    row(f"Inspect AI: {N} HTTP tests: wall", got[0], "s", f"{got[0] / ours[0]:.1f} times tare")
    row(f"Inspect AI: {N} HTTP tests: CPU a test", got[1] / N * 1e6, "us", f"{got[1] / ours[1]:.1f} times tare")
    row(f"Inspect AI: {N} HTTP tests: resident", got[2] / 1024, "MiB", f"{got[2] / ours[2]:.1f} times tare")


def main():
    server = subprocess.Popen([build / "bench/instant_server", "0"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline().split()[1])
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            tare(port, folder)
            prompts(port, folder)
            ours = tare_prompts(folder)
            promptfoo(folder, ours)
            inspect(port, folder, ours)
    finally:
        server.kill()
        server.wait()


main()
