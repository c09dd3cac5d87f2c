"""Notebooks that try to break the export: each is a PDF, and what can be shown is in it."""

import base64
import io
import json
import struct
import zlib

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from pypdf import PdfReader

from helpers.memoria.exporter import MemoriaExporter

PNG = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
).decode()
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="20" height="20"/></svg>'


def export(cells, **metadata):
    """Return the text of the PDF of a notebook with `cells`, white space removed."""
    notebook = new_notebook(cells=[new_markdown_cell("# Prueba"), *cells], metadata=metadata)
    pdf, _ = MemoriaExporter().from_notebook_node(notebook)
    assert pdf.startswith(b"%PDF") and b"%%EOF" in pdf[-1024:]
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def shown(data, **metadata):
    """Return a code cell that displays a mime bundle."""
    return new_code_cell("x", outputs=[new_output("display_data", data=data, metadata=metadata)])


def printed(text):
    return new_code_cell("x", outputs=[new_output("stream", name="stdout", text=text)])


SPECIAL = "# $ @ \\ < > _ * [ ] \" ~ ^ = // /* */ -- ' ` #let x = 1 #import $$ \\( <b> &amp;"


@pytest.mark.parametrize(
    "cell",
    [new_code_cell(SPECIAL), printed(SPECIAL), shown({"text/plain": SPECIAL})],
    ids=["code", "stream", "text"],
)
def test_special_characters_of_typst_and_pandoc(cell):
    assert "".join(SPECIAL.split()) in export([cell])


def test_special_characters_in_prose_and_tables():
    prose = r"\# \$ @ \\ \_ \* \[ \] \" ~ ^ = // /\* -- #let x = 1"
    table = "<table><tr><td># $5 @x _a_ *b* [c] ~ ^ = // <b>n</b> #let</td><td>- a</td></tr></table>"
    text = export([new_markdown_cell(prose), shown({"text/html": table})])
    assert "#letx=1" in text and "#$5@x_a_*b*[c]~^=//n#let" in text


def test_fences_inside_code():
    fences = "```python\nprint('''```''')\n```\n~~~~\n``````"
    text = export([new_code_cell(fences), printed(fences), new_markdown_cell("````\n```\ndentro\n```\n````")])
    assert text.count("``````") >= 2 and "dentro" in text


def test_emoji_and_other_scripts_are_no_reason_to_fail():
    text = export([new_markdown_cell("✅ ❌ 📌 中文 русский ελληνικά العربية"), printed("✓ → 日本語 ñ")])
    assert "русский" in text and "✓" in text


def test_ansi_colours_are_gone():
    assert "rojonormal" in export([printed("\x1b[31mrojo\x1b[0m normal\x1b[1;32m")])


def test_progress_that_was_written_over_is_gone():
    text = export([printed("Arrancando… 1 s\r\x1b[KArrancando… 2 s\r\x1b[KLocalStack: en marcha\r\notra línea\n")])
    assert "LocalStack:enmarchaotralínea" in text and "Arrancando" not in text


def test_ten_megabytes_of_output_end_in_a_pdf_that_says_what_it_left_out():
    line = "0123456789" * 10 + "\n"
    text = export([printed(line * 100_000)])
    assert "0123456789" in text and "omiten" in text


def test_a_long_table_and_a_wide_one():
    rows = "".join(f"<tr><td>fila{n}</td><td>x</td></tr>" for n in range(1000))
    head = "<thead><tr><th>Cabecera</th><th>Y</th></tr></thead>"
    text = export([shown({"text/html": f"<table>{head}<tbody>{rows}</tbody></table>"})])
    assert "fila0" in text and "fila999" in text and text.count("Cabecera") > 5
    columns = "".join(f"<td>columna{n}</td>" for n in range(60))
    assert export([shown({"text/html": f"<table><tr>{columns}</tr></table>"})])


def test_pandas_stylers_and_multiindexes():
    import pandas as pd

    index = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["uno", "dos"])
    frame = pd.DataFrame({"valor": [1.5, 2, 3, 4], "texto": ["$x$", "y", "z", "w"]}, index=index)
    styled = frame.style.format({"valor": "{:.2f}"}).highlight_max(subset=["valor"])
    text = export([shown({"text/html": frame._repr_html_()}), shown({"text/html": styled.to_html()})])
    assert "uno" in text and "1.50" in text


