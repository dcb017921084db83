# SPDX-License-Identifier: Apache-2.0
"""The Kafka modules' own tests that need a real Kafka: librdkafka's mock cluster has no deletions,
checks no sequence numbers, and rebalances slowly."""
import os
import subprocess

import pytest

PROGRAMS = ["test_kafka_gapless", "test_kafka_gone", "test_kafka_group", "test_kafka_topics"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_on_a_real_kafka(program, kafka, build_dir):
    done = subprocess.run([build_dir / "tests" / "unit" / program], text=True, timeout=110,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          env={**os.environ, "TEST_KAFKA_BOOTSTRAP": kafka.bootstrap})
    assert done.returncode == 0, done.stdout[-4000:]
    assert "[       OK ]" in done.stdout
