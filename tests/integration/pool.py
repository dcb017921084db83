# SPDX-License-Identifier: Apache-2.0
"""A pool of workers under test: topics of its own on a shared Kafka, and processes whose end is
judged. Times are short, and the simulator is told the same ones."""
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import jsonschema
from broker.client import Client, wait_until
from schemas.judges import closed, headers_schema, load
from simulator import SANITIZER_MARKS

STOP_SECONDS = 40
OPTIONS = {
    "api.linger": "20ms", "api.timeout": "1s", "api.signature_life": "3s", "api.settle": "500ms",
    "retry.initial": "50ms", "retry.max": "500ms", "confirm.interval": "200ms",
    "confirm.timeout": "20s", "admin.listen": "127.0.0.1:0", "log.format": "json",
    "topics.partitions": "4",
}
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_value = jsonschema.Draft7Validator(closed(load("reboot-outcome")))
_headers = jsonschema.Draft7Validator(headers_schema("outcome"))


def judge(event):
    """An event as the published schemas promise it."""
    value = {name: event[name] for name in event if name != "_headers"}
    for validator, what in ((_value, value), (_headers, event["_headers"])):
        error = jsonschema.exceptions.best_match(validator.iter_errors(what))
        assert error is None, f"{error.message}: {what}"


class Worker:
    """One process."""

    def __init__(self, pool, name, options):
        self.name = name
        self.secret = pool.sim.secret_key
        self.log_path = pool.artifacts / f"{name}.log"
        argv = [str(Path(pool.build_dir) / "reboot-worker"), "run", "-X",
                f"bootstrap.servers={pool.bootstrap}", "--name", name]
        for key, value in {**pool.options, **options}.items():
            argv += ["--" + key.replace(".", "-").replace("_", "-"), str(value)]
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(("REBOOT_WORKER_", "TENCENTCLOUD_"))}
        env.update(TENCENTCLOUD_SECRET_ID=pool.sim.secret_id,
                   TENCENTCLOUD_SECRET_KEY=pool.sim.secret_key, HOME="/nonexistent")
        env.update(pool.environment)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=env)

    def log(self):
        lines = self.log_path.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def said(self, text):
        return any(text in line["message"] for line in self.log())

    def port(self):
        for line in self.log():
            if line["message"] == "serving metrics, probes and status":
                return line["port"]
        return None

    def get(self, path):
        """(status, body) of a page."""
        port = wait_until(self.port, 20, f"{self.name}: admin port")
        try:
            with _opener.open(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return 0, ""

    def status(self):
        return json.loads(self.get("/status")[1] or "{}")

    def owned(self):
        return [p["partition"] for p in self.status().get("partitions", ())
                if p["role"] == "owner"]

    def wait_ready(self):
        wait_until(lambda: self.get("/readyz")[0] == 200, 60, f"{self.name} ready")

    def signal(self, number):
        self.process.send_signal(number)

    def wait_end(self, expected=0):
        """Judges how it ended."""
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end: {self.log_path}") from None
        text = self.log_path.read_text(errors="replace")
        assert not any(mark in text for mark in SANITIZER_MARKS), text[-4000:]
        assert not self.secret or self.secret not in text, "the secret key is in the log"
        assert code == expected, f"{self.name} ended with {code}: {text[-3000:]}"

    def stop(self):
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        self.wait_end()


class Pool:
    def __init__(self, bootstrap, sim, build_dir, artifacts, prefix):
        self.bootstrap = bootstrap
        self.sim = sim
        self.build_dir = build_dir
        self.artifacts = Path(artifacts)
        self.prefix = prefix
        self.client = Client(bootstrap, prefix)
        self.group = f"{prefix}-workers"
        names = {"requests": "requests", "tasks": "tasks", "ledger": "ledger",
                 "results": "results", "dead_letters": "requests-dlt", "control": "control",
                 "sightings": "sightings"}
        self.options = {**OPTIONS, "group": self.group, "api.endpoint": sim.endpoint,
                        **{f"topics.{key}": f"{prefix}.{name}" for key, name in names.items()}}
        self.environment = {}
        self.workers = []

    def start(self, name=None, ready=True, **options):
        """Options as keywords: api_linger="0s"."""
        by_flag = {key.replace("_", "-"): value for key, value in options.items()}
        worker = Worker(self, name or f"w{len(self.workers)}", by_flag)
        self.workers.append(worker)
        if ready:
            worker.wait_ready()
        return worker

    def stop(self):
        """Ends all workers orderly; the first failure is told."""
        failures = []
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.signal(signal.SIGTERM)
                worker.signal(signal.SIGCONT)
        for worker in self.workers:
            try:
                if worker.process.returncode is None:
                    worker.wait_end()
            except AssertionError as failure:
                failures.append(failure)
        self.client.close()
        if failures:
            raise failures[0]

    def wait_finals(self, wanted, seconds=60):
        """Outcomes, once each (request, instance) in `wanted` has its final event."""
        wanted = set(wanted)
        seen = {}

        def done():
            seen["outcomes"] = self.client.outcomes()
            seen["missing"] = wanted - set(seen["outcomes"].finals())
            return not seen["missing"]

        try:
            wait_until(done, seconds, "final events")
        except TimeoutError:
            missing = sorted(seen["missing"])
            raise AssertionError(f"no final event within {seconds} s for {len(missing)}: "
                                 f"{missing[:5]}") from None
        for event in seen["outcomes"].all():
            judge(event)
        return seen["outcomes"]

    def wait_committed(self, seconds=30):
        wait_until(lambda: self.client.is_committed(self.group, self.client.topic("requests")),
                   seconds, "committed input")


def busiest_second(calls):
    """The most calls that arrived in any one second of the simulator's counting."""
    counts = {}
    for call in calls:
        counts[int(call["at"])] = counts.get(int(call["at"]), 0) + 1
    return max(counts.values(), default=0)


def sleepless(seconds):
    """For waits whose very subject is that nothing happens: says so by its name."""
    time.sleep(seconds)  # style: there is nothing to wait for
