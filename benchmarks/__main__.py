"""Print the figures of benchmarks/README.md, in Markdown: `make bench` all of them, some fifteen minutes.

`.venv/bin/python -m benchmarks requests waits` runs two parts; `--write` also puts what it prints in its place in
benchmarks/README.md; `--quick` repeats nothing more than twice, to see that the parts work.
"""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator

from benchmarks import browser, commands, cost, export, invocations, making, opening, report, route, scale, services

PARTS: dict[str, tuple[Callable[[], Iterator[str]], ...]] = {
    "requests": (invocations.lines, services.lines),
    "practice": (route.lines,),
    "commands": (commands.lines,),
    "waits": (opening.lines,),
    "browser": (browser.lines,),
    "make": (making.lines,),
    "export": (export.lines,),
    "scale": (scale.lines,),
    "cost": (cost.lines,),
}


def main() -> None:
    """Run the parts that were asked for, each printed as it goes on."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"one of: {', '.join(PARTS)}; without any, all")
    parser.add_argument("--write", action="store_true", help="put the tables in benchmarks/README.md")
    parser.add_argument("--quick", action="store_true", help="few repetitions, which make no figure")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if asked.quick:
        os.environ[report.QUICK] = "1"
    started, failed = time.perf_counter(), []
    for part in asked.parts or PARTS:
        try:
            printed = list(_printed(part))
        except Exception:  # the other parts are worth their minutes
            traceback.print_exc()
            failed.append(part)
            continue
        if asked.write:
            report.write(part, printed)
    print(f"\nAll in {(time.perf_counter() - started) / 60:.1f} minutes.")
    if failed:
        sys.exit(f"Failed, and not written: {', '.join(failed)}.")


def _printed(part: str) -> Iterator[str]:
    """Print a part's lines and yield them."""
    print(f"\n## {part}\n", flush=True)
    for line in _lines(part):
        print(line, flush=True)
        yield line


def _lines(part: str) -> Iterator[str]:
    yield report.machine()
    for lines in PARTS[part]:
        yield from lines()


if __name__ == "__main__":
    main()
