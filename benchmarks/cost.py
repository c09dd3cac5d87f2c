"""What an emulator costs: its start, its memory and CPU while nobody calls it, and the memory of a whole class."""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from benchmarks import emulators, load, peers, report
from helpers.session import aws

STARTS = 3
SETTLED_S = 8  # after the start, an emulator still imports
WATCHED_S = 10


@dataclass(frozen=True)
class Idle:
    """An emulator that nobody calls: the median seconds of its starts, its memory, and its part of one core."""

    start_s: float
    memory_mb: float
    cpu_percent: float


@contextlib.contextmanager
def _ours() -> Iterator[emulators.Instance]:
    with emulators.ours() as (instance, _):
        yield instance


def idle(run: Callable[[], AbstractContextManager[emulators.Instance]]) -> Idle:
    """Start an emulator several times by `run`, and watch the last one."""
    starts_s = []
    for left in reversed(range(report.repetitions(STARTS))):
        with run() as instance:
            starts_s.append(instance.start_s)
            if left:
                continue
            time.sleep(SETTLED_S)
            memory, before = emulators.memory_mb(instance.pid), emulators.cpu_s(instance.pid)
            time.sleep(WATCHED_S)
            cpu_s = emulators.cpu_s(instance.pid) - before
    return Idle(statistics.median(starts_s), memory, cpu_s / WATCHED_S * 100)


def lines() -> Iterator[str]:
    """Yield the two tables."""
    yield report.head("emulator", "start to ready (s)", "against ours", "idle (MB)", "against ours", "idle CPU (%)")
    ours, why = idle(_ours), []
    yield _row("this project", ours, ours)
    for peer in peers.ALL:
        try:
            yield _row(peers.version(peer), idle(partial(emulators.running, peer)), ours)
        except peers.Impossible as error:
            yield _row(peer.name, None, ours)
            why.append(f"\n{error}")
    yield from why

    students = report.repetitions(load.STUDENTS)
    yield report.head("a class", "answers, objects and items", "lost", "seconds", "most memory (MB)")
    with emulators.ours() as (instance, emulator):
        aws.use(instance.url)
        elapsed, most, (sent, found) = load.measured(emulator, lambda: load.class_of(students, emulator.url))
    lost = load.lost(sent, found)
    what = f"{students} students at once, {3 * load.USERS_EACH} requests each"
    yield report.row(what, len(sent), lost, f"{elapsed:.1f}", f"{most:.0f}")


def _row(name: str, found: Idle | None, ours: Idle) -> str:
    start_s, memory, cpu = (found.start_s, found.memory_mb, found.cpu_percent) if found else (None, None, None)
    cells = report.number(start_s, 2), report.ratio(start_s, ours.start_s), report.number(memory, 0)
    return report.row(name, *cells, report.ratio(memory, ours.memory_mb), report.number(cpu, 2))
