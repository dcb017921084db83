#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a script can check of style and structure: lint.py [--results FILE] [STEP...]

A step is named by its beginning; none means all. Each finding is one line, FILE:LINE: STEP: what
is wrong and why that matters. Rules of style, not of correctness, give way to a comment with a
reason, `/* style: reason */`, on the line or above it. FILE gets a row for each step, `passed STEP`
or `failed STEP`.
"""
import sys
import time

import objects
import pages
import rules
import structure
import tools

# Quick ones first: what fails early saves time.
STEPS = {
    "spdx": rules.spdx,
    "banned": rules.banned,
    "mentions": rules.mentions,
    "sizes": structure.sizes,
    "layers": structure.layers,
    "cycles": structure.cycles,
    "format": tools.clang_format,
    "scripts": tools.scripts,
    "headers": tools.headers,
    "pure": objects.pure,
    "unused": objects.unused,
    "stale": pages.stale,
    "tidy": tools.tidy,
}


def run(name):
    """Prints the findings of a step; True if there are none."""
    started = time.monotonic()
    try:
        findings = list(STEPS[name]())
    except tools.Broken as broken:
        print(broken)
        findings = [broken]
    else:
        for path, line, text in findings:
            print(f"{path}:{line}: {name}: {text}")
    word = "failed" if findings else "passed"
    print(f"lint: {name} {word}, {time.monotonic() - started:.1f} s", flush=True)
    return not findings


def main(argv):
    results = None
    if argv[:1] == ["--results"]:
        results, argv = argv[1], argv[2:]
    unknown = [word for word in argv if not any(name.startswith(word) for name in STEPS)]
    if unknown:
        print(f"lint: no step is called {' or '.join(unknown)}; there are: {' '.join(STEPS)}",
              file=sys.stderr)
        return 2
    wanted = [name for name in STEPS if not argv or name.startswith(tuple(argv))]
    passed = {name: run(name) for name in wanted}
    if results:
        with open(results, "w", encoding="utf-8") as out:
            for name, ok in passed.items():
                out.write(f"{'passed' if ok else 'failed'} {name}\n")
    return 0 if all(passed.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
