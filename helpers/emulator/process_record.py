"""Processes that are known again from a record: by their id, and by when they were created."""

import subprocess
from collections.abc import Mapping
from typing import Any

import psutil

# What this process started and nobody has reaped yet, by process id.
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
    """Tell whether `process` runs no more; one that its parent has not reaped yet counts as ended.

    Not so a child of this process: its first thread can be a zombie while others still hold its sockets.
    """
    if process.pid in _started:
        if _started[process.pid].poll() is None:
            return False
        del _started[process.pid]
        return True
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def reap_when_ended(popen: subprocess.Popen[bytes]) -> None:
    """Have `has_ended` reap the child `popen`: until then its id is not used again."""
    _started[popen.pid] = popen
