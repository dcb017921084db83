# SPDX-License-Identifier: Apache-2.0
"""The judge of chaos acquits a good run, and convicts every kind of bad one."""
import json
import sys
from argparse import Namespace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "chaos")]

import judge  # noqa: E402
import plan  # noqa: E402

TOPIC = "reboot.requests"
START = 1000.0  # Unix seconds


def stamp(seconds):
    return f"1970-01-01T00:{int(seconds) // 60:02d}:{seconds % 60:06.3f}Z"


class Case:
    """A run, by what would be found of it. Whatever is added comes a second later."""

    def __init__(self):
        self.now = START
        self.requests = []
        self.events = []
        self.calls = []
        self.ledger = {0: [], 1: []}
        for partition in self.ledger:
            self.row("claim", partition=partition, epoch=0, seq=None)

    def later(self, seconds=1.0):
        self.now += seconds
        return self.now

    def ask(self, name, *instances, **fields):
        value = {"requestId": name, "instanceIds": list(instances), **fields}
        self.requests.append({"place": (0, len(self.requests)), "at": self.later(),
                              "value": value})

    def refuse(self, status="rejected"):
        self.requests.append({"place": (0, len(self.requests)), "at": self.later(), "value": None})
        if status:
            self.end(None, None, status)

    def end(self, name, instance, status, served_by=None, event_id=None, **fields):
        value = {"requestId": name, "instanceId": instance, "status": status, "final": True,
                 "servedBy": served_by, "finishedAt": stamp(self.later()),
                 "source": {"partition": 0, "offset": len(self.requests) - 1}, **fields}
        event_id = event_id or f"{name} {instance} {status}"
        self.events.append((event_id, json.dumps(value).encode()))

    def row(self, kind, *instances, partition=0, epoch=0, seq="next"):
        rows = self.ledger[partition]
        if seq == "next":
            seq = sum(row["kind"] != "claim" for row in rows)
        rows.append({"offset": len(rows), "kind": kind, "epoch": epoch, "seq": seq,
                     "time": stamp(self.later()), "instances": list(instances)})

    def intend(self, *instances, **where):
        self.row("intent", *instances, **where)

    def call(self, *instances, effect=None, code=None, fault=None, **params):
        self.calls.append({"at": self.later(), "action": "RebootInstances", "ids": list(instances),
                           "effect": list(instances if effect is None else effect), "code": code,
                           "fault": fault, "params": params, "answered": True, "status": 200})

    def reboot(self, *instances, **params):
        self.intend(*instances)
        self.call(*instances, **params)

    def violations(self, **fields):
        return judge.judge(judge.Evidence(self.requests, self.events, self.calls, self.ledger,
                                          TOPIC, **fields))


@pytest.fixture
def case():
    """A good run: two ride on one reboot, one is retried, one unnamed, one refused; a void record;
    an answer of a deposed worker."""
    case = Case()
    case.ask("r1", "a", "b")
    case.ask("r2", "b")
    case.reboot("a", "b")
    case.end("r1", "a", "succeeded")
    case.end("r1", "b", "succeeded")
    case.end("r2", "b", "succeeded", served_by="r1")
    case.ask("r3", "c")
    case.reboot("c", effect=[], code="InternalError", fault="internal-error-before")
    case.row("claim", epoch=len(case.ledger[0]), seq=None)
    epoch = len(case.ledger[0]) - 1
    case.row("answer", "c", epoch=0, seq=2)
    case.intend("c", epoch=epoch, seq=0)
    case.row("reply", epoch=None, seq=None)
    case.call("c")
    case.end("r3", "c", "unknown")
    case.ask(None, "d")
    del case.requests[-1]["value"]["requestId"]
    name = f"{TOPIC}/0/{len(case.requests) - 1}"
    case.ask("r3", "c", cancel=True)
    case.intend("d", partition=1)
    case.call("d")
    case.end(name, "d", "succeeded")
    case.refuse()
    return case


def kinds(violations):
    return [kind for kind, _ in violations]


def test_a_good_run(case):
    assert case.violations() == []


def test_a_final_event_that_is_missing(case):
    case.ask("r9", "y", "z")
    case.end("r9", "y", "cancelled")
    assert case.violations() == [("lost", "r9: no final event for z")]


def test_a_refusal_that_is_missing(case):
    case.refuse(status=None)
    assert kinds(case.violations()) == ["lost"]


def test_a_second_reboot_for_one_request(case):
    case.ask("r9", "z")
    for _ in range(2):
        case.intend("z", partition=1)
        case.call("z")
    case.end("r9", "z", "unknown")
    violations = case.violations()
    assert ("second reboot", "z was rebooted 2 times for 1 requests") in violations
    assert set(kinds(violations)) == {"second reboot"}


def twice(case, first="succeeded", again=None, **second):
    """Two requests for z, each with a reboot of its own."""
    case.ask("r8", "z")
    case.intend("z", partition=1)
    case.call("z")
    case.end("r8", "z", first)
    case.ask("r9", "z", **(again or {}))
    case.intend("z", partition=1)
    case.call("z", **second)
    case.end("r9", "z", "succeeded")


