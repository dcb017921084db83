# SPDX-License-Identifier: Apache-2.0
"""A short run of chaos, in which nothing is violated, and one that must be convicted."""
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "chaos")]

import chaos  # noqa: E402
import plan  # noqa: E402

BUILD = os.environ.get("REBOOT_BUILD_DIR", ROOT / "build")
SEED = 24


def test_a_short_run_settles_without_a_violation(tmp_path):
    options = chaos.parse(["--workers", "3", "--brokers", "1", "--requests", "80", "--seconds",
                           "35", "--seed", str(SEED)])
    report = chaos.run_chaos(options, BUILD, tmp_path / "run")
    assert report["violations"] == [], chaos.summary(report)
    assert {"kill", "pause", "roll", "faults", "broker-pause"} <= {
        step["do"] for step in report["done"]}
    assert report["figures"]["answers lost or spoilt"] > 0


def test_a_pool_that_sends_again_what_may_have_gone_is_convicted(tmp_path):
    """Workers that are told to retry lost calls stand for workers with a fault."""
    ids = [f"ein-{i:08x}" for i in range(8)]
    blind = [{"kind": "lost-after", "action": "RebootInstances"},
             {"kind": "5xx", "action": "DescribeInstances"}]
    steps = [plan.Step(0, "faults", what=blind),
             *(plan.Step(0.1, "publish", what=[json.dumps({"requestId": i, "instanceIds": [i]})])
               for i in ids),
             plan.Step(4 + 2 * chaos.HORIZON_SECONDS, "faults")]
    report = chaos.run_chaos(chaos.parse(["--workers", "1"]), BUILD, tmp_path / "run",
                             plan.Plan(steps, len(ids)), {"ambiguity": "retry"})
    assert {kind for kind, _ in report["violations"]} == {"second reboot"}, chaos.summary(report)
