# SPDX-License-Identifier: Apache-2.0
"""The official Python SDK's common part, fetched once into .cache/."""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SDK = "tencentcloud-sdk-python-common==3.1.195"


@pytest.fixture(scope="session")
def sdk() -> pathlib.Path:
    """Its folder, on sys.path."""
    folder = ROOT / ".cache" / "pypi" / SDK
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.part{os.getpid()}")
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-compile",
                        "--root-user-action=ignore", "--target", part, SDK], check=True)
        part.rename(folder)
    sys.path.insert(0, str(folder))
    return folder


@pytest.fixture(scope="session")
def worker() -> pathlib.Path:
    """The program under test."""
    program = pathlib.Path(os.environ.get("REBOOT_WORKER", ROOT / "build" / "reboot-worker"))
    assert program.exists(), f"{program} is not built"
    return program
