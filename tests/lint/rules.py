# SPDX-License-Identifier: Apache-2.0
"""Steps that look at single lines."""
import re
from pathlib import Path

from sources import EXCUSE, c_sources, scripts, walk

CLOCKS = ("worker/shell/clock.c", "tests/simulator/clock.c")
LICENCE = "SPDX-License-Identifier: Apache-2.0"

# Pattern over C without comments and literals; why; files that may. (Arrays of variable length are
# the compilers' business: -Wvla.)
C_BANNED = (
    (r"\b(v?sprintf|strn?cpy|strn?cat|stpcpy|gets)\s*\(",
     "it does not know the end of its target: use struct view, struct buf or snprintf", ()),
    (r"\bstrtok\s*\(", "it remembers: use strtok_r, or walk a struct view", ()),
    (r"\b(atoi|atol|atoll|atof)\s*\(", "it cannot refuse: use strtol and look at the end", ()),
    (r"\balloca\s*\(", "nothing bounds it: use an array with a ceiling", ()),
    (r"\b(time|clock|clock_gettime|gettimeofday|timespec_get|ftime)\s*\(",
     "time is an argument; only clock.c reads clocks", CLOCKS),
    (r"\b(s?rand|s?random|[delmn]rand48|rand_r)\s*\(",
     "chance comes from a seeded generator (base/random.h), so that a run can be repeated", ()),
    (r"\b(system|popen|exec[lv]p?e?)\s*\(", "no shell, no other program", ()),
    (r"\b(setjmp|longjmp)\s*\(", "cleanup is one `out:` label", ()),
    (r"\bgoto (?!out\b)", "cleanup is one `out:` label", ()),
    (r"\bassert\s*\(", "it is off in release: use PRE or CHECK", ()),
    (r"\b(u|nano|clock_nano|thrd_)?sleep\s*\(",
     "the loop never blocks, and a test waits for a condition with a deadline", ()),
)
PYTHON_BANNED = (
    (r"\btime\.sleep\(", "a test waits for a condition with a deadline"),
    (r"\bshell=True\b", "no shell: a list of arguments"),
    (r"^\s*except:", "it also catches what nobody thought of"),
)
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")  # cut: not to meet itself
MENTION = re.compile(r"(?<![<\w./*-])((?:\w+/)*\w+\.[ch])\b")
LINK = re.compile(r"\]\(([^)#\s]+)")
TEXTS = (".c", ".h", ".py", ".js", ".sh", ".md", ".yml", ".yaml", ".txt")


def spdx():
    paths = [path for path in walk(".") if path.endswith((".c", ".h", ".py", ".js", ".pml"))]
    for path in sorted({*paths, *scripts()}):
        text = Path(path).read_text(encoding="utf-8")
        lines = [line for line in text.split("\n")[:3] if line.endswith((LICENCE, LICENCE + " */"))]
        if text and len(lines) != 1:
            yield path, 1, f"a line at the top says {LICENCE}: a file may travel alone"


def mentions():
    """Files that comments speak of, and that pages link to."""
    for path in walk("."):
        if path.endswith(".md"):
            yield from dead_links(path)
    known = set(walk("worker", "tests"))
    names = {path.rpartition("/")[2] for path in known}
    for source in c_sources():
        for first, comment in source.comments:
            for match in MENTION.finditer(comment):
                name = match.group(1)
                if name not in names and not known & {name, f"worker/{name}", f"tests/{name}"}:
                    line = first + comment.count("\n", 0, match.start())
                    yield source.path, line, f"there is no {name}: a comment must not mislead"


def dead_links(path):
    text = Path(path).read_text(encoding="utf-8")
    for match in LINK.finditer(text):
        if "://" not in match.group(1) and not (Path(path).parent / match.group(1)).exists():
            line = text.count("\n", 0, match.start()) + 1
            yield path, line, f"there is no {match.group(1)}: a link must lead somewhere"


def banned():
    sources = c_sources()
    for source in sources:
        for pattern, why, allowed in C_BANNED:
            for match in re.finditer(pattern, source.code):
                line = source.line_at(match.start())
                if source.path not in allowed and line not in source.excused:
                    yield source.path, line, f"{match.group().rstrip(' (')}: {why}"
    yield from defaults(sources)
    for path in walk("."):
        if path.endswith(TEXTS):
            yield from in_text(path)


def defaults(sources):
    """`default:` in a switch over an enum of ours."""
    ours = {name for source in sources for name in source.enumerators()}
    for source in sources:
        for match in re.finditer(r"^\s*default:", source.code, re.MULTILINE):
            line = source.line_at(match.end())
            labels = re.findall(r"\bcase (\w+)", source.code[:match.start()])
            if labels and labels[-1] in ours and line not in source.excused:
                yield source.path, line, ("default: over an enum of ours it hides the value that "
                                          "somebody adds later; without it the compiler tells")


def in_text(path):
    above = ""
    for line, text in enumerate(Path(path).read_text(encoding="utf-8").split("\n"), 1):
        if UNFINISHED.search(text):
            yield path, line, "finish it, or file it where work is planned"
        for pattern, why in PYTHON_BANNED if path.endswith(".py") else ():
            found = re.search(pattern, text)
            if found and not EXCUSE.search(above + text):
                yield path, line, f"{found.group().strip(' (')}: {why}"
        above = text
