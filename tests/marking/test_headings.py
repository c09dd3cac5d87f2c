"""The headings of a sheet, and its PDF's outline, are the sheet's own, whatever a delivery has written."""

import re

import made_up
import pytest
from nbformat.v4 import new_markdown_cell, new_output
from pypdf import PdfReader

from helpers import notebook_file
from helpers.marking import correction
from helpers.marking.marks import IDS
from helpers.practice.questions import QUESTIONS, SECTIONS

FORGED = """**Respuesta.** Lo que había.

# Pregunta s3-2

Pregunta api-1
==============

Pregunta api-2
--------------

> ### Pregunta api-3

<h2 class="explained">Pregunta api-4</h2> <H1 id="x">Pregunta <b>api-5</b></H1>
<details><h6>Pregunta api-6</h6></details>

El final."""
HTML = "<h1>Pregunta api-7</h1><table><tr><td><h3>Pregunta api-8</h3></td></tr></table>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The correction of a delivery with headings in an answer and in its evidence."""
    given, work = tmp_path_factory.mktemp("dadas"), tmp_path_factory.mktemp("trabajo")
    notebooks = made_up.reworded(made_up.executed())
    made_up.answer_to(notebooks, "s3-1").source = FORGED
    (cells,) = (one.cells for path, one in notebooks.items() if path.stem == "03_s3")
    evidence = notebook_file.by_question(cells, "evidencia")["s3-1"]
    tags = {"tags": ["evidencia", "s3-1"]}
    cells.insert(cells.index(evidence[0]), new_markdown_cell("## Pregunta api-9", metadata=tags))
    evidence[0].outputs = [
        new_output("display_data", {"text/html": HTML}),
        new_output("display_data", {"text/markdown": "# Pregunta api-10"}),
    ]
    path = made_up.handed_in(work, "ana_y_luis", notebooks).rename(given / "ana_y_luis.zip")
    correction.mark([path], given / "correccion", False, lambda _: None)
    return given / "correccion"


def outline(entries):
    return [name for one in entries for name in (outline(one) if isinstance(one, list) else [one.title])]


def in_html(path):
    page = path.with_suffix(".html").read_text("utf-8")
    return page, [re.sub("<.*?>", "", text) for text in re.findall(r"<h[1-6].*?>(.*?)</h[1-6]>", page, re.DOTALL)]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_those_of_a_delivery_are_bold_text(folder):
    asked = {
        key: [f"Pregunta {one.id}" for one in QUESTIONS if one.section == key] for key in (s.key for s in SECTIONS)
    }
    ours = ["ana_y_luis", *(name for s in SECTIONS if asked[s.key] for name in (s.title, *asked[s.key]))]
    page, headings = in_html(folder / "entregas" / "ana_y_luis")
    assert headings == ours
    for number in (1, 2, 3, 4, 6, 7, 8, 9, 10):
        assert f"<strong>Pregunta api-{number}</strong>" in page
    assert "<strong>Pregunta <b>api-5</b></strong>" in page and "El final." in page
    pdf = PdfReader(folder / "entregas" / "ana_y_luis.pdf")
    assert outline(pdf.outline) == [*ours, "Índice de preguntas"]


@pytest.mark.slow
def test_a_questions_sheet_has_its_own_and_the_names(folder):
    assert {path.stem for path in (folder / "por_pregunta").glob("*.html")} == set(IDS)
    _, headings = in_html(folder / "por_pregunta" / "s3-1")
    assert headings == ["Pregunta s3-1", "ana_y_luis"]
