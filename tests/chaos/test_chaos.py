# SPDX-License-Identifier: Apache-2.0
"""A short run of chaos: nothing is violated."""
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "chaos")]

import chaos  # noqa: E402

SEED = 4


def test_a_short_run_settles_without_a_violation(tmp_path):
    build_dir = os.environ.get("REBOOT_BUILD_DIR", ROOT / "build")
    options = chaos.parse(["--workers", "3", "--brokers", "1", "--requests", "80", "--seconds",
                           "35", "--seed", str(SEED)])
    report = chaos.run_chaos(options, build_dir, tmp_path / "run")
    assert report["violations"] == [], chaos.summary(report)
    assert {"kill", "pause", "roll", "faults", "broker-pause"} <= {
        step["do"] for step in report["done"]}
    assert report["figures"]["answers lost or spoilt"] > 0
