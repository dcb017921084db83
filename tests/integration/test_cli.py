# SPDX-License-Identifier: Apache-2.0
"""What the command line does with a real Kafka that the embedded broker cannot do: positions by
time, topics that are not there."""
import json
import os
import subprocess
from datetime import datetime, timezone

import pytest


def ids(first, count):
    return [f"ein-{i:08x}" for i in range(first, first + count)]


@pytest.fixture
def cli(pool):
    def run(*args):
        topics = [flag for key in ("requests", "results")
                  for flag in (f"--topics-{key}", pool.options[f"topics.{key}"])]
        env = {key: value for key, value in os.environ.items()
               if not key.startswith("REBOOT_WORKER_")}
        return subprocess.run([pool.build_dir / "reboot-worker", args[0], "-X",
                               f"bootstrap.servers={pool.bootstrap}", *topics, *args[1:]],
                              capture_output=True, text=True, env=env, timeout=60, check=False)

    return run


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_submit_waits_and_watch_begins_at_a_time(pool, cli):
    pool.start()
    first = cli("submit", "--wait", "-o", "json", "-r", "first", *ids(0, 3))
    assert first.returncode == 0, first.stderr
    assert len(first.stdout.splitlines()) == 3
    between = now()
    assert cli("submit", "--wait", "-r", "second", *ids(10, 2)).returncode == 0

    def seen(*where):
        done = cli("watch", "-e", "-o", "json", "--final", *where)
        assert done.returncode == 0, done.stderr
        return sorted(json.loads(line)["requestId"] for line in done.stdout.splitlines())

    assert seen("--from", "1h") == ["first"] * 3 + ["second"] * 2
    assert seen("--from", between) == ["second"] * 2
    assert seen("--from", now()) == []


def test_a_topic_that_is_not_there_is_named_and_not_made(pool, cli):
    for args in (("submit", "ein-1"), ("submit", "--wait", "ein-1"), ("watch",)):
        done = cli(*args)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"topic {pool.prefix}.re" in done.stderr and "Unknown topic" in done.stderr
    assert pool.client.ends(pool.client.topic("requests")) == {}
