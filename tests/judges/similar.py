#!/usr/bin/env python3
"""Nearness by embeddings, and promptfoo's `similar`, with a model that is a program on loopback:
tests/judges/similar.py TARE"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from expected import Place  # noqa: E402

CONFIG = """prompts: ["Greet {{{{name}}}}."]
providers: [{{id: "{base}#say:Hello_Ada"}}]
tests:
  - description: near
    vars: {{name: Ada}}
    assert: [{{type: similar, value: "hello {{{{name}}}}!", provider: "{base}#embed"}}]
  - description: far
    vars: {{name: Bob}}
    assert: [{{type: similar, value: "zzz", threshold: 0.2, provider: "{base}#embed"}}]
  - description: broken
    vars: {{name: Eve}}
    assert: [{{type: similar, value: "hello", provider: "{base}#short"}}]
  - description: down
    vars: {{name: Kim}}
    assert: [{{type: similar, value: "hello", provider: "{base}#always:400"}}]
  - description: unnamed
    vars: {{name: Lee}}
    assert: [{{type: similar, value: "hello"}}, {{type: contains, value: Hello}}]
"""


def main():
    server = subprocess.Popen([sys.executable, str(ROOT / "tests/server/serve.py")], stdout=subprocess.PIPE, text=True)
    try:
        base = f"http://127.0.0.1:{server.stdout.readline().split()[1]}/v1"
        with Place(pathlib.Path(sys.argv[1])) as place:
            (place.path / "promptfooconfig.yaml").write_text(CONFIG.format(base=base))
            code, out, err = place.sh("tare run promptfooconfig.yaml --label a --record rec --json -q")
            assert code in (0, 3), (code, out, err)
            assert "5 of 6 assertions run; not run: 1 similar (no embedding model is named" in err, err
            got = {}
            for task in ("near", "far", "broken", "down"):
                code, out, err = place.sh(f"tare show a {task} --json")
                assert code == 0, err
                got[task] = {m: (s["state"], s["value"]) for m, s in json.loads(out)["scores"].items()}
            assert got["near"]["pass"] == ("ok", 1), got["near"]
            assert got["near"]["score"] == ("ok", 1), got["near"]
            assert got["far"]["pass"] == ("ok", 0) and got["far"]["score"] == ("ok", 0), got["far"]
            # an embedding that did not come is missing, never 0
            assert got["broken"]["pass"][0] == got["down"]["pass"][0] == "missing", got
            # the recording gives the same, without the network
            server.terminate()
            server.wait()
            code, out, err = place.sh("tare run promptfooconfig.yaml --label b --replay rec --json -q")
            code, out, err = place.sh("tare show b near --json")
            assert json.loads(out)["scores"]["pass"]["value"] == 1, (out, err)
    finally:
        server.terminate()
        server.wait()
    print("ok")


main()
