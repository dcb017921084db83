#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a user does with docker-compose.yml, and what must come of it: everything comes up, the
publisher is served and ends, four workers share the work, one of them leaves in the middle, and by
the simulator's own log and the results topic each instance was rebooted once and each request has
one final event for it. Then everything goes down again.

    check.py FOLDER     logs of the containers go there
"""
import json
import os
import shutil
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

from broker import real_kafka
from broker.client import Client, bare, wait_until

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
PROJECT = "reboot-worker-test"
PARTITIONS = 12
BUILD_SECONDS = 1200
UP_SECONDS = 300
STOP_SECONDS = 30


def say(text):
    print(f"containers: {text}", flush=True)


def run(*command, seconds=120):
    """What it prints; ends the test if it fails."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=ROOT, text=True, check=False,
                              timeout=seconds, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"{' '.join(command)}: not within {seconds} s: "
                             f"{late.stdout}") from None
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout[-4000:]}"
    return done.stdout


def compose(*command, seconds=120):
    return run(*COMPOSE, *command, seconds=seconds)


def inspect(what):
    return json.loads(run("docker", "inspect", what))[0]


def containers(service):
    return compose("ps", "-q", service).split()


def instances(first, count):
    return [f"ein-{i:08x}" for i in range(first, first + count)]


class World:
    """What can be seen from outside: pages of the workers, the simulator's log, topics."""

    def __init__(self):
        self.ports = real_kafka.free_ports(2)
        os.environ.update(COMPOSE_PROJECT_NAME=PROJECT, KAFKA_PORT=str(self.ports[0]),
                          SIMULATOR_PORT=str(self.ports[1]))
        self.client = Client(f"localhost:{self.ports[0]}")
        self.opener = None

    def simulator(self, path):
        """Trusts the certificate that the simulator made itself."""
        if self.opener is None:
            pem = compose("exec", "-T", "simulator", "cat", "cert.pem")
            self.opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}),
                urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=pem)))
        with self.opener.open(f"https://localhost:{self.ports[1]}{path}", timeout=30) as answer:
            return answer.read().decode()

    def effects(self):
        """How often each instance was rebooted."""
        counts = {}
        for line in self.simulator("/_sim/log").splitlines():
            for instance in json.loads(line)["effect"]:
                counts[instance] = counts.get(instance, 0) + 1
        return counts

    def check_once_each(self, wanted):
        counts = self.effects()
        wrong = {i: counts.get(i, 0) for i in {*wanted, *counts}
                 if counts.get(i, 0) != (i in wanted)}
        assert wrong == {}, f"rebooted so often instead of once: {wrong}"

    def owned(self, worker):
        """Partitions of a worker, by the page that its container publishes on this machine."""
        [at] = inspect(worker)["NetworkSettings"]["Ports"]["9464/tcp"]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"http://{at['HostIp']}:{at['HostPort']}/metrics"
        with opener.open(url, timeout=30) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith("reboot_worker_partitions_owned "):
                    return int(line.split()[1])
        raise AssertionError(f"{url} does not say how many partitions it owns")

    def finals(self, wanted):
        """Final events by request of instances; each instance has one from each of its requests."""
        found = {}
        for (request, instance), event in self.client.outcomes().finals().items():
            if instance in wanted:
                found.setdefault(request, {})[instance] = event
        return found


def check_image():
    image = inspect("reboot-worker")
    config = image["Config"]
    assert config["User"] == "65532:65532" and config["Entrypoint"] == ["reboot-worker"], config
    version = run("docker", "run", "--rm", "reboot-worker", "version").split()[1]
    assert config["Labels"]["org.opencontainers.image.version"] == version, config["Labels"]
    for program in ("ecm-simulator", "dev-broker"):
        run("docker", "run", "--rm", "--entrypoint", program, "reboot-worker", "--help")
    tools = "! command -v gcc && ! command -v cmake && test ! -e /src"
    run("docker", "run", "--rm", "--entrypoint", "bash", "reboot-worker", "-c", tools)
    parts = run("docker", "history", "--human=false", "--format", "{{.Size}}", "reboot-worker")
    ours = sum(int(size) for size in parts.split()[:-1]) / 1e6
    say(f"image: {image['Size'] / 1e6:.0f} MB, {ours:.0f} MB of them over Debian's")


