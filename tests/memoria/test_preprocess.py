"""What a notebook becomes before it is made a PDF, to the letter."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.memoria import preprocess
from helpers.memoria.images import Images


@pytest.fixture
def images(tmp_path):
    return Images(tmp_path, [tmp_path])


def prepared(cell, images):
    (cell,) = preprocess.prepare(new_notebook(cells=[cell]), images).cells
    return cell


def test_a_preparation_is_its_last_line_and_what_it_told(images):
    told = new_output("execute_result", data={"text/html": "<p>Creado</p>"}, execution_count=1)
    waited = new_output("display_data", data={"text/plain": "Esperando… 2 s"})
    cell = new_code_cell(
        "from helpers import lab\nlab.open('s3')\n", metadata={"tags": ["preparacion"]}, outputs=[waited, told]
    )
    line, table = preprocess.prepare(new_notebook(cells=[cell]), images).cells
    assert line.source == "*Preparación:* `lab.open('s3')`"
    assert table.source == "" and [one.data for one in table.outputs] == [{"text/html": "<p>Creado</p>"}]


def test_what_is_only_for_the_edition_is_left_out(images):
    cells = [
        new_markdown_cell("Se crea otro.", metadata={"tags": ["solo-resuelto"]}),
        new_markdown_cell("Créalo.", metadata={"tags": ["solo-practica"]}),
        new_code_cell("crear()", metadata={"tags": ["evidencia", "api-2", "hueco"]}),
    ]
    kept = preprocess.prepare(new_notebook(cells=cells), images).cells
    assert [cell.source for cell in kept] == ["Se crea otro.", "crear()"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({}, "(salida de tipo desconocido, que no se puede imprimir)"),
        ({"a/b": "1", "c/d": "2"}, "(salida de tipo a/b, c/d, que no se puede imprimir)"),
    ],
)
def test_an_output_that_cannot_be_printed_says_its_kind(data, text, images):
    (output,) = prepared(new_code_cell("x", outputs=[new_output("display_data", data=data)]), images).outputs
    assert output.data == {"text/plain": text}


def test_the_lines_of_a_traceback_stay_lines(images):
    error = new_output("error", ename="E", evalue="v", traceback=["\x1b[31muno\x1b[0m", "dos\x07"])
    assert prepared(new_code_cell("x", outputs=[error]), images).outputs[0].traceback == ["uno\ndos"]


def test_an_empty_picture_is_left_out_and_its_text_stays(images):
    shown = new_output("display_data", data={"image/png": "", "text/plain": "texto"})
    (output,) = prepared(new_code_cell("x", outputs=[shown]), images).outputs
    assert output.data == {"image/png": "", "text/plain": "texto"}


def test_what_is_not_code_has_no_outputs(images):
    notebook = new_notebook(cells=[new_markdown_cell("texto")])
    notebook.cells[0]["outputs"] = [new_output("stream", text="x")]
    (cell,) = preprocess.prepare(notebook, images).cells
    assert "outputs" not in cell
