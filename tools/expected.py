"""Text that was expected against text that came, for tests/cli/run and tools/run-examples."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def pattern(expected):
    """A line "..." stands for any lines, "<...>" inside a line for any text on it."""
    parts = []
    for line in expected.splitlines(keepends=True):
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append("[^\n]*?".join(re.escape(piece) for piece in line.split("<...>")))
    return re.compile("".join(parts))


def matches(expected, got):
    return pattern(expected).fullmatch(got) is not None


class Place:
    """A temporary folder that looks like the repository to a user: tare on PATH, suites/ and
    examples/ beside, no store yet."""

    def __init__(self, tare, files=None):
        self.folder = tempfile.TemporaryDirectory(prefix="tare-cli-")
        self.path = pathlib.Path(self.folder.name)
        for name in ("suites", "examples"):
            if (ROOT / name).is_dir():
                (self.path / name).symlink_to(ROOT / name)
        if files and files.is_dir():
            shutil.copytree(files, self.path, dirs_exist_ok=True)
        self.env = {
            "PATH": f"{tare.resolve().parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": self.folder.name, "LC_ALL": "C.UTF-8", "TERM": "dumb", "COLUMNS": "80",
            "TARE_ROOT": str(ROOT), "TARE_SHARED": os.environ.get("TARE_SHARED", str(ROOT / ".." / "shared")),
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TARE_BIN_FAULT"):
            if name in os.environ:
                self.env[name] = os.environ[name]

    def sh(self, script, merge=False, timeout=120):
        """Runs a shell script; (exit status, stdout, stderr), both streams in stdout if merge."""
        done = subprocess.run(["sh", "-c", script], cwd=self.path, env=self.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT if merge else subprocess.PIPE,
                              timeout=timeout, check=False)
        decode = lambda b: (b or b"").decode("utf-8", "backslashreplace")
        return done.returncode, decode(done.stdout), decode(done.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()
