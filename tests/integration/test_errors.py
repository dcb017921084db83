# SPDX-License-Identifier: Apache-2.0
"""What the API refuses, loses or delays, and what requests may ask for."""
import datetime
import json

import jsonschema
import pytest
from broker.client import bare, binary, wait_until
from pool import judge, sleepless
from schemas.judges import headers_schema


def ids(first, count):
    return [f"ein-{i:08x}" for i in range(first, first + count)]


def at(seconds):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def submit(pool, request_id, instances, **fields):
    pool.client.publish(*bare({"requestId": request_id, "instanceIds": instances, **fields}))
    return [(request_id, instance) for instance in instances]


@pytest.mark.parametrize("style", ["names", "none", "chinese", "multi-line"])
def test_one_bad_instance_does_not_spoil_its_batch(make_pool, style):
    pool = make_pool(message_style=style)
    missing, stopped, denied = "ein-absent01", ids(1, 1)[0], ids(2, 1)[0]
    pool.sim.set_instances(ids=[stopped], state="STOPPED")
    pool.sim.fault(kind="denied", ids=[denied])
    pool.start(api_linger="300ms")
    instances = [missing, *ids(0, 12)]
    outcomes = pool.wait_finals(submit(pool, "r", instances), 90)
    finals = {pair[1]: event for pair, event in outcomes.finals().items()}
    for bad, code in ((missing, "ResourceNotFound.InstanceNotExist"),
                      (stopped, "ResourceUnavailable.InstanceNotRunning"),
                      (denied, "UnauthorizedOperation.ForbiddenOperation")):
        assert finals[bad]["status"] == "failed", finals[bad]
        assert finals[bad]["error"]["code"] == code and finals[bad]["error"]["source"] == "api"
    good = [i for i in instances if i not in (missing, stopped, denied)]
    assert all(finals[i]["status"] == "succeeded" for i in good)
    assert pool.sim.effects() == {i: 1 for i in good}


@pytest.mark.parametrize("style", ["names", "none"])
def test_several_bad_instances_of_one_code_are_taken_apart(make_pool, style):
    pool = make_pool(message_style=style)
    bad = {"UnauthorizedOperation.ForbiddenOperation": ids(0, 4),
           "ResourceNotFound.InstanceNotExist": [f"ein-absent{i}" for i in range(4)]}
    pool.sim.fault(kind="denied", ids=bad["UnauthorizedOperation.ForbiddenOperation"])
    pool.start(api_linger="300ms")
    for code, instances in bad.items():
        wanted = submit(pool, code, instances + ids(4, 2))
        finals = pool.wait_finals(wanted, 30).finals()
        for instance in instances:
            assert finals[(code, instance)]["status"] == "failed"
            assert finals[(code, instance)]["error"]["code"] == code
        assert finals[wanted[-1]]["status"] == "succeeded"
    assert pool.sim.effects() == {i: 1 for i in ids(4, 2)}


@pytest.mark.parametrize("style", ["names", "none"])
def test_several_busy_instances_are_taken_apart(make_pool, style):
    pool = make_pool(message_style=style)
    pool.sim.set_instances(ids=ids(0, 4), busy=True)
    pool.start(api_linger="300ms", retry_max_attempts=3, retry_max="50ms")
    finals = pool.wait_finals(submit(pool, "r", ids(0, 8)), 30).finals()
    for instance in ids(0, 4):
        assert finals[("r", instance)]["status"] == "failed"
        assert finals[("r", instance)]["error"]["code"] == (
            "OperationDenied.InstanceOperationInProgress")
    assert pool.sim.effects() == {i: 1 for i in ids(4, 4)}


def test_a_busy_instance_is_tried_again_while_the_others_go(pool):
    busy = ids(0, 1)[0]
    fault = pool.sim.fault(kind="busy", ids=[busy])
    assert fault is not None
    pool.start()
    wanted = submit(pool, "r", ids(0, 8))
    outcomes = pool.wait_finals(wanted[1:])
    assert outcomes.finals()[("r", ids(1, 1)[0])]["status"] == "succeeded"
    wait_until(lambda: "retrying" in pool.client.outcomes().statuses("r", busy), 30, "retrying")
    pool.sim.clear_faults()
    outcomes = pool.wait_finals(wanted)
    assert outcomes.finals()[("r", busy)]["status"] == "succeeded"
    retries = [e for e in outcomes.of("r", busy) if e["status"] == "retrying"]
    assert retries[0]["error"]["code"] == "OperationDenied.InstanceOperationInProgress"
    assert [e["attempts"] for e in retries] == sorted({e["attempts"] for e in retries})
    assert pool.sim.effects() == {i: 1 for i in ids(0, 8)}


