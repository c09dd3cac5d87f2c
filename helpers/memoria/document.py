"""Join several executed notebooks into one document: notebooks in, one notebook out, nothing else changed."""

import platform
from collections.abc import Collection, Iterable
from datetime import datetime
from importlib.metadata import version
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from helpers.memoria.execute import read
from helpers.memoria.preprocess import evidence
from helpers.memoria.widgets import merge_states
from helpers.practice import authors
from helpers.practice.answers import answers
from helpers.practice.authors import Authors
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import Workbook

TITLE = "REST API en cloud"
SUBTITLE = "Sistemas Informáticos I · Práctica 1, parte 2"
MOMENT = "%d/%m/%Y a las %H:%M"
NOBODY = Authors()
START, LAST = "00_inicio", "07_memoria"  # the first explains how to use the others: the lecturer need not read it
PIECES = {"LocalStack": "localstack-core", "boto3": "boto3", "pandas": "pandas", "JupyterLab": "jupyterlab"}


def colophon(notebooks: Iterable[NotebookNode], questions: Collection[str]) -> list[str]:
    """Return the sentences of the last page: when the document was executed and made, with what, and what is missing.

    Missing are the cells that have not been executed, and the `questions` without an answer.
    """
    notebooks = list(notebooks)
    done = {question for notebook in notebooks for question in answers(notebook.cells)}
    pieces = ", ".join(f"{name} {version(package)}" for name, package in PIECES.items())
    sentences = [
        *when_executed(notebooks),
        f"Generado el {datetime.now():{MOMENT}} con Python {platform.python_version()}, {pieces}.",
    ]
    if left := not_executed(notebooks):
        sentences.append(f"Celdas sin ejecutar: {left} de {sum(len(evidence(notebook)) for notebook in notebooks)}.")
    if questions:
        sentences.append(f"Preguntas respondidas: {len(done.intersection(questions))} de {len(questions)}.")
    if missing := [question for question in questions if question not in done]:
        sentences.append(f"Sin responder: {', '.join(missing)}.")
    return sentences


def not_executed(notebooks: Iterable[NotebookNode]) -> int:
    """Return how many code cells have not been executed."""
    return sum(not cell.get("execution_count") for notebook in notebooks for cell in evidence(notebook))


def asked(notebook: NotebookNode) -> list[str]:
    """Return the ids of the questions that the cells of `notebook` ask, in order."""
    tags = (cell.metadata.get("tags", []) for cell in notebook.cells)
    return [name for role, *ids in filter(None, tags) if role == "pregunta" for name in ids]


def when_executed(notebooks: Iterable[NotebookNode]) -> list[str]:
    """Return a sentence that says when the first and the last cell were executed, or none if that is unknown.

    JupyterLab and nbclient record those times, in UTC, in the metadata of the cells.
    """
    cells = (cell for notebook in notebooks for cell in evidence(notebook))
    replies = (cell.metadata.get("execution", {}).get("shell.execute_reply") for cell in cells)
    moments = sorted(datetime.fromisoformat(reply).astimezone() for reply in replies if reply)
    if not moments:
        return []
    first, last = (f"{moment:{MOMENT}}" for moment in (moments[0], moments[-1]))
    return [f"Ejecutado el {first}." if first == last else f"Ejecutado entre el {first} y el {last}."]


def section(notebook: NotebookNode, workbook: Workbook) -> NotebookNode:
    """Return the notebook of one section with its title and the authors for the cover."""
    headings = (line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    title = next((line.removeprefix("# ") for line in headings if line.startswith("# ")), TITLE)
    cover = _cover(title, f"{SUBTITLE}: {TITLE}", authors.read(workbook))
    return NotebookNode({**notebook, "metadata": {**notebook.metadata, **cover}})


def _cover(title: str, subtitle: str, signature: Authors) -> dict[str, Any]:
    return {
        "title": title,
        "subtitle": subtitle,
        "authors": [{"name": name} for name in signature.names],
        "group": signature.group,
        "pair": signature.pair,
    }


def whole(last: NotebookNode, workbook: Workbook) -> NotebookNode:
    """Return the memoria: the sections as saved in `workbook`, with `last` in place of the last one.

    It is a draft if any cell has not been executed, since its evidence is missing.
    """
    sections = [section for section in SECTIONS if section.stem not in (START, LAST)]
    notebooks = [*(read(section.notebook(workbook)) for section in sections), last]
    return join(notebooks, authors.read(workbook), draft=not_executed(notebooks) > 0)


def join(notebooks: Iterable[NotebookNode], signature: Authors = NOBODY, draft: bool = False) -> NotebookNode:
    """Return one notebook with the cells of all `notebooks`, in order, and the memoria's cover in its metadata."""
    notebooks = list(notebooks)
    metadata = {
        **_cover(TITLE, SUBTITLE, signature),
        "draft": draft,
        "colophon": colophon(notebooks, [question.id for question in QUESTIONS]),
        "widgets": merge_states(notebooks),
    }
    document: NotebookNode = new_notebook(metadata=metadata)
    for number, notebook in enumerate(notebooks, 1):
        document.metadata = NotebookNode({**notebook.metadata, **metadata})
        # Cell ids are unique only within their notebook.
        document.cells += [NotebookNode({**cell, "id": f"{number}-{cell.id}"}) for cell in notebook.cells]
    return document
