#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests, part by part, and ends with one line: N passed, N failed.

A part is `lint` (each step of tests/lint/lint.py counts as one), `clang` (everything compiles there
too), `tsan` (what has threads, under ThreadSanitizer), the prefix of CTest's names (unit/...,
vectors/..., in the build with sanitizers), or a folder tests/PART with test_*.py (pytest) or run.sh
(one test; 77 means skipped). A part may be several of these. PART/NAME takes those whose names
start with NAME.

`sim --seeds N [--from S]` runs the simulation alone, as long as one likes, without sanitizers; so
does `sim --seed S [--trace]`.

No arguments: every part but those of SLOW. What was skipped is named before the last line.
"""
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
BUILD = ROOT / "build"
ASAN = BUILD / "asan"
RESULTS = BUILD / "results"
SLOW = ("containers", "model")  # too long, or too needy, for each run
WAITING = ("cli", "integration", "simulator")  # mostly wait: their files run side by side
SIDE_BY_SIDE_MAX = 4  # each with a Kafka of its own, or two
CTEST = ("unit", "vectors", "stories", "sim", "fuzz")
UNBUILT = ("lint", "clang", "tsan")  # parts that need no build with AddressSanitizer
TEST_SECONDS = 180
SCRIPT_SECONDS = 1800
SKIPPED = 77


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add(self, name, outcome, text=""):
        if outcome == "passed":
            self.passed += 1
        elif outcome == "skipped":
            self.skipped.append(name + (f" ({text})" if text else ""))
        else:
            self.failed.append(name)

    def add_junit(self, part, path):
        """Adds what CTest or pytest wrote; False if there is nothing to read."""
        try:
            cases = list(ElementTree.parse(path).iter("testcase"))
        except (OSError, ElementTree.ParseError):
            return False
        for case in cases:
            name = case.get("name", "?")
            module = case.get("classname", "").rsplit(".", 1)[-1]
            if not name.startswith(part + "/"):
                name = f"{part}/{module}::{name}"
            bad = case.find("failure") is not None or case.find("error") is not None
            skipped = case.find("skipped")
            if bad:
                self.add(name, "failed")
            elif skipped is not None or case.get("status") == "notrun":
                why = "" if skipped is None else skipped.get("message", "")
                self.add(name, "skipped", why)
            else:
                self.add(name, "passed")
        return bool(cases)


def say(text):
    print(text, flush=True)


def build(preset, *targets):
    """Configures and builds all, or the targets; on failure shows where the log tells of it."""
    log = BUILD / f"{preset}.log"
    wanted = ["--target", *targets] if targets else []
    with open(log, "w", encoding="utf-8") as out:
        for step in (["cmake", "--preset", preset],
                     ["cmake", "--build", "--preset", preset, *wanted]):
            if subprocess.run(step, cwd=ROOT, stdout=out, stderr=out, check=False).returncode != 0:
                break
        else:
            return True
    lines = log.read_text(errors="replace").splitlines()
    first = next((i for i, line in enumerate(lines) if "error" in line.lower()), len(lines) - 40)
    say("\n".join(lines[max(0, first - 3):first + 60]))
    say(f"the rest is in {log.relative_to(ROOT)}")
    return False


def python_files(part, name):
    if part == "fuzz":
        return []
    return sorted(TESTS.glob(f"{part}/{name}*.py" if name.startswith("test_") else
                             f"{part}/test_{name}*.py"))


def ctest_names(pattern):
    """Names of the tests in the build with sanitizers that match."""
    listed = subprocess.run(["ctest", "--test-dir", ASAN, "-N", "-R", pattern], text=True,
                            capture_output=True, check=True).stdout
    return re.findall(r"^ *Test +#\d+: (.*)$", listed, re.MULTILINE)


def run_lint(tally, name):
    done = subprocess.run([sys.executable, TESTS / "lint" / "lint.py", "--results",
                           RESULTS / "lint.txt", *([name] if name else [])],
                          cwd=ROOT, check=False)
    try:
        rows = (RESULTS / "lint.txt").read_text().splitlines()
    except OSError:
        rows = []
    for row in rows:
        outcome, step = row.split(" ", 1)
        tally.add(f"lint/{step}", outcome)
    if not rows or (done.returncode != 0 and all(row.startswith("passed ") for row in rows)):
        tally.add("lint", "failed")


def run_tsan(tally, name):
    """What has threads of its own, or lives beside librdkafka's, under ThreadSanitizer."""
    programs = sorted(path.stem for path in TESTS.glob("unit/test_kafka*.c")
                      if path.stem.startswith(name))
    if not build("tsan", *programs):
        tally.add("tsan/build", "failed")
        return
    env = {**os.environ, "TSAN_OPTIONS": f"halt_on_error=1 suppressions={TESTS / 'tsan.supp'}"}
    for program in programs:
        done = subprocess.run([BUILD / "tsan" / "tests" / "unit" / program], cwd=ROOT, env=env,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TEST_SECONDS, check=False)
        if done.returncode != 0:
            say(done.stdout[-4000:])
        tally.add(f"tsan/{program}", "passed" if done.returncode == 0 else "failed")


