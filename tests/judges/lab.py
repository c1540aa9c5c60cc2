#!/usr/bin/env python3
"""The labs with a model that is a program on loopback: tests/judges/lab.py TARE."""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from expected import Place  # noqa: E402

LOOK = {"name": "look", "description": "looks up", "parameters": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}}
N = 12


def run(place, command, code=0):
    got, out, err = place.sh(command)
    assert got == code, (command, got, out, err)
    return out, err


def arms(out):
    return {a["arm"]: a for a in json.loads(out)["arms"]}


def tools(place, base):
    lines = [{"defaults": {"tools": [LOOK]}}]
    lines += [{"id": f"q{i}", "messages": [
        {"input": f"Look up {i}.", "expect": [{"name": "look", "arguments": {"id": str(i)}}], "results": [{"content": "found"}]},
        {"input": f"Look up {i + 1}.", "expect": [{"name": "look", "arguments": {"id": str(i + 1)}}]}]} for i in range(N)]
    (place.path / "cases.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    lab = f"tare experiment tools cases.jsonl --model '{base}#lab'"
    # one question in three goes wrong at first: 2 of 3 episodes, for the strict parser
    out, err = run(place, f"{lab} --seeds 2 --json --out drawn.jsonl --record rec")
    strict, lenient = arms(out)["auto-strict"], arms(out)["auto-lenient"]
    assert strict["episodes"] == 2 * N and strict["missing"] == 0, strict
    assert strict["rates"]["success"]["k"] == 2 * N, strict["rates"]["success"]
    assert strict["rates"]["first_try_ok"]["k"] == 2 * 4, strict["rates"]["first_try_ok"]
    assert strict["retries"]["episodes"] == strict["retries"]["recovered_by"]["retry"] == 2 * 8, strict["retries"]
    assert lenient["rates"]["first_try_ok"]["k"] == 2 * N and lenient["retries"]["recovered_by"]["repair"] == 2 * 8
    assert "models: 64 requests" in err, err  # 2 x (24 + 8)
    # what was kept is the same when it is read again, and when it is drawn from the recording
    again, _ = run(place, "tare experiment tools drawn.jsonl --json")
    assert json.loads(again) == json.loads(out)
    replayed, _ = run(place, f"{lab} --seeds 2 --json --replay rec")
    assert arms(replayed)["auto-strict"]["rates"] == strict["rates"]
    # without a second try the errors stay
    out, _ = run(place, f"{lab} --seeds 1 --retries 0 --json --cache on")
    assert arms(out)["auto-strict"]["rates"]["success"]["k"] == 4, arms(out)["auto-strict"]["rates"]["success"]
    # the server's own interface, and what it can force
    out, _ = run(place, f"{lab} --native --regime auto --regime required --regime named --seeds 1 --json")
    for name in ("auto-strict", "required", "named"):
        assert arms(out)[name]["from"] == "recorded" and arms(out)[name]["rates"]["first_try_ok"]["k"] == N, arms(out)[name]
    _, err = run(place, f"{lab} --regime required", 2)
    assert "--native" in err, err
    # a server that is down: what is missing is told, and nothing is made up
    bad = f"tare experiment tools cases.jsonl --seeds 1 --model '{base}#always:400'"
    _, err = run(place, f"{bad} --json", 3)
    assert "the model answered nothing" in err, err
    out, err = run(place, f"{lab} --seeds 1 --json --budget-tokens 200 -j 1", 3)
    assert arms(out)["auto-strict"]["episodes"] < N and "stopped:" in err, (out, err)
    (place.path / "bad.jsonl").write_text('{"id": "x", "tools": [{"name": "look"}], "messages": [{"expect": []}]}\n')
    _, err = run(place, f"tare experiment tools bad.jsonl --model '{base}#lab'", 4)
    assert 'the first message has no "input"' in err and "bad.jsonl:1" in err, err


def drift(place, base):
    rule = {"id": "polite", "kind": "mentions", "value": "please", "say": "Say please."}
    lines = [{"defaults": {"rules": [rule], "system": "You stand at a door.", "verdict": "please"}}]
    lines += [{"conversation": f"c{i}", "turns": [{"input": f"What now, {i}, {t}?", "expect": "Wait"} for t in range(8)]} for i in range(3)]
    (place.path / "talks.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    lab = f"tare experiment drift talks.jsonl --model '{base}#fade:2' --seeds 2 --json"
    out, _ = run(place, f"{lab} --out kept.jsonl" + "".join(f" --arm {a}" for a in ("baseline", "stateless", "re-anchor-4", "recap", "recall")))
    got = {a["arm"]: [t["k"] for t in a["turns"]] for a in json.loads(out)["arms"]}
    assert got["baseline"] == [6, 6, 0, 0, 0, 0, 0, 0], got
    assert got["stateless"] == [6] * 8 and got["recall"] == [6] * 8, got
    assert got["re-anchor-4"] == [6, 6, 0, 0, 6, 6, 0, 0], got
    assert got["recap"] == [6, 6, 0, 0, 0, 0, 0, 6], got
    assert all(a["correct"] == {"k": 48, "n": 48, "rate": 1.0} for a in json.loads(out)["arms"])
    judge = {a["arm"]: a["judge"] for a in json.loads(out)["arms"]}
    assert judge["baseline"]["flips"]["k"] == 36 and judge["baseline"]["flips"]["n"] == 48, judge
    assert judge["baseline"]["bias"] == -0.75 and judge["recall"]["flips"]["k"] == 0, judge
    assert judge["baseline"]["early"]["k"] == 12 and judge["baseline"]["late"]["k"] == 24, judge
    assert judge["stateless"] is None, judge
    again, _ = run(place, "tare experiment drift kept.jsonl --json")
    assert json.loads(again) == json.loads(out)
    _, err = run(place, f"{lab} --arm prayer", 2)
    assert 'no intervention is called "prayer"' in err, err


def main():
    server = subprocess.Popen([sys.executable, str(ROOT / "tests/server/serve.py")], stdout=subprocess.PIPE, text=True)
    try:
        base = f"http://127.0.0.1:{server.stdout.readline().split()[1]}/v1"
        with Place(pathlib.Path(sys.argv[1])) as place:
            tools(place, base)
            drift(place, base)
    finally:
        server.terminate()
        server.wait()
    print("ok")


main()
