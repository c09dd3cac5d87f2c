"""Let several notebooks share one LocalStack: one is prepared at a time, and told if another is open.

A file in the instance's folder says which kernel opened which section last.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock

from helpers.emulator.process_record import find, identity
from helpers.workbook import make_private

RECORD = "abierto.json"
LOCK_TIMEOUT_S = 120


@contextlib.contextmanager
def preparing(section: str, folder: Path) -> Iterator[str | None]:
    """Keep other kernels from preparing a section meanwhile; yield the other section open in one of them, or None.

    `folder` is the instance's.
    """
    record = make_private(folder) / RECORD
    with FileLock(record.with_suffix(".lock"), timeout=LOCK_TIMEOUT_S):
        other = _open_elsewhere(record)
        yield other if other != section else None
        record.write_text(json.dumps({"section": section, **identity(psutil.Process())}), "utf-8")


def _open_elsewhere(file: Path) -> str | None:
    """Return the section opened last, if another kernel opened it and still runs."""
    try:
        record = json.loads(file.read_text("utf-8"))
        return record["section"] if find(record) and record["pid"] != os.getpid() else None
    except (OSError, ValueError, KeyError):
        return None
