# SPDX-License-Identifier: Apache-2.0
"""Each step convicts: a small clean tree passes it, and the same tree with one fault does not."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LICENCE = "SPDX-License-Identifier: Apache-2.0"
STEPS = ("spdx banned mentions sizes layers cycles format scripts headers pure unused stale "
         "tidy").split()

CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(sample LANGUAGES C)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include_directories(worker)
foreach(layer base core wire)
  add_library(${layer} STATIC worker/${layer}/${layer}_thing.c)
endforeach()
target_link_libraries(core base)
add_executable(reboot-worker worker/main.c)
target_link_libraries(reboot-worker core wire)
"""
MAIN = """/* {licence} */
#include <stdio.h>

#include "core/core_thing.h"
#include "wire/wire_thing.h"

int main(void)
{{
    return puts("page") < 0 ? core_thing(1) : wire_thing(-1);
}}
"""
PAGES = ("configuration.md", "reboot-worker.yaml", "metrics.md", "errors.md", "states.md")
HEADER = """/* {licence} */
#ifndef WORKER_{upper}_{upper}_THING_H
#define WORKER_{upper}_{upper}_THING_H

int {layer}_thing(int n);

#endif
"""
CODE = """/* {licence} */
#include "{layer}/{layer}_thing.h"
{below}
int {layer}_thing(int n)
{{
    return {call};
}}
"""


