"""Hints for each question, from where to look to nearly the call; never the answer."""

import importlib
import pkgutil
from collections import Counter

from helpers.errors import QuestionError
from helpers.practice.checks.verdict import html
from helpers.practice.questions import QUESTIONS

# How many hints of each question this kernel has given.
_given: Counter[str] = Counter()


class Hint:
    """One hint, as a notebook and a terminal show it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<p>{html(self.text)}</p>"


def of(question: str) -> tuple[str, ...]:
    """Return the hints of a question; raises `QuestionError` if there is no such question."""
    known = [one.id for one in QUESTIONS]
    if question not in known:
        raise QuestionError(f"No hay ninguna pregunta «{question}». Son: {', '.join(known)}.")
    rooms = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return next((hints for room in rooms if (hints := room.HINTS.get(question))), ())


def hint(question: str) -> Hint:
    """Return the first hint of a question; each time, the next one, and then the last again."""
    hints = of(question)
    number = min(_given[question] + 1, len(hints))
    _given[question] += 1
    more = f" (pista {number} de {len(hints)})" if number < len(hints) else " (es la última pista)"
    return Hint(hints[number - 1] + more)
