# SPDX-License-Identifier: Apache-2.0
"""What the demo's upstreams ask for: about 300 requests for a fleet of 1,000 instances, in every
dress, with whatever goes wrong on an ordinary day. The same seed tells the same story."""
import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from broker.client import bare, binary, structured

FLEET = 1000
UPSTREAMS = (("fleet-health", "no heartbeat for 5 minutes"), ("kernel-rollout", "new kernel"),
             ("night-shift", "内核挂起"), ("billing", "lease renewed"))


@dataclass(eq=False)
class Ask:
    """One record of the requests topic."""
    at: float  # seconds after the beginning
    record: tuple  # value, key, headers
    request_id: str | None = None  # None: the worker names it by its place
    instances: tuple = ()
    code: str | None = None  # why it must be refused
    cancel: bool = False
    allow_repeat: bool = False
    after: "Ask | None" = None  # published when all of that one has ended
    again: bool = False  # it is the same record once more
    place: tuple | None = None  # (partition, offset), once it is stored

    def name(self, topic):
        return self.request_id or f"{topic}/{self.place[0]}/{self.place[1]}"


@dataclass
class Story:
    asks: list = field(default_factory=list)  # by time
    later: list = field(default_factory=list)  # when another has ended
    stopped: list = field(default_factory=list)
    denied: list = field(default_factory=list)
    busy: list = field(default_factory=list)  # for the first seconds
    stuck: list = field(default_factory=list)  # never back from their reboot
    missing: list = field(default_factory=list)  # unknown to the API
    lost: list = field(default_factory=list)  # the answer to a call with one of them is lost


def at(seconds):
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Teller:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.story = Story()
        self.count = 0

    def ask(self, moment, instances, code=None, named=None, **fields):
        """A request in the next dress; one in ten leaves its name to others."""
        self.count += 1
        dress = (bare, binary, structured)[self.count % 3]
        by, reason = self.random.choice(UPSTREAMS)
        request = {"instanceIds": list(instances), "requestedBy": by, "reason": reason, **fields}
        request_id = named or f"{by}-{self.count:04d}"
        if self.count % 10 or named:
            request["requestId"] = request_id
        elif dress is bare:
            request_id = None
        record = bare(request) if dress is bare else dress(request, event_id=request_id)
        self.story.asks.append(Ask(
            moment, record, request_id, tuple(dict.fromkeys(instances)), code,
            fields.get("cancel", False), fields.get("allowRepeat", False)))
        return self.story.asks[-1]

    def later(self, first, then):
        then.after = first
        self.story.asks.remove(then)
        self.story.later.append(then)

    def raw(self, moment, code, value, headers=(), request_id=None, instances=()):
        """A record as no upstream should send it."""
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.story.asks.append(Ask(moment, (data, None, list(headers)), request_id,
                                   tuple(instances), code))

    def in_groups(self, instances, smallest, largest):
        rest = list(instances)
        while rest:
            n = self.random.randint(smallest, largest)
            yield rest[:n]
            rest = rest[n:]


def malformed(teller, good):
    """Each is refused as a whole, and by itself."""
    one = good[0]
    event = [("ce_specversion", b"0.3"), ("ce_id", b"old"), ("ce_source", b"/x"), ("ce_type", b"x")]
    wrong = [
        ("request.invalid_json", b"please reboot " + one.encode()),
        ("request.invalid_json", b'{"instanceIds":["a"],"instanceIds":["b"]}'),
        ("request.invalid_json", [one]),
        ("request.encoding", b'{"instanceIds":["\xff"]}'),
        ("request.field.instanceIds", {"reason": "all of them"}),
        ("request.field.instanceIds", {"instanceIds": []}),
        ("request.field.instanceIds", {"instanceIds": ["ein 7"]}),
        ("request.field.instanceIds", {"instanceIds": one}),
    ]
    for i, (code, value) in enumerate(wrong):
        teller.raw(0.3 + i * 0.2, code, value)
    teller.raw(1.5, "request.envelope", {"instanceIds": [one]}, event, request_id="old")
    # Their IDs can be read: each instance is told.
    for i, (code, fields) in enumerate([
            ("request.field.stopType", {"stopType": "GENTLY"}),
            ("request.field.region", {"region": None}),
            ("request.field.expiresAt", {"expiresAt": "tomorrow"}),
            ("request.conflict", {"stopType": "HARD", "forceReboot": True})]):
        teller.ask(0.5 + i * 0.4, good[i:i + 2], code, named=f"wrong-{i}", **fields)
    for i in range(2):
        teller.ask(1.1 + i, good[i:i + 2], "request.policy", named=f"too-far-{i}",
                   notBefore=at(48 * 3600))


def tell(seed):
    teller = Teller(seed)
    story = teller.story
    instances = [f"ein-{i:08x}" for i in range(FLEET)]
    teller.random.shuffle(instances)
    take = iter(instances)

    def some(n):
        return [next(take) for _ in range(n)]

    hard, first, repeat, late = some(24), some(12), some(6), some(6)
    story.lost = hard[:1]
    story.stopped, story.denied = some(12), some(8)
    story.busy, story.stuck = some(12), some(2)
    story.missing = [f"ein-{0xf000 + i:08x}" for i in range(5)]
    good = list(take)
    bad = story.stopped + story.denied + story.missing + good[:10]
    busy = story.busy + good[10:16]
    base = good[16:] + story.stuck
    teller.random.shuffle(bad)
    teller.random.shuffle(busy)
    teller.random.shuffle(base)

    plain = []
    groups = list(teller.in_groups(base, 3, 7))
    for i, group in enumerate(groups):
        plain.append(teller.ask(2.5 * i / len(groups), group))
    for i in range(60):  # the second and third alarm of an incident
        teller.ask(0.5 + 2.5 * i / 60, teller.random.sample(base, teller.random.randint(1, 6)))
    for i, group in enumerate(teller.in_groups(hard, 6, 6)):
        teller.ask(0.2 * i, group, stopType="HARD")
    for group in teller.in_groups(first, 6, 6):
        teller.ask(1.0, group, stopType="SOFT_FIRST")
    for group in teller.in_groups(busy, 6, 6):
        teller.ask(2.6, group)
    for group in teller.in_groups(bad, 5, 5):  # a list that is out of date
        teller.ask(3.0, group)
    for group in teller.in_groups(repeat, 3, 3):
        once = teller.ask(0.0, group)
        teller.later(once, teller.ask(0.0, group, allowRepeat=True))
    for ask in teller.random.sample([ask for ask in plain if ask.request_id], 10):
        # an upstream that got no answer
        again = Ask(0.0, ask.record, ask.request_id, ask.instances, again=True)
        story.asks.append(again)
        teller.later(ask, again)
    for i in range(5):
        group = teller.random.sample(good, 3)
        ask = teller.ask(0.5, group, named=f"later-{i}", notBefore=at(600))
        teller.ask(2.5 + i * 0.2, group, named=ask.request_id, cancel=True)
    for group in teller.in_groups(late, 2, 2):
        teller.ask(1.5, group, expiresAt=at(-60))
    malformed(teller, good)
    story.asks.sort(key=lambda ask: ask.at)
    return story
