"""When a document cannot be composed: find the cells at fault, and put a note with their plain text in their place."""

import time
from collections.abc import Callable, Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from helpers.memoria.limits import shorten

# The search halves the cells until one is left. What it has not told apart by then is all replaced.
SEARCH_S = 240
NOTE = "Esta celda no se ha podido componer: va como texto, sin formato."
type Composes = Callable[[Sequence[NotebookNode]], bool]


def at_fault(cells: Sequence[NotebookNode], composes: Composes, until: float) -> list[NotebookNode]:
    """Return those of `cells`, which do not compose together, that do not compose alone.

    If each half composes without the other, all of them are at fault. `until` is a time of `time.monotonic`.
    """
    if len(cells) <= 1 or time.monotonic() > until:
        return list(cells)
    middle = len(cells) // 2
    broken = [half for half in (cells[:middle], cells[middle:]) if not composes(half)]
    return [cell for half in broken for cell in at_fault(half, composes, until)] or list(cells)


def plain(cell: NotebookNode) -> NotebookNode:
    """Return a cell that says in its outputs what `cell` says, as text, with its tags and its count."""
    said = [cell.source, *(_text(output) for output in cell.get("outputs", []))]
    text = shorten("\n\n".join(piece for piece in said if piece.strip()))
    made: NotebookNode = new_code_cell(
        id=cell.id,
        metadata={"tags": cell.metadata.get("tags", [])},
        execution_count=cell.get("execution_count"),
        outputs=[
            new_output("stream", name="stderr", text=NOTE),
            *([new_output("stream", name="stdout", text=text)] if text else []),
        ],
    )
    return made


def mended(cells: Sequence[NotebookNode], composes: Composes) -> tuple[list[NotebookNode], int]:
    """Return `cells`, which do not compose, with those at fault in plain text, and how many these are."""
    faulty = {id(cell) for cell in at_fault(cells, composes, time.monotonic() + SEARCH_S)}
    return [plain(cell) if id(cell) in faulty else cell for cell in cells], len(faulty)


def _text(output: NotebookNode) -> str:
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    text: str = output.text if output.output_type == "stream" else output.data.get("text/plain", "")
    return text
