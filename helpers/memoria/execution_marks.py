"""Which code cells of a notebook were not executed, or not in order, as their counts say."""

import copy

from nbformat import NotebookNode

PANEL = "panel"
NOT_EXECUTED, OUT_OF_ORDER = "sin-ejecutar", "fuera-de-orden"
MARKED = "execution_marked"  # in a notebook's metadata


def marked(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of `notebook` with a tag on the cells that were not executed, or not after all those above them.

    A count of 1 below another says that the kernel was restarted in between. A notebook in which nothing was executed
    has no tags: it is plain to see, and the last page says so. One that was marked before stays as it is.
    """
    notebook = copy.deepcopy(notebook)
    cells = evidence(notebook)
    if notebook.metadata.get(MARKED) or not any(cell.get("execution_count") for cell in cells):
        return notebook
    notebook.metadata[MARKED] = True
    last = 0
    for cell in cells:
        count = cell.get("execution_count")
        if count and count > last:
            last = count
        else:
            mark = OUT_OF_ORDER if count else NOT_EXECUTED
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), mark]
    return notebook


def evidence(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells that are meant to be executed: not empty, and not a panel."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip() and PANEL not in cell.metadata.get("tags", [])
    ]
