"""The panel's page that makes the memoria and the entrega, beside the kernel: cells can run meanwhile."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import IO, Any

import ipywidgets as widgets

from helpers.errors import MemoriaError
from helpers.panel.parts import Actions, Page, html, link
from helpers.practice import delivery
from helpers.workbook import current

NOTE = (
    "<p>Guarda antes los cuadernos. Se ejecutan todos, en orden, sobre la misma nube: mientras tanto, no la cambies "
    "desde otra celda. Después, vuelve al inicio de la sección.</p>"
)
# The longest that a cell takes to end after CTRL+C; then it is killed.
CANCEL_S = 20.0
MAX_LINE = 2**20  # bytes: a review is one line
LAST_CHARACTERS = 2_000


class MemoriaPage(Page):
    """Its buttons, and how far what they have started is."""

    def __init__(self, actions: Actions, refresh: Callable[[], object]) -> None:
        self._actions, self._refresh = actions, refresh
        self._process: asyncio.subprocess.Process | None = None
        self.bar = widgets.FloatProgress(max=1.0, layout=widgets.Layout(width="40%"))
        self.doing, self.result = widgets.Label(), html()
        self.cancel = actions.button("Cancelar", self.stop)
        self.progress = widgets.HBox([self.bar, self.doing, self.cancel], layout=widgets.Layout(display="none"))
        self.buttons = [
            actions.button("Exportar memoria", lambda: self._start("memoria")),
            actions.button("Preparar entrega", lambda: self._start("entrega")),
            actions.button("Preparar borrador", lambda: self._start("borrador")),
        ]
        super().__init__([html(NOTE), widgets.HBox(self.buttons), self.progress, self.result])

    def _start(self, what: str) -> None:
        if self._process:
            raise MemoriaError("Ya se está haciendo: espera a que termine, o pulsa «Cancelar».")
        if what == "entrega":  # a draft of the solved one says on every page that it is one
            delivery.refuse_solved(current())
        self._task = asyncio.get_running_loop().create_task(self.make(what))

    async def make(self, what: str) -> None:
        """Make the memoria, the entrega or a draft of it, `what` of `making.MAKERS`, in a process of its own."""
        self.result.value, self.bar.value, self.doing.value = "", 0.0, "Empezando…"
        self.progress.layout.display = "flex"
        try:
            with tempfile.TemporaryFile() as errors:
                self._process = await _started(what, errors)
                told = await self._follow(self._process)
                await self._process.wait()
                self._end(what, told, errors)
        except Exception as error:
            self._actions.fail(error)
        finally:
            self._process = None
            self.progress.layout.display = "none"
            self._refresh()

    async def _follow(self, process: asyncio.subprocess.Process) -> dict[str, Any]:
        """Show the progress of `process` until its output ends; return all that it told, the last of each."""
        told: dict[str, Any] = {}
        if process.stdout is None:
            return told
        async for line in process.stdout:
            told |= json.loads(line)
            self.doing.value, self.bar.value = told.get("doing", ""), told.get("part", 0.0)
            if "review" in told:
                self.result.value = f"<pre>{escape(told['review'])}</pre>"
        return told

    def _end(self, what: str, told: dict[str, Any], errors: IO[bytes]) -> None:
        if made := told.get("made"):
            self.result.value += link(Path(made))
            if what != "memoria":
                last = delivery.last_line(Path(made), Path(made).name, what == "borrador")
                self.result.value += f"<p>{escape(last)}</p>"
        elif told.get("cancelled"):
            self._actions.say("Cancelado: lo que había en «build» no ha cambiado.")
        else:
            errors.seek(0)
            rest = errors.read().decode("utf-8", "replace")[-LAST_CHARACTERS:]
            raise MemoriaError(told.get("error") or f"Se ha parado antes de terminar. {rest}".strip())

    def stop(self) -> None:
        """Cancel what is being made; nothing that was there changes."""
        if self._process and self._process.stdin:
            self.doing.value = "Cancelando…"
            self._process.stdin.close()
            asyncio.get_running_loop().call_later(CANCEL_S, _kill, self._process)


async def _started(what: str, errors: IO[bytes]) -> asyncio.subprocess.Process:
    root = current().root
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "helpers.panel.making", what, str(root)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=errors,
        cwd=root,
        limit=MAX_LINE,
        start_new_session=True,  # or interrupting this kernel would interrupt it too
    )


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
