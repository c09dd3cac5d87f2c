"""From notebooks to the PDF: real nbconvert, pandoc and typst."""

import io
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pypandoc
import pytest
import verapdf
from memoria_images import alternative_texts, images_of, png
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader

from helpers import tables
from helpers.errors import MemoriaError
from helpers.memoria import build, document, exporter, preprocess
from helpers.memoria.execute import execute
from helpers.memoria.images import Images
from helpers.workbook import SOLVED, Workbook


def pdf_of(cells):
    """Return a reader of the PDF of a notebook with `cells`."""
    pdf, resources = exporter.MemoriaExporter().from_notebook_node(new_notebook(cells=cells))
    assert resources["output_extension"] == ".pdf"
    return PdfReader(io.BytesIO(pdf))


def text_of(reader):
    """Return the text of all pages, without line breaks."""
    return " ".join(page.extract_text() for page in reader.pages).replace("\n", " ")


def table_output(html):
    return new_output("execute_result", data={"text/html": html, "text/plain": "tabla"}, execution_count=1)


def test_text_code_tables_and_answers_are_in_the_pdf():
    table = "<table><thead><tr><th>Clave</th></tr></thead><tbody><tr><td>src/user_rest.py</td></tr></tbody></table>"
    reader = pdf_of(
        [
            new_markdown_cell("# 3. AWS S3\n\nUn **bucket** y `código`."),
            new_markdown_cell("### Pregunta s3-1\n\n¿Qué hace?", metadata={"tags": ["pregunta", "s3-1"]}),
            new_code_cell("s3.list_buckets()", outputs=[table_output(table)], execution_count=1),
            new_markdown_cell("**Respuesta.** Nada.", metadata={"tags": ["respuesta", "s3-1"]}),
        ]
    )
    text = text_of(reader)
    for expected in ("3. AWS S3", "s3.list_buckets()", "src/user_rest.py", "¿Qué hace?", "Respuesta. Nada.", "3 de 4"):
        assert expected in text, expected
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)] == [
        "3. AWS S3",
        "Índice de preguntas",
    ]


VIEW, STATE = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20"><text x="1" y="15">palabra-svg</text></svg>'


@pytest.fixture(scope="module")
def every_kind():
    """A reader of the PDF of a notebook with each kind of output, as IPython leaves them: with its plain text."""

    def shown(metadata=None, **data):
        plain = {"text/plain": "<IPython.core.display.Objeto>"}
        named = {name.replace("_", "/", 1).replace("svg", "svg+xml"): value for name, value in data.items()}
        return new_output("display_data", data=plain | named, metadata=metadata or {})

    outputs = [
        new_output("stream", name="stdout", text="palabra-stdout\n"),
        new_output("stream", name="stderr", text="palabra-stderr\n"),
        new_output("error", ename="KeyError", evalue="'x'", traceback=["Traceback", "KeyError: palabra-error"]),
        shown(text_html=tables.table([("palabra-html", 1)], ["Columna", "Otra"])._repr_html_()),
        shown(text_markdown="En el terminal:\n\n```bash\nawslocal s3api palabra-markdown\n```"),
        shown(text_latex="$\\displaystyle \\alpha + 7$"),
        new_output("execute_result", data={"text/plain": "'palabra-plain'"}, execution_count=1),
        shown({"image/svg+xml": {"alt": "un dibujo"}}, image_svg=DRAWING),
        shown({"alt": "una foto"}, image_png=png(37, 11)),
        shown(),
    ]
    outputs[-1].data[VIEW] = {"model_id": "uno", "version_major": 2, "version_minor": 0}
    notebook = new_notebook(cells=[new_markdown_cell("# T"), new_code_cell("x", outputs=outputs, execution_count=1)])
    model = {"model_name": "HTMLModel", "model_module": "@jupyter-widgets/controls", "model_module_version": "2.0.0"}
    state = {"uno": model | {"state": {"value": "<b>palabra-widget</b>"}}}
    notebook.metadata["widgets"] = {STATE: {"state": state, "version_major": 2, "version_minor": 0}}
    return PdfReader(io.BytesIO(exporter.MemoriaExporter().from_notebook_node(notebook)[0]))


