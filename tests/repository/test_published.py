"""The memoria in docs/ is that of the notebooks as they are; what packs it leaves it accessible and archival."""

import re

import nbformat
import pytest
import verapdf
from pypdf import PdfReader

from helpers.memoria.document import START
from helpers.notebook_file import role_and_ids
from helpers.practice.questions import QUESTIONS
from helpers.workbook import INSTALLATION, SOLVED

PDF, PICTURE = INSTALLATION / "docs" / "memoria.pdf", INSTALLATION / "docs" / "paginas.png"
OLD = "docs/memoria.pdf is older than the notebooks: «make docs» renews it (two minutes)"
MOST_BYTES, MOST_PAGES = 1_000_000, 60
# Between two pages: the foot of one and the head of the next.
PAGE_ENDS = re.compile(r"\d+ de \d+$|^REST API en cloud.*$", re.MULTILINE)


def squeezed(text):
    """Return `text` without what composing it may have added or taken away."""
    return re.sub(r"[\s\-\u00ad]", "", re.sub("[“”«»]", '"', text)).replace("’", "'").replace("‘", "'")


def paragraphs(cell):
    """Return the paragraphs of a Markdown cell as they are read, but for the formulas and tables that it may have."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", re.sub(r"```\w*", "", cell.source))
    plain = re.sub(r"^#+ |^\s*[-*] |^\d+\. |^> |[*`\\]", "", plain, flags=re.MULTILINE)
    return [line for line in plain.split("\n") if line.strip() and not line.startswith(("|", "<"))]


@pytest.mark.static
@pytest.mark.slow  # make check runs it all the same
@pytest.mark.skipif(not PDF.exists(), reason="docs/memoria.pdf is not there yet: «make docs» writes it")
def test_the_published_memoria_has_each_statement_and_answer_of_the_notebooks():
    reader = PdfReader(PDF)
    text = squeezed("\n".join(PAGE_ENDS.sub("", page.extract_text()) for page in reader.pages))
    missing, answered = [], set()
    for path in SOLVED.notebook_files():
        for cell in nbformat.read(path, as_version=4).cells if path.stem != START else ():
            role, ids = role_and_ids(cell)
            if role in ("pregunta", "respuesta"):
                answered.update(ids)
                missing += [f"{ids[0]}: {one}" for one in paragraphs(cell) if squeezed(one) not in text]
    assert answered == {question.id for question in QUESTIONS}
    assert missing == [], OLD


@pytest.mark.static
@pytest.mark.skipif(not PDF.exists(), reason="as above")
def test_the_published_memoria_is_small_and_has_its_picture_in_the_readme():
    assert PDF.stat().st_size < MOST_BYTES and len(PdfReader(PDF).pages) <= MOST_PAGES
    assert "BORRADOR" not in PdfReader(PDF).pages[0].extract_text()
    first_screen = (INSTALLATION / "README.md").read_text("utf-8").partition("\n## ")[0]
    assert re.search(r"\[!\[[^]]{20,}\]\(docs/paginas\.png\)\]\(docs/memoria\.pdf\)", first_screen)
    assert PICTURE.read_bytes().startswith(b"\x89PNG") and PICTURE.stat().st_size < 150_000


@pytest.mark.slow
@pytest.mark.parametrize("standard", ["PDFUA-1", "PDFA-2A"])
def test_the_published_memoria_is_accessible_and_archival(standard):
    assert verapdf.broken_rules(PDF, standard) == []
