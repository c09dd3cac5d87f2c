"""Several executed notebooks made into one document: notebooks in, a notebook out, nothing else touched."""

import platform
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from helpers.answers import answers
from helpers.memoria import authors
from helpers.memoria.authors import Authors
from helpers.memoria.execute import read
from helpers.memoria.widgets import merge_states
from helpers.questions import QUESTIONS, SECTIONS

TITLE = "REST API en cloud"
SUBTITLE = "Sistemas Informáticos I · Práctica 1, parte 2"
NOBODY = Authors()
START, LAST = "00_inicio", "07_memoria"  # the first says how to use the others: the lecturer need not read it
PIECES = {"LocalStack": "localstack-core", "boto3": "boto3", "pandas": "pandas", "JupyterLab": "jupyterlab"}


def colophon(notebooks: Iterable[NotebookNode]) -> list[str]:
    """Return what the last page says: when it was made, with what, and how many questions are answered.

    Not when the cells ran: what JupyterLab exports are notebooks saved earlier, and they do not keep that.
    """
    done = {question for notebook in notebooks for question in answers(notebook.cells)}
    left = [question.id for question in QUESTIONS if question.id not in done]
    pieces = ", ".join(f"{name} {version(package)}" for name, package in PIECES.items())
    return [
        f"Generado el {datetime.now():%d/%m/%Y a las %H:%M} con Python {platform.python_version()}, {pieces}.",
        f"Preguntas respondidas: {len(done)} de {len(QUESTIONS)}.",
        *([f"Sin responder: {', '.join(left)}."] if left else []),
    ]


def whole(last: NotebookNode) -> NotebookNode:
    """Return the memoria: the sections as their files are now, `last` in the place of the last one's."""
    sections = [section for section in SECTIONS if section.stem not in (START, LAST)]
    return join([*(read(section.path) for section in sections), last], authors.read())


def join(notebooks: Iterable[NotebookNode], signature: Authors = NOBODY, draft: bool = False) -> NotebookNode:
    """Return one notebook with the cells of all `notebooks`, in order, and the memoria's cover in its metadata."""
    notebooks = list(notebooks)
    metadata = {
        "title": TITLE,
        "subtitle": SUBTITLE,
        "authors": [{"name": name} for name in signature.names],
        "group": signature.group,
        "pair": signature.pair,
        "draft": draft,
        "colophon": colophon(notebooks),
        "widgets": merge_states(notebooks),
    }
    document = new_notebook(metadata=metadata)
    for number, notebook in enumerate(notebooks, 1):
        document.metadata = NotebookNode({**notebook.metadata, **metadata})
        # Ids are unique in a notebook, not among them.
        document.cells += [NotebookNode({**cell, "id": f"{number}-{cell.id}"}) for cell in notebook.cells]
    return document
