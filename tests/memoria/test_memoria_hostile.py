"""Notebooks that try to break the export: each is a PDF, and what can be shown is in it."""

import base64
import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from memoria_images import alternative_texts, images_of, png
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from pypdf import PdfReader

from helpers.errors import MemoriaError
from helpers.memoria import build
from helpers.memoria.exporter import MemoriaExporter
from helpers.workbook import SOLVED

PNG = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
).decode()
JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSM"
    "j5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0"
    "//wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAb/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAA"
    "AAAAAAAAABQf/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCfADKS/9k="
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="20" height="20"/></svg>'


def pdf_of(cells, **metadata):
    """Return a reader of the PDF of a notebook with `cells`."""
    notebook = new_notebook(cells=[new_markdown_cell("# Prueba"), *cells], metadata=metadata)
    pdf, _ = MemoriaExporter().from_notebook_node(notebook)
    assert pdf.startswith(b"%PDF") and b"%%EOF" in pdf[-1024:]
    return PdfReader(io.BytesIO(pdf))


def text_of(reader):
    """Return the text of all pages, white space removed."""
    return "".join("".join(page.extract_text() for page in reader.pages).split())


def export(cells, **metadata):
    """Return the text of the PDF of a notebook with `cells`, white space removed."""
    return text_of(pdf_of(cells, **metadata))


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
    assert "русскийελληνικά" in text and "✓→" in text and "ñ" in text


def test_ansi_colours_are_gone():
    assert "rojonormal" in export([printed("\x1b[31mrojo\x1b[0m normal\x1b[1;32m")])


def test_progress_that_was_written_over_is_gone():
    text = export([printed("Arrancando… 1 s\r\x1b[KArrancando… 2 s\r\x1b[KLocalStack: en marcha\r\notra línea\n")])
    assert "LocalStack:enmarchaotralínea" in text and "Arrancando" not in text
    pieces = [
        printed(piece).outputs[0] for piece in ("\r\x1b[KArrancando… 1 s", "\r\x1b[KLocalStack: en marcha\n", "y\n")
    ]
    text = export([new_code_cell("x", outputs=pieces)])
    assert "LocalStack:enmarchay" in text and "Arrancando" not in text


@pytest.mark.slow
def test_ten_megabytes_of_output_end_in_a_pdf_that_says_what_it_left_out():
    line = "0123456789" * 10 + "\n"
    text = export([printed(line * 100_000)])
    assert "0123456789" in text and "omiten" in text


def test_a_long_table_repeats_its_header():
    rows = "".join(f"<tr><td>fila{n}</td><td>x</td></tr>" for n in range(1000))
    head = "<thead><tr><th>Cabecera</th><th>Y</th></tr></thead>"
    text = export([shown({"text/html": f"<table>{head}<tbody>{rows}</tbody></table>"})])
    assert all(f"fila{n}" in text for n in range(1000)) and text.count("Cabecera") > 5


def test_a_wide_table_becomes_several_with_the_headers_of_its_rows():
    columns = pd.MultiIndex.from_product([range(12), ["a", "b", "c", "d", "e"]], names=["grupo", "letra"])
    frame = pd.DataFrame(
        [[f"f{row}c{n}" for n in range(60)] for row in range(2)], index=["uno", "dos"], columns=columns
    )
    with pd.option_context("display.max_columns", None):
        html = frame._repr_html_()
    text = export([shown({"text/html": html})])
    for row, name in enumerate(["uno", "dos"]):
        assert all(f"f{row}c{n}" in text for n in range(60)) and text.count(name) == 9
    assert text.count("grupo") == text.count("letra") == 9


def test_pandas_stylers_and_multiindexes():
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["uno", "dos"])
    frame = pd.DataFrame({"valor": [1.5, 2, 3, 4], "texto": ["$x$", "y", "z", "w"]}, index=index)
    styled = frame.style.format({"valor": "{:.2f}"}).highlight_max(subset=["valor"])
    text = export([shown({"text/html": frame._repr_html_()}), shown({"text/html": styled.to_html()})])
    assert text.count("valortextounodos") == 2
    for expected in ("11.5𝑥", "24.0w", "11.50𝑥", "24.00w"):
        assert expected in text, expected


UNTOLD, UNREADABLE = "Imagen sin descripción", "[faltalaimagen:Imagensindescripción]"


