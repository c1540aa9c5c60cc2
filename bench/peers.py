#!/usr/bin/python3
"""tare beside the peers a user would otherwise pick, on the same data, in one run, as ratios.

Prints rows "what, value, unit, remark". Peers that are not installed are left out and named:
python3-scipy, python3-statsmodels, r-base-core with r-cran-boot (Debian packages). tare's times
are whole processes of build-bench/tare, files read included; peers' times are the call alone,
without starting their interpreter and without reading anything."""
import pathlib
import subprocess
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parent.parent
tare = root / "build-bench" / "tare"
quick = "--quick" in sys.argv


def row(what, value, unit, remark):
    print(f"{what}\t{value:.4g}\t{unit}\t{remark}", flush=True)


def best(times, fn):
    result = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        fn()
        result = min(result, time.perf_counter() - start)
    return result


def run(*arguments):
    done = subprocess.run([str(tare), *map(str, arguments)], capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"peers: {arguments}: {done.stderr.decode()}")


def beside(what, ours, peer, theirs, remark=""):
    row(f"{what}: tare", ours * 1e3, "ms", "whole process")
    row(f"{what}: {peer}", theirs * 1e3, "ms", "the call alone")
    row(f"{what}: {peer} over tare", theirs / ours, "times", remark)


def in_process():
    """What bench_stats measures without starting a process: name → seconds."""
    scale = {"us": 1e-6, "ms": 1e-3}
    out = subprocess.run([str(tare.parent / "bench" / "bench_stats")], capture_output=True, text=True,
                         check=True).stdout
    rows = (line.split("\t") for line in out.splitlines())
    return {what: float(value) * scale[unit] for what, value, unit, _ in rows if unit in scale}


def beside_call(name, peer, theirs, remark=""):
    """Ratio of calls, without any process: our figure under that name of bench_stats."""
    row(f"{name}: {peer} over tare", theirs / CALLS[name], "times", f"call against call; {remark}")


def write(path, values):
    path.write_text("".join(f'{{"task_id":"t{i}","score":{v!r}}}\n' for i, v in enumerate(values)))


def scipy_rows(folder):
    try:
        import numpy as np
        from scipy import stats
    except ImportError:
        row("SciPy", 0, "", "not installed: python3-scipy")
        return
    rng = np.random.default_rng(1)
    for n in (47, 10000):
        d = rng.choice([-1, 0, 1], n, p=[.05, .4, .55]).astype(float)
        wins, losses = int((d > 0).sum()), int((d < 0).sum())
        if n == 10000 and quick:
            continue
        ours = best(5, lambda: run("stat", "exact_bootstrap_trinomial", f"n={n}", f"wins={wins}",
                                   f"losses={losses}", f"ties={n - wins - losses}"))
        theirs = best(1, lambda: stats.bootstrap((d,), np.mean, n_resamples=50000, method="BCa",
                                                 random_state=1, batch=1000))
        beside(f"bootstrap interval of a paired difference, {n:,} tasks, win/tie/loss", ours, "SciPy",
               theirs, "different algorithms: exact here, 50,000 resamples there")
        beside_call(f"exact bootstrap, {n:,} pairs", "SciPy", theirs,
                    "compares algorithms: exact here, 50,000 resamples there")
    for n in (47, 10000):
        a, b = rng.random(n), rng.random(n) + .02
        if n == 10000 and quick:
            continue
        write(folder / "a.jsonl", a.tolist())
        write(folder / "b.jsonl", b.tolist())
        ours = best(3, lambda: run("compare", folder / "a.jsonl", folder / "b.jsonl",
                                   "--resamples", 50000))
        theirs = best(1, lambda: stats.bootstrap((b - a,), np.mean, n_resamples=50000, method="BCa",
                                                 random_state=1, batch=1000))
        beside(f"bootstrap interval of a paired difference, {n:,} tasks, real scores, 50,000 resamples",
               ours, "SciPy", theirs, "tare reads both files and makes the sign-flip test as well")
        beside_call(f"BCa, {n} real values, 50,000 resamples, 2 threads", "SciPy", theirs)
    n = 14 if quick else 20
    a, b = rng.random(n), rng.random(n) + .02
    write(folder / "a.jsonl", a.tolist())
    write(folder / "b.jsonl", b.tolist())
    ours = best(3, lambda: run("compare", folder / "a.jsonl", folder / "b.jsonl"))
    theirs = best(1, lambda: stats.permutation_test((b - a,), lambda v, axis: v.sum(axis=axis),
                                                    permutation_type="samples", n_resamples=np.inf,
                                                    vectorized=True, batch=4096))
    beside(f"exact sign-flip test, {n} tasks", ours, "SciPy", theirs, "tare makes the interval too")


def statsmodels_rows():
    try:
        from statsmodels.stats.contingency_tables import mcnemar
    except ImportError:
        row("statsmodels", 0, "", "not installed: python3-statsmodels")
        return
    ours = best(9, lambda: run("stat", "mcnemar", "both_pass=15", "baseline_only=1",
                               "candidate_only=26", "both_fail=6"))
    theirs = best(9, lambda: mcnemar([[15, 1], [26, 6]], exact=True))
    beside("McNemar, 48 tasks", ours, "statsmodels", theirs, "a process against a call")


R = """
library(boot)
for (n in c(47, 10000)) {
  set.seed(1)
  d <- runif(n) - 0.45
  t <- system.time({b <- boot(d, function(x, i) mean(x[i]), R = 50000)})[["elapsed"]]
  t2 <- if (n < 100) system.time(boot.ci(b, type = "bca"))[["elapsed"]] else NA
  cat(n, t, t2, "\\n")
}
"""


def r_rows(folder):
    script = folder / "boot.R"
    script.write_text(R.replace("c(47, 10000)", "c(47)") if quick else R)
    try:
        done = subprocess.run(["Rscript", str(script)], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        row("R boot", 0, "", "not installed: r-base-core, r-cran-boot")
        return
    for line in done.stdout.splitlines():
        n, seconds, interval = line.split()
        extra = 0 if interval == "NA" else float(interval)
        write(folder / "a.jsonl", [0.1 + (i * 7919 % 1000) / 1000 for i in range(int(n))])
        write(folder / "b.jsonl", [(i * 104729 % 1000) / 1000 for i in range(int(n))])
        ours = best(3, lambda: run("compare", folder / "a.jsonl", folder / "b.jsonl",
                                   "--resamples", 50000))
        beside(f"50,000 resamples of a mean, {int(n):,} real scores", ours, "R boot",
               float(seconds) + extra,
               "tare: BCa and test" + ("" if extra else "; R: resamples only, its BCa needs n more"))


def reading_rows(folder):
    path = folder / "rows.jsonl"
    with path.open("w") as f:
        for i in range(200000):
            f.write(f'{{"task_id":"t{i}","score":{i % 3 == 0:d},"output":"{"word " * 30}"}}\n')
    seconds = best(3, lambda: run("compare", path, path))
    row("reading JSON Lines twice and comparing, 200,000 rows",
        2 * path.stat().st_size / seconds / 1e6, "MB/s", f"whole process, {seconds * 1e3:.0f} ms")
    small = folder / "small.jsonl"
    small.write_text("".join(path.read_text().splitlines(True)[:10000]))
    seconds = best(5, lambda: run("compare", small, small))
    row("compare of two files of 10,000 rows", seconds * 1e3, "ms", "whole process")


CALLS = in_process()
with tempfile.TemporaryDirectory() as name:
    where = pathlib.Path(name)
    reading_rows(where)
    scipy_rows(where)
    statsmodels_rows()
    r_rows(where)
