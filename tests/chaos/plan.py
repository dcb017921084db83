# SPDX-License-Identifier: Apache-2.0
"""What a run of chaos does, drawn whole from its seed before it begins: what is asked, what befalls
workers and brokers, and which faults the API has when. Nothing here depends on time as it passes.
"""
import json
import random
from dataclasses import asdict, dataclass, field

CALM_SECONDS = 3  # at the end, for what was killed or stopped to come back
BROKER_GAP_SECONDS = 12  # for a broker's replicas to be in sync before the next one goes
REQUEST_KINDS = ((70, "plain"), (12, "shared"), (4, "repeat"), (4, "hard"), (3, "cancel"),
                 (3, "again"), (2, "unnamed"), (2, "refused"))
WORKER_DEEDS = ((45, "kill"), (35, "pause"), (20, "roll"))
PAUSES = (0.3, 1, 2.5, 5, 9, 13)  # around the API's timeout, the signature's life, the session's
# Kinds that concern what a reboot does, and those that hit reads as well.
REBOOT_FAULTS = ("lost-before", "lost-after", "late-effect", "partial-effect", "throttle",
                 "internal-error-before", "internal-error-after", "delay", "5xx", "5xx-after",
                 "reset-before", "reset-after", "truncated-body", "busy")
READ_FAULTS = ("lost-before", "internal-error-before", "5xx", "delay", "throttle", "broken-body")


@dataclass
class Step:
    at: float  # seconds from the beginning
    do: str  # publish, kill, start, pause, resume, roll, broker-..., faults
    who: int = -1  # which worker or broker
    what: list = field(default_factory=list)  # faults, or the record to publish as text


@dataclass
class Plan:
    steps: list
    instances_n: int

    def deeds(self):
        """Everything but the requests, as plain data."""
        return [asdict(step) for step in self.steps if step.do != "publish"]


def _pick(rng, weighted):
    return rng.choices([name for _, name in weighted], [weight for weight, _ in weighted])[0]


class _Asker:
    """Requests: most for instances of their own, some for instances that others ask for too."""

    def __init__(self, rng, requests_n):
        self.rng = rng
        self.fresh_n = shared_n = max(4, requests_n // 12)
        self.shared = [self._name(i) for i in range(shared_n)]
        self.named = []  # what was asked under a name

    @staticmethod
    def _name(i):
        return f"ein-{i:08x}"

    def _fresh(self, count):
        first, self.fresh_n = self.fresh_n, self.fresh_n + count
        return [self._name(i) for i in range(first, first + count)]

    def ask(self, i):
        kind = _pick(self.rng, REQUEST_KINDS)
        if kind == "refused":
            return "no JSON " + str(i)
        if kind in ("cancel", "again") and self.named:
            old = self.rng.choice(self.named[-20:])
            extra = {"cancel": True} if kind == "cancel" else {}
            return json.dumps({**old, **extra})
        request = {"requestId": f"r{i}"}
        if kind in ("shared", "repeat", "hard"):
            request["instanceIds"] = self.rng.sample(self.shared, self.rng.randint(1, 3))
            request |= {"repeat": {"allowRepeat": True}, "hard": {"stopType": "HARD"}}.get(kind, {})
        else:
            request["instanceIds"] = self._fresh(self.rng.randint(1, 4))
        if kind == "unnamed":
            del request["requestId"]
        else:
            self.named.append(request)
        return json.dumps(request)


def _requests(rng, requests_n, seconds):
    """Steady, with bursts: a second in which many come."""
    asker = _Asker(rng, requests_n)
    bursts = [rng.uniform(0, seconds * 0.9) for _ in range(max(1, int(seconds / 15)))]
    times = sorted(rng.choice(bursts) + rng.random() if rng.random() < 0.3
                   else rng.uniform(0, seconds * 0.95) for _ in range(requests_n))
    return [Step(at, "publish", what=[asker.ask(i)]) for i, at in enumerate(times)], asker.fresh_n


def _worker_deeds(rng, workers_n, seconds):
    free_at = [0.0] * workers_n
    at = rng.uniform(1, 3)
    while at < seconds - CALM_SECONDS:
        who = rng.randrange(workers_n)
        if free_at[who] <= at:
            deed = _pick(rng, WORKER_DEEDS)
            back = at
            if deed == "kill":
                back = at + rng.uniform(0, 5)
                yield from (Step(at, "kill", who), Step(min(back, seconds), "start", who))
            elif deed == "pause":
                back = at + rng.choice(PAUSES)
                yield from (Step(at, "pause", who), Step(min(back, seconds), "resume", who))
            else:  # one after another, each new one before the next old one leaves
                for i in range(workers_n):
                    free_at[i] = max(free_at[i], at + 2 * i)
                    if free_at[i] < seconds - CALM_SECONDS:
                        yield Step(free_at[i], "roll", i)
                        free_at[i] += 1
                back = free_at[who]
            free_at[who] = back + 0.5
        # One upon another, or with time for sessions to end and for work to go on.
        at += rng.uniform(0.5, 3) if rng.random() < 0.5 else rng.uniform(7, 14)


def _broker_deeds(rng, brokers_n, seconds):
    at = rng.uniform(5, 10)
    while at < seconds - CALM_SECONDS:
        who = rng.randrange(brokers_n)
        if brokers_n >= 3 and rng.random() < 0.7:
            back = min(at + rng.uniform(1, 12), seconds)
            yield from (Step(at, "broker-kill", who), Step(back, "broker-start", who))
        else:
            back = min(at + rng.uniform(0.5, 5), seconds)
            yield from (Step(at, "broker-pause", who), Step(back, "broker-resume", who))
        at = back + BROKER_GAP_SECONDS + rng.uniform(0, 8)


def _fault(rng, instances_n):
    """One fault of the API."""
    if rng.random() < 0.25:
        kind, action, chance = rng.choice(READ_FAULTS), "DescribeInstances", rng.uniform(0.1, 0.4)
    else:
        kind, action, chance = rng.choice(REBOOT_FAULTS), "RebootInstances", rng.uniform(0.15, 0.6)
    fault = {"kind": kind, "action": action, "probability": round(chance, 2)}
    if kind == "busy":
        fault["ids"] = sorted({_Asker._name(rng.randrange(instances_n)) for _ in range(4)})
    if kind == "late-effect":
        fault["delayMs"] = rng.randint(100, 800)
    if kind == "delay":
        fault["delayMs"] = rng.randint(200, 2500)  # around the worker's patience
    return fault


def _api_deeds(rng, instances_n, seconds):
    at = rng.uniform(0.5, 2)
    while at < seconds - 1:
        count = rng.choice((0, 1, 1, 2, 2, 3))
        yield Step(at, "faults", what=[_fault(rng, instances_n) for _ in range(count)])
        at += rng.uniform(2, 7)
    yield Step(seconds, "faults", what=[])


def draw(options):
    """options: workers, brokers, requests, seconds, seed."""
    def chance(of):  # each has a generator of its own: a change to one leaves the others
        return random.Random(f"{options.seed} {of}")

    steps, instances_n = _requests(chance("requests"), options.requests, options.seconds)
    steps += _worker_deeds(chance("workers"), options.workers, options.seconds)
    steps += _broker_deeds(chance("brokers"), options.brokers, options.seconds)
    steps += _api_deeds(chance("api"), instances_n, options.seconds)
    return Plan(sorted(steps, key=lambda step: step.at), instances_n)
