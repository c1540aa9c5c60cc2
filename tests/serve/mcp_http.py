#!/usr/bin/env python3
"""tare serve mcp --http: tests/serve/mcp_http.py TARE. The protocol by hand, and with the official
SDK where it is installed (PyPI: mcp)."""
import asyncio
import json
import pathlib
import re
import socket
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from served import REPORT, ROOT, Served  # noqa: E402

TARE = str(pathlib.Path(sys.argv.pop(1)).resolve())

try:
    import mcp
    import mcp.client
    from mcp.client.streamable_http import streamable_http_client
except ImportError:
    mcp = None


class Client:
    """One session, by hand."""

    def __init__(self, served, version="2025-06-18"):
        self.s, self.n, self.id, self.version = served, 0, None, version

    def post(self, message, **headers):
        h = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        if self.id:
            h["Mcp-Session-Id"] = self.id
            h["MCP-Protocol-Version"] = self.version
        h.update({k.replace("_", "-"): v for k, v in headers.items()})
        body = message if isinstance(message, str) else json.dumps(message)
        return self.s.request("POST", "/mcp", body, h)

    def ask(self, method, **params):
        self.n += 1
        status, headers, body = self.post({"jsonrpc": "2.0", "id": self.n, "method": method,
                                           "params": params})
        got = json.loads(body)
        assert status == 200 and got["id"] == self.n, (status, body)
        self.id = headers.get("mcp-session-id", self.id)
        return got

    def begin(self):
        got = self.ask("initialize", protocolVersion=self.version, capabilities={},
                       clientInfo={"name": "test", "version": "1"})
        status, _, body = self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        assert (status, body) == (202, b""), (status, body)
        return got["result"]

    def call(self, tool, **arguments):
        return self.ask("tools/call", name=tool, arguments=arguments)

    def leave(self):
        return self.s.request("DELETE", "/mcp", None, {"Mcp-Session-Id": self.id})[0]