@pytest.mark.parametrize(
    "words",
    [
        "palabra-stdout",
        "palabra-stderr",
        "KeyError: palabra-error",
        "Columna Otra palabra-html 1",
        "En el terminal: awslocal s3api palabra-markdown",
        "𝛼 + 7",
        "'palabra-plain'",
        "palabra-svg",
        "palabra-widget",
    ],
)
def test_each_kind_of_output_is_in_the_text_of_the_pdf(every_kind, words):
    assert text_of(every_kind).count(words) == 1


def test_pictures_and_formulas_are_in_the_pdf_with_their_alternative_texts(every_kind):
    assert alternative_texts(every_kind) == ["\\displaystyle \\alpha + 7", "un dibujo", "una foto"]
    assert [size for page in every_kind.pages for size in images_of(page)] == [(37, 11)]


def test_an_output_is_shown_once_by_its_best_kind(every_kind):
    text = text_of(every_kind)
    assert "IPython" not in text and "displaystyle" not in text and "falta la imagen" not in text


def test_code_and_boxes_keep_their_look_inside_a_tagged_cell(tmp_path):
    error = '<div class="expected-error"><p>Error esperado</p></div>'
    listing = "<pre>" + "import os</pre>"
    cell = new_code_cell("s3.x()", metadata={"tags": ["evidencia", "s3-1"]}, outputs=[table_output(error + listing)])
    for tags in ({}, {"tags": ["evidencia", "s3-1"]}):
        cell.metadata = NotebookNode(tags)
        html, _ = exporter.BodyExporter().from_notebook_node(new_notebook(cells=[cell]))
        (tmp_path / str(len(tags))).mkdir()
        body = exporter.html_to_typst(html, tmp_path / str(len(tags)))
        assert re.findall(r"#([a-z-]+)(?:\(.*\))?\[", body) == ["entrada", "error-esperado", "listado"]
        assert body.count("```python") == 2


def test_a_dollar_in_a_table_is_data_and_in_a_sentence_a_formula():
    table = '<table class="dataframe tex2jax_ignore"><tbody><tr><td>$LATEST y $default</td></tr></tbody></table>'
    text = text_of(pdf_of([new_markdown_cell("# T\n\n$x^2$"), new_code_cell("x", outputs=[table_output(table)])]))
    assert "$LATEST y $default" in text and "$x^2$" not in text


def test_what_starts_a_list_or_a_heading_in_typst_is_text_in_a_cell():
    table = "<table><tbody><tr><td>5. API Gateway</td><td>- tres</td><td>= x</td></tr></tbody></table>"
    text = text_of(pdf_of([new_markdown_cell("# T"), new_code_cell("x", outputs=[table_output(table)])]))
    assert "5. API Gateway" in text and "- tres" in text and "= x" in text


def test_long_words_stay_inside_the_page():
    arn = "arn:aws:lambda:us-east-1:000000000000:function:" + "UnNombreMuyLargo" * 10
    html = f"<table><tbody><tr><td>{arn}</td><td>otra</td></tr></tbody></table>"
    reader = pdf_of([new_markdown_cell("# T"), new_code_cell("y" * 300, outputs=[table_output(html)])])
    right_edges = []
    for page in reader.pages:
        page.extract_text(
            visitor_text=lambda text, _, matrix, *__: right_edges.append(matrix[4]) if text.strip() else None
        )
    assert max(right_edges) < float(reader.pages[0].mediabox.width) - 40
    text = text_of(reader).replace(" ", "")
    assert arn in text and "y" * 300 in text


def test_a_line_that_ends_at_a_hyphen_has_it_once_in_addresses_and_data():
    url = "https://example.com/" + "guía-de-una-página-" * 9 + "fin"
    record = "".join(f'"x-number-{n}": "a-b", ' for n in range(60))
    table = f"| dato | otro |\n|---|---|\n| {record} | {'x' * 300} |"
    text = text_of(pdf_of([new_markdown_cell(text) for text in (url, table)])).replace(" ", "")
    assert url in text and record.replace(" ", "") in text


