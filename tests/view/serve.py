#!/usr/bin/env python3
"""The server of tare view and the file of tare report: tests/view/serve.py TARE [threads]

Documents against docs/schema, numbers against --json, who is refused, two hundred clients, a run that
goes on, stores that are empty or broken, hostile names. Exit 77 (skipped) where python3-jsonschema is
absent or tare has no server."""
import base64
import calendar
import gzip
import html
import html.parser
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
try:
    import jsonschema
except ImportError:
    print("skipped: the Python module jsonschema is absent (apt install python3-jsonschema)")
    sys.exit(77)
warnings.simplefilter("ignore")
TARE = str(pathlib.Path(sys.argv[1]).resolve())
failed, passed = [], 0


def check(what, good, detail=""):
    global passed
    if good:
        passed += 1
    else:
        failed.append(what)
        print(f"FAILED: {what}: {str(detail)[:600]}")


def schemas():
    found = {}
    for path in sorted((ROOT / "docs/schema").glob("*.json")):
        schema = json.loads(path.read_text())
        name = schema.get("properties", {}).get("schema", {}).get("const")
        if name:
            found[name] = jsonschema.Draft202012Validator(schema)
    found["events"] = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/schema/events.json").read_text()))
    return found


KNOWN = schemas()


def valid(what, doc, name):
    faults = [f"{f.json_path}: {f.message[:200]}" for f in KNOWN[name].iter_errors(doc)]
    check(f"{what} is {name}", doc.get("schema") == name and not faults, faults[:4] or doc.get("schema"))


