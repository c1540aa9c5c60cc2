#!/usr/bin/env python3
"""SciPy beside bench_stats on the same tasks: bench/stats_scipy.py [--long]

Needs Debian's python3-scipy (run with /usr/bin/python3). --long adds the cases that take 10 to 20
seconds each. Prints rows as the bench programs do."""
import sys
import time

import numpy as np
from scipy import stats


def timed(what, fn):
    start = time.perf_counter()
    fn()
    print(f"{what}\t{time.perf_counter() - start:.4g}\ts\tSciPy, one run", flush=True)


rng = np.random.default_rng(1)
long = "--long" in sys.argv


def bca(n):
    x = rng.random(n) - 0.45
    stats.bootstrap((x,), np.mean, n_resamples=50000, method="BCa", random_state=1, batch=1000)


def flip(n):
    x = rng.random(n) - 0.45
    stats.permutation_test((x,), lambda v, axis: v.sum(axis=axis), permutation_type="samples",
                           n_resamples=np.inf, vectorized=True, batch=4096)


timed("BCa, 47 real values, 50,000 resamples", lambda: bca(47))
timed("sign-flip, 14 real values, exact", lambda: flip(14))
if long:
    timed("BCa, 10000 real values, 50,000 resamples", lambda: bca(10000))
    timed("sign-flip, 20 real values, exact", lambda: flip(20))
