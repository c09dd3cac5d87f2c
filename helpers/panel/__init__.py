"""The panel of the lab: an aid beside the lesson, made of functions that work without it."""

from helpers import lab
from helpers.errors import Si1p1Error
from helpers.panel.board import Panel

__all__ = ["Panel", "show"]


def show() -> Panel:
    """Return the panel of the section that `lab.open` opened; a notebook shows it."""
    if lab.section is None:
        raise Si1p1Error(
            "Todavía no hay ninguna sección abierta: ejecuta la primera celda, lab.open(…), y repite esta."
        )
    return Panel(lab.section)
