# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the command line's tests: an embedded broker for each, and the program, run with an
environment of its own and judged by exit code, stdout and stderr."""
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / part) for part in ("", "integration", "cli")]

from broker.client import Client, wait_until  # noqa: E402
from pool import Pool  # noqa: E402
from simulator import SANITIZER_MARKS, Simulator  # noqa: E402

SECONDS = 60


@pytest.fixture(scope="session")
def build_dir():
    named = os.environ.get("REBOOT_BUILD_DIR")
    for path in [Path(named)] if named else [ROOT / "build" / "asan", ROOT / "build"]:
        if (path / "reboot-worker").exists():
            return path
    pytest.fail("no reboot-worker: build it, or set REBOOT_BUILD_DIR")


@contextmanager
def dev_broker(build_dir):
    """bootstrap.servers of an embedded broker with the topics of a pool, four partitions each."""
    process = subprocess.Popen([build_dir / "dev-broker", "--pool-topics=4", "--die-with-parent"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().strip().partition("=")[2]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def broker(build_dir):
    with dev_broker(build_dir) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="module")
def pool(build_dir, tmp_path_factory):
    """A worker with a simulator on a broker of the module's own."""
    artifacts = tmp_path_factory.mktemp("pool")
    with dev_broker(build_dir) as bootstrap, Simulator(
            build_dir, artifacts, instances=100, reboot_duration="300ms..600ms",
            signature_life="3s") as sim:
        pool = Pool(bootstrap, sim, build_dir, artifacts, "reboot")
        pool.start()
        wait_until(lambda: len(pool.workers[0].owned()) == 4, 30, "ownership")
        yield pool
        pool.stop()


@pytest.fixture
def client(broker):
    client = Client(broker)
    yield client
    client.close()


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


class Running:
    """The program at work. stdout and stderr go to files, so that they can be read meanwhile."""

    def __init__(self, argv, env, folder, stdin=None):
        self.out_path, self.err_path = folder / "stdout", folder / "stderr"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                argv, env=env, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=out, stderr=err)
        if stdin is not None:
            self.process.stdin.write(stdin if isinstance(stdin, bytes) else stdin.encode())
            self.process.stdin.close()

    def out(self):
        return self.out_path.read_text(errors="surrogateescape")

    def err(self):
        return self.err_path.read_text(errors="surrogateescape")

    def wait_out(self, text):
        wait_until(lambda: text in self.out(), SECONDS, f"stdout with {text!r}")

    def wait_err(self, text):
        wait_until(lambda: text in self.err(), SECONDS, f"stderr with {text!r}")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def end(self):
        """Waits; an end by a sanitizer is a failure of its own."""
        try:
            code = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it does not end: {self.err()}") from None
        assert not any(mark in self.err() for mark in SANITIZER_MARKS), self.err()
        return Done(code, self.out(), self.err())


@pytest.fixture
def start(build_dir, tmp_path, request):
    """start("watch", "--final"): the program at work, on the broker or the pool of the test."""
    running = []

    def start_one(*args, stdin=None, **env):
        folder = tmp_path / f"run-{len(running)}"
        folder.mkdir()
        clean = {key: value for key, value in os.environ.items()
                 if not key.startswith(("REBOOT_WORKER_", "TENCENTCLOUD_"))}
        clean["HOME"] = "/nonexistent"
        for name in {"broker", "pool"}.intersection(request.fixturenames):
            at = request.getfixturevalue(name)
            clean["REBOOT_WORKER_KAFKA_BOOTSTRAP_SERVERS"] = getattr(at, "bootstrap", at)
        one = Running([str(build_dir / "reboot-worker"), *map(str, args)], {**clean, **env}, folder,
                      stdin)
        running.append(one)
        return one

    yield start_one
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def cli(start):
    """cli("version"): what the program said, once it has ended."""
    return lambda *args, stdin=None, **env: start(*args, stdin=stdin, **env).end()
