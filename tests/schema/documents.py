#!/usr/bin/env python3
"""Every verb's --json against its schema in docs/schema: tests/schema/documents.py TARE

Each script prints one document, whose "schema" names the file it is held against. Exit 77 (skipped)
where python3-jsonschema is absent."""
import copy
import json
import pathlib
import sys
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from expected import Place  # noqa: E402

try:
    import jsonschema
except ImportError:
    print("skipped: the Python module jsonschema is absent (apt install python3-jsonschema)")
    sys.exit(77)
warnings.simplefilter("ignore")

SETUP = """
tare run incident-response -s runbook -s verify-first -s oracle -k 2 --seed 7 --limit 8 --label first -q >first.txt
tare run incident-response -s injection-follower -k 1 --seed 7 --limit 8 --label second -q >second.txt
tare generate soc --count 2 --seed 7 --tier easy --out tasks.jsonl
printf '{"scenario_id":"case-4198ffaa","steps":[{"a":{"action_type":"submit_report","params":{}}}]}\\n' >actions.jsonl
tare replay --scenarios tasks.jsonl --actions actions.jsonl --jsonl >again.jsonl
sed 's/"step_count":1/"step_count":2/' again.jsonl >wrong.jsonl
printf 'task,score\\na,1\\nb,0\\nc,1\\n' >a.csv
printf 'task,score\\na,0\\nb,0\\nc,1\\n' >b.csv
printf 'task,solver,score\\na,x,1\\nb,x,0\\nc,x,1\\nd,x,0\\na,y,1\\nb,y,1\\nc,y,0\\nd,y,0\\n' >two.csv
printf 'task,solver,label\\na,x,1\\nb,x,0\\na,y,yes\\nb,y,no\\nc,y,yes\\n' >human.csv
printf 'suite: x\\n' >notes.db
"""

