#!/usr/bin/env python3
"""An agent that plays over MCP: guest_mcp.py ADDRESS, as `tare serve mcp SUITE --http` prints it.
It looks at the alerts and reports that nothing happened; the standard library is all it needs."""
import json
import sys
import urllib.request

ADDRESS, session = sys.argv[1], {}


def send(message, method="POST"):
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
               **session}
    body = json.dumps({"jsonrpc": "2.0", **message}).encode() if message else None
    request = urllib.request.Request(ADDRESS, body, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        if "Mcp-Session-Id" in answer.headers:
            session["Mcp-Session-Id"] = answer.headers["Mcp-Session-Id"]
        text = answer.read()
    return json.loads(text).get("result") if text else None


def call(tool, **arguments):
    result = send({"id": 3, "method": "tools/call",
                   "params": {"name": tool, "arguments": arguments}})
    return result["content"][0]["text"]


send({"id": 1, "method": "initialize", "params": {
    "protocolVersion": "2025-11-25", "capabilities": {},
    "clientInfo": {"name": "guest_mcp", "version": "1"}}})
send({"method": "notifications/initialized"})
tools = [t["name"] for t in send({"id": 2, "method": "tools/list"})["tools"]]
print("tools:", ", ".join(tools))
rows = json.loads(call("query_logs", sql="SELECT message FROM alerts"))["last_action_result"]
print("alerts:", len(rows["data"]["rows"]))
call("submit_report", summary_json={"verdict": "no_incident"})
send(None, "DELETE")
