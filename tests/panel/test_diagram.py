"""The drawing: what it says of a cloud, and that it goes into the PDF with its words."""

import io

import pytest
import verapdf
from memoria_images import alternative_texts
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader

from helpers.diagram import Diagram
from helpers.memoria import exporter
from helpers.session.survey import Api, Cloud, Route

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


def test_the_pdf_has_the_drawing_with_its_words(tmp_path):
    diagram = Diagram(CLOUD, USED)
    output = new_output("execute_result", data={"text/html": diagram._repr_html_()}, execution_count=1)
    cells = [new_markdown_cell("# Uno"), new_code_cell("architecture.draw()", execution_count=1, outputs=[output])]
    pdf, _ = exporter.MemoriaExporter().from_notebook_node(new_notebook(cells=cells))
    (tmp_path / "memoria.pdf").write_bytes(pdf)
    for standard in ("PDFUA-1", "PDFA-2A"):
        assert verapdf.broken_rules(tmp_path / "memoria.pdf", standard) == []
    assert alternative_texts(PdfReader(io.BytesIO(pdf))) == [diagram.description]
    assert "user_get_lambda_dynamo" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


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
