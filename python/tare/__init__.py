"""Did it really get better? A thin layer over `tare --json`.

    import tare
    tare.compare("before.eval", "after.json")          # files, stored runs
    tare.compare([0, 1, 1], [1, 1, 1])                 # scores, paired by place
    tare.compare(frame_a, frame_b, score_column="ok")  # data frames (anything with to_csv)
    tare.assert_not_worse("main.jsonl", "branch.jsonl", margin=0.05)

The program is found on the path, or named by $TARE. Nothing else is needed."""
import csv
import html
import json
import os
import subprocess
import tempfile

__all__ = ["Error", "Result", "assert_not_worse", "compare", "load", "power"]


class Error(Exception):
    """What the program said, with its exit status in `code`."""

    def __init__(self, text, code):
        super().__init__(text)
        self.code = code


class Result(dict):
    """The JSON document of a comparison; shows itself as its sentence."""

    @property
    def verdict(self):
        return self["verdict"]

    @property
    def sentence(self):
        return self["sentence"]

    def __repr__(self):
        lines = [f"{self['verdict']}: {self['sentence']}"]
        return "\n".join(lines + [f"  mind: {w}" for w in self["warnings"]])

    def _repr_html_(self):
        items = "".join(f"<li>{html.escape(w)}</li>" for w in self["warnings"])
        text = f"<p><strong>{html.escape(self['verdict'])}</strong>: {html.escape(self['sentence'])}</p>"
        return text + (f"<ul>{items}</ul>" if items else "")

    def _repr_markdown_(self):
        text = f"**{self['verdict']}**: {_plain(self['sentence'])}\n"
        return text + "".join(f"\n- {_plain(w)}" for w in self["warnings"])


def _plain(text):
    """Outside text inside Markdown: nothing of it is markup."""
    return "".join("\\" + c if c in "\\`*_{}[]|~#!<>&@" else c for c in text)


def _run(arguments):
    done = subprocess.run([os.environ.get("TARE", "tare"), *arguments, "--json"],
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    try:
        document = json.loads(done.stdout.decode("utf-8"))
    except ValueError:
        document = {}
    if done.returncode > 1 or not document or document.get("schema") == "tare.error/1":
        raise Error(done.stderr.decode("utf-8", "replace").strip() or "tare said nothing",
                    done.returncode)
    return document


def _flags(options):
    """keyword=value as --keyword value; lists are given several times, True is a flag."""
    flags = []
    for name, value in options.items():
        name = "--" + name.replace("_", "-")
        if value is True:
            flags.append(name)
        elif value is not None and value is not False:
            many = value if isinstance(value, (list, tuple)) else [value]
            flags += [f"{name}={v}" for v in many]
    return flags


def _write(side, folder, name):
    """A path stays one; lists, mappings of task to score and data frames become a file."""
    if isinstance(side, (str, os.PathLike)):
        return os.fspath(side)
    path = os.path.join(folder, name + ".csv")
    if hasattr(side, "to_csv"):
        side.to_csv(path, index=False)
        return path
    rows = list(side.items()) if hasattr(side, "items") else list(enumerate(side))
    if rows and isinstance(rows[0][1], dict):
        path = os.path.join(folder, name + ".jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for _, row in rows)
        return path
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["task_id", "score"])
        table.writerows([task, repr(float(score))] for task, score in rows)
    return path


def compare(a, b, **options):
    """Baseline a, candidate b: paths, stored runs, lists of scores (paired by place), mappings of
    task to score, lists of rows, or data frames. Options are those of `tare compare`
    (metric="score", margin=0.05, cluster="repo", by=["category"] …)."""
    with tempfile.TemporaryDirectory(prefix="tare-") as folder:
        sides = [_write(side, folder, name) for side, name in ((a, "a"), (b, "b"))]
        return Result(_run(["compare", *sides, *_flags(options)]))


def power(**options):
    """A plan as a dictionary: power(baseline=0.5, effect=0.1); options of `tare power`."""
    return _run(["power", *_flags(options)])


def load(path):
    """The rows of a JSON Lines file or of a CSV file as a list of dictionaries."""
    with open(path, newline="", encoding="utf-8") as file:
        if os.fspath(path).endswith(".csv"):
            return list(csv.DictReader(file))
        return [json.loads(line) for line in file if line.strip()]


def assert_not_worse(a, b, margin, **options):
    """Fails unless b is shown to be no worse than a by `margin` or more. Thin evidence fails."""
    result = compare(a, b, margin=margin, require="not-worse", **options)
    if not result["gate"]["passed"]:
        raise AssertionError(f"not shown to be no worse by {margin}: {result!r}")
    return result
