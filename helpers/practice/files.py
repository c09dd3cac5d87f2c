"""What each file that is handed in does, in a line, under the name that it has there."""

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from helpers import notebook_file
from helpers.practice.questions import SECTIONS
from helpers.practice.sources import Source, in_a_line, parsed, read, sources
from helpers.workbook import current

if TYPE_CHECKING:  # importing pandas takes half a second, and the entrega does not need the table
    from helpers.tables import Table

__all__ = ["about", "describe", "description", "files"]


def files() -> "Table":
    """Return the files of this workbook that are handed in: Archivo, its name in the delivery, and Descripción."""
    from helpers.tables import table

    workbook = current()
    code = [(source.name, description(source)) for source in sources(workbook)]
    notebooks = [(f"notebooks/{path.name}", describe(path)) for path in workbook.notebook_files()]
    return table([*code, *notebooks], columns=["Archivo", "Descripción"])


def description(source: Source) -> str:
    """Return what a file says in its first line that it does, or what is wrong with it."""
    if source.content is None:
        return f"({source.problem})"
    if source.fault:
        return f"(no es {source.language} correcto: {source.fault})"
    text = source.content.decode("utf-8", "replace")
    if source.file.endswith(".py"):
        first = (ast.get_docstring(parsed(source.content)) or "").partition("\n")[0]
    else:
        first = text.lstrip("\ufeff").partition("\n")[0].strip("#/* \r")
    return in_a_line(first) or "(no lo dice: escríbelo en su primera línea)"


def describe(path: Path) -> str:
    """Return in a line what a notebook or a file of the handlers does."""
    return description(read(path)) if path.suffix != ".ipynb" else about(path, notebook_file.read(path))


def about(path: Path, notebook: NotebookNode) -> str:
    """Return in a line what a notebook is about: its section, or the heading of one of the student's own."""
    section = next((one for one in SECTIONS if one.stem == path.stem), None)
    if section:
        return f"{section.title}: {section.about.replace('`', '')}"
    first = str(notebook.cells[0].get("source", "")) if notebook.cells else ""
    return in_a_line(first.lstrip("# ").partition("\n")[0])