# (name of the document, exit status, script)
CASES = [
    ("run", 0, "tare run incident-response -s oracle -s spray -k 2 --seed 7 --limit 8 --json -q"),
    ("run", 0, "tare run incident-response -s do-nothing -k 1 --seed 7 --limit 2 --json -q --findings"),
    ("run", 0, "tare run incident-response -s oracle -s spray -k 2 --seed 7 --limit 8 --json -q --resume"),
    ("dry-run", 0, "tare run incident-response -s oracle -m openai/gpt-4.1-mini -m vllm/x --dry-run --json"),
    ("runs", 0, "tare runs --json"),
    ("runs", 0, "tare runs --json --store none.db"),
    ("leaderboard", 0, "tare show first --json"),
    ("show", 0, "tare show first/runbook --json"),
    ("show", 0, "tare show first/runbook --where 'reward<0' --limit 2 --json"),
    ("attempt", 0, "tare show first/verify-first soc-hard-7-00001 --json"),
    ("attempt", 0, "tare show second soc-hard-7-00001#1 --json"),
    ("compare", 0, "tare compare first/runbook first/verify-first --json"),
    ("compare", 1, "tare compare first/verify-first first/runbook --require not-worse --json"),
    ("compare", 0, "tare compare first/oracle first/oracle --json"),
    ("compare", 0, "tare compare a.csv b.csv --json"),
    ("labels", 0, "tare score two.csv --labels human.csv --json"),
    ("compare", 0, "tare compare two.csv:x two.csv:y --labels human.csv --json"),
    ("compares", 0, "tare compare first/runbook first/verify-first first/oracle --json"),
    ("report-written", 0, "tare report first --html first.html --json -q"),
    ("report-written", 0, "tare report a.csv b.csv --html files.html --json"),
    ("error", 2, "tare report first --json"),
    ("error", 2, "tare view a b c --json"),
    ("replay", 0, "tare replay --scenarios tasks.jsonl --actions actions.jsonl --json"),
    ("replay", 0, "tare replay --scenarios tasks.jsonl --actions again.jsonl --check --json"),
    ("replay", 1, "tare replay --scenarios tasks.jsonl --actions wrong.jsonl --check --json"),
    ("doctor", 0, "tare doctor --json"),
    ("doctor", 0, "tare doctor --quick --json"),
    ("doctor", 0, "tare doctor --json --repair saved.db"),
    ("doctor", 0, "tare doctor --json --store none.db"),
    ("store-info", 0, "tare store info --json"),
    ("store-info", 0, "tare store vacuum --json"),
    ("store-check", 0, "tare store check --json"),
    ("store-check", 0, "tare store check --deep --json"),
    ("import", 0, "tare import a.csv --label a --json"),
    ("lint", 0, "tare lint a.csv --json"),
    ("import-list", 0, "tare import --list a.csv --json"),
    ("formats", 0, "tare import --formats --json"),
    ("lint", 1, "tare lint examples/headline/before.jsonl --json"),
    ("power", 0, "tare power --baseline 0.5 --effect 0.1 --json"),
    ("power", 0, "tare power --from first/runbook,first/verify-first --json"),
    ("stat", 0, "tare stat proportion_ci successes=7 n=47 --json"),
    ("stat", 0, "tare stat proportion_ci successes=0 n=0 --json"),
    ("stat-list", 0, "tare stat --list --json"),
    ("failures", 0, "tare show first/runbook --failures --json"),
    ("failures-attempt", 0, "tare show second soc-hard-7-00001 --failures --json"),
    ("runs-failures", 0, "tare runs --failures --json"),
    ("harness", 0, "tare help harness --json"),
    ("telemetry", 0, "tare export second soc-hard-7-00001 --to jsonl | head -n 1"),
    ("help", 0, "tare help --json"),
    ("help", 0, "tare help epoch --json"),
    ("fault-points", 0, "tare selftest --list-fault-points --json"),
    ("selftest", 0, "tare selftest --replicates 50 --json"),
    ("power", 0, "tare power --baseline 0.74 --effect 0.05 -n 216 --json"),
    ("power", 0, "tare power --from first/oracle,first/runbook --json"),
    ("error", 2, "tare run nosuch -s oracle --json"),
    ("error", 2, "tare show first nosuch --json"),
    ("error", 2, "tare compare first/oracle --json"),
    ("error", 2, "tare stat nosuch --json"),
    ("error", 2, "tare generate soc --json"),
    ("error", 2, "tare rnu --json"),
    ("error", 3, "tare replay --scenarios none --actions none --json"),
    ("error", 4, "tare replay --scenarios tasks.jsonl --actions tasks.jsonl --json"),
    ("error", 4, "tare doctor --store notes.db --json"),
    ("check-calls", 0, "echo '[{\"name\":\"f\"}]' >f.json; echo '<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>' | tare check calls -t f.json --json"),
    ("check-calls", 1, "echo '[{\"rule\":\"forbidden\",\"a\":\"f\"}]' >o.json; echo '<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>' | tare check calls -t f.json -o o.json --retry --json"),
    ("check-calls", 1, "echo '<tool_call>{\"name\":' | tare check calls -t f.json --retry --json"),
    ("mask-compile", 1, "echo '{\"uniqueItems\":true,\"type\":\"array\"}' >u.json; tare mask compile u.json --json"),
    ("mask-bench", 0, "echo '{\"schema\":{\"enum\":[1,12]},\"tests\":[{\"data\":12},{\"data\":2}]}' >l.jsonl; echo '[\"1\",\"2\"]' >v.json; tare mask bench --schemas l.jsonl --vocab v.json --json"),
    ("mask-step", 0, "echo '{\"enum\":[1,12]}' >e.json; echo '[\"1\",\"12\"]' >v.json; tare mask step e.json --vocab v.json --after 1 --json"),
    ("check-json", 1, "printf '[1,]' >a; printf '{} []' >b; printf 'so {}' >c; tare check json --extract --mend a b c --json"),
    ("check-schema", 1, "echo '{\"required\":[\"a\"]}' >s.json; echo '{}' >i.json; tare check schema s.json i.json --json"),
    ("experiment-tools", 0, "tare experiment tools --script no_call=0.1,wrong_type=0.1 --episodes 20 --json"),
    ("experiment-tools", 0, "tare experiment tools --script no_call=0.1 --episodes 5 --emit | grep -v constrained | tare experiment tools - --json"),
    ("experiment-tools", 0, "python3 -c 'import json; print(json.dumps([chr(c) for c in range(10, 127)]))' >letters.json; "
     "tare experiment tools --script no_call=0.1,wrong_type=0.1 --episodes 20 --vocab letters.json --json"),
    ("experiment-drift", 0, "tare experiment drift --script lambda=0.1 --conversations 30 --seeds 10 --json"),
    ("experiment-drift", 0, "tare experiment drift --script lambda=0 --conversations 1 --turns 1 --json"),
]


