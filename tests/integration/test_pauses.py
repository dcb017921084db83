# SPDX-License-Identifier: Apache-2.0
"""Workers that are stopped at every step of a dispatch, and wake up late: they make no call, nobody
is rebooted twice, and each request has one final outcome."""
import contextlib
import datetime
import json
import signal
import subprocess
from pathlib import Path

import pytest
from broker.client import wait_until
from kafka.partitioner.default import murmur2
from test_away import ids, metric, submit
from test_fenced import fence_partition

SIGNATURE_EXPIRED = "AuthFailure.SignatureExpire"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def in_seconds(seconds):
    """For notBefore: what is prepared before takes a fraction of that."""
    return now() + datetime.timedelta(seconds=seconds)


def text_of(when):
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture(autouse=True)
def kafka_goes_on(kafka, make_pool):
    """Whatever a test leaves behind: its pool ends, and others follow."""
    del make_pool  # ends after this
    yield
    kafka.resume(0)


def pause_before(kafka, when):
    """Kafka stands still just before that is due: not for so long that it takes itself for lost
    (real_kafka.py: 3 s). A machine that slow shows nothing here."""
    wait_until(lambda: now() > when - datetime.timedelta(seconds=1.2), 20, "the time to pause")
    kafka.pause(0)
    assert now() < when, "too late: what must not be stored may have been stored"