def test_a_second_reboot_within_the_window(case):
    twice(case)
    assert kinds(case.violations()) == ["second reboot"]
    assert case.violations(window=2) == []


@pytest.mark.parametrize("fields", [
    {"first": "unknown"}, {"first": "failed"}, {"first": "unconfirmed"},
    {"again": {"allowRepeat": True}}, {"again": {"stopType": "HARD"}, "StopType": "HARD"}])
def test_a_second_reboot_that_is_in_order(case, fields):
    twice(case, **fields)
    assert case.violations() == []


def test_a_stronger_reboot_that_nobody_asked_for(case):
    twice(case, StopType="HARD")
    assert kinds(case.violations()) == ["second reboot"]


def test_a_reboot_as_strong_as_the_last_but_one(case):
    """Only the last reboot is held against a new one."""
    twice(case, again={"allowRepeat": True})
    case.calls[-2]["params"] = {"StopType": "HARD"}
    case.ask("r10", "z", stopType="HARD")
    case.intend("z", partition=1)
    case.call("z", StopType="HARD")
    case.end("r10", "z", "succeeded")
    assert case.violations() == []


def test_a_repeat_that_came_after_the_second_reboot(case):
    twice(case)
    case.ask("r10", "z", allowRepeat=True)
    case.end("r10", "z", "succeeded", served_by="r9")
    assert kinds(case.violations()) == ["second reboot"]


def test_a_third_reboot_with_an_excuse_for_two(case):
    twice(case, again={"allowRepeat": True})
    case.ask("r10", "z")
    case.intend("z", partition=1)
    case.call("z")
    case.end("r10", "z", "succeeded")
    assert kinds(case.violations()) == ["second reboot"]


def test_two_final_statuses(case):
    case.end("r1", "a", "failed")
    assert case.violations() == [("double final", "r1: a is failed and succeeded")]


def test_a_final_event_again_and_another_under_its_id(case):
    case.events.append(case.events[0])
    assert case.violations() == []
    case.end("r1", "a", "succeeded", worker="other")
    assert kinds(case.violations()) == ["double final"]


def test_a_call_without_an_intent(case):
    case.ask("r9", "z")
    case.intend("y")
    case.call("y", "z", effect=[], fault="lost-before")
    case.end("r9", "z", "unknown")
    assert kinds(case.violations()) == ["missing intent", "missing intent"]  # y's epoch is over


def test_an_intent_that_comes_after_its_call(case):
    case.call("z", effect=[], fault="lost-before")
    case.intend("z", partition=1)
    assert kinds(case.violations()) == ["missing intent"]


def test_two_calls_for_one_intent(case):
    case.intend("z", partition=1)
    case.call("z", effect=[], fault="lost-before")
    case.call("z", effect=[], fault="lost-before")
    assert kinds(case.violations()) == ["missing intent"]


def test_an_intent_behind_a_gap_is_none(case):
    case.intend("z", partition=1, seq=7)
    case.call("z", effect=[], fault="lost-before")
    assert kinds(case.violations()) == ["missing intent"]


def test_a_ledger_that_was_not_read_whole(case):
    del case.ledger[1][0]
    assert "missing intent" in kinds(case.violations())


def test_calls_over_the_limit(case):
    limited = {"at": 1.0, "action": "DescribeInstances", "code": "RequestLimitExceeded", "ids": [],
               "effect": []}
    case.calls += [{**limited, "fault": "throttle"}] * 9
    assert case.violations() == []
    case.calls += [{**limited, "fault": None}] * 2
    assert kinds(case.violations()) == ["over quota"]
    assert case.violations(bunched=2) == []


def test_a_success_without_a_reboot(case):
    case.ask("r9", "z")
    case.end("r9", "z", "succeeded")
    assert kinds(case.violations()) == ["untrue"]


def test_a_reboot_that_was_cancelled(case):
    case.ask("r9", "z")
    case.intend("z", partition=1)
    case.call("z")
    case.end("r9", "z", "cancelled")
    assert kinds(case.violations()) == ["untrue"]


def test_an_outcome_that_nobody_asked_for(case):
    case.end("r9", "a", "cancelled")
    assert kinds(case.violations()) == ["untrue"]


def test_a_seed_gives_one_plan_and_everything_comes_back():
    options = Namespace(workers=4, brokers=3, requests=300, seconds=120, seed=5)
    drawn = plan.draw(options)
    assert drawn == plan.draw(options)
    assert drawn != plan.draw(Namespace(**{**vars(options), "seed": 6}))
    assert drawn.steps[-1].at <= options.seconds
    back = {"kill": "start", "pause": "resume", "broker-kill": "broker-start",
            "broker-pause": "broker-resume"}
    away = {}
    for step in drawn.steps:
        at = (step.do.startswith("broker"), step.who)
        if step.do in back:
            assert at not in away
            away[at] = back[step.do]
            assert sum(is_broker for is_broker, _ in away) <= 1, "one broker at a time"
        elif step.do in back.values():
            assert away.pop(at) == step.do
        else:
            assert step.do in ("publish", "faults") or at not in away
    assert not away
    assert [step.what for step in drawn.steps if step.do == "faults"][-1] == []
    assert set(back) | {"roll"} <= {step.do for step in drawn.steps}
