"""The practice's files with a one-line description each, taken from the files themselves."""

import ast
from pathlib import Path

import nbformat

from helpers.tables import Table, table
from helpers.workbook import current

__all__ = ["describe", "files"]


def files() -> Table:
    """Return the handlers of this workbook, their Dockerfile and the notebooks: Archivo, Descripción."""
    workbook = current()
    found = [*workbook.code_files(), workbook.handlers / "Dockerfile", *workbook.notebook_files()]
    return table(
        [(f"{path.parent.name}/{path.name}", describe(path)) for path in found], columns=["Archivo", "Descripción"]
    )


def describe(path: Path) -> str:
    """Return the first line of a file's own description: docstring, comment or heading."""
    if path.suffix == ".py":
        try:
            docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        except (SyntaxError, ValueError) as error:  # a student's file, perhaps half written
            return f"(no es Python correcto: {error})"
        return docstring.partition("\n")[0]
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        return cells[0].source.partition("\n")[0].lstrip("# ") if cells else ""
    return path.read_text("utf-8").partition("\n")[0].lstrip("#/ ")
