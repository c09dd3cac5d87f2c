"""Errors of a notebook's cells: explained in a paragraph if possible, shown once, never lost.

The error itself does not change: whoever executes the notebook sees its name and value.
"""

import linecache
import sys
import textwrap
import time
import traceback as python_traceback
from types import TracebackType

from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell

from helpers.session.explain import Context, explain
from helpers.session.opened import opened

WIDTH = 110


class Watch:
    """What is known about the last error of the cells."""

    is_installed = False
    began_ms = 0
    last: tuple[type[BaseException], BaseException, TracebackType] | None = None
    shown_in: int | None = None  # the execution count of the cell that showed it

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
            shell.showtraceback((etype, value, tb), tb_offset=tb_offset, running_compiled_code=True)
            return
        # %tb and %debug read these.
        sys.last_type, sys.last_value, sys.last_traceback, sys.last_exc = etype, value, tb, value
        shell._showtraceback(etype, value, ["\n".join(_message(shell, etype.__name__, text, tb))])


_watch = Watch()


def begin(*_: object) -> None:
    """Record that a cell, or a button's action, begins now."""
    _watch.began_ms = time.time_ns() // 1_000_000


def paragraph(error: BaseException) -> str | None:
    """Return a paragraph that explains `error` in this notebook, or None."""
    try:
        return explain(error, Context(opened.section, opened.session_id, _watch.began_ms))
    except Exception:
        return None  # show the student's error, not one raised while explaining it


def install() -> None:
    """Explain the errors of this notebook's cells from now on; do nothing outside a notebook."""
    shell = get_ipython()
    if shell is None:
        return
    if not _watch.is_installed:
        _watch.is_installed = True
        begin()
        shell.events.register("pre_run_cell", begin)
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
        details += [f"Línea {number}: {linecache.getline(frame.f_code.co_filename, number).strip()}"]
    return [*lines, *details, "El error completo: lab.traceback()"]
