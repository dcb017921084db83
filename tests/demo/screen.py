# SPDX-License-Identifier: Apache-2.0
"""What the demo shows: on a terminal a block that is drawn again and again, with colours unless
NO_COLOR is set; elsewhere plain lines, now and then."""
import os
import shutil
import sys
import time

LINE_SECONDS = 2.0
DRAW_SECONDS = 0.1
BAR = 28


def number(n):
    return f"{n:,}"


def some(n, one, many=None):
    """3 calls, 1 call."""
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


class Screen:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.is_terminal = out.isatty() and os.environ.get("TERM") != "dumb"
        self.has_colour = self.is_terminal and "NO_COLOR" not in os.environ
        encoding = (out.encoding or "").lower().replace("-", "")
        self.good, self.bad, self.full, self.empty = (
            ("✓", "✗", "█", "░") if encoding == "utf8" else ("ok", "XX", "#", "."))
        self.drawn = 0  # lines of the block
        self.next = 0.0

    def paint(self, colour, text):
        codes = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33}
        return f"\033[{codes[colour]}m{text}\033[0m" if self.has_colour else text

    def say(self, text=""):
        self.erase()
        print(text, file=self.out, flush=True)

    def title(self, text):
        self.say(self.paint("bold", text))

    def row(self, name, text):
        self.say(f"  {name:<12} {text}")

    def verdict(self, good, text):
        mark = self.paint("green", self.good) if good else self.paint("red", self.bad)
        self.say(f"  {mark} {text}")

    def bar(self, done, total):
        n = BAR * done // total if total else 0
        return self.full * n + self.empty * (BAR - n)

    def erase(self):
        if self.drawn:
            self.out.write(f"\033[{self.drawn}F\033[J")
            self.drawn = 0

    def progress(self, lines, plain, last=False):
        """lines: the block; plain: the same as one line."""
        now = time.monotonic()
        if now < self.next and not last:
            return
        self.next = now + (DRAW_SECONDS if self.is_terminal else LINE_SECONDS)
        if not self.is_terminal:
            self.say(f"  {plain}")
            return
        width = shutil.get_terminal_size().columns - 1
        self.erase()
        self.out.write("".join(f"{line[:width]}\n" for line in lines))
        self.out.flush()
        self.drawn = 0 if last else len(lines)
        if last:
            self.next = 0.0
