#!/bin/sh
# The main job from a suite to a verdict: demo.sh TARE. Eight scripted defenders of known merit,
# three attempts at each incident, a leaderboard, and one honest sentence about two of them.
set -eu
tare=$1
store=.tare/demo.db
suite=incident-response
mkdir -p .tare
rm -f "$store" "$store"-wal "$store"-shm
show() {
    printf '\n$ tare %s\n' "$*"
    "$tare" "$@" --store "$store"
}
cat <<'TEXT'
The suite incident-response: 60 simulated intrusions (12 of them false alarms). A defender reads
logs that an attacker has partly written, may isolate hosts, block domains and reset accounts, and
reports. Eight scripted defenders of known merit are weighed: one that knows the truth, one that
checks trusted evidence first, and six that no benchmark should reward. Reward is at most 8; FP is
the share of attempts in which somebody uninvolved was hit.
TEXT
show run "$suite" --solver oracle --solver verify-first --solver runbook --solver investigate-only \
    --solver random --solver injection-follower --solver spray --solver do-nothing \
    -k 3 --seed 7 --label demo --quiet
show compare demo/runbook demo/verify-first

# The files people already have: a headline gain, and what is left of it.
compare_files() {
    printf '\n$ tare compare %s\n' "$*"
    "$tare" compare "$@"
}
compare_files examples/headline/before.jsonl examples/headline/after.jsonl
compare_files examples/headline/longer.jsonl examples/headline/after.jsonl --margin 0.05
"$tare" report demo --store "$store" --html .tare/demo.html --quiet
printf '\nThe same as one page, to open from disk or to mail: %s/.tare/demo.html\n' "$(pwd)"
printf 'Live in the browser: %s view demo --store %s --open\n' "$tare" "$store"
printf '\nThe results are in %s: tare runs --store %s; tare show demo/runbook --store %s\n' \
    "$store" "$store" "$store"