def test_what_stays_busy_fails_after_its_attempts_with_the_last_error(pool):
    pool.sim.fault(kind="busy", ids=ids(0, 1))
    pool.start(retry_max_attempts=3, retry_max="50ms")
    final = pool.wait_finals(submit(pool, "r", ids(0, 1))).finals()[("r", ids(0, 1)[0])]
    assert final["status"] == "failed" and final["attempts"] == 3
    assert final["error"]["code"] == "OperationDenied.InstanceOperationInProgress"
    assert pool.sim.effects() == {}


@pytest.mark.parametrize("kind", ["lost-after", "reset-after", "5xx-after", "internal-error-after"])
def test_a_lost_answer_behind_the_effect_is_found_out_by_looking(make_pool, kind):
    pool = make_pool(reboot_duration="1500ms..2s")
    pool.sim.fault(kind=kind, action="RebootInstances", count=1)
    pool.start()
    outcomes = pool.wait_finals(submit(pool, "r", ids(0, 6)))
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert pool.sim.effects() == {i: 1 for i in ids(0, 6)}


@pytest.mark.parametrize("kind", ["lost-before", "5xx"])
@pytest.mark.parametrize("policy", ["report", "retry"])
def test_a_lost_call_without_effect_is_never_repeated_before_the_horizon(make_pool, kind, policy):
    pool = make_pool(reboot_duration="300ms..500ms")
    pool.sim.fault(kind=kind, action="RebootInstances", count=1)
    pool.start(ambiguity=policy)
    outcomes = pool.wait_finals(submit(pool, "r", ids(0, 3)))
    calls = pool.sim.calls()
    statuses = {e["status"] for e in outcomes.finals().values()}
    if policy == "retry":
        assert statuses == {"succeeded"}
        assert calls[1]["at"] - calls[0]["at"] >= 3.4  # signature life and allowance
    else:
        assert statuses <= {"unknown", "succeeded"}
    assert max(pool.sim.effects().values(), default=0) <= 1


def test_an_effect_that_comes_late_is_not_doubled(make_pool):
    pool = make_pool(reboot_duration="1s..2s")
    pool.sim.fault(kind="late-effect", action="RebootInstances", count=1, delayMs=2000)
    pool.start(ambiguity="retry")
    pool.wait_finals(submit(pool, "r", ids(0, 3)))
    assert pool.sim.effects() == {i: 1 for i in ids(0, 3)}


def test_a_throttle_slows_down_and_loses_nothing(pool):
    pool.sim.fault(kind="throttle", action="RebootInstances", count=3)
    worker = pool.start()
    outcomes = pool.wait_finals(submit(pool, "r", ids(0, 5)))
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert "retrying" not in {e["status"] for e in outcomes.all()}
    assert worker.said("the API throttles")
    assert "reboot_worker_api_throttled_total 3" in worker.get("/metrics")[1]


def test_wrong_credentials_stop_sending_and_fail_nothing(make_pool):
    pool = make_pool()
    pool.sim.fault(kind="code", code="AuthFailure.SecretIdNotFound", action="RebootInstances")
    worker = pool.start()
    wanted = submit(pool, "r", ids(0, 3))
    wait_until(lambda: worker.get("/readyz")[0] == 503, 30, "not ready")
    assert not pool.client.outcomes().finals()
    pool.sim.clear_faults()
    outcomes = pool.wait_finals(wanted)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    wait_until(lambda: worker.get("/readyz")[0] == 200, 30, "ready again")


