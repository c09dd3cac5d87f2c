"""What a delivery lacks, told from its executed notebooks and its files; one thing wrong at a time."""

import json
import os
import re
import shutil

import nbformat
import pytest

from helpers import notebook_file
from helpers.errors import MemoriaError
from helpers.practice import blanks
from helpers.practice.checks.verdict import Verdict
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.practice.review import review
from helpers.practice.unfinished import UNFINISHED
from helpers.workbook import SOLVED, Workbook

pytestmark = pytest.mark.static

AUTHORS = 'grupo = "1301"\npareja = "7"\nautores = ["Ana García"]\n'


SAVED = {one.key: one.notebook(SOLVED).read_text("utf-8") for one in SECTIONS}


def output(kind, **contents):
    """Return an output without nbformat's validation, which takes most of the time of these tests."""
    return nbformat.from_dict({"output_type": kind, **contents})


def executed(notebook, wrong=()):
    """Return `notebook` as after a run in which each check holds but for those in `wrong`: question -> verdict."""
    for count, cell in enumerate((one for one in notebook.cells if one.cell_type == "code"), 1):
        cell.execution_count, cell.outputs = count, []
        if found := re.search(r'practice\.check\("([a-z0-9-]+)"\)', cell.source):
            verdict = dict(wrong).get(found[1], Verdict(found[1], True, "bien"))
            cell.outputs = [output("execute_result", data=verdict._repr_mimebundle_())]
    return notebook


class Delivery:
    """A whole delivery, in a folder of its own, to spoil."""

    def __init__(self, folder):
        self.workbook = Workbook(folder)
        shutil.copytree(SOLVED.handlers, self.workbook.handlers, ignore=shutil.ignore_patterns("__pycache__"))
        (self.workbook.handlers / "saluda.js").unlink()  # Node.js takes longer than all the rest
        self.workbook.authors.write_text(AUTHORS, "utf-8")
        self.wrong = {}
        self.notebooks = {key: nbformat.from_dict(json.loads(text)) for key, text in SAVED.items()}
        for cell in self.cells():
            cell.source = "".join(cell.source)

    def cell(self, name):
        return next(one for one in self.cells() if one.id == name)

    def cells(self):
        return [cell for notebook in self.notebooks.values() for cell in notebook.cells]

    def answer(self, question):
        return next(one for one in self.cells() if one.metadata.get("tags") == ["respuesta", question])

    def review(self):
        executions = {one.notebook(self.workbook): executed(self.notebooks[one.key], self.wrong) for one in SECTIONS}
        for notebook in executions.values():
            for cell in notebook.cells:
                if cell.cell_type == "code" and cell.source == "falla":
                    cell.outputs = [output("error", ename="NameError", evalue="falla\x1b[2J", traceback=[])]
        return review(self.workbook, executions)

    @property
    def refusal(self):
        with pytest.raises(MemoriaError) as caught:
            self.review().refuse()
        return str(caught.value)


@pytest.fixture
def delivery(tmp_path):
    return Delivery(tmp_path / "mía")


def row(table, name):
    """Return the columns of a row of the table."""
    return next(re.split(r" {2,}", line) for line in table.splitlines() if re.match(re.escape(name) + r"\b", line))


def test_a_whole_one_is_not_refused_and_its_table_says_so(delivery):
    found = delivery.review()
    found.refuse()
    assert found.missing() == []
    assert {row(found.table(), one.id)[1:] == ["sí", "ejecutada", "✓"] for one in QUESTIONS} == {True}
    assert row(found.table(), "src/user_lambda_param.py")[1:] == ["sí", "sí", "✓ mejora-1"]
    assert row(found.table(), "src/user_rest.py")[1:] == ["sí", "sí", "–"]
    assert row(found.table(), "src/Dockerfile")[1:] == ["sí", "–", "–"]


@pytest.mark.parametrize(
    ("text", "said", "column"),
    [
        ("**Respuesta.** …", "Sin responder: s3-1. Se escriben en su celda", "en blanco"),
        ("asdf", "Respuestas de una sola palabra: s3-1.", "una sola palabra"),
        (QUESTIONS[0].statement, "Respuestas que repiten el enunciado: s3-1.", "es el enunciado"),
    ],
)
def test_an_answer_that_is_none_refuses(delivery, text, said, column):
    delivery.answer("s3-1").source = text
    assert said in delivery.refusal and "--borrador" in delivery.refusal
    assert row(delivery.review().table(), "s3-1")[1] == column


