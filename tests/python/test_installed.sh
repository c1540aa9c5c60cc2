#!/bin/sh
# pip install ./python in a fresh environment with tare on the path; then a test that uses the
# fixture, one of it failing on purpose, and data frames where pandas is there. Exit 77 (skipped)
# where venv, pip's builder or pytest is absent; nothing is fetched from the net unless TARE_PYPI=1.
set -eu
tare=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
skip() {
    echo "skipped: $1"
    exit 77
}
python3 -m venv --system-site-packages "$work/venv" >"$work/log" 2>&1 || skip "python3-venv is absent"
if [ "${TARE_PYPI:-}" = 1 ]; then
    "$work/venv/bin/python" -m pip install --quiet setuptools wheel pytest pandas
fi
"$work/venv/bin/python" -c 'import pytest, setuptools, wheel' 2>/dev/null ||
    skip "python3-pytest, -setuptools or -wheel is absent"
mkdir "$work/bin" "$work/tests"
ln -s "$tare" "$work/bin/tare"
export PATH="$work/venv/bin:$work/bin:$PATH"
unset TARE
cp -r "$root/python" "$work/python"
"$work/venv/bin/python" -m pip install --quiet --no-index --no-build-isolation "$work/python" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
cat >"$work/tests/test_branch.py" <<'EOF'
import pytest


def test_not_worse(tare):
    scores = [i % 2 for i in range(400)]
    assert tare.assert_not_worse(scores, scores, margin=0.05)["gate"]["passed"]


def test_worse(tare):
    main, branch = [1] * 100, [0] * 50 + [1] * 50
    with pytest.raises(AssertionError, match="not shown to be no worse"):
        tare.assert_not_worse(main, branch, margin=0.05)


def test_shown_failing(tare):
    tare.assert_not_worse([1] * 100, [0] * 50 + [1] * 50, margin=0.05)


def test_frames(tare):
    pandas = pytest.importorskip("pandas")
    a = pandas.DataFrame({"task_id": [f"t{i}" for i in range(20)], "score": [0.0] * 20})
    result = tare.compare(a, a.assign(score=1.0))
    assert result.verdict == "improved" and "<strong>improved" in result._repr_html_()
EOF
cd "$work/tests"
status=0
"$work/venv/bin/python" -m pytest -q -rA -p no:cacheprovider . >"$work/out" 2>&1 || status=$?
fail() {
    echo "$1"
    cat "$work/out"
    exit 1
}
[ "$status" = 1 ] || fail "pytest ended with $status: one test was to fail"
grep -q '^PASSED .*test_not_worse' "$work/out" || fail "test_not_worse did not pass"
grep -q '^PASSED .*test_worse' "$work/out" || fail "test_worse did not pass"
grep -q '^FAILED .*test_shown_failing' "$work/out" || fail "test_shown_failing did not fail"
grep -q 'not shown to be no worse by 0.05: regressed' "$work/out" || fail "the failure does not say why"
if "$work/venv/bin/python" -c 'import pandas' 2>/dev/null; then
    grep -q '^PASSED .*test_frames' "$work/out" || fail "test_frames did not pass"
fi
