#!/bin/sh
# installed.sh BUILD [CC]: what `meson install` lays down, used from an empty folder: the program
# finds its suites, each verb has its manual page, and a program in C builds against the library.
set -eu
build=$1
cc=${2:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
meson install -C "$build" --no-rebuild --destdir "$folder/root" >"$folder/log" 2>&1 || {
    cat "$folder/log"
    exit 1
}
tare=$(find "$folder/root" -path '*/bin/tare' -type f)
prefix=${tare%/bin/tare}
mkdir "$folder/empty"
cd "$folder/empty"

"$tare" run short-answers -s empty --limit 2 --quiet >out
grep -q 'short-answers .* 2 tasks' out

if command -v scdoc >/dev/null; then
    "$tare" help --json | python3 -c '
import json, sys
print(*[v["name"] for v in json.load(sys.stdin)["commands"]], sep="\n")' >verbs
    [ -s verbs ]
    while read -r verb; do
        [ -f "$prefix/share/man/man1/tare-$verb.1" ] || {
            echo "no manual page for $verb"
            exit 1
        }
    done <verbs
fi

# Sanitized libraries need the compiler's own flags: those builds skip this.
if [ -n "$cc" ]; then
    pc=$(find "$folder/root" -name tare.pc)
    PKG_CONFIG_PATH=$(dirname "$pc")
    PKG_CONFIG_SYSROOT_DIR=$folder/root
    export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
    # shellcheck disable=SC2046 # flags are words
    $cc -o weigh "$TARE_ROOT/examples/weigh.c" $(pkg-config --cflags --libs tare)
    LD_LIBRARY_PATH=$(dirname "$(find "$folder/root" -name 'libtare.so.0')") \
        ./weigh "$prefix/share/tare/suites/incident-response" oracle | grep -q 'reward 8.* in'
fi
