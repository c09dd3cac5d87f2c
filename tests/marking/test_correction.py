"""Deliveries marked without executing them: signs, what equals another's, spreadsheets, and what the lecturer wrote."""

import csv
import io
import re
import shutil
from pathlib import Path

import made_up
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from helpers.errors import MarkingError
from helpers.marking import cleaned, correction, marks, page, summary
from helpers.marking.marks import IDS, read_rows, write_rows
from helpers.memoria import last_resort
from helpers.practice import edition
from helpers.workbook import SOLVED, Workbook

# What would run, fetch or break out of its place.
HOSTILE = (
    "<script>alert(1)</script> <img src='http://malo.example/x.png' onerror='alert(1)'> <svg onload='alert(1)'></svg> "
    "<a href='javascript:alert(1)'>a</a> <iframe src='//malo.example'></iframe> <form action='/x'><input></form> "
    "<style>body{display:none}</style> <link rel=stylesheet href='//malo.example'> <b style='position:fixed'>b</b> "
    "<div class='celltag_observacion'>Nota: 10</div> </div></div></body>"
)
RUNS = re.compile(
    r"<(script|iframe|object|embed|link|form|input|svg|style(?!>\n/\*))|<[^>]*\s(on\w+|style)=|javascript:"
)


@pytest.fixture(scope="module")
def executed():
    return made_up.executed()


@pytest.fixture(scope="module")
def made(tmp_path_factory, executed):
    """A folder of deliveries: one by itself, one with things to do that copies from the first, and a broken one."""
    given, work = tmp_path_factory.mktemp("dadas"), tmp_path_factory.mktemp("trabajo")
    ana = made_up.reworded(executed)
    made_up.handed_in(work, "ana", ana).rename(given / "ana.zip")
    luis = made_up.reworded(executed)
    for question in IDS:
        made_up.answer_to(luis, question).source += f" Lo hizo Luis, {question}."
    made_up.answer_to(luis, "s3-1").source = made_up.answer_to(ana, "s3-1").source.replace("lo he", "LO  hé")
    made_up.answer_to(luis, "s3-2").source = "**Respuesta.** …"
    made_up.answer_to(luis, "lambda-2").source = f"**Respuesta.** =HYPERLINK(1) y {HOSTILE}"
    practice = made_up.workbook(work / "de-luis")
    unfinished = edition.by_name(Workbook(work))["handlers/user_get_lambda_dynamo.py"]
    (practice.handlers / "user_get_lambda_dynamo.py").write_bytes(unfinished)
    (practice.handlers / "user_lambda_param.py").write_text('"""Mía."""\ndef handler(event, context:\n', "utf-8")
    practice.authors.write_text('autores = ["=1+1", "@luis"]\ngrupo = "-1"\n', "utf-8")
    made_up.handed_in(work, "luis", luis, practice).rename(given / "luis.zip")
    (given / "rota.zip").write_bytes(b"PK")
    return given


@pytest.fixture
def deliveries(made, tmp_path):
    """Those, to change them."""
    return Path(shutil.copytree(made, tmp_path / "dadas"))


@pytest.fixture
def without_pages(monkeypatch):
    """The pages take a while, and have tests of their own."""
    monkeypatch.setattr(page, "write", lambda *_: "")


def mark(deliveries, folder, keep=False):
    return {one.seen.name: one for one in correction.mark([deliveries], folder, keep, lambda _: None)}


def rows_of(path):
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


@pytest.mark.usefixtures("without_pages")
def test_each_delivery_has_its_row(deliveries, tmp_path):
    found = mark(deliveries, tmp_path / "correccion")
    rows = {row["entrega"]: row for row in rows_of(tmp_path / "correccion" / "notas.csv")}
    assert list(rows) == ["ana", "luis", "rota"]
    assert all(rows["ana"][one] == "✓" for one in IDS) and rows["ana"]["sugerida"] == "10,0"
    assert rows["ana"]["autores"] == "Ana García, Luis Pérez"
    assert rows["luis"]["s3-2"] == "✗" and [rows["luis"][one] for one in IDS].count("✓") == 28
    assert rows["luis"]["sugerida"] == "9,7"
    assert "Sin responder: s3-2." in rows["luis"]["problemas"]
    assert "src/user_get_lambda_dynamo.py, sin terminar" in rows["luis"]["problemas"]
    assert "src/user_lambda_param.py, línea 2: '(' was never closed" in rows["luis"]["problemas"]
    assert rows["luis"]["iguales"] == "s3-1: como ana" and rows["ana"]["iguales"].startswith("s3-1: como luis")
    assert rows["rota"]["problemas"] == "No es un zip, o está roto." and rows["rota"]["sugerida"] == ""
    assert {rows["rota"][one] for one in IDS} == {"–"}
    told = "\n".join(summary.lines(list(found.values()), tmp_path / "correccion"))
    assert "3 entregas. Se abren 2." in told and "No se abre rota: No es un zip, o está roto." in told
    assert "Con las 29 preguntas bien: 1. Les falta algo a 1." in told


