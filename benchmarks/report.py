"""The lines of a part: Markdown tables, the machine they were measured on, and their place in benchmarks/README.md."""

import os
import platform
import re
import time
from collections.abc import Iterable
from pathlib import Path

README = Path(__file__).with_name("README.md")
QUICK = "BENCH_QUICK"  # set: few repetitions, to see that a part works
NOT_POSSIBLE = "not possible"


def repetitions(usual: int) -> int:
    """Return how often to repeat something that is usually repeated so many times."""
    return min(usual, 2) if QUICK in os.environ else usual


def machine() -> str:
    """Return a line that says where, when and with how much other work a part is measured."""
    load = os.getloadavg()[0]
    line = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
    line += f"{time.strftime('%Y-%m-%d')}; load average {load:.1f} when it began."
    return f"{line} A quick run: too few repetitions for a figure." if QUICK in os.environ else line


def head(*columns: str) -> str:
    """Return the head of a table: the first column to the left, the rest, figures, to the right."""
    return f"\n| {' | '.join(columns)} |\n|---|{'--:|' * (len(columns) - 1)}"


def row(*cells: object) -> str:
    """Return one line of it."""
    return f"| {' | '.join(map(str, cells))} |"


def number(value: float | None, decimals: int = 1) -> str:
    """Return a figure, or that there is none."""
    return NOT_POSSIBLE if value is None else f"{value:.{decimals}f}"


def ratio(ours: float | None, other: float | None) -> str:
    """Return ours divided by the other's, or a dash if one of them is not there."""
    return "–" if ours is None or other is None else f"{ours / other:.2f} ×"


def write(part: str, lines: Iterable[str]) -> None:
    """Put the lines of a part in benchmarks/README.md, between its two marks; raise ValueError if they are missing."""
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    text = README.read_text("utf-8")
    place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not place.search(text):
        raise ValueError(f"{README} has no place for {part}: «{begin}», «{end}»")
    block = "\n".join([begin, *lines, end])
    README.write_text(place.sub(lambda _: block, text), "utf-8")
