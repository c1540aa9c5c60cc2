#!/usr/bin/env python3
"""Who judged whom, said by `tare compare`: tests/judges/family.py TARE. Models are tests/server."""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from expected import Place  # noqa: E402

SUITE = """suite: judged
version: 1.0.0
about: Eight questions for a judge.
world: {{prompt: {{}}}}
tasks: tasks.jsonl
checks:
  - {{judge: {{rubric: "The answer is right.", model: "{base}#{judge}"}}, name: right}}
metrics: [pass]
"""


def warnings(place, base, judge, solvers, label):
    (place.path / "suite.yaml").write_text(SUITE.format(base=base, judge=judge))
    lines = [json.dumps({"id": f"t{i}", "input": "Say yes.", "expect": "yes"}) for i in range(8)]
    (place.path / "tasks.jsonl").write_text("\n".join(lines) + "\n")
    models = " ".join(f"--model '{base}#{s}'" for s in solvers)
    code, out, err = place.sh(f"tare run suite.yaml {models} --label {label} -q >/dev/null && tare compare {label} --json")
    assert code == 0, err
    return json.loads(out)["warnings"]


def main():
    server = subprocess.Popen([sys.executable, str(ROOT / "tests/server/serve.py")], stdout=subprocess.PIPE, text=True)
    try:
        base = f"http://127.0.0.1:{server.stdout.readline().split()[1]}/v1"
        with Place(pathlib.Path(sys.argv[1])) as place:
            own = warnings(place, base, "qwen-x+judge", ["gpt-b+say:no", "qwen-a+say:yes"], "own")
            assert len(own) == 1 and own[0].startswith("qwen-a-say-yes was judged by") and "(qwen)" in own[0], own
            assert warnings(place, base, "claude-x+judge", ["gpt-b+say:no", "qwen-a+say:yes"], "other") == []
            # two judges: what differs may be they
            code, out, err = place.sh("tare compare own/gpt-b-say-no other/gpt-b-say-no --shared-tasks --json")
            assert code == 0, err
            texts = json.loads(out)["warnings"]
            assert any(t.startswith("the two sides were judged differently") for t in texts), texts
    finally:
        server.terminate()
        server.wait()
    print("ok")


main()