# (schema of each line, exit status, script, what the lines' member of that name must show)
LINES = [
    ("check-calls-events", 1, "{ echo '<think>a</think>b<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":1}}</tool_call>"
     "<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":[}}</tool_call>"
     "<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":'; } | tare check calls -t f.json --events",
     ("event", {"content", "reasoning", "reasoning_end", "call", "arguments", "call_end", "void", "error"})),
]

CHECK = {"run": "true"}
# Tasks of the world workspace: (whether they can be played, input, expect). The schema and tare say
# the same of each; what only tare can know is not here (that "same" names a file of input.files).
TASKS = [
    (True, {"instruction": "i"}, {"checks": [CHECK]}),
    (True, {"instruction": "i", "files": {"a/b": "", "c": {"text": "", "executable": True}},
            "setup": "true", "at": "/app/x"},
     {"checks": [{"run": "true", "stdout": "", "graded": False}, {"run": "true", "graded": True},
                 {"run": "true", "reward": True, "name": "r", "weight": 0, "timeout_s": 0.5},
                 {"file": "d", "text": "1", "reward": False}, {"same": "c"}],
      "files": {"t.py": ""}, "keep": ["c"], "change": ["d"], "solution": "true"}),
    (False, {}, {"checks": [CHECK]}),
    (False, {"instruction": 1}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "file": {}}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "files": {"../a": ""}}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "files": {"/a": ""}}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "files": {"a//b": ""}}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "files": {"a/": ""}}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "files": {"a": 1}}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "files": {"a": {"executable": True}}}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "at": "app"}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "at": "/usr/app"}, {"checks": [CHECK]}),
    (False, {"instruction": "i", "at": "/app/../usr"}, {"checks": [CHECK]}),
    (False, {"instruction": "i"}, {}),
    (False, {"instruction": "i"}, {"checks": []}),
    (False, {"instruction": "i"}, {"checks": [CHECK] * 257}),
    (False, {"instruction": "i"}, {"checks": ["true"]}),
    (False, {"instruction": "i"}, {"checks": [{}]}),
    (False, {"instruction": "i"}, {"checks": [{"run": "true\0"}]}),
    (False, {"instruction": "i"}, {"checks": [{"run": "true", "same": "a"}]}),
    (False, {"instruction": "i"}, {"checks": [{"run": "true", "text": "a"}]}),
    (False, {"instruction": "i"}, {"checks": [{"run": "true", "stdout": "", "graded": True}]}),
    (False, {"instruction": "i"}, {"checks": [{"run": "true", "reward": True, "graded": True}]}),
    (False, {"instruction": "i"}, {"checks": [{"run": "true", "weight": -1}]}),
    (False, {"instruction": "i"}, {"checks": [{"file": "a"}]}),
    (False, {"instruction": "i"}, {"checks": [{"file": "../a", "text": ""}]}),
    (False, {"instruction": "i"}, {"checks": [{"file": "a", "text": "", "graded": True}]}),
    (False, {"instruction": "i"}, {"checks": [{"file": "a", "text": "", "stdout": ""}]}),
    (False, {"instruction": "i"}, {"checks": [CHECK], "keep": [".."]}),
    (False, {"instruction": "i"}, {"checks": [CHECK], "change": "a"}),
]
SUITE = """suite: s
version: 1.0.0
about: a
world: {workspace: {}}
tasks: tasks.jsonl
metrics: [reward]
"""


