# SPDX-License-Identifier: Apache-2.0
"""The ECM simulator as a fixture: starts the program on a free port and speaks to its /_sim/ side.

    with Simulator(build_dir, tmp_path, instances=10, reboot_duration="1s") as sim:
        sim.fault(kind="busy", ids=["ein-00000003"])
        ...
        assert [c["ids"] for c in sim.calls("RebootInstances")] == [...]

A flag is a keyword: reboot_duration="1s" is --reboot-duration 1s, partial=True is --partial, a list
repeats the flag; with tls_cert and tls_key the endpoint is https. stop() (also at the end of the
block) fails if the program ended badly or a sanitizer said something.
"""
import json
import select
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

SANITIZER_MARKS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:",
                   "WARNING: ThreadSanitizer", "check failed:", "precondition failed:")
START_SECONDS = 30
STOP_SECONDS = 20
HTTP_SECONDS = 60


class SimulatorError(AssertionError):
    """The program did not start, refused a change, or ended badly."""


def _flags(flags):
    argv = []
    for name, value in flags.items():
        flag = "--" + name.replace("_", "-")
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is True:
                argv.append(flag)
            elif one is not False and one is not None:
                argv += [flag, json.dumps(one) if isinstance(one, dict) else str(one)]
    return argv


class Simulator:
    def __init__(self, build_dir, artifacts, *args, secret_id="AKIDtest0000000000000000EXAMPLE",
                 secret_key="Testkey0000000000000000EXAMPLE", listen="127.0.0.1:0",
                 name="simulator", **flags):
        self.secret_id = secret_id
        self.secret_key = secret_key
        Path(artifacts).mkdir(parents=True, exist_ok=True)
        self.stderr_path = Path(artifacts) / f"{name}.stderr"
        self._stderr = open(self.stderr_path, "wb")
        self._stopped = False
        argv = [str(Path(build_dir) / "ecm-simulator"), "--listen", listen,
                "--secret-id", secret_id, "--secret-key", secret_key, *map(str, args),
                *_flags(flags)]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self._stderr)
        try:
            self.port = self._read_port()
        except BaseException:
            self.process.kill()
            self.process.wait()
            self._close_files()
            raise
        certificate = flags.get("tls_cert")
        self.tls = ssl.create_default_context(cafile=certificate) if certificate else None
        self.endpoint = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        # Talks to loopback only, whatever proxies the environment names.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.tls))

    def _read_port(self):
        deadline = time.monotonic() + START_SECONDS
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.process.stdout], [], [],
                                        max(0, deadline - time.monotonic()))
            got = self.process.stdout.readline() if ready else b""
            if not got:
                raise SimulatorError(f"simulator did not start: {self._stderr_text()}")
            line += got
        return int(line.rsplit(b":", 1)[1])

    def _stderr_text(self):
        return self.stderr_path.read_text(errors="replace")

    def _close_files(self):
        self.process.stdout.close()
        self._stderr.close()
        self._stopped = True

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        else:  # the first failure is the one to tell
            try:
                self.stop()
            except SimulatorError as second:
                print(second)

    def stop(self):
        """Ends the program orderly and judges how it ended. Twice does nothing."""
        if self._stopped:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
            hung = False
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            hung = True
        self._close_files()
        text = self._stderr_text()
        if hung or self.process.returncode != 0 or any(mark in text for mark in SANITIZER_MARKS):
            raise SimulatorError(f"simulator ended with {self.process.returncode}"
                                 f"{' (did not stop)' if hung else ''}: {text[-4000:]}")

    def _request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data=data, method=method)
        try:
            with self._opener.open(request, timeout=HTTP_SECONDS) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise SimulatorError(f"{method} {path}: {error.read().decode()}") from None

    def log(self, start=0):
        """Every call from number `start` on, in order of arrival."""
        lines = self._request("GET", f"/_sim/log?from={start}").splitlines()
        return [json.loads(line) for line in lines]

    def calls(self, action="RebootInstances"):
        return [call for call in self.log() if call["action"] == action]

    def effects(self):
        """How often each instance was rebooted, by the simulator's own log."""
        counts = {}
        for call in self.log():
            for instance in call["effect"]:
                counts[instance] = counts.get(instance, 0) + 1
        return counts

    def fault(self, **fault):
        """Adds one fault: kind, action, ids, count, probability, delayMs, code, message."""
        return json.loads(self._request("POST", "/_sim/faults", fault))

    def faults(self, faults=None):
        """The list of faults, after adding those given."""
        if faults is None:
            return json.loads(self._request("GET", "/_sim/faults"))
        return json.loads(self._request("POST", "/_sim/faults", list(faults)))

    def clear_faults(self):
        self._request("DELETE", "/_sim/faults")

    def set_instances(self, *changes, **change):
        """set_instances({...}, {...}) or set_instances(ids=[...], state="STOPPED")."""
        self._request("POST", "/_sim/instances", list(changes) + ([change] if change else []))

    def instances(self, **query):
        """What the simulator knows of its instances; id="..." or state="..." selects."""
        text = "&".join(f"{key}={value}" for key, value in query.items())
        return json.loads(self._request("GET", "/_sim/instances" + ("?" + text if text else "")))

    def stats(self):
        return json.loads(self._request("GET", "/_sim/stats"))
