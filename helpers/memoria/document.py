"""Several executed notebooks made into one document: notebooks in, a notebook out, nothing else touched."""

from collections.abc import Iterable

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from helpers.memoria.authors import Authors

TITLE = "REST API en cloud"
SUBTITLE = "Sistemas Informáticos I · Práctica 1, parte 2"
NOBODY = Authors()


def join(notebooks: Iterable[NotebookNode], signature: Authors = NOBODY, draft: bool = False) -> NotebookNode:
    """Return one notebook with the cells of all `notebooks`, in order, and the memoria's cover in its metadata."""
    metadata = {
        "title": TITLE,
        "subtitle": SUBTITLE,
        "authors": [{"name": name} for name in signature.names],
        "group": signature.group,
        "pair": signature.pair,
        "draft": draft,
    }
    document = new_notebook(metadata=metadata)
    for number, notebook in enumerate(notebooks, 1):
        document.metadata = NotebookNode({**notebook.metadata, **metadata})
        # Ids are unique in a notebook, not among them.
        document.cells += [NotebookNode({**cell, "id": f"{number}-{cell.id}"}) for cell in notebook.cells]
    return document
