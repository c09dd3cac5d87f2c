"""The memoria of the executed workbook: nothing of what it has to hold is missing from the PDF's text."""

import html
import re

import pytest
import verapdf
from pypdf import PdfReader

from helpers.memoria import build, preprocess
from helpers.memoria.execute import execute_all
from helpers.practice.questions import QUESTIONS
from helpers.workbook import SOLVED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def memoria(emulator, tmp_path_factory):
    """Return (executed sections, text of the PDF without white space and hyphens, the PDF's path)."""
    emulator.start()
    executed = execute_all(SOLVED.notebook_files()[1:], on_cell=lambda *_: None)
    pdf = build.export(SOLVED, executed, tmp_path_factory.mktemp("memoria") / "memoria.pdf")
    pages = [page.extract_text() for page in PdfReader(pdf).pages]
    # Each page but the cover begins with its header and ends with its number, between the lines of what runs on.
    bodies = ["\n".join(page.splitlines()[1:-1]) for page in pages[1:]]
    return executed, squeezed("\n".join(bodies)), pdf


def squeezed(text):
    """Return `text` without what a line break may have added or taken away, and with one kind of quotes."""
    text = re.sub(r"[\s\-\u00ad]", "", text)
    return re.sub("[“”«»]", '"', text).replace("’", "'").replace("‘", "'")


NOT_PRINTED = {"preparacion", "panel", "solo-practica"}


def cells(notebooks, kind):
    for notebook in notebooks:
        for cell in notebook.cells:
            if cell.cell_type == kind and not NOT_PRINTED & set(cell.metadata.get("tags", [])):
                yield cell


def missing(pieces, text):
    return [piece for piece in pieces if not is_in(squeezed(piece), text)]


def is_in(piece, text):
    """Tell whether `piece` is in `text`; a page break may cut a long one, with the table's header in between."""
    if piece in text:
        return True
    chunks = [piece[start : start + 100] for start in range(0, len(piece), 100)]
    return len(chunks) > 3 and sum(chunk not in text for chunk in chunks) <= 1


def test_every_code_line_is_there(memoria):
    executed, text, _ = memoria
    lines = [line for cell in cells(executed, "code") for line in cell.source.splitlines() if line.strip()]
    assert len(lines) > 300 and missing(lines, text) == []


def test_every_table_cell_is_there(memoria):
    executed, text, _ = memoria
    found = []
    for cell in cells(executed, "code"):
        for output in cell.outputs:
            page = output.get("data", {}).get("text/html", "")
            if "<table" in page:
                found += [html.unescape(value) for value in re.findall(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", page, re.DOTALL)]
    assert len(found) > 400 and missing(map(preprocess.clean, found), text) == []


def test_every_answer_and_statement_is_there(memoria):
    executed, text, _ = memoria
    paragraphs, answered = [], set()
    for cell in cells(executed, "markdown"):
        role, *ids = cell.metadata.get("tags", [""])
        if role in ("pregunta", "respuesta"):
            answered |= set(ids)
            plain = re.sub(r"[*`]|^#+ |^- |^\d\. ", "", cell.source, flags=re.MULTILINE)
            paragraphs += [paragraph for paragraph in plain.split("\n") if paragraph.strip()]
    assert answered == {question.id for question in QUESTIONS}
    assert missing(paragraphs, text) == []


@pytest.mark.parametrize("standard", ["PDFUA-1", "PDFA-2A"])
def test_an_independent_validator_finds_it_accessible_and_archival(memoria, standard):
    assert verapdf.broken_rules(memoria[2], standard) == []
