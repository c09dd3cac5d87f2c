"""Whatever a tool has left in a notebook, it gives a PDF; what cannot be composed is there as text."""

import io
import json
import logging

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader

from helpers import notebook_file
from helpers.errors import MemoriaError, NotebookError
from helpers.memoria import execute, exporter, last_resort
from helpers.memoria.exporter import MemoriaExporter
from helpers.memoria.widgets import STATE, VIEW

WRONG = [None, True, 1, 1.5, "x", "", [], {}, [1], ["a", None], ["a", "a", "b,c", ""], {"a": 1}, {"name": 1}]


def at(*keys):
    """Return a function that puts a value there in a notebook, as JSON."""

    def put(notebook, value):
        *path, last = keys
        for key in path:
            notebook = notebook[key]
        notebook[last] = value

    return put


def left_out(*keys):
    *path, last = keys

    def remove(notebook, _):
        for key in path:
            notebook = notebook[key]
        del notebook[last]

    return remove


PLACES = {
    "cells": at("cells"),
    "metadata": at("metadata"),
    **{key: at("metadata", key) for key in ("title", "authors", "group", "pair", "colophon", "draft", "language",
                                            "kernelspec", "language_info", "orig_nbformat", "widgets")},
    "widgets' state": at("metadata", "widgets", STATE),
    "widget": at("metadata", "widgets", STATE, "state", "m"),
    "widget's state": at("metadata", "widgets", STATE, "state", "m", "state"),
    **{f"widget's {key}": at("metadata", "widgets", STATE, "state", "m", "state", key)
       for key in ("children", "outputs", "index", "_options_labels", "description")},
    **{key: at("cells", 1, key) for key in ("id", "cell_type", "metadata", "source", "execution_count", "outputs")},
    "attachments": at("cells", 0, "attachments"),
    "attachment": at("cells", 0, "attachments", "a.png"),
    **{f"cell's {key}": at("cells", 1, "metadata", key)
       for key in ("tags", "execution", "jupyter", "collapsed", "scrolled", "name", "alt")},
    "output": at("cells", 1, "outputs", 0),
    **{f"output's {key}": at("cells", 1, "outputs", 0, key)
       for key in ("output_type", "data", "metadata", "execution_count")},
    **{f"output's {kind}": at("cells", 1, "outputs", 0, "data", kind)
       for kind in ("text/html", "text/plain", "image/png", "image/svg+xml", VIEW)},
    "traceback": at("cells", 1, "outputs", 1, "traceback"),
    "stream": at("cells", 1, "outputs", 2, "text"),
}  # fmt: skip
ABSENT = {f"no {' '.join(map(str, keys))}": left_out(*keys) for keys in (
    ("metadata",), ("nbformat_minor",), ("cells", 1, "metadata"), ("cells", 1, "source"), ("cells", 1, "outputs"),
    ("cells", 1, "id"), ("cells", 1, "cell_type"), ("cells", 1, "outputs", 0, "data"),
    ("cells", 1, "outputs", 2, "text"),
)}  # fmt: skip