def test_the_options_of_a_command_are_not_broken():
    options = [f"--{'letra-' * (number % 4)}fin{'a' * (number % 7)}" for number in range(60)]
    listed = new_code_cell("x", outputs=[new_output("stream", name="stdout", text=" ".join(options))])
    words = "\n".join(page.extract_text() for page in pdf_of([listed]).pages).split()
    assert [word for word in words if "-" in word] == options


def test_a_section_alone_has_its_heading_and_the_authors_of_its_workbook_on_the_cover(tmp_path):
    mine = Workbook(tmp_path)
    for folder in (mine.notebooks, mine.handlers):
        folder.mkdir()
    shutil.copy(SOLVED.notebook_files()[3], mine.notebooks)
    mine.authors.write_text('grupo = "1301"\npareja = "7"\nautores = ["Ana García"]\n')
    about = {"metadata": {"name": "03_s3", "path": str(mine.notebooks)}}
    notebook = nbformat.read(SOLVED.notebook_files()[3], as_version=4)
    pdf, _ = exporter.MemoriaExporter().from_notebook_node(notebook, about)
    reader = PdfReader(io.BytesIO(pdf))
    cover = reader.pages[0].extract_text()
    assert reader.metadata.title == "3. AWS S3" and "Ana García" in cover and "Grupo 1301 · Pareja 7" in cover
    assert "title" not in notebook.metadata


def test_an_empty_notebook_is_a_pdf_too():
    assert re.search("^Memoria .* Generado el .* LocalStack", text_of(pdf_of([])))


def test_join_keeps_cells_in_order_with_ids_of_their_own():
    one = new_notebook(cells=[new_markdown_cell("a", id="titulo")])
    two = new_notebook(cells=[new_markdown_cell("b", id="titulo")])
    joined = document.join([one, two])
    assert [(cell.id, cell.source) for cell in joined.cells] == [("1-titulo", "a"), ("2-titulo", "b")]
    assert one.cells[0].id == "titulo"
    nbformat.validate(joined)


def test_a_failed_export_leaves_the_former_pdf(tmp_path, monkeypatch):
    target = tmp_path / "memoria.pdf"
    build.export(SOLVED, [new_notebook(cells=[new_markdown_cell("# Uno")])], target)
    before = target.read_bytes()
    assert before.startswith(b"%PDF")
    monkeypatch.setattr(exporter.pypandoc, "get_pandoc_path", lambda: str(tmp_path / "no-está"))
    with pytest.raises(MemoriaError, match="No se ha podido ejecutar pandoc"):
        build.export(SOLVED, [new_notebook(cells=[new_markdown_cell("# Dos")])], target)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["memoria.pdf"]


def test_what_an_earlier_run_left_in_the_file_is_not_taken_for_this_one(tmp_path):
    stale = {"execution": {"shell.execute_reply": "2020-01-01T10:00:00Z"}}
    cells = [
        executed("1 + 1", 90),
        new_code_cell("panel.show()", execution_count=96, metadata={"tags": ["panel"], **stale}),
        executed("2 + 2", 91),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "x.ipynb")
    run = execute(tmp_path / "x.ipynb")
    assert [cell.execution_count for cell in run.cells] == [1, None, 2]
    assert "2020" not in " ".join(document.when_executed([run]))
    text = text_of(pdf_of(run.cells))
    assert "fuera de orden" not in text and "sin ejecutar" not in text


def test_the_memoria_of_files_that_have_not_been_executed_is_a_draft():
    last = nbformat.read(SOLVED.notebook_files()[-1], as_version=4)
    memoria = document.whole(last, SOLVED)
    assert memoria.metadata.draft and any("Celdas sin ejecutar: " in line for line in memoria.metadata.colophon)


def test_the_exporter_is_known_to_nbconvert():
    from nbconvert.exporters import get_exporter

    assert get_exporter("memoria") is exporter.MemoriaExporter


