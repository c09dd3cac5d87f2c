"""Errors of a notebook's cells: explained in a paragraph if possible, shown once, never lost.

The error itself does not change: whoever executes the notebook sees its name and value. Requests that an API could not
answer are explained too, under the output of the cell that sent them.
"""

import contextlib
import linecache
import sys
import textwrap
import time
import traceback as python_traceback
from pathlib import Path
from types import TracebackType

from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell

from helpers.emulator import instance, journal
from helpers.emulator.journal import Entry
from helpers.errors import EmulatorError
from helpers.practice import checks
from helpers.session import explain_functions, note, shell_lines
from helpers.session.context import Context
from helpers.session.explain import explain
from helpers.session.open_section import opened

WIDTH = 110
# Of the requests that failed in one cell: the last ones, each for its own reason.
MAX_NOTES = 3


class Watch:
    """What is known about the cell that runs, or the button's action, and about the last error."""

    is_installed = False
    began_ms = 0
    folder: Path | None = None  # of LocalStack's journal
    position = 0  # where the journal ended when it began
    last: tuple[type[BaseException], BaseException, TracebackType] | None = None
    shown_in: int | None = None  # the execution count of the cell that showed it
    told_of_function = False

    def entries(self) -> list[Entry]:
        """Return what the journal got meanwhile; nothing if there is no journal, or nothing new in it."""
        if self.folder is None or journal.position(self.folder) == self.position:
            return []
        return journal.read_from(self.folder, self.position)

    def show(
        self,
        shell: InteractiveShell,
        etype: type[BaseException],
        value: BaseException,
        tb: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        """Show a cell's error: IPython calls this instead of its own traceback."""
        # %%comandos runs a cell inside a cell, and both end with the same error.
        if self.last and value is self.last[1] and self.shown_in == shell.execution_count:
            return
        self.last, self.shown_in = (etype, value, tb), shell.execution_count
        if (text := paragraph(value)) is None:
            began = any(frame.f_globals is shell.user_ns for frame, _ in python_traceback.walk_tb(tb))
            shell.showtraceback((etype, value, tb), tb_offset=tb_offset, running_compiled_code=began)
            return
        self.told_of_function = text.startswith("La función «")
        # %tb and %debug read these.
        sys.last_type, sys.last_value, sys.last_traceback, sys.last_exc = etype, value, tb, value
        shell._showtraceback(etype, value, ["\n".join(_message(shell, etype.__name__, text, tb))])


_watch = Watch()
show = _watch.show


def begin(*_: object) -> None:
    """Record that a cell, or a button's action, begins now."""
    _watch.began_ms = time.time_ns() // 1_000_000
    _watch.told_of_function = False
    if _watch.folder is not None:
        _watch.position = journal.position(_watch.folder)


def context() -> Context:
    """Return what explanations need to know of the cell, or action, that runs."""
    return Context(opened.section, opened.session_id, _watch.began_ms, _watch.entries())


def paragraph(error: BaseException) -> str | None:
    """Return a paragraph that explains `error` in this notebook, or None."""
    try:
        return explain(error, context())
    except Exception:
        return None  # show the student's error, not one raised while explaining it


def failed_requests() -> list[str]:
    """Return why the requests of this cell, or action, got a 5xx: once for each route, the last ones."""
    if not opened.section:
        return []
    now = context()
    failed = {(entry.service, entry.name, str(entry.parameters)): entry for entry in now.entries
              if explain_functions.is_failed_request(entry)}  # fmt: skip
    texts: list[str] = []
    for entry in list(failed.values())[-MAX_NOTES:]:
        with contextlib.suppress(Exception):  # LocalStack may have gone meanwhile: whatever asks it next says so
            text = explain_functions.of_request(entry, now)
            if text and text not in texts:
                texts.append(text)
    return texts


def _end(*_: object) -> None:
    """Explain the requests that failed in the cell that ends, unless its error has done it."""
    if not _watch.told_of_function:
        for text in failed_requests():
            note.show(text)
    begin()  # %%comandos runs a cell inside a cell, and both end


def install() -> None:
    """Explain the errors of this notebook's cells from now on; do nothing outside a notebook."""
    shell = get_ipython()
    checks.explain_errors_with(paragraph)
    try:
        _watch.folder = instance.from_environment().folder
    except EmulatorError:
        _watch.folder = None
    if shell is None:
        return
    if not _watch.is_installed:
        _watch.is_installed = True
        begin()
        shell.events.register("pre_run_cell", begin)
        shell.events.register("post_run_cell", _end)
    shell_lines.install(shell, context)
    shell.set_custom_exc((Exception, KeyboardInterrupt), _watch.show)


def traceback() -> None:
    """Print the last error of a cell in full."""
    shell = get_ipython()
    if shell is None or _watch.last is None:
        print("Ninguna celda ha dado un error.")  # noqa: T201
        return
    print(shell.InteractiveTB.stb2text(shell.InteractiveTB.structured_traceback(*_watch.last)))  # noqa: T201


def _message(shell: InteractiveShell, name: str, explained: str, tb: TracebackType) -> list[str]:
    """Return the lines to show: the paragraph, the line of the cell, and how to see more."""
    text, *details = explained.split("\n")
    lines = textwrap.wrap(f"{name}: {text}", WIDTH, break_long_words=False, break_on_hyphens=False)
    where = [(frame, number) for frame, number in python_traceback.walk_tb(tb) if frame.f_globals is shell.user_ns]
    if where:
        frame, number = where[-1]
        line = linecache.getline(frame.f_code.co_filename, number).strip()
        if not line.startswith("get_ipython()."):  # what IPython makes of a magic: nobody has typed it
            details += [f"Línea {number}: {line}"]
    whole = "lab.traceback()" if opened.section else "%tb"  # before the first cell, there is no lab
    return [*lines, *details, f"El error completo: {whole}"]
