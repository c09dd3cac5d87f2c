"""The pieces of the panel's pages: text, marked tables, links, and buttons whose errors are shown in the panel."""

import os
import re
import traceback
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from urllib.parse import quote

import ipywidgets as widgets

from helpers.errors import Si1p1Error
from helpers.session import cell_errors
from helpers.session.jupyter_server import HUB_VARIABLE
from helpers.session.lab_terminal import ROOT_VARIABLE
from helpers.tables import Table
from helpers.workbook import current

# A button as wide as its text, at the start of its column.
FITTED = {"width": "auto", "align_self": "flex-start"}
# JupyterLab's own colour for errors, in each theme; the other one is for where there is none.
ERROR_COLOUR = "var(--jp-error-color1, #b3261e)"
# Of a button whose action has not ended (session/cell_look.css).
BUSY = "panel-busy"
ROW = re.compile(r"<tr>(\s*<td[^>]*>)")


class Page(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A column of widgets."""


class Actions:
    """What a page's buttons do, one at a time; what they say, and their errors, go to `message`."""

    def __init__(self, refresh: Callable[[], object]) -> None:
        self.message = html()
        self._refresh = refresh

    def button(self, text: str, action: Callable[[], object], **options: str) -> widgets.Button:
        """Return a button that runs `action` and then refreshes the panel."""
        button = widgets.Button(description=text, layout=FITTED, **options)

        def act() -> None:
            cell_errors.begin()
            self.message.value = ""
            button.add_class(BUSY)  # disabled, it would lose the focus, and who has only a keyboard the place
            try:
                action()
            finally:
                button.remove_class(BUSY)
                self._refresh()

        button.on_click(self.guarded(act))
        return button

    def guarded(self, action: Callable[[], object]) -> Callable[..., None]:
        """Return `action` as a callback that shows its error in the panel."""

        def run(*_: object) -> None:
            try:
                action()
            except Exception as error:
                self.fail(error)

        return run

    def say(self, text: str) -> None:
        """Show a sentence."""
        self.message.value = f"<p>{escape(text)}</p>"

    def show(self, shown: str) -> None:
        """Show a piece of HTML, which must be safe."""
        self.message.value = shown

    def fail(self, error: Exception) -> None:
        """Show an error: its explanation if there is one, else in full."""
        self.message.value = error_html(error)


def html(text: str = "", kind: str = "") -> widgets.HTML:
    """Return an HTML widget whose tables look like those of cells in JupyterLab; narrow, as the class `kind` says."""
    # The classes make it as wide as its box, and a widget has margins besides: without this, a scroll bar.
    made = widgets.HTML(text, layout=widgets.Layout(width="auto", margin="0"))
    made.add_class("jp-RenderedHTMLCommon")
    made.add_class("jp-OutputArea-output")
    for name in filter(None, ("panel-text", kind)):  # session/cell_look.css
        made.add_class(name)
    return made


def error_html(error: Exception) -> str:
    """Return an error as the panel shows it."""
    paragraph = str(error) if isinstance(error, Si1p1Error) else cell_errors.paragraph(error)
    text = paragraph or "".join(traceback.format_exception(error))
    return f'<pre class="panel-error" style="white-space: pre-wrap; color: {ERROR_COLOUR}">{escape(text)}</pre>'


def marked(table: Table, is_bad: Iterable[bool]) -> str:
    """Return a table's HTML with a ✗, and the colour of errors, in the rows that are bad."""
    flags = iter(is_bad)

    def row(found: re.Match[str]) -> str:
        return f'<tr style="color: {ERROR_COLOUR}">{found[1]}✗ ' if next(flags, False) else found[0]

    return ROW.sub(row, table._repr_html_())


def link(path: Path) -> str:
    """Return a link to a workbook's file on JupyterLab's server, or only its name if the server does not serve it."""
    name = escape(current().shown(path))
    root = Path(os.environ.get(ROOT_VARIABLE, os.devnull))
    if path.is_relative_to(root):
        address = quote(path.relative_to(root).as_posix())
        server = escape(os.environ.get(HUB_VARIABLE, "/"))
        name = f'<a href="{server}files/{address}" target="_blank">{name}</a>'
    return f"<p>Hecho: {name}</p>"