def schemas():
    found = {}
    for path in sorted((ROOT / "docs/schema").glob("*.json")):
        schema = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        found[path.stem] = jsonschema.Draft202012Validator(schema)
    return found


def faults_of(case, code, out, known):
    name, wanted, _ = case
    if code != wanted:
        return [f"exit status {code}, expected {wanted}"]
    try:
        doc = json.loads(out)
    except ValueError as why:
        return [f"not one JSON document: {why}"]
    if doc.get("schema") != f"tare.{name}/1":
        return [f"is of {doc.get('schema')}, expected tare.{name}/1"]
    faults = [f"{fault.json_path}: {fault.message[:300]}" for fault in known[name].iter_errors(doc)]
    for inner in doc.get("comparisons", []):
        faults += [f"within: {fault.json_path}: {fault.message[:300]}"
                   for fault in known["compare"].iter_errors(inner)]
    # A schema that also accepts a document without what it requires would prove nothing.
    for key in known[name].schema.get("required", []):
        less = copy.copy(doc)
        less.pop(key, None)
        if known[name].is_valid(less):
            faults.append(f"the schema accepts it without {key!r}")
    if not known[name].schema.get("required"):
        faults.append("the schema requires nothing")
    return faults


def faults_of_lines(case, code, out, known):
    """Lines of events: each fits the schema, and together they show every kind there is."""
    name, wanted, _, (member, kinds) = case
    if code != wanted:
        return [f"exit status {code}, expected {wanted}"]
    docs = [json.loads(line) for line in out.splitlines()]
    faults = [f"{fault.json_path}: {fault.message[:300]}"
              for doc in docs for fault in known[name].iter_errors(doc)]
    shown = {doc.get(member) for doc in docs}
    return faults + [f"no line shows {kind}" for kind in sorted(kinds - shown)]


def faults_of_tasks(place, known):
    """Tasks of suites that are shipped fit their schemas; of others tare and the schema agree."""
    faults = []
    lines = (ROOT / "suites/workspace-basics/tasks.jsonl").read_text().splitlines()
    for name in ("task", "workspace-task"):
        faults += [f"{name}: {fault.json_path}: {fault.message[:300]}"
                   for line in lines for fault in known[name].iter_errors(json.loads(line))]
    (place.path / "s").mkdir()
    (place.path / "s/suite.yaml").write_text(SUITE)
    for good, given, expect in TASKS:
        task = {"id": "a", "input": given, "expect": expect}
        (place.path / "s/tasks.jsonl").write_text(json.dumps(task) + "\n")
        code, _, err = place.sh("tare run s/suite.yaml -s do-nothing --limit 1 -q")
        if (code != 4) != good:  # without a sandbox a good one is missing, and no less well formed
            faults.append(f"tare: exit status {code}: {str(task)[:200]}: {err[:300]}")
        if known["workspace-task"].is_valid(task) != good:
            faults.append(f"the schema {'refuses' if good else 'accepts'} {str(task)[:200]}")
    return faults


def main(tare):
    known, failed = schemas(), 0
    with Place(tare) as place:
        code, out, err = place.sh("set -e\n" + SETUP)
        if code:
            print(f"the files to work on could not be made: {out}{err}")
            return 1
        for case in CASES + LINES:
            code, out, err = place.sh(case[2])
            faults = (faults_of if len(case) == 3 else faults_of_lines)(case, code, out, known)
            if faults:
                failed += 1
                print(f"{case[2]}:", *faults[:8], err[:500], sep="\n  ")
        faults = faults_of_tasks(place, known)
        failed += bool(faults)
        if faults:
            print("tasks of the world workspace:", *faults, sep="\n  ")
    print(f"{len(CASES + LINES) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
