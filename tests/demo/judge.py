# SPDX-License-Identifier: Apache-2.0
"""Judges a run of the demo by what anyone can see: the results, the dead letters, and the API's own
log. Each check yields violations; no violation, no doubt."""
import json
from collections import Counter, defaultdict

TOUCHING = {"succeeded", "unconfirmed", "unknown"}  # the API may have rebooted it
IDS_PER_CALL = 100
THROTTLED_SHARE = 0.02


class Results:
    """Events of the results topic, as they come."""

    def __init__(self):
        self.values = {}  # ce_id -> value
        self.finals = defaultdict(dict)  # (request, instance) -> {ce_id: event}
        self.refusals = defaultdict(dict)  # (partition, offset, instance) -> {ce_id: event}
        self.statuses = Counter()  # (request, instance) pairs that have had each status
        self.retries = Counter()  # by error code
        self.repeated = Counter()  # (request, instance) -> stored final events published again
        self.riding = 0
        self.violations = []

    def add(self, record):
        event = json.loads(record.value)
        event_id = dict(record.headers)["ce_id"]
        known = self.values.setdefault(event_id, record.value)
        if known is not record.value:
            self.repeated[(event["requestId"], event["instanceId"])] += event["final"]
            if known != record.value:
                self.violations.append(f"two different events have the id {event_id.decode()}")
            return
        self.statuses[event["status"]] += 1
        if event["status"] == "retrying":
            self.retries[event["error"]["code"]] += 1
        if not event["final"]:
            return
        self.riding += event["servedBy"] is not None
        source = event["source"]
        if event["status"] == "rejected":
            at = (source["partition"], source["offset"], event["instanceId"])
            self.refusals[at][event_id] = event
        else:
            self.finals[(event["requestId"], event["instanceId"])][event_id] = event

    def final_count(self):
        return len(self.finals) + len(self.refusals)


def wanted_finals(asks, topic):
    """Every (request, instance) that must come to an end."""
    return {(ask.name(topic), instance) for ask in asks
            if ask.code is None and not ask.cancel for instance in ask.instances}


def wanted_refusals(asks):
    """(partition, offset, instance) -> the code that must be given."""
    return {(*ask.place, instance): ask.code for ask in asks
            if ask.code is not None for instance in ask.instances or (None,)}


def has_ended(ask, results, topic):
    return ask.place is not None and all((ask.name(topic), instance) in results.finals
                                         for instance in ask.instances)


def is_answered_again(ask, results, topic):
    return all(results.repeated[(ask.name(topic), instance)] for instance in ask.instances)


def effects_of(calls):
    return Counter(instance for call in calls for instance in call["effect"])


def judge_finals(asks, results, topic):
    wanted = wanted_finals(asks, topic)
    for pair in sorted(wanted - set(results.finals), key=str):
        yield f"request {pair[0]}: no final outcome for {pair[1]}"
    for pair, events in results.finals.items():
        if len(events) > 1:
            said = " and ".join(sorted(event["status"] for event in events.values()))
            yield f"request {pair[0]}: {pair[1]} is {said}"
        if pair not in wanted:
            yield f"request {pair[0]}: nobody asked for {pair[1]}"
    for ask in asks:
        if ask.again and not is_answered_again(ask, results, topic):
            yield f"request {ask.name(topic)} came again, and its outcomes did not"
    yield from results.violations


def judge_refusals(asks, results, dead_letters):
    wanted = wanted_refusals(asks)
    for at in sorted(set(wanted) | set(results.refusals), key=str):
        codes = [event["error"]["code"] for event in results.refusals.get(at, {}).values()]
        if codes != [wanted.get(at)]:
            yield (f"record {at[0]}/{at[1]}: refused with {codes or 'nothing'}, "
                   f"not with {wanted.get(at, 'nothing')}")
    letters = {}
    for record in dead_letters:
        headers = {name.rpartition(".")[2]: value.decode() for name, value in record.headers
                   if name.startswith("__connect.errors.")}
        letters[(int(headers["partition"]), int(headers["offset"]))] = record.value
    for ask in asks:
        dead = ask.code is not None and ask.code not in ("request.policy", "request.cap")
        if letters.pop(ask.place, None) != (ask.record[0] if dead else None):
            yield f"record {ask.place[0]}/{ask.place[1]}: {'no' if dead else 'a'} dead letter"
    for at in letters:
        yield f"a dead letter for record {at[0]}/{at[1]}, which nobody published"


def judge_reboots(asks, calls):
    """Everything happens within one dedup.window, and no request asks for a stronger reboot than an
    earlier one: only allowRepeat leads to a second."""
    allowed = Counter(instance for ask in asks if ask.allow_repeat and not ask.code
                      for instance in set(ask.instances))
    asked = {instance for ask in asks if ask.code is None for instance in ask.instances}
    for instance, n in sorted(effects_of(calls).items()):
        if n > 1 + allowed[instance]:
            yield f"{instance} was rebooted {n} times"
        if instance not in asked:
            yield f"{instance} was rebooted, and nobody asked for it"


def judge_truth(results, calls):
    """What the outcomes say is what the API did."""
    effects = effects_of(calls)
    by_instance = defaultdict(set)
    for (_, instance), events in results.finals.items():
        by_instance[instance].update(event["status"] for event in events.values())
    for instance, statuses in sorted(by_instance.items()):
        if "succeeded" in statuses and not effects[instance]:
            yield f"{instance} is said to have been rebooted, and was not"
        if not statuses & TOUCHING and effects[instance]:
            yield f"{instance} was rebooted, and is said to be {' and '.join(sorted(statuses))}"


def throttled(calls):
    return sum((call["code"] or "").startswith("RequestLimitExceeded") for call in calls)


def judge_calls(calls):
    """The API counts by the second of arrival: a call that was held up on its way may be over."""
    for call in calls:
        if len(call["ids"]) > IDS_PER_CALL:
            yield f"a call with {len(call['ids'])} IDs"
    over = throttled(calls)
    if over > THROTTLED_SHARE * len(calls):
        yield f"{over} of {len(calls)} calls were over the limit of the API"
