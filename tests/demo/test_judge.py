# SPDX-License-Identifier: Apache-2.0
"""The demo's judge acquits a good run, and convicts every kind of bad one."""
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "demo")]

import demo  # noqa: E402
import judge  # noqa: E402
from screen import Screen  # noqa: E402
from story import Ask, tell  # noqa: E402

TOPIC = "reboot.requests"


def event(request_id, instance, status, place=(0, 0), event_id=None, final=True, **fields):
    value = {"requestId": request_id, "instanceId": instance, "status": status, "final": final,
             "servedBy": None, "error": None,
             "source": {"topic": TOPIC, "partition": place[0], "offset": place[1]}, **fields}
    event_id = event_id or f"{request_id}-{instance}-{status}-{place}"
    return SimpleNamespace(value=json.dumps(value).encode(), headers=[("ce_id", event_id.encode())])


def refusal(place, code, instance=None):
    return event("r", instance, "rejected", place, error={"code": code})


def call(*ids, effect=None, code=None, at=0.0):
    return {"at": at, "action": "RebootInstances", "ids": list(ids), "code": code,
            "effect": list(ids if effect is None else effect), "answered": True}


def letter(ask):
    headers = {"partition": ask.place[0], "offset": ask.place[1]}
    return SimpleNamespace(value=ask.record[0], headers=[
        (f"__connect.errors.{name}", str(value).encode()) for name, value in headers.items()])


@pytest.fixture
def run():
    """A good run: one request for two, one that rides on it, one unnamed, two refused."""
    asks = [Ask(0, (b"{}", None, []), "r-1", ("a", "b")), Ask(0, (b"{}", None, []), "r-2", ("a",)),
            Ask(0, (b"{}", None, []), None, ("c",)), Ask(0, (b"nonsense", None, []), code="bad"),
            Ask(0, (b"{}", None, []), "far", ("d",), code="request.policy"),
            Ask(0, (b"{}", None, []), "r-1", ("a", "b"), again=True)]
    for offset, ask in enumerate(asks):
        ask.place = (0, offset)
    events = [event("r-1", "a", "succeeded"), event("r-1", "b", "failed"),
              event("r-2", "a", "succeeded", servedBy="r-1"),
              event(f"{TOPIC}/0/2", "c", "succeeded"), refusal((0, 3), "bad"),
              refusal((0, 4), "request.policy", "d"), event("r-1", "a", "succeeded"),
              event("r-1", "b", "failed"),
              event("r-1", "a", "accepted", final=False)]
    return SimpleNamespace(asks=asks, events=events, letters=[letter(asks[3])],
                           calls=[call("a"), call("b", effect=[], code="X"), call("c")])


def violations(run):
    results = judge.Results()
    for one in run.events:
        results.add(one)
    return [*judge.judge_finals(run.asks, results, TOPIC),
            *judge.judge_refusals(run.asks, results, run.letters),
            *judge.judge_reboots(run.asks, run.calls), *judge.judge_truth(results, run.calls),
            *judge.judge_calls(run.calls)]


def test_a_good_run(run):
    assert violations(run) == []


@pytest.mark.parametrize("spoil, said", [
    (lambda run: run.events.pop(3), f"request {TOPIC}/0/2: no final outcome for c"),
    (lambda run: run.events.append(event("r-1", "a", "failed")), "r-1: a is failed and succeeded"),
    (lambda run: run.events.append(event("r-9", "a", "failed")), "r-9: nobody asked for a"),
    (lambda run: run.events.append(event("r-1", "a", "succeeded", worker="x")),
     "two different events have the id"),
    (lambda run: run.events.pop(7), "request r-1 came again, and its outcomes did not"),
    (lambda run: run.events.pop(4), "record 0/3: refused with nothing, not with bad"),
    (lambda run: run.events.append(refusal((0, 4), "other", "d")),
     "two different events have the id"),
    (lambda run: run.events.append(refusal((0, 0), "bad", "a")),
     "record 0/0: refused with ['bad'], not with nothing"),
    (lambda run: run.letters.pop(), "record 0/3: no dead letter"),
    (lambda run: run.letters.append(letter(run.asks[4])), "record 0/4: a dead letter"),
    (lambda run: setattr(run.letters[0], "value", b"{}"), "record 0/3: no dead letter"),
    (lambda run: run.calls.append(call("a")), "a was rebooted 2 times"),
    (lambda run: run.calls.append(call("x")), "x was rebooted, and nobody asked for it"),
    (lambda run: run.calls.pop(2), "c is said to have been rebooted, and was not"),
    (lambda run: run.calls.append(call("b")), "b was rebooted, and is said to be failed"),
    (lambda run: run.calls.append(call(*map(str, range(101)), effect=[])), "a call with 101 IDs"),
    (lambda run: run.calls.append(call("a", effect=[], code="RequestLimitExceeded")),
     "1 of 4 calls were over the limit"),
])
def test_every_kind_of_bad_run_is_named(run, spoil, said):
    spoil(run)
    found = violations(run)
    assert any(said in one for one in found), found


def test_allow_repeat_allows_one_more(run):
    run.asks[1].allow_repeat = True
    run.calls.append(call("a"))
    assert violations(run) == []
    run.calls.append(call("a"))
    assert violations(run) == ["a was rebooted 3 times"]


def test_violations_are_shown_and_counted():
    out = io.StringIO()
    checks = [("this holds", iter(())), ("this does not", (f"case {i}" for i in range(12)))]
    assert demo.report(Screen(out), checks) == 12
    lines = out.getvalue().splitlines()
    assert lines[0].split(maxsplit=1)[1] == "this holds" and "case 9" in lines[-2]
    assert lines[-1].strip() == "and 2 more"


def test_the_story_holds_what_the_demo_promises():
    story = tell(7)
    asks = story.asks + story.later
    assert 280 <= len(asks) <= 320
    assert 950 <= len({i for ask in asks for i in ask.instances}) <= 1050
    assert len({ask.code for ask in asks if ask.code}) >= 8
    assert all((story.stopped, story.denied, story.busy, story.missing, story.lost, story.stuck))
    dresses = {(dict(ask.record[2]).get("content-type"), "ce_id" in dict(ask.record[2]))
               for ask in asks if not ask.code}
    assert len(dresses) == 3
    assert [ask.record[0] for ask in tell(7).asks if ask.code is None][:9] == [
        ask.record[0] for ask in story.asks if ask.code is None][:9]
