#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real Apache Kafka (KRaft) on 127.0.0.1: one node or three, from Maven Central.

The jars are fetched once into .cache/kafka. Nodes die with this process, whatever ends it.

    with KafkaCluster("build/kafka", nodes=3) as kafka:
        kafka.bootstrap, kafka.kill(0), kafka.start_node(0), kafka.pause(1), kafka.resume(1)

From a shell, until Ctrl-C:   /usr/bin/python3 tests/broker/real_kafka.py [--nodes 3]
"""
import argparse
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = "4.3.1"
START_SECONDS = 120
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-run</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{version}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId>
      <version>{version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
JAVA = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]


def fetch(cache):
    """The folder with the jars, filled if need be; Maven checks the checksums."""
    cache.mkdir(parents=True, exist_ok=True)
    done = cache / f"kafka-{VERSION}"
    with open(cache / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return done
        work = cache / f"kafka-{VERSION}.partial"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        (work / "pom.xml").write_text(POM.format(version=VERSION))
        subprocess.run(["mvn", "-q", "-B", "-C", "-f", work / "pom.xml",
                        "dependency:copy-dependencies", "-DincludeScope=runtime",
                        f"-DoutputDirectory={work / 'lib'}"], check=True)
        work.rename(done)
    return done


def free_ports(count):
    """Ports nobody listens on now; they are not from the range that clients get theirs from, and
    processes that look for some at the same time look in different places."""
    sockets = []
    port = 20000 + os.getpid() % 400 * 20
    while len(sockets) < count:
        port += 1
        candidate = socket.socket()
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            candidate.close()
            continue
        sockets.append(candidate)
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def die_with_parent():
    ctypes.CDLL("libc.so.6").prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class KafkaCluster:
    def __init__(self, artifacts, nodes=1, cache=ROOT / ".cache", heap_mb=512):
        self.lib = fetch(Path(cache) / "kafka") / "lib"
        self.dir = Path(artifacts)
        self.heap_mb = heap_mb
        ports = free_ports(2 * nodes)
        self.ports = ports[:nodes]
        self.controller_ports = ports[nodes:]
        self.processes = [None] * nodes
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def _java(self, *args):
        return [*JAVA, "-cp", f"{self.lib}/*", *args]

    def _tool(self, *args):
        return subprocess.run(self._java(*args), check=True, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout

    def _properties(self, i):
        n = len(self.ports)
        voters = ",".join(f"{j + 1}@127.0.0.1:{port}"
                          for j, port in enumerate(self.controller_ports))
        factor, in_sync = (3, 2) if n >= 3 else (1, 1)
        return "\n".join([
            "process.roles=broker,controller", f"node.id={i + 1}",
            f"controller.quorum.voters={voters}",
            f"listeners=PLAINTEXT://127.0.0.1:{self.ports[i]},"
            f"CONTROLLER://127.0.0.1:{self.controller_ports[i]}",
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.ports[i]}",
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name=PLAINTEXT",
            f"log.dirs={self.dir / f'data-{i}'}",
            f"default.replication.factor={factor}", f"min.insync.replicas={in_sync}",
            f"offsets.topic.replication.factor={factor}",
            f"transaction.state.log.replication.factor={factor}",
            f"transaction.state.log.min.isr={in_sync}",
            f"share.coordinator.state.topic.replication.factor={factor}",
            f"share.coordinator.state.topic.min.isr={in_sync}",
            # One node that was killed is let in again when its session is over.
            *(["broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500"] if n == 1
              else []),
            "offsets.topic.num.partitions=3", "group.initial.rebalance.delay.ms=0",
            "auto.create.topics.enable=false", "log.cleaner.dedupe.buffer.size=8388608", ""])

    def start(self):
        cluster = self._tool("kafka.tools.StorageTool", "random-uuid").strip()
        for i in range(len(self.ports)):
            config = self.dir / f"node-{i}.properties"
            config.write_text(self._properties(i))
            self._tool("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(config))
        for i in range(len(self.ports)):
            self.start_node(i)
        self.wait_ready()

    def start_node(self, i):
        with open(self.dir / f"node-{i}.log", "a", encoding="utf-8") as log:
            self.processes[i] = subprocess.Popen(
                self._java(f"-Xmx{self.heap_mb}m", "kafka.Kafka",
                           str(self.dir / f"node-{i}.properties")),
                stdout=log, stderr=log, preexec_fn=die_with_parent)

    def wait_ready(self, seconds=START_SECONDS):
        """Until every living node answers, and all of them know of one another."""
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError
        until = time.monotonic() + seconds
        alive = sum(p is not None and p.poll() is None for p in self.processes)
        while True:
            try:
                admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
                brokers = admin.describe_cluster()["brokers"]
                admin.close()
                if len(brokers) >= alive:
                    return
            except (KafkaError, OSError, ValueError):
                pass
            for i, process in enumerate(self.processes):
                if process is not None and process.poll() is not None:
                    raise RuntimeError(f"node {i} ended: see {self.dir / f'node-{i}.log'}")
            if time.monotonic() > until:
                raise TimeoutError(f"Kafka does not answer: see {self.dir}")
            time.sleep(0.1)  # style: asks again until a deadline

    def kill(self, i):
        self.processes[i].kill()
        self.processes[i].wait()
        self.processes[i] = None

    def shut_down(self, i):
        """In order: the others know at once."""
        self.processes[i].terminate()
        self.processes[i].wait(60)
        self.processes[i] = None

    def pause(self, i):
        self.processes[i].send_signal(signal.SIGSTOP)

    def resume(self, i):
        self.processes[i].send_signal(signal.SIGCONT)

    def stop(self):
        for process in self.processes:
            if process is not None:
                process.kill()
                process.wait()
        self.processes = [None] * len(self.ports)
        for data in self.dir.glob("data-*"):
            shutil.rmtree(data, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description="Runs Apache Kafka until Ctrl-C.")
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    parser.add_argument("--dir", default=ROOT / "build" / "kafka", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with KafkaCluster(options.dir, options.nodes) as kafka:
        print(f"bootstrap.servers={kafka.bootstrap}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
