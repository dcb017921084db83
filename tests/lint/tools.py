# SPDX-License-Identifier: Apache-2.0
"""Steps that ask another program, and what they share: builds, workers, a memory of clean files."""
import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import Source, c_sources, scripts as shell_scripts, walk

BUILD = Path("build")
MEMORY = BUILD / "lint"
COLUMNS_MAX = 100
PLACE = re.compile(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?(?:error|warning): (.*)$", re.MULTILINE)


class Broken(Exception):
    """A step could not be run."""


def ask(*command):
    """Exit code and output."""
    done = subprocess.run([str(word) for word in command], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
    return done.returncode, done.stdout


def build(preset, *targets):
    """Brings a build up to date, or only its configuration when no targets are named."""
    steps = [["cmake", "--preset", preset]]
    if targets:
        steps.append(["cmake", "--build", "--preset", preset, "--target", *targets])
    for step in steps:
        code, output = ask(*step)
        if code != 0:
            errors = re.findall(r"^.*\berror\b.*$", output, re.MULTILINE | re.IGNORECASE)
            text = "\n".join(errors[:20]) or output[-2000:]
            raise Broken(f"{text}\nlint: {' '.join(step)} failed")


def each(function, items):
    """In parallel, the answers in order."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as workers:
        return list(workers.map(function, items))


def findings_in(output, keep=None):
    """FILE:LINE: error: text, as compilers write it."""
    for path, line, text in PLACE.findall(output):
        path = os.path.relpath(path)
        if keep is None or keep(text):
            yield path, line, text


def clang_format():
    paths = [source.path for source in c_sources()]
    code, output = ask("clang-format-14", "--dry-run", "-Werror", *paths)
    places = sorted({(path, int(line)) for path, line, _ in findings_in(output)})
    for path, line in places:
        yield path, line, f"one form for all: clang-format-14 -i {path}"
    if code != 0 and not places:
        raise Broken(output)
    for path in walk("worker", "tests"):
        if not path.endswith((".c", ".h", ".py", ".sh", ".js")):
            continue
        for line, text in enumerate(Path(path).read_text(encoding="utf-8").split("\n"), 1):
            if len(text) > COLUMNS_MAX:
                yield path, line, f"{len(text)} columns, over {COLUMNS_MAX}: two files side by side"


def scripts():
    for command in (["shellcheck", "-f", "gcc", *shell_scripts()],
                    ["yamllint", "-f", "parsable", "-d", YAML_RULES,
                     *[path for path in walk(".") if path.endswith((".yml", ".yaml"))]],
                    [sys.executable, "-m", "pyflakes",
                     *[path for path in walk("tests") if path.endswith(".py")]]):
        code, output = ask(*command)
        if code == 0:
            continue
        found = re.findall(r"^(\S+?):(\d+):\d+:? (.*)$", output, re.MULTILINE)
        if not found:
            raise Broken(output)
        yield from found


YAML_RULES = """
extends: default
rules:
  document-start: disable
  line-length: {max: 100}
  comments-indentation: disable  # options that are off stand commented out below their section
  comments: {min-spaces-from-content: 1}
  truthy: {check-keys: false}
"""


class Commands:
    """How each C file is compiled by clang, and a memory of those that were found clean."""

    def __init__(self):
        build("clang")
        listed = json.loads((BUILD / "clang" / "compile_commands.json").read_text())
        self.by_path = {os.path.relpath(item["file"]): item["command"] for item in listed}
        MEMORY.mkdir(parents=True, exist_ok=True)

    def flags(self, path):
        """The flags of a file; a header is read like a file of its folder."""
        folder = path.rpartition("/")[0]
        command = self.by_path.get(path) or next(
            (command for other, command in self.by_path.items()
             if other.rpartition("/")[0] == folder), None)
        if command is None:
            raise Broken(f"lint: {path} is compiled nowhere")
        return re.findall(r"-[DIW]\S+|-std=\S+|-isystem \S+", command.replace('\\"', '"'))


def reach(path, seen):
    """The file and what it includes of ours, and so on."""
    if path in seen or not Path(path).exists():
        return seen
    seen.add(path)
    folder = path.rpartition("/")[0]
    for _, name, outside in Source(path).includes():
        if not outside:
            reach(f"{folder}/{name}" if "/" not in name else f"worker/{name}", seen)
    return seen


def clean_or_ask(paths, salt, question):
    """question(path) -> (code, output), but not again for a file that was clean as it is now."""
    def answer(path):
        digest = hashlib.sha256(salt(path).encode())
        for part in sorted(reach(path, set())):
            digest.update(part.encode() + Path(part).read_bytes())
        mark = MEMORY / digest.hexdigest()
        if mark.exists():
            return 0, ""
        code, output = question(path)
        if code == 0:
            mark.touch()
        return code, output
    return each(answer, paths)


def headers():
    commands = Commands()
    sources = [source for source in c_sources() if source.path.endswith(".h")]
    for source in sources:
        guard = re.sub(r"\W", "_", source.path).upper()
        if not re.search(rf"^#ifndef {guard}\n#define {guard}$", source.text, re.MULTILINE):
            yield source.path, 1, f"the guard is {guard}: a path is unique"

    def alone(path):
        return ask("clang-14", *commands.flags(path), "-fsyntax-only", "-x", "c", "-include", path,
                   "/dev/null")

    paths = [source.path for source in sources]
    answers = clean_or_ask(paths, lambda path: "alone " + " ".join(commands.flags(path)), alone)
    for path, (code, output) in zip(paths, answers):
        if code != 0:
            found = list(findings_in(output))[:3] or [(path, 1, output)]
            for place, line, text in found:
                yield place, line, f"{text} (every header compiles alone: {path})"


def tidy():
    commands = Commands()
    settings = "".join(Path(path).read_text() for path in walk(".") if path.endswith(".clang-tidy"))
    paths = [path for path in sorted(commands.by_path) if path.startswith(("worker/", "tests/"))]

    def question(path):
        return ask("clang-tidy-14", "--quiet", "-p", BUILD / "clang", path)

    answers = clean_or_ask(paths, lambda path: settings + " ".join(commands.flags(path)), question)
    seen = set()
    for path, (code, output) in zip(paths, answers):
        if code == 0:
            continue
        found = list(findings_in(output, lambda text: "[" in text))
        if not found:
            raise Broken(output)
        for finding in found:
            if finding not in seen:
                seen.add(finding)
                yield finding
