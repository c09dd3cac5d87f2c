"""Run a notebook's `!` lines and `%%bash` cells as IPython does, and explain under their output those that fail."""

import contextlib
import sys
from collections.abc import Callable
from functools import wraps
from subprocess import STDOUT, CalledProcessError
from typing import Any, TextIO

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import cell_magic, magics_class
from IPython.core.magics.script import ScriptMagics
from IPython.utils.process import process_handler, system  # type: ignore[attr-defined]  # IPython takes it from there
from IPython.utils.text import LSString, SList
from ptyprocess import PtyProcess

from helpers.session import note
from helpers.session.context import Context
from helpers.session.explain_commands import Ended, explain

# What is kept of a command's output: errors come last.
MAX_KEPT = 20_000


class Copy:
    """A stream that keeps the end of what is written to another."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.text = ""

    def write(self, text: str) -> int:
        """Write and keep."""
        self.text = (self.text + text)[-MAX_KEPT:]
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class ShellLines:
    """What IPython calls for a `!` line, in place of its own."""

    def __init__(self, shell: InteractiveShell, context: Callable[[], Context]) -> None:
        self._shell, self._context = shell, context
        self._system: Callable[[str], object] = shell.system
        self._expand: Callable[..., str] = shell.var_expand

    def system(self, typed: str) -> None:
        """Run a line; its exit code is then in `_exit_code`, as ever."""
        if typed.rstrip().endswith("&"):
            self._system(typed)  # which refuses it
            return
        command = self._expand(typed, depth=1)
        # Not self._system, which would put the variables' values in the line for the second time.
        with contextlib.redirect_stdout(Copy(sys.stdout)) as copy:
            exit_code = system(command)
        self._shell.user_ns["_exit_code"] = exit_code
        self._explain(Ended(typed, command, exit_code, copy.text))

    def getoutput(self, typed: str, split: bool = True, depth: int = 0) -> SList | LSString:
        """Run a line as `x = !line` and return its output, errors too."""
        if typed.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")  # as IPython's
        command = self._expand(typed, depth=depth + 1)
        ended = process_handler(command, lambda process: (process.communicate()[0], process.returncode), STDOUT)
        said, exit_code = ended or (b"", 0)  # it has been interrupted
        output = said.decode("utf-8", "replace")
        self._explain(Ended(typed, command, exit_code, output[-MAX_KEPT:]))
        return SList(output.splitlines()) if split else LSString(output)

    def _explain(self, ended: Ended) -> None:
        with contextlib.suppress(Exception):  # the output stands by itself
            if text := explain(ended, self._shell.user_ns, self._context()):
                note.show(text)


@magics_class
class ShellCells(ScriptMagics):
    """`%%bash` and its like, whose error has what they said."""

    @cell_magic("script")  # type: ignore[arg-type]  # IPython's hints describe its decorators before they are applied
    @wraps(ScriptMagics.shebang)
    def shebang(self, line: str, cell: str) -> None:
        """Run a cell."""
        with (
            contextlib.redirect_stdout(Copy(sys.stdout)) as said,
            contextlib.redirect_stderr(Copy(sys.stderr)) as errors,
        ):
            try:
                super().shebang(line, cell)
            except CalledProcessError as error:
                error.cmd, error.output = cell, said.text + errors.text
                raise


def install(shell: InteractiveShell, context: Callable[[], Context]) -> None:
    """Explain what fails in the `!` lines and `%%bash` cells of `shell` from now on.

    `context` says what is known of the cell that runs.
    """
    if "ShellCells" in shell.magics_manager.registry:
        return
    _close_at_once()
    lines = ShellLines(shell, context)
    # IPython calls them as it finds them.
    shell.system, shell.getoutput = lines.system, lines.getoutput  # type: ignore[method-assign]
    shell.register_magics(ShellCells)


def _close_at_once() -> None:
    """Spare each `!` line the 0.1 s that ptyprocess sleeps after a program, if that has ended already."""
    close = PtyProcess.close
    if hasattr(close, "__wrapped__"):
        return

    @wraps(close)
    def close_at_once(process: Any, force: bool = True) -> None:
        if process.terminated:
            process.delayafterclose = 0
        close(process, force)

    setattr(PtyProcess, "close", close_at_once)  # noqa: B010 - a patch
