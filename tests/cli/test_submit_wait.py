# SPDX-License-Identifier: Apache-2.0
"""reboot-worker submit --wait: the outcomes come from the test, which stands in for the workers."""
import json
import os
import pty
import re
import subprocess

from broker.client import wait_until
from outcome import error, outcome, publish, requests

import pytest


@pytest.fixture
def waiting(start, client):
    """waiting(*args): submit --wait at work, and the record that it published."""
    def begin(*args, **more):
        running = start("submit", "--wait", *args, **more)
        before = 0
        found = wait_until(lambda: requests(client)[before:], 30, "the request")
        return running, found[-1]

    return begin


def place(record):
    return ("reboot.requests", record.partition, record.offset)


def test_all_went_well(waiting, client):
    running, (value, _) = waiting("ein-1", "ein-2")
    request_id = value["requestId"]
    running.wait_out(request_id)
    publish(client, outcome(request_id, "ein-1", "accepted"),
            outcome(request_id, "ein-2", "dispatched"),
            outcome("another", "ein-1", "failed"), outcome(request_id, "ein-3", "failed"))
    running.wait_err("0 of 2 final; 1 accepted, 1 dispatched")
    publish(client, outcome(request_id, "ein-1", "succeeded"),
            outcome(request_id, "ein-1", "succeeded"), outcome(request_id, "ein-2", "succeeded"))
    done = running.end()
    assert (done.code, done.out) == (0, request_id + "\n")
    assert re.fullmatch(r"2 of 2 final: 2 succeeded \(\d+ s\)", done.err.splitlines()[-1])


@pytest.mark.parametrize("status", ["unconfirmed", "failed", "unknown", "expired", "cancelled"])
def test_what_did_not_go_well_is_shown_and_is_exit_1(waiting, client, status):
    running, (value, _) = waiting("ein-1", "ein-2", "--request-id", "r-1")
    publish(client, outcome("r-1", "ein-1", "succeeded"),
            outcome("r-1", "ein-2", status, attempts=3, error=error("Some.Code", "it says so")))
    done = running.end()
    assert done.code == 1
    bad, = [line for line in done.out.splitlines() if "ein-2" in line]
    assert status in bad and "3 attempts, Some.Code: it says so" in bad
    assert "ein-1" not in done.out


def test_final_without_confirmation_is_good(waiting, client):
    running, _ = waiting("ein-1", "--request-id", "r-1")
    publish(client, outcome("r-1", "ein-1", "dispatched", final=True))
    assert running.end().code == 0


def test_json_is_the_final_events_as_they_were_published(waiting, client):
    running, _ = waiting("ein-1", "ein-2", "--request-id", "r-1", "-o", "json")
    events = [outcome("r-1", "ein-1", "accepted"), outcome("r-1", "ein-1", "succeeded"),
              outcome("r-1", "ein-2", "failed", reason="Grüße")]
    publish(client, *events, events[1])
    done = running.end()
    assert done.code == 1
    assert sorted(done.out.encode().splitlines()) == sorted(value for value, _, _ in events[1:])


def test_what_was_published_before_does_not_count(start, client):
    publish(client, outcome("r-1", "ein-1", "failed"))
    running = start("submit", "--wait", "ein-1", "--request-id", "r-1")
    wait_until(lambda: requests(client), 30, "the request")
    publish(client, outcome("r-1", "ein-1", "succeeded"))
    assert running.end().code == 0


def test_rejected_is_the_word_on_one_record(waiting, client):
    running, (_, record) = waiting("ein-1", "ein-2", "--request-id", "r-1")
    other = ("reboot.requests", record.partition, record.offset + 1)
    publish(client, outcome("r-1", "ein-1", "rejected", source=other),
            outcome("r-1", "ein-1", "accepted"))
    running.wait_err("1 accepted")
    assert running.process.poll() is None
    # A worker whose request.max_bytes is lower could not even read the IDs.
    publish(client, outcome("reboot.requests/0/0", None, "rejected", source=place(record),
                            error=error("request.too_large", "too long")))
    done = running.end()
    assert done.code == 1 and "2 of 2 final: 2 rejected" in done.err
    assert done.out.count("request.too_large") == 1


def test_a_request_named_by_its_place_is_waited_for(start, client):
    running = start("submit", "--wait", "-f", "-", stdin='{"instanceIds":["ein-1"]}')
    (_, record), = wait_until(lambda: requests(client), 30, "the request")
    publish(client, outcome(f"reboot.requests/{record.partition}/{record.offset}", "ein-1",
                            "succeeded"))
    assert running.end().code == 0


def test_a_withdrawal_went_well_when_it_came_in_time(start, client):
    publish(client, outcome("r-1", "ein-1", "cancelled"))
    running = start("submit", "--wait", "--cancel", "--request-id", "r-1", "ein-1", "ein-2")
    wait_until(lambda: requests(client), 30, "the request")
    publish(client, outcome("r-1", "ein-2", "succeeded"))
    done = running.end()
    assert done.code == 1 and "1 succeeded, 1 cancelled" in done.err
    assert "ein-2" in done.out and "ein-1" not in done.out


def test_the_time_is_up(waiting, client):
    running, _ = waiting("ein-1", "ein-2", "--request-id", "r-1", "--timeout", "2s")
    publish(client, outcome("r-1", "ein-1", "succeeded"))
    done = running.end()
    assert done.code == 75
    assert "1 of 2 final" in done.err and "the time is up" in done.err
    assert "reboot-worker watch --from beginning --request-id r-1" in done.err


def test_ctrl_c_tells_how_to_go_on(waiting):
    running, _ = waiting("ein-1", "--request-id", "r-1")
    running.wait_out("r-1")
    running.interrupt()
    done = running.end()
    assert done.code == 1 and "interrupted" in done.err
    assert "reboot-worker watch --from beginning --request-id r-1" in done.err


def test_progress_is_plain_lines_without_a_terminal(waiting, client):
    running, _ = waiting("ein-1", "--request-id", "r-1")
    publish(client, outcome("r-1", "ein-1", "succeeded"))
    done = running.end()
    assert "\r" not in done.err and "\033" not in done.err and done.err.endswith(" s)\n")


def test_progress_is_one_line_on_a_terminal(build_dir, broker, client):
    main, side = pty.openpty()
    env = {**os.environ, "REBOOT_WORKER_KAFKA_BOOTSTRAP_SERVERS": broker}
    process = subprocess.Popen([build_dir / "reboot-worker", "submit", "-w", "ein-1", "ein-2",
                                "-r", "r-1"], stdin=side, stdout=subprocess.PIPE, stderr=side,
                               env=env, text=True)
    os.close(side)
    wait_until(lambda: requests(client), 30, "the request")
    publish(client, outcome("r-1", "ein-1", "accepted"))
    shown = ""
    while "1 accepted" not in shown:
        shown += os.read(main, 4096).decode()
    assert "\n" not in shown and "\r0 of 2 final" in shown
    publish(client, outcome("r-1", "ein-1", "failed"), outcome("r-1", "ein-2", "succeeded"))
    out, _ = process.communicate(timeout=60)
    try:
        while more := os.read(main, 4096).decode():
            shown += more
    except OSError:  # the other side is closed
        pass
    os.close(main)
    assert process.returncode == 1 and shown.count("\n") == 1 and shown.endswith("\r\n")
    assert "2 of 2 final: 1 succeeded, 1 failed" in shown.split("\r")[-2]
    assert "failed" in out and json.dumps("r-1")[1:-1] in out
