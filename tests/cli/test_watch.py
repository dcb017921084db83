# SPDX-License-Identifier: Apache-2.0
"""reboot-worker watch."""
import signal
import subprocess

import pytest
from broker.client import wait_until

from outcome import error, outcome, publish


def watch_all(cli, *args):
    done = cli("watch", "--from", "beginning", "--exit", *args)
    assert (done.code, done.err) == (0, "")
    return done.out.splitlines()


def test_columns_for_a_person(cli, client):
    publish(client, outcome("r-1", "ein-00000001", "retrying", attempts=2,
                            error=error("OperationDenied", "it is\nbusy")),
            outcome("a" * 40, "ein-00000001", "succeeded", servedBy="r-1"),
            outcome("r-3", None, "rejected", attempts=0))
    head, *rows = watch_all(cli)
    assert head.split() == ["TIME", "STATUS", "INSTANCE", "REQUEST", "DETAIL"]
    by_status = {row.split()[1]: row for row in rows}
    row = by_status["retrying"]
    assert row.split()[:4] == ["2026-11-23T01:15:30Z", "retrying", "ein-00000001", "r-1"]
    assert row.endswith("2 attempts, OperationDenied: it is busy")
    assert row.index("retrying") == head.index("STATUS")
    assert row.index("ein-") == head.index("INSTANCE") and row.index("r-1") == head.index("REQUEST")
    assert by_status["succeeded"].endswith("a" * 40 + " served by r-1")
    assert by_status["rejected"].split()[2:4] == ["-", "r-3"]


def test_json_is_the_value_as_it_was_published(cli, client):
    events = [outcome("r-1", "ein-1", "accepted"), outcome("r-1", "ein-2", "failed", reason="é\n")]
    publish(client, *events)
    assert sorted(line.encode() for line in watch_all(cli, "-o", "json")) == sorted(
        value for value, _, _ in events)


@pytest.mark.parametrize("args, wanted", [
    (["--request-id", "r-1"], {"accepted", "succeeded"}),
    (["-i", "ein-2"], {"failed"}),
    (["--final"], {"succeeded", "failed"}),
    (["--final", "-r", "r-1", "-i", "ein-1"], {"succeeded"}),
    (["-r", "r-3"], set()),
])
def test_filters(cli, client, args, wanted):
    publish(client, outcome("r-1", "ein-1", "accepted"), outcome("r-1", "ein-1", "succeeded"),
            outcome("r-2", "ein-2", "failed"))
    rows = watch_all(cli, *args)[1:]
    assert {row.split()[1] for row in rows} == wanted and len(rows) == len(wanted)


def test_it_follows_from_the_end_until_ctrl_c(start, client):
    publish(client, outcome("old", "ein-1", "succeeded"))
    running = start("watch", "-o", "json")

    def published_is_seen(instance):
        # Nothing says that it has begun, with each partition at its time: what is published until
        # it is seen may come too early.
        publish(client, outcome("new", instance, "accepted"))
        return f'"{instance}"' in running.out()

    for instance in ("ein-1", "ein-2"):
        wait_until(lambda i=instance: published_is_seen(i), what=f"an event of {instance}")
    assert running.process.poll() is None
    running.interrupt()
    done = running.end()
    assert (done.code, done.err) == (0, "") and '"old"' not in done.out


def test_what_is_no_outcome_is_told_and_skipped(cli, client):
    client.publish_all([(b"no JSON", None, []), (b'{"hello":"world"}', None, [])],
                       topic="reboot.results", partition=1)
    client.publish_all([outcome("r-1", "ein-1", "accepted")], topic="reboot.results", partition=1)
    done = cli("watch", "--from", "beginning", "-e", "-o", "json")
    assert done.code == 0 and done.out.count("\n") == 1
    assert "partition 1 offset 0 is no outcome event" in done.err
    assert "partition 1 offset 1 is no outcome event" in done.err


def test_foreign_text_cannot_move_the_cursor(cli, client):
    publish(client, outcome("r-1", "ein-1", "failed", error=error("X", "\x1b[2J\x9b2J\x7f|重启")))
    _, row = watch_all(cli)
    assert row.endswith("X:  [2J 2J |重启")


def test_a_closed_pipe_ends_it(build_dir, broker, client):
    publish(client, *[outcome("r-1", "ein-1", "accepted")] * 5000)
    process = subprocess.Popen(
        [build_dir / "reboot-worker", "watch", "--from", "beginning", "-X",
         f"bootstrap.servers={broker}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline().startswith(b"TIME")
    process.stdout.close()
    assert process.wait(60) == -signal.SIGPIPE
    assert process.stderr.read() == b""
    process.stderr.close()


def test_usage(cli, broker):
    for args, said in ((["--from", "yesterday"], "--from is end, beginning, a time"),
                       (["-o", "yaml"], "--output is text or json"),
                       (["ein-1"], "one argument too many: ein-1")):
        done = cli("watch", *args)
        assert (done.code, done.out) == (2, "")
        assert said in done.err and "See: reboot-worker watch --help" in done.err
