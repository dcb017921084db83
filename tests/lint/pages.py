# SPDX-License-Identifier: Apache-2.0
"""Step: what the program writes about itself is what docs/ says."""
from pathlib import Path

from tools import BUILD, Broken, ask, build

PAGES = {
    "docs/configuration.md": "--reference",
    "docs/reboot-worker.yaml": "--example",
    "docs/metrics.md": "--metrics",
    "docs/errors.md": "--errors",
    "docs/states.md": "--states",
}


def stale():
    build("release", "reboot-worker")
    for path, flag in PAGES.items():
        code, made = ask(BUILD / "reboot-worker", "check-config", flag)
        if code != 0:
            raise Broken(made)
        kept = Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""
        if kept == made:
            continue
        pairs = zip(kept.split("\n"), made.split("\n"))
        line = next((n for n, (old, new) in enumerate(pairs, 1) if old != new), 1)
        yield path, line, (f"it is made from the program's own tables; run: "
                           f"{BUILD}/reboot-worker check-config {flag} >{path}")
