#!/usr/bin/env python3
"""What `tare export --to otlp` writes is read by OpenTelemetry's own message classes, strictly:
tests/models/otlp.py TARE. 77: they are not installed.

  $TARE_PEER_PYTHON: an interpreter that has what packages/pypi-peers.txt lists"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "server"))
from place import call, folder, server, solver  # noqa: E402

PYTHON = os.environ.get("TARE_PEER_PYTHON", sys.executable)

READ = r'''
import base64, json, sys, unittest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

LINES = open(sys.argv.pop(1)).read().splitlines()


def ids(v):
    """OTLP's JSON has ids in hex where protobuf's own has base64."""
    if isinstance(v, list):
        return [ids(x) for x in v]
    if isinstance(v, dict):
        return {k: base64.b64encode(bytes.fromhex(x)).decode() if k in ("traceId", "spanId", "parentSpanId") else ids(x)
                for k, x in v.items()}
    return v


def value(v):
    kind = v.WhichOneof("value")
    return [value(x) for x in v.array_value.values] if kind == "array_value" else getattr(v, kind)


class Read(unittest.TestCase):
    def setUp(self):
        self.requests = []
        for line in LINES:
            r = ExportTraceServiceRequest()
            json_format.Parse(json.dumps(ids(json.loads(line))), r, ignore_unknown_fields=False)
            self.requests.append(r)
        self.assertGreater(len(self.requests), 1)

    def test_round_trip(self):
        for r in self.requests:
            again = ExportTraceServiceRequest.FromString(r.SerializeToString())
            self.assertEqual(again, r)

    def test_spans(self):
        traces = set()
        for r in self.requests:
            (resource,) = r.resource_spans
            self.assertEqual(value(next(a.value for a in resource.resource.attributes if a.key == "service.name")), "tare")
            (scope,) = resource.scope_spans
            root, *children = scope.spans
            self.assertFalse(root.parent_span_id)
            self.assertEqual((len(root.trace_id), len(root.span_id), root.kind), (16, 8, Span.SPAN_KIND_INTERNAL))
            self.assertTrue(any(root.trace_id) and any(root.span_id))
            self.assertTrue(root.name.startswith("invoke_agent "))
            self.assertNotIn(root.trace_id, traces)
            traces.add(root.trace_id)
            self.assertEqual(len({s.span_id for s in scope.spans}), len(scope.spans))
            at = root.start_time_unix_nano
            self.assertGreater(at, 1_500_000_000_000_000_000)
            for s in children:
                self.assertEqual((s.trace_id, s.parent_span_id), (root.trace_id, root.span_id))
                self.assertLessEqual(at, s.start_time_unix_nano)
                self.assertLessEqual(s.start_time_unix_nano, s.end_time_unix_nano)
                at = s.start_time_unix_nano
                self.assertIn(s.status.code, (Status.STATUS_CODE_OK, Status.STATUS_CODE_ERROR))
                got = {a.key: value(a.value) for a in s.attributes}
                self.assertEqual(len(got), len(s.attributes))
                self.assertIn(got["gen_ai.operation.name"], ("chat", "execute_tool", "harness"))
                if got["gen_ai.operation.name"] == "chat":
                    self.assertEqual(s.kind, Span.SPAN_KIND_CLIENT)
                    self.assertEqual((got["gen_ai.usage.input_tokens"], got["gen_ai.usage.output_tokens"]), (40, 10))
                    self.assertEqual(got["gen_ai.response.finish_reasons"], ["tool_calls"])
                    self.assertTrue(0 <= got["gen_ai.response.time_to_first_chunk"] < 10)
                if got["gen_ai.operation.name"] == "execute_tool":
                    self.assertIn(got["gen_ai.tool.name"], s.name)

    def test_kinds(self):
        names = {s.name.split()[0] for r in self.requests for s in r.resource_spans[0].scope_spans[0].spans}
        self.assertEqual(names, {"invoke_agent", "chat", "execute_tool", "harness"})


unittest.main()
'''

if __name__ == "__main__":
    if subprocess.run([PYTHON, "-c", "import opentelemetry.proto.trace.v1.trace_pb2"], capture_output=True).returncode:
        print("skipped: no opentelemetry-proto (packages/pypi-peers.txt)")
        sys.exit(77)
    tare = pathlib.Path(sys.argv[1]).resolve()
    with server() as base, folder() as at:
        file = solver(at, base, "play:2", "  stream: true\nharness: {best_of: 2, tools: {order: [{rule: before, a: query_logs, b: submit_report}]}}\n")
        for args in (["run", "incident-response", "-s", file, "--limit", "2", "-k", "2", "-q", "--label", "x"],
                     ["export", "x/it", "--to", "otlp", "--out", "spans.jsonl", "--texts"]):
            done = call(at, tare, *args, "--store", at / "tare.db")
            assert done.code == 0, done.err
        sys.exit(subprocess.run([PYTHON, "-c", READ, at / "spans.jsonl"]).returncode)