def test_the_tools_come_with_the_project(monkeypatch):
    # Without those of the system, which pypandoc would look for and remember.
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("PYPANDOC_PANDOC", raising=False)
    pypandoc.clean_pandocpath_cache()
    assert Path(pypandoc.get_pandoc_path()).is_relative_to(Path(pypandoc.__file__).parent)
    assert "fin" in text_of(pdf_of([new_markdown_cell("fin")]))


def executed(source, count):
    return new_code_cell(source, execution_count=count)


def test_cells_that_were_not_executed_or_not_in_order_are_marked_in_the_margin():
    cells = [executed("a", 1), executed("b", 5), executed("c", 3), executed("d", None), executed("e", 6)]
    text = text_of(pdf_of([new_markdown_cell("# T"), *cells]))
    assert text.count("sin ejecutar") == 2 and text.count("fuera de orden") == 1
    assert text.index("b") < text.index("fuera de orden") < text.index("sin ejecutar")
    assert "Celdas sin ejecutar: 1 de 5." in text
    panel = new_code_cell("panel.show()", execution_count=9, metadata={"tags": ["panel"]})
    for fine in (
        [executed("a", 1), executed("b", 2)],
        [executed("a", 3), panel, executed("b", 4)],
    ):
        text = text_of(pdf_of([new_markdown_cell("# T"), *fine]))
        assert "sin ejecutar" not in text and "fuera de orden" not in text


def test_a_cell_run_again_after_a_restart_is_out_of_order_and_a_section_that_begins_again_is_not():
    one, two = ([executed("a", first), executed("b", 4), executed("c", last)] for first, last in ((1, 1), (2, 5)))
    alone = preprocess.prepare(new_notebook(cells=one), Images(Path()))
    joined = document.join([new_notebook(cells=cells) for cells in (one, two, one)])
    for notebook, tags in (
        (alone, [[], [], ["fuera-de-orden"]]),
        (joined, [*([], [], ["fuera-de-orden"]), *([],) * 3] * 2),
    ):
        found = [cell.metadata.get("tags", []) for cell in preprocess.prepare(notebook, Images(Path())).cells]
        assert found == tags[: len(found)]


def test_a_notebook_in_which_nothing_was_executed_is_not_marked():
    prepared = preprocess.prepare(new_notebook(cells=[executed("a", None), executed("b", None)]), Images(Path()))
    assert [cell.metadata for cell in prepared.cells] == [{}, {}]


def test_preparing_a_notebook_leaves_it_as_it_is():
    notebook = new_notebook(cells=[executed("a", 2), executed("b", 1), executed("c", None)])
    before = nbformat.writes(notebook)
    preprocess.prepare(notebook, Images(Path()))
    assert nbformat.writes(notebook) == before


def test_the_last_page_has_the_index_of_questions_and_the_colophon():
    cells = [
        new_markdown_cell("# 3. AWS S3"),
        new_markdown_cell("### Pregunta s3-1\n\n¿Qué?", metadata={"tags": ["pregunta", "s3-1"]}),
        new_markdown_cell("**Respuesta.** `cp` copia un archivo al bucket.", metadata={"tags": ["respuesta", "s3-1"]}),
    ]
    pdf, _ = exporter.MemoriaExporter().from_notebook_node(document.join([new_notebook(cells=cells)]))
    last = PdfReader(io.BytesIO(pdf)).pages[-1].extract_text()
    for expected in ("Índice de preguntas", "s3-1", "LocalStack 4.14.0", "Preguntas respondidas: 1 de 29.", "get-2."):
        assert expected in last, expected
    last = pdf_of(cells[:-1]).pages[-1].extract_text()
    for expected in ("Preguntas respondidas: 0 de 1.", "Sin responder: s3-1."):
        assert expected in last, expected
    assert "Preguntas" not in pdf_of(cells[:1]).pages[-1].extract_text()


