# SPDX-License-Identifier: Apache-2.0
"""The demo as a user runs it."""
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests")]

from broker.client import wait_until  # noqa: E402

PROGRAMS = ("dev-broker", "ecm-simulator", "reboot-worker")
SECONDS = 150


def heed_interrupts():
    """As in a terminal: what a shell starts in the background is started with Ctrl-C ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start(tmp_path):
    running = []

    def start_one():
        with open(tmp_path / "stdout", "wb") as out, open(tmp_path / "stderr", "wb") as err:
            running.append(subprocess.Popen([sys.executable, ROOT / "tests" / "demo" / "demo.py"],
                                            stdout=out, stderr=err, preexec_fn=heed_interrupts))
        return running[-1]

    yield start_one
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


def children_of(pid):
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(rest.split()[1]) == pid:
            found[int(folder.name)] = name
    return found


def is_gone(pid):
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_all(process):
    """Its four children, once all run."""
    def found():
        children = children_of(process.pid)
        names = sorted(children.values())
        return children if len(names) == 4 and all(n in PROGRAMS for n in names) else None

    return wait_until(found, 60, "the demo's processes")


def test_it_shows_that_all_holds(start, tmp_path):
    process = start()
    children = wait_all(process)
    assert process.wait(SECONDS) == 0, (tmp_path / "stdout").read_text()
    shown = (tmp_path / "stdout").read_text()
    assert (tmp_path / "stderr").read_text() == ""
    assert "\033" not in shown and "\r" not in shown
    for status in ("succeeded", "failed", "unconfirmed", "expired", "cancelled", "rejected"):
        assert f"  {status}" in shown, shown
    for code in ("request.invalid_json", "ResourceUnavailable.InstanceNotRunning",
                 "UnauthorizedOperation.ForbiddenOperation", "ResourceNotFound.InstanceNotExist"):
        assert code in shown
    assert "with allowRepeat" in shown
    assert all(is_gone(child) for child in children)


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 130),
                                          (signal.SIGKILL, -9)])
def test_it_leaves_no_process_behind(start, tmp_path, number, code):
    process = start()
    children = wait_all(process)
    process.send_signal(number)
    assert process.wait(SECONDS) == code
    wait_until(lambda: all(is_gone(child) for child in children), 20, "the end of its processes")
    assert "Traceback" not in (tmp_path / "stderr").read_text()
