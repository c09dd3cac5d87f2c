"""Read a notebook as any tool may have left it: what has not its type becomes what is nearest to it, or goes.

JupyterLab leaves `"tags": []` when a tag is removed; converters leave `null`, words where a list belongs, and cells
without metadata. nbformat gives up at half of these, and what it lets through would end an export.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

CELL_TYPES = ("code", "markdown", "raw")
UNKNOWN_CELL = "markdown"  # its text is worth showing
ID = re.compile("[a-zA-Z0-9_-]{1,64}")


# What the format says of some keys of the metadata; the rest is free.
NOTEBOOK_METADATA: dict[str, Callable[[Any], bool]] = {
    "title": lambda value: isinstance(value, str),
    "language": lambda value: isinstance(value, str),
    "authors": lambda value: isinstance(value, list),
    "orig_nbformat": lambda value: False,
    "kernelspec": lambda value: _has_words(value, "name", "display_name"),
    "language_info": lambda value: _has_words(
        {"file_extension": "", "mimetype": "", "pygments_lexer": "", **_mapping(value)},
        "name", "file_extension", "mimetype", "pygments_lexer",
    ) and isinstance(value.get("codemirror_mode", ""), str | dict),
}  # fmt: skip
CELL_METADATA: dict[str, Callable[[Any], bool]] = {
    "collapsed": lambda value: isinstance(value, bool),
    "scrolled": lambda value: isinstance(value, bool) or value == "auto",
    "name": lambda value: isinstance(value, str) and value != "",
    "format": lambda value: isinstance(value, str),
    "jupyter": lambda value: isinstance(value, dict),
    "execution": lambda value: isinstance(value, dict) and _has_words(value, *value),
}


def read(path: Path) -> NotebookNode:
    """Return the notebook at `path`; raises `OSError`, or what `parse` does."""
    return parse(path.read_text("utf-8"))


def parse(text: str) -> NotebookNode:
    """Return the notebook that `text` holds, of any version, as one of version 4.

    Raises `nbformat.reader.NotJSONError` or `nbformat.ValidationError` if it is no notebook.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise nbformat.reader.NotJSONError(f"No es JSON: {error}") from error
    if not isinstance(data, dict) or not ("cells" in data or "worksheets" in data):
        raise nbformat.ValidationError("No es un cuaderno: no tiene celdas.")
    if "cells" in data:
        return sound(data)
    try:
        return sound(nbformat.reads(text, as_version=4))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise nbformat.ValidationError(f"No se entiende su formato, que es antiguo: {error}") from error


def sound(notebook: Mapping[str, Any]) -> NotebookNode:
    """Return a copy of `notebook` in which everything is of the type that the format, version 4.5, says."""
    found = [cell for cell in _list(notebook.get("cells")) if isinstance(cell, dict)]
    cells = [_cell(cell, name) for cell, name in zip(found, _ids(found), strict=True)]
    metadata = _metadata(notebook.get("metadata"), NOTEBOOK_METADATA)
    whole: NotebookNode = nbformat.from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    return whole


def role_and_ids(cell: NotebookNode) -> tuple[str, list[str]]:
    """Return the role of a cell (`pregunta`, `evidencia`, `respuesta`, …; empty if none) and the ids of its questions.

    They are its tags, in order.
    """
    role, *ids = tags(cell) or [""]
    return role, ids


def tags(cell: Mapping[str, Any]) -> list[str]:
    """Return the tags of a cell that are words; none if its metadata has something else."""
    found = _list(_mapping(cell.get("metadata")).get("tags"))
    return [tag for tag in found if isinstance(tag, str) and tag and "," not in tag]


def by_question(cells: Iterable[NotebookNode], role: str) -> dict[str, list[NotebookNode]]:
    """Return the cells that have that role, in order: question -> its cells."""
    found: dict[str, list[NotebookNode]] = {}
    for cell in cells:
        its_role, ids = role_and_ids(cell)
        for question in ids if its_role == role else ():
            found.setdefault(question, []).append(cell)
    return found


def _ids(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return an id for each cell: its own, if it is one and no other cell had it before."""
    own = [name if isinstance(name := cell.get("id"), str) and ID.fullmatch(name) else "" for cell in cells]
    first = {name: position for position, name in reversed([*enumerate(own)])}
    free = (name for number in count(1) if (name := f"celda-{number}") not in first)
    return [name if name and first[name] == position else next(free) for position, name in enumerate(own)]


def _metadata(value: Any, specified: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    return {name: value for name, value in _mapping(value).items() if name not in specified or specified[name](value)}


def _has_words(value: Any, *names: str) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in names)


def _cell(cell: Mapping[str, Any], name: str) -> dict[str, Any]:
    kind = cell.get("cell_type") if cell.get("cell_type") in CELL_TYPES else UNKNOWN_CELL
    metadata = _metadata(cell.get("metadata"), CELL_METADATA | {"tags": lambda value: False})
    if found := tags(cell):
        metadata["tags"] = list(dict.fromkeys(found))
    made = {
        "id": name,
        "cell_type": kind,
        "metadata": metadata,
        "source": _text(cell.get("source")),
    }
    if kind == "code":
        made["execution_count"] = _count(cell.get("execution_count"))
        made["outputs"] = [sound_output(output) for output in _list(cell.get("outputs")) if isinstance(output, dict)]
    elif files := _mapping(cell.get("attachments")):
        made["attachments"] = {name: _bundle(bundle) for name, bundle in files.items() if isinstance(bundle, dict)}
    return made


def sound_output(output: Mapping[str, Any]) -> dict[str, Any]:
    """Return an output of a cell with everything of its type; one of an unknown kind is shown as data."""
    match output.get("output_type"):
        case "stream":
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            return {"output_type": "stream", "name": name, "text": _text(output.get("text"))}
        case "error":
            traceback = [line for line in _list(output.get("traceback")) if isinstance(line, str)]
            name, value = _text(output.get("ename")), _text(output.get("evalue"))
            made = {"output_type": "error", "ename": name, "evalue": value}
            return made | {"traceback": traceback or [f"{name}: {value}"]}
    shown = {"data": _bundle(_mapping(output.get("data"))), "metadata": _mapping(output.get("metadata"))}
    if output.get("output_type") == "execute_result":
        count = _count(output.get("execution_count"))
        return {"output_type": "execute_result", "execution_count": count, **shown}
    return {"output_type": "display_data", **shown}


def _bundle(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a MIME bundle whose values are text, but for those of JSON."""
    return {kind: value if kind.endswith("json") else _text(value) for kind, value in data.items()}


def _text(value: Any) -> str:
    return "".join(piece for piece in (value if isinstance(value, list) else [value]) if isinstance(piece, str))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