def check_first_run(world):
    """The publisher of the file: docker-compose up, nothing else."""
    compose("up", "-d", "--no-build", seconds=UP_SECONDS)
    [publisher] = containers("publisher")
    end = wait_until(lambda: (lambda state: state["Status"] == "exited" and state)(
        inspect(publisher)["State"]), 120, "the publisher's end")
    assert end["ExitCode"] == 0, run("docker", "logs", publisher)
    ids = instances(0, 10)
    found = world.finals(ids)
    [(request, events)] = found.items()
    assert sorted(events) == ids, f"{request}: {sorted(events)}"
    assert {e["status"] for e in events.values()} == {"succeeded"}, found
    assert {e["requestedBy"] for e in events.values()} == {"demo"}, found
    world.check_once_each(ids)
    hosts = {inspect(worker)["Config"]["Hostname"] for worker in containers("worker")}
    assert len(hosts) == 2 and {e["worker"] for e in events.values()} <= hosts, (hosts, found)
    say("the publisher's ten instances were rebooted once each")


def check_four_workers(world):
    compose("up", "-d", "--no-build", "--no-recreate", "--scale", "worker=4", "worker",
            seconds=UP_SECONDS)
    workers = containers("worker")
    assert len(workers) == 4
    wait_until(lambda: [inspect(worker)["State"]["Health"]["Status"] for worker in workers] ==
               ["healthy"] * 4, 90, "four healthy workers")
    wait_until(lambda: [world.owned(worker) for worker in workers] == [PARTITIONS // 4] * 4, 60,
               "partitions shared evenly")
    say("four workers share the partitions")
    return workers


def check_one_leaves(world, workers):
    """300 instances, asked for in the network of the containers and again from outside; once the
    first reboots are under way one worker is told to stop."""
    ids = instances(100, 300)
    before = len(world.effects())
    with subprocess.Popen([*COMPOSE, "run", "-T", "--rm", "publisher", "submit", "--wait",
                           "--requested-by", "test", *ids], cwd=ROOT, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as publisher:
        try:
            wait_until(lambda: len(world.effects()) > before, 60, "the first reboot")
            world.client.publish(*bare({"requestId": "from-outside", "instanceIds": ids}))
            leaver = workers[-1]
            run("docker", "stop", "--time", str(STOP_SECONDS), leaver)
            assert inspect(leaver)["State"]["ExitCode"] == 0, run("docker", "logs", leaver)
            output, _ = publisher.communicate(timeout=120)
        finally:
            publisher.kill()
    assert publisher.returncode == 0, output
    found = wait_until(lambda: (lambda finals: len(finals) == 2 and all(
        len(events) == len(ids) for events in finals.values()) and finals)(world.finals(ids)),
        60, "a final event of both requests for each instance")
    for request, events in found.items():
        assert {e["status"] for e in events.values()} == {"succeeded"}, (request, events)
    world.check_once_each(instances(0, 10) + ids)
    rest = workers[:-1]
    wait_until(lambda: sum(world.owned(worker) for worker in rest) == PARTITIONS, 60,
               "its partitions taken over")
    say("one worker left in the middle: 300 instances were rebooted once each, for two requests")


def save_logs(folder):
    with open(folder / "containers.log", "w", encoding="utf-8") as out:
        subprocess.run([*COMPOSE, "logs", "--no-color"], cwd=ROOT, stdout=out, stderr=out,
                       check=False)


def down():
    compose("down", "-v", "--remove-orphans", seconds=180)
    mine = f"label=com.docker.compose.project={PROJECT}"
    for kind in (["ps", "-a"], ["volume", "ls"], ["network", "ls"]):
        left = run("docker", *kind, "-q", "--filter", mine)
        assert left == "", f"left behind: {left}"


def main():
    folder = Path(sys.argv[1])
    world = World()
    compose("config", "-q")
    images = compose("config").split("image: ")[1:]
    named = {image.split()[0] for image in images}
    assert named == {"reboot-worker", f"apache/kafka:{real_kafka.VERSION}"}, named
    down()
    say("building the image")
    compose("build", seconds=BUILD_SECONDS)
    check_image()
    try:
        check_first_run(world)
        check_one_leaves(world, check_four_workers(world))
    except BaseException:
        save_logs(folder)
        say(f"logs of the containers: {folder / 'containers.log'}")
        raise
    finally:
        world.client.close()
        down()
    say("everything is down again")


if __name__ == "__main__":
    main()
