"""Authors, files and the zip that is handed in."""

import errno
import io
import os
import zipfile

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from pypdf import PdfReader

from helpers.errors import MemoriaError
from helpers.memoria import build, document, exporter
from helpers.practice import authors, delivery, files
from helpers.practice.questions import SECTIONS
from helpers.workbook import SOLVED, Workbook, replace_file

FILLED = 'grupo = "1301"\npareja = 7\nautores = ["Ana García", " Luis Pérez ", ""]\n'


@pytest.fixture
def signature(tmp_path):
    """Return a function that writes autores.toml of a workbook in `tmp_path` and reads it."""

    def write(text):
        (tmp_path / "autores.toml").write_text(text, "utf-8")
        return authors.read(Workbook(tmp_path))

    return write


def test_authors_are_read_and_what_is_missing_is_named(signature):
    found = signature(FILLED)
    assert (found.names, found.group, found.pair) == (("Ana García", "Luis Pérez"), "1301", "7")
    assert found.missing == []
    assert found.table()["Valor"].tolist() == ["Ana García, Luis Pérez", "1301", "7"]
    assert signature("").missing == ["autores", "grupo", "pareja"]


@pytest.mark.parametrize("text", ["autores = [", 'autores = "Ana"', "autores = [1]", "grupo = []", "\x00"])
def test_a_file_that_makes_no_sense_shows_how_it_should_be(signature, text):
    with pytest.raises(MemoriaError, match=r'autores.toml(.|\n)*autores = \["Ana García López"'):
        signature(text)


def test_the_file_that_the_project_ships_is_to_be_filled_in():
    assert authors.read(SOLVED).missing == ["autores", "grupo", "pareja"]


def test_it_refuses_naming_questions_and_authors(signature, tmp_path, monkeypatch):
    signature("autores = ['Ana']")
    monkeypatch.setattr(delivery.answers, "unanswered", lambda _: ["s3-1", "get-2"])
    with pytest.raises(MemoriaError) as caught:
        delivery.check(Workbook(tmp_path))
    for expected in ("Sin responder: s3-1, get-2.", "autores.toml: grupo, pareja.", "--borrador"):
        assert expected in str(caught.value)
    monkeypatch.setattr(delivery.answers, "unanswered", lambda _: [])
    signature(FILLED)
    delivery.check(Workbook(tmp_path))


def test_the_zip_has_the_memoria_and_the_files(tmp_path):
    pdf = tmp_path / "memoria.pdf"
    pdf.write_bytes(b"%PDF-1.7")
    target = delivery.pack(SOLVED, pdf, tmp_path / "entrega.zip")
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
        assert archive.read("memoria.pdf") == b"%PDF-1.7"
        assert archive.read("src/user_rest.py") == (SOLVED.handlers / "user_rest.py").read_bytes()
    required = ["Dockerfile", "user_rest.py", "user_lambda_param.py", "user_get_lambda_dynamo.py", "saluda.js"]
    assert {f"src/{name}" for name in required} <= set(names) and "src/__init__.py" not in names
    before = target.read_bytes()
    with pytest.raises(MemoriaError, match="La versión anterior sigue ahí"):
        delivery.pack(SOLVED, tmp_path / "falta.pdf", target)
    assert target.read_bytes() == before


def cover_of(notebook):
    pdf, _ = exporter.MemoriaExporter().from_notebook_node(notebook)
    reader = PdfReader(io.BytesIO(pdf))
    return reader, reader.pages[0].extract_text()


def test_the_cover_has_authors_group_and_pair_and_a_draft_says_so(signature):
    cells = [new_notebook(cells=[new_markdown_cell("# 1. Uno")])]
    reader, cover = cover_of(document.join(cells, signature(FILLED)))
    for expected in ("REST API en cloud", "Ana García", "Luis Pérez", "Grupo 1301 · Pareja 7"):
        assert expected in cover
    assert "BORRADOR" not in cover
    assert reader.metadata.title == "REST API en cloud" and "Ana García" in reader.metadata.author
    reader, cover = cover_of(document.join(cells, draft=True))
    assert "Borrador" in cover
    assert all("BORRADOR" in page.extract_text() for page in reader.pages)


def test_every_file_has_its_line():
    table = files.files()
    assert (table["Descripción"].str.len() > 3).all()
    names = set(table["Archivo"])
    assert {"handlers/user_rest.py", "handlers/saluda.js", "handlers/Dockerfile", "notebooks/07_memoria.ipynb"} <= names
    assert [section.title for section in SECTIONS] == table["Descripción"].tolist()[-len(SECTIONS) :]


def test_a_handler_that_is_half_written_is_listed_as_such(tmp_path):
    path = tmp_path / "mío.py"
    path.write_text('"""Saluda."""\ndef handler(event, context:\n    return 1\n', "utf-8")
    assert files.describe(path).startswith("(no es Python correcto: ") and "line 2" in files.describe(path)


def test_the_memoria_leaves_the_instructions_out(monkeypatch, tmp_path):
    paths = SOLVED.notebook_files()
    cells = {path: new_notebook(cells=[new_markdown_cell(f"# {path.stem}")]) for path in paths}
    monkeypatch.setattr(build, "execute_all", lambda paths, on_cell: [cells[path] for path in paths])
    export = build.export
    monkeypatch.setattr(build, "export", lambda book, made, draft: export(book, made, tmp_path / "memoria.pdf", draft))
    done = []
    pdf = build.make(SOLVED, lambda *_: None, on_export=lambda: done.append("executed"))
    text = "".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert done == ["executed"]
    assert "07_memoria" in text and "00_inicio" not in text


def test_a_full_disk_leaves_the_former_file(tmp_path):
    target = tmp_path / "memoria.pdf"
    target.write_bytes(b"%PDF anterior")

    def write(path):
        path.write_bytes(b"%PDF a med")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(MemoriaError, match="La versión anterior sigue ahí"):
        replace_file(target, write)
    assert target.read_bytes() == b"%PDF anterior"
    assert list(tmp_path.iterdir()) == [target]
