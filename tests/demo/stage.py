# SPDX-License-Identifier: Apache-2.0
"""The processes of the demo: an embedded broker, the API's simulator, workers. They are out of
reach of the terminal's Ctrl-C, are stopped in order, and die with the demo whatever ends it."""
import ctypes
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from broker.client import wait_until

ROOT = Path(__file__).resolve().parents[2]
SECRET_ID = "AKIDdemo000000000000000000EXAMPLE"
SECRET_KEY = "Demokey0000000000000000EXAMPLE"
START_SECONDS = 30
STOP_SECONDS = 25
# Loopback only, whatever proxies the environment names.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# Times of a minute-long incident, cut to the length of a demo; the simulator is told the same.
WORKER = {
    "api.signature_life": "5s", "api.settle": "2s", "retry.initial": "500ms", "retry.max": "2s",
    "confirm.interval": "500ms", "confirm.timeout": "8s", "log.format": "json",
    "admin.listen": "127.0.0.1:0",
}
SIMULATOR = ["--signature-life", "5s", "--reboot-duration", "1500ms..4s", "--rate-limit", "20"]


class StageError(Exception):
    """Something did not start, or ended by itself."""


def die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def fetch(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with _opener.open(urllib.request.Request(url, data=data), timeout=20) as answer:
        return answer.read().decode()


class Stage:
    def __init__(self, build_dir, log_dir):
        self.build_dir = Path(build_dir)
        self.log_dir = Path(log_dir)
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self.processes = {}  # name -> Popen, in the order of their start
        self.bootstrap = None
        self.api = None

    def _start(self, name, argv, stdout=subprocess.PIPE, **env):
        with open(self.log_dir / f"{name}.log", "wb") as log:
            self.processes[name] = subprocess.Popen(
                [self.build_dir / argv[0], *argv[1:]], stdin=subprocess.DEVNULL, text=True,
                stdout=stdout, stderr=log, env={**self._environment(), **env},
                start_new_session=True, preexec_fn=die_with_parent)
        return self.processes[name]

    @staticmethod
    def _environment():
        return {key: value for key, value in os.environ.items()
                if not key.startswith(("REBOOT_WORKER_", "TENCENTCLOUD_"))}

    def _first_line(self, name, argv):
        line = self._start(name, argv).stdout.readline().strip()
        if not line:
            raise StageError(f"{argv[0]} did not start: see {self.log_dir / name}.log")
        return line

    def start_broker(self):
        line = self._first_line("broker", ["dev-broker", "--pool-topics", "--die-with-parent"])
        self.bootstrap = line.partition("=")[2]

    def start_simulator(self, instances):
        line = self._first_line("simulator", [
            "ecm-simulator", "--listen", "127.0.0.1:0", "--secret-id", SECRET_ID, "--secret-key",
            SECRET_KEY, "--instances", str(instances), *SIMULATOR])
        self.api = "http://" + line.rpartition(" ")[2]

    def start_worker(self, name):
        argv = ["reboot-worker", "run", "--name", name, "--api-endpoint", self.api,
                "-X", f"bootstrap.servers={self.bootstrap}"]
        for key, value in WORKER.items():
            argv += ["--" + key.replace(".", "-").replace("_", "-"), value]
        self._start(name, argv, subprocess.DEVNULL, TENCENTCLOUD_SECRET_ID=SECRET_ID,
                    TENCENTCLOUD_SECRET_KEY=SECRET_KEY, HOME="/nonexistent")

    def check(self):
        """Everything still runs."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise StageError(f"{name} ended with {process.returncode}: "
                                 f"see {self.log_dir / name}.log")

    # ---- what workers and simulator say ----

    def _admin(self, name):
        for line in (self.log_dir / f"{name}.log").read_text(errors="replace").splitlines():
            if '"serving metrics' in line:
                return f"http://127.0.0.1:{json.loads(line)['port']}"
        return None

    def owned(self, name):
        """The partitions of a worker, by now."""
        try:
            at = self._admin(name)
            status = json.loads(fetch(at + "/status")) if at else {}
        except (urllib.error.URLError, ConnectionError, ValueError):
            status = {}
        return sorted(p["partition"] for p in status.get("partitions", ())
                      if p["role"] == "owner")

    def wait_owned(self, names, partitions):
        """Which worker owns what, once all of them share all."""
        owned = {}

        def is_shared():
            self.check()
            owned.update((name, self.owned(name)) for name in names)
            return sum(map(len, owned.values())) == partitions and all(owned.values())

        try:
            wait_until(is_shared, START_SECONDS)
        except TimeoutError:
            raise StageError(f"the workers do not share the partitions: {owned}; "
                             f"see {self.log_dir}") from None
        return owned

    def simulator(self, path, body=None):
        return fetch(f"{self.api}/_sim/{path}", body)

    def calls(self):
        """Every call that the API got, by its own log."""
        text = self.simulator("log")
        (self.log_dir / "calls.jsonl").write_text(text)
        return [json.loads(line) for line in text.splitlines()]

    # ---- the end ----

    def stop_worker(self, name):
        """The exit code of an orderly end."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def stop(self):
        """Nothing is left, whatever state things are in."""
        for process in reversed(self.processes.values()):
            process.kill()
        for process in self.processes.values():
            process.wait()
            if process.stdout:
                process.stdout.close()
        self.processes = {}


def build_dir():
    named = os.environ.get("REBOOT_BUILD_DIR")
    path = Path(named) if named else ROOT / "build"
    if not (path / "reboot-worker").exists():
        sys.exit(f"demo: no reboot-worker in {path}: ./dev build")
    return path
