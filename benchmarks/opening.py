"""How long a student waits: start, restart, and `lab.open` of each section."""

import statistics
import time
from collections.abc import Iterator
from unittest import mock

from benchmarks import emulators, report
from helpers import lab
from helpers.emulator import instance, settings
from helpers.practice.checkpoints import CHECKPOINTS

RUNS = 5
OPENINGS = 3
# LocalStack ends what a removed function leaves behind in some two seconds, six functions at a time; no student opens
# sections faster than that.
SETTLED_S = 3
# plugins.py then adds nothing to the start.
WITHOUT_OUR_START = f"import os; del os.environ[{settings.CACHE_VARIABLE!r}]"


def measure() -> dict[str, float]:
    """Return the median wall seconds of each."""
    figures = {
        "LocalStack alone, start to ready": median_s(lambda: _start_s(WITHOUT_OUR_START)),
        "start to ready": median_s(_start_s),
    }
    # lab.open acts on the instance that the environment stands for: here, on this one.
    with emulators.ours() as (_, emulator), mock.patch.object(instance, "from_environment", lambda: emulator):
        restarts, opened = [], []
        for _ in range(report.repetitions(RUNS)):
            started = time.perf_counter()
            emulator.restart()
            restarts.append(time.perf_counter() - started)
            lab.open("dynamodb")
            opened.append(time.perf_counter() - started)
        figures["restart to ready"] = statistics.median(restarts)
        figures["restart and lab.open of section 6"] = statistics.median(opened)
        for section in CHECKPOINTS:
            figures[f'lab.open("{section}"), running'] = median_s(lambda s=section: _open_s(s), OPENINGS)
    return figures


def median_s(run, times: int = RUNS) -> float:
    """Return the median of what so many calls of `run` return."""
    return statistics.median(run() for _ in range(report.repetitions(times)))


def _start_s(change: str = "") -> float:
    with emulators.ours(change) as (instance, _):
        return instance.start_s


def _open_s(section: str) -> float:
    lab.open("dynamodb")  # something to be put right
    time.sleep(SETTLED_S)
    started = time.perf_counter()
    lab.open(section)
    return time.perf_counter() - started


def lines() -> Iterator[str]:
    """Yield the table."""
    waits = measure()
    bare_s = waits["LocalStack alone, start to ready"]
    yield report.head("wait (median s)", "seconds", "against the bare start")
    for kind, seconds in waits.items():
        yield report.row(kind, f"{seconds:.2f}", report.ratio(seconds, bare_s))
