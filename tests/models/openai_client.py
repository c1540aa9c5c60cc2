#!/usr/bin/env python3
"""The official Python client of OpenAI against tests/server/serve.py: what the other tests take for a
chat server speaks as one: tests/models/openai_client.py. 77: the client is not installed.

  $TARE_PEER_PYTHON: an interpreter that has what packages/pypi-peers.txt lists"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "server"))
from place import server  # noqa: E402

PYTHON = os.environ.get("TARE_PEER_PYTHON", sys.executable)

CLIENT = r'''
import json, sys, unittest, warnings
import openai
from openai import OpenAI

BASE = sys.argv.pop(1)
TOOLS = [{"type": "function", "function": {"name": n, "parameters": {"type": "object"}}} for n in ("query_logs", "submit_report")]
ASK = [{"role": "user", "content": "What is it?"}]


class Client(unittest.TestCase):
    def setUp(self):
        self.client = OpenAI(base_url=BASE + "/v1", api_key="sk-test", max_retries=0, timeout=10)

    def tearDown(self):
        self.client.close()

    def ask(self, model, **more):
        return self.client.chat.completions.create(model=model, messages=ASK, **more)

    def test_text(self):
        r = self.ask("text")
        self.assertEqual(r.choices[0].message.content, "echo: What is it?")
        self.assertEqual((r.choices[0].finish_reason, r.object, r.model), ("stop", "chat.completion", "text"))
        self.assertEqual((r.usage.prompt_tokens, r.usage.completion_tokens, r.usage.total_tokens), (40, 10, 50))
        self.assertIsNone(r.choices[0].message.tool_calls)
        self.strict(r)

    def strict(self, r):
        """Every member is one the client's types know, and of its type."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            again = type(r).model_validate(json.loads(r.model_dump_json()), strict=False)
        self.assertFalse(again.model_extra, again.model_extra)

    def test_calls(self):
        r = self.ask("play:1", tools=TOOLS)
        call = r.choices[0].message.tool_calls[0]
        self.assertEqual((call.type, call.function.name, r.choices[0].finish_reason), ("function", "query_logs", "tool_calls"))
        self.assertIn("sql", json.loads(call.function.arguments))
        self.strict(r)
        then = ASK + [r.choices[0].message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "{}"}]
        r = self.client.chat.completions.create(model="play:1", messages=then, tools=TOOLS)
        self.assertEqual(r.choices[0].message.tool_calls[0].function.name, "submit_report")

    def test_logprobs(self):
        r = self.ask("text", logprobs=True, top_logprobs=1)
        content = r.choices[0].logprobs.content
        self.assertEqual([t.token for t in content], ["a", "b"])
        self.assertEqual((content[0].logprob, content[0].bytes, content[0].top_logprobs[0].token), (-0.25, [97], "a"))
        self.strict(r)

    def test_stream(self):
        parts, usage, finish = [], None, None
        with self.ask("text", stream=True, stream_options={"include_usage": True}) as chunks:
            for c in chunks:
                self.assertEqual(c.object, "chat.completion.chunk")
                if c.choices and c.choices[0].delta.content:
                    parts.append(c.choices[0].delta.content)
                if c.choices and c.choices[0].finish_reason:
                    finish = c.choices[0].finish_reason
                usage = c.usage or usage
        self.assertEqual("".join(parts), "echo: What is it?")
        self.assertGreater(len(parts), 2)
        self.assertEqual((finish, usage.total_tokens), ("stop", 50))

    def test_stream_without_usage(self):
        with self.ask("text", stream=True) as chunks:
            for c in chunks:
                self.assertIsNone(c.usage)
                self.assertEqual(len(c.choices), 1)

    def test_stream_of_calls(self):
        """The client's own gathering of a streamed call gives the call."""
        with self.client.chat.completions.stream(model="play:1", messages=ASK, tools=TOOLS) as s:
            for _ in s:
                pass
            r = s.get_final_completion()
        call = r.choices[0].message.tool_calls[0]
        self.assertEqual((call.function.name, r.choices[0].finish_reason), ("query_logs", "tool_calls"))
        self.assertIn("sql", json.loads(call.function.arguments))

    def test_stream_of_logprobs(self):
        with self.ask("text", stream=True, logprobs=True) as chunks:
            got = [t.token for c in chunks if c.choices and c.choices[0].logprobs for t in c.choices[0].logprobs.content]
        self.assertEqual(got, ["a", "b"])

    def test_errors(self):
        for word, kind, code in (("always:401", openai.AuthenticationError, None), ("always:404", openai.NotFoundError, None),
                                 ("always:500", openai.InternalServerError, None), ("quota", openai.RateLimitError, "insufficient_quota"),
                                 ("context", openai.BadRequestError, "context_length_exceeded")):
            with self.assertRaises(kind) as e:
                self.ask(word)
            self.assertEqual(e.exception.code, code)
            self.assertTrue(e.exception.body["message"])

    def test_retry(self):
        """A 429 with Retry-After is healed by the client's own second try."""
        r = self.client.with_options(max_retries=2).chat.completions.create(model="text+fail:429:1", messages=ASK)
        self.assertEqual(r.choices[0].message.content, "echo: What is it?")

    def test_completions(self):
        r = self.client.completions.create(model="ok", prompt="P", logprobs=1, max_tokens=1)
        self.assertEqual((r.object, r.choices[0].text, r.choices[0].finish_reason), ("text_completion", "echo: P", "length"))
        self.assertEqual(r.choices[0].logprobs.tokens, ["a", "b"])


unittest.main()
'''

if subprocess.run([PYTHON, "-c", "import openai"], capture_output=True).returncode:
    print("skipped: no openai client (packages/pypi-peers.txt)")
    sys.exit(77)
with server() as base:
    sys.exit(subprocess.run([PYTHON, "-c", CLIENT, base]).returncode)
