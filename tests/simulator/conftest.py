# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the simulator's own tests. REBOOT_BUILD_DIR says which build is tested."""
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "integration"),
                str(ROOT / "tests" / "simulator")]

from signer import Client  # noqa: E402
from simulator import Simulator  # noqa: E402

PYTHON_SDK = ["tencentcloud-sdk-python-ecm==3.1.105", "tencentcloud-sdk-python-common==3.1.195"]
NODE_SDK = "tencentcloud-sdk-nodejs-common@4.1.220"


@pytest.fixture(scope="session")
def build_dir():
    named = os.environ.get("REBOOT_BUILD_DIR")
    for path in [Path(named)] if named else [ROOT / "build" / "asan", ROOT / "build"]:
        if (path / "ecm-simulator").exists():
            return path
    pytest.fail("no ecm-simulator: build it, or set REBOOT_BUILD_DIR")


@pytest.fixture
def start(build_dir, tmp_path):
    """Starts simulators; all are stopped, and judged, at the end of the test."""
    started = []

    def start_one(*args, **flags):
        flags.setdefault("rate_limit", 0)
        if "fleet" not in flags:
            flags.setdefault("instances", 20)
        sim = Simulator(build_dir, tmp_path, *args, name=f"simulator-{len(started)}", **flags)
        started.append(sim)
        return sim

    yield start_one
    for sim in started:
        sim.stop()


@pytest.fixture
def connect():
    clients = []

    def connect_one(sim):
        clients.append(Client(sim))
        return clients[-1]

    yield connect_one
    for client in clients:
        client.close()


@pytest.fixture
def sim(start):
    return start()


@pytest.fixture
def client(sim, connect):
    return connect(sim)


def _once(cache, done_name, fill):
    """Fills a folder of the cache once, also when several test runs start together."""
    cache.mkdir(parents=True, exist_ok=True)
    done = cache / done_name
    with open(cache / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            fill()
            done.touch()


@pytest.fixture(scope="session")
def python_sdk():
    """A Python that has the vendor's SDK."""
    venv = ROOT / ".cache" / "venv"

    def fill():
        if not (venv / "bin" / "pip").exists():
            subprocess.run(["/usr/bin/python3", "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "-q", *PYTHON_SDK], check=True)

    _once(venv.parent, "venv-tencentcloud-3.1.105", fill)
    return venv / "bin" / "python"


@pytest.fixture(scope="session")
def node_sdk():
    """The folder in which node finds the vendor's SDK."""
    if not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    folder = ROOT / ".cache" / "node-tencentcloud"

    def fill():
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix",
                        str(folder), NODE_SDK], check=True)

    folder.mkdir(parents=True, exist_ok=True)
    _once(folder, "done-4.1.220", fill)
    return folder
