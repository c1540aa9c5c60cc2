#!/usr/bin/python3
"""tare's JSON Schema validator beside python3-jsonschema (Debian) and jsonschema-rs (PyPI, into a
temporary venv), on the same schemas and instances, in one run.

Each schema is compiled, and all its instances validated, several times; the best time counts.
Values are in memory on every side and formats are not asserted. A ratio is over the schemas both
sides compile, of the sums and of the median schema. Nothing is fetched for a "$ref"."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("TARE_SHARED", ROOT.parent / "shared"))
SAMPLE = SHARED / "data" / "jsonschemabench" / "sample.jsonl"
TIMES = 5
warnings.simplefilter("ignore")


def row(what, value, unit, remark):
    print(f"{what}\t{value:.4g}\t{unit}\t{remark}", flush=True)


def best(times, call):
    result = float("inf")
    for _ in range(times):
        start = time.perf_counter_ns()
        call()
        result = min(result, time.perf_counter_ns() - start)
    return result


def ours():
    out = subprocess.run([ROOT / "build-bench" / "bench" / "bench_schema", "--each"], cwd=ROOT, check=True,
                         capture_output=True, text=True).stdout
    rows = (line.split("\t") for line in out.splitlines())
    return {name: (float(compiled), float(valid), outcomes) for name, compiled, valid, outcomes in rows}


def measure(times, compiler):
    """id → (compile ns, valid ns, outcomes) of one peer."""
    found = {}
    for line in SAMPLE.read_text().splitlines():
        case = json.loads(line)
        data = [test["data"] for test in case["tests"]]
        try:
            is_valid = compiler(case["schema"])
            outcomes = "".join("t" if is_valid(x) else "f" for x in data)
        except Exception:  # whatever a peer raises: it does not handle this schema
            found[case["id"]] = (-1, -1, "")
            continue
        found[case["id"]] = (best(times, lambda: compiler(case["schema"])),
                             best(times, lambda: [is_valid(x) for x in data]), outcomes)
    return found


def python_compiler():
    from jsonschema import Draft202012Validator, RefResolver, validators  # pylint: disable=import-outside-toplevel

    def fetch_nothing(uri):
        raise ValueError(uri)

    def compiler(schema):
        kind = validators.validator_for(schema, default=Draft202012Validator)
        resolver = RefResolver.from_schema(schema, handlers={"http": fetch_nothing, "https": fetch_nothing})
        return kind(schema, resolver=resolver).is_valid
    return compiler


def rust_compiler():
    import jsonschema_rs  # pylint: disable=import-outside-toplevel,import-error

    def fetch_nothing(uri):
        raise ValueError(uri)
    return lambda schema: jsonschema_rs.validator_for(schema, retriever=fetch_nothing,
                                                      validate_formats=False).is_valid


def in_venv():
    """jsonschema-rs in a venv that is gone afterwards; None: it could not be had."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, stdout=subprocess.DEVNULL)
        python = pathlib.Path(folder) / "bin" / "python3"
        got = subprocess.run([python, "-m", "pip", "install", "--quiet", "jsonschema-rs"], check=False,
                             capture_output=True, text=True)
        if got.returncode:
            return None
        done = subprocess.run([python, __file__, "--rust"], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)


def beside(peer, mine, theirs):
    both = [k for k in mine if mine[k][0] >= 0 and theirs[k][0] >= 0]
    differ = sum(mine[k][2] != theirs[k][2] for k in both)
    refused = sum(theirs[k][0] < 0 for k in theirs)
    for part, what in ((0, "compile"), (1, "validate")):
        a = [mine[k][part] for k in both]
        b = [theirs[k][part] for k in both]
        row(f"{what}, {peer} over tare, sums", sum(b) / sum(a), "times",
            f"{sum(b) / 1e6:.4g} ms over {sum(a) / 1e6:.4g} ms, {len(both)} schemas; {peer} fails on {refused}")
        row(f"{what}, {peer} over tare, median schema",
            statistics.median(y / max(x, 1) for x, y in zip(a, b)), "times",
            f"outcomes differ for {differ} schemas" if part else "")


def main():
    if "--rust" in sys.argv:
        print(json.dumps(measure(TIMES, rust_compiler())))
        return
    if not SAMPLE.exists():
        return
    mine = ours()
    try:
        theirs = measure(2, python_compiler())
        beside("python3-jsonschema", mine, theirs)
    except ImportError:
        row("python3-jsonschema", float("nan"), "", "not installed")
    rust = in_venv()
    if rust is None:
        row("jsonschema-rs", float("nan"), "", "not installed, and PyPI out of reach")
    else:
        beside("jsonschema-rs", mine, rust)


main()
