#!/usr/bin/env python3
"""tare serve mcp on standard streams: tests/serve/mcp_stdio.py TARE. The protocol by hand, and with
the official SDK where it is installed (PyPI: mcp)."""
import asyncio
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TARE = str(pathlib.Path(sys.argv.pop(1)).resolve())
ROOT = pathlib.Path(__file__).resolve().parents[2]
ENV = {**os.environ, "TARE_SUITES": str(ROOT / "suites")}
REPORT = {"summary_json": {"verdict": "no_incident"}}

try:
    import mcp
    from mcp.client.stdio import stdio_client
except ImportError:
    mcp = None


class Session:
    def __init__(self, folder, *args):
        self.p = subprocess.Popen([TARE, "serve", "mcp", "incident-response", *args], cwd=folder,
                                  env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.n = 0

    def raw(self, text):
        self.p.stdin.write(text + "\n")
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())

    def ask(self, method, **params):
        self.n += 1
        got = self.raw(json.dumps({"jsonrpc": "2.0", "id": self.n, "method": method,
                                   "params": params}))
        assert got["id"] == self.n and got["jsonrpc"] == "2.0", got
        return got

    def begin(self):
        got = self.ask("initialize", protocolVersion="2025-06-18", capabilities={},
                       clientInfo={"name": "test", "version": "1"})
        self.p.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        return got["result"]

    def call(self, tool, **arguments):
        return self.ask("tools/call", name=tool, arguments=arguments)

    def end(self):
        out, err = self.p.communicate(timeout=30)
        assert out == "", out
        return self.p.returncode, err