@pytest.mark.parametrize(
    "data",
    [
        {"image/png": PNG},
        {"image/svg+xml": SVG},
        {"text/latex": "$$\\int_0^1 x^2\\,dx$$"},
        {"text/markdown": "**negrita** y $x$"},
        {"text/html": "<script>alert(1)</script><p>hola</p><iframe src='x'></iframe>"},
        {"application/vnd.desconocido+json": {"a": 1}, "text/plain": "alternativa"},
        {"application/vnd.desconocido+json": {"a": 1}},
        {"image/png": "esto no es un png"},
        {"image/jpeg": base64.b64encode(b"\xff\xd8\xff\xe0 roto").decode()},
        {"image/svg+xml": "<svg"},
        {"image/png": ""},
    ],
    ids=lambda data: "-".join(data),
)
def test_display_outputs_of_every_kind(data):
    assert "Prueba" in export([shown(data), new_markdown_cell("después")])
    assert "después" in export([shown(data), new_markdown_cell("después")])


def test_images_of_markdown_attached_missing_and_remote():
    attached = new_markdown_cell("![foto](attachment:a.png)", attachments={"a.png": {"image/png": PNG}})
    missing = new_markdown_cell("![falta](no-existe.png) ![lejos](http://127.0.0.1:9/x.png) fin")
    unattached = new_markdown_cell("![perdida](attachment:b.png) adiós")
    text = export([attached, missing, unattached])
    assert "fin" in text and "[faltalaimagen:perdida]adiós" in text and "foto" not in text


def png(width, height):
    """Return a white PNG of that size, in base64."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xff" * width) * height
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(("width", "height"), [(3000, 100), (100, 50)])
def test_images_are_fitted_to_the_text(width, height):
    cells = [new_markdown_cell("# Prueba"), shown({"image/png": png(width, height)})]
    pdf, _ = MemoriaExporter().from_notebook_node(new_notebook(cells=cells))
    places = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(
            visitor_operand_before=lambda operator, _, matrix, __: places.append(matrix) if operator == b"Do" else None
        )
    (matrix,) = places
    drawn = matrix[0]
    assert drawn <= 480 and (drawn > 400) == (width > 1000)


@pytest.mark.parametrize(
    "formula",
    [
        "$x^2$",
        "$$\\sum_{i=1}^n i$$",
        "$\\nosoycomando{x}$",
        "cuesta $5 y $6",
        "$\\frac{1$",
        "\\begin{align}a&=b\\end{align}",
    ],
)
def test_formulas_good_and_bad(formula):
    assert "fin" in export([new_markdown_cell(f"{formula}\n\nfin")])


def test_nested_lists_quotes_rules_footnotes_and_html():
    text = export(
        [
            new_markdown_cell(
                "- a\n  - b\n    1. c\n       - d\n\n> cita\n> > dentro\n\n---\n\n"
                "<details><summary>s</summary>oculto</details>"
                "\n\n| a | b |\n|---|--:|\n| `x|y` | 2 |\n\n###### nivel 6\n\n## salto atrás"
            )
        ]
    )
    for expected in ("cita", "dentro", "oculto", "nivel6", "saltoatrás"):
        assert expected in text


def test_raw_cells_and_cells_without_anything():
    text = export([new_raw_cell("\\begin{cosa}#raw"), new_markdown_cell(""), new_code_cell("")])
    assert "Prueba" in text


def test_error_outputs_are_trimmed_and_monospaced():
    traceback = ["\x1b[31m---\x1b[0m", *(f"línea {n}" for n in range(200)), "ZeroDivisionError: division by zero"]
    error = new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=traceback)
    text = export([new_code_cell("1/0", outputs=[error])])
    assert "ZeroDivisionError:divisionbyzero" in text and "línea100" not in text


def test_invalid_surrogates_and_control_characters():
    text = export([printed("antes \ud800 \x00 \x07 \x1b después"), new_markdown_cell("md \udfff fin")])
    assert "antes" in text and "después" in text and "fin" in text


@pytest.mark.parametrize("minor", range(6))
def test_notebooks_of_every_minor_format(minor):
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# ", "Prueba"]}]
    if minor == 5:
        cells[0]["id"] = "uno"
    text = '{"cells": CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": MINOR}'
    notebook = nbformat.reads(text.replace("CELLS", json.dumps(cells)).replace("MINOR", str(minor)), as_version=4)
    pdf, _ = MemoriaExporter().from_notebook_node(notebook)
    assert "Prueba" in PdfReader(io.BytesIO(pdf)).pages[-1].extract_text()


def test_the_strict_pdf_falls_back_with_a_warning(caplog):
    assert "fin" in export([new_markdown_cell("###### nivel que salta\n\nfin")])