def test_malformed_requests_are_rejected_among_good_ones(pool):
    pool.start()
    bad = [
        (b"{", "request.invalid_json", [None]),
        (b'{"instanceIds":["a"],"instanceIds":["b"]}', "request.invalid_json", [None]),
        (b'{"instanceIds":["ein-1\xff"]}', "request.encoding", [None]),
        (b'{"requestId":"m1","instanceIds":[]}', "request.field.instanceIds", [None]),
        (b'{"requestId":"m2","instanceIds":["ein-x","ein-y"],"stopType":"LOUD"}',
         "request.field.stopType", ["ein-x", "ein-y"]),
        (b'{"requestId":"m3","instanceIds":["ein-z"],"forceReboot":true,"stopType":"HARD"}',
         "request.conflict", ["ein-z"]),
    ]
    headers = [("x-mine", b"kept"), ("x-empty", b"")]
    places = pool.client.publish_all([(value, b"k", headers) for value, _, _ in bad])
    wanted = submit(pool, "good", ids(0, 3))
    pool.client.publish_all([(None, b"tombstone", [])])
    pool.wait_finals(wanted)
    pool.wait_committed()
    rejected = {}

    def all_rejected():
        rejected.clear()
        for event in pool.client.outcomes().all():
            if event["status"] == "rejected":
                at = (event["source"]["partition"], event["source"]["offset"])
                rejected.setdefault(at, []).append(event)
        return sum(map(len, rejected.values())) == sum(len(i) for _, _, i in bad)

    wait_until(all_rejected, 30, "rejected events")
    for event in sum(rejected.values(), []):
        judge(event)
    for (_, code, instances), place in zip(bad, places):
        assert [e["error"]["code"] for e in rejected[place]] == [code] * len(instances)
        assert {e["instanceId"] for e in rejected[place]} == set(instances)
    letters = pool.client.read(pool.client.topic("requests-dlt"))
    assert sorted(r.value for r in letters) == sorted(value for value, _, _ in bad)
    for letter in letters:
        found = dict(letter.headers)
        jsonschema.validate({name: value.decode() for name, value in letter.headers},
                            headers_schema("deadLetter"), jsonschema.Draft7Validator)
        assert letter.key == b"k" and found["x-mine"] == b"kept" and found["x-empty"] == b""
        assert found["__connect.errors.topic"].decode() == pool.client.topic("requests")
        assert found["__connect.errors.stage"] == b"intake"
        place = (int(found["__connect.errors.partition"]), int(found["__connect.errors.offset"]))
        code = bad[places.index(place)][1]
        assert found["__connect.errors.exception.class.name"].decode() == code
    assert pool.sim.effects() == {i: 1 for i in ids(0, 3)}


def test_times_are_kept(pool):
    pool.start(retry_max_attempts=100)
    late = submit(pool, "late", ids(0, 1), notBefore=at(3))
    gone = submit(pool, "gone", ids(1, 1), expiresAt=at(-1))
    pool.sim.fault(kind="busy", ids=ids(2, 1))
    ends = submit(pool, "ends", ids(2, 1), expiresAt=at(3))
    outcomes = pool.wait_finals(late + gone + ends)
    finals = outcomes.finals()
    assert finals[late[0]]["status"] == "succeeded"
    assert finals[late[0]]["dispatchedAt"] >= finals[late[0]]["acceptedAt"]
    call = [c for c in pool.sim.calls() if ids(0, 1)[0] in c["ids"]][0]
    accepted = datetime.datetime.fromisoformat(finals[late[0]]["acceptedAt"].replace("Z", "+00:00"))
    assert call["at"] - accepted.timestamp() > 2
    assert finals[gone[0]]["status"] == "expired" and finals[gone[0]]["error"] is None
    assert finals[ends[0]]["status"] == "expired"
    assert finals[ends[0]]["error"]["code"] == "OperationDenied.InstanceOperationInProgress"
    assert set(pool.sim.effects()) == {ids(0, 1)[0]}


def test_a_cancel_withdraws_what_has_not_gone(pool):
    pool.start()
    wanted = submit(pool, "c", ids(0, 2), notBefore=at(60))
    wait_until(lambda: pool.client.outcomes().of("c"), 20, "accepted")
    submit(pool, "c", ids(0, 2), cancel=True)
    finals = pool.wait_finals(wanted).finals()
    assert {e["status"] for e in finals.values()} == {"cancelled"}
    submit(pool, "early", ids(2, 1), cancel=True)
    pool.wait_committed()
    finals = pool.wait_finals(submit(pool, "early", ids(2, 1))).finals()
    assert finals[("early", ids(2, 1)[0])]["status"] == "cancelled"
    assert pool.sim.effects() == {}