class Stdio(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.at = self.folder.name

    def tearDown(self):
        self.folder.cleanup()

    def stored(self):
        done = subprocess.run([TARE, "runs", "--json"], cwd=self.at, env=ENV, capture_output=True,
                              text=True, timeout=30)
        batch = json.loads(done.stdout)["batches"][0]
        return {k: batch[k] for k in ("done", "failed", "missing")}

    def test_whole_episode(self):
        s = Session(self.at, "--task", "1", "-k", "1", "--seed", "7")
        self.assertEqual(s.begin()["protocolVersion"], "2025-06-18")
        tools = [t["name"] for t in s.ask("tools/list")["result"]["tools"]]
        self.assertIn("query_logs", tools)
        text = s.ask("resources/read", uri="tare://task")["result"]["contents"][0]["text"]
        self.assertIn("incident responder", text)
        seen = s.call("query_logs", sql="SELECT count(*) AS n FROM alerts")["result"]
        self.assertFalse(seen["isError"])
        self.assertIn("rows", seen["content"][0]["text"])
        self.assertTrue(s.call("query_logs", sql=3)["result"]["isError"])
        self.assertFalse(s.call("submit_report", **REPORT)["result"]["isError"])
        self.assertIn("ended", s.call("query_logs", sql="SELECT 1")["result"]["content"][0]["text"])
        code, err = s.end()
        self.assertEqual((code, self.stored()), (0, {"done": 1, "failed": 0, "missing": 0}), err)

    def test_same_as_the_same_agent_on_standard_streams(self):
        """What counts is what was done: the same actions score the same over both protocols."""
        s = Session(self.at, "--task", "1", "-k", "1", "--seed", "7", "--label", "a")
        s.begin()
        s.call("query_logs", sql="SELECT message FROM alerts")
        s.call("submit_report", **REPORT)
        s.end()
        agent = str(ROOT / "examples/agents/all-quiet.yaml")
        subprocess.run([TARE, "run", "incident-response", "-s", agent, "-k", "1", "--limit", "1",
                        "--seed", "7", "--label", "b", "--quiet"], cwd=self.at, env=ENV, check=True,
                       capture_output=True, timeout=30)
        shown = [json.loads(subprocess.run([TARE, "show", x, "soc-standard-7-00000", "--json"],
                                           cwd=self.at, env=ENV, capture_output=True, check=True,
                                           text=True, timeout=30).stdout) for x in "ab"]
        self.assertEqual(shown[0]["scores"], shown[1]["scores"])
        self.assertEqual(shown[0]["n_steps"], shown[1]["n_steps"])

    def test_protocol_faults(self):
        s = Session(self.at, "--task", "1", "-k", "1")
        self.assertEqual(s.ask("tools/list")["error"]["code"], -32601)
        self.assertEqual(s.ask("ping")["result"], {})
        s.begin()
        self.assertEqual(s.raw("{nonsense")["error"]["code"], -32700)
        self.assertEqual(s.raw("x" * 3000000)["error"]["code"], -32700)
        self.assertEqual(s.raw("[]")["error"]["code"], -32600)
        self.assertEqual(s.raw('{"jsonrpc":"2.0","id":null,"method":"ping"}')["error"]["code"],
                         -32600)
        self.assertEqual(s.ask("no/such")["error"]["code"], -32601)
        self.assertEqual(s.call("rm")["error"]["code"], -32602)
        self.assertEqual(s.ask("tools/call", name="query_logs", arguments=[])["error"]["code"],
                         -32602)
        self.assertEqual(s.ask("resources/read", uri="file:///etc/passwd")["error"]["code"], -32602)
        self.assertEqual(s.ask("prompts/get", name="x")["error"]["code"], -32602)
        code, _ = s.end()
        self.assertEqual((code, self.stored()), (3, {"done": 0, "failed": 0, "missing": 0}))

    def test_leaving_after_an_action_is_an_end(self):
        s = Session(self.at, "--task", "1", "-k", "1")
        s.begin()
        s.call("query_logs", sql="SELECT 1")
        self.assertEqual((s.end()[0], self.stored()["done"]), (0, 1))

    def test_each_start_plays_the_next_and_a_killed_one_is_played_again(self):
        args = ("-k", "1", "--label", "x", "--resume")
        for killed in (False, True, False):
            s = Session(self.at, *args)
            s.begin()
            s.call("query_logs", sql="SELECT 1")
            if killed:
                s.p.kill()
                s.p.communicate(timeout=30)
            else:
                s.call("submit_report", **REPORT)
                self.assertEqual(s.end()[0], 0)
        self.assertEqual(self.stored(), {"done": 2, "failed": 0, "missing": 0})

    def test_configuration_of_the_page(self):
        """What docs/concepts/external-agents.md says to write into a client's file starts a server
        that answers, and its store is where the file says."""
        page = (ROOT / "docs/concepts/external-agents.md").read_text()
        files = [json.loads(b)["mcpServers"]["incidents"]
                 for b in re.findall(r"^```json\n(.*?)^```$", page, re.M | re.S)]
        starts = [f for f in files if "command" in f]
        self.assertEqual(len(starts), 1)
        store = pathlib.Path(self.at) / "weighed" / "tare.db"
        store.parent.mkdir()
        env = {**ENV, **starts[0]["env"], "TARE_STORE": str(store),
               "PATH": f"{pathlib.Path(TARE).parent}:{os.environ['PATH']}"}
        for done in (1, 2):
            p = subprocess.run([starts[0]["command"], *starts[0]["args"]], cwd="/", env=env,
                               capture_output=True, text=True, timeout=60, input="".join(
                                   json.dumps({"jsonrpc": "2.0", "id": i, **m}) + "\n"
                                   for i, m in enumerate((
                                       {"method": "initialize", "params": {}},
                                       {"method": "tools/call", "params": {
                                           "name": "submit_report", "arguments": REPORT}}))))
            self.assertEqual(p.returncode, 0, p.stderr)
            runs = subprocess.run([TARE, "runs", "--json"], env=env, cwd="/", capture_output=True,
                                  check=True, text=True, timeout=60)
            batch = json.loads(runs.stdout)["batches"][0]
            self.assertEqual((batch["label"], batch["done"]), ("desktop", done))

    @unittest.skipUnless(mcp, "the Python package mcp is not installed")
    def test_official_sdk(self):
        server = mcp.StdioServerParameters(
            command=TARE, args=["serve", "mcp", "incident-response", "--task", "1", "-k", "1"],
            env=ENV, cwd=self.at)

        async def play():
            async with stdio_client(server) as (read, write):
                async with mcp.ClientSession(read, write) as session:
                    await session.initialize()
                    await session.send_ping()
                    tools = await session.list_tools()
                    self.assertIn("submit_report", [t.name for t in tools.tools])
                    prompt = await session.get_prompt("task")
                    self.assertIn("responder", prompt.messages[0].content.text)
                    names = await session.list_resources()
                    task = await session.read_resource(names.resources[0].uri)
                    self.assertIn("responder", task.contents[0].text)
                    seen = await session.call_tool("query_logs", {"sql": "SELECT 1 AS one"})
                    self.assertIn("one", seen.content[0].text)
                    await session.call_tool("submit_report", REPORT)

        asyncio.run(asyncio.wait_for(play(), 60))
        self.assertEqual(self.stored(), {"done": 1, "failed": 0, "missing": 0})


if __name__ == "__main__":
    unittest.main()
