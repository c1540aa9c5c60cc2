#!/bin/sh
# examples/mask writes texts that the schema allows, for every seed; the validator is the judge.
set -eu
mask=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/schema.json" <<'JSON'
{"type": "object", "additionalProperties": false, "required": ["id", "tags"],
 "properties": {"id": {"type": "integer", "minimum": 5, "maximum": 120},
  "state": {"enum": ["open", "closed"]},
  "tags": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "boolean"}}}}
JSON
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
    "$mask" "$dir/schema.json" "$seed" >"$dir/$seed.json"
    "$TARE_BIN" check schema "$dir/schema.json" "$dir/$seed.json" >"$dir/out" || {
        cat "$dir/$seed.json" "$dir/out"
        exit 1
    }
done
[ "$(sort -u "$dir"/[0-9]*.json | wc -l)" -gt 4 ] || { echo "all texts are alike"; exit 1; }
echo '{"type": "stringy"}' >"$dir/wrong.json"
if "$mask" "$dir/wrong.json" 2>"$dir/out"; then
    echo "a wrong schema was taken"
    exit 1
fi
grep -q stringy "$dir/out" || grep -q type "$dir/out"
