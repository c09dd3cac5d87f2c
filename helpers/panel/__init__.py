"""The lab's panel: an aid beside the lesson, made of functions that work without it."""

from helpers.errors import Si1p1Error
from helpers.panel.board import Panel
from helpers.session.open_section import opened

__all__ = ["Panel", "show"]


def show() -> Panel:
    """Return the panel of the section opened by `lab.open`, for a notebook to show; raises `Si1p1Error` without one."""
    if not opened.section:
        raise Si1p1Error(
            "Todavía no hay ninguna sección abierta: ejecuta la primera celda, lab.open(…), y repite esta."
        )
    return Panel(opened.section)
