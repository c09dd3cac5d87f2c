"""The panel's widgets. Each button calls a function that works without them; its errors are shown in the panel."""

import asyncio
import os
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import ipywidgets as widgets
from IPython.core.getipython import get_ipython

from helpers import diagram, lab, tables
from helpers.emulator import instance
from helpers.errors import Si1p1Error
from helpers.panel import api_client
from helpers.panel.function_log import Follower, followable
from helpers.practice import answers, checkpoints
from helpers.practice.questions import SECTIONS
from helpers.session import aws, cell_errors, survey
from helpers.session.jupyter_server import ROOT_VARIABLE
from helpers.workbook import current

REFRESH_S = 0.5
FOLLOW_S = 1.0
KEPT_EVENTS = 200
FITTED = {"width": "auto", "align_self": "flex-start"}
EXAMPLE_BODY = '{"username": "pepe", "data": "10", "email": "pepe@ss.com"}'


class Panel(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The panel of one section; where there are no widgets, a table with its content."""

    def __init__(self, section: str) -> None:
        self.section = section
        self.state, self.message = _html(), _html()
        self.resources, self.diagram = _html(), _html()
        self.questions = _html()
        self.function = widgets.Dropdown(description="Función")
        self._refreshing: asyncio.TimerHandle | None = None
        pages = {
            "LocalStack": self._localstack(),
            "Recursos": self._resources(),
            "API": self._api(),
            "Registro": self._log(),
            "Preguntas": self._questions(),
            "Memoria": self._memoria(),
        }
        tab = widgets.Tab(children=list(pages.values()), titles=list(pages))
        super().__init__([tab, self.message])
        self._guarded(self.refresh)()
        _after_each_cell(self._refresh_soon)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/html"] = self.state.value + self.resources.value
        return bundle

    # What is shown

    def refresh(self) -> None:
        """Show the current state."""
        self.questions.value = answers.progress()._repr_html_()
        status = instance.from_environment().status()
        version = f", versión {escape(status.version)}" if status.version else ""
        self.state.value = (
            f"<p>LocalStack: <strong>{escape(status.state)}</strong>{version}, en {escape(status.url)}</p>"
        )
        if status.answers:
            found = survey.survey()
            self.resources.value = found.resources()._repr_html_()
            self.diagram.value = diagram.draw(found)._repr_html_()
            self._offer(followable(found))
        else:
            self.resources.value = self.diagram.value = ""

    def _offer(self, names: list[str]) -> None:
        """Offer `names` as the functions to follow, keeping the chosen one; change nothing while one is followed."""
        chosen = self.function.value
        if not self.function.disabled and names != list(self.function.options):
            self.function.options = names
            if chosen in names:
                self.function.value = chosen

    def _refresh_soon(self) -> None:
        """Refresh a moment after the last cell ends: with *Run All*, not once per cell."""
        if self._refreshing:
            self._refreshing.cancel()
        self._refreshing = asyncio.get_running_loop().call_later(REFRESH_S, self._guarded(self.refresh))

    def _guarded(self, action: Callable[[], object]) -> Callable[..., None]:
        """Return `action` as a callback that shows its error in the panel."""

        def run(*_: object) -> None:
            try:
                action()
            except Exception as error:
                self.message.value = _error_html(error)

        return run

    def _button(self, text: str, action: Callable[[], object], refresh: bool = True) -> widgets.Button:
        button = widgets.Button(description=text, layout=FITTED)

        def act() -> None:
            cell_errors.begin()
            self.message.value, button.disabled = "", True
            try:
                action()
            finally:
                button.disabled = False
                if refresh:
                    self.refresh()

        button.on_click(self._guarded(act))
        return button

    def _say(self, text: str) -> None:
        self.message.value = f"<p>{escape(text)}</p>"

    # Its pages

    def _localstack(self) -> widgets.Widget:
        def waiting(waited_s: float) -> None:
            self._say(f"Arrancando LocalStack… {waited_s:.0f} s")

        def start() -> None:
            aws.use(instance.start(on_wait=waiting).url)
            self._say("LocalStack está en marcha.")

        def restart() -> None:
            aws.use(instance.from_environment().restart(on_wait=waiting).url)
            self._say("LocalStack ha arrancado vacío: en «Recursos» está el botón para volver al inicio de la sección.")

        buttons = [
            self._button("Arrancar", start),
            self._button("Reiniciar", restart),
            self._button("Parar", lambda: instance.from_environment().stop()),
        ]
        return widgets.VBox([self.state, widgets.HBox(buttons)])

    def _resources(self) -> widgets.Widget:
        start = ", ".join(map(str, checkpoints.contents(self.section))) or "sin nada de la práctica"
        if checkpoints.CHECKPOINTS[self.section] is None:
            start = "lo que haya: esta sección solo mira"
        buttons = [
            self._button("Actualizar", lambda: None),
            self._button("Volver al inicio de la sección", lambda: self._say(str(lab.open(self.section)))),
        ]
        text = _html(f"<p>Al inicio de la sección: {escape(start)}.</p>")
        return widgets.VBox([widgets.HBox(buttons), text, self.resources, self.diagram])

    def _api(self) -> widgets.Widget:
        method = widgets.Dropdown(options=api_client.METHODS, description="Método")
        username = widgets.Text("pepe", description="username")
        body = widgets.Textarea(EXAMPLE_BODY, description="Cuerpo", layout=widgets.Layout(width="95%"))
        answer = _html()

        def send() -> None:
            answer.value = ""
            sent = "" if method.value == "GET" else body.value
            exchange = api_client.send(method.value, username.value, sent)
            answer.value = f"{exchange.table()._repr_html_()}<pre>{escape(exchange.curl)}</pre>"

        return widgets.VBox([widgets.HBox([method, username]), body, self._button("Enviar", send), answer])

    def _log(self) -> widgets.Widget:
        follow = widgets.ToggleButton(description="Seguir")
        shown = _html()

        async def following() -> None:
            follower = Follower(self.function.value)
            events: list[Mapping[str, Any]] = []
            shown.value = "<p><em>Esperando a que la función se ejecute…</em></p>"
            try:
                while follow.value:
                    if new := follower.new_events():
                        events = [*events, *new][-KEPT_EVENTS:]
                        shown.value = tables.log_events([{"events": events}])._repr_html_()
                    await asyncio.sleep(FOLLOW_S)
            except Exception as error:
                self.message.value = _error_html(error)
                follow.value = False

        def toggled(change: dict[str, Any]) -> None:
            if change["new"] and not self.function.value:
                self._say("Todavía no hay ninguna función que seguir.")
                follow.value = False
                return
            self.function.disabled = change["new"]
            if change["new"]:
                self._following = asyncio.get_running_loop().create_task(following())

        follow.observe(toggled, "value")
        return widgets.VBox([widgets.HBox([self.function, follow]), shown])

    def _questions(self) -> widgets.Widget:
        return widgets.VBox([self._button("Actualizar", lambda: None), self.questions])

    def _memoria(self) -> widgets.Widget:
        bar = widgets.FloatProgress(max=1.0, layout=widgets.Layout(visibility="hidden", width="60%"))
        doing, link = widgets.Label(), _html()

        def on_cell(path: Path, done: int, total: int) -> None:
            bar.value = ([section.stem for section in SECTIONS].index(path.stem) + done / total) / len(SECTIONS)
            doing.value = f"{path.stem}: {done} de {total} celdas"

        def on_export() -> None:
            bar.value, doing.value = 1.0, "Componiendo el PDF…"

        def export(draft: bool = False) -> Path:
            from helpers.memoria import build  # takes half a second, and most cells do not need it

            link.value, bar.value, bar.layout.visibility = "", 0.0, "visible"
            try:
                return build.make(current(), on_cell, on_export, draft=draft)
            finally:
                bar.layout.visibility, doing.value = "hidden", ""

        def memoria() -> None:
            link.value = _link(export())

        def hand_in(draft: bool) -> None:
            from helpers.practice import delivery

            if not draft:
                delivery.check(current())
            link.value = _link(delivery.pack(current(), export(draft)))

        text = _html(
            "<p>Guarda antes los cuadernos. Se ejecutan todos, en orden, y la nube queda como la deja el último: "
            "después hay que volver al inicio de la sección.</p>"
        )
        buttons = [
            self._button("Exportar memoria", memoria),
            self._button("Preparar entrega", lambda: hand_in(draft=False)),
            self._button("Preparar borrador", lambda: hand_in(draft=True)),
        ]
        return widgets.VBox([text, widgets.HBox(buttons), widgets.HBox([bar, doing]), link])


@dataclass(frozen=True)
class CellEnded:
    """The panel's callback for the end of a cell; IPython passes it the cell's result."""

    callback: Callable[[], None]

    def __call__(self, _result: object) -> None:
        """Call `callback`."""
        self.callback()


def _after_each_cell(callback: Callable[[], None]) -> None:
    """Call `callback` when a cell ends, replacing any earlier panel's; do nothing outside a notebook."""
    shell = get_ipython()
    if shell is None:
        return
    for former in [one for one in shell.events.callbacks["post_run_cell"] if isinstance(one, CellEnded)]:
        shell.events.unregister("post_run_cell", former)
    shell.events.register("post_run_cell", CellEnded(callback))


def _html(text: str = "") -> widgets.HTML:
    """Return an HTML widget whose tables look like those of cells in JupyterLab."""
    html = widgets.HTML(text)
    html.add_class("jp-RenderedHTMLCommon")
    html.add_class("jp-OutputArea-output")
    return html


def _error_html(error: Exception) -> str:
    """Return an error as the panel shows it: its explanation if there is one, else in full."""
    paragraph = str(error) if isinstance(error, Si1p1Error) else cell_errors.paragraph(error)
    text = paragraph or "".join(traceback.format_exception(error))
    return f'<pre class="panel-error" style="white-space: pre-wrap; color: #b3261e">{escape(text)}</pre>'


def _link(path: Path) -> str:
    """Return a link to a workbook's file on JupyterLab's server, or only its name if the server does not serve it."""
    name = escape(current().shown(path))
    root = Path(os.environ.get(ROOT_VARIABLE, os.devnull))
    if path.is_relative_to(root):
        address = quote(path.relative_to(root).as_posix())
        name = f'<a href="/files/{address}" target="_blank">{name}</a>'
    return f"<p>Hecho: {name}</p>"
