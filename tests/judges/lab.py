#!/usr/bin/env python3
"""The labs with a model that is a program on loopback: tests/judges/lab.py TARE."""
import json
import math
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


REFUND = {"name": "refund", "description": "pays back", "parameters": LOOK["parameters"]}
ORDER = {"order": [{"rule": "before", "a": "look", "b": "refund"}]}


def masked(place, base):
    """Regimes that the endpoint itself enforces, by each of its means; the server honours the fields, or does not."""
    lines = [{"defaults": {"tools": [LOOK, REFUND], "policy": ORDER}}]
    lines += [{"id": f"q{i}", "messages": [
        {"input": f"Look up {i}.", "expect": [{"name": "look", "arguments": {"id": str(i)}}], "results": [{"content": "found"}]},
        {"input": f"Refund {i}.", "expect": [{"name": "refund", "arguments": {"id": str(i)}}]}]} for i in range(N)]
    (place.path / "orders.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))

    def draw(model, options, code=0):
        regimes = "".join(f" --regime {r}" for r in ("auto", "constrained", "constrained-order"))
        out, err = run(place, f"tare experiment tools orders.jsonl --model '{base}#{model}' --seeds 1 --retries 0 --json{regimes} {options}", code)
        return arms(out), err, json.loads(out)

    for options in ("--native", "", "--constrain json_schema", "--constrain structured_outputs", "--constrain guided_json"):
        got, _, whole = draw("wild", options)
        free, mask, order = got["auto-strict"], got["constrained"], got["constrained-order"]
        # of each four: one writes no call, one mistypes, one refunds first
        assert free["rates"]["success"]["k"] == N // 4 and free["rates"]["missed"]["k"] == N // 4, (options, free["rates"])
        assert free["rates"]["argument_violation"]["k"] == N // 2, (options, free["rates"])
        assert mask["from"] == order["from"] == "recorded", options
        assert mask["rates"]["success"]["k"] == 3 * N // 4 and mask["rates"]["order_violation"]["k"] == N // 4, (options, mask["rates"])
        assert mask["rates"]["argument_violation"]["k"] == 0 and mask["rates"]["missed"]["k"] == 0, (options, mask["rates"])
        assert order["rates"]["success"]["k"] == N and order["rates"]["order_violation"]["k"] == 0, (options, order["rates"])
        assert mask["promise"] == {"messages": 2 * N, "broken": 0} == order["promise"], (options, mask, order)
        assert whole["rules"][0]["arms"]["constrained"] == {"episodes": N, "broken": N // 4, "violations": N // 2}, whole["rules"]
    # a server that takes the fields and does not mind them is found out
    for options in ("--native", ""):
        got, _, _ = draw("wild+deaf", options)
        assert got["constrained"]["promise"]["broken"] == 3 * N // 4, (options, got["constrained"])
    # one that will not take them: the arm is left out, and that is said; free decoding stands
    for options, field in (("", "response_format"), ("--constrain guided_json", "guided_json"), ("--native", "strict")):
        got, err, _ = draw(f"wild+refuse:{field}", options, 3)
        assert f"constrained: the endpoint refuses {N} of {N} talks: http_4xx: HTTP 400: {field} is not supported" in err, err
        assert "constrained-order is left out" in err and got["constrained"]["from"] == "replayed", err
        assert got["auto-strict"]["episodes"] == N, got["auto-strict"]
    # alternatives of each token, kept: what a mask would have left of them
    run(place, "python3 -c 'import json; print(json.dumps([chr(c) for c in range(10, 127)]))' >letters.json")
    drawn = f"tare experiment tools orders.jsonl --model '{base}#wild' --seeds 1 --json --retries 0 --vocab letters.json"
    out, _ = run(place, drawn)
    assert arms(out)["constrained"]["mass_allowed"] is None, out
    out, _ = run(place, drawn + " --logprobs 2")
    got = arms(out)["constrained"]
    assert 0.7 < got["mass_allowed"] < math.exp(-0.25) + math.exp(-2) and got["mass_allowed_min"] == 0, got["mass_allowed"]
    lab = "tare experiment tools orders.jsonl --regime constrained"
    _, err = run(place, f"ANTHROPIC_API_KEY=x {lab} --model anthropic/some", 2)
    assert "no field that holds a call to a schema" in err, err
    _, err = run(place, f"{lab} --model '{base}#wild' --native --constrain guided_json", 2)
    assert "--constrain and --native exclude each other" in err, err
    ref = {"name": "f", "parameters": {"$ref": "#/$defs/x", "$defs": {"x": {"type": "object"}}}}
    (place.path / "ref.jsonl").write_text(json.dumps({"id": "a", "tools": [ref], "messages": [{"input": "Look up 1.", "expect": [{"name": "f"}]}]}) + "\n")
    _, err = run(place, f"tare experiment tools ref.jsonl --regime constrained --model '{base}#wild'", 4)
    assert '"$ref"' in err and "ref.jsonl:1" in err, err
    _, err = run(place, f"tare experiment tools ref.jsonl --regime constrained-order --native --model '{base}#wild'", 4)
    assert "no order rules" in err, err


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
    # an arm that sums up, one that is held to a checklist, one with a guard outside
    more, _ = run(place, lab + "".join(f" --arm {a}" for a in ("baseline", "split-4", "checkpoint-4", "structured", "recall-masked", "guard")))
    by = {a["arm"]: a for a in json.loads(more)["arms"]}
    kept = {arm: [t["k"] for t in a["turns"]] for arm, a in by.items()}
    assert kept["split-4"] == kept["checkpoint-4"] == [6, 6, 0, 0, 6, 6, 0, 0], kept
    assert kept["structured"] == kept["recall-masked"] == [6] * 8, kept
    # what the guard made good is not the model's own
    assert kept["guard"] == kept["baseline"] == [6, 6, 0, 0, 0, 0, 0, 0], kept
    assert by["guard"]["guarded"]["k"] == 48 and by["guard"]["prevented"] == {"k": 36, "n": 36, "rate": 1.0}, by["guard"]
    assert by["baseline"]["tokens"] == 10 and by["recall-masked"]["tokens"] == 20, by["recall-masked"]["tokens"]
    assert by["checkpoint-4"]["tokens"] == 10 * 10 / 8 and by["split-4"]["tokens"] == 9 * 10 / 8, by["split-4"]["tokens"]
    assert by["guard"]["rules"] == [{"rule": "polite", "judged": False, "k": 12, "n": 48, "rate": 0.25}], by["guard"]["rules"]
    _, err = run(place, f"tare experiment drift talks.jsonl --model '{base}#fade:2+refuse:response_format' --arm baseline --arm structured --json", 3)
    assert "structured is left out" in err, err
    # turns from a script: templates one after the other, slots filled, distractors at their rate; the same for a seed
    script = {"count": 40, "say": ["Is {who} there?", "And now, {who}?"], "slots": {"who": ["Ann", "Bo"]}, "distract": ["urgency", "noise"], "rate": 0.5}
    made = [{"defaults": {"rules": [rule], "script": script}}, {"conversation": "c0"}, {"conversation": "c1"}, {"conversation": "c2", "turns": [{"input": "Well?"}]}]
    (place.path / "made.jsonl").write_text("".join(json.dumps(x) + "\n" for x in made))
    made = f"tare experiment drift made.jsonl --model '{base}#fade:2' --arm baseline --seeds 1 --emit"
    text, _ = run(place, made)
    talks = [[t["input"] for t in json.loads(x)["turns"]] for x in text.splitlines()]
    assert [len(t) for t in talks] == [40, 40, 1] and talks[0] != talks[1], talks
    assert all(t.startswith(("Is Ann there?", "Is Bo there?") if k % 2 == 0 else ("And now, Ann?", "And now, Bo?")) for k, t in enumerate(talks[0]))
    assert 20 < sum("\n\n" in t for talk in talks[:2] for t in talk) < 60 and any("[tool]" in t for t in talks[0])
    assert run(place, made)[0] == text and run(place, made + " --seed 2")[0] != text
    for wrong, says in (({"say": []}, 'no list "say"'), ({"say": ["{x}"]}, 'no texts for the slot "x"'), ({"say": ["x"], "distract": ["song"]}, "kind that is not known")):
        (place.path / "wrong.jsonl").write_text(json.dumps({"conversation": "a", "rules": [rule], "script": wrong}) + "\n")
        _, err = run(place, f"tare experiment drift wrong.jsonl --model '{base}#fade:2'", 4)
        assert says in err and "wrong.jsonl:1" in err, err
    # a line for each rule of each turn
    run(place, f"{lab} --arm baseline --rows rows.jsonl")
    rows = [json.loads(x) for x in (place.path / "rows.jsonl").read_text().splitlines()]
    assert len(rows) == 48 and rows[2] == {"conversation": "c0", "turn": 3, "rule": "polite", "seed": 0, "arm": "baseline", "kept": False}, rows[2]
    # rules in other words
    lines[0]["defaults"]["rules"] = [dict(rule, say=["Say please.", "Be polite: please."])]
    (place.path / "words.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    out2, _ = run(place, f"tare experiment drift words.jsonl --model '{base}#fade:2' --seeds 2 --arm baseline --json")
    assert json.loads(out2)["arms"][0]["paraphrase_sd"] == 0, out2
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
            masked(place, base)
            drift(place, base)
    finally:
        server.terminate()
        server.wait()
    print("ok")


main()
