# SPDX-License-Identifier: Apache-2.0
"""Judges a run of chaos by what anyone can see: the topics and the API's own log. Pure: from data
to violations, each (kind, what happened).

Evidence:
  requests  records of the input, in order: {place: (partition, offset), at, value or None}
  events    of the results: (ce_id, bytes of the value)
  calls     of the API's log
  ledger    partition -> rows as `reboot-worker ledger -o json` prints them
  topic, window (seconds of dedup.window), bunched (calls that a stopped process may have held back)
"""
import json
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

KINDS = ("lost", "second reboot", "double final", "missing intent", "over quota", "untrue")
BAD_ENDS = {"failed", "unconfirmed", "unknown"}  # after these a new request may ask again
UNTOUCHED = {"expired", "cancelled", "rejected"}
STRENGTH = {"SOFT": 0, "SOFT_FIRST": 1, "HARD": 2}
SLACK_SECONDS = 0.01  # log times are whole milliseconds
OVER_SHARE = 0.02


@dataclass
class Evidence:
    requests: list
    events: list
    calls: list
    ledger: dict
    topic: str = "reboot.requests"
    window: float = 3600
    bunched: int = 0
    parsed: list = field(init=False)

    def __post_init__(self):
        self.parsed = [(event_id, value, json.loads(value)) for event_id, value in self.events]

    def asked(self):
        """(request, instance) -> its request, the first of that name; cancels are not asked for."""
        found = {}
        for record in self.requests:
            value = record["value"]
            if value is None or value.get("cancel"):
                continue
            name = value.get("requestId", "{}/{}/{}".format(self.topic, *record["place"]))
            for instance in value["instanceIds"]:
                found.setdefault((name, instance), {**value, "at": record["at"]})
        return found

    def finals(self):
        """(request, instance) -> {ce_id: event}, without those that refuse a record."""
        found = defaultdict(dict)
        for event_id, _, event in self.parsed:
            if event["final"] and event["status"] != "rejected":
                found[(event["requestId"], event["instanceId"])][event_id] = event
        return found

    def reboots(self):
        return [call for call in self.calls if call["action"] == "RebootInstances"]


def seconds_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def missing(evidence):
    """What still has no final word: (request, instance), and places of records to be refused."""
    refused = {(e["source"]["partition"], e["source"]["offset"]) for _, _, e in evidence.parsed
               if e["status"] == "rejected"}
    pairs = set(evidence.asked()) - set(evidence.finals())
    places = {record["place"] for record in evidence.requests if record["value"] is None} - refused
    return pairs, places


def lost(evidence):
    pairs, places = missing(evidence)
    for request, instance in sorted(pairs):
        yield "lost", f"{request}: no final event for {instance}"
    for partition, offset in sorted(places):
        yield "lost", f"record {partition}/{offset} is invalid and was not rejected"


def double_finals(evidence):
    values = {}
    for event_id, value, _ in evidence.parsed:
        if values.setdefault(event_id, value) != value:
            yield "double final", f"two different events have the id {event_id}"
    asked = evidence.asked()
    for (request, instance), events in sorted(evidence.finals().items()):
        if len(events) > 1:
            said = " and ".join(sorted(event["status"] for event in events.values()))
            yield "double final", f"{request}: {instance} is {said}"
        if (request, instance) not in asked:
            yield "untrue", f"{request}: nobody asked for {instance}"


def _strength(call):
    params = call["params"] or {}
    return STRENGTH[params.get("StopType", "SOFT_FIRST" if params.get("ForceReboot") else "SOFT")]


