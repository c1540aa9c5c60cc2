"""The Python layer against the program named by $TARE_BIN; the standard library alone."""
import csv
import json
import os
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "python"))
os.environ.setdefault("TARE", os.environ.get("TARE_BIN", str(ROOT / "build" / "tare")))
import tare  # noqa: E402

HEADLINE = ROOT / "examples" / "headline"


class Frame:
    """What a data frame looks like from here."""

    def __init__(self, rows):
        self.rows = rows

    def to_csv(self, path, index):
        assert index is False
        with open(path, "w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, self.rows[0].keys())
            table.writeheader()
            table.writerows(self.rows)


class Compare(unittest.TestCase):
    def test_paths(self):
        result = tare.compare(HEADLINE / "before.jsonl", HEADLINE / "after.jsonl")
        self.assertEqual(result.verdict, "improved")
        self.assertEqual((result["wins"], result["losses"]), (33, 0))
        self.assertIn("35 of 40 rows are ties", repr(result))
        self.assertIn("**improved**", result._repr_markdown_())
        self.assertIn("<strong>improved</strong>", result._repr_html_())

    def test_outside_text_is_no_markup(self):
        rows = [{"task_id": f"t{i}", "<b>x</b>": i % 2} for i in range(12)]
        result = tare.compare(rows, rows, score_column="<b>x</b>")
        self.assertIn("&lt;b&gt;", result._repr_html_())
        self.assertNotIn("<b>", result._repr_html_())

    def test_lists_swap(self):
        a, b = [0] * 9 + [1], [1] * 9 + [1]
        there, back = tare.compare(a, b), tare.compare(b, a)
        self.assertAlmostEqual(there["estimate"], 0.9)
        self.assertAlmostEqual(back["estimate"], -0.9)
        self.assertEqual((there.verdict, back.verdict), ("improved", "regressed"))

    def test_mapping_joins_by_task(self):
        result = tare.compare({"x": 0, "y": 1}, {"y": 1, "x": 1})
        self.assertEqual((result["wins"], result["losses"], result["ties"]), (1, 0, 1))

    def test_frame_with_its_own_columns(self):
        a = Frame([{"q": f"q{i}", "ok": 0} for i in range(8)])
        b = Frame([{"q": f"q{i}", "ok": 1} for i in range(8)])
        result = tare.compare(a, b, task_column="q", score_column="ok")
        self.assertEqual(result["wins"], 8)

    def test_error_has_code(self):
        with self.assertRaises(tare.Error) as caught:
            tare.compare({"x": 0}, {"y": 0})
        self.assertEqual(caught.exception.code, 4)
        self.assertIn("no task is in both files", str(caught.exception))


class Gate(unittest.TestCase):
    def test_same_is_not_worse(self):
        scores = [i % 2 for i in range(400)]
        result = tare.assert_not_worse(scores, scores, margin=0.05)
        self.assertTrue(result["gate"]["passed"])

    def test_thin_evidence_fails(self):
        with self.assertRaises(AssertionError):
            tare.assert_not_worse([0, 1, 1], [1, 0, 1], margin=0.05)


class Rest(unittest.TestCase):
    def test_power(self):
        plan = tare.power(baseline=0.5, effect=0.1)
        self.assertGreater(plan["n_needed"]["value"], 380)

    def test_load(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.jsonl"
            path.write_text(json.dumps({"task_id": "x"}) + "\n\n")
            self.assertEqual(tare.load(path), [{"task_id": "x"}])


if __name__ == "__main__":
    unittest.main()