@pytest.fixture
def tree(tmp_path):
    """A project of three layers, a thing in each, and a program that makes every page."""
    (tmp_path / "CMakeLists.txt").write_text(CMAKE)
    for name in ("CMakePresets.json", ".clang-format", ".clang-tidy"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("tests", "docs", "worker"):
        (tmp_path / folder).mkdir()
    for page in PAGES:
        (tmp_path / "docs" / page).write_text("page\n")
    (tmp_path / "worker" / "main.c").write_text(MAIN.format(licence=LICENCE))
    (tmp_path / "dev").write_text(f"#!/bin/bash\n# {LICENCE}\necho \"$1\"\n")
    (tmp_path / "sample.yaml").write_text("key: value\n")
    below = None
    for layer in ("base", "core", "wire"):
        (tmp_path / "worker" / layer).mkdir()
        fill = {"layer": layer, "upper": layer.upper(), "licence": LICENCE, "below": "",
                "call": "n + 1"}
        if layer == "core":
            fill["below"] = f'\n#include "{below}/{below}_thing.h"\n'
            fill["call"] = f"{below}_thing(n)"
        for suffix, text in ((".h", HEADER), (".c", CODE)):
            path = tmp_path / "worker" / layer / f"{layer}_thing{suffix}"
            path.write_text(text.format(**fill))
        below = layer
    return tmp_path


def lint(tree, step):
    """Whether the step passes, and what it says."""
    results = tree / "results.txt"
    done = subprocess.run([sys.executable, "-B", HERE / "lint.py", "--results", results, step],
                          cwd=tree, env={**os.environ, "CCACHE_DISABLE": "1"}, text=True,
                          capture_output=True, check=False)
    word = results.read_text().split()[0] if results.exists() else "crashed"
    assert (done.returncode == 0) == (word == "passed"), done.stdout + done.stderr
    return word, done.stdout + done.stderr


def fault(step, path, text, says):
    return pytest.param(step, path, text, says, id=f"{step}-{says.replace(' ', '_')}")


def function(body, head="int other(int n)"):
    return f"\n{head};\n\n{head}\n{{\n{body}}}\n"


CORE = "worker/core/core_thing.c"
CORE_H = "worker/core/core_thing.h"
FAULTS = [
    fault("spdx", "tests/new.py", "x = 1\n", "a line at the top"),
    fault("banned", CORE, function("    char s[9];\n    return sprintf(s, 0);\n"), "sprintf"),
    fault("banned", CORE, function("    return n + atoi(\"1\");\n"), "atoi"),
    fault("banned", CORE, function("    return n + (int)time(0);\n"), "time"),
    fault("banned", CORE, "/* FIX" "ME */\n", "finish it"),
    fault("banned", CORE, "enum e {\n    A_B = 1,\n};\n" + function(
        "    switch (n) {\n    case A_B:\n        n++;\n    default:\n        n++;\n    }\n"),
          "default"),
    fault("banned", "tests/test_x.py", f"# {LICENCE}\nimport time\ntime.sleep(1)\n", "time.sleep"),
    fault("mentions", CORE, "/* See core/nothing.h. */\n", "there is no core/nothing.h"),
    fault("mentions", "docs/metrics.md", "[page](nothing.md#part)\n", "there is no nothing.md"),
    fault("sizes", CORE, "\n" * 500, "lines, over 500"),
    fault("sizes", CORE, function(70 * "    n++;\n"), "other has 73 lines"),
    fault("sizes", CORE, function("".join(f"{4 * n * ' '}if (n)\n" for n in (1, 2, 3, 4)) +
                                  20 * " " + "n++;\n    return n;\n"), "other is 4 levels deep"),
    fault("sizes", CORE, function("    return 1;\n", "int six(int, int, int, int, int, int)"),
          "six has 6 parameters"),
    fault("layers", "worker/base/base_thing.c", '#include "core/core_thing.h"\n',
          "includes point down"),
    fault("layers", CORE, "#include <stdio.h>\n", "<stdio.h> does not belong"),
    fault("layers", "worker/wire/wire_thing.c", '#include "core/core_thing.h"\n',
          "not one of the core's plain types"),
    fault("cycles", "worker/base/base_thing.h", '#include "core/core_thing.h"\n',
          "base_thing -> core_thing -> base_thing"),
    fault("format", CORE, "int   x;\n", "one form for all"),
    fault("format", "tests/new.py", f"# {100 * 'x'}\n", "102 columns"),
    fault("scripts", "dev", "echo $1\n", "SC2086"),
    fault("scripts", "sample.yaml", "key: again\n", "duplication of key"),
    fault("scripts", "tests/new.py", "import os\n", "imported but unused"),
    fault("headers", CORE_H, "extern size_t core_thing_n;\n", "every header compiles alone"),
    fault("headers", "worker/core/other.h", "#ifndef OTHER_H\n#define OTHER_H\n#endif\n",
          "the guard is WORKER_CORE_OTHER_H"),
    fault("pure", CORE, "#include <stdio.h>\n" + function('    return puts("x") + n;\n'), "puts"),
    fault("pure", "worker/base/base_thing.c",
          "#include <stdlib.h>\nvoid *realloc_it(void *p);\nvoid *realloc_it(void *p)\n"
          "{\n    return realloc(p, 1);\n}\n", "realloc (by way of base_thing.c): core decides"),
    fault("unused", CORE, function("    return n;\n"), "other: no other file needs it"),
    fault("unused", CORE_H, "int nothing(void);\n", "nothing is defined nowhere"),
    fault("unused", CORE_H, "#define NOTHING 1\n", "NOTHING stands nowhere else"),
    fault("unused", CORE_H, "struct core {\n    int nothing;\n};\n", "nothing stands nowhere else"),
    fault("stale", "docs/states.md", "one line more\n", "check-config --states >docs/states.md"),
    fault("tidy", CORE, function("    int *p = 0;\n    return n > 0 ? *p : 1;\n"),
          "NullDereference"),
    fault("pure", CORE, function("    static int count;\n    return count += n;\n"),
          "count is state"),
]


@pytest.mark.parametrize("step", STEPS)
def test_a_clean_tree_passes(tree, step):
    word, output = lint(tree, step)
    assert word == "passed", output


@pytest.mark.parametrize("step, path, text, says", FAULTS)
def test_a_fault_is_convicted(tree, step, path, text, says):
    with open(tree / path, "a", encoding="utf-8") as out:
        out.write(text)
    word, output = lint(tree, step)
    assert word == "failed" and Path(path).name in output and says in output, output


@pytest.mark.parametrize("excuse", ["/* style: a reason is given */\n", "/* style: */\n"])
def test_an_excuse_needs_a_reason(tree, excuse):
    with open(tree / CORE, "a", encoding="utf-8") as out:
        out.write(function("    " + excuse + "    goto end;\nend:\n    return n;\n"))
    assert lint(tree, "banned")[0] == ("passed" if "reason" in excuse else "failed")


def test_unknown_steps_are_refused(tree):
    done = subprocess.run([sys.executable, "-B", HERE / "lint.py", "nothing"], cwd=tree, text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2 and "there are: spdx" in done.stderr