def as_json():
    """Return a notebook with a widget, an error and a stream, as its file says it."""
    box = {"model_name": "DropdownModel", "state": {"value": 1, "_options_labels": ["a"], "index": 0}}
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": {VIEW: {"model_id": "m"}, "text/plain": "control"}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["E: v"]},
        {"output_type": "stream", "name": "stdout", "text": ["ho", "la\n"]},
    ]
    code = {"cell_type": "code", "id": "b", "metadata": {}, "source": "x", "execution_count": 1, "outputs": outputs}
    image = {"a.png": {"image/png": "x"}}
    text = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Título"], "attachments": image}
    metadata = {"widgets": {STATE: {"version_major": 2, "version_minor": 0, "state": {"m": box}}}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": [text, code]}


def spoilt(put, value):
    notebook = as_json()
    put(notebook, value)
    return json.dumps(notebook)


@pytest.mark.static
@pytest.mark.parametrize("place", PLACES)
def test_whatever_stands_there_it_becomes_a_valid_notebook(place):
    for value in WRONG:
        nbformat.validate(notebook_file.parse(spoilt(PLACES[place], value)))


@pytest.mark.static
@pytest.mark.parametrize("name", ABSENT)
def test_whatever_is_not_there_it_becomes_a_valid_notebook(name):
    nbformat.validate(notebook_file.parse(spoilt(ABSENT[name], None)))


@pytest.mark.static
def test_what_is_right_stays_as_it_is():
    right = nbformat.from_dict(as_json())
    right.cells[0].source, right.cells[1].outputs[2].text = "# Título", "hola\n"
    right.cells[1].metadata = {"tags": ["evidencia", "s3-1"], "scrolled": "auto", "otra": {"cosa": 1}}
    assert notebook_file.sound(right) == right


@pytest.mark.static
@pytest.mark.parametrize("tags", [None, [], "pregunta", [1], {"pregunta": 1}, ["", None]])
def test_a_cell_without_tags_that_are_words_has_no_role(tags):
    assert notebook_file.role_and_ids(nbformat.from_dict({"metadata": {"tags": tags}})) == ("", [])


@pytest.mark.static
def test_ids_that_are_missing_wrong_or_repeated_are_given_again():
    cells = [{"id": name} for name in ("a", "a", None, "con espacio", "celda-1", "x" * 65, 3)]
    ids = [cell.id for cell in notebook_file.sound({"cells": cells}).cells]
    assert ids == ["a", "celda-2", "celda-3", "celda-4", "celda-1", "celda-5", "celda-6"]


@pytest.mark.static
@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", "7", '{"nbformat": 4}', '{"worksheets": 1, "nbformat": 3}']
)
def test_what_is_no_notebook_is_said_to_be_none(text):
    with pytest.raises((nbformat.ValidationError, nbformat.reader.NotJSONError)):
        notebook_file.parse(text)


@pytest.fixture
def exported(caplog):
    """Return a function: the text of the PDF of a notebook's file, without white space; what was said is in caplog."""

    def export(text, resources=None):
        made = MemoriaExporter()
        made.log = logging.getLogger("exporter")
        pdf, _ = made.from_file(io.StringIO(text), resources)
        return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())

    return export


def test_all_that_at_once_is_a_pdf_without_the_last_resort(exported, caplog):
    """A cell for each wrong value in each place of a cell, and a file for each one in the notebook's metadata."""
    whole = as_json()
    of_cells = [name for name in PLACES if "widget" not in name and name not in whole["metadata"]]
    for name in of_cells:
        for value in (None, "x", [1], {"a": 1}):
            one = json.loads(spoilt(PLACES[name], value))
            whole["cells"] += one["cells"][1:] if isinstance(one["cells"], list) else []
    whole["cells"].append({"cell_type": "markdown", "source": "fin"})
    assert exported(json.dumps(whole)).count("hola") > 50
    for value in ("x", [1], {"a": 1}):
        notebook = as_json()
        for name in ("title", "authors", "group", "colophon", "draft", "language", "kernelspec", "widgets"):
            PLACES[name](notebook, value)
        assert "hola" in exported(json.dumps(notebook))
    assert "Van como texto" not in caplog.text


def test_links_without_an_anchor_or_with_two_are_text(exported, caplog):
    source = (
        "# Uno\n\n# Uno\n\n## Qué es\n\n## pregunta\n\n<a id='ancla'></a>\n\n"
        "[dos](#Uno) [ninguno](#nada) [vacío](#) [acento](#Qué-es) [escrito](#Qu%C3%A9-es) [suyo](#pregunta) "
        "[ancla](#ancla) [de otra](#raro<>\"')"
    )
    notebook = new_notebook(cells=[new_markdown_cell(source)])
    pdf, _ = MemoriaExporter().from_notebook_node(notebook)
    pages = PdfReader(io.BytesIO(pdf)).pages
    text = " ".join(pages[-1].extract_text().split())
    assert "dos ninguno vacío acento escrito suyo ancla de otra" in text
    assert len([one for one in pages[-1]["/Annots"] if "/Dest" in one.get_object() or "/A" in one.get_object()]) == 4
    assert "Van como texto" not in caplog.text


BREAKS = "`rompe-typst`"


