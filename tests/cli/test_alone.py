# SPDX-License-Identifier: Apache-2.0
"""A worker without a broker: its pages, signals, exit codes, and that no secret leaks."""
import json
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from broker.client import wait_until

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("/", "/status", "/readyz", "/livez", "/metrics")
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Alone:
    """A worker whose broker is away: it waits, and serves its pages meanwhile."""

    def __init__(self, running):
        self.running = running

    def text(self):
        return self.running.err()

    def log(self):
        return [json.loads(line) for line in self.text().splitlines()]

    def wait_said(self, text):
        self.running.wait_err(text)

    def get(self, path, method="GET"):
        """(status, headers, body)"""
        port = wait_until(lambda: re.search(r'"port":(\d+)', self.text()), 60, "the port").group(1)
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
        try:
            with _opener.open(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def send(self, number):
        self.running.process.send_signal(number)

    def end(self, number=signal.SIGTERM):
        """The exit code."""
        if self.running.process.poll() is None and number is not None:
            self.send(number)
        return self.running.end().code


@pytest.fixture
def alone(start):
    """alone(*words, **environment): a worker with credentials that nobody knows."""
    started = []

    def go(*words, **more):
        env = {"TENCENTCLOUD_SECRET_ID": "AKIDalone", "TENCENTCLOUD_SECRET_KEY": "KEYalone",
               **more}
        started.append(Alone(start("run", "--admin-listen", "127.0.0.1:0", "-X",
                                   "bootstrap.servers=127.0.0.1:1", *words, **env)))
        return started[-1]

    yield go
    for worker in started:
        worker.end()


def test_pages_have_their_types_and_change_nothing(alone):
    worker = alone()
    for path, kind in {"/": "text/html; charset=utf-8", "/status": "application/json",
                       "/readyz": "application/json", "/livez": "text/plain; charset=utf-8",
                       "/metrics": "text/plain; version=0.0.4; charset=utf-8"}.items():
        assert worker.get(path)[1]["Content-Type"] == kind
        assert worker.get(path, "POST")[0] == 405
        assert worker.get(path, "HEAD")[2] == ""
    assert worker.get("/nowhere")[0] == 404


def test_without_a_broker_it_lives_and_is_not_ready(alone):
    worker = alone()
    assert worker.get("/livez")[::2] == (200, "ok\n")
    code, _, body = worker.get("/readyz")
    checks = {check["name"]: check for check in json.loads(body)}
    assert code == 503
    assert all(set(check) == {"name", "ok", "detail"} for check in checks.values())
    assert {name for name, check in checks.items() if not check["ok"]} == \
        {"started", "broker", "group"}
    assert all(bool(check["detail"]) != check["ok"] for check in checks.values())
    wait_until(lambda: json.loads(worker.get("/status")[2])["lastErrors"], 30, "an error")
    assert re.search(r"Kafka cannot be written to or read: .*(refused|down)",
                     worker.get("/readyz")[2])


def test_without_a_broker_it_says_within_seconds_that_it_waits(alone):
    worker = alone()
    wait_until(lambda: "waiting for a broker" in worker.text(), 15, "word of it")
    said = [line for line in worker.log() if line["message"] == "waiting for a broker"][0]
    assert re.search("no answer from Kafka about topic .*last error: .*(refused|down)",
                     said["detail"])


def test_status_has_its_members_from_the_alone(alone):
    status = json.loads(alone("--name", "w1", "--group", "g1").get("/status")[2])
    assert list(status) == [
        "name", "group", "version", "at", "stage", "ready", "dryRun", "callsInFlight",
        "batchesUnderWay", "owedEvents", "clockOffsetSeconds", "openEntries", "lag", "quota",
        "breaker", "memory", "checks", "lastErrors", "lanes", "partitions", "inputs"]
    assert (status["name"], status["group"], status["stage"]) == ("w1", "g1", "starting")
    assert status["openEntries"] == {"waiting": 0, "dispatching": 0, "unknown": 0, "rebooting": 0}
    assert status["quota"] == {"rateLimit": 20, "pace": 1, "throttled": 0, "slotsPassed": 0}
    assert status["breaker"] == {"open": False, "code": None}
    documented = (ROOT / "docs" / "operations.md").read_text()
    assert not [name for name in status if f"`{name}`" not in documented]


def test_the_page_is_self_contained_and_shows_what_status_says(alone):
    worker = alone("--name", "<b>w&1</b>")
    page = worker.get("/")[2]
    assert "<b>" not in page and "&lt;b&gt;w&amp;1&lt;/b&gt;" in page
    assert "http-equiv=refresh" in page
    assert not re.search(r"<script|<img|<link|@import|url\(|https?://", page)
    for words in ("open entries", "last errors", "quota", "breaker", "lanes", "partitions"):
        assert f"<h2>{words}</h2>" in page
    links = set(re.findall(r"href=(\w+)", page))
    assert {f"/{link}" for link in links} == set(PAGES) - {"/"}


def test_metrics_satisfy_promtool(alone):
    page = alone().get("/metrics")[2]
    done = subprocess.run(["promtool", "check", "metrics"], input=page, text=True,
                          capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_documented_metrics_are_the_served_ones(alone):
    served = set(re.findall(r"^# TYPE (\S+)", alone().get("/metrics")[2], re.M))
    documented = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/metrics.md").read_text(), re.M))
    assert served == documented


def test_log_messages_of_the_engine_are_documented():
    source = (ROOT / "worker" / "shell" / "log.c").read_text()
    messages = re.findall(r'\[NOTE_\w+\] =\s+\{"([^"]+)"', source)
    documented = " ".join((ROOT / "docs" / "operations.md").read_text().split())
    assert len(messages) >= 12
    assert not [message for message in messages if message not in documented]


def test_the_log_is_a_json_object_a_line(alone):
    worker = alone("--log-level", "debug", REBOOT_WORKER_NO_SUCH="1")
    worker.wait_said("Connection refused")
    worker.end()
    lines = worker.log()
    for line in lines:
        assert {"@timestamp", "log.level", "message"} <= set(line)
    assert any("REBOOT_WORKER_NO_SUCH" in line["message"] and line["log.level"] == "warn"
               for line in lines)


def test_no_secret_is_anywhere(alone, tmp_path):
    """Every secret there is, everything librdkafka can say, every page, a reload, and the end."""
    profile = tmp_path / "credentials"
    profile.write_text("[default]\nsecret_id=AKIDfile\nsecret_key=hunter2-key\n"
                       "token=hunter2-token\n")
    config = tmp_path / "w.yaml"
    config.write_text("kafka:\n  sasl.password: hunter2-password\n  security.protocol: "
                      "sasl_plaintext\n  sasl.mechanism: PLAIN\n  sasl.username: user\n"
                      "  ssl.key.password: hunter2-keypass\n  debug: all\n")
    worker = alone("--config", str(config), "--log-level", "debug",
                   TENCENTCLOUD_CREDENTIALS_FILE=str(profile), TENCENTCLOUD_SECRET_ID="",
                   TENCENTCLOUD_SECRET_KEY="")
    worker.wait_said("Connection refused")
    worker.wait_said("sasl.username")  # librdkafka shows its configuration
    config.write_text("kafka:\n  sasl.password: [hunter2-again]\n")
    profile.write_text("[default]\nsecret_key=hunter2-half\n")
    worker.send(signal.SIGHUP)
    worker.wait_said("the old credentials stay")
    worker.wait_said("the old configuration stays")
    shown = "".join(worker.get(path)[2] for path in PAGES)
    worker.end()
    assert "hunter2" not in shown
    assert "hunter2" not in worker.text()


def test_hangup_takes_level_and_limit_and_names_what_needs_a_realone(alone, tmp_path):
    config = tmp_path / "w.yaml"
    config.write_text("api: {rate_limit: 20}\n")
    worker = alone("--config", str(config))
    assert json.loads(worker.get("/status")[2])["quota"]["rateLimit"] == 20
    config.write_text("api: {rate_limit: 0.5, batch_size: 3}\nlog: {level: error}\n"
                      "kafka: {client.rack: a}\n")
    worker.send(signal.SIGHUP)
    wait_until(lambda: json.loads(worker.get("/status")[2])["quota"]["rateLimit"] == 0.5, 30,
               "the new limit")
    assert "reboot_worker_api_rate_limit 0.5\n" in worker.get("/metrics")[2]
    named = {line.get("detail") for line in worker.log()
             if line["message"] == "a changed option needs a restart"}
    assert named == {"api.batch_size", "kafka"}
    config.write_text("api: {rate_limit: 7}\nlog: {level: info}\n")
    worker.send(signal.SIGHUP)
    wait_until(lambda: "api_rate_limit 7\n" in worker.get("/metrics")[2], 30, "the newest limit")
    levels = [line["log.level"] for line in worker.log()]
    said = [line["message"] for line in worker.log()]
    assert said.count("read limits and log level again") == 1  # the first was below the new level
    assert "error" in levels


def test_a_signal_ends_it_in_order(alone):
    for number in (signal.SIGTERM, signal.SIGINT):
        worker = alone()
        worker.get("/livez")
        assert worker.end(number) == 0


@pytest.mark.parametrize("more, says", [
    ({"TENCENTCLOUD_SECRET_ID": "", "TENCENTCLOUD_SECRET_KEY": ""}, "no credentials"),
    ({"TENCENTCLOUD_SECRET_KEY": ""}, "one is missing"),
    ({"TENCENTCLOUD_SECRET_ID": "", "TENCENTCLOUD_SECRET_KEY": "",
      "TENCENTCLOUD_CREDENTIALS_FILE": "/nonexistent"}, "/nonexistent"),
])
def test_without_credentials_it_ends_with_78(alone, more, says):
    worker = alone(**more)
    assert worker.end(number=None) == 78
    assert says in worker.text()


def test_tokens_that_differ_are_warned_of(alone):
    worker = alone(TENCENTCLOUD_TOKEN="one", TENCENTCLOUD_SESSION_TOKEN="two")
    worker.wait_said("TENCENTCLOUD_SESSION_TOKEN")
    warned = [line for line in worker.log() if "TENCENTCLOUD_SESSION_TOKEN" in line["message"]]
    assert [line["log.level"] for line in warned] == ["warn"]


def test_an_address_in_use_ends_it_with_78(alone):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        worker = alone("--admin-listen", f"127.0.0.1:{taken.getsockname()[1]}")
        assert worker.end(number=None) == 78
    assert "admin.listen" in worker.text()
