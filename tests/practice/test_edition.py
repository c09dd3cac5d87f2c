"""The student edition: the same cells, without the answers; it runs, and its memoria says what is missing."""

import re

import nbformat
import pytest
from pypdf import PdfReader

from helpers.errors import TemplateError
from helpers.memoria import build
from helpers.memoria.execute import execute_all
from helpers.practice import answers, authors, edition
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import SOLVED, Workbook, containing


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plantilla") / "mi edición"
    edition.write(folder)
    return folder


def test_it_is_a_workbook_with_the_handlers_working(folder):
    mine = Workbook(folder)
    assert containing(mine.notebooks) == mine != SOLVED
    assert [path.name for path in mine.code_files()] == [path.name for path in SOLVED.code_files()]
    assert (mine.handlers / "Dockerfile").read_bytes() == (SOLVED.handlers / "Dockerfile").read_bytes()


def pairs(folder):
    """Yield (cell of the workbook, the same of the edition)."""
    for section in SECTIONS:
        ours, theirs = (nbformat.read(section.notebook(book), as_version=4) for book in (SOLVED, Workbook(folder)))
        nbformat.validate(theirs)
        assert ours.metadata == theirs.metadata and len(ours.cells) == len(theirs.cells)
        yield from zip(ours.cells, theirs.cells, strict=True)


def test_answers_and_own_work_are_blank_and_the_rest_is_the_same(folder):
    blank = {"respuesta": 0, "evidencia": 0, None: 0}
    for ours, theirs in pairs(folder):
        assert (ours.id, ours.cell_type, ours.metadata) == (theirs.id, theirs.cell_type, theirs.metadata)
        if ours.source != theirs.source:
            blank[(ours.metadata.get("tags") or [None])[0]] += 1
            assert theirs.source == edition.BLANK_ANSWER or re.fullmatch(
                r"(%%comandos\n)?# Escribe aquí lo que haces para la pregunta [a-z0-9-]+\.", theirs.source
            )
    assert blank["respuesta"] == 29 and blank["evidencia"] >= len(edition.OWN_WORK) and blank[None] == 2
    assert {one for section in SECTIONS for one in answers.answered_in(section.notebook(Workbook(folder)))} == set()
    assert {question.id for question in QUESTIONS} > edition.OWN_WORK
    assert authors.read(Workbook(folder)) == authors.Authors()


def test_nothing_is_written_over(folder, tmp_path):
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    there = (
        r"ya están notebooks/00_inicio\.ipynb, .*handlers/user_rest\.py, .*autores\.toml, y no se escribe nada encima"
    )
    with pytest.raises(TemplateError, match=there):
        edition.write(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == kept
    (tmp_path / "autores.toml").write_text("mío")
    with pytest.raises(TemplateError, match=r"ya están autores\.toml, y no se escribe nada encima"):
        edition.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["autores.toml"]
    with pytest.raises(TemplateError, match="No se puede escribir en"):
        edition.write(tmp_path / "autores.toml" / "dentro")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_it_runs_and_its_memoria_lists_what_is_not_answered(folder, cloud, tmp_path):
    paths = [section.notebook(Workbook(folder)) for section in SECTIONS]
    one = nbformat.read(paths[3], as_version=4)
    for cell in one.cells:
        if cell.metadata.get("tags") == ["respuesta", "s3-1"]:
            cell.source = "**Respuesta.** Mía."
    nbformat.write(one, paths[3])
    pdf = build.export(
        Workbook(folder), execute_all(paths[1:], on_cell=lambda *_: None), tmp_path / "memoria.pdf", draft=True
    )
    text = " ".join("".join(page.extract_text() for page in PdfReader(pdf).pages).split())
    assert "Preguntas respondidas: 1 de 29." in text
    missing = text.partition("Sin responder: ")[2].partition(".")[0]
    assert missing.split(", ") == [question.id for question in QUESTIONS if question.id != "s3-1"]
