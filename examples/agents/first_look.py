#!/usr/bin/env python3
"""An external agent in plain Python, for the world soc: reads the alerts that can be trusted,
isolates the one host most of them speak of, and reports it. One JSON object a line, in and out;
standard error is free for notes. The protocol: docs/concepts/external-agents.md."""
import collections
import json
import re
import sys

QUERY = "SELECT alert_id, message FROM alerts WHERE trust_tier = 'verified'"


def tell(**line):
    print(json.dumps(line), flush=True)


def hear():
    line = sys.stdin.readline()
    if not line:  # the episode is over
        sys.exit(0)
    return json.loads(line)


def act(tool, **arguments):
    """One step of the world. A wrong action is an observation too; "error" says that the line was
    none of the protocol."""
    tell(type="act", tool=tool, arguments=arguments)
    answer = hear()
    if answer["type"] == "error":
        sys.exit(answer["message"])
    return answer["observation"]["last_action_result"]


def main():
    start = hear()
    if "query_logs" not in [tool["name"] for tool in start["tools"]]:
        tell(type="fail", reason="this agent plays the world soc alone")
        return
    rows = act("query_logs", sql=QUERY)["data"].get("rows", [])
    hosts = collections.Counter()
    for row in rows:
        alert = act("fetch_alert", alert_id=row["alert_id"])
        text = json.dumps(alert["data"])
        if "closed" not in text:
            hosts.update(set(re.findall(r"\b[a-z]{3}-(?:ws|lt|sv)-[0-9a-f]{4}\b", text)))
    found = hosts.most_common(1)
    if not found:
        act("submit_report", summary_json={"verdict": "unknown"})
        return
    act("isolate_host", host_id=found[0][0])
    act("submit_report", summary_json={"verdict": "incident", "incidents": [
        {"patient_zero_host": found[0][0], "compromised_user": "unknown",
         "attacker_domain": "unknown", "data_target": "unknown", "initial_vector": "unknown"}]})


main()
