# SPDX-License-Identifier: Apache-2.0
"""The tree below the current folder as the steps see it: files by kind, C read just far enough.

The reading of C relies on the format step: a function's braces stand alone in the first column.
"""
import os
import re
from pathlib import Path

SKIPPED = {".git", ".cache", "build", "node_modules", "__pycache__", "corpus"}

TOKEN = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
INCLUDE = re.compile(r'^#include ([<"])([^>"]+)[>"]', re.MULTILINE)
STATEMENT = re.compile(r"( +)(?:if|for|while|do|switch)\b")
EXCUSE = re.compile(r"style: \S+ \S+")


class Function:
    def __init__(self, head, first, body):
        self.name, self.parameter_n = read_head(head)
        self.first = first  # line of its head
        self.line_n = head.count("\n") + 1 + len(body)
        nested = [STATEMENT.match(line) for line in body]
        self.depth = max((len(match.group(1)) // 4 for match in nested if match), default=0)


class Source:
    """A C file. `code` is its text with comments and literals blanked out, place by place."""

    def __init__(self, path):
        self.path = path
        self.text = Path(path).read_text(encoding="utf-8")
        self.comments = []  # (line, text)
        self.excused = set()  # lines with an excuse (style: reason), and the line below it
        self.code = TOKEN.sub(self._blank, self.text)

    def _blank(self, match):
        token = match.group()
        if token[0] != "/":
            return token[0] + " " * (len(token) - 2) + token[0]
        first = self.line_at(match.start())
        self.comments.append((first, token))
        if EXCUSE.search(token):
            self.excused.update(range(first, first + token.count("\n") + 2))
        return re.sub(r"[^\n]", " ", token)

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def includes(self):
        """(line, name, whether in angle brackets)."""
        return [(self.line_at(m.start()), m.group(2), m.group(1) == "<")
                for m in INCLUDE.finditer(self.text)]

    def enumerators(self):
        """Names that enums of this file declare."""
        bodies = re.findall(r"\benum\b[^;{}()]*\{([^{}]*)\}", self.code)
        return {name for body in bodies for name in re.findall(r"(?:^|,)\s*([A-Z]\w*)", body)}

    def functions(self):
        lines = self.code.split("\n")
        found = []
        for i, line in enumerate(lines):
            if line != "{":
                continue
            first = i
            while first > 0 and lines[first - 1].strip() and lines[first - 1][0] != "#" \
                    and lines[first - 1][-1] not in ";}":
                first -= 1
            head, body = lines[first:i], lines[i:lines.index("}", i) + 1]
            found.append(Function("\n".join(head), first + 1, body))
        return found


def read_head(head):
    """Name and number of parameters of a function's head: its last parenthesis is the list."""
    end = head.rindex(")")
    depth, commas = 0, 0
    for start in range(end, -1, -1):
        depth += {")": 1, "(": -1}.get(head[start], 0)
        if depth == 0:
            break
        commas += head[start] == "," and depth == 1
    inside = head[start + 1:end].strip()
    name = re.search(r"(\w+)\s*$", head[:start]).group(1)
    return name, 0 if inside in ("", "void") else commas + 1


def walk(*tops):
    """Every file below, sorted."""
    found = []
    for top in tops:
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders
                          if name not in SKIPPED and not name.startswith("build-")]
            found += [os.path.normpath(os.path.join(folder, name)) for name in files]
    return sorted(found)


def c_sources():
    return [Source(path) for path in walk("worker", "tests") if path.endswith((".c", ".h"))]


def scripts():
    """Shell, by its name or its first line."""
    return [path for path in walk(".") if path.endswith(".sh") or path in ("dev", ".ci/run")]
