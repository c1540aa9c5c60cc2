#!/usr/bin/env python3
"""Task folders of Harbor and Terminal-Bench, played in the box: tests/judges/folders.py TARE. Exit 77
(skipped) where no box can be built."""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from expected import Place  # noqa: E402


def main():
    with Place(pathlib.Path(sys.argv[1]), ROOT / "tests/cli/run-harbor/files") as place:
        code, out, err = place.sh("tare run tasks --solver oracle --solver do-nothing --solver forger --label a --json -q")
        if code == 3:
            print("skipped: " + err.strip())
            sys.exit(77)
        assert code == 0, (code, out, err)
        assert err.startswith("tasks: 2 of 10 tasks can be played; not played: base ("), err
        board = json.loads(out)["leaderboard"]
        got = {row["solver"]: row["metrics"]["reward"]["value"] for row in board}
        assert got == {"oracle": 1.0, "do-nothing": 0.0, "forger": 0.0}, got
    print("ok")


main()
