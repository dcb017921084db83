# SPDX-License-Identifier: Apache-2.0
"""The command line against a worker and the API's simulator."""
import json


def ids(first, count):
    return [f"ein-{i:08x}" for i in range(first, first + count)]


def finals(done):
    events = map(json.loads, done.out.splitlines())
    return {event["instanceId"]: event["status"] for event in events}


def test_submit_waits_for_the_reboot(cli, pool):
    done = cli("submit", "--wait", "-o", "json", "--reason", "test", *ids(0, 5))
    assert done.code == 0
    assert finals(done) == {instance: "succeeded" for instance in ids(0, 5)}
    assert {json.loads(line)["reason"] for line in done.out.splitlines()} == {"test"}
    assert {pool.sim.effects()[instance] for instance in ids(0, 5)} == {1}


def test_the_same_request_again_is_answered_from_memory(cli, pool):
    args = ("submit", "-w", "-o", "json", "-r", "again", *ids(10, 2))
    first, second = cli(*args), cli(*args)
    assert (first.code, second.code) == (0, 0)
    assert sorted(first.out.splitlines()) == sorted(second.out.splitlines())
    assert pool.sim.effects()[ids(10, 1)[0]] == 1


def test_what_the_api_refuses_is_exit_1(cli, pool):
    pool.sim.set_instances(id=ids(20, 1)[0], state="STOPPED")
    done = cli("submit", "-w", *ids(20, 2))
    assert done.code == 1 and "1 succeeded, 1 failed" in done.err
    row, = [line for line in done.out.splitlines() if "failed" in line]
    assert ids(20, 1)[0] in row and "ResourceUnavailable.InstanceNotRunning" in row


def test_what_breaks_the_policy_is_rejected(cli, pool):
    done = cli("submit", "-w", "--not-before", "48h", "-o", "json", *ids(30, 2))
    assert done.code == 1
    assert finals(done) == {instance: "rejected" for instance in ids(30, 2)}


def test_a_request_is_withdrawn(cli, pool):
    assert cli("submit", "-r", "later", "--not-before", "1h", *ids(40, 2)).code == 0
    done = cli("submit", "-r", "later", "--cancel", "-w", "-o", "json", *ids(40, 2))
    assert done.code == 0
    assert finals(done) == {instance: "cancelled" for instance in ids(40, 2)}
    shown = cli("watch", "--from", "beginning", "-e", "--final", "-r", "later")
    assert [line.split()[1] for line in shown.out.splitlines()[1:]] == ["cancelled"] * 2


def test_the_ledger_tells_what_was_decided(cli, pool):
    request = cli("submit", "-w", "-o", "json", *ids(50, 1))
    event = json.loads(request.out)
    lines = [json.loads(line) for p in range(4)
             for line in cli("ledger", "-p", p, "-o", "json").out.splitlines()]
    assert {line["kind"] for line in lines} >= {"claim", "intent", "mark"}
    intent, = [line for line in lines if line["kind"] == "intent"
               and line["dispatchId"] == event["api"]["batchId"]]
    assert intent["instances"] == ids(50, 1) and intent["valid"] and intent["worker"] == "w0"
    one = [line for line in lines if line["partition"] == intent["partition"]]
    assert [line["offset"] for line in one] == list(range(len(one)))
    later = cli("ledger", "-p", intent["partition"], "--from", intent["offset"], "-o", "json")
    assert later.code == 0
    offsets = [json.loads(line)["offset"] for line in later.out.splitlines()]
    assert offsets[0] == intent["offset"] and len(offsets) >= len(one) - intent["offset"]


def test_the_ledger_from_an_offset_is_the_end_of_the_whole(cli, pool):
    """Also when the first record shown is void, which only those before it tell."""
    topic = pool.client.topic("ledger")
    first, second = [r for r in pool.client.read(topic) if r.partition == 0][:2]
    _, offset = pool.client.publish(second.value, topic=topic, partition=0)  # its seq is not next
    whole = cli("ledger", "-p", "0", "-o", "json").out.splitlines()
    assert [json.loads(line)["valid"] for line in whole if json.loads(line)["offset"] in
            (first.offset, second.offset, offset)] == [True, True, False]
    for start in (second.offset, offset):
        later = cli("ledger", "-p", "0", "--from", start, "-o", "json").out.splitlines()
        assert later[:len(whole) - start] == whole[start:]
    beyond = cli("ledger", "-p", "0", "--from", offset + 1000)
    assert (beyond.code, beyond.out, beyond.err) == (0, "", "")
