# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the build under test, and node with the packages of package-lock.json, fetched once
into .cache/."""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))


@pytest.fixture(scope="session")
def build_dir():
    named = os.environ.get("REBOOT_BUILD_DIR")
    for path in [Path(named)] if named else [ROOT / "build" / "asan", ROOT / "build"]:
        if (path / "tests" / "schemas" / "read_requests").exists():
            return path
    pytest.fail("no read_requests: build the tests, or set REBOOT_BUILD_DIR")


@pytest.fixture(scope="session")
def node():
    """node(script, *arguments, text): what the script prints."""
    if not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = ROOT / ".cache" / "node-schemas"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / wanted).exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder)
            subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"],
                           cwd=folder, check=True)
            (folder / wanted).touch()

    def run(script, *arguments, text=""):
        return subprocess.run(["node", HERE / script, *arguments], input=text, text=True,
                              stdout=subprocess.PIPE, check=True,
                              env={**os.environ, "NODE_PATH": str(folder / "node_modules")}).stdout

    return run
