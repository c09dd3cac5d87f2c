"""Hints: two or three a question, one at a time, and never what the answer says."""

import nbformat
import pytest

from helpers import practice
from helpers.errors import QuestionError
from helpers.practice import hints
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import SOLVED

pytestmark = pytest.mark.static

IDS = [question.id for question in QUESTIONS]


@pytest.mark.parametrize("question", IDS)
def test_every_question_has_two_or_three(question):
    found = hints.of(question)
    assert 2 <= len(found) <= 3 and len(set(found)) == len(found)
    assert all(20 < len(hint) < 400 for hint in found)


def test_one_at_a_time_and_the_last_one_again(monkeypatch):
    monkeypatch.setattr(hints, "_given", hints.Counter())
    texts = hints.of("s3-1")
    shown = [repr(practice.hint("s3-1")) for _ in range(len(texts) + 1)]
    assert shown[0] == f"{texts[0]} (pista 1 de {len(texts)})"
    assert shown[-2:] == [f"{texts[-1]} (es la última pista)"] * 2
    assert repr(practice.hint("s3-2")).startswith(hints.of("s3-2")[0])


def test_code_is_shown_as_code():
    assert hints.Hint("Con `-d` & más")._repr_html_() == "<p>Con <code>-d</code> &amp; más</p>"


@pytest.mark.parametrize("ask", [practice.hint, practice.check])
def test_a_question_that_there_is_not(ask):
    with pytest.raises(QuestionError, match=r"No hay ninguna pregunta «s3-9». Son: s3-1, s3-2, .*get-2\."):
        ask("s3-9")


def test_no_hint_says_what_an_answer_says():
    answers = {}
    for section in SECTIONS:
        for cell in nbformat.read(section.notebook(SOLVED), as_version=4).cells:
            role, *ids = cell.metadata.get("tags", [""])
            if role == "respuesta":
                answers[ids[0]] = cell.source
    for question in IDS:
        words = answers[question].split()
        runs = {" ".join(words[at : at + 8]) for at in range(len(words) - 7)}
        assert not [run for hint in hints.of(question) for run in runs if run in hint], question
