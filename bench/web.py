#!/usr/bin/env python3
"""Figures of the page in a browser; nothing is printed where node, npm or chromium is absent."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
browser = shutil.which("chromium") or shutil.which("chromium-browser")
if not (shutil.which("node") and shutil.which("npm") and browser):
    print("bench web: node, npm and chromium are needed", file=sys.stderr)
    sys.exit(0)
for place in (ROOT / "web", ROOT / "tests" / "web"):
    if not (place / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--silent"], cwd=place, check=True)
with tempfile.TemporaryDirectory() as work:
    dist = pathlib.Path(work) / "dist"
    subprocess.run(["node", "build.mjs", dist], cwd=ROOT / "web", check=True, stdout=subprocess.DEVNULL)
    env = dict(os.environ, TARE=str(ROOT / "build-bench" / "tare"), TARE_WEB_DIST=str(dist),
               TARE_WEB_WORK=work, TARE_BROWSER=browser)
    subprocess.run(["node", ROOT / "tests" / "web" / "bench.mjs"], env=env, check=True, timeout=300)
