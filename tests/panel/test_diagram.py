"""The drawing: what it says of a cloud, and that it goes into the PDF with its words."""

import io

import pytest
import verapdf
from memoria_images import alternative_texts
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader

from helpers.diagram import Diagram
from helpers.memoria import exporter
from helpers.request_drawing import Timeline
from helpers.session.cloud_contents import Api, Cloud, Route
from helpers.session.request_story import Step, Story

pypdfium2 = pytest.importorskip("pypdfium2")

CLOUD = Cloud(
    buckets={"si1p1": 3},
    functions={"user_lambda_dynamo": "python3.13", "user_get_lambda_dynamo": "python3.13", "f" * 64: "python3.13"},
    urls=frozenset({"user_lambda_dynamo"}),
    apis=(
        Api("id1", "user_lambda", (Route("/u", "GET", ""), Route("/u", "POST", "user_lambda_dynamo")), ("dev",)),
        Api("id2", "<otro> & más", (), ()),
        Api("id3", "tercero", (Route("/x", "ANY", "borrada"),), ()),
    ),
    tables={"si1p1": 2},
    log_groups=(),
)
USED = {
    "user_lambda_dynamo": {("dynamodb", "si1p1"), ("dynamodb", "User")},
    "user_get_lambda_dynamo": {("s3", "si1p1"), ("dynamodb", "si1p1")},
    "f" * 64: set(),
}


def test_arrows_go_only_between_what_exists():
    diagram = Diagram(CLOUD, USED)
    assert diagram.arrows == [
        (("id1", "/u", "POST"), ("user_lambda_dynamo",)),
        (("user_lambda_dynamo",), ("dynamodb", "si1p1")),
        (("user_get_lambda_dynamo",), ("dynamodb", "si1p1")),
        (("user_get_lambda_dynamo",), ("s3", "si1p1")),
    ]
    svg = diagram.svg()
    assert svg.count("<line ") == 4 and "&lt;otro&gt; &amp; más" in svg and "sin métodos" in svg
    assert "sin desplegar" in svg and "con URL propia" in svg and "tabla, items: 2" in svg


@pytest.mark.slow
def test_the_pdf_has_the_drawing_with_its_words(tmp_path):
    diagram = Diagram(CLOUD, USED)
    behind = Timeline(
        Story([Step("api", "GET /user", 0, 40, "502", True), Step("s3", "S3 GetObject", 9, 5, "")], ["hola"])
    )
    outputs = [
        new_output("execute_result", data={"text/html": one._repr_html_()}, execution_count=1)
        for one in (diagram, behind)
    ]
    cells = [new_markdown_cell("# Uno"), new_code_cell("architecture.draw()", execution_count=1, outputs=outputs)]
    pdf, _ = exporter.MemoriaExporter().from_notebook_node(new_notebook(cells=cells))
    (tmp_path / "memoria.pdf").write_bytes(pdf)
    for standard in ("PDFUA-1", "PDFA-2A"):
        assert verapdf.broken_rules(tmp_path / "memoria.pdf", standard) == []
    assert alternative_texts(PdfReader(io.BytesIO(pdf))) == [diagram.description, behind.description]
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "user_get_lambda_dynamo" in text and "S3 GetObject" in text


def test_no_letter_of_a_drawing_is_too_small_on_paper():
    behind = Timeline(Story([Step("api", "GET /user", 0, 40, "502", True)], ["hola " * 40]))
    outputs = [
        new_output("display_data", data={"text/html": one._repr_html_()}) for one in (Diagram(CLOUD, USED), behind)
    ]
    cells = [new_markdown_cell("# Uno"), new_code_cell("draw()", execution_count=1, outputs=outputs)]
    pdf, _ = exporter.MemoriaExporter().from_notebook_node(new_notebook(cells=cells))
    page = pypdfium2.PdfDocument(pdf)[2].get_textpage()
    sizes, matrix = set(), pypdfium2.raw.FS_MATRIX()
    for place in range(page.count_chars()):
        pypdfium2.raw.FPDFText_GetMatrix(page.raw, place, matrix)
        if chr(pypdfium2.raw.FPDFText_GetUnicode(page.raw, place)).strip():
            sizes.add(round(matrix.d * pypdfium2.raw.FPDFText_GetFontSize(page.raw, place), 1))
    assert len(sizes) > 2 and min(sizes) >= 8.5


@pytest.mark.parametrize("view", [True, False])
def test_on_paper_the_panel_is_the_table_beside_its_widgets(view):
    data = {"text/html": "<p>LocalStack: <strong>parado</strong></p>", "text/plain": "Panel(…)"}
    if view:
        data["application/vnd.jupyter.widget-view+json"] = {"model_id": "x", "version_major": 2, "version_minor": 0}
    cells = [
        new_markdown_cell("# Uno"),
        new_code_cell("p", execution_count=1, outputs=[new_output("execute_result", data=data, execution_count=1)]),
    ]
    pdf, _ = exporter.MemoriaExporter().from_notebook_node(new_notebook(cells=cells))
    assert "LocalStack: parado" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
