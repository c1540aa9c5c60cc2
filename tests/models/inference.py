#!/usr/bin/env python3
"""tare against a real inference server, llama-cpp-python's, with a tiny model of random weights that
is made here: tests/models/inference.py TARE. 77: it is not installed.

  $TARE_PEER_PYTHON: an interpreter that has what packages/pypi-peers.txt lists"""
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "server"))
from place import DONE, FAILED, MISSING, attempts, call, folder, solver  # noqa: E402

TARE = pathlib.Path(sys.argv.pop(1)).resolve()
PYTHON = os.environ.get("TARE_PEER_PYTHON", sys.executable)

# Two layers, 64 wide, a token a byte or a letter. What it says is noise; how it is said is what counts.
MODEL = """
import sys, gguf, numpy as np
embd, heads, ff, layers = 64, 4, 128, 2
rng, w, kinds = np.random.default_rng(1), gguf.GGUFWriter(sys.argv[1], "llama"), gguf.TokenType
w.add_context_length(4096); w.add_embedding_length(embd); w.add_block_count(layers); w.add_feed_forward_length(ff)
w.add_head_count(heads); w.add_head_count_kv(heads); w.add_layer_norm_rms_eps(1e-5); w.add_rope_dimension_count(embd // heads)
w.add_file_type(gguf.LlamaFileType.ALL_F32)
tokens = [("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL)]
tokens += [(f"<0x{b:02X}>", kinds.BYTE) for b in range(256)]
tokens += [(c, kinds.NORMAL) for c in "\\u2581abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;?!'{}[]()-_/"]
w.add_tokenizer_model("llama"); w.add_token_list([t for t, _ in tokens]); w.add_token_types([int(k) for _, k in tokens])
w.add_token_scores([0.0] * 3 + [-1000.0] * 256 + [-float(i) for i in range(len(tokens) - 259)])
w.add_vocab_size(len(tokens)); w.add_bos_token_id(1); w.add_eos_token_id(2); w.add_unk_token_id(0)
w.add_add_bos_token(True); w.add_add_space_prefix(False)
w.add_chat_template("{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\\n{% endfor %}assistant: ")
def tensor(name, *shape, scale=None):
    w.add_tensor(name, (rng.standard_normal(shape) * (scale or shape[-1] ** -0.5)).astype(np.float32))
def ones(name):
    w.add_tensor(name, np.ones(embd, dtype=np.float32))
tensor("token_embd.weight", len(tokens), embd); ones("output_norm.weight"); tensor("output.weight", len(tokens), embd, scale=0.5)
for i in range(layers):
    for name in ("attn_norm", "ffn_norm"):
        ones(f"blk.{i}.{name}.weight")
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        tensor(f"blk.{i}.{name}.weight", embd, embd)
    tensor(f"blk.{i}.ffn_gate.weight", ff, embd); tensor(f"blk.{i}.ffn_up.weight", ff, embd)
    tensor(f"blk.{i}.ffn_down.weight", embd, ff)
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
"""

SUITE = "suite: s\nversion: 1.0.0\nworld: {prompt: {system: Be short.%s}}\ntasks: tasks.jsonl\nmetrics: [pass]\nchecks: [{length: {min: 1}}]\n"


