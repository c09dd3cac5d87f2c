"""What is in a delivery without executing it: its authors, its answers and evidence, and what equals another's."""

import ast
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbformat import NotebookNode

from helpers import notebook_file
from helpers.marking.delivery import Delivery
from helpers.practice import answers, authors, edition
from helpers.practice.authors import Authors
from helpers.practice.checks.verdict import SIGNS
from helpers.practice.questions import QUESTIONS
from helpers.practice.review import Question, Review, review
from helpers.practice.sources import parsed, sources
from helpers.workbook import SOLVED, Workbook

__all__ = ["NO", "UNKNOWN", "YES", "Look", "look", "sign", "with_equals"]

YES, NO, UNKNOWN = SIGNS[True], SIGNS[False], "–"
# Shorter answers may well be equal by chance.
LEAST_WORDS = 8
SOLVED_NAME = "la edición resuelta"


@dataclass(frozen=True)
class Look:
    """What is seen in a delivery.

    `executed` are its notebooks as handed in, by file, and `answers` what it says to each question that it answers.
    `review` is None if it could not be opened. `equal` says, by question or function's file, whose it equals;
    `fingerprint` tells its content from any other's.
    """

    delivery: Delivery
    fingerprint: str = ""
    authors: Authors = field(default_factory=Authors)
    executed: Mapping[Path, NotebookNode] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    review: Review | None = None
    functions: Mapping[str, str] = field(default_factory=dict)
    equal: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The delivery's name."""
        return self.delivery.name

    @property
    def problems(self) -> list[str]:
        """Sentences: what is odd in it, and what it lacks."""
        return [*self.delivery.problems, *(self.review.missing() if self.review else [])]

    def of(self, question: str) -> Question | None:
        """Return what the review says of a question; None if it could not be opened."""
        return next((one for one in self.review.questions if one.id == question), None) if self.review else None

    def equal_lines(self) -> list[str]:
        """Return what it has equal to others', a line for each set of these."""
        parts: dict[str, list[str]] = {}
        for part, whose in self.equal.items():
            parts.setdefault(", ".join(whose), []).append(part)
        return [f"{', '.join(those)}: como {whose}" for whose, those in parts.items()]

    @property
    def cells(self) -> list[NotebookNode]:
        """The cells of its notebooks as handed in."""
        return [cell for notebook in self.executed.values() for cell in notebook.cells]


def look(delivery: Delivery) -> Look:
    """Return what is in a delivery; nothing in it is executed."""
    print_ = _fingerprint(delivery.source)
    if delivery.workbook is None:
        return Look(delivery, print_)
    workbook = delivery.workbook
    executed = {path: notebook_file.read(path) for path in sorted(workbook.notebooks.glob("*.ipynb"))}
    found = Look(delivery, print_, authors.read(workbook), executed, review=review(workbook, executed))
    return replace(found, answers=_answered(found.cells), functions=_functions(workbook))


def sign(seen: Look, question: str, ok: bool | None) -> str:
    """Return the sign of a question, by what a check of it says: a missing answer is wrong, whatever that is."""
    reviewed = seen.of(question)
    if reviewed is None:
        return UNKNOWN
    if reviewed.answer or ok is False:
        return NO
    return YES if ok else UNKNOWN


def with_equals(looks: Sequence[Look]) -> list[Look]:
    """Return the `looks` with what each has equal to another's, or to the solved edition's if this installation has it.

    The words of an answer count, not its marks or capitals, and the code of a function, not its comments.
    """
    owners: dict[tuple[str, str], list[str]] = {}
    for one in looks:
        for part in _parts(one):
            owners.setdefault(part, []).append(one.name)
    given = {(name, _code(content)) for name, content in edition.by_name(SOLVED).items()}
    for part in _solved_parts():
        if (f"handlers/{part[0]}", part[1]) not in given:
            owners.setdefault(part, []).append(SOLVED_NAME)
    found = []
    for one in looks:
        equal = {
            part[0]: others
            for part in _parts(one)
            if (f"handlers/{part[0]}", part[1]) not in given
            and (others := [owner for owner in owners[part] if owner != one.name])
        }
        found.append(replace(one, equal=equal))
    return found


def _parts(seen: Look) -> list[tuple[str, str]]:
    return [*_worded(seen.answers), *seen.functions.items()]


def _solved_parts() -> list[tuple[str, str]]:
    cells = [cell for path in SOLVED.notebook_files() for cell in notebook_file.read(path).cells]
    return [*_worded(_answered(cells)), *_functions(SOLVED).items()]


def _worded(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    plain = {question: answers.plain(text) for question, text in texts.items()}
    return [(question, text) for question, text in plain.items() if len(text.split()) >= LEAST_WORDS]


def _answered(cells: Iterable[NotebookNode]) -> dict[str, str]:
    cells = list(cells)
    texts, done = answers.answer_texts(cells), answers.answers(cells)
    return {one.id: texts[one.id] for one in QUESTIONS if one.id in done and one.id in texts}


def _functions(workbook: Workbook) -> dict[str, str]:
    """Return the code of a workbook's functions: file -> what tells it from another."""
    return {
        one.file: _code(one.content)
        for one in sources(workbook)
        if one.content is not None and one.file.endswith(".py")
    }


def _code(content: bytes) -> str:
    """Return a Python file without its comments and spaces, or as it is if it is not Python."""
    try:
        return hashlib.sha256(ast.dump(parsed(content)).encode("utf-8", "replace")).hexdigest()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return hashlib.sha256(content).hexdigest()


def _fingerprint(source: Path) -> str:
    """Return twelve characters that tell a file's content, or a folder's notebooks and code, from any other's."""
    try:
        if source.is_file():
            with source.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()[:12]
        parts = [path for path in sorted(source.glob("*/*")) if path.suffix in (".ipynb", ".py") and path.is_file()]
        return hashlib.sha256(b"".join(path.read_bytes() for path in parts)).hexdigest()[:12] if parts else ""
    except OSError:
        return ""
