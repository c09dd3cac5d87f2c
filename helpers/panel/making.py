"""A process of its own that makes the memoria or the entrega for the panel: python -m helpers.panel.making WHAT FOLDER.

WHAT is a key of `MAKERS`, FOLDER the workbook's. It tells how far it is on its output, one JSON object a line:
{"doing": words, "part": 0–1}, {"review": table}, and at the end {"made": path}, {"error": words} or
{"cancelled": true}. It ends as after CTRL+C when its input is closed, by the panel's button or because its kernel has
gone.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import IO

from helpers.errors import Si1p1Error
from helpers.workbook import Workbook, use


class Teller:
    """Writes the progress on `stream`."""

    def __init__(self, stream: IO[str], workbook: Workbook) -> None:
        self._stream = stream
        self._notebooks = workbook.notebook_files()

    def tell(self, **what: object) -> None:
        """Write one object."""
        print(json.dumps(what), file=self._stream, flush=True)

    def on_cell(self, path: Path, done: int, total: int) -> None:
        """Tell how far the execution is; any notebook of the workbook counts, the student's own too."""
        before = self._notebooks.index(path) if path in self._notebooks else 0
        part = (before + done / max(total, 1)) / len(self._notebooks)
        self.tell(doing=f"{path.stem}: {done} de {total} celdas", part=part)

    def on_export(self) -> None:
        """Tell that the cells are done."""
        self.tell(doing="Componiendo el PDF…", part=1.0)


def memoria(workbook: Workbook, teller: Teller) -> Path:
    """Make the memoria."""
    from helpers.memoria import build

    return build.make(workbook, teller.on_cell, teller.on_export)


def entrega(workbook: Workbook, teller: Teller, draft: bool = False) -> Path:
    """Make the entrega, if nothing is missing."""
    from helpers.memoria import build
    from helpers.practice.review import Review

    def on_review(found: Review) -> None:
        teller.tell(review=str(found.table()))

    return build.hand_in(workbook, teller.on_cell, on_review, teller.on_export, draft)


def borrador(workbook: Workbook, teller: Teller) -> Path:
    """Make the entrega, whatever is missing."""
    return entrega(workbook, teller, draft=True)


MAKERS: dict[str, Callable[[Workbook, Teller], Path]] = {
    "memoria": memoria,
    "entrega": entrega,
    "borrador": borrador,
}


def main(what: str, folder: str) -> None:
    """Make `what` of the workbook in `folder`."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no progress
    signal.signal(signal.SIGINT, signal.default_int_handler)
    Thread(target=_end_with_input, daemon=True).start()
    workbook = Workbook(Path(folder))
    use(workbook)
    teller = Teller(stream, workbook)
    try:
        made = MAKERS[what](workbook, teller)
    except Si1p1Error as error:
        teller.tell(error=str(error))
    except KeyboardInterrupt:
        teller.tell(cancelled=True)
    else:
        teller.tell(made=str(made))


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main(*sys.argv[1:])
