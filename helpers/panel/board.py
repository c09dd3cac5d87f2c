"""The panel: its tabs, and what keeps them up to date. Each button calls a function that works without it."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as widgets
from botocore.exceptions import ClientError
from IPython.core.getipython import get_ipython

from helpers import diagram, lab
from helpers.emulator import instance, journal
from helpers.panel import api_client
from helpers.panel.calls_page import CallsPage
from helpers.panel.dock import dock
from helpers.panel.function_log import followable
from helpers.panel.log_page import LogPage
from helpers.panel.memoria_page import MemoriaPage
from helpers.panel.parts import Actions, Page, html
from helpers.panel.questions_page import QuestionsPage
from helpers.practice import checkpoints
from helpers.practice.checks.verdict import Verdict
from helpers.practice.questions import SECTIONS
from helpers.session import aws, cloud_contents
from helpers.workbook import current

REFRESH_S = 0.5
WATCH_S = 1.0
EXAMPLE_BODY = '{"username": "pepe", "data": "10", "email": "pepe@ss.com"}'


class Panel(Page):
    """The panel of one section; where there are no widgets, a table with its content."""

    def __init__(self, section: str) -> None:
        self.section = section
        self.state, self.resources, self.diagram = html(), html(kind="panel-resources"), html()
        self.actions = Actions(self.refresh)
        refresh = self.actions.guarded(self.refresh)
        self.function_log, self.calls = LogPage(self.actions), CallsPage(refresh)
        self.questions = QuestionsPage(section, self.actions)
        self.memoria = MemoriaPage(self.actions, refresh)
        self._refreshing: asyncio.TimerHandle | None = None
        self._seen: tuple[object, ...] | None = None  # what `_signature` was of what is shown
        pages = {
            "LocalStack": self._localstack(),
            "Recursos": self._resources(),
            "API": self._api(),
            "Llamadas": self.calls,
            "Registro": self.function_log,
            "Preguntas": self.questions,
            "Memoria": self.memoria,
        }
        self.tab = widgets.Tab(children=list(pages.values()), titles=list(pages))
        self.tab.observe(refresh, "selected_index")
        beside = self.actions.button("Poner al lado", self.put_beside)
        super().__init__([beside, self.tab, self.actions.message])
        dock.renew(self)
        refresh()
        _keep_up_to_date(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/html"] = self.state.value + self.resources.value
        return bundle

    def refresh(self) -> None:
        """Show the current state."""
        seen, self._seen = _signature(), None
        self.questions.refresh()
        status = instance.from_environment().status()
        version = f", versión {escape(status.version)}" if status.version else ""
        self.state.value = (
            f"<p>LocalStack: <strong>{escape(status.state)}</strong>{version}, en {escape(status.url)}</p>"
        )
        self.calls.refresh()
        if status.answers:
            found = cloud_contents.survey()
            self.resources.value = found.resources()._repr_html_()
            self.diagram.value = diagram.draw(found)._repr_html_()
            self.function_log.offer(followable(found))
        else:
            self.resources.value = self.diagram.value = ""
        self._seen = seen

    def put_beside(self) -> None:
        """Show the panel in a tab of JupyterLab's own, beside the notebook."""
        section = next(one.title for one in SECTIONS if one.key == self.section)
        dock.put(self, f"Panel: {section}")

    def cell_ended(self, result: object) -> None:
        """Learn what a cell's check has said, and refresh a moment later: with *Run All*, not once per cell."""
        if isinstance(result, Verdict):
            self.questions.learn(result)
        if self._refreshing:
            self._refreshing.cancel()
        self._refreshing = asyncio.get_running_loop().call_later(REFRESH_S, self.actions.guarded(self.refresh))

    async def watch(self) -> None:
        """Refresh when something changes outside this notebook: a call of somebody else's, a notebook that is saved."""
        while True:
            await asyncio.sleep(WATCH_S)
            self.actions.guarded(dock.give_way)()
            self.actions.guarded(self._refresh_if_changed)()

    def _refresh_if_changed(self) -> None:
        if _signature() != self._seen:
            with contextlib.suppress(ClientError):  # what was being listed has been deleted: it looks again
                self.refresh()

    # Its pages

    def _localstack(self) -> widgets.Widget:
        say, button = self.actions.say, self.actions.button

        def waiting(waited_s: float) -> None:
            say(f"Arrancando LocalStack… {waited_s:.0f} s")

        def start() -> None:
            aws.use(instance.start(on_wait=waiting).url)
            say("LocalStack está en marcha.")

        def restart() -> None:
            aws.use(instance.from_environment().restart(on_wait=waiting).url)
            say("LocalStack ha arrancado vacío: en «Recursos» está el botón para volver al inicio de la sección.")

        buttons = [
            button("Arrancar", start),
            button("Reiniciar", restart),
            button("Parar", lambda: instance.from_environment().stop()),
        ]
        return widgets.VBox([self.state, widgets.HBox(buttons)])

    def _resources(self) -> widgets.Widget:
        start = ", ".join(map(str, checkpoints.contents(self.section))) or "sin nada de la práctica"
        if checkpoints.CHECKPOINTS[self.section] is None:
            start = "lo que haya: esta sección solo mira"

        def reset() -> None:
            self.actions.show(lab.open(self.section)._repr_html_())

        buttons = [
            self.actions.button("Actualizar", lambda: None),
            self.actions.button("Volver al inicio de la sección", reset),
        ]
        text = html(f"<p>Al inicio de la sección: {escape(start)}.</p>")
        return widgets.VBox([widgets.HBox(buttons), text, self.resources, self.diagram])

    def _api(self) -> widgets.Widget:
        method = widgets.Dropdown(options=api_client.METHODS, description="Método")
        # Sent when the field is left: while the kernel is busy, what is typed would come after the button's message.
        when_left = {"continuous_update": False}
        username = widgets.Text("pepe", description="username", **when_left)
        body = widgets.Textarea(EXAMPLE_BODY, description="Cuerpo", layout=widgets.Layout(width="95%"), **when_left)
        answer = html()

        def send() -> None:
            answer.value = ""
            sent = "" if method.value == "GET" else body.value
            exchange = api_client.send(method.value, username.value, sent)
            answer.value = f"{exchange.table()._repr_html_()}<pre>{escape(exchange.curl)}</pre>{exchange.behind}"

        return widgets.VBox([widgets.HBox([method, username]), body, self.actions.button("Enviar", send), answer])


@dataclass(frozen=True)
class CellEnded:
    """The panel's callback for the end of a cell; IPython passes it the cell's result."""

    callback: Callable[[object], None]

    def __call__(self, result: Any) -> None:
        """Call `callback` with the value of the cell."""
        self.callback(result.result)


_watching: asyncio.Task[None] | None = None


def _keep_up_to_date(panel: Panel) -> None:
    """Refresh `panel` from now on, in place of any earlier one; do nothing outside a notebook."""
    global _watching
    shell = get_ipython()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # a program, or IPython in a terminal
        return
    if shell is None:
        return
    for former in [one for one in shell.events.callbacks["post_run_cell"] if isinstance(one, CellEnded)]:
        shell.events.unregister("post_run_cell", former)
    shell.events.register("post_run_cell", CellEnded(panel.cell_ended))
    if _watching:
        _watching.cancel()
    _watching = loop.create_task(panel.watch())


def _signature() -> tuple[object, ...]:
    """Return what changes when the cloud is called or a notebook is saved; it costs some looks at files."""
    saved = [path.stat().st_mtime_ns for path in current().notebooks.glob("*.ipynb")]
    return (journal.position(instance.from_environment().folder), *sorted(saved))
