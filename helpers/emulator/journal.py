"""The journal: what the instance has served and when it started and stopped, in its folder, one JSON object a line.

LocalStack writes the calls and requests (`recorder.py`), `process.py` the starts and stops, and `lab.open` which
section is open from then on. It outlives a restart of the instance, which is one of the things that it tells.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

# The last ones that are kept: at least these, and at most twice as many.
MAX_ENTRIES = 5_000
FILE, OLDER = "journal.jsonl", "journal.older.jsonl"


class Kind(StrEnum):
    """What an entry tells."""

    CALL = "call"  # of AWS's API
    REQUEST = "request"  # to one of the student's APIs or function URLs
    START = "start"
    STOP = "stop"
    SECTION = "section"  # lab.open of the section that `name` says


@dataclass(frozen=True)
class Entry:
    """One line of the journal; what an entry's kind does not have is empty.

    `at_ms` is when it began, since the epoch, and `ms` how long it took. `name` is the operation of a call, and the
    method of a request; `parameters` are those that were given, bodies as their size, or a request's host and path.
    A request to an API has there its route, if there is one, and the type of its integration, empty without one; and
    in `served_by` and `served_request` the function that it went to and the id of that invocation. If the API could not
    answer, `message` is its line of the execution log, and `returned`, among the parameters, what the function returned
    that is not a proxy response.
    `asker` is boto3, aws, curl, requests, browser, another program's name, or function: then `function` names it and
    `function_request` is the id of the invocation that asked. `origin` is the AWS_EXECUTION_ENV of the asker.
    """

    kind: Kind
    at_ms: int
    name: str = ""
    number: int = 0
    ms: float = 0.0
    service: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    status: int = 0
    error: str = ""
    message: str = ""
    asker: str = ""
    function: str = ""
    function_request: str = ""
    origin: str = ""
    request_id: str = ""
    served_by: str = ""
    served_request: str = ""

    @property
    def failed(self) -> bool:
        """Whether AWS, or the API, refused it."""
        return self.status >= 400


def now_ms() -> int:
    """Return the milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def append(folder: Path, entry: Entry) -> None:
    """Add one entry to the journal of the instance in `folder`, from any process."""
    with open(folder / FILE, "ab", opener=_private) as file:
        file.write(line_of(entry))


def line_of(entry: Entry) -> bytes:
    """Return an entry as it is written."""
    given = {name: value for name, value in vars(entry).items() if value}
    return json.dumps(given, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n"


def read(folder: Path) -> list[Entry]:
    """Return the last `MAX_ENTRIES` entries, oldest first; none if there is no journal.

    A line that is not one, such as the last of an instance that was killed while it wrote, is left out.
    """
    return [*_entries(_lines(folder)[-MAX_ENTRIES:])]


def position(folder: Path) -> int:
    """Return where the journal ends now, for `read_from`: a look at a file's size."""
    try:
        return (folder / FILE).stat().st_size
    except OSError:
        return 0


def read_from(folder: Path, start: int) -> list[Entry]:
    """Return the entries written since the journal ended at `start`; if another file has begun, all of that one's."""
    try:
        with (folder / FILE).open("rb") as file:
            file.seek(start if start <= position(folder) else 0)
            return [*_entries(file.read().splitlines())]
    except OSError:
        return []


def _lines(folder: Path) -> list[bytes]:
    return [
        line for name in (OLDER, FILE) if (folder / name).exists() for line in (folder / name).read_bytes().splitlines()
    ]


def _entries(lines: Iterable[bytes]) -> Iterator[Entry]:
    for line in lines:
        try:
            given = json.loads(line)
            yield Entry(**given | {"kind": Kind(given["kind"])})
        except (ValueError, TypeError, KeyError):
            continue


def since_opened(entries: list[Entry], section: str) -> list[Entry]:
    """Return what came after `section` was opened for the last time; nothing if it never was."""
    marks = [at for at, entry in enumerate(entries) if entry.kind is Kind.SECTION and entry.name == section]
    return entries[marks[-1] + 1 :] if marks else []


def is_cut(entries: list[Entry], section: str) -> bool:
    """Tell whether `section` may have been opened before the first of the entries that are kept."""
    is_marked = any(entry.kind is Kind.SECTION and entry.name == section for entry in entries)
    return not is_marked and len(entries) >= MAX_ENTRIES


class Writer:
    """The journal as LocalStack writes it: numbered, and in two files, of which the older one is dropped when full."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = next((entry.number for entry in _entries(reversed(_lines(folder))) if entry.number), 0)
        self._open()

    def write(self, made: Callable[[int], Entry]) -> None:
        """Write the entry that `made` returns for the next number; one thread at a time."""
        if self._written >= MAX_ENTRIES:
            self.close()
            (self._folder / FILE).replace(self._folder / OLDER)
            self._open()
        self._number += 1
        self._written += 1
        self._file.write(line_of(made(self._number)))

    def close(self) -> None:
        """Close the file; nothing can be written afterwards."""
        self._file.close()

    def _open(self) -> None:
        self._file = open(self._folder / FILE, "ab", buffering=0, opener=_private)  # noqa: SIM115  # stays open
        with (self._folder / FILE).open("rb") as file:
            self._written = sum(1 for _ in file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
