"""Join several executed notebooks into one document: notebooks in, one notebook out, nothing else changed."""

import platform
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from helpers.memoria.execute import read
from helpers.memoria.execution_marks import MARKED, evidence, marked
from helpers.memoria.widgets import merge_states
from helpers.notebook_file import role_and_ids
from helpers.practice import authors
from helpers.practice.answers import answers, verdicts_in
from helpers.practice.authors import Authors
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.practice.review import has_failed
from helpers.workbook import Workbook

TITLE = "REST API en cloud"
SUBTITLE = "Sistemas Informáticos I · Práctica 1: micro-servicios · Parte 2"
SCHOOL, DEGREE = "Escuela Politécnica Superior", "Ingeniería Informática · 3.º curso"
MOMENT = "%d/%m/%Y a las %H:%M"
NOBODY = Authors()
START, LAST = "00_inicio", "07_memoria"  # the first explains how to use the others: the lecturer need not read it
PIECES = {"LocalStack": "localstack-core", "boto3": "boto3", "pandas": "pandas", "JupyterLab": "jupyterlab"}


def colophon(notebooks: Iterable[NotebookNode], questions: Collection[str]) -> list[str]:
    """Return the sentences of the last page: when the document was executed and made, with what, and what is missing.

    Missing are the cells that have not been executed, and the `questions` without an answer or a check that holds.
    """
    notebooks = list(notebooks)
    done = answers(cell for notebook in notebooks for cell in notebook.cells)
    pieces = ", ".join(f"{name} {version(package)}" for name, package in PIECES.items())
    sentences = [
        *when_executed(notebooks),
        f"Generado el {datetime.now():{MOMENT}} con Python {platform.python_version()}, {pieces}.",
    ]
    if questions:
        right = [ok for notebook in notebooks for ok in verdicts_in(notebook.cells).values()].count(True)
        sentences.append(
            f"Preguntas respondidas: {len(done.intersection(questions))} de {len(questions)}. "
            f"Comprobaciones que se cumplen: {right}."
        )
    return sentences + lacking(notebooks, questions)


def lacking(notebooks: Iterable[NotebookNode], questions: Iterable[str]) -> list[str]:
    """Return in short sentences what the notebooks lack: executed cells, and an answer and a check of `questions`."""
    notebooks, questions = list(notebooks), list(questions)
    sentences = []
    if left := not_executed(notebooks):
        sentences.append(f"Celdas sin ejecutar: {left} de {sum(len(evidence(notebook)) for notebook in notebooks)}.")
    if broken := failed(notebooks):
        sentences.append(f"Celdas que han terminado en error: {broken}.")
    done = answers(cell for notebook in notebooks for cell in notebook.cells)
    if missing := [question for question in questions if question not in done]:
        sentences.append(f"Sin responder: {', '.join(missing)}.")
    if unproved := not_proved(notebooks, questions):
        sentences.append(f"Sin una comprobación que se cumpla: {', '.join(unproved)}.")
    return sentences


def not_proved(notebooks: Iterable[NotebookNode], questions: Iterable[str]) -> list[str]:
    """Return the `questions` without a check that holds in `notebooks`; one that cannot tell is fine."""
    found = {question: ok for notebook in notebooks for question, ok in verdicts_in(notebook.cells).items()}
    return [question for question in questions if found.get(question, False) is False]


def not_executed(notebooks: Iterable[NotebookNode]) -> int:
    """Return how many code cells have not been executed."""
    return sum(not cell.get("execution_count") for notebook in notebooks for cell in evidence(notebook))


def failed(notebooks: Iterable[NotebookNode]) -> int:
    """Return how many code cells have ended in an error without being meant to."""
    return sum(has_failed(cell) for notebook in notebooks for cell in evidence(notebook))


def is_draft(notebooks: Sequence[NotebookNode]) -> bool:
    """Tell whether a cell was not executed or has failed, or the check of a question that is asked does not hold."""
    in_question = [question for notebook in notebooks for question in asked(notebook)]
    return bool(not_executed(notebooks) or failed(notebooks) or not_proved(notebooks, in_question))


