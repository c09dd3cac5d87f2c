"""Processes that are known again from a record: by their id, and by when they were created."""

import contextlib
import subprocess
from collections.abc import Mapping
from typing import Any

import psutil

# What this process started, by process id: kept so that it can be reaped when it ends.
_started: dict[int, subprocess.Popen[bytes]] = {}


def identity(process: psutil.Process) -> dict[str, float]:
    """Return what `find` knows `process` again by; ids are used again, and the creation time (s) tells them apart."""
    return {"pid": process.pid, "created": process.create_time()}


def find(record: Mapping[str, Any]) -> psutil.Process | None:
    """Return the process whose `identity` the record has, if it still runs; raises `KeyError` for no identity."""
    try:
        process = psutil.Process(record["pid"])
        return None if abs(process.create_time() - record["created"]) > 1 or has_ended(process) else process
    except psutil.Error:
        return None


def has_ended(process: psutil.Process) -> bool:
    """Tell whether `process` runs no more; one that nobody has reaped yet counts as ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            return False
    _reap()
    return True


def reap_when_ended(popen: subprocess.Popen[bytes]) -> None:
    """Have the child `popen` reaped by a later question whether it has ended: until then its id is not used again."""
    _started[popen.pid] = popen


def _reap() -> None:
    for pid in [pid for pid, popen in _started.items() if popen.poll() is not None]:
        del _started[pid]
