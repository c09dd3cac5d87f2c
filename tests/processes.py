"""Look at processes that may end meanwhile."""

import contextlib
from collections.abc import Iterable
from typing import Any

import psutil


def described(processes: Iterable[psutil.Process], *names: str) -> list[tuple[psutil.Process, dict[str, Any]]]:
    """Return those that still exist, each with these attributes of psutil's (None where a zombie has none)."""
    found = []
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append((one, one.as_dict(names)))
    return found


def zombies(pid: int) -> list[psutil.Process]:
    """Return the descendants of a process that have ended and nobody has asked how."""
    family = described(psutil.Process(pid).children(recursive=True), "status")
    return [one for one, about in family if about["status"] == psutil.STATUS_ZOMBIE]
