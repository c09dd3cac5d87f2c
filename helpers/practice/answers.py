"""Which of the practice's questions have an answer in their notebooks."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import Workbook, current

if TYPE_CHECKING:  # importing pandas takes half a second, and the memoria does not need the table
    from helpers.tables import Table

__all__ = ["ANSWER_MARK", "answered", "answered_in", "answers", "progress", "unanswered"]

ANSWER_MARK = "**Respuesta.**"


def answered(workbook: Workbook) -> set[str]:
    """Return the ids of the questions whose answer cell is not empty."""
    return {question for section in SECTIONS for question in answered_in(section.notebook(workbook))}


def answered_in(path: Path) -> set[str]:
    """Return the ids answered in one notebook; none if it does not exist."""
    if not path.exists():
        return set()
    return answers(nbformat.read(path, as_version=4).cells)


def answers(cells: Iterable[nbformat.NotebookNode]) -> set[str]:
    """Return the ids of the questions that `cells` answer: those of non-empty cells tagged `respuesta` and the id."""
    found = set()
    for cell in cells:
        role, *ids = cell.metadata.get("tags", [""])
        if role == "respuesta" and cell.source.replace(ANSWER_MARK, "").strip(" .…_\n"):
            found.update(ids)
    return found


def unanswered(workbook: Workbook) -> list[str]:
    """Return the ids of the questions without an answer, in the handout's order."""
    done = answered(workbook)
    return [question.id for question in QUESTIONS if question.id not in done]


def progress() -> "Table":
    """Return the progress of each section of this workbook with questions: Sección, Preguntas, Respondidas, Faltan."""
    from helpers.tables import table

    missing = set(unanswered(current()))
    rows = []
    for section in SECTIONS:
        ids = [question.id for question in QUESTIONS if question.section == section.key]
        left = [one for one in ids if one in missing]
        if ids:
            rows.append((section.title, len(ids), len(ids) - len(left), ", ".join(left)))
    rows.append(("Total", len(QUESTIONS), len(QUESTIONS) - len(missing), ""))
    return table(rows, columns=["Sección", "Preguntas", "Respondidas", "Faltan"])
