#!/usr/bin/env python3
"""An agent that plays over OpenEnv: guest_openenv.py BASE [SEED], BASE as `tare serve openenv SUITE`
prints it. It looks at the alerts and reports that nothing happened. It posts; OpenEnv's own clients
say the same over one WebSocket an episode."""
import json
import sys
import urllib.request

BASE, SEED = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0


def post(path, **body):
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def step(kind, **params):
    return post("/step", episode_id=episode, action={"action_type": kind, "params": params})


first = post("/reset", seed=SEED)
episode, task = first["metadata"]["episode_id"], first["metadata"]["task"]
seen = step("query_logs", sql="SELECT message FROM alerts")
rows = seen["observation"]["last_action_result"]["data"]["rows"]
last = step("submit_report", summary_json={"verdict": "no_incident"})
print(f"{task}: {len(rows)} alerts, reward {last['reward']}, done {last['done']}")