def test_the_same_answer_twice_refuses_and_names_both(delivery):
    delivery.answer("s3-1").source = delivery.answer("get-2").source
    assert "Respuestas iguales a la de otra pregunta: s3-1, get-2." in delivery.refusal


def test_an_answer_without_its_cell_refuses(delivery):
    delivery.answer("s3-1").metadata.tags = []
    delivery.answer("get-2").source = "**Respuesta.** …"
    assert "Sin responder: s3-1, get-2." in delivery.refusal
    assert "No hay celda con las etiquetas «respuesta» y la de la pregunta para s3-1: " in delivery.refusal
    assert row(delivery.review().table(), "s3-1")[1] == "falta su celda"


def test_blank_evidence_refuses_unless_its_check_holds_without_it(delivery):
    for name in ("metodos-1-evidencia",):
        delivery.cell(name).source = "# Escribe aquí lo que haces.\n"
    found = delivery.review()
    found.refuse()
    assert row(found.table(), "metodos-1")[2] == "en otra celda"
    delivery.wrong["metodos-1"] = Verdict("metodos-1", False, "No hay GET.")
    assert "Evidencia en blanco: metodos-1. Escribe en su celda" in delivery.refusal
    assert row(delivery.review().table(), "metodos-1")[2:] == ["en blanco", "✗"]


def test_evidence_half_blank_is_blank_unless_its_check_holds(delivery):
    delivery.cell("mejora-1-integrar").source = "%%comandos\n# mejora-1, 2 de 2: escribe aquí lo que haces."
    assert row(delivery.review().table(), "mejora-1")[2:] == ["ejecutada", "✓"]
    delivery.wrong["mejora-1"] = Verdict("mejora-1", False, "No está integrada.")
    assert row(delivery.review().table(), "mejora-1")[2:] == ["en blanco", "✗"]


def test_the_check_that_fails_is_named_with_what_it_depends_on(delivery):
    delivery.wrong["rutas-1"] = Verdict("rutas-1", False, "No está la ruta.")
    delivery.wrong["metodos-1"] = Verdict("metodos-1", False, "No está la ruta.", depends_on="rutas-1")
    assert "Comprobaciones que no se cumplen: rutas-1, metodos-1 (depende de rutas-1)." in delivery.refusal
    found = delivery.review()
    assert row(found.table(), "metodos-1")[3] == "✗ (depende de rutas-1)"
    assert found.missing() == ["Comprobaciones que no se cumplen: rutas-1, metodos-1."]


def test_the_function_whose_check_fails_is_marked_too(delivery):
    delivery.wrong["get-1"] = Verdict("get-1", False, "No responde.")
    assert row(delivery.review().table(), "src/user_get_lambda_dynamo.py")[3] == "✗ get-1"


def test_a_check_that_cannot_tell_refuses_nothing_and_one_that_was_not_made_does(delivery):
    delivery.wrong["s3-1"] = Verdict("s3-1", None, "no se sabe")
    found = delivery.review()
    found.refuse()
    assert row(found.table(), "s3-1")[3] == "?"
    delivery.cell("s3-1-comprobar").source = "1"
    assert "Sin comprobar: s3-1. Ejecuta en su cuaderno practice.check" in delivery.refusal
    assert row(delivery.review().table(), "s3-1")[3] == "–"


def test_a_cell_that_fails_is_named_without_what_a_terminal_would_obey(delivery):
    delivery.cell("metodos-1-evidencia").source = "falla"
    refusal = delivery.refusal
    assert re.search(
        r"Celdas que fallan: 05_api_gateway, celda \d+ \(«metodos-1-evidencia»\): NameError: falla", refusal
    )
    assert "\x1b" not in refusal and row(delivery.review().table(), "metodos-1")[2] == "falla"
    delivery.cell("metodos-1-evidencia").metadata.tags.append("raises-exception")
    delivery.review().refuse()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("user_rest.py", "def app(event:\n", "Archivos por corregir: src/user_rest.py, línea 1: "),
        ("user_rest.py", "x = '\\d'\n", ""),
        ("mía.py", "\0", "Archivos por corregir: src/mía.py, "),
        ("mía.py", "x = 'ñ'", ""),
        ("hondo.py", "(" * 10_000, "Archivos por corregir: src/hondo.py, "),
        (".oculto.py", "(", ""),
        ("user_rest.py", None, "Archivos que no se entregan: src/user_rest.py, no está"),
        ("Dockerfile", None, "Archivos que no se entregan: src/Dockerfile, no está"),
        ("a\nb.py", "1", "Archivos que no se entregan: src/a?b.py, su nombre tiene caracteres que no valen"),
        ("..\\b.py", "1", ""),  # hidden
        ("a\\b.py", "1", "Archivos que no se entregan: src/a\\b.py, su nombre"),
        ("grande.py", "#" * 5_000_001, "Archivos que no se entregan: src/grande.py, pesa más de 5 MB"),
    ],
)  # fmt: skip
def test_a_file_that_is_missing_or_does_not_parse_refuses(delivery, name, content, said):
    path = delivery.workbook.handlers / name
    if content is None:
        path.unlink()
    else:
        path.write_text(content, "utf-8")
    if said:
        assert said in delivery.refusal
    else:
        delivery.review().refuse()


@pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not here")
def test_javascript_that_does_not_parse_refuses(delivery):
    (delivery.workbook.handlers / "saluda.js").write_text("exports.handler = async (event) => {\n  return {;\n")
    assert "Archivos por corregir: src/saluda.js, línea 2: Unexpected token" in delivery.refusal


def test_a_link_that_leads_out_is_not_followed(delivery, tmp_path):
    (tmp_path / "secreto.py").write_text("clave = 1")
    handlers = delivery.workbook.handlers
    (handlers / "robado.py").symlink_to(tmp_path / "secreto.py")
    (handlers / "roto.py").symlink_to("no-hay.py")
    (handlers / "girando.py").symlink_to("girando.py")
    (handlers / "otra.py").symlink_to("user_rest.py")
    (handlers / "carpeta.py").mkdir()
    os.mkfifo(handlers / "tubo.py")
    found = {one.name: one.problem for one in delivery.review().files if one.problem}
    assert list(found) == [f"src/{name}.py" for name in ("carpeta", "girando", "robado", "roto", "tubo")]
    assert "fuera de la carpeta" in found["src/robado.py"] and found["src/carpeta.py"] == "no es un archivo"


def test_what_no_question_asks_for_is_missing_too(delivery):
    details = delivery.cell("detalles-propios")
    details.metadata.tags, details.source = ["por-hacer"], "…"
    assert "Sin escribir: «Detalles de implementación» (07_memoria). Se escribe en la celda" in delivery.refusal
    details.source = "La función comprueba el nombre antes de escribir."
    delivery.review().refuse()


def test_a_function_as_the_edition_brings_it_is_not_finished(delivery):
    source = UNFINISHED["user_lambda_param"].source("user_lambda_param", SOLVED.handlers)
    (delivery.workbook.handlers / "user_lambda_param.py").write_text(source, "utf-8")
    assert "src/user_lambda_param.py, sin terminar, como dice su primera línea" in delivery.refusal


def test_the_authors_are_named(delivery):
    delivery.workbook.authors.write_text('grupo = "1301"')
    assert "Sin rellenar en autores.toml: autores, pareja. Escríbelo entre las comillas." in delivery.refusal


def test_an_untouched_edition_lacks_everything(delivery):
    for notebook in delivery.notebooks.values():
        blanks.blank(notebook)
    delivery.wrong = {one.id: Verdict(one.id, False, "Nada.") for one in QUESTIONS}
    assert "Sin responder: las 29." in delivery.refusal
    found = delivery.review()
    assert {row(found.table(), one.id)[1] for one in QUESTIONS} == {"en blanco"}
    assert {row(found.table(), one)[2] for one in ("s3-2", "metodos-1", "get-2")} == {"en blanco"}
    assert any(one.startswith("Evidencia en blanco: s3-2, ") for one in found.missing())
    assert all(len(one) <= 301 for one in found.missing())


@pytest.mark.parametrize("tags", [3, None, "respuesta", [1, "respuesta"], [["respuesta"]], {}])
def test_tags_of_any_kind_are_read(delivery, tags):
    for notebook in delivery.notebooks.values():
        for cell in notebook.cells:
            cell.metadata["tags"] = tags
    del delivery.notebooks["s3"].cells[0]["metadata"]
    delivery.notebooks = {key: notebook_file.sound(notebook) for key, notebook in delivery.notebooks.items()}
    assert "falta su celda" in delivery.review().table()
