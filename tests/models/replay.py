#!/usr/bin/env python3
"""--record and --replay: a run whose model never says the same twice, played again without it, leaves
the same documents byte for byte: tests/models/replay.py TARE

What differs by design is ids of runs and batches, and times; it is taken out before they are compared."""
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "server"))
from place import attempts, call, environment, folder, server, solver  # noqa: E402

TARE = pathlib.Path(sys.argv.pop(1)).resolve()
TIMES = {"t_ms", "t_ns", "dur_ms", "dur_ns", "wall_ns", "ttft_ms", "ms"}
IDS = re.compile(r"^(?:r?[0-9a-f]{8,16})$|^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+Z$")  # and moments


def bare(v):
    """Without times and ids; all else as it is, order and lexemes included."""
    if isinstance(v, dict):
        return {k: bare(x) for k, x in v.items() if k not in TIMES}
    if isinstance(v, list):
        return [bare(x) for x in v]
    return "-" if isinstance(v, str) and IDS.match(v) else v


def without(text):
    lines = text.splitlines() if text.startswith('{"schema":"tare.telemetry') else [text]
    return "\n".join(json.dumps(bare(json.loads(x, parse_float=str, parse_int=str))) for x in lines)


class Replay(unittest.TestCase):
    def play(self, at, store, suite, *more, env=None, tasks="3"):
        done = call(at, TARE, "run", suite, "--limit", tasks, "-k", "2", "--seed", "5", "--json", "--label", "x", "--store",
                    at / store / "tare.db", *more, env=env, timeout=120)
        self.assertEqual(done.code, 0, done.err)
        return done

    def documents(self, at, store, run, names):
        """All that is told of what is in the store, without ids and times."""
        out = {"run": without(run.out)}
        for name in names:
            for args in (("show", f"x/{name}", "--json"), ("show", f"x/{name}", "--failures", "--json"),
                         ("export", f"x/{name}", "--to", "jsonl", "--texts")):
                done = call(at, TARE, *args, "--store", at / store / "tare.db")
                self.assertEqual(done.code, 0, done.err)
                out[name, args] = without(done.out)
        for (_, task, index), row in attempts(at / store).items():
            out["digests", task, index] = out.get(("digests", task, index), "") + str(row[:6])
        return out

    def same(self, solvers, suite="incident-response", files=None, wanted=()):
        """Records, stops the server, replays with neither server nor key."""
        with folder() as at:
            for name, text in (files or {}).items():
                (at / name).parent.mkdir(exist_ok=True)
                (at / name).write_text(text)
            for store in ("one", "two"):
                (at / store).mkdir()
            with server() as base:
                given = [v for name, model, more in solvers
                         for v in ("-s", solver(at, base, model, more.replace("BASE", base), name))]
                first = self.play(at, "one", suite, *given, "--record", "tape")
            env = environment()
            del env["OPENAI_API_KEY"]
            second = self.play(at, "two", suite, *given, "--replay", "tape", env=env)
            names = [s[0] for s in solvers]
            a, b = self.documents(at, "one", first, names), self.documents(at, "two", second, names)
            self.assertEqual(a.keys(), b.keys())
            self.assertGreater(len(a), 4)
            for key in a:
                if a[key] != b[key]:
                    at = next(i for i, (x, y) in enumerate(zip(a[key], b[key])) if x != y)
                    self.fail(f"{key}: {a[key][max(at - 200, 0):at + 80]}\n  is after replay\n{b[key][max(at - 200, 0):at + 80]}")
            text = "".join(a.values())
            for part in wanted:  # what the run was about did happen
                self.assertRegex(text, part)
            return [json.loads(line) for line in (at / "tape/exchanges.jsonl").read_text().splitlines()]

    def test_best_of_and_verifier(self):
        lines = self.same([("it", "play:3+vary", """harness:
  best_of: 3
  verify: other_model
  verifier: {name: 'say:{"ok":_false,_"why":_"too_early"}', base_url: "BASE/v1"}
""")], wanted=('"choose"', '"verify"', '"verdict": "refused"', "too early"))
        self.assertEqual({x["asked"] for x in lines}, {"it", "it/verifier"})

    def test_retries_and_streams(self):
        self.same([("it", "play:2+vary+fail:429:1+half", "  stream: true\n")], wanted=('"tries": "2"',))

    def test_failover(self):
        lines = self.same([("it", "always:500", "  fallback: {name: play:2+vary, base_url: BASE/v1, stream: true}\n")],
                          wanted=("play:2",))
        self.assertEqual({(x["asked"], x["endpoint"]) for x in lines}, {("it", "it/fallback")})

    def test_two_arms_of_one_model(self):
        """Both ask the same first question of the same attempt, and were given other answers."""
        lines = self.same([("with", "play:2+vary", "harness: {anchor: every}\n"), ("without", "play:2+vary", "")])
        first = self.same([("a", "play:2+vary", ""), ("b", "play:2+vary", "")])
        self.assertGreater(len(lines), 10)
        keys = [x["key"] for x in first]
        self.assertLess(len(set(keys)), len(keys))

    def test_talk(self):
        suite = {"s/suite.yaml": "suite: s\nversion: 1.0.0\nworld: {prompt: {system: Be short.}}\ntasks: tasks.jsonl\n"
                                 "metrics: [pass]\nchecks: [exact]\n",
                 "s/tasks.jsonl": "".join(json.dumps({"id": f"t{i}", "input": {"turns": ["What is it?", "Sure?"]},
                                                      "expect": "answer 3"}) + "\n" for i in range(3))}
        self.same([("it", "vary+fail:503:1", """  stream: true
harness:
  best_of: 4
  select: vote
  anchor: decision
  verify: other_model
  verifier: {name: 'say:{"ok":_true}', base_url: "BASE/v1"}
""")], suite="s", files=suite, wanted=('"choose"', '"verify"'))

    def test_cache_is_in_the_recording(self):
        """A recording is whole, also where the cache answered."""
        with folder() as at:
            for store in ("one", "two"):
                (at / store).mkdir()
            with server() as base:
                file = solver(at, base, "play:2+vary")
                self.play(at, "one", "incident-response", "-s", file)
                self.play(at, "one", "incident-response", "-s", file, "--cache", "on", "--record", "tape", "--label", "y")
            self.play(at, "two", "incident-response", "-s", file, "--replay", "tape")


if __name__ == "__main__":
    unittest.main()