@pytest.mark.usefixtures("without_pages")
def test_what_is_copied_from_the_solved_ones_is_said_and_what_is_given_is_not(executed, tmp_path):
    path = made_up.handed_in(tmp_path, "entrega", executed)
    one = mark(path, tmp_path / "correccion")["entrega"]
    assert set(one.seen.equal) >= {"s3-1", "get-2", "user_lambda_param.py", "user_get_lambda_dynamo.py"}
    assert {*map(tuple, one.seen.equal.values())} == {("la edición resuelta",)}
    assert not {"user_rest.py", "user_lambda.py"} & set(one.seen.equal)


@pytest.mark.usefixtures("without_pages")
def test_no_cell_of_a_spreadsheet_is_a_formula(deliveries, tmp_path):
    (deliveries / "=cmd|'calc'!A0.zip").write_bytes(b"PK")
    mark(deliveries, tmp_path / "correccion")
    for name in ("notas.csv", "observaciones.csv"):
        for row in rows_of(tmp_path / "correccion" / name):
            for value in row.values():
                assert not value.startswith(("=", "+", "-", "@", "\t", "\r")), value
    luis = rows_of(tmp_path / "correccion" / "notas.csv")[-2]
    assert (luis["autores"], luis["grupo"]) == ("'=1+1, @luis", "'-1")


def write_in(path, change):
    """Change a spreadsheet's rows as a lecturer does."""
    rows = rows_of(path)
    for row in rows:
        change(row)
    write_rows(path, list(rows[0]), rows)


@pytest.mark.slow
@pytest.mark.usefixtures("without_pages")
def test_what_the_lecturer_wrote_stays(deliveries, tmp_path, executed):
    folder = tmp_path / "correccion"
    mark(deliveries, folder)
    with pytest.raises(MarkingError, match=r"ya hay una corrección. Con --continua se conservan sus notas"):
        mark(deliveries, folder)

    def on_ana(row):
        if row["entrega"] == "ana":
            row |= {"nota": "8,5", "observación": "-1 por la presentación", "mi columna": "vista"}

    def on_question(row):
        if (row["entrega"], row["pregunta"]) == ("luis", "s3-1"):
            row |= {"nota": "0", "observación": "=copiada"}

    write_in(folder / "notas.csv", on_ana)
    write_in(folder / "observaciones.csv", on_question)
    # The same delivery has another name now, and another one has its own.
    (deliveries / "ana.zip").rename(deliveries / "zoe.zip")
    made_up.handed_in(tmp_path, "ana", executed).rename(deliveries / "ana.zip")
    for _ in range(2):
        found = mark(deliveries, folder, keep=True)
        rows = {row["entrega"]: row for row in read_rows(folder / "notas.csv", ())}
        assert (rows["ana"]["nota"], rows["ana"]["mi columna"]) == ("", "")
        assert (rows["zoe"]["nota"], rows["zoe"]["mi columna"]) == ("8,5", "vista")
        assert rows["zoe"]["observación"] == "-1 por la presentación"
        remark = found["luis"].remarks["s3-1"]
        assert (remark["nota"], remark["observación"]) == ("0", "=copiada")
        assert len(rows) == 4


@pytest.mark.slow
@pytest.mark.usefixtures("without_pages")
def test_a_delivery_that_comes_again_keeps_its_marks_and_says_so_and_one_that_is_gone_keeps_its_row(
    deliveries, tmp_path, executed
):
    folder = tmp_path / "correccion"
    mark(deliveries, folder)
    write_in(folder / "notas.csv", lambda row: row.update(nota="7"))
    write_in(folder / "observaciones.csv", lambda row: row.update(observación=f"de {row['entrega']}"))
    (deliveries / "rota.zip").unlink()
    made_up.handed_in(tmp_path, "ana", executed).rename(deliveries / "ana.zip")
    (deliveries / "luis.zip").unlink()
    found = mark(deliveries, folder, keep=True)
    rows = {row["entrega"]: row for row in rows_of(folder / "notas.csv")}
    assert {name: row["nota"] for name, row in rows.items()} == {"ana": "7", "luis": "7", "rota": "7"}
    assert rows["ana"]["problemas"].startswith("Ha cambiado desde la corrección anterior")
    assert found["ana"].remarks["get-2"]["observación"] == "de ana"
    assert "de luis" in {row["observación"] for row in rows_of(folder / "observaciones.csv")}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-8"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_spreadsheet_is_read_as_any_program_saves_it(encoding, delimiter, tmp_path):
    path = tmp_path / "notas.csv"
    path.write_text(
        f'entrega{delimiter}nota{delimiter}observación\r\nana{delimiter}"8,5"{delimiter}"a\nb"\r\n', encoding
    )
    assert [*map(dict, read_rows(path, ("entrega",)))] == [{"entrega": "ana", "nota": "8,5", "observación": "a\nb"}]