@pytest.mark.parametrize(
    ("data", "text", "alternatives", "sizes"),
    [
        ({"image/png": PNG}, "", [UNTOLD], [(1, 1)]),
        ({"image/jpeg": JPEG}, "", [UNTOLD], [(8, 8)]),
        ({"image/svg+xml": SVG}, "", [UNTOLD], []),
        ({"text/latex": "$$\\int_0^1 x^2\\,dx$$"}, "∫10𝑥2𝑑𝑥", ["\\int_0^1 x^2\\,dx"], []),
        ({"text/markdown": "**negrita** y $x$"}, "negritay𝑥", ["x"], []),
        ({"text/html": "<script>alert(1)</script><p>hola</p><iframe src='x'></iframe>"}, "hola", [], []),
        ({"application/vnd.desconocido+json": {"a": 1}, "text/plain": "alternativa"}, "alternativa", [], []),
        (
            {"application/vnd.desconocido+json": {"a": 1}},
            "(salidadetipoapplication/vnd.desconocido+json,quenosepuedeimprimir)",
            [],
            [],
        ),
        ({"image/png": "esto no es un png"}, UNREADABLE, [], []),
        ({"image/jpeg": base64.b64encode(b"\xff\xd8\xff\xe0 roto").decode()}, UNREADABLE, [], []),
        ({"image/svg+xml": "<svg"}, UNREADABLE, [], []),
        ({"image/png": ""}, "", [], []),
    ],
    ids=lambda data: "-".join(data) if isinstance(data, dict) else None,
)
def test_display_outputs_of_every_kind(data, text, alternatives, sizes):
    reader = pdf_of([shown(data), new_markdown_cell("después")])
    assert f"Pruebax{text}después" in text_of(reader)
    assert alternative_texts(reader) == alternatives
    assert [size for page in reader.pages for size in images_of(page)] == sizes


def test_images_of_markdown_attached_missing_and_remote():
    attached = new_markdown_cell("![foto](attachment:a.png)", attachments={"a.png": {"image/png": PNG}})
    missing = new_markdown_cell("![falta](no-existe.png) ![lejos](http://127.0.0.1:9/x.png) fin")
    unattached = new_markdown_cell("![perdida](attachment:b.png) adiós")
    text = export([attached, missing, unattached])
    assert "fin" in text and "[faltalaimagen:perdida]adiós" in text and "foto" not in text


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
    ("formula", "text", "alternatives"),
    [
        ("$x^2$", "𝑥2", ["x^2"]),
        ("$$\\sum_{i=1}^n i$$", "∑𝑛𝑖=1𝑖", ["\\sum_{i=1}^n i"]),
        ("$\\nosoycomando{x}$", "$\\nosoycomando{x}$", []),
        ("cuesta $5 y $6", "cuesta$5y$6", []),
        ("$\\frac{1$", "$\\frac{1$", []),
        ("\\begin{align}a&=b\\end{align}", "\\begin{align}a&=b\\end{align}", []),
    ],
)
def test_formulas_good_and_bad(formula, text, alternatives):
    reader = pdf_of([new_markdown_cell(f"{formula}\n\nfin")])
    assert f"Prueba{text}fin" in text_of(reader) and alternative_texts(reader) == alternatives


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


def test_raw_cells_and_cells_without_anything_leave_nothing():
    text = export([new_raw_cell("\\begin{cosa}#raw"), new_markdown_cell(""), new_code_cell(""), printed("y")])
    assert "Pruebaxy" in text and "cosa" not in text


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


def test_the_strict_pdf_falls_back_with_a_warning_that_says_why(caplog):
    exporter = MemoriaExporter()
    exporter.log = logging.getLogger("exporter")
    notebook = new_notebook(cells=[new_markdown_cell("# T\n\n###### nivel que salta\n\n✅ fin")])
    pdf, _ = exporter.from_notebook_node(notebook)
    assert "fin" in PdfReader(io.BytesIO(pdf)).pages[-1].extract_text()
    assert "El PDF no cumple ua-1 ni a-2a: typst no ha podido componer el PDF" in caplog.text


LIMITED = """
import resource, signal, sys
from pathlib import Path
from nbformat.v4 import new_markdown_cell, new_notebook
from helpers.errors import MemoriaError
from helpers.memoria import build
from helpers.workbook import SOLVED

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    build.export(SOLVED, [new_notebook(cells=[new_markdown_cell("# Dos")])], Path(sys.argv[1]))
except MemoriaError as error:
    print(error)
"""


@pytest.mark.parametrize(("limit", "place"), [(1000, "temporal"), (12_000, "memoria.pdf")])
def test_no_room_left_is_a_clear_error_and_the_former_pdf_stays(tmp_path, limit, place):
    target = tmp_path / "memoria.pdf"
    target.write_bytes(b"%PDF anterior")
    (temporary := tmp_path / "temporal").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, target, str(limit)],
        capture_output=True, text=True, env=os.environ | {"TMPDIR": str(temporary)}, check=True,
    )  # fmt: skip
    assert f"No se puede escribir{' en' if place == 'temporal' else ''} {tmp_path / place}" in done.stdout
    assert target.read_bytes() == b"%PDF anterior"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["memoria.pdf", "temporal"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder where nobody may write")
def test_a_folder_where_nobody_may_write_is_a_clear_error():
    with pytest.raises(MemoriaError, match=r"No se puede escribir /proc/self/memoria\.pdf"):
        build.export(SOLVED, [new_notebook(cells=[new_markdown_cell("# Dos")])], Path("/proc/self/memoria.pdf"))
