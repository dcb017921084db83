# SPDX-License-Identifier: Apache-2.0
"""Steps that ask object files: what the pure layers need from outside, and what nobody needs."""
import json
import os
import re
from collections import Counter, defaultdict
from pathlib import Path

from sources import Source, c_sources
from tools import BUILD, ask, build

# What a layer may need that is not its own, with reasons; a fortified call counts as the call.
COMPILER = {"__stack_chk_fail", "__stack_chk_guard"}  # -fstack-protector-strong
CORE_NEEDS = COMPILER | {
    "memcmp", "memcpy", "memmove", "memset", "strcmp", "strlen",  # bytes in, bytes out
    "check_failed",  # PRE and CHECK: the program decides how to end (base/check.h)
}
BASE_NEEDS = CORE_NEEDS | {
    "malloc", "realloc", "free",  # struct buf grows up to its ceiling; the core does not use it
    "explicit_bzero",  # secrets are wiped
    "vsnprintf",  # text of a fault, and into a struct buf
}
WIRE_NEEDS = BASE_NEEDS | {
    "snprintf", "memchr", "strchr", "strncasecmp", "strtod",
    "EVP_DecodeBlock", "EVP_Digest", "EVP_sha256", "HMAC",  # hashing: no I/O, no state
    "uuid_generate_sha1", "uuid_get_template", "uuid_unparse_lower",  # UUIDv5: no clock, no chance
}
JANSSON = re.compile(r"json_(?!(load|dump)(_file|f|fd)$)")  # on memory, not on files
NEEDS = {"base": BASE_NEEDS, "core": CORE_NEEDS, "wire": WIRE_NEEDS}


class Object:
    def __init__(self, name):
        self.name = name
        self.defines = set()
        self.needs = set()
        self.variables = []  # that can change


def read_symbols(*files):
    """The objects of archives and object files."""
    code, output = ask("objdump", "-t", "-w", *files)
    assert code == 0, output
    objects = []
    for line in output.split("\n"):
        head = re.match(r"(\S+):\s+file format", line)
        if head:
            objects.append(Object(head.group(1)))
            continue
        row = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+ (?:\.hidden )?(\S+)$", line)
        if not row:
            continue
        flags, section, symbol = row.groups()
        if section == "*UND*":
            objects[-1].needs.add(re.sub(r"^__(\w+)_chk$", r"\1", symbol))
        elif flags[0] in "gu!" or flags[1] == "w":
            objects[-1].defines.add(symbol)
        if re.match(r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)|\*COM\*", section) and flags[6] == "O":
            objects[-1].variables.append(symbol)
    return objects


def place(layer, name, symbol):
    """Where an object's source first speaks of a symbol."""
    path = f"worker/{layer}/{name.removesuffix('.o')}"
    return path, line_of(Source(path), symbol) if os.path.exists(path) else 1


def line_of(source, symbol):
    found = re.search(rf"\b{re.escape(symbol.partition('.')[0])}\b", source.code)
    return source.line_at(found.start()) if found else 1


def pure():
    build("release", "base", "core", "wire")
    layers = {layer: read_symbols(BUILD / f"lib{layer}.a") for layer in ("base", "core", "wire")}
    owner = {symbol: (layer, obj) for layer, objects in layers.items()
             for obj in objects for symbol in obj.defines}
    for layer, objects in layers.items():
        for obj in objects:
            for symbol, way in sorted(outside_needs(layer, obj, owner).items()):
                if symbol in NEEDS[layer] or (layer == "wire" and JANSSON.match(symbol)):
                    continue
                yield *place(layer, obj.name, symbol), (
                    f"{symbol}{way}: {layer} decides from its arguments alone, so that every run "
                    "can be repeated; what it may call stands in tests/lint/objects.py")
            for symbol in obj.variables:
                yield *place(layer, obj.name, symbol), (
                    f"{symbol.partition('.')[0]} is state outside of any object: put it into a "
                    "struct, or make it const")


def outside_needs(layer, obj, owner):
    """What an object needs from outside of the layers -> by way of what of base, for the core."""
    needs, seen, todo = {}, set(), [obj]
    while todo:
        one = todo.pop()
        for symbol in one.needs - seen:
            seen.add(symbol)
            if symbol not in owner:
                needs[symbol] = "" if one is obj else f" (by way of {one.name[:-2]})"
            elif layer == "core" and owner[symbol][0] == "base":
                todo.append(owner[symbol][1])
    return needs


# What the system, or a library, calls by name.
ENTRIES = ("main", "LLVMFuzzerTestOneInput")
NAMES = re.compile(
    r"^#define (\w+)|^static inline [^(;]*?\b(\w+)\(|^(?:struct|union) (\w+) \{"
    r"|^ +(?:(?!return\b|else\b)[a-z][\w *]*[ *])(\w+)(?:\[[^]]*\])*(?: : \d+)?;", re.MULTILINE)
PROTOTYPE = re.compile(r"^(?!typedef\b)[a-z_][^;{}()#=]*?\b(\w+)\([^;{}]*\)[^;{}]*;", re.MULTILINE)


def unused():
    """What has linkage and is needed by no other file, prototypes of nothing, and names in headers
    (macros, inline functions, types, members) that stand nowhere else."""
    build("clang", "all")
    defined, needed = {}, defaultdict(set)
    for item in json.loads((BUILD / "clang" / "compile_commands.json").read_text()):
        path = os.path.relpath(item["file"])
        target = Path(item["directory"]) / re.search(r" -o (\S+)", item["command"])[1]
        for obj in read_symbols(target) if target.exists() else ():
            defined |= {symbol: path for symbol in obj.defines}
            for symbol in obj.needs:
                needed[symbol].add(path)
    sources = {source.path: source for source in c_sources()}
    for symbol, path in sorted(defined.items()):
        if symbol not in ENTRIES and path in sources and not needed[symbol]:
            yield path, line_of(sources[path], symbol), (
                f"{symbol}: no other file needs it; make it static, or delete it")
    counted = Counter(word for source in sources.values()
                      for word in re.findall(r"\w+", source.code))
    for path, source in sources.items():
        if not path.endswith(".h"):
            continue
        for match in PROTOTYPE.finditer(source.code):
            if match.group(1) not in defined and not needed[match.group(1)]:
                yield path, source.line_at(match.start()), f"{match.group(1)} is defined nowhere"
        for match in NAMES.finditer(source.code):
            name = next(filter(None, match.groups()))
            if counted[name] == 1:
                yield path, source.line_at(match.start()), f"{name} stands nowhere else: delete it"
