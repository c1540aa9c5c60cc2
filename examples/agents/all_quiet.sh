#!/bin/sh
# An external agent in plain shell, for the world soc: looks at the alerts once and reports that
# nothing happened. The protocol: docs/concepts/external-agents.md.
read -r start || exit 1
case $start in
*'"schema":"tare.agent/1"'*) ;;
*)
    echo '{"type":"fail","reason":"another protocol than tare.agent/1"}'
    exit 1
    ;;
esac
echo '{"type":"act","tool":"query_logs","arguments":{"sql":"SELECT message FROM alerts"}}'
read -r alerts || exit 1
echo "read ${#alerts} characters of alerts" >&2
echo '{"type":"act","tool":"submit_report","arguments":{"summary_json":{"verdict":"no_incident"}}}'
read -r _ || exit 0 # the report ends the episode
