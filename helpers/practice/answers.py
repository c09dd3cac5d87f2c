"""Which of the practice's questions are answered in their notebooks, and what their checks said.

An answer is missing if it is empty, if it is the question's own statement, if it is one word (but for the questions
that ask for an identifier), or if it is the text of another question that asks something else. Whether it is right is
for its reader.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from helpers import notebook_file
from helpers.practice import questions
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import Workbook, current

if TYPE_CHECKING:  # importing pandas takes half a second, and the memoria does not need the table
    from helpers.tables import Table

__all__ = ["ANSWER_MARK", "Said", "answer_texts", "answered", "answered_in", "answers", "faults", "plain", "progress",
           "said_in", "unanswered", "verdicts", "verdicts_in"]  # fmt: skip

ANSWER_MARK = "**Respuesta.**"

# The questions that an identifier alone answers, and what theirs look like.
IDENTIFIERS = {"api-1": "[a-z0-9]{10}", "rutas-1": "[a-z0-9]{10}", "lambda-1": r"nodejs\d*(\.x)?"}
# Questions that ask the same of something else, so that one text may well answer all of a group.
ASKED_ALIKE = (
    {"api-1", "rutas-1"},
    {"metodos-1", "integracion-1"},
    {"metodos-2", "integracion-2"},
    {"mejora-1", "lambda-dynamo-1", "get-1"},
    {"insertar-1", "lectura-1"},
)

COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
WORD = re.compile(r"[^\W_]\w*")
TOKEN = re.compile(r"[\w.]*\w")
ATTACHED_PICTURE = re.compile(r"!\[[^\]]*\]\(attachment:")
QUESTION_ID = re.compile(r"\b(?:" + "|".join(re.escape(question.id) for question in QUESTIONS) + r")\b")


def answered(workbook: Workbook) -> set[str]:
    """Return the ids of the questions that the notebooks of `workbook` answer, as they are saved."""
    return answers(_cells(workbook))


def answered_in(path: Path) -> set[str]:
    """Return the ids answered in one notebook; none if it does not exist."""
    return answers(_cells_of(path))


def _cells(workbook: Workbook) -> list[NotebookNode]:
    return [cell for section in SECTIONS for cell in _cells_of(section.notebook(workbook))]


def _cells_of(path: Path) -> list[NotebookNode]:
    return list(notebook_file.read(path).cells) if path.exists() else []


def answers(cells: Iterable[NotebookNode]) -> set[str]:
    """Return the ids of the questions that `cells` answer."""
    missing = faults(cells)
    return {question.id for question in QUESTIONS if question.id not in missing}


def faults(cells: Iterable[NotebookNode]) -> dict[str, str]:
    """Return why the answers that are missing in `cells` count as such: question -> a few words, for a table."""
    texts = answer_texts(cells)
    found = {one.id: fault for one in QUESTIONS if (fault := _fault(one.id, one.statement, texts.get(one.id)))}
    for question, others in _sharing({one: text for one, text in texts.items() if one not in found}).items():
        found[question] = f"igual que {others[0]}" + (f" y {len(others) - 1} más" if others[1:] else "")
    return found


def answer_texts(cells: Iterable[NotebookNode]) -> dict[str, str]:
    """Return what `cells` answer to each question that has a cell for it, without the mark; several cells are joined.

    An attached picture stands for itself: its file's contents are part of the text.
    """
    found = {}
    for question, its in notebook_file.by_question(cells, "respuesta").items():
        text = "\n".join(COMMENT.sub("", cell.source.replace(ANSWER_MARK, "")) for cell in its)
        pictures = [cell["attachments"] for cell in its if cell.get("attachments")]
        found[question] = f"{text}\n(imagen) {pictures}" if pictures and ATTACHED_PICTURE.search(text) else text
    return {one.id: found[one.id] for one in QUESTIONS if one.id in found}


def _fault(question: str, statement: str, text: str | None) -> str:
    """Return what makes of `text` no answer to `question`; empty if nothing does."""
    if text is None:
        return "falta su celda"
    words = WORD.findall(plain(text))
    if not words:
        return "en blanco"
    if plain(text) == plain(statement):
        return "es el enunciado"
    if question in IDENTIFIERS and any(re.fullmatch(IDENTIFIERS[question], one) for one in TOKEN.findall(text)):
        return ""
    return "una sola palabra" if len(set(WORD.findall(_without_ids(text)))) < 2 else ""


def _sharing(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the questions whose text, their ids aside, is that of others that ask something else, with those."""
    same: dict[str, list[str]] = {}
    for question in (one.id for one in QUESTIONS if one.id in texts):
        same.setdefault(_without_ids(texts[question]), []).append(question)
    return {
        question: [other for other in group if other != question]
        for group in same.values()
        if len(group) > 1 and not any(alike.issuperset(group) for alike in ASKED_ALIKE)
        for question in group
    }


def plain(text: str) -> str:
    """Return the words of `text` alone: without marks, capitals, accents or the ways of spacing them."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(WORD.findall("".join(one for one in decomposed if not unicodedata.combining(one))))


def _without_ids(text: str) -> str:
    return plain(QUESTION_ID.sub(" ", text))


def unanswered(workbook: Workbook) -> list[str]:
    """Return the ids of the questions without an answer, in the handout's order."""
    done = answered(workbook)
    return [question.id for question in QUESTIONS if question.id not in done]


def verdicts(workbook: Workbook) -> dict[str, bool | None]:
    """Return what the checks said of each question the last time, as the notebooks are saved; None: it is not known."""
    return verdicts_in(_cells(workbook))


def verdicts_in(cells: Iterable[NotebookNode]) -> dict[str, bool | None]:
    """Return what the checks in the outputs of `cells` say of each question."""
    return {question: said.ok for question, said in said_in(cells).items()}


@dataclass(frozen=True)
class Said:
    """What a saved verdict says: `ok` as in `Verdict`, and the question whose fault it is, if that is another."""

    ok: bool | None
    depends_on: str = ""


def said_in(cells: Iterable[NotebookNode]) -> dict[str, Said]:
    """Return the last verdict on each question in the outputs of `cells`; what is none of ours does not count."""
    known = {question.id for question in QUESTIONS}
    found: dict[str, Said] = {}
    for cell in cells:
        for output in cell.get("outputs", []):
            match output:
                case {"data": {questions.VERDICT_TYPE: {"question": str(question), "ok": bool() | None as ok, **rest}}}:
                    if question in known:
                        cause = rest.get("depends_on")
                        found[question] = Said(ok, cause if isinstance(cause, str) and cause in known else "")
    return found


def progress() -> "Table":
    """Return the progress of each section of this workbook with questions.

    Columns: Sección, Preguntas, Respondidas, and the checks' Bien, Mal and Sin comprobar, as the notebooks are saved.
    """
    from helpers.tables import table

    cells = _cells(current())
    done, checked = answers(cells), verdicts_in(cells)
    rows = []
    for section in SECTIONS:
        if ids := [question.id for question in QUESTIONS if question.section == section.key]:
            rows.append((section.title, *_counts(ids, done, checked)))
    rows.append(("Total", *_counts([question.id for question in QUESTIONS], done, checked)))
    return table(rows, columns=["Sección", "Preguntas", "Respondidas", "Bien", "Mal", "Sin comprobar"])


def _counts(ids: list[str], done: set[str], checked: Mapping[str, bool | None]) -> list[int]:
    right, wrong = ([one for one in ids if checked.get(one) is verdict] for verdict in (True, False))
    return [len(ids), len(done.intersection(ids)), len(right), len(wrong), len(ids) - len(right) - len(wrong)]