def run_ctest(tally, part, name):
    pattern = f"^{part}/{name}"
    names = ctest_names(pattern)
    if not names:
        return False
    xml = RESULTS / f"{part}-ctest.xml"
    done = subprocess.run(
        ["ctest", "--test-dir", ASAN, "-R", pattern, "-j", str(os.cpu_count() or 1), "--timeout",
         str(TEST_SECONDS), "--output-on-failure", "--output-junit", xml], cwd=ROOT, check=False)
    before = len(tally.failed)
    if not tally.add_junit(part, xml) or (done.returncode != 0 and len(tally.failed) == before):
        tally.add(f"{part}/ctest", "failed")
    return True


def run_pytest(tally, part, name, files):
    xml = RESULTS / f"{part}-pytest.xml"
    side_by_side = min(os.cpu_count() or 1, SIDE_BY_SIDE_MAX) if part in WAITING else 0
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib",
         "--tb=short", "-rfE", f"--timeout={TEST_SECONDS}", "--durations=5", f"--junitxml={xml}",
         "-n", str(side_by_side), "--dist", "loadfile", *files], cwd=ROOT, check=False)
    before = len(tally.failed)
    if not tally.add_junit(part, xml) or (done.returncode != 0 and len(tally.failed) == before):
        tally.add(f"{part}/pytest {name}".rstrip(), "failed")


def run_script(tally, part):
    try:
        code = subprocess.run(["bash", TESTS / part / "run.sh"], cwd=ROOT, check=False,
                              timeout=SCRIPT_SECONDS).returncode
    except subprocess.TimeoutExpired:
        say(f"{part}/run.sh: longer than {SCRIPT_SECONDS} s")
        code = 1
    tally.add(f"{part}/run.sh", {0: "passed", SKIPPED: "skipped"}.get(code, "failed"))


def run_part(tally, part, name):
    if part == "clang":
        tally.add("clang/build", "passed" if build("clang") else "failed")
        return
    if part == "tsan":
        run_tsan(tally, name)
        return
    if part == "lint" and not name.startswith(("lint", "test_")):
        run_lint(tally, name)
    found = part == "lint" or (part in CTEST and run_ctest(tally, part, name))
    files = python_files(part, name)
    if files:
        run_pytest(tally, part, name, files)
    script = (TESTS / part / "run.sh").exists() and not name
    if script:
        run_script(tally, part)
    if not found and not files and not script:
        say(f"nothing is called {part}/{name}")
        tally.add(f"{part}/{name}", "failed")


def simulate(arguments):
    """The simulation with these arguments: its exit code."""
    if not build("plain", "sim"):
        return 1
    sim = BUILD / "plain" / "tests" / "sim" / "sim"
    return subprocess.run([sim, *arguments], check=False).returncode


def all_parts():
    """Quick ones first: what fails early saves time."""
    parts = ["lint", "clang", "tsan"]
    parts += [part for part in CTEST if (TESTS / part / "CMakeLists.txt").exists()]
    for folder in sorted(TESTS.iterdir()):
        has_tests = (folder / "run.sh").exists() or any(folder.glob("test_*.py"))
        if folder.is_dir() and has_tests and folder.name not in parts + ["integration"]:
            parts.append(folder.name)
    if any(TESTS.glob("integration/test_*.py")):
        parts.append("integration")
    return parts


def environment():
    """What the tests find in their environment: the build under test, and strict sanitizers."""
    os.environ["REBOOT_BUILD_DIR"] = os.environ.get("REBOOT_BUILD_DIR", str(ASAN))
    os.environ["REBOOT_WORKER"] = str(Path(os.environ["REBOOT_BUILD_DIR"]) / "reboot-worker")
    os.environ.setdefault("ASAN_OPTIONS", "detect_stack_use_after_return=1:strict_string_checks=1")
    os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["PYTHONPATH"] = str(TESTS)


def main(argv):
    if argv == ["--list"]:
        for part in all_parts():
            say(part + (" (only when named)" if part in SLOW else ""))
        return 0
    RESULTS.mkdir(parents=True, exist_ok=True)
    if argv[:1] == ["sim"] and argv[1:2] and argv[1].startswith("--"):
        return simulate(argv[1:])
    environment()
    tally = Tally()
    wanted = argv or [part for part in all_parts() if part not in SLOW]
    if not argv:
        for part in all_parts():
            if part in SLOW:
                tally.add(part, "skipped", f"./dev test {part}")
    built = None
    for want in wanted:
        part, _, name = want.rstrip("/").partition("/")
        started = time.monotonic()
        say(f"== {want}")
        if part not in UNBUILT and built is None:
            built = build("asan")
            tally.add("asan/build", "passed" if built else "failed")
        if built is False and part not in UNBUILT:
            tally.add(want, "skipped", "it did not build")
            continue
        run_part(tally, part, name)
        say(f"== {want}: {time.monotonic() - started:.0f} s")
    for name in tally.skipped:
        say(f"skipped: {name}")
    for name in tally.failed:
        say(f"failed: {name}")
    say(f"{tally.passed} passed, {len(tally.failed)} failed")
    return 1 if tally.failed or tally.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
