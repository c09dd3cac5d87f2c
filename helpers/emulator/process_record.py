"""Recognise recorded processes later, by their id and creation time."""

import subprocess
from collections.abc import Mapping
from typing import Any

import psutil

# This process's children that have not been reaped yet, by process id.
_started: dict[int, subprocess.Popen[bytes]] = {}


def identity(process: psutil.Process) -> dict[str, float]:
    """Return the record by which `find` recognises `process`: its id, which may be reused, and creation time (s)."""
    return {"pid": process.pid, "created": process.create_time()}


def find(record: Mapping[str, Any]) -> psutil.Process | None:
    """Return the process whose `identity` is in `record`, if it still runs; raises `KeyError` if none is there."""
    try:
        process = psutil.Process(record["pid"])
        return None if abs(process.create_time() - record["created"]) > 1 or has_ended(process) else process
    except psutil.Error:
        return None


def has_ended(process: psutil.Process) -> bool:
    """Tell whether `process` has ended; a zombie that its parent has not reaped yet counts as ended.

    A child of this process counts only once reaped: its main thread can be a zombie while other threads still hold its
    sockets.
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
    """Let `has_ended` reap the child `popen`; until then its id is not reused."""
    _started[popen.pid] = popen
