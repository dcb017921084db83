# SPDX-License-Identifier: Apache-2.0
"""A checker that cannot fail proves nothing: the simulation finds each planted bug (mutants.py)
within the number of seeds of a test run.

A mutant is the core with one file changed, linked with the simulation; it is built beside the
build of the simulation without sanitizers, so that it runs fast.
"""
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from mutants.mutants import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "plain"
PLANTED = ROOT / "build" / "mutants"
TABLE = ROOT / "build" / "results" / "mutants.txt"
SEEDS = 10000  # as in tests/sim/CMakeLists.txt


def run(command, **kwargs):
    done = subprocess.run(command, text=True, capture_output=True, check=False, **kwargs)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session", name="commands")
def build():
    """The simulation as it is, and how it was built: its compile commands by file, and its link."""
    run(["cmake", "--preset", "plain"], cwd=ROOT)
    run(["cmake", "--build", "--preset", "plain", "--target", "sim"], cwd=ROOT)
    lines = run(["ninja", "-C", BUILD, "-t", "commands", "tests/sim/sim"]).splitlines()
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("", encoding="utf-8")
    compiles = {line.rsplit(" ", 1)[-1]: line for line in lines if " -c " in line}
    return compiles, next(line for line in reversed(lines) if " -o tests/sim/sim " in line)


def plant(name, compiles, link):
    """Builds the mutant; the path of its simulation."""
    _, file, old, new = MUTANTS[name]
    source = ROOT / "worker" / "core" / file
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} no longer has once: {old}"
    folder = PLANTED / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    command = shlex.split(compiles[str(source)])
    command[command.index("-o") + 1] = str(folder / "mutant.o")
    command[-1] = folder / file
    for word in ("-MF", "-MT"):
        del command[command.index(word):command.index(word) + 2]
    run([word for word in command if word not in ("-MD", "-Werror")], cwd=BUILD)
    words = shlex.split(link.split("&&")[1])
    words[words.index("-o") + 1:words.index("-o") + 2] = [folder / "sim", folder / "mutant.o"]
    run(words, cwd=BUILD)
    return folder / "sim"


@pytest.mark.parametrize("name", MUTANTS)
def test_is_found(name, commands):
    sim = plant(name, *commands)
    done = subprocess.run([sim, "--seeds", str(SEEDS)], text=True, capture_output=True, check=False)
    found = re.search(r"^seed (\d+): violated after \d+ steps, at \d+ ms: (.*)", done.stdout,
                      re.MULTILINE)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.returncode == 1
    with open(TABLE, "a", encoding="utf-8") as table:
        table.write(f"{name:32} seed {found[1]:>5}  {found[2]}\n")


def test_nothing_is_found_where_nothing_is_planted(commands):
    assert commands
    done = subprocess.run([BUILD / "tests" / "sim" / "sim", "--seeds", "500"], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