def test_allow_repeat_reboots_again_and_a_plain_request_does_not(pool):
    pool.start()
    one = ids(0, 1)
    pool.wait_finals(submit(pool, "r1", one))
    finals = pool.wait_finals(submit(pool, "r2", one)).finals()
    assert finals[("r2", one[0])]["servedBy"] == "r1"
    assert pool.sim.effects() == {one[0]: 1}
    finals = pool.wait_finals(submit(pool, "r3", one, allowRepeat=True)).finals()
    assert finals[("r3", one[0])]["servedBy"] is None
    assert pool.sim.effects() == {one[0]: 2}


def test_a_dry_run_calls_nobody(pool):
    pool.start(dry_run="true")
    wanted = submit(pool, "r", ids(0, 5))
    outcomes = pool.wait_finals(wanted)
    for event in outcomes.finals().values():
        assert event["status"] == "dispatched" and event["dryRun"] is True and event["api"] is None
    assert pool.sim.calls() == []
    real = pool.start("real", ready=False)
    wait_until(lambda: real.said("a partition has stopped"), 30, "refusal to mix with a dry run")
    assert pool.sim.calls() == []


def test_a_dry_run_keeps_away_from_a_pool_that_reboots(pool):
    real = pool.start("real")
    wait_until(lambda: len(real.owned()) == 4, 30, "ownership")
    own = {"group": "rehearsal", "topics_tasks": f"{pool.prefix}.dry-tasks",
           "topics_ledger": f"{pool.prefix}.dry-ledger",
           "topics_results": f"{pool.prefix}.dry-results"}
    for name in own:
        others = {key: value for key, value in own.items() if key != name}
        dry = pool.start(f"dry-{name}", ready=False, dry_run="true", **others)
        dry.wait_end(expected=78)
        assert dry.said(f"{name.replace('_', '.')} is that of a pool that reboots")
    dry = pool.start("dry", dry_run="true", **own)
    wait_until(lambda: len(dry.owned()) == 4, 30, "ownership in a group of its own")
    assert not pool.sim.calls()


def test_without_confirmation_dispatched_is_the_last_word(pool):
    pool.start(confirm_enabled="false")
    outcomes = pool.wait_finals(submit(pool, "r", ids(0, 3)))
    assert {e["status"] for e in outcomes.finals().values()} == {"dispatched"}
    assert pool.sim.effects() == {i: 1 for i in ids(0, 3)}


def test_kinds_of_reboot_reach_the_api_and_are_never_mixed(pool):
    pool.start(api_linger="300ms")
    wanted = (submit(pool, "soft", ids(0, 2)) + submit(pool, "hard", ids(2, 2), stopType="HARD") +
              submit(pool, "first", ids(4, 2), stopType="SOFT_FIRST") +
              submit(pool, "force", ids(6, 2), forceReboot=True))
    pool.wait_finals(wanted)
    by_id = {i: call["params"] for call in pool.sim.calls() for i in call["ids"]}
    assert "StopType" not in by_id[ids(0, 1)[0]] and "ForceReboot" not in by_id[ids(0, 1)[0]]
    assert by_id[ids(2, 1)[0]]["StopType"] == "HARD"
    assert by_id[ids(4, 1)[0]]["StopType"] == "SOFT_FIRST"
    assert by_id[ids(6, 1)[0]]["ForceReboot"] is True
    assert all(len(call["ids"]) == 2 for call in pool.sim.calls())


def test_envelope_expiry_is_a_default(pool):
    pool.sim.fault(kind="busy", ids=ids(0, 1))
    pool.start(retry_max_attempts=100)
    pool.client.publish(*binary({"requestId": "r", "instanceIds": ids(0, 1)}, expirytime=at(2)))
    finals = pool.wait_finals([("r", ids(0, 1)[0])]).finals()
    assert finals[("r", ids(0, 1)[0])]["status"] == "expired"


def test_what_is_final_stays_final(pool):
    pool.start()
    pool.wait_finals(submit(pool, "r", ids(0, 5)))
    before = len(pool.client.read(pool.client.topic("results")))
    calls = len(pool.sim.calls())
    sleepless(2)
    assert len(pool.client.read(pool.client.topic("results"))) == before
    assert len(pool.sim.calls()) == calls
    assert json.dumps(pool.client.outcomes().statuses("r", ids(0, 1)[0])) == json.dumps(
        ["accepted", "dispatched", "succeeded"])
