#!/usr/bin/env python3
"""tare serve openenv: tests/serve/episodes.py TARE. Sockets frame by frame, plain HTTP, and the
official client where it is installed (PyPI: openenv-core)."""
import asyncio
import base64
import hashlib
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from served import REPORT, ROOT, Served  # noqa: E402

TARE = str(pathlib.Path(sys.argv.pop(1)).resolve())
SUBMIT = {"action_type": "submit_report", "params": REPORT}
LOOK = {"action_type": "query_logs", "params": {"sql": "SELECT message FROM alerts"}}

try:
    from openenv.core.generic_client import GenericEnvClient
    from openenv.core.mcp_client import MCPToolClient
except ImportError:
    GenericEnvClient = None
try:
    import jsonschema
except ImportError:
    jsonschema = None


class Socket:
    """RFC 6455, client's side, as far as it is needed here."""

    def __init__(self, served, path=None, **headers):
        self.k = socket.create_connection(("127.0.0.1", served.port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        h = {"Host": f"127.0.0.1:{served.port}", "Upgrade": "websocket", "Connection": "Upgrade",
             "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
        h.update({k.replace("_", "-"): v for k, v in headers.items()})
        path = path or f"/{served.token}/ws"
        text = "".join(f"{k}: {v}\r\n" for k, v in h.items() if v is not None)
        self.k.sendall(f"GET {path} HTTP/1.1\r\n{text}\r\n".encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            chunk = self.k.recv(65536)
            if not chunk:
                break
            self.rest += chunk
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])
        accept = base64.b64encode(hashlib.sha1(
            (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert self.status != 101 or b"Sec-WebSocket-Accept: " + accept in head, head

    def frame(self, opcode, data, final=True, mask=True):
        n = len(data)
        head = bytes([opcode | (0x80 if final else 0)])
        bit = 0x80 if mask else 0
        head += (bytes([bit | n]) if n < 126 else bytes([bit | 126]) + struct.pack(">H", n)
                 if n < 65536 else bytes([bit | 127]) + struct.pack(">Q", n))
        if mask:
            m = os.urandom(4)
            head += m
            data = bytes(b ^ m[i % 4] for i, b in enumerate(data)) if n < 65536 else \
                (int.from_bytes(data, "big") ^
                 int.from_bytes((m * (n // 4 + 1))[:n], "big")).to_bytes(n, "big")
        self.k.sendall(head + data)

    def take(self, n):
        while len(self.rest) < n:
            chunk = self.k.recv(65536)
            if not chunk:
                raise EOFError
            self.rest += chunk
        got, self.rest = self.rest[:n], self.rest[n:]
        return got

    def read(self):
        """(opcode, data) of one unfragmented frame."""
        a, b = self.take(2)
        n = b & 0x7f
        n = struct.unpack(">H", self.take(2))[0] if n == 126 else \
            struct.unpack(">Q", self.take(8))[0] if n == 127 else n
        assert a & 0x80 and not b & 0x80, (a, b)
        return a & 0x0f, self.take(n)

    def close_code(self):
        while True:
            opcode, data = self.read()
            if opcode == 8:
                return struct.unpack(">H", data[:2])[0]

    def text(self, text):
        self.frame(1, text.encode())
        opcode, data = self.read()
        assert opcode == 1, (opcode, data)
        return json.loads(data)

    def say(self, kind, data=None):
        return self.text(json.dumps({"type": kind} | ({} if data is None else {"data": data})))

    def ok(self, kind, data=None):
        got = self.say(kind, data)
        assert got["type"] == ("state" if kind == "state" else "observation"), got
        return got["data"]

    def code(self, kind, data=None):
        got = self.say(kind, data)
        assert got["type"] == "error" and got["data"]["message"], got
        return got["data"]["code"]

    def close(self):
        self.k.close()


class OpenEnv(unittest.TestCase):
    def served(self, *args, **more):
        s = Served(TARE, "openenv", *args, **more)
        self.addCleanup(s.end)
        status = s.request("GET", "/ws")[0]
        if status == 501:
            self.skipTest("this tare was built without WebSockets (libwslay-dev)")
        return s

    def socket(self, s, *args, **more):
        k = Socket(s, *args, **more)
        self.addCleanup(k.close)
        return k

    def test_episodes_of_a_socket(self):
        s = self.served("-k", "2", "--seed", "7", "--label", "x")
        k = self.socket(s)
        self.assertEqual(k.status, 101)
        self.assertEqual(k.ok("state"), {"episode_id": None, "step_count": 0, "task": None,
                                         "attempt": None, "done": False})
        self.assertEqual(k.code("step", LOOK), "SESSION_ERROR")
        first = k.ok("reset", {"task": 3, "episode_id": "mine"})
        self.assertEqual((first["reward"], first["done"]), (None, False))
        self.assertFalse({"reward", "done", "metadata"} & set(first["observation"]))
        self.assertEqual(first["metadata"]["episode_id"], "mine")
        self.assertIn("responder", first["metadata"]["brief"])
        seen = k.ok("step", LOOK)
        self.assertIn("rows", seen["observation"]["last_action_result"]["data"])
        self.assertEqual(k.ok("state")["step_count"], 1)
        last = k.ok("step", SUBMIT)
        self.assertTrue(last["done"])
        self.assertIsInstance(last["reward"], float)
        self.assertEqual(k.ok("state"), {"episode_id": "mine", "step_count": 2, "attempt": 1,
                                         "task": first["metadata"]["task"], "done": True})
        self.assertEqual(k.code("step", LOOK), "SESSION_ERROR")
        again = k.ok("reset", {"task": first["metadata"]["task"]})
        self.assertEqual((again["metadata"]["attempt"], again["metadata"]["task"]),
                         (2, first["metadata"]["task"]))
        same = k.ok("reset", {"seed": 62})  # 60 tasks: the same as task 3, whose second is free again
        self.assertEqual(same["metadata"]["task"], first["metadata"]["task"])
        self.assertEqual(same["metadata"]["attempt"], 2)
        k.frame(1, b'{"type":"close"}')
        self.assertEqual(k.close_code(), 1000)
        s.stop()
        self.assertEqual(s.batch(), {"done": 1, "failed": 0, "missing": 0})

    def test_faults_of_messages(self):
        s = self.served("-k", "1")
        k = self.socket(s)
        self.assertEqual(k.text("{nonsense")["data"]["code"], "INVALID_JSON")
        self.assertEqual(k.text("[]")["data"]["code"], "VALIDATION_ERROR")
        self.assertEqual(k.code("dance"), "UNKNOWN_TYPE")
        self.assertEqual(k.code("reset", []), "VALIDATION_ERROR")
        for bad in ({"seed": -1}, {"seed": 1.5}, {"seed": "1"}, {"task": 0}, {"task": 61},
                    {"task": "no-such"}, {"episode_id": ""}, {"episode_id": "x" * 129}):
            self.assertEqual(k.code("reset", bad), "VALIDATION_ERROR", bad)
        k.ok("reset", {"task": 1, "seed": None, "unknown": 1})
        for bad in ({}, {"action_type": 3}, {"action_type": "rm"}, {"type": "call_tool"},
                    {"action_type": "query_logs", "params": []},
                    {"type": "call_tool", "tool_name": "rm"}):
            self.assertEqual(k.code("step", bad), "VALIDATION_ERROR", bad)
        self.assertEqual(k.ok("state")["step_count"], 0)
        wrapped = k.ok("step", {"action": LOOK})
        self.assertIn("rows", wrapped["observation"]["last_action_result"]["data"])
        called = k.ok("step", {"type": "call_tool", "tool_name": "query_logs",
                               "arguments": {"sql": "SELECT 1 AS one"}})
        self.assertEqual((called["observation"]["tool_name"], called["observation"]["error"]),
                         ("query_logs", None))
        failed = k.ok("step", {"type": "call_tool", "tool_name": "query_logs",
                               "arguments": {"sql": 1}})
        self.assertEqual(failed["observation"]["error"]["error_type"], "execution_error")
        tools = k.ok("step", {"type": "list_tools"})["observation"]["tools"]
        self.assertIn("query_logs", [t["name"] for t in tools])
        self.assertEqual(k.ok("state")["step_count"], 3)

    def test_frames(self):
        s = self.served("-k", "1")
        state = b'{"type":"state"}'
        k = self.socket(s)
        k.frame(1, state[:5], final=False)
        k.frame(9, b"are you there")  # between the fragments
        k.frame(0, state[5:])
        self.assertEqual(k.read(), (10, b"are you there"))
        self.assertEqual(json.loads(k.read()[1])["type"], "state")
        k.frame(8, struct.pack(">H", 1000))
        self.assertEqual(k.close_code(), 1000)
        for code, frame in ((1003, dict(opcode=2, data=b"\x00")),
                            (1007, dict(opcode=1, data=b"\xff\xfe")),
                            (1002, dict(opcode=1, data=state, mask=False)),
                            (1002, dict(opcode=3, data=b"")),
                            (1009, dict(opcode=1, data=b" " * 1100000))):
            k = self.socket(s)
            k.frame(**frame)
            self.assertEqual(k.close_code(), code, frame["opcode"])
        k = self.socket(s)
        k.close()  # without a word
        self.assertEqual(self.socket(s).ok("state")["step_count"], 0)

    def test_handshakes(self):
        s = self.served("-k", "1")
        self.assertEqual(self.socket(s, Sec_WebSocket_Version="8").status, 426)
        self.assertEqual(self.socket(s, Sec_WebSocket_Key=None).status, 400)
        self.assertEqual(self.socket(s, Sec_WebSocket_Key="short").status, 400)
        self.assertEqual(self.socket(s, Upgrade="h2c").status, 400)
        self.assertEqual(self.socket(s, "/ws").status, 401)
        self.assertEqual(self.socket(s, "/ws", Authorization="Bearer " + s.token).status, 101)
        self.assertEqual(self.socket(s, Origin="https://evil.example").status, 403)
        self.assertEqual(self.socket(s, Host="evil.example").status, 403)

    def test_capacity(self):
        s = self.served("-k", "1", "--task", "1", "--sessions", "2")
        a, b = self.socket(s), self.socket(s)
        self.assertEqual((a.status, b.status, self.socket(s).status), (101, 101, 503))
        a.ok("reset")
        a.ok("step", LOOK)
        self.assertEqual(b.code("reset"), "CAPACITY_REACHED")  # it is being played

    def test_silence(self):
        s = self.served("-k", "1", "--task", "1", "--idle", "3")
        k = self.socket(s)
        k.ok("reset")
        k.ok("step", LOOK)
        self.assertEqual(json.loads(k.read()[1])["data"]["code"], "SESSION_ERROR")
        self.assertEqual(k.close_code(), 1001)
        k.close()
        self.assertEqual(s.p.wait(60), 0)
        self.assertEqual(s.batch(), {"done": 0, "failed": 1, "missing": 0})

    def test_plain_http(self):
        s = self.served("-k", "2")
        self.assertEqual(json.loads(s.request("GET", "/health")[2]), {"status": "healthy"})
        self.assertEqual(json.loads(s.request("GET", "/metadata")[2])["tasks"], 60)
        self.assertEqual(s.request("POST", "/step", {"action": LOOK})[0], 404)
        self.assertEqual(s.request("GET", "/reset")[0], 405)
        self.assertEqual(s.request("GET", "/elsewhere")[0], 404)
        one = json.loads(s.request("POST", "/reset")[2])
        name = one["metadata"]["episode_id"]
        got = json.loads(s.request("POST", "/step", {"action": LOOK})[2])  # the only one there is
        self.assertIn("rows", got["observation"]["last_action_result"]["data"])
        s.request("POST", "/reset", {"episode_id": "two"})
        self.assertEqual(s.request("POST", "/step", {"action": LOOK})[0], 422)
        self.assertEqual(s.request("GET", "/state")[0], 422)
        state = json.loads(s.request("GET", f"/state?episode_id={name}")[2])
        self.assertEqual((state["episode_id"], state["step_count"]), (name, 1))
        for bad, status in (({"action": 3, "episode_id": "two"}, 422),
                            ({"action": {"action_type": "rm"}, "episode_id": "two"}, 422),
                            ({"action": LOOK, "episode_id": "three"}, 404), ("{", 422)):
            self.assertEqual(s.request("POST", "/step", bad)[0], status, bad)
        last = json.loads(s.request("POST", "/step", {"action": SUBMIT, "episode_id": "two"})[2])
        self.assertTrue(last["done"])
        self.assertEqual(s.request("POST", "/step", {"action": LOOK, "episode_id": "two"})[0], 404)
        s.request("POST", "/step", {"action": SUBMIT})
        s.stop()
        self.assertEqual(s.batch()["done"], 2)

    @unittest.skipUnless(jsonschema, "the Python module jsonschema is not installed")
    def test_schemas(self):
        s = self.served("-k", "1")
        schema = json.loads(s.request("GET", "/schema")[2])
        for part in ("action", "observation", "state"):
            jsonschema.Draft202012Validator.check_schema(schema[part])
        action = jsonschema.Draft202012Validator(schema["action"])
        self.assertTrue(action.is_valid(SUBMIT) and action.is_valid(LOOK))
        self.assertFalse(action.is_valid({"action_type": "rm", "params": {}}))
        k = self.socket(s)
        for _ in range(2):
            jsonschema.validate(k.ok("state"), schema["state"])
            k.ok("reset")

    def test_the_same_episode_as_replayed(self):
        """Rewards, steps and end are those that `tare replay` finds for the same actions."""
        s = self.served("-k", "1", "--label", "x")
        k = self.socket(s)
        tasks = ROOT / "suites/incident-response/tasks.jsonl"
        scenarios = [json.loads(x)["input"]["scenario"]["id"] for x in tasks.read_text().splitlines()]
        episodes, rewards = [], []
        for n in range(8):
            k.ok("reset", {"seed": n})
            actions = [LOOK, {"action_type": "isolate_host", "params": {"host_id": f"h-{n}"}},
                       SUBMIT]
            rewards.append([k.ok("step", a) for a in actions][-1]["reward"])
            episodes.append({"scenario_id": scenarios[n], "steps": [{"a": a} for a in actions]})
        played = pathlib.Path(s.at) / "played.jsonl"
        played.write_text("".join(json.dumps(e) + "\n" for e in episodes))
        done = subprocess.run([TARE, "replay", "--scenarios", str(tasks), "--actions", str(played),
                               "--jsonl"], check=True, capture_output=True, text=True, timeout=60)
        again = [json.loads(x)["final"]["reward"] for x in done.stdout.splitlines()]
        self.assertEqual(rewards, again)
        self.assertEqual(len(set(rewards)) > 1, True)
        s.stop()
        self.assertEqual(s.batch()["done"], 8)

    def test_a_hundred_sockets_at_once(self):
        s = self.served("-k", "100", "--task", "1", "--label", "x")
        faults, rewards = [], []
        all_in = threading.Barrier(100)

        def play():
            try:
                k = Socket(s)
                k.ok("reset", {"seed": 0})
                all_in.wait(60)
                k.ok("step", LOOK)
                rewards.append(k.ok("step", SUBMIT)["reward"])
                k.close()
            except Exception as e:  # told by the test's own thread
                faults.append(e)
                all_in.abort()

        threads = [threading.Thread(target=play) for _ in range(100)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(120)
        self.assertEqual(faults, [])
        self.assertEqual((len(rewards), len(set(rewards))), (100, 1))
        self.assertEqual(s.p.wait(60), 0)
        self.assertEqual(s.batch(), {"done": 100, "failed": 0, "missing": 0})

    @unittest.skipUnless(GenericEnvClient, "the Python package openenv-core is not installed")
    def test_official_client(self):
        s = self.served("-k", "3", "--task", "1")

        async def play():
            async with GenericEnvClient(base_url=s.where["url"]) as env:
                for _ in range(2):
                    first = await env.reset(seed=7)
                    self.assertEqual((first.reward, first.done), (None, False))
                    seen = await env.step(LOOK)
                    self.assertIn("rows", seen.observation["last_action_result"]["data"])
                    self.assertEqual((await env.state())["step_count"], 1)
                    last = await env.step(SUBMIT)
                    self.assertTrue(last.done)
                    self.assertIsInstance(last.reward, float)
            async with MCPToolClient(base_url=s.where["url"]) as env:
                await env.reset()
                self.assertIn("query_logs", [t.name for t in await env.list_tools()])
                seen = await env.call_tool("query_logs", sql="SELECT 1 AS one")
                self.assertIn("rows", seen["last_action_result"]["data"])

        asyncio.run(asyncio.wait_for(play(), 60))
        self.assertEqual(s.p.wait(30), 0)
        self.assertEqual(s.batch(), {"done": 3, "failed": 0, "missing": 0})


if __name__ == "__main__":
    unittest.main()