@pytest.fixture
def breakable(monkeypatch):
    """Break pandoc's answer wherever a cell says so, as a fault of pandoc's or typst's would."""
    convert = exporter.html_to_typst
    monkeypatch.setattr(
        exporter, "html_to_typst", lambda html, work: convert(html, work).replace(BREAKS, "#panic(1) " + BREAKS)
    )


def test_the_cell_at_fault_is_text_with_a_note_and_the_rest_as_always(exported, breakable, caplog):
    shown = new_output("display_data", data={"text/plain": "su salida", "text/markdown": BREAKS})
    cells = [
        new_markdown_cell("# Prueba"),
        *(new_markdown_cell(f"párrafo **{number}**") for number in range(20)),
        new_markdown_cell(f"**Respuesta.** {BREAKS}", metadata={"tags": ["respuesta", "s3-1"]}),
        new_code_cell("mi_código()", outputs=[shown], execution_count=1),
        new_markdown_cell("después"),
    ]
    text = exported(nbformat.writes(new_notebook(cells=cells)))
    note = "".join(last_resort.NOTE.split())
    assert text.count(note) == 2 and text.index("párrafo19") < text.index(note)
    assert "**Respuesta.**" in text and "mi_código()susalida" in text and "después" in text
    assert "Van como texto 2 celdas que no se han podido componer: typst no ha podido" in caplog.text


def test_an_unforeseen_error_in_a_cell_is_no_reason_to_fail(exported, monkeypatch):
    settle = exporter.prepare.__globals__["settled"]

    def fails(text):
        return settle(text) if not text.startswith("mal") else 1 / 0

    monkeypatch.setitem(exporter.prepare.__globals__, "settled", fails)
    outputs = [[new_output("stream", text=text)] for text in ("bien", "mal")]
    text = exported(nbformat.writes(new_notebook(cells=[new_code_cell("x", outputs=one) for one in outputs])))
    assert "bien" in text and text.count("Estacelda") == 1


def test_cells_that_only_fail_together_are_all_text():
    cells = [new_markdown_cell(str(number)) for number in range(5)]
    mended, replaced = last_resort.mended(cells, lambda some: len(some) < 3 or some[0].source == "0")
    assert replaced == 5 - 2 and [cell.cell_type for cell in mended] == ["markdown"] * 2 + ["code"] * 3


def test_a_search_that_takes_too_long_ends(monkeypatch):
    monkeypatch.setattr(last_resort, "SEARCH_S", -1)
    cells = [new_markdown_cell(str(number)) for number in range(9)]
    assert last_resort.mended(cells, lambda some: pytest.fail("it went on"))[1] == 9


def test_what_no_cell_is_at_fault_for_is_an_error(monkeypatch):
    monkeypatch.setattr(exporter, "document_source", lambda *_: "#panic(1)")
    with pytest.raises(MemoriaError, match="typst no ha podido componer el PDF"):
        MemoriaExporter().from_notebook_node(new_notebook(cells=[new_markdown_cell("x")]))


NO_NOTEBOOK = {
    "latin-1": ('{"título": 1}'.encode("latin-1"), "'utf-8' codec can't decode"),
    "null": (b"null", "No es un cuaderno: no tiene celdas."),
    "half written": (b'{"cells": [', "No es JSON"),
    "not there": (None, "No such file"),
}


@pytest.mark.parametrize(("content", "reason"), NO_NOTEBOOK.values(), ids=NO_NOTEBOOK)
def test_what_is_no_notebook_says_so_and_where_its_copy_is(tmp_path, content, reason):
    path = tmp_path / "03_s3.ipynb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotebookError, match=f"No se puede leer el cuaderno .*03_s3.ipynb: .*{reason}.*_checkpoints"):
        execute.read(path)


def test_a_notebook_of_a_format_to_come_is_read(tmp_path):
    path = tmp_path / "03_s3.ipynb"
    cell = {"cell_type": "markdown", "id": "x", "metadata": {}, "source": "hola", "new": 1}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 99, "nbformat_minor": 0}), "utf-8")
    assert [one.source for one in execute.read(path).cells] == ["hola"]