def ledger(pool, partition, kind=None):
    """The valid and void records of a partition of the ledger: all, or of this kind."""
    done = subprocess.run(
        [Path(pool.build_dir) / "reboot-worker", "ledger", "--partition", str(partition), "-o",
         "json", "--topics-ledger", pool.client.topic("ledger"), "-X",
         f"bootstrap.servers={pool.bootstrap}"], text=True, stdout=subprocess.PIPE, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [row for row in rows if kind in (None, row["kind"])]


def wait_quiet(pool, worker, partition):
    """Nothing is on its way to the partition: the next record of it goes out at once."""
    def is_quiet():
        settled = metric(worker, "reboot_worker_owed_events") == 0 == metric(
            worker, "reboot_worker_producer_outstanding_records")
        return settled and ledger(pool, partition)[-1]["kind"] == "mark"

    wait_until(is_quiet, 20, "a quiet ledger")


def give_past(pool, instances):
    """What they did last is known, so that it can be told that it was no reboot."""
    pool.sim.set_instances(ids=instances, operation="StartInstances", operationState="SUCCESS")


def stop(worker):
    worker.signal(signal.SIGSTOP)


def wake(worker):
    worker.signal(signal.SIGCONT)


def wait_call(pool, instance):
    wait_until(lambda: any(instance in call["ids"] for call in pool.sim.calls()), 20, "the call")


def awake_threads(worker):
    """Those that have something to do: a thread that was woken is told as running."""
    awake = set()
    for thread in Path(f"/proc/{worker.process.pid}/task").iterdir():
        with contextlib.suppress(OSError):  # one that has just ended
            if (thread / "stat").read_text().rpartition(")")[2].split()[0] != "S":
                awake.add(thread.name)
    return awake


def wait_intended(worker):
    """The intent is in the socket of a broker that does not read it."""
    wait_until(lambda: worker.status()["batchesUnderWay"] == 1, 20, "the intent")
    worker.status()  # one more turn of its loop: librdkafka's thread was woken to send it
    busy = awake_threads(worker)

    def slept():
        busy.intersection_update(awake_threads(worker))
        return not busy

    wait_until(slept, 20, "all that it had to send is sent", pause=0.001)


def test_stopped_with_an_intent_in_the_ledger_and_awake_after_its_deadline(pool, kafka):
    worker = pool.start(topics_partitions=1)
    due = in_seconds(8)
    wanted = submit(pool, "r", ids(0, 3), notBefore=text_of(due))
    wait_until(lambda: len(pool.client.outcomes().of("r")) == 3, 20, "accepted")
    wait_quiet(pool, worker, 0)
    pause_before(kafka, due)
    wait_intended(worker)
    stop(worker)
    kafka.resume(0)
    intent = wait_until(lambda: ledger(pool, 0, "intent"), 20, "the intent in the ledger")[0]
    signed = datetime.datetime.fromisoformat(intent["time"].replace("Z", "+00:00")).timestamp()
    wait_until(lambda: now().timestamp() > signed + 4, 20, "its signature's end")
    assert pool.sim.calls() == []
    wake(worker)
    outcomes = pool.wait_finals(wanted)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert {e["attempts"] for e in outcomes.finals().values()} == {1}
    calls = pool.sim.calls()
    assert [call["code"] for call in calls] == [None]  # the late call was never made
    assert len(ledger(pool, 0, "intent")) == 2


def test_stopped_at_every_step_while_another_takes_over(make_pool, kafka):
    pool = make_pool(instances=100)
    give_past(pool, ids(0, 100))
    workers = [pool.start(f"w{i}", topics_partitions=3, api_timeout="30s") for i in range(4)]
    wait_until(lambda: sorted(w.owned() for w in workers) == [[], [0], [1], [2]], 60, "shares")
    by_share = {tuple(w.owned()): w for w in workers}
    heir = by_share.pop(())
    late = [by_share[(p,)] for p in range(3)]
    instance = [next(i for i in ids(0, 100) if (murmur2(i.encode()) & 0x7fffffff) % 3 == p)
                for p in range(3)]
    for p, seconds in ((0, 20), (1, 4)):
        pool.sim.fault(kind="delay", action="RebootInstances", ids=[instance[p]],
                       delayMs=seconds * 1000)
    # Partition 0: stopped during the call, which is answered while nobody listens.
    wanted = submit(pool, "during", [instance[0]])
    answered = in_seconds(8)
    intended = in_seconds(12.5)
    wanted += submit(pool, "answered", [instance[1]], notBefore=text_of(answered))
    wanted += submit(pool, "intended", [instance[2]], notBefore=text_of(intended))
    wait_until(lambda: {"during", "answered", "intended"} <= {
        e["requestId"] for e in pool.client.outcomes().all()}, 20, "accepted")
    wait_call(pool, instance[0])
    wait_quiet(pool, late[2], 2)
    wait_call(pool, instance[1])
    lives = metric(late[0], "reboot_worker_producer_lives_total")
    stop(late[0])  # so late that its session, of 10 s, still lasts when Kafka goes on
    fence_partition(kafka, pool, "ledger", 0)  # what it will say of it cannot be stored at once
    # Partition 1: with the answer, whose record is not stored. 2: with the intent not acknowledged.
    pause_before(kafka, answered + datetime.timedelta(seconds=4))
    wait_until(lambda: late[1].status()["callsInFlight"] == 0, 20, "the answer")
    stop(late[1])
    wait_intended(late[2])
    stop(late[2])
    kafka.resume(0)
    assert wait_until(lambda: ledger(pool, 2, "intent"), 20, "the intent in the ledger")
    assert len(pool.sim.calls()) == 2
    outcomes = pool.wait_finals(wanted)
    finals = {request: event["status"] for (request, _), event in outcomes.finals().items()}
    assert finals == {"during": "unknown", "answered": "succeeded", "intended": "succeeded"}
    assert heir.owned() == [0, 1, 2] and len(pool.sim.calls()) == 3
    for worker in late:
        wake(worker)
    for worker in late:
        wait_until(lambda w=worker: w.said("a partition was claimed by another worker"), 30,
                   "it knows")
    wait_until(lambda: ledger(pool, 0, "reply"), 30, "what became of the first call")
    assert metric(late[0], "reboot_worker_producer_lives_total") > lives
    wait_until(lambda: ledger(pool, 2, "reply"), 30, "that the last call was not made")
    others = ids(50, 12)
    pool.wait_finals(submit(pool, "after", others))
    assert pool.sim.effects() == {i: 1 for i in instance + others}
    assert {call["code"] for call in pool.sim.calls()} == {None}
    assert pool.client.outcomes().finals().items() >= outcomes.finals().items()
    late[0].stop()
    assert not late[0].said("the time to drain is over")  # nothing is left of the failed append


def test_a_call_that_arrives_late_dies_of_its_signature(pool):
    pool.start()
    give_past(pool, ids(0, 3))
    pool.sim.process.send_signal(signal.SIGSTOP)  # what is sent waits in its sockets
    try:
        wanted = submit(pool, "r", ids(0, 3))
        began = now().timestamp()
        wait_until(lambda: pool.workers[0].status()["openEntries"]["unknown"] == 3, 20, "no answer")
        wait_until(lambda: now().timestamp() > began + 4.5, 20, "its end")
    finally:
        pool.sim.process.send_signal(signal.SIGCONT)
    outcomes = pool.wait_finals(wanted)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    codes = [call["code"] for call in pool.sim.calls()]
    assert codes[0] == SIGNATURE_EXPIRED and codes[-1] is None
    assert pool.sim.effects() == {i: 1 for i in ids(0, 3)}