class Server:
    def __init__(self, folder, *args, store="s.db"):
        env = dict(os.environ, TARE_STORE=str(folder / store), TMPDIR=str(folder), LC_ALL="C.UTF-8")
        self.process = subprocess.Popen([TARE, "view", "--json", *args], cwd=ROOT, env=env, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        self.doc = json.loads(line) if line.strip() else {}
        if self.doc.get("schema") == "tare.view/1":
            at = urllib.parse.urlsplit(self.doc["base"])
            self.port, self.token = at.port, self.doc["token"]

    def ask(self, target, method="GET", token=True, host=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        c.putheader("Host", host or f"127.0.0.1:{self.port}")
        if token:
            c.putheader("X-Tare-Token", self.token)
        for key, value in headers.items():
            c.putheader(key.replace("_", "-"), value)
        c.endheaders()
        answer = c.getresponse()
        body = answer.read()
        c.close()
        return answer, body

    def post(self, path, body, token=True, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {k.replace("_", "-"): v for k, v in {"Content_Type": "application/json", **headers}.items() if v}
        c.request("POST", "/api/v1" + path, body=text, headers={**({"X-Tare-Token": self.token} if token else {}), **headers})
        answer = c.getresponse()
        text = answer.read()
        c.close()
        return answer.status, json.loads(text) if text[:1] == b"{" else text

    def get(self, path):
        answer, body = self.ask("/api/v1" + path)
        return answer.status, json.loads(body)

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "did not end"


def tare(folder, *args, code=0, store="s.db"):
    env = dict(os.environ, TARE_STORE=str(folder / store), TMPDIR=str(folder), LC_ALL="C.UTF-8")
    done = subprocess.run([TARE, *args], cwd=ROOT, env=env, capture_output=True, timeout=120)
    if done.returncode != code:
        check("tare " + " ".join(args), False, (done.returncode, done.stderr[-400:]))
    return done.stdout


def quoted(text):
    return urllib.parse.quote(text, safe="")


# ---- documents ------------------------------------------------------------------------------------

def test_documents(folder):
    s = Server(folder)
    valid("the first line", s.doc, "tare.view/1")
    shown = json.loads(tare(folder, "show", "first", "--json"))
    runs = {row["solver"]: row["run"] for row in shown["leaderboard"]}
    a, b, digest = runs["runbook"], runs["verify-first"], shown["suite_digest"]
    one = json.loads(tare(folder, "show", "first/runbook", "--limit", "200", "--json"))
    task = one["attempts"]["task"][0]
    paths = {
        "/runs": "tare.runs/1", "/runs?limit=1&cursor=1&sort=-solver&q=o&status=done": "tare.runs/1",
        f"/runs/{a}": "tare.run/1", f"/runs/{a[:6]}/attempts": "tare.attempts/1",
        f"/runs/{a}/attempts?where=reward%3C0&sort=-reward&limit=5": "tare.attempts/1",
        f"/runs/{a}/attempts/{quoted(task)}/1": "tare.attempt/1",
        f"/runs/{a}/attempts/{quoted(task)}/1/steps?from=0&to=3": "tare.steps/1",
        "/leaderboard": "tare.leaderboard/1", f"/leaderboard?suite={digest}": "tare.leaderboard/1",
        f"/leaderboard?runs={a},{b}&metric=coverage": "tare.leaderboard/1",
        f"/compare?a={a}&b={b}": "tare.compare/1",
        f"/compare?a=@first%2Frunbook&b={b}&by=tier&margin=0.5&alpha=0.1": "tare.compare/1",
        "/power?baseline=0.5&effect=0.1": "tare.power/1", f"/power?from={a},{b}&effect=1": "tare.power/1",
        f"/tasks/{digest[:12]}/{quoted(task)}": "tare.task/1", "/suites": "tare.suites/1",
        f"/suites/{digest}": "tare.suite/1", f"/suites/{digest}/findings?sev=warns": "tare.findings/1",
        "/find?q=runb": "tare.find/1", f"/find?q={task[:5]}": "tare.find/1",
    }
    for path, name in paths.items():
        status, doc = s.get(path)
        check(f"{path} is answered", status == 200, doc)
        valid(path, doc, name)
    check("runs are all there", len(s.get("/runs")[1]["rows"]) == 5)
    check("find finds", {h["kind"] for h in s.get(f"/find?q={task[:8]}")[1]["hits"]} == {"task"})

    # Numbers are those of --json.
    board = s.get("/leaderboard?runs=first")[1]
    check("leaderboard equals --json", all(board[k] == shown[k] for k in shown))
    compared = json.loads(tare(folder, "compare", "first/runbook", "first/verify-first", "--json"))
    check("compare equals --json", s.get(f"/compare?a=first%2Frunbook&b=first%2Fverify-first")[1] == compared)
    planned = json.loads(tare(folder, "power", "--baseline", "0.74", "--effect", "0.05", "--json"))
    check("power equals --json", s.get("/power?baseline=0.74&effect=0.05")[1] == planned)
    cells = {m: c for m, c in one["board"]["leaderboard"][0]["metrics"].items()}
    run = s.get(f"/runs/{a}")[1]
    sliced = s.get("/leaderboard?runs=first&by=tier")[1]
    valid("a sliced leaderboard", sliced, "tare.leaderboard/1")
    check("it is the same board", all(sliced[k] == board[k] for k in shown) and board["slices"] == [] and board["by"] is None)
    check("its slices hold all tasks", sum(x["n_tasks"] for x in sliced["slices"]) == sliced["n_tasks"] and "tier" in sliced["tags"])
    for i, row in enumerate(sliced["leaderboard"]):
        if row["kind"] == "published":
            check(f"{row['solver']} has no slices", all(x["cells"][i]["value"] is None for x in sliced["slices"]))
            continue
        page = s.get(f"/runs/{row['run']}/attempts?limit=1000")[1]
        for part in sliced["slices"]:
            mine = s.get(f"/runs/{row['run']}/attempts?limit=1000&where={quoted('tier:' + part['name'])}")[1]
            by_task = {}
            for t, x in zip(mine["task"], mine["metrics"]["reward"]):
                by_task.setdefault(t, []).append(x)
            want = sum(sum(v) / len(v) for v in by_task.values()) / len(by_task)
            cell = part["cells"][i]
            check(f"{row['solver']} on {part['name']}", abs(cell["value"] - want) < 1e-9 and cell["n"] == part["n_tasks"] == len(by_task)
                  and (cell["lo"] is None or cell["lo"] <= cell["value"] <= cell["hi"]), (cell, want))
    check("the drawn board has them", "by tier</h2>" in s.ask("/static/board/first?by=tier")[1].decode())
    check("a run's metrics equal --json", run["leaderboard"][0]["metrics"] == cells)
    row = next(r for r in s.get("/runs")[1]["rows"] if r["run"] == a)
    check("a row's headline is the run's", row["headline"]["cell"] == cells[row["headline"]["metric"]])
    page = s.get(f"/runs/{a}/attempts")[1]
    check("attempts equal --json", page["task"] == one["attempts"]["task"][:200]
          and page["metrics"]["reward"] == one["attempts"]["metrics"]["reward"][:200]
          and page["status"][0] == one["attempts"]["status"][0][0])
    want = sorted(page["metrics"]["reward"], reverse=True)
    both = [s.get(f"/runs/{a}/attempts?sort=-reward&limit=7&offset={o}")[1]["metrics"]["reward"] for o in (0, 7)]
    check("sorted pages follow each other", both[0] + both[1] == want[:14])
    low = s.get(f"/runs/{a}/attempts?where=reward%3C0")[1]
    check("filtered", low["total"] == sum(x < 0 for x in page["metrics"]["reward"]) and max(low["metrics"]["reward"]) < 0)
    answer, raw = s.ask(f"/api/v1/runs/{a}/attempts/{quoted(task)}/1/steps/0/body")
    first = s.get(f"/runs/{a}/attempts/{quoted(task)}/1/steps?from=0&to=1")[1]["steps"]
    check("a raw body is the step's", json.loads(raw) == first[1]["body"] and first[0]["i"] == -1
          and answer.getheader("Content-Type").startswith("text/plain"))

    # What is wrong says so, as a document.
    for path, want in {"/nosuch": 404, "/runs/zzz": 404, "/runs?nosuch=1": 400, "/runs?limit=0": 400, "/runs?sort=x": 400,
                       f"/runs/{a}/attempts?where=nosuch%3C1": 400, f"/runs/{a}/attempts/{quoted(task)}/99": 404,
                       f"/runs/{a}/attempts/nosuch/1": 404, "/compare?a=x": 400, "/runs/%zz": 400, "/runs/%00": 400,
                       "/runs?q=a&q=b": 400, "/runs/..%2f..%2fetc%2fpasswd": 404, "/leaderboard?by=nosuch": 400,
                       "/power": 400, "/runs/" + "a" * 9000: 400}.items():
        status, doc = s.get(path)
        check(f"{path[:60]} is {want}", status == want, (status, doc))
        valid(path[:60], doc, "tare.error/1")

    answer, body = s.ask("/api/v1/runs", Accept_Encoding="gzip")
    check("gzip above 1 KiB", answer.getheader("Content-Encoding") == "gzip" and json.loads(gzip.decompress(body)))
    tag = answer.getheader("ETag")
    answer, body = s.ask("/api/v1/runs", If_None_Match=tag)
    check("the same state is not sent again", answer.status == 304 and not body)
    check("HEAD has no body", s.ask("/api/v1/runs", method="HEAD")[1] == b"")
    for path in ["/static/runs", "/static/board/first", f"/static/run/{a}", f"/static/run/{a}/{quoted(task)}/1",
                 f"/static/compare?a={a}&b={b}"]:
        answer, body = s.ask(path)
        check(f"{path} is drawn", answer.status == 200 and body.startswith(b"<!doctype html>") and b"</html>" in body)
    check("Ctrl-C ends it well", s.stop() == 0)


def test_drawn_numbers(folder):
    """Every number drawn by C with data-v is that of the document, rounded as it is shown."""
    s = Server(folder)
    doc = s.get("/leaderboard?runs=first")[1]
    body = s.ask("/static/board/first")[1].decode()
    cells = re.findall(r'data-v="leaderboard\.(\d+)\.metrics\.([^".]+)\.value"[^>]*>([^<]*)<', body)
    check("cells are drawn", len(cells) == sum(len(r["metrics"]) for r in doc["leaderboard"]))
    for i, metric, text in cells:
        value = doc["leaderboard"][int(i)]["metrics"][metric]["value"]
        if value is None:
            check(f"{metric} of row {i} has no number", text == "–", text)
            continue
        shown = float(html.unescape(text).replace("−", "-").replace(",", "").replace(" ", ""))
        decimals = len(text.split(".")[1]) if "." in text else 0
        near = min(abs(value * f - shown) for f in (1, 100))
        check(f"{metric} of row {i}", near <= 0.5000001 * 10 ** -decimals, (value, text))
    s.stop()


# ---- who may ask ----------------------------------------------------------------------------------

def test_refusals(folder):
    s = Server(folder)
    own = f"http://127.0.0.1:{s.port}"
    def status(**how):
        return s.ask(how.pop("target", "/api/v1/runs"), **how)[0].status
    check("without token", status(token=False) == 403)
    check("wrong token", status(token=False, X_Tare_Token="0" * 32) == 403)
    check("part of the token", status(token=False, X_Tare_Token=s.token[:-1]) == 403)
    check("token in the URL", status(token=False, target=f"/api/v1/runs?token={s.token}") == 200)
    check("page without token", status(token=False, target="/") == 403)
    check("script without token", status(token=False, target="/app.js") == 403)
    answer, _ = s.ask(f"/?token={s.token}", token=False)
    cookie = answer.getheader("Set-Cookie") or ""
    check("the page gives a cookie", answer.status == 200 and "HttpOnly" in cookie and "SameSite=Strict" in cookie)
    check("the cookie is enough", status(token=False, Cookie=cookie.split(";")[0]) == 200)
    for host in ["evil.example", f"evil.example:{s.port}", "127.0.0.1", f"127.0.0.1:{s.port + 1}", "", f"127.0.0.1:{s.port}.evil.example"]:
        check(f"Host {host!r}", status(host=host or " ") in (400, 403))
    check("localhost is this server", status(host=f"localhost:{s.port}") == 200)
    for origin in ["https://evil.example", "null", f"http://127.0.0.1:{s.port + 1}", f"https://127.0.0.1:{s.port}"]:
        check(f"Origin {origin}", status(Origin=origin) == 403)
    check("own Origin", status(Origin=own) == 200)
    check("cross-site fetch", status(Sec_Fetch_Site="cross-site") == 403)
    check("a link from elsewhere with the token", status(token=False, target=f"/?token={s.token}", Sec_Fetch_Site="cross-site") == 200)
    check("POST elsewhere", s.post("/runs", {})[0] == 405)
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]:
        check(method, status(method=method) == 405)
    answer, _ = s.ask("/api/v1/runs", Origin=own)
    check("no cross-origin header", not any(k.lower().startswith("access-control") for k, _ in answer.getheaders()))
    csp = answer.getheader("Content-Security-Policy")
    check("policy", "default-src 'none'" in csp and "script-src 'self'" in csp and "unsafe" not in csp)
    check("nosniff", answer.getheader("X-Content-Type-Options") == "nosniff")
    for target in ["/../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/static/../../etc/passwd", "/app.js/../../x", "//etc/passwd", "/%2e%2e/x", "/static/%2e%2e"]:
        check(f"traversal {target}", status(target=target) == 404)
    with socket.socket() as other:
        other.settimeout(2)
        address = next((a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET) if not a[4][0].startswith("127.")), None)
        if address:
            check("loopback alone", other.connect_ex((address, s.port)) != 0)
    s.stop()


def test_baseline(folder):
    """The one change: who may ask for it, what it takes, that it stays."""
    s = Server(folder)
    own = f"http://127.0.0.1:{s.port}"
    cookie = f"tare_{s.port}={s.token}"
    wish = {"run": "first/runbook", "baseline": True}
    rows = {r["solver"]: r for r in s.get("/runs")[1]["rows"] if r["label"] == "first"}
    check("nobody is the baseline at first", s.get("/runs")[1]["baselines"] == [])
    for what, how in {"without a token": {"token": False}, "a wrong token": {"token": False, "X_Tare_Token": "0" * 32},
                      "a cookie without an Origin": {"token": False, "Cookie": cookie},
                      "a cookie with another Origin": {"token": False, "Cookie": cookie, "Origin": f"http://127.0.0.1:{s.port + 1}"},
                      "another Origin": {"Origin": "https://evil.example"}, "another site": {"Sec_Fetch_Site": "cross-site"},
                      "a form": {"Content_Type": "text/plain"}, "no type": {"Content_Type": None},
                      "another Host": {"Host": "evil.example"}}.items():
        check(f"POST with {what} is refused", s.post("/baseline", wish, **how)[0] == 403)
    check("a token in the URL alone is refused", s.post(f"/baseline?token={s.token}", wish, token=False)[0] == 403)
    for body, want in {b"": 400, b"{": 400, b"[]": 400, b'{"run":"first/runbook"}': 400, b'{"run":1,"baseline":true}': 400,
                       b'{"run":"first/runbook","baseline":1}': 400, b'{"run":"","baseline":true}': 400,
                       b'{"run":"first/runbook","baseline":true,"x":1}': 400, b'{"run":"first/runbook","run":"x","baseline":true}': 400,
                       b'{"run":"first/nobody","baseline":true}': 404, b'{"run":"first","baseline":true}': 404,
                       b'{"run":"\\ud800","baseline":true}': 400}.items():
        status, doc = s.post("/baseline", body)
        check(f"{body[:40]} is {want}", status == want, (status, doc))
        valid(f"{body[:40]}", doc, "tare.error/1")
    check("4 KiB are the most", s.post("/baseline", b" " * 4097)[0] == 413 and s.post("/baseline", b" " * 4096)[0] == 400)
    check("a parameter", s.post("/baseline?x=1", wish)[0] == 400)
    check("nothing came of all that", s.get("/runs")[1]["baselines"] == [])
    tag = s.ask("/api/v1/runs")[0].getheader("ETag")
    status, doc = s.post("/baseline", wish)
    valid("the answer", doc, "tare.baseline/1")
    check("marked", status == 200 and doc["run"] == rows["runbook"]["run"] and doc["baseline"] and doc["before"] is None, doc)
    check("what was read before is old", s.ask("/api/v1/runs", If_None_Match=tag)[0].status == 200)
    status, doc = s.post("/baseline", {"run": rows["oracle"]["run"], "baseline": True}, token=False, Cookie=cookie, Origin=own)
    check("cookie and own Origin; one a suite", status == 200 and doc["before"] == rows["runbook"]["run"], doc)
    marked = {"suite_digest": rows["oracle"]["suite_digest"], "run": rows["oracle"]["run"]}
    check("it is listed", s.get("/runs")[1]["baselines"] == [marked])
    check("taking it from another does nothing", s.post("/baseline", {"run": rows["runbook"]["run"], "baseline": False})[0] == 200
          and s.get("/runs")[1]["baselines"] == [marked])
    check("GET changes nothing", s.get("/baseline")[0] == 404)
    s.stop()
    s = Server(folder)
    page = s.get("/runs")[1]
    valid("runs with a baseline", page, "tare.runs/1")
    check("it stays", page["baselines"] == [marked] and [r["solver"] for r in page["rows"] if r["baseline"]] == ["oracle"])
    check("a run says so", s.get(f"/runs/{marked['run']}")[1]["run"]["baseline"] is True)
    check("the drawn page says so", b"</a> (baseline)" in s.ask("/static/runs")[1])
    listed = json.loads(tare(folder, "runs", "--json"))
    valid("tare runs", listed, "tare.runs/1")
    check("tare runs says so", [r["solver"] for b in listed["batches"] for r in b["runs"] if r["baseline"]] == ["oracle"])
    tare(folder, "store", "check")
    tare(folder, "doctor", "--repair", str(folder / "repaired.db"), code=0)
    check("a repaired copy has it", "baseline of incident-response: first/oracle" in tare(folder, "runs", store="repaired.db").decode())
    check("taken away", s.post("/baseline", {"run": marked["run"], "baseline": False})[0] == 200 and s.get("/runs")[1]["baselines"] == [])
    check("it ends well after changes", s.stop() == 0)


def test_tasks(folder):
    """A run by its tasks: tries, means and what failed first are those of its attempts."""
    (folder / "o.jsonl").write_text("".join(json.dumps({"id": f"number-{i}", "output": o}) + "\n" for i, o in [(1, "42"), (2, "13")]))
    tare(folder, "score", "suites/short-answers", "--outputs", str(folder / "o.jsonl"), "--label", "o", "-q")
    lines = [{"task": f"t{t}", "attempt": i, "score": x, "kind": k} for t, k, xs in [(1, "a", [1, 1, 0]), (2, "b", [0, 0, 0]), (3, "a", [1, 0.5, 1])]
             for i, x in enumerate(xs, 1)]
    (folder / "tries.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    tare(folder, "import", str(folder / "tries.jsonl"), "--attempt-column", "attempt", "--label", "tries", "-q")
    s = Server(folder)
    tries = s.get("/runs/tries/tasks")[1]
    valid("a run by its tasks", tries, "tare.run-tasks/1")
    check("pips", (tries["task"], tries["pips"], tries["solved"], tries["n"]) == (["t1", "t2", "t3"], ["yyn", "nnn", "ypy"], [2, 0, 2], [3, 3, 3]), tries)
    check("means", [round(x, 12) for x in tries["value"]] == [round(2 / 3, 12), 0, round(2.5 / 3, 12)], tries["value"])
    check("the try that fell short", [f["k"] for f in tries["first"]] == [3, 1, 2] and not any(f["check"] for f in tries["first"]), tries["first"])
    check("sorted by the headline", s.get("/runs/tries/tasks?sort=-score")[1]["task"] == ["t3", "t1", "t2"]
          and s.get("/runs/tries/tasks?sort=score&limit=1&offset=1")[1]["task"] == ["t1"])
    check("by the tag, by the name", s.get("/runs/tries/tasks?sort=-task")[1]["task"] == ["t3", "t2", "t1"])
    only = s.get("/runs/tries/tasks?where=score%3D0.5")[1]
    check("filtered: tasks with a try that matches, with all their tries", (only["task"], only["pips"], only["total"]) == (["t3"], ["ypy"], 1), only)
    for path, want in {"?sort=nosuch": 400, "?where=nosuch%3C1": 400, "?limit=0": 400, "?x=1": 400, "?offset=99": 200}.items():
        status, doc = s.get("/runs/tries/tasks" + path)
        check(f"tasks{path} is {want}", status == want, doc)
    scored = s.get("/runs/o/tasks")[1]
    valid("scored outputs by task", scored, "tare.run-tasks/1")
    check("the first failing check", scored["first"][0] is None and scored["first"][1] == {"k": 1, "check": "number", "says": "13 is wrong", "cause": None}
          and scored["pips"][:3] == ["y", "n", "m"] and scored["first"][2]["cause"], scored["first"][:3])
    runs = {r["solver"]: r["run"] for r in s.get("/runs?q=first")[1]["rows"]}
    soc, all_ = s.get(f"/runs/{runs['runbook']}/tasks")[1], s.get(f"/runs/{runs['runbook']}/attempts?limit=1000")[1]
    valid("a run of a world by its tasks", soc, "tare.run-tasks/1")
    for i, task in enumerate(soc["task"]):
        mine = [j for j, t in enumerate(all_["task"]) if t == task]
        for key, of in (("value", all_["metrics"]["reward"]), ("steps", all_["steps"]), ("ms", all_["ms"])):
            want = sum(of[j] for j in mine) / len(mine)
            check(f"{key} of {task}", abs(soc[key][i] - want) < 1e-9 * max(1, abs(want)), (soc[key][i], want))
    check("what failed in a world", all(f["check"] == "false_positive_rate" and f["says"] == "100.0 %" for f in soc["first"] if f), soc["first"][:2])
    s.stop()


def test_findings(folder):
    """What is noticed beside the leaderboard: in the stored answers, and in the tasks."""
    suite = folder / "twice"
    suite.mkdir()
    (suite / "suite.yaml").write_text("suite: twice\nversion: 1.0.0\nabout: Twelve questions, two of them twice.\n"
                                      "world: {prompt: {}}\ntasks: tasks.jsonl\nattempts: 1\nmetrics: [pass]\n")
    asked = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2]
    (suite / "tasks.jsonl").write_text("".join(json.dumps({"id": f"q{i}", "input": f"Say {n}.", "expect": str(n), "checks": [{"exact": {}}]}) + "\n"
                                              for i, n in enumerate(asked, 1)))
    for label, says in (("right", lambda n: str(n)), ("always", lambda n: "7")):
        (folder / f"{label}.jsonl").write_text("".join(json.dumps({"id": f"q{i}", "output": says(n)}) + "\n" for i, n in enumerate(asked, 1)))
        tare(folder, "score", str(suite), "--outputs", str(folder / f"{label}.jsonl"), "--label", label, "-q")
    s = Server(folder)
    doc = s.get("/suites/twice/findings")[1]
    valid("findings", doc, "tare.findings/1")
    by = {f["id"]: f for f in doc["findings"]}
    check("tasks that ask the same", by.get("repeated-input", {}).get("tasks") == ["q1", "q11", "q2", "q12"] or
          sorted(by.get("repeated-input", {}).get("tasks", [])) == ["q1", "q11", "q12", "q2"], doc)
    check("how many", "4 of 12 tasks" in by["repeated-input"]["text"])
    check("always the same answer", "always.jsonl gives the same answer in 12 of 12" in by.get("same-answer", {}).get("text", ""), doc)
    check("a metric at its ceiling", "right.jsonl is at its ceiling in 12 of 12" in by.get("ceiling", {}).get("text", ""), doc)
    check("most severe first", [f["level"] for f in doc["findings"]] == sorted((f["level"] for f in doc["findings"]), key=["blocks", "warns", "notes"].index))
    warns = s.get("/suites/twice/findings?sev=warns")[1]
    check("filtered", [f["id"] for f in warns["findings"]] == [f["id"] for f in doc["findings"] if f["level"] == "warns"] and warns["total"] == len(warns["findings"]))
    clean = s.get("/suites/incident-response/findings")[1]
    check("others have none of these", not {"repeated-input", "same-answer"} & {f["id"] for f in clean["findings"]}, clean)
    s.stop()


def test_many_clients(folder):
    s = Server(folder)
    wrong, times, lock = [], [], threading.Lock()
    streams = []
    for _ in range(50):  # readers of events besides
        c = http.client.HTTPConnection("127.0.0.1", s.port, timeout=30)
        c.request("GET", f"/api/v1/events?token={s.token}")
        streams.append((c, c.getresponse()))
    def client(i):
        for path in ("/runs", "/leaderboard", "/find?q=soc", "/runs/@last%2Frunbook/attempts?sort=-reward" if i % 2 else "/suites"):
            try:
                begin = time.monotonic()
                status, doc = s.get(path)
                with lock:
                    times.append(time.monotonic() - begin)
                    if status != 200 and "@last" not in path:
                        wrong.append((path, status, doc))
            except Exception as why:  # noqa: BLE001 any of them is a fault
                with lock:
                    wrong.append((path, repr(why)))
        if i % 20 == 0:  # some change what the others read
            status, doc = s.post("/baseline", {"run": "first/runbook" if i % 40 else "first/oracle", "baseline": True})
            if status != 200:
                with lock:
                    wrong.append(("POST", status, doc))
    threads = [threading.Thread(target=client, args=(i,)) for i in range(200)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check("two hundred clients at once", not wrong and len(times) == 800, wrong[:3])
    marked = s.get("/runs")[1]["baselines"]
    check("one of them is the baseline", len(marked) == 1, marked)
    s.post("/baseline", {"run": marked[0]["run"], "baseline": False})
    check("it ends with readers attached", s.stop(signal.SIGTERM) == 0)
    for c, _ in streams:
        c.close()


# ---- what changes -----------------------------------------------------------------------------------

def test_live(folder):
    s = Server(folder, store="live.db")
    check("no store yet: no runs", s.get("/runs")[1]["rows"] == [])
    valid("no store yet", s.get("/runs")[1], "tare.runs/1")
    status, doc = s.get("/leaderboard")
    check("no store yet: a leaderboard says how to make one", status == 404 and "tare run" in doc.get("hint", ""), doc)
    c = http.client.HTTPConnection("127.0.0.1", s.port, timeout=30)
    c.request("GET", f"/api/v1/events?token={s.token}")
    stream = c.getresponse()
    check("events are a stream", stream.getheader("Content-Type") == "text/event-stream")
    tare(folder, "run", "incident-response", "-s", "runbook", "-k", "2", "--seed", "3", "--limit", "20", "--label", "live", "-q", store="live.db")
    seen, kind, deadline = {"run": [], "store": []}, None, time.monotonic() + 20
    while time.monotonic() < deadline and not any(r["done"] == 40 for r in seen["run"]):
        line = stream.fp.readline().decode().strip()
        line = line if line else ""
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: ") and kind in seen:
            doc = json.loads(line[6:])
            seen[kind].append(doc)
            faults = list(KNOWN["events"].iter_errors(doc))
            check("an event is as its schema says", not faults, faults[:1])
    check("a run of another process appears and is done", any(r["done"] == 40 and r["total"] == 40 for r in seen["run"]), seen["run"][-1:])
    check("the counter moves", len(seen["store"]) > 0 and seen["store"][-1]["counter"] > 0)
    check("and its row", s.get("/runs")[1]["rows"][0]["label"] == "live")
    c.close()
    check("it ends well after a run", s.stop() == 0)


def test_broken(folder):
    (folder / "broken.db").write_bytes(b"this is no store at all" * 1000)
    for args in (["view", "--json"], ["report", "@last", "--html", str(folder / "x.html"), "--json"]):
        out = tare(folder, *args, code=4, store="broken.db")
        valid(f"{args[0]} of a broken store", json.loads(out), "tare.error/1")
    check("a failed report writes nothing", not (folder / "x.html").exists())


# ---- hostile data -----------------------------------------------------------------------------------

NAMES = ["</script><script>alert(1)</script>", "a/b#c?d%e", "x\u202egnp.exe", "<img src=x onerror=alert(1)>", "\"quoted' &amp;", "tab\there",
         "..", "%2e%2e/%00", "\u0645\u0631\u062d\u0628\u0627", "e\u0301\u200b\u200d"]


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.events = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.events += [k for k, _ in attrs if k.startswith("on")]


def blocks(text):
    found = re.findall(r'<script type="text/plain" id="b(\d+)">([A-Za-z0-9+/=]*)</script>', text)
    return {int(n): json.loads(gzip.decompress(base64.b64decode(b))) for n, b in found}


def test_hostile(folder):
    lines = ["".join(json.dumps({"task": name, "run": run, "score": (i + j) % 2, "output": name}) + "\n" for i, name in enumerate(NAMES))
             for j, run in enumerate(["<b>one</b>", "two</title>"])]
    (folder / "hostile.jsonl").write_text("".join(lines))
    s = Server(folder, str(folder / "hostile.jsonl"), "--run-column", "run")
    check("a file opens directly", s.doc.get("schema") == "tare.view/1", s.doc)
    private = list(folder.glob("tare-view-*"))
    check("in a private folder", len(private) == 1 and (private[0].stat().st_mode & 0o77) == 0)
    rows = s.get("/runs")[1]["rows"]
    check("two runs", len(rows) == 2)
    run = rows[0]["run"]
    page = s.get(f"/runs/{run}/attempts")[1]
    check("all hostile tasks", sorted(page["task"]) == sorted(NAMES), page["task"])
    for name in NAMES:
        status, doc = s.get(f"/runs/{run}/attempts/{quoted(name)}/1")
        check(f"attempt at {name!r}", status == 200 and doc["task"] == name, doc)
        status, doc = s.get(f"/tasks/{rows[0]['suite_digest'][:12]}/{quoted(name)}")
        check(f"task {name!r}", status == 200 and doc["task"] == name, doc)
    for path in ("/static/runs", f"/static/run/{run}", f"/static/compare?a={run}&b={rows[1]['run']}", f"/static/run/{run}/{quoted(NAMES[0])}/1"):
        body = s.ask(path)[1].decode()
        tags = Tags()
        tags.feed(body)
        check(f"{path[:30]} holds no markup of theirs", not {"script", "img", "b"} & set(tags.tags) and not tags.events and "\u202e" not in body, tags.tags)
    check("it ends", s.stop() == 0)
    check("nothing is left behind", not list(folder.glob("tare-view-*")))
    tare(folder, "report", str(folder / "hostile.jsonl"), "--run-column", "run", "--html", str(folder / "h.html"), "-q")
    text = (folder / "h.html").read_text()
    drawn = text.split("<script")[0]
    tags = Tags()
    tags.feed(drawn)
    check("a report holds no markup of theirs", not {"img", "b"} & set(tags.tags) and "alert(1)</script>" not in text and "\u202e" not in text)
    (folder / "missing.csv").write_text("task,score\na,\nb,\n")
    tare(folder, "report", str(folder / "missing.csv"), "--html", str(folder / "m.html"), "-q")
    check("all missing is drawn", "–" in (folder / "m.html").read_text())


# ---- the file ---------------------------------------------------------------------------------------

def test_report(folder):
    out = folder / "r.html"
    doc = json.loads(tare(folder, "report", "first", "--html", str(out), "--json"))
    text = out.read_text()
    check("its size is told", doc["bytes"] == len(text.encode()))
    check("equal input gives equal bytes", tare(folder, "report", "first", "--html", str(folder / "r2.html"), "-q") == b""
          and (folder / "r2.html").read_bytes() == out.read_bytes())
    check("no address of a network in its head", not re.search(r'(src|href)="(https?:)?//', text.split("<script")[0]))
    check("policy in the file", "default-src 'none'" in text)
    for address in ("verify-first", "runbook"):
        check(f"{address} is drawn", address in text.split("<script")[0])
    old = b"old"
    kept = folder / "kept.html"
    kept.write_bytes(old)
    tare(folder, "report", "nosuch", "--html", str(kept), code=2)
    check("a failed report leaves the old file", kept.read_bytes() == old)
    md = tare(folder, "report", "first/runbook", "first/verify-first", "--md").decode()
    check("Markdown", "| rank | solver |" in md and "improved" in md and "$ tare report" in md)
    if doc["page"] != "bundle":
        return
    data = blocks(text)
    index = data[0]
    valid("block 0", index, "tare.report/1")
    check("all blocks are there", set(data) == set(range(index["n_blocks"] + 1)))
    check("every path is where the index says", all(p in data[n] for p, n in index["blocks"].items()))
    every = dict(index["docs"])
    for n, held in data.items():
        if n:
            every.update(held)
    for path, held in every.items():
        if held.get("schema") in KNOWN:
            faults = [f.message for f in KNOWN[held["schema"]].iter_errors(held)]
            if faults:
                check(f"{path} in the report", False, faults[:2])
    shown = json.loads(tare(folder, "show", "first", "--json"))
    check("its leaderboard is --json's", index["docs"]["/leaderboard"]["leaderboard"] == shown["leaderboard"] or
          [r["metrics"] for r in index["docs"]["/leaderboard"]["leaderboard"] if r["run"]] == [r["metrics"] for r in shown["leaderboard"] if r["run"]])
    check("steps of every attempt", sum(p.endswith("/steps") for p in every) == index["contents"]["attempts"] == index["contents"]["bodies"])
    small, limit = folder / "small.html", out.stat().st_size - 12_000
    doc = json.loads(tare(folder, "report", "first", "--html", str(small), "--max-size", str(limit / 1e6), "--json"))
    check("steps are left out above --max-size", doc["bodies_left_out"] > 0 and small.stat().st_size <= limit, doc)
    left = blocks(small.read_text())
    check("and the index says which", all(n in left for p, n in left[0]["blocks"].items()) , "a path leads to a block that is not there")


def test_report_says(folder):
    """What was left out and redacted; times only when asked for; files give the same bytes at any time."""
    own = folder / "says"
    own.mkdir()
    rows = [{"task": f"t{i}", "run": run, "score": i % 2, "output": out}
            for i, out in enumerate(["my key is [secret:OPENAI_API_KEY], [secret:OPENAI_API_KEY]", "x" * 100_000, "fine", "[secret:B]"])
            for run in ("a", "b")]
    (own / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    made = []
    for zone, name in (("UTC", "1"), ("Asia/Kolkata", "2")):
        os.environ["TZ"] = zone
        made.append(json.loads(tare(folder, "report", str(own / "log.jsonl"), "--html", str(own / f"{name}.html"), "--json")))
        time.sleep(1.1)
    del os.environ["TZ"]
    one = (own / "1.html").read_bytes()
    check("files give the same bytes a second later, in another zone", one == (own / "2.html").read_bytes())
    for doc in made:
        valid("report --json", doc, "tare.report-written/1")
    if made[0]["page"] == "bundle":
        check("redactions are counted", made[0]["redactions"] == 6, made[0])
        check("cut steps are counted", made[0]["steps_cut"] == 2, made[0])
        footer = one.decode().split("<footer", 1)[1].split("</footer>")[0]
        check("and said in the file", "Redacted: 6 places" in footer and "of 2 long steps the end was left out" in footer, footer)
        index = blocks(one.decode())[0]
        valid("block 0 of files", index, "tare.report/1")
        check("and in its index", index["contents"]["redactions"] == 6 and index["contents"]["written"] is None, index["contents"])
        check("files have no time", all(r["planned_at"] is None and r["ms"] is None for r in index["docs"]["/runs"]["rows"]))
    else:
        check("without the page no attempt is inside", "no attempt" in one.decode())
    check("no stamp", b", written " not in one)
    stamped = json.loads(tare(folder, "report", str(own / "log.jsonl"), "--html", str(own / "3.html"), "--stamp", "--json"))
    valid("report --stamp --json", stamped, "tare.report-written/1")
    text = (own / "3.html").read_text()
    check("a stamp says when", f", written {stamped['written'][:10]} {stamped['written'][11:16]} UTC" in text and
          abs(time.time() - calendar.timegm(time.strptime(stamped["written"], "%Y-%m-%dT%H:%M:%SZ"))) < 60, stamped)
    tare(folder, "report", "first", "--md", "--stamp", code=2)


def point(value, pointer):
    for key in pointer.split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def test_planted(folder):
    """Where planted instructions stand: in the step that met them, in all that show them after it."""
    s = Server(folder)
    run = next(r["run"] for r in s.get("/runs")[1]["rows"] if r["solver"] == "injection-follower")
    page = s.get(f"/runs/{run}/attempts")[1]
    met, texts = 0, {}
    for task in page["task"]:
        at = f"/runs/{run}/attempts/{quoted(task)}/1"
        outline = s.get(at)[1]["outline"]
        bodies = {x["i"]: x["body"] for x in s.get(at + "/steps?from=0&to=100")[1]["steps"]}
        known = set()
        for entry in outline[1:]:
            known |= {x["id"] for x in entry.get("inj", [])}
            body = bodies[entry["i"]]
            for p in body.get("planted", []):
                text = point(body["parts"][p["part"]]["data"], p["at"])[p["from"]:p["to"]]
                texts.setdefault((task, p["id"]), set()).add(text)
                if p["id"] not in known:
                    check(f"{task}: {p['id']} is known before it is marked", False, entry)
            for x in entry.get("inj", []):
                met += 1
                check(f"{task} step {entry['i']}: what was met is marked", any(p["id"] == x["id"] and p["tier"] == x["tier"]
                      for p in body.get("planted", [])), body.get("planted"))
    check("some were met", met >= 3, met)
    check("one instruction, one text", all(len(t) == 1 and len(next(iter(t))) > 20 for t in texts.values()), texts)
    s.stop()


def test_long(folder):
    """An attempt of 10,000 steps: its outline at once, its bodies by range, none of them twice or missing."""
    own = folder / "long"
    own.mkdir()
    lines = (ROOT / "suites/incident-response/tasks.jsonl").read_text().splitlines()
    task = json.loads(lines[0])
    task["input"]["scenario"]["max_steps"] = 10_000
    (own / "tasks.jsonl").write_text(json.dumps(task) + "\n")
    (own / "suite.yaml").write_text("suite: long\nversion: 1.0.0\nabout: One.\nworld: {soc: {profile: hardened}}\ntasks: tasks.jsonl\n"
                                    "attempts: 1\nmetrics: [reward]\nlimits: {steps: 10000}\n")
    tare(folder, "run", str(own), "-s", "do-nothing", "-q", store="long.db")
    s = Server(folder, store="long.db")
    run = s.get("/runs")[1]["rows"][0]["run"]
    at = f"/runs/{run}/attempts/{quoted(task['id'])}/1"
    doc = s.get(at)[1]
    valid("a long attempt", doc, "tare.attempt/1")
    check("all steps are in the outline", doc["n_steps"] == 10_000 and [e["i"] for e in doc["outline"][1:]] == list(range(10_000)))
    seen = []
    for first in range(0, 10_000, 500):
        status, page = s.get(f"{at}/steps?from={first}&to={first + 500}")
        if first in (0, 5000):
            valid(f"steps from {first}", page, "tare.steps/1")
        seen += [x["i"] for x in page["steps"] if x["i"] >= 0 and x["body"]["n"] == x["i"] + 1]
    check("every body once, in order", seen == list(range(10_000)), (len(seen), seen[:3]))
    last = s.get(f"{at}/steps?from=9990&to=10040")[1]
    check("a range ends with the attempt", [x["i"] for x in last["steps"]] == list(range(9990, 10_000)) and last["to"] == 10_000, last["to"])
    check("beyond it there is none", s.get(f"{at}/steps?from=10000&to=10040")[1]["steps"] == [])
    check("too many at once are refused", s.get(f"{at}/steps?from=0&to=10000")[0] == 400)
    answer, raw = s.ask(f"/api/v1{at}/steps/9999/body")
    check("the last body alone", answer.status == 200 and json.loads(raw)["n"] == 10_000)
    check("a step behind the last is not there", s.ask(f"/api/v1{at}/steps/10000/body")[0].status == 404)
    answer, packed = s.ask(f"/api/v1{at}", Accept_Encoding="gzip")
    check("the outline is sent small", len(packed) < 250_000, len(packed))
    s.stop()


def main():
    with tempfile.TemporaryDirectory() as name:
        probe = Server(pathlib.Path(name))
        if "without a web server" in probe.doc.get("text", ""):
            print("skipped: this tare was built without libmicrohttpd")
            sys.exit(77)
        check("a server without a store", probe.stop() == 0)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tare(folder, "run", "incident-response", "-s", "runbook", "-s", "verify-first", "-s", "oracle", "-s", "spray", "-k", "2",
             "--seed", "7", "--limit", "20", "--label", "first", "-q")
        tare(folder, "run", "incident-response", "-s", "injection-follower", "-k", "1", "--seed", "7", "--limit", "8", "--label", "second", "-q")
        every = (test_documents, test_drawn_numbers, test_refusals, test_baseline, test_tasks, test_findings, test_many_clients, test_live,
                 test_broken, test_hostile, test_planted, test_long, test_report, test_report_says)
        for test in (test_baseline, test_many_clients, test_live) if "threads" in sys.argv[2:] else every:
            try:
                test(folder)
            except Exception as why:  # noqa: BLE001 the other tests go on
                check(test.__name__, False, repr(why))
    print(f"{passed} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
