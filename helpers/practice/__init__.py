"""The practice as data: its questions and their checks, how a section starts, its answers, authors and entrega."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a cell that asks for one of these pays for its imports; the rest of the workbook does not
    from helpers.practice.checks.verdict import Verdict
    from helpers.practice.hints import Hint
    from helpers.tables import Table

# What the cells import from here.
__all__ = ["answers", "authors", "check", "files", "hint", "progress"]


def check(question: str) -> "Verdict":
    """Return what is shown to be true of the work on a question, or what is missing; raises `QuestionError`."""
    from helpers.practice import checks

    return checks.check(question)


def hint(question: str) -> "Hint":
    """Return the first hint for a question, and the next one each time; raises `QuestionError`."""
    from helpers.practice import hints

    return hints.hint(question)


def progress() -> "Table":
    """Return the questions of each section by what is done, as saved: answered, and checked right or wrong."""
    from helpers.practice import answers

    return answers.progress()
