"""Recognise recorded processes later, by their id and creation time."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

# In an instance's folder, the `identity` of its process.
RECORD = "instance.json"

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


def recorded(folder: Path) -> psutil.Process | None:
    """Return the process that the `RECORD` of an instance's `folder` names, if it still runs."""
    try:
        return find(json.loads((folder / RECORD).read_text("utf-8")))
    except (OSError, ValueError, KeyError):
        return None


def started_with(process: psutil.Process) -> dict[str, str]:
    """Return the variables that `process` was started with; none if they cannot be read."""
    try:
        return process.environ()
    except psutil.Error:
        return {}


def find_by_variable(arguments: list[str], name: str, value: str) -> psutil.Process | None:
    """Return the process with these command-line `arguments` that was started with this variable, if one runs."""
    for process in psutil.process_iter(["cmdline"]):
        if (process.info["cmdline"] or [])[1:] == arguments and started_with(process).get(name) == value:
            return process
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