@pytest.mark.slow
@pytest.mark.parametrize("standard", ["PDFUA-1", "PDFA-2A"])
def test_the_validator_tells_a_plain_pdf_from_an_accessible_and_archival_one(tmp_path, standard):
    notebook = new_notebook(cells=[new_markdown_cell("# Uno"), executed("print('x' * 200) # " + "larga " * 30, 1)])
    for name, standards in (("strict", ["ua-1", "a-2a"]), ("plain", [])):
        pdf, _ = exporter.MemoriaExporter(pdf_standards=standards).from_notebook_node(notebook)
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
    assert verapdf.broken_rules(tmp_path / "strict.pdf", standard) == []
    assert verapdf.broken_rules(tmp_path / "plain.pdf", standard) != []


def test_the_colophon_tells_when_the_cells_ran_if_they_keep_it():
    def ran(moment):
        return new_code_cell("a", execution_count=1, metadata={"execution": {"shell.execute_reply": moment}})

    cells = [ran("2026-03-01T10:00:00.5Z"), new_code_cell("b"), ran("2026-03-02T11:30:00Z")]
    first, last = (datetime(2026, 3, day, hour, minute, tzinfo=UTC).astimezone() for day, hour, minute in
                   ((1, 10, 0), (2, 11, 30)))  # fmt: skip
    (sentence,) = document.when_executed([new_notebook(cells=cells)])
    assert f"{first:%d/%m/%Y a las %H:%M}" in sentence and f"{last:%d/%m/%Y a las %H:%M}" in sentence
    assert document.when_executed([new_notebook(cells=[new_code_cell("b")])]) == []


def test_the_pdf_says_that_it_is_accessible_and_archival():
    pdf, _ = exporter.MemoriaExporter().from_notebook_node(new_notebook(cells=[new_markdown_cell("# Uno\n\n## Dos")]))
    metadata = PdfReader(io.BytesIO(pdf)).xmp_metadata.stream.get_data().decode()
    for expected in ("<pdfuaid:part>1<", "<pdfaid:part>2<", "<pdfaid:conformance>A<"):
        assert expected in metadata


def test_the_preparation_is_folded_to_a_line_and_its_table_and_the_panel_left_out():
    tags, panel = {"tags": ["preparacion"]}, {"tags": ["panel"]}
    cells = [
        new_markdown_cell("# T"),
        new_markdown_cell("## Preparación\n\nLa celda siguiente…", metadata=tags),
        new_code_cell(
            "from helpers import lab\n\nlab.open('s3')", metadata=tags, outputs=[table_output("<p>tabla</p>")]
        ),
        new_markdown_cell("El panel, para tener a la vista…", metadata=panel),
        new_code_cell("panel.show()", metadata=panel, outputs=[table_output("<p>botones</p>")]),
        new_markdown_cell("## Tarea"),
    ]
    reader = pdf_of(cells)
    text = text_of(reader)
    assert "Preparación: lab.open('s3')" in text and "Tarea" in text
    assert "panel" not in text and "botones" not in text
    title, sections = reader.outline
    assert title.title == "T" and [entry.title for entry in sections] == ["Tarea"]
    assert "La celda siguiente" not in text and "tabla" in text and "from helpers" not in text


def test_widgets_appear_as_what_they_showed(tmp_path):
    source = """
import ipywidgets as w
salida = w.Output()
salida.append_stdout("dentro de la salida")
fila = w.HBox([w.IntSlider(value=7, description="Cuántos"), w.HTML("<b>texto</b> rico"), w.Button(description="Pulsa")])
w.VBox([fila, w.Dropdown(options=["uno", "dos"], value="dos", description="Cuál"), salida])
"""
    path = tmp_path / "09_widgets.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell("# T"), new_code_cell(source)]), path)
    notebook = execute(path)
    for whole in (notebook, document.join([notebook, new_notebook()])):
        pdf, _ = exporter.MemoriaExporter().from_notebook_node(whole)
        text = text_of(PdfReader(io.BytesIO(pdf)))
        for expected in ("Cuántos: 7", "texto rico", "Cuál: dos", "dentro de la salida"):
            assert expected in text, expected
