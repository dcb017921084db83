#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real workers on a real Kafka and the ECM simulator, while everything goes wrong.

Then faults stop, all must settle, and a judge looks at the topics and at the simulator's log.

    ./dev chaos [--workers N] [--brokers 1|3] [--requests N] [--seconds S] [--seed S]

The same options do the same again, though not to the millisecond. build/chaos/NAME/report.json has
what was done when, and the verdict. Exit 1 if anything was violated.
"""
import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "integration")]

import judge  # noqa: E402
import plan  # noqa: E402
from broker.client import wait_until  # noqa: E402
from broker.real_kafka import KafkaCluster  # noqa: E402
from kafka import KafkaProducer  # noqa: E402
from kafka.errors import KafkaError  # noqa: E402
from pool import Pool, sleepless  # noqa: E402
from simulator import Simulator  # noqa: E402
from witness import LedgerFollower, Tail, events_of, requests_of  # noqa: E402

SIGNATURE_SECONDS, ALLOWANCE_SECONDS = 3, 2
HORIZON_SECONDS = SIGNATURE_SECONDS + ALLOWANCE_SECONDS
WINDOW_SECONDS = 3600  # longer than any run: each reboot is within it
POOL_OPTIONS = {"api.signature_life": f"{SIGNATURE_SECONDS}s",
                "api.settle": f"{ALLOWANCE_SECONDS}s", "confirm.timeout": "60s",
                "dedup.window": f"{WINDOW_SECONDS}s"}
# Sessions that end, a group that forms again, the horizon; and then what was left to do, at a fifth
# of the rate at which instances can be read one by one.
SETTLE_SECONDS, SETTLED_PER_SECOND = 90, 20
CALLS_IN_THE_AIR = 4  # of a process that is stopped


class Publisher:
    """Stores each record at least once, whatever happens to brokers; waits for none."""

    def __init__(self, bootstrap, topic):
        self.topic = topic
        self._producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
        self._sent = []

    def publish(self, text):
        self._sent.append((text, self._producer.send(self.topic, text.encode())))

    def again(self):
        """What could not be stored is sent once more. Is everything stored?"""
        sent, self._sent = self._sent, []
        for text, future in sent:
            if future.is_done and future.failed():
                self.publish(text)
            elif not future.is_done:
                self._sent.append((text, future))
        return not self._sent

    def close(self):
        with contextlib.suppress(KafkaError):
            self._producer.close(timeout=5)


class Run:
    """Carries out a plan."""

    def __init__(self, options, kafka, pool):
        self.options = options
        self.kafka = kafka
        self.pool = pool
        self.workers = []  # in force, by place
        self.born = Counter()
        self.done = []  # (seconds, step)
        self.bunched = 0

    def start(self, who):
        self.born[who] += 1
        worker = self.pool.start(f"w{who}.{self.born[who]}", ready=False)
        self.workers[who:who + 1] = [worker]

    def start_all(self):
        for who in range(self.options.workers):
            self.start(who)
        for worker in self.workers:
            worker.wait_ready()
        self.publisher = Publisher(self.pool.bootstrap, self.pool.client.topic("requests"))
        self.ledger = LedgerFollower(self.pool)
        self.ledger.start()

    def do(self, step):
        """Carries out a step on a worker, a broker, or the API."""
        if step.do == "publish":
            self.publisher.publish(step.what[0])
        elif step.do == "faults":
            self.pool.sim.faults([{"kind": "clear"}, *step.what])
        elif step.do.startswith("broker-"):
            deed = {"kill": self.kafka.kill, "start": self.kafka.start_node,
                    "pause": self.kafka.pause, "resume": self.kafka.resume}
            deed[step.do.partition("-")[2]](step.who)
        elif step.do == "start":
            self.start(step.who)
        elif step.do == "roll":
            old = self.workers[step.who]
            self.start(step.who)
            old.signal(signal.SIGTERM)
        elif step.do == "kill":
            self.workers[step.who].process.kill()
            self.workers[step.who].process.wait()
        else:
            self.workers[step.who].signal(
                signal.SIGSTOP if step.do == "pause" else signal.SIGCONT)
            self.bunched += CALLS_IN_THE_AIR if step.do == "resume" else 0

    def carry_out(self, steps):
        began = time.monotonic()
        for step in steps:
            while time.monotonic() < began + step.at:
                self.publisher.again()
                time.sleep(min(0.1, max(0, began + step.at - time.monotonic())))  # style: its time
            self.do(step)
            if step.do != "publish":
                self.done.append({**asdict(step), "done": round(time.monotonic() - began, 3)})

    def settle(self, bound):
        """Seconds until everything has its final word, None: not within the bound."""
        began = time.monotonic()
        tails = [Tail(self.pool.bootstrap, self.pool.client.topic(name))
                 for name in ("requests", "results")]

        def is_settled():
            if not self.publisher.again():
                return False
            seen = self.evidence(tails, [], {})
            return not any(judge.missing(seen)) and self.pool.client.is_committed(
                self.pool.group, self.pool.client.topic("requests"))

        try:
            wait_until(is_settled, bound, "everything settled", pause=1)
            return time.monotonic() - began
        except TimeoutError:
            return None
        finally:
            for tail in tails:
                tail.close()

    def end_workers(self):
        """Ends all in order; what was wrong with an end that was not a kill."""
        self.publisher.close()
        living = [w for w in self.pool.workers if w.process.returncode is None]
        for worker in living:
            if worker.process.poll() is None and worker in self.workers:
                worker.signal(signal.SIGTERM)
        for worker in living:
            try:
                worker.wait_end()
            except AssertionError as wrong:
                yield "bad end", str(wrong)

    def evidence(self, tails, calls, ledger):
        requests, events = [tail.catch_up() for tail in tails]
        return judge.Evidence(requests_of(requests), events_of(events), calls, ledger,
                              self.pool.client.topic("requests"), WINDOW_SECONDS, self.bunched)

    def all_evidence(self):
        tails = [Tail(self.pool.bootstrap, self.pool.client.topic(name))
                 for name in ("requests", "results")]
        try:
            return self.evidence(tails, self.pool.sim.log(),
                                 self.ledger.rows(self.options.brokers))
        finally:
            for tail in tails:
                tail.close()

    def kill_all(self):
        """Whatever happened: no process stays."""
        for worker in self.pool.workers:
            if worker.process.returncode is None:
                worker.process.kill()
                worker.process.wait()


def figures(evidence, settled):
    statuses = Counter(event["status"] for events in evidence.finals().values()
                       for event in events.values())
    return {"requests": len(evidence.requests), "instances asked for": len(evidence.asked()),
            "final events": dict(sorted(statuses.items())),
            "calls": dict(Counter(call["action"] for call in evidence.calls)),
            "reboots": sum(len(call["effect"]) for call in evidence.reboots()),
            "answers lost or spoilt": sum(
                not call["answered"] or call["status"] != 200 for call in evidence.reboots()),
            "claims": sum(row["kind"] == "claim" for rows in evidence.ledger.values()
                          for row in rows),
            "void ledger records": sum(len(rows) - sum(1 for _ in judge.valid_rows(rows))
                                       for rows in evidence.ledger.values()),
            "seconds to settle": None if settled is None else round(settled, 1)}


def run_chaos(options, build_dir, folder, drawn=None, pool_options=None):
    """The report: options, what was done, figures, violations. Another plan than the options' own,
    and what workers are told besides, for tests of chaos itself."""
    drawn = drawn or plan.draw(options)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        kafka = stack.enter_context(KafkaCluster(folder / "kafka", options.brokers, heap_mb=384))
        sim = stack.enter_context(Simulator(
            build_dir, folder, instances=drawn.instances_n, reboot_duration="400ms..3s",
            signature_life=f"{SIGNATURE_SECONDS}s", seed=options.seed))
        pool = Pool(kafka.bootstrap, sim, build_dir, folder, "chaos")
        stack.callback(pool.client.close)
        pool.options |= {**POOL_OPTIONS, "topics.partitions": max(4, options.workers),
                         **(pool_options or {})}
        run = Run(options, kafka, pool)
        stack.callback(run.kill_all)
        run.start_all()
        run.carry_out(drawn.steps)
        if options.brokers > 1:
            kafka.wait_ready()
        bound = options.settle or SETTLE_SECONDS + drawn.instances_n / SETTLED_PER_SECOND
        settled = run.settle(bound)
        sleepless(HORIZON_SECONDS)  # for a reboot that nobody waits for any more
        violations = list(run.end_workers())
        evidence = run.all_evidence()
    violations = judge.judge(evidence) + violations
    if settled is None:
        violations.append(("unsettled", f"not settled {bound:.0f} s after the last fault"))
    report = {"options": vars(options), "bound": bound, "done": run.done,
              "figures": figures(evidence, settled), "violations": violations}
    (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    keep(folder, evidence)
    return report


def keep(folder, evidence):
    """What the verdict rests on, to be looked into."""
    with open(folder / "calls.jsonl", "w", encoding="utf-8") as out:
        out.writelines(json.dumps(call) + "\n" for call in evidence.calls)
    with open(folder / "ledger.jsonl", "w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for rows in evidence.ledger.values() for row in rows)
    with open(folder / "events.jsonl", "w", encoding="utf-8") as out:
        out.writelines(json.dumps(event) + "\n" for _, _, event in evidence.parsed)


def summary(report):
    deeds = Counter(step["do"] for step in report["done"])
    lines = ["done: " + ", ".join(f"{deed} {n}" for deed, n in sorted(deeds.items()))]
    for what, value in report["figures"].items():
        if isinstance(value, dict):
            value = ", ".join(f"{name} {n}" for name, n in value.items())
        lines.append(f"{what}: {value}")
    counts = Counter(kind for kind, _ in report["violations"])
    for kind in dict.fromkeys([*judge.KINDS, *counts]):
        lines.append(f"{kind}: {counts[kind]}")
        lines += [f"    {text[:300]}" for other, text in report["violations"] if other == kind][:10]
    return "\n".join(lines)


def parse(argv):
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60, help="of faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--settle", type=float, help="seconds within which all must settle")
    return parser.parse_args(argv)


def main(argv):
    options = parse(argv)
    build_dir = os.environ.get("REBOOT_BUILD_DIR", ROOT / "build")
    name = f"seed-{options.seed}-w{options.workers}-b{options.brokers}-r{options.requests}"
    folder = ROOT / "build" / "chaos" / name
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    report = run_chaos(options, build_dir, folder)
    print(summary(report))
    print(f"report: {(folder / 'report.json').relative_to(ROOT)}")
    return 1 if report["violations"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
