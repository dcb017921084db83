#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./dev demo: reboot requests go in, one final outcome per request and instance comes out.

An embedded Kafka broker, the ECM simulator and two workers; some 300 requests in mixed dresses for
1,000 instances, with duplicates, busy, stopped, missing and unauthorised ones, malformed ones, and
one lost answer. What the workers say is then checked against the simulator's own log. Exit code 0
only if all of it holds; 1 names what does not; 130 after Ctrl-C.
"""
import argparse
import logging
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from kafka import KafkaConsumer, KafkaProducer, TopicPartition  # noqa: E402

import judge  # noqa: E402
import stage as stages  # noqa: E402
from broker.client import Client  # noqa: E402
from screen import Screen, number, some  # noqa: E402
from story import FLEET, tell  # noqa: E402

PARTITIONS = 12
WORKERS = ("alpha", "beta")
REQUESTS, RESULTS, DEAD_LETTERS = "reboot.requests", "reboot.results", "reboot.requests-dlt"
BUSY_SECONDS = 6
SETTLE_SECONDS = 90
STATUSES = ("succeeded", "unconfirmed", "failed", "unknown", "expired", "cancelled", "rejected")


class Demo:
    def __init__(self, stage, screen, story):
        self.stage = stage
        self.screen = screen
        self.story = story
        self.results = judge.Results()
        self.published = []
        self.total = 0  # outcomes to wait for
        self.calls = 0
        self.began = None

    # ---- the beginning ----

    def open(self):
        story, say = self.story, self.screen.row
        self.stage.start_broker()
        say("broker", f"{self.stage.bootstrap}  embedded, {PARTITIONS} partitions")
        self.stage.start_simulator(FLEET)
        say("simulator", f"{self.stage.api}  {number(FLEET)} instances, 20 calls a second")
        self.stage.simulator("instances", [
            {"ids": story.stopped, "state": "STOPPED"}, {"ids": story.denied, "denied": True},
            {"ids": story.busy, "busy": True}])
        self.stage.simulator("faults", [
            {"kind": "lost-after", "action": "RebootInstances", "ids": story.lost, "count": 1},
            {"kind": "reboot-stuck", "action": "RebootInstances", "ids": story.stuck}])
        say("", f"{len(story.stopped)} stopped, {len(story.denied)} not ours, "
                f"{len(story.busy)} busy, {len(story.stuck)} that will hang, "
                f"{len(story.missing)} that do not exist; one answer gets lost")
        for name in WORKERS:
            self.stage.start_worker(name)
        self.screen.progress([f"  {'workers':<12} {' and '.join(WORKERS)} join the pool ..."],
                             f"{' and '.join(WORKERS)} join the pool")
        owned = self.stage.wait_owned(WORKERS, PARTITIONS)
        say("workers", ", ".join(f"{name} owns {some(len(owned[name]), 'partition')}"
                                 for name in WORKERS))

    # ---- the middle ----

    def run(self):
        asks = self.story.asks + self.story.later
        self.total = (len({(ask.request_id or id(ask), instance) for ask in asks
                           if ask.code is None and not ask.cancel for instance in ask.instances}) +
                      sum(len(ask.instances) or 1 for ask in asks if ask.code))
        producer = KafkaProducer(bootstrap_servers=self.stage.bootstrap, acks="all", linger_ms=5)
        consumer = KafkaConsumer(bootstrap_servers=self.stage.bootstrap, fetch_max_wait_ms=100,
                                 auto_offset_reset="earliest", enable_auto_commit=False)
        consumer.assign([TopicPartition(RESULTS, p) for p in range(PARTITIONS)])
        try:
            self.began = time.monotonic()
            self.follow(producer, consumer)
        finally:
            consumer.close()
            producer.close(timeout=5)

    def publish(self, producer, asks):
        sent = [producer.send(REQUESTS, value=value, key=key, headers=headers)
                for value, key, headers in (ask.record for ask in asks)]
        for ask, future in zip(asks, sent):
            stored = future.get(timeout=20)
            ask.place = (stored.partition, stored.offset)
        self.published += asks

    def follow(self, producer, consumer):
        story = self.story
        waiting = list(story.asks)  # by time
        later = list(story.later)
        still_busy = True
        looked = 0.0
        while True:
            passed = time.monotonic() - self.began
            due = [ask for ask in waiting if ask.at <= passed]
            waiting = waiting[len(due):]
            ready = [ask for ask in later if judge.has_ended(ask.after, self.results, REQUESTS)]
            later = [ask for ask in later if ask not in ready]
            self.publish(producer, due + ready)
            if still_busy and passed > BUSY_SECONDS:
                self.stage.simulator("instances", {"ids": story.busy, "busy": False})
                still_busy = False
            for records in consumer.poll(timeout_ms=100).values():
                for record in records:
                    self.results.add(record)
            if passed - looked > 0.5:
                looked = passed
                self.stage.check()
                self.calls = len(self.stage.calls())
            done = not waiting and not later and self.is_done()
            late = passed > SETTLE_SECONDS
            self.show(passed, done or late)
            if done or late:
                return

    def is_done(self):
        results = self.results
        return (judge.wanted_finals(self.published, REQUESTS) <= set(results.finals) and
                set(judge.wanted_refusals(self.published)) <= set(results.refusals) and
                all(judge.is_answered_again(ask, results, REQUESTS)
                    for ask in self.published if ask.again))

    def show(self, passed, last):
        screen, statuses = self.screen, self.results.statuses
        final = self.results.final_count()
        asks = len(self.story.asks) + len(self.story.later)
        published = len(self.published)
        ended = ", ".join(f"{number(statuses[name])} {name}" for name in STATUSES if statuses[name])
        screen.progress([
            f"  requests     {screen.bar(published, asks)} {published} of {asks}",
            f"  outcomes     {screen.bar(final, self.total)} {number(final)} of "
            f"{number(self.total)} final",
            f"               {ended}",
            f"  API          {some(self.calls, 'call')}, {passed:.1f} s",
        ], f"{passed:4.1f} s  {published} of {asks} requests published, {number(final)} of "
           f"{number(self.total)} outcomes final, {some(self.calls, 'call')}", last)

    # ---- the end ----

    def judge(self):
        """Violations by what was checked."""
        asks, results = self.published, self.results
        calls = self.stage.calls()
        client = Client(self.stage.bootstrap)
        letters = client.read(DEAD_LETTERS)
        exits = {name: self.stage.stop_worker(name) for name in WORKERS}
        finals, refusals = len(results.finals), len(results.refusals)
        reboots = judge.effects_of(calls)
        twice = sum(n > 1 for n in reboots.values())
        return [
            (f"each of {number(finals + refusals)} outcomes is the only final one of its request "
             "and instance", judge.judge_finals(asks, results, REQUESTS)),
            (f"{number(sum(reboots.values()))} reboots of {number(len(reboots))} instances: none "
             f"twice but the {twice} with allowRepeat", judge.judge_reboots(asks, calls)),
            ("what is said to have been rebooted was, what is said to have failed was not touched",
             judge.judge_truth(results, calls)),
            (f"{some(len({at[:2] for at in results.refusals}), 'refused record')}, each with its "
             f"reason; {len(letters)} of them untouched in the dead-letter topic",
             judge.judge_refusals(asks, results, letters)),
            (f"never more than {judge.IDS_PER_CALL} IDs a call; {judge.throttled(calls)} of "
             f"{number(len(calls))} calls over 20 a second", judge.judge_calls(calls)),
            ("the workers ended orderly", (f"{name} ended with {code}" for name, code in
                                           exits.items() if code != 0)),
        ]

    def summary(self):
        screen, results = self.screen, self.results
        calls = self.stage.calls()
        by_status = Counter()
        reasons = {name: Counter() for name in STATUSES}
        for events in (*results.finals.values(), *results.refusals.values()):
            for event in events.values():
                by_status[event["status"]] += 1
                if event["error"]:
                    reasons[event["status"]][event["error"]["code"]] += 1
        pairs = sum(by_status.values())
        screen.title(f"{some(len(self.published), 'record')} on {REQUESTS}, "
                     f"{number(pairs)} outcomes")
        for name in STATUSES:
            if by_status[name]:
                self.count(by_status[name], name, {
                    "succeeded": f"{number(results.riding)} of them merged into another's reboot",
                    "unconfirmed": "accepted by the API, not back in time",
                    "cancelled": "withdrawn in time", "expired": "too late when they came",
                }.get(name, ""))
            if name in ("failed", "unknown", "rejected"):
                for code, n in reasons[name].most_common():
                    screen.say(f"  {'':>6}  {'':<12} {n:>4}  {code}")
        reboot = [call for call in calls if call["action"] == "RebootInstances"]
        done = [call for call in reboot if call["code"] is None]
        ids = sum(len(call["ids"]) for call in done)
        lost = sum(not call["answered"] for call in reboot)
        screen.title("What it took")
        self.count(len(done), "calls", f"rebooted {number(ids)}: {ids / max(1, len(done)):.0f} IDs "
                   f"a call, at most {max((len(c['ids']) for c in done), default=0)}")
        self.count(len(reboot) - len(done), "refusals", "by the API: the culprits are found, the "
                   "others go again")
        self.count(len(calls) - len(reboot), "looks", "at instances that reboot, or whose call "
                   f"got lost ({lost} did)")
        self.count(sum(results.retries.values()), "retries",
                   ", ".join(f"{n} {code}" for code, n in results.retries.most_common()))
        self.count(results.repeated.total(), "repeated", "outcomes of requests that came again: "
                   "the stored ones, byte for byte")

    def count(self, n, name, text):
        if n:
            self.screen.say(f"  {number(n):>6}  {name:<12} {text}".rstrip())


def report(screen, checks):
    """Shows each check with its violations; how many there are."""
    total = 0
    for text, found in checks:
        found = list(found)
        total += len(found)
        screen.verdict(not found, text)
        for violation in found[:10]:
            screen.say(f"      {screen.paint('red', violation)}")
        if len(found) > 10:
            screen.say(f"      and {len(found) - 10} more")
    return total


def play(options, screen, stage):
    started = time.monotonic()
    screen.title("reboot-worker: reboot requests in, outcomes out")
    demo = Demo(stage, screen, tell(options.seed))
    demo.open()
    screen.say()
    demo.run()
    screen.say()
    demo.summary()
    screen.title("Checked against the results, the dead letters, and the API's own log")
    violations = report(screen, demo.judge())
    screen.say(f"  {time.monotonic() - started:.1f} s; logs are in "
               f"{os.path.relpath(stage.log_dir)}")
    return 1 if violations else 0


def terminate(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="another story (1)")
    options = parser.parse_args()
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    for number_ in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number_, terminate)
    screen = Screen()
    stage = stages.Stage(stages.build_dir(), stages.ROOT / "build" / "demo")
    try:
        return play(options, screen, stage)
    except stages.StageError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted", file=sys.stderr)
        return 130
    finally:
        stage.stop()


if __name__ == "__main__":
    sys.exit(main())
