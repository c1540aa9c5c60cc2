#!/bin/sh
# weigh.sh WEIGH: the example on a suite made here: the oracle wins, silence does not, and a wrong
# name has a remedy.
set -eu
weigh=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$TARE_BIN" generate soc --count 3 --seed 7 --tier easy --out tasks.jsonl
cat >suite.yaml <<'YAML'
suite: mini
version: 1.0.0
world: {soc: {profile: hardened}}
tasks: tasks.jsonl
metrics: [reward, false_positive_rate]
YAML
score() { "$weigh" ./suite.yaml "$@" | sed -n 's/.*: reward \(-*[0-9.]*\) in [0-9]* steps$/\1/p'; }
oracle=$(score oracle)
silence=$(score do-nothing)
[ -n "$oracle" ] && [ -n "$silence" ]
awk "BEGIN {exit !($oracle > $silence)}"
[ "$(score oracle)" = "$oracle" ]
code=0
"$weigh" ./suite.yaml orcale 2>err || code=$?
[ "$code" = 2 ]
grep -q 'did you mean "oracle"?' err
code=0
"$weigh" ./none oracle 2>err || code=$?
[ "$code" = 2 ] && grep -q none err