class Http(unittest.TestCase):
    def served(self, *args, **more):
        s = Served(TARE, "mcp", "--http", *args, **more)
        self.addCleanup(s.end)
        return s

    def test_sessions_are_attempts_and_the_server_ends_with_the_last(self):
        s = self.served("-k", "2", "--task", "1", "--seed", "7", "--label", "a")
        for last in (False, True):
            c = Client(s)
            self.assertEqual(c.begin()["protocolVersion"], "2025-06-18")
            self.assertIn("query_logs", [t["name"] for t in c.ask("tools/list")["result"]["tools"]])
            seen = c.call("query_logs", sql="SELECT message FROM alerts")["result"]
            self.assertIn("rows", seen["content"][0]["text"])
            self.assertFalse(c.call("submit_report", **REPORT)["result"]["isError"])
            self.assertTrue(c.call("query_logs", sql="SELECT 1")["result"]["isError"])
            self.assertEqual(c.leave(), 204)
            if not last:  # else the server ends
                self.assertEqual(c.post({"jsonrpc": "2.0", "id": 9, "method": "ping"})[0], 404)
        self.assertEqual(s.p.wait(30), 0)
        self.assertEqual(s.batch(), {"done": 2, "failed": 0, "missing": 0})

    def test_same_as_over_standard_streams(self):
        """What counts is what was done, not how it came here."""
        import subprocess
        s = self.served("-k", "1", "--task", "1", "--seed", "7", "--label", "a")
        c = Client(s)
        c.begin()
        c.call("query_logs", sql="SELECT message FROM alerts")
        c.call("submit_report", **REPORT)
        c.leave()
        self.assertEqual(s.p.wait(30), 0)
        lines = [{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}},
                 {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params":
                  {"name": "query_logs", "arguments": {"sql": "SELECT message FROM alerts"}}},
                 {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params":
                  {"name": "submit_report", "arguments": REPORT}}]
        subprocess.run([TARE, "serve", "mcp", "incident-response", "--task", "1", "-k", "1",
                        "--seed", "7", "--label", "b"], cwd=s.at, env=s.env, check=True, text=True,
                       input="".join(json.dumps(x) + "\n" for x in lines), capture_output=True,
                       timeout=60)
        a, b = (s.show(x, "soc-standard-7-00000") for x in "ab")
        self.assertEqual(a["scores"], b["scores"])
        self.assertEqual(a["n_steps"], b["n_steps"])

    def test_who_may_ask(self):
        s = self.served("-k", "1")
        for headers, status in (({}, 401), ({"Authorization": "Bearer " + "0" * 32}, 401),
                                ({"Authorization": "Basic " + s.token}, 401)):
            got, h, _ = s.request("POST", "/mcp", {}, headers, token=False)
            self.assertEqual((got, h.get("www-authenticate")), (status, "Bearer"))
        port = s.port
        for headers in ({"Host": "evil.example"}, {"Host": f"evil.example:{port}"},
                        {"Host": "127.0.0.1"}, {"Origin": "https://evil.example"},
                        {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            self.assertEqual(s.request("POST", "/mcp", {}, headers)[0], 403, headers)
        for headers in ({}, {"Host": f"localhost:{port}"}, {"Origin": f"http://localhost:{port}"}):
            self.assertEqual(s.request("POST", "/mcp", {}, headers)[0], 400, headers)
        self.assertEqual(s.request("POST", f"/{s.token}/mcp", {}, token=False)[0], 400)
        self.assertEqual(s.request("POST", f"/{s.token}x/mcp", {}, token=False)[0], 401)
        self.assertEqual(s.request("POST", "/else", {})[0], 404)

    def test_no_token_and_a_given_one(self):
        s = self.served("-k", "1", "--open")
        self.assertIsNone(s.where["token"])
        self.assertEqual(s.request("POST", "/mcp", {}, token=False)[0], 400)
        self.assertEqual(s.request("POST", "/mcp", {}, {"Host": "evil.example"}, token=False)[0], 403)
        secret = "the-secret-of-a-test"
        s = self.served("-k", "1", token=secret)
        self.assertNotIn(secret, json.dumps(s.where))
        self.assertEqual(s.request("POST", "/mcp", {}, token=False)[0], 401)
        self.assertEqual(s.request("POST", "/mcp", {})[0], 400)
        s.stop()
        self.assertNotIn(secret, s.err)
        for bad in ("short", "with a space in the middle"):
            with self.assertRaisesRegex(RuntimeError, "TARE_SERVE_TOKEN"):
                self.served(token=bad)
        with self.assertRaisesRegex(RuntimeError, "127.0.0.1 alone"):
            self.served("--open", "--bind", "0.0.0.0")

    def test_configuration_of_the_page(self):
        """The address and the header of docs/concepts/external-agents.md, but for the port."""
        page = (ROOT / "docs/concepts/external-agents.md").read_text()
        files = [json.loads(b)["mcpServers"]["incidents"]
                 for b in re.findall(r"^```json\n(.*?)^```$", page, re.M | re.S)]
        at, = [f for f in files if "url" in f]
        secret = "the-secret-of-a-test"
        s = self.served("-k", "1", token=secret)
        self.assertEqual(s.where["url"], re.sub(r":8765/", f":{s.port}/", at["url"]))
        headers = {k: v.replace("${TARE_SERVE_TOKEN}", secret) for k, v in at["headers"].items()}
        got = s.request("POST", s.where["path"], {"jsonrpc": "2.0", "id": 1, "params": {},
                                                  "method": "initialize"}, headers, token=False)
        self.assertEqual(got[0], 200)

    def test_faults_of_the_protocol(self):
        s = self.served("-k", "1")
        c = Client(s)
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        self.assertEqual(c.post(ping)[0], 400)
        c.begin()
        self.assertEqual(c.post(ping)[0], 200)
        self.assertEqual(c.post(ping, Mcp_Session_Id="0" * 32)[0], 404)
        self.assertEqual(c.post(ping, MCP_Protocol_Version="1999-01-01")[0], 400)
        self.assertEqual(c.post(ping, Content_Type="text/plain")[0], 415)
        self.assertEqual(c.post(ping, Accept="text/html")[0], 406)
        self.assertEqual(c.post(ping, Accept="*/*")[0], 200)
        status, headers, body = c.post(ping, Accept="text/event-stream")
        self.assertEqual((status, headers["content-type"]), (200, "text/event-stream"))
        self.assertTrue(body.startswith(b"event: message\ndata: {"), body)
        for text, code in (("{nonsense", -32700), ("[]", -32600),
                           ('{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
                           ('{"jsonrpc":"2.0","id":1,"method":"no/such"}', -32601)):
            self.assertEqual(json.loads(c.post(text)[2])["error"]["code"], code)
        self.assertEqual(c.post("x" * 1100000)[0], 413)
        self.assertEqual(s.request("PUT", "/mcp", "{}")[0], 405)
        self.assertEqual(s.request("GET", "/mcp", None, {"Accept": "text/event-stream"})[0], 400)
        self.assertEqual(s.request("DELETE", "/mcp", None, {"Mcp-Session-Id": "0"})[0], 404)
        self.assertEqual(c.post(ping)[0], 200)

    def test_a_stream_of_the_server(self):
        s = self.served("-k", "1")
        c = Client(s)
        c.begin()

        def stream():
            k = socket.create_connection(("127.0.0.1", s.port), timeout=30)
            k.sendall(f"GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:{s.port}\r\nAuthorization: Bearer "
                      f"{s.token}\r\nMcp-Session-Id: {c.id}\r\nAccept: text/event-stream\r\n\r\n"
                      .encode())
            return k

        with stream() as k:
            head = b""
            while b": here" not in head:
                head += k.recv(4096)
            self.assertIn(b"200 OK", head)
            with stream() as second:
                self.assertIn(b"409", second.recv(4096))
            self.assertEqual(c.ask("ping")["result"], {})
            c.leave()
            rest = b""
            while chunk := k.recv(4096):  # the stream ends with its session
                rest += chunk
                if rest.endswith(b"0\r\n\r\n"):
                    break

    def test_what_was_left_untouched_is_played_by_the_next(self):
        s = self.served("-k", "1", "--task", "1", "--sessions", "1")
        c = Client(s)
        c.begin()
        other = Client(s)
        status, _, body = other.post({"jsonrpc": "2.0", "id": 1, "method": "initialize",
                                      "params": {}})
        self.assertEqual((status, json.loads(body)["error"]["code"]), (503, -32000))
        c.leave()
        other.begin()
        other.call("query_logs", sql="SELECT 1")
        other.leave()  # it has acted: that is its end
        self.assertEqual(s.p.wait(30), 0)
        self.assertEqual(s.batch(), {"done": 1, "failed": 0, "missing": 0})

    def test_nothing_left_to_play(self):
        s = self.served("-k", "1", "--task", "1")
        c = Client(s)
        c.begin()
        status, _, body = Client(s).post({"jsonrpc": "2.0", "id": 1, "method": "initialize",
                                          "params": {}})
        self.assertEqual(status, 503)
        self.assertIn("played", json.loads(body)["error"]["message"])

    def test_silence(self):
        s = self.served("-k", "2", "--task", "1", "--idle", "3")
        untouched, acted = Client(s), Client(s)
        untouched.begin()
        acted.begin()
        acted.call("query_logs", sql="SELECT 1")
        threading.Event().wait(3.5)  # each answer would begin the time anew
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        self.assertEqual([untouched.post(ping)[0], acted.post(ping)[0]], [404, 404])
        c = Client(s)
        c.begin()
        c.call("submit_report", **REPORT)
        c.leave()
        self.assertEqual(s.p.wait(30), 0)
        self.assertEqual(s.batch(), {"done": 1, "failed": 1, "missing": 0})

    def test_a_signal_lets_sessions_finish_and_resume_goes_on(self):
        s = self.served("-k", "3", "--task", "1", "--label", "x")
        c = Client(s)
        c.begin()
        c.call("query_logs", sql="SELECT 1")
        s.p.terminate()
        refused = None
        for _ in range(100):
            refused = Client(s).post({"jsonrpc": "2.0", "id": 1, "method": "initialize",
                                      "params": {}})[0]
            if refused == 503:
                break
        self.assertEqual(refused, 503)
        c.call("submit_report", **REPORT)
        self.assertEqual(s.stop(), 130)
        self.assertEqual(s.batch(), {"done": 1, "failed": 0, "missing": 0})
        again = Served(TARE, "mcp", "--http", "-k", "3", "--task", "1", "--label", "x", "--resume",
                       folder=s.folder)
        self.addCleanup(again.end)
        for _ in range(2):
            c = Client(again)
            c.begin()
            c.call("submit_report", **REPORT)
            c.leave()
        self.assertEqual(again.p.wait(30), 0)
        self.assertEqual(again.batch(), {"done": 3, "failed": 0, "missing": 0})

    def test_a_hundred_sessions_at_once(self):
        s = self.served("-k", "100", "--task", "1", "--seed", "7", "--label", "x")
        clients = [Client(s) for _ in range(100)]
        faults = []
        all_in = threading.Barrier(100)

        def play(c):
            try:
                c.begin()
                all_in.wait(60)  # every session has an attempt before one of them ends
                c.call("query_logs", sql="SELECT message FROM alerts")
                c.call("submit_report", **REPORT)
                c.leave()
            except Exception as e:  # told by the test's own thread
                faults.append(e)
                all_in.abort()

        threads = [threading.Thread(target=play, args=(c,)) for c in clients]
        for t in threads:
            t.start()
        for t in threads:
            t.join(120)
        self.assertEqual(faults, [])
        self.assertEqual(s.p.wait(60), 0)
        self.assertEqual(s.batch(), {"done": 100, "failed": 0, "missing": 0})
        self.assertEqual(len({c.id for c in clients}), 100)

    @unittest.skipUnless(mcp, "the Python package mcp is not installed")
    def test_official_sdk(self):
        s = self.served("-k", "1", "--task", "1")

        async def play():
            async with streamable_http_client(s.where["url"]) as streams:
                async with mcp.ClientSession(streams[0], streams[1]) as session:
                    await session.initialize()
                    await session.send_ping()
                    tools = await session.list_tools()
                    self.assertIn("submit_report", [t.name for t in tools.tools])
                    prompt = await session.get_prompt("task")
                    self.assertIn("responder", prompt.messages[0].content.text)
                    task = await session.read_resource("tare://task")
                    self.assertIn("responder", task.contents[0].text)
                    seen = await session.call_tool("query_logs", {"sql": "SELECT 1 AS one"})
                    self.assertIn("one", seen.content[0].text)
                    await session.call_tool("submit_report", REPORT)

        asyncio.run(asyncio.wait_for(play(), 60))
        self.assertEqual(s.p.wait(30), 0)
        self.assertEqual(s.batch(), {"done": 1, "failed": 0, "missing": 0})

    @unittest.skipUnless(hasattr(mcp, "Client"), "no Python package mcp from 2.0 on is installed")
    def test_a_client_that_tries_the_newest_revision_first(self):
        s = self.served("-k", "1", "--task", "1")

        async def play():
            async with mcp.Client(s.where["url"]) as client:
                self.assertEqual(client.protocol_version, "2025-11-25")
                tools = await client.list_tools()
                self.assertIn("submit_report", [t.name for t in tools.tools])
                self.assertFalse((await client.call_tool("submit_report", REPORT)).is_error)

        asyncio.run(asyncio.wait_for(play(), 60))
        self.assertEqual(s.p.wait(30), 0)
        self.assertEqual(s.batch(), {"done": 1, "failed": 0, "missing": 0})


if __name__ == "__main__":
    unittest.main()
