# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the integration tests: one real Kafka for all, a simulator and a pool for each."""
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "integration")]

from broker.real_kafka import KafkaCluster  # noqa: E402
from pool import Pool  # noqa: E402
from simulator import Simulator  # noqa: E402


@pytest.fixture(scope="session")
def build_dir():
    named = os.environ.get("REBOOT_BUILD_DIR")
    for path in [Path(named)] if named else [ROOT / "build" / "asan", ROOT / "build"]:
        if (path / "reboot-worker").exists():
            return path
    pytest.fail("no reboot-worker: build it, or set REBOOT_BUILD_DIR")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    with KafkaCluster(tmp_path_factory.mktemp("kafka") / "node") as cluster:
        yield cluster


@pytest.fixture
def artifacts(tmp_path):
    return tmp_path


@pytest.fixture
def make_pool(kafka, build_dir, artifacts, request):
    """make_pool(**flags of the simulator): a pool with topics of its own, on the Kafka of all or on
    another one; stopped and judged at the end."""
    made = []

    def make(cluster=kafka, **flags):
        flags.setdefault("instances", 200)
        flags.setdefault("reboot_duration", "400ms..800ms")
        flags.setdefault("signature_life", "3s")
        sim = Simulator(build_dir, artifacts, name=f"simulator-{len(made)}", **flags)
        prefix = f"{request.node.name.replace('[', '-').replace(']', '')}-{len(made)}"
        pool = Pool(cluster.bootstrap, sim, build_dir, artifacts, prefix)
        made.append(pool)
        return pool

    yield make
    failures = []
    for pool in made:
        for end in (pool.stop, pool.sim.stop):
            try:
                end()
            except AssertionError as failure:
                failures.append(failure)
    if failures:
        raise failures[0]


@pytest.fixture
def pool(make_pool):
    return make_pool()
