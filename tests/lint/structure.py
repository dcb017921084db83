# SPDX-License-Identifier: Apache-2.0
"""Steps about how the code is cut: layers, cycles, sizes."""
from pathlib import Path

from sources import EXCUSE, c_sources, walk

# base <- core <- wire <- shell <- programs: what each folder may include of ours.
LAYERS = {
    "worker/base": ("base",),
    "worker/core": ("base", "core"),
    "worker/wire": ("base", "core", "wire"),
    "worker/shell": ("base", "core", "wire", "shell"),
    "worker/cli": ("base", "core", "wire", "shell", "cli"),
    "worker": ("base", "core", "wire", "shell", "cli"),
    "tests/simulator": ("base",),  # shares nothing with the worker that it is to judge
    "tests/broker": (),
}
# The core's plain types: all that wire may see of the core. They see only one another.
PLAIN = ("core/call.h", "core/image.h", "core/outcome.h", "core/phase.h", "core/record.h",
         "core/task.h")

# What comes from outside. The folders that are not named here touch the world and may.
LANGUAGE = ("limits.h", "stdbool.h", "stddef.h", "stdint.h", "string.h")
TEXT = LANGUAGE + ("stdarg.h", "stdio.h", "stdlib.h")
OUTSIDE = {
    "worker/base": TEXT,
    "worker/core": LANGUAGE,
    "worker/wire": TEXT + ("math.h", "strings.h", "jansson.h", "openssl/evp.h", "openssl/hmac.h",
                           "uuid/uuid.h"),
}

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
DEPTH_MAX = 3  # control statements within one another
PARAMETERS_MAX = 5


def layers():
    for source in c_sources():
        folder = source.path.rpartition("/")[0]
        for line, name, outside in source.includes():
            layer = name.partition("/")[0]
            if outside:
                if name not in OUTSIDE.get(folder, (name,)):
                    yield source.path, line, (f"<{name}> does not belong into {folder}, which has "
                                              "no I/O, no clock and no libraries but its own")
            elif "/" not in name or folder not in LAYERS:
                continue  # a neighbour, or a test, which may see everything
            elif layer not in LAYERS[folder]:
                yield source.path, line, (f"{folder} may not include {name}: includes point down, "
                                          "base <- core <- wire <- shell <- programs")
            elif layer == "core" and name not in PLAIN and (
                    folder == "worker/wire" or source.path.removeprefix("worker/") in PLAIN):
                yield source.path, line, (f"{name} is not one of the core's plain types, which are "
                                          "all that wire sees of the core")


def modules(sources):
    """File -> module. A module is X.h, X.c, X_impl.h and what includes that, and the files X_*.c
    without a header of their own."""
    stems = {source.path.rpartition(".")[0] for source in sources if source.path.endswith(".h")}
    found = {}
    for source in sources:
        stem = source.path.rpartition(".")[0]
        impl = [name for _, name, _ in source.includes() if name.endswith("_impl.h")]
        prefixes = [other for other in stems if stem.startswith(other + "_")]
        if stem.endswith("_impl"):
            stem = stem.removesuffix("_impl")
        elif impl:
            stem = "worker/" + impl[0].removesuffix("_impl.h")
        elif stem not in stems and prefixes:
            stem = max(prefixes, key=len)
        found[source.path] = stem
    return found


def cycles():
    sources = [source for source in c_sources() if source.path.startswith(tuple(LAYERS))]
    module_of = modules(sources)
    graph = {module: {} for module in module_of.values()}
    for source in sources:
        folder = source.path.rpartition("/")[0]
        for line, name, _ in source.includes():
            path = f"{folder}/{name}" if "/" not in name else f"worker/{name}"
            to = module_of.get(path)
            if to and to != module_of[source.path]:
                graph[module_of[source.path]].setdefault(to, (source.path, line))
    for ring in rings(graph):
        path, line = graph[ring[0]][ring[1]]
        yield path, line, (" -> ".join(module.rpartition("/")[2] for module in ring) +
                           ": modules that include one another can only be understood together")


def rings(graph):
    """A cycle for each back edge of a depth-first walk."""
    done, way, found = set(), [], []

    def visit(module):
        if module in way:
            found.append(way[way.index(module):] + [module])
        elif module not in done:
            way.append(module)
            for to in sorted(graph[module]):
                visit(to)
            done.add(way.pop())

    for module in sorted(graph):
        visit(module)
    return found


def sizes():
    for source in c_sources():
        line_n = source.text.count("\n")
        if line_n > FILE_LINES_MAX and not any(line <= 20 for line in source.excused):
            yield source.path, 1, (f"{line_n} lines, over {FILE_LINES_MAX}: one file, one idea "
                                   "(or say `style: reason` at its top)")
        for function in source.functions():
            if function.first in source.excused:
                continue
            if function.line_n > FUNCTION_LINES_MAX:
                yield source.path, function.first, (
                    f"{function.name} has {function.line_n} lines, over {FUNCTION_LINES_MAX}: "
                    "coordinate or compute, not both")
            if function.depth > DEPTH_MAX:
                yield source.path, function.first, (
                    f"{function.name} is {function.depth} levels deep, over {DEPTH_MAX}: leave "
                    "early, or give the inside a name")
            if function.parameter_n > PARAMETERS_MAX:
                yield source.path, function.first, (
                    f"{function.name} has {function.parameter_n} parameters, over "
                    f"{PARAMETERS_MAX}: what travels together is a struct")
    for path in walk("tests"):
        if path.endswith(".py"):
            text = Path(path).read_text(encoding="utf-8")
            if text.count("\n") > FILE_LINES_MAX and not EXCUSE.search(text):
                yield path, 1, f"over {FILE_LINES_MAX} lines: one file, one idea"
