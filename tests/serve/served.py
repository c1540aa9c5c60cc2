"""What the tests of `tare serve` over HTTP share: a served suite, and plain requests."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPORT = {"summary_json": {"verdict": "no_incident"}}


class Served:
    """`tare serve PROTOCOL incident-response …` in a folder of its own."""

    def __init__(self, tare, protocol, *args, folder=None, token=None, suite="incident-response"):
        self.tare = tare
        self.folder = folder or tempfile.TemporaryDirectory()
        self.at = self.folder.name
        self.env = {**os.environ, "TARE_SUITES": str(ROOT / "suites")}
        self.env.pop("TARE_SERVE_TOKEN", None)
        if token:
            self.env["TARE_SERVE_TOKEN"] = token
        self.p = subprocess.Popen([tare, "serve", protocol, suite, *args, "--json"], cwd=self.at,
                                  env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True)
        line = self.p.stdout.readline()
        self.where = json.loads(line or "{}")
        if "base" not in self.where:
            err = self.p.communicate(timeout=60)[1]
            self.end()
            if "built without a web server" in err:
                print("skipped: this tare was built without libmicrohttpd")
                os._exit(77)
            raise RuntimeError(err)
        self.port = int(self.where["base"].rsplit(":", 1)[1])
        self.token = token or self.where["token"]

    def request(self, method, path, body=None, headers=None, token=True):
        """(status, headers, body); host and token are right unless `headers` says otherwise."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        h = {"Authorization": f"Bearer {self.token}"} if token else {}
        h.update(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            h.setdefault("Content-Type", "application/json")
        c.request(method, path, body, h)
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, {k.lower(): v for k, v in r.getheaders()}, data

    def batch(self):
        done = subprocess.run([self.tare, "runs", "--json"], cwd=self.at, env=self.env, check=True,
                              capture_output=True, text=True, timeout=60)
        b = json.loads(done.stdout)["batches"][0]
        return {k: b[k] for k in ("done", "failed", "missing")}

    def show(self, *args):
        done = subprocess.run([self.tare, "show", *args, "--json"], cwd=self.at, env=self.env,
                              check=True, capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout)

    def stop(self, sig=signal.SIGTERM):
        """The exit status, once it has ended."""
        if self.p.poll() is None:
            self.p.send_signal(sig)
        self.err = self.p.communicate(timeout=60)[1]
        return self.p.returncode

    def end(self):
        """For tearDown: no process, no folder is left."""
        if self.p.poll() is None:
            self.p.kill()
            self.p.communicate(timeout=60)
        self.p.stdout.close()
        self.p.stderr.close()
        self.folder.cleanup()