class Inference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tare-llama-")
        model = pathlib.Path(cls.folder.name) / "tiny.gguf"
        subprocess.run([PYTHON, "-c", MODEL, model], check=True)
        cls.server = subprocess.Popen([PYTHON, "-m", "llama_cpp.server", "--model", model, "--host", "127.0.0.1", "--port", "0",
                                       "--n_ctx", "4096", "--n_threads", "1", "--verbose", "false"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in cls.server.stderr:
            found = re.search(r"running on (http://127\.0\.0\.1:\d+)", line)
            if found:
                cls.base = found[1]
                break
        else:
            raise RuntimeError("the inference server did not start")

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.server.communicate()
        cls.folder.cleanup()

    def replies(self, at, more, code=0, suite=None, k=2, world="", name="it", label="x"):
        """What the server said to three questions asked k times, by question and attempt."""
        (at / "s").mkdir(exist_ok=True)
        (at / "s/suite.yaml").write_text(SUITE % world)
        (at / "s/tasks.jsonl").write_text("".join(json.dumps({"id": f"t{i}", "input": f"Say {i}."}) + "\n" for i in range(3)))
        file = solver(at, self.base, "tiny", more, name)
        file.write_text(file.read_text().replace("whole: 8", "whole: 60").replace("first_byte: 2", "first_byte: 30"))
        done = call(at, TARE, "run", suite or "s", "-s", file, "-k", k, "--limit", "3", "--seed", "5", "--json", "--label", label,
                    "--record", label, "--store", at / "tare.db", timeout=200)
        self.assertEqual(done.code, code, done.err)
        self.err = done.err
        tape = at / label / "exchanges.jsonl"
        lines = [json.loads(x) for x in tape.read_text().splitlines()] if tape.exists() else []
        return [x["reply"] for x in sorted(lines, key=lambda x: x["key"])]

    def test_chat(self):
        with folder() as at:
            got = self.replies(at, "  max_tokens: 12\n  temperature: 1\n  seed: 3\n")
            self.assertEqual(len(got), 6)
            self.assertTrue(all(r["ok"] and r["finish"] == "length" and r["message"]["content"] for r in got), got)
            self.assertTrue(all(r["usage"]["input"] > 20 and r["usage"]["output"] >= 12 for r in got), got)
            self.assertEqual(len({r["message"]["content"] for r in got}), 6)  # k attempts are k draws
            self.assertTrue(all(v[0] == DONE and v[4] > 0 for v in attempts(at).values()))

    def test_seed(self):
        """The same seed gives the same words; another gives others."""
        with folder() as at:
            more = "  max_tokens: 12\n  temperature: 1\n  seed: %d\n"
            said = [[r["message"]["content"] for r in self.replies(at, more % seed, label=label)]
                    for seed, label in ((3, "a"), (3, "b"), (4, "c"))]
            self.assertEqual(said[0], said[1])
            self.assertNotEqual(set(said[0]), set(said[2]))

    def test_stream(self):
        """Streamed, the same question has the same answer; this server counts no tokens then."""
        with folder() as at:
            more = "  max_tokens: 12\n  temperature: 0\n"
            whole = self.replies(at, more, k=1, label="a")
            parts = self.replies(at, more + "  stream: true\n", k=1, label="b")
            self.assertEqual(sorted(r["message"]["content"] for r in whole), sorted(r["message"]["content"] for r in parts))
            self.assertTrue(all(r["finish"] == "length" and r["ttft_ms"] is not None and r["usage"] is None for r in parts), parts)
            self.assertIn("estimated", self.err)
            self.assertTrue(all(v[4] > 0 and v[5] > 0 for v in attempts(at).values()))

    def test_logprobs(self):
        with folder() as at:
            more = "  max_tokens: 12\n  temperature: 0\n  logprobs: true\n  top_logprobs: 3\n"
            for r in self.replies(at, more, k=1, label="a") + self.replies(at, more + "  stream: true\n", k=1, label="b"):
                self.assertGreater(len(r["logprobs"]), 8)
                for token in r["logprobs"]:
                    self.assertLessEqual(token["logprob"], 0)
                    self.assertTrue(1 <= len(token["top"]) <= 4, token)  # tokens of one text count once there
                    self.assertLessEqual(sum(math.exp(t["logprob"]) for t in token["top"]), 1 + 1e-6)
                    self.assertIn(token["logprob"], [t["logprob"] for t in token["top"]])

    def test_best_of(self):
        """The sum and the gap of real probabilities choose among real draws."""
        with folder() as at:
            for select in ("confidence", "surprisal", "vote"):
                got = self.replies(at, "  max_tokens: 8\n  temperature: 1\nharness: {best_of: 3, select: %s}\n" % select, k=1,
                                   label=select)
                self.assertEqual(len(got), 9)
            done = call(at, TARE, "export", "confidence/it", "--to", "jsonl", "--store", at / "tare.db")
            chosen = [json.loads(x) for x in done.out.splitlines() if '"event":"choose"' in x]
            self.assertEqual(len(chosen), 3)
            for c in chosen:
                self.assertEqual(c["merit"][c["taken"]], max(c["merit"]))
                self.assertEqual(len(set(c["merit"])), 3)

    def test_stop(self):
        with folder() as at:
            free = self.replies(at, "  max_tokens: 12\n  temperature: 0\n", k=1, label="a")
            first = min(r["message"]["content"] for r in free)
            stop = first[len(first) // 2]
            ended = self.replies(at, f"  max_tokens: 12\n  temperature: 0\n  stop: [{json.dumps(stop)}]\n", k=1, label="b")
            cut = [r for r in ended if r["finish"] == "stop"]
            self.assertTrue(cut and all(stop not in r["message"]["content"] for r in ended), (stop, ended))

    def test_context(self):
        """Longer than it reads: the solver's own limit, not a missing attempt, and no second try."""
        with folder() as at:
            got = self.replies(at, "  max_tokens: 12\ntalk: {prompt: \"%s\"}\n" % ("a.b" * 3000), k=1)
            self.assertTrue(all(v[0] == FAILED and v[2].startswith("context") for v in attempts(at).values()), attempts(at))
            self.assertTrue(all(r["tries"] == 1 for r in got), got)

    def test_json(self):
        """It holds answers to JSON, but takes no schema and says so with a status 500."""
        with folder() as at:
            got = self.replies(at, "  max_tokens: 12\n  temperature: 1\n", world=" , output: json", k=1, label="a")
            self.assertTrue(all(r["ok"] and r["message"]["content"].lstrip()[:1] in "{[" for r in got), got)
            self.replies(at, "  max_tokens: 12\n", world=", schema: {type: object}", k=1, label="b", code=3)
            self.assertIn(MISSING, {v[0] for v in attempts(at).values()})

    def test_tools(self):
        """Tools go through its chat template; noise is no call, and the attempt ends by itself."""
        with folder() as at:
            self.replies(at, "  max_tokens: 12\nharness: {retry: {no_call: 1}, context: {budget_tokens: 6000}}\n",
                         suite="incident-response", k=1)
            self.assertEqual({v[0] for v in attempts(at).values()}, {DONE})


if __name__ == "__main__":
    if subprocess.run([PYTHON, "-c", "import gguf, llama_cpp.server.app"], capture_output=True).returncode:
        print("skipped: no llama-cpp-python with its server, or no gguf (packages/pypi-peers.txt)")
        sys.exit(77)
    unittest.main()