def asked(notebook: NotebookNode) -> list[str]:
    """Return the ids of the questions that the cells of `notebook` ask, in order."""
    return [name for role, ids in map(role_and_ids, notebook.cells) if role == "pregunta" for name in ids]


def when_executed(notebooks: Iterable[NotebookNode]) -> list[str]:
    """Return a sentence that says when the first and the last cell were executed, or none if that is unknown.

    JupyterLab and nbclient record those times, in UTC, in the metadata of the cells.
    """
    cells = (cell for notebook in notebooks for cell in evidence(notebook))
    moments = sorted(moment for cell in cells if (moment := _replied(cell)))
    if not moments:
        return []
    first, last = (f"{moment:{MOMENT}}" for moment in (moments[0], moments[-1]))
    return [f"Ejecutado el {first}." if first == last else f"Ejecutado entre el {first} y el {last}."]


def _replied(cell: NotebookNode) -> datetime | None:
    """Return when a cell's execution ended; None if it does not say so."""
    try:
        return datetime.fromisoformat(cell.metadata["execution"]["shell.execute_reply"]).astimezone()
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def section(notebook: NotebookNode, workbook: Workbook) -> NotebookNode:
    """Return the notebook of one section with its title and the authors for the cover."""
    headings = (line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    title = next((line.removeprefix("# ") for line in headings if line.startswith("# ")), TITLE)
    cover = _cover(title, f"{SUBTITLE}: {TITLE}", authors.read(workbook))
    missing = lacking([notebook], asked(notebook))
    state = {"draft": is_draft([notebook]), "missing": missing, MARKED: False}
    return NotebookNode({**notebook, "metadata": {**notebook.metadata, **cover, **state}})


def _cover(title: str, subtitle: str, signature: Authors) -> dict[str, Any]:
    return {
        "title": title,
        "subtitle": subtitle,
        "school": SCHOOL,
        "degree": DEGREE,
        "authors": [{"name": name} for name in signature.names],
        "group": signature.group,
        "pair": signature.pair,
    }


def whole(last: NotebookNode, workbook: Workbook) -> NotebookNode:
    """Return the memoria: the sections as saved in `workbook`, with `last` in place of the last one.

    It is a draft if `is_draft` says so.
    """
    sections = [section for section in SECTIONS if section.stem not in (START, LAST)]
    notebooks = [*(read(section.notebook(workbook)) for section in sections), last]
    return join(notebooks, authors.read(workbook))


def join(
    notebooks: Iterable[NotebookNode],
    signature: Authors = NOBODY,
    draft: bool = False,
    missing: Sequence[str] | None = None,
) -> NotebookNode:
    """Return one notebook with the cells of all `notebooks`, in order, and the memoria's cover in its metadata.

    It is a draft, even if `draft` does not say so, if `is_draft` does. `missing` says on its cover what it lacks; by
    default, what the notebooks tell. The cells keep the mark that they have in their own notebook, whose counts begin
    at 1 again.
    """
    notebooks = [marked(NotebookNode({**one, "metadata": {**one.metadata, MARKED: False}})) for one in notebooks]
    in_question = [question for notebook in notebooks for question in asked(notebook)]
    metadata = {
        **_cover(TITLE, SUBTITLE, signature),
        "draft": draft or is_draft(notebooks),
        "missing": lacking(notebooks, in_question) if missing is None else list(missing),
        MARKED: True,
        "colophon": colophon(notebooks, [question.id for question in QUESTIONS]),
        "widgets": merge_states(notebooks),
    }
    document: NotebookNode = new_notebook(metadata=metadata)
    for number, notebook in enumerate(notebooks, 1):
        document.metadata = NotebookNode({**notebook.metadata, **metadata})
        # Cell ids are unique only within their notebook.
        document.cells += [NotebookNode({**cell, "id": f"{number}-{cell.id}"}) for cell in notebook.cells]
    return document
