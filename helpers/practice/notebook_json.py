"""A notebook's JSON as its file has it: what is not understood is refused, not mended, as it is written again."""

import json
from collections.abc import Sequence
from typing import Any

from helpers.practice.notebook_merge import Cell

type Notebook = dict[str, Any]

FORMAT = 4


def parse(content: bytes) -> Notebook:
    """Return the notebook in a file's bytes; raise `ValueError`, whose text says in Spanish why it is none."""
    try:
        notebook = json.loads(content)
    except json.JSONDecodeError as error:
        raise ValueError(f"no es JSON (línea {error.lineno}, columna {error.colno})") from error
    except UnicodeDecodeError as error:
        raise ValueError("no está en UTF-8") from error
    except (RecursionError, ValueError) as error:  # nested too deep, or a number of too many digits
        raise ValueError("su JSON no se puede leer") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise ValueError("no es un cuaderno")
    if notebook["nbformat"] != FORMAT:
        raise ValueError(f"su formato es el {notebook['nbformat']}, y se espera el {FORMAT}")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(map(_is_cell, cells)) or not isinstance(notebook.get("metadata"), dict):
        raise ValueError("a alguna de sus celdas le falta algo")
    return notebook


def _is_cell(cell: Any) -> bool:
    return (
        isinstance(cell, dict)
        and isinstance(cell.get("cell_type"), str)
        and isinstance(cell.get("metadata"), dict)
        and isinstance(source := cell.get("source"), str | list)
        and all(isinstance(line, str) for line in source)
    )


def with_cells(notebook: Notebook, newer: Notebook, cells: Sequence[Cell]) -> Notebook:
    """Return the student's notebook with other cells, and with the edition's format and metadata where it has none."""
    minor = max(notebook.get("nbformat_minor", 0), newer["nbformat_minor"])
    metadata = newer["metadata"] | notebook["metadata"]
    return notebook | {"metadata": metadata, "nbformat_minor": minor, "cells": list(cells)}


def to_bytes(notebook: Notebook) -> bytes:
    """Return the content of the notebook's file, as JupyterLab writes it."""
    lines = notebook | {"cells": [cell | {"source": _lines(cell["source"])} for cell in notebook["cells"]]}
    written = json.dumps(lines, ensure_ascii=False, indent=1, sort_keys=True)
    try:
        return f"{written}\n".encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only JSON's escapes can write
        return (json.dumps(lines, indent=1, sort_keys=True) + "\n").encode()


def _lines(source: str | list[str]) -> list[str]:
    return source.splitlines(keepends=True) if isinstance(source, str) else source