class _Instance:
    """What bears on one instance: its reboots, who asked, and how each ended."""

    def __init__(self):
        self.reboots = []  # (at, strength)
        self.asked = {}  # request -> value
        self.ends = {}  # request -> event

    def leaders(self):
        """Requests that may have had a reboot of their own."""
        open_ones = set(self.asked) - set(self.ends)
        return open_ones | {end["servedBy"] or request for request, end in self.ends.items()}

    def excuses(self):
        """Moments from which one more reboot is in order: a repeat was asked for, or a reboot ended
        badly, so that a new request may have another."""
        repeats = [value["at"] for value in self.asked.values() if value.get("allowRepeat")]
        bad = defaultdict(list)
        for request, end in self.ends.items():
            if end["status"] in BAD_ENDS and end["finishedAt"]:
                bad[end["servedBy"] or request].append(seconds_of(end["finishedAt"]))
        return sorted(repeats + [min(times) for times in bad.values()])

    def is_stronger(self, i):
        """Was the i-th reboot stronger than the last one before it, and asked to be?"""
        at, strength = self.reboots[i]
        return strength > self.reboots[i - 1][1] and any(
            STRENGTH[value.get("stopType", "SOFT")] >= strength and value["at"] <= at
            for value in self.asked.values())

    def violations(self, window):
        if len(self.reboots) > len(self.leaders()):
            yield f"rebooted {len(self.reboots)} times for {len(self.leaders())} requests"
        excuses = self.excuses()
        for i in range(1, len(self.reboots)):
            at = self.reboots[i][0]
            if at - self.reboots[i - 1][0] > window or self.is_stronger(i):
                continue
            if not excuses or excuses[0] > at + SLACK_SECONDS:
                yield (f"rebooted again {at - self.reboots[i - 1][0]:.1f} s later, "
                       "and nobody may have asked for that")
            else:
                excuses.pop(0)


def second_reboots(evidence):
    found = defaultdict(_Instance)
    for call in evidence.reboots():
        for name in call["effect"]:
            found[name].reboots.append((call["at"], _strength(call)))
    for (request, name), value in evidence.asked().items():
        found[name].asked[request] = value
    for (request, name), events in evidence.finals().items():
        found[name].ends[request] = next(iter(events.values()))
    for name, instance in sorted(found.items()):
        instance.reboots.sort()
        for text in instance.violations(evidence.window):
            yield "second reboot", f"{name} was {text}"


def untrue(evidence):
    """What the final events say is what the API did."""
    effects = Counter(name for call in evidence.reboots() for name in call["effect"])
    statuses = defaultdict(set)
    for (_, name), events in evidence.finals().items():
        statuses[name].update(event["status"] for event in events.values())
    for name, said in sorted(statuses.items()):
        if "succeeded" in said and not effects[name]:
            yield "untrue", f"{name} is said to have been rebooted, and was not"
        if said <= UNTOUCHED and effects[name]:
            yield "untrue", f"{name} was rebooted, and is said to be {' and '.join(sorted(said))}"


def valid_rows(rows):
    """The rows that count, by the rule that every reader of a ledger follows."""
    epoch, seq = None, 0
    for row in rows:
        if row["kind"] == "claim":
            epoch, seq = row["offset"], 0
        elif row["epoch"] == epoch and row["seq"] == seq:
            seq += 1
        elif row["kind"] != "reply":
            continue
        yield row


def missing_intents(evidence):
    """Each call was preceded by a valid intent for each of its instances, and no intent led to two
    calls: before the n-th call for an instance there are at least n intents."""
    intents = defaultdict(list)
    for partition, rows in sorted(evidence.ledger.items()):
        if [row["offset"] for row in rows] != list(range(len(rows))):
            yield "missing intent", f"ledger partition {partition} was not read whole"
        for row in valid_rows(rows):
            if row["kind"] == "intent":
                for name in row["instances"]:
                    intents[name].append(seconds_of(row["time"]))
    calls_n = Counter()
    for times in intents.values():
        times.sort()
    for call in sorted(evidence.reboots(), key=lambda call: call["at"]):
        for name in call["ids"]:
            calls_n[name] += 1
            if bisect_right(intents[name], call["at"] + SLACK_SECONDS) < calls_n[name]:
                yield ("missing intent", f"call {calls_n[name]} for {name} at {call['at']:.3f} "
                       "has no valid intent of its own before it")


def over_quota(evidence):
    """Calls that the API refused for their rate, not for a fault. Those that a stopped process held
    back arrive together, and are not counted."""
    over = sum((call["code"] or "").startswith("RequestLimitExceeded") and not call["fault"]
               for call in evidence.calls)
    if over > OVER_SHARE * len(evidence.calls) + evidence.bunched:
        yield "over quota", f"{over} of {len(evidence.calls)} calls were over the limit"


def judge(evidence):
    """Every violation: [(kind, text)]."""
    return [violation for check in (lost, second_reboots, double_finals, missing_intents,
                                    over_quota, untrue) for violation in check(evidence)]