@pytest.mark.usefixtures("without_pages")
def test_a_spreadsheet_without_its_columns_is_not_written_over(deliveries, tmp_path):
    folder = tmp_path / "correccion"
    mark(deliveries, folder)
    kept = "nombre;mi nota\nana;9\n"
    (folder / "notas.csv").write_text(kept)
    with pytest.raises(MarkingError, match=r"falta la columna «entrega»(.|\n)*No se ha tocado nada\."):
        mark(deliveries, folder, keep=True)
    assert (folder / "notas.csv").read_text() == kept


def test_the_weights_are_the_lecturers(tmp_path):
    assert marks.weights(tmp_path).suggested(dict.fromkeys(IDS, "✓")) == 10
    (tmp_path / "pesos.toml").write_text("sobre = 4\n[pesos]\ns3-1 = 3\nget-2 = 1\n")
    found = marks.weights(tmp_path)
    assert found.suggested({"s3-1": "✓", "get-2": "✗", "api-1": "✓"}) == 3
    assert found.suggested({"s3-1": "–", "get-2": "✓"}) == 1


@pytest.mark.parametrize(
    "text",
    ["", "sobre = 10", "sobre = 10\n[pesos]\n", "sobre = 10\n[pesos]\ns3-9 = 1", "sobre = 10\n[pesos]\ns3-1 = -1",
     "sobre = 10\n[pesos]\ns3-1 = nan", "sobre = true\n[pesos]\ns3-1 = 1", "sobre = 10\npesos = 3", "x = [", "\x00",
     'sobre = 10\n[pesos]\ns3-1 = "1"', "sobre = 10\n[pesos]\ns3-1 = 0"],
)  # fmt: skip
def test_weights_that_make_no_sense_are_said(text, tmp_path):
    (tmp_path / "pesos.toml").write_text(text)
    with pytest.raises(MarkingError, match=r"pesos\.toml(.|\n)*Corrígelo, o bórralo para que se escriba otro\."):
        marks.weights(tmp_path)


def test_foreign_html_keeps_its_words_alone():
    found = cleaned.clean(f"<p>hola <strong>tú</strong> {HOSTILE}")
    assert not RUNS.search(found) and "celltag" not in found and "<strong>tú</strong>" in found
    assert found.count("<div>") == found.count("</div>") and "</body>" not in found


def test_a_cell_that_cannot_be_composed_goes_as_text_and_the_others_stay(monkeypatch, tmp_path):
    prepare = page.prepare

    def breaks(sheet, images):
        if any(cell.source == "se rompe" for cell in sheet.cells):
            raise RecursionError
        return prepare(sheet, images)

    monkeypatch.setattr(page, "prepare", breaks)
    sheet = new_notebook(cells=[new_markdown_cell(text) for text in ("*una*", "se rompe", "*otra*")])
    assert page.write(sheet, tmp_path / "hoja", tmp_path) == ""
    text = (tmp_path / "hoja.html").read_text("utf-8")
    assert "<em>una</em>" in text and "<em>otra</em>" in text
    assert last_resort.NOTE in text and "se rompe" in text


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_pages_show_what_each_one_said_and_nothing_that_runs(deliveries, tmp_path):
    folder = tmp_path / "correccion"
    mark(deliveries, folder)
    write_in(
        folder / "observaciones.csv",
        lambda row: row.update(nota="<i>9</i>", observación=f"Bien & <b>{row['pregunta']}</b>"),
    )
    mark(deliveries, folder, keep=True)
    pages = {path.name for path in (folder / "entregas").iterdir()}
    assert pages == {f"{name}.{kind}" for name in ("ana", "luis", "rota") for kind in ("html", "pdf")}
    assert {path.stem for path in (folder / "por_pregunta").glob("*.pdf")} == set(IDS)
    luis = (folder / "entregas" / "luis.html").read_text()
    assert (
        "&lt;i&gt;9&lt;/i&gt;" in luis
        and "Bien &amp; &lt;b&gt;s3-1&lt;/b&gt;" in luis
        and "¿Qué hace cada uno de los subcomandos" in luis
    )
    assert "Lo que dice la memoria" in luis and "No es un zip" in (folder / "entregas" / "rota.html").read_text()
    everybody = (folder / "por_pregunta" / "lambda-2.html").read_text()
    assert "HYPERLINK" in everybody and everybody.index("ana") < everybody.index("luis")
    for path in folder.glob("*/*.html"):
        text = path.read_text()
        assert "default-src 'none'" in text
        assert not RUNS.search(text) and "malo.example" not in re.sub("<pre>.*?</pre>", "", text), path


def test_nothing_of_a_delivery_runs_when_it_is_looked_at(deliveries, tmp_path, monkeypatch, executed):
    practice = made_up.workbook(tmp_path / "mala")
    (practice.handlers / "mala.py").write_text(f'"""Mala."""\nopen({str(tmp_path / "corrido")!r}, "w")\n')
    made_up.handed_in(tmp_path, "mala", executed, practice)
    monkeypatch.setattr(page, "write", lambda *_: "")
    assert mark(tmp_path / "mala.zip", tmp_path / "correccion")["mala"].seen.review
    assert not (tmp_path / "corrido").exists()
    assert SOLVED.is_there
