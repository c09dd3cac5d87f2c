"""What deliveries give when they are executed: now, or in an earlier marking that goes on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from helpers import notebook_file
from helpers.command_line import Say
from helpers.marking.left import is_plain, read_object
from helpers.marking.looked import Look
from helpers.marking.rerun import AT_ONCE, LIMIT_S, STARTED, TOTAL_S, Rerun, read_results, rerun
from helpers.workbook import make_private, replace_file

RECORD = "ejecucion.json"
MAX_RECORD_BYTES = 10_000
MAX_NOTEBOOK_BYTES = 40_000_000


@dataclass(frozen=True)
class How:
    """How deliveries are executed: seconds for each and for all, how many at once, and whether apart from the rest."""

    limit_s: float = LIMIT_S
    total_s: float = TOTAL_S
    at_once: int = AT_ONCE
    isolated: bool = True


def execute(looks: Sequence[Look], folder: Path, how: How, say: Say) -> dict[str, Rerun]:
    """Execute the deliveries that could be opened, and return what comes of each; it stays in `folder` too.

    Raises `MarkingError` if they were to be isolated and cannot be.
    """
    of = {one.name: one for one in looks if one.delivery.folder}
    running, found = set[str](), dict[str, Rerun]()

    def tell(name: str, what: str) -> None:
        if what == STARTED:
            running.add(name)
        else:
            running.discard(name)
            say(f"{name}: {what}", final=True)  # a long marking is left running with its output in a file
        say(f"Ejecutadas {len(found)} de {len(of)}; ahora: {', '.join(sorted(running))}")

    deliveries = [one.delivery for one in of.values()]
    results = make_private(folder.resolve())
    for one in rerun(deliveries, results, how.limit_s, how.total_s, how.at_once, how.isolated, tell):
        found[one.name] = one
        _keep(make_private(results / one.name), of[one.name].fingerprint, one.reason)
    return found


def former(looks: Sequence[Look], folder: Path) -> dict[str, Rerun]:
    """Return what came of executing these same deliveries before, as it stays in `folder`."""
    found = {}
    for one in looks:
        place = folder.resolve() / one.name
        record = read_object(place / RECORD, MAX_RECORD_BYTES)
        if record and one.fingerprint and record.get("fingerprint") == one.fingerprint:
            results = read_results(one.name, place)
            reason = record.get("reason")
            found[one.name] = Rerun(one.name, results.verdicts, results.notebooks, str(reason) if reason else None)
    return found


def cells(run: Rerun) -> list[NotebookNode]:
    """Return the cells of the notebooks as they were executed; those that cannot be read are left out."""
    found: list[NotebookNode] = []
    for path in sorted(run.notebooks.glob("*.ipynb")) if run.notebooks else ():
        try:
            if is_plain(path, MAX_NOTEBOOK_BYTES):
                found += notebook_file.read(path).cells
        except Exception:  # noqa: S112  # whatever a delivery may have left there
            continue
    return found


def _keep(folder: Path, fingerprint: str, reason: str | None) -> None:
    record = json.dumps({"fingerprint": fingerprint, "reason": reason})
    replace_file(folder / RECORD, lambda new: new.write_text(record, "utf-8"))
