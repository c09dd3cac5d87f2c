"""The student's edition: the same notebooks with blanks, two functions that say they are unfinished; it runs."""

import ast
import builtins
import importlib.util
import itertools
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from pypdf import PdfReader

from helpers.errors import TemplateError
from helpers.memoria import build
from helpers.memoria.execute import execute_all
from helpers.practice import answers, authors, blanks, edition
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.practice.unfinished import UNFINISHED
from helpers.workbook import SOLVED, Workbook, containing

IDS = [question.id for question in QUESTIONS]
# Those that ask for nothing that can be run, or whose commands the handout gives.
ONLY_ANSWERED = {"s3-1", "logs-1", "api-1", "rutas-1", "rutas-3", "tabla-1"}
# What only an answer, or the evidence that the handout does not give, may say: question -> words.
WORDS = json.loads(Path(__file__).with_name("answer_words.json").read_text("utf-8"))
# Those that the results of the given cells, or a check, show on paper.
SHOWN = {
    "ListObjectsV2", "download_file", "s3://si1p1/users/", "Init Duration", "users/tete",
    "put-method", "put-integration", "lambda create-function",  # the terminal form of what the handout gives
}  # fmt: skip


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """The edition, as it is written."""
    folder = tmp_path_factory.mktemp("plantilla") / "mi edición"
    edition.write(folder)
    return Workbook(folder)


def cells_of(workbook, *sections):
    """Return the cells of the notebooks of some sections, by default all."""
    return [cell for one in sections or SECTIONS for cell in nbformat.read(one.notebook(workbook), as_version=4).cells]


def tags(cell):
    return cell.metadata.get("tags", [])


def test_it_is_a_workbook_with_every_file(mine):
    assert containing(mine.notebooks) == mine != SOLVED
    assert [path.name for path in mine.code_files()] == [path.name for path in SOLVED.code_files()]
    for path in SOLVED.handlers.iterdir():
        if path.is_file() and path.stem not in UNFINISHED:
            assert (mine.handlers / path.name).read_bytes() == path.read_bytes()
    assert authors.read(mine) == authors.Authors()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
def test_each_cell_is_the_solved_one_or_a_blank_in_the_same_order(section, mine):
    text = section.notebook(mine).read_text("utf-8")
    notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
    solved = [cell for cell in cells_of(SOLVED, section) if blanks.ONLY_SOLVED not in tags(cell)]
    assert [cell.id for cell in notebook.cells] == [cell.id for cell in solved]
    for ours, theirs in zip(solved, notebook.cells, strict=True):
        assert theirs.cell_type == ours.cell_type
        if theirs.source != ours.source or blanks.BLANK in tags(ours):
            assert blanks.is_blank(theirs), theirs.id
        else:
            assert not blanks.is_blank(theirs), theirs.id
            assert tags(theirs) == [tag for tag in tags(ours) if tag != blanks.ONLY_EDITION]
    for before, cell in itertools.pairwise(notebook.cells):
        assert cell.cell_type == "markdown" or before.cell_type == "markdown", f"{cell.id}: no sentence before"
    assert notebook.cells[-1].cell_type == "markdown"


def test_the_students_are_the_answers_and_one_blank_for_each_thing_to_do(mine):
    cells = cells_of(mine)
    to_do = [cell for cell in cells if blanks.TO_DO in tags(cell)]
    code = [cell for cell in to_do if cell.cell_type == "code"]
    of_question = Counter(tags(cell)[1] for cell in code)
    assert of_question.keys() == set(IDS) - ONLY_ANSWERED
    assert max(of_question.values()) == 2 and len({cell.source for cell in code}) == len(code)
    assert [cell.id for cell in to_do if cell.cell_type == "markdown"] == ["detalles-propios"]
    assert [tags(cell)[1] for cell in cells if "respuesta" in tags(cell)] == IDS
    assert sum(map(blanks.is_blank, cells)) == 29 + len(to_do)
    assert answers.answered(mine) == set()


def test_each_blank_is_in_its_question_and_then_comes_its_check(mine):
    for question in IDS:
        roles = [
            "blank" if blanks.TO_DO in tags(cell) else "check" if cell.source == f'practice.check("{question}")' else ""
            for cell in cells_of(mine)
            if tags(cell)[:2] == ["evidencia", question]
        ]
        assert roles.count("check") == 1 and roles[-1] == "check", question


@pytest.mark.parametrize(
    ("source", "is_blank"),
    [
        ("# s3-2: escribe aquí lo que haces.", True),
        ("%%comandos\n# metodos-1: escribe aquí lo que haces.\n\n", True),
        ("", True),
        ("%%comandos\n# metodos-1: escribe aquí lo que haces.\napigateway.get_rest_apis()", False),
        ("!awslocal s3 ls", False),
    ],
)
def test_a_blank_is_one_until_there_is_something_to_run(source, is_blank):
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["evidencia", "s3-2", blanks.TO_DO]})
    assert blanks.is_blank(cell) == is_blank
    assert not blanks.is_blank(nbformat.v4.new_code_cell(source))


# What it must not say


def given_away(text, question):
    """Return the words of the question's answer that are in `text`."""
    return [word for word in WORDS[question] if word.casefold() in text.casefold()]


@pytest.mark.parametrize("question", IDS)
def test_nothing_says_what_only_the_answer_may(question, mine):
    solved = "\n".join(
        cell.source
        for cell in cells_of(SOLVED)
        if "respuesta" in tags(cell) or {blanks.ONLY_SOLVED, blanks.BLANK} & set(tags(cell))
    )
    assert given_away(solved, question) == WORDS[question] != []  # they are words of the answer
    for cell in cells_of(mine):
        assert given_away(cell.source, question) == [], cell.id
    for path in [path for path in mine.handlers.iterdir() if path.is_file()]:
        assert given_away(path.read_text("utf-8"), question) == [], path.name


def lines_of(path):
    return {line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()}


@pytest.mark.parametrize("name", UNFINISHED)
def test_no_line_of_a_function_that_is_the_students_is_there_but_those_that_are_given(name, mine):
    given = [lines_of(path) for path in SOLVED.code_files() if path.stem not in UNFINISHED]
    own = lines_of(SOLVED.handlers / f"{name}.py").difference(*given)
    assert len(own) >= 5
    for path in mine.code_files():
        assert own & lines_of(path) == set(), path.name
    for cell in cells_of(mine):
        assert own & {line.strip() for line in cell.source.splitlines()} == set(), cell.id


@pytest.mark.parametrize("name", UNFINISHED)
def test_an_unfinished_function_runs_and_says_so(name, mine, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    spec = importlib.util.spec_from_file_location(name, mine.handlers / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    answer = module.handler({"pathParameters": {"username": "pepe"}, "body": "{}"}, None)
    assert answer["statusCode"] == 501
    assert json.loads(answer["body"]) == {"status": "KO", "message": f"{name} está sin terminar"}
    assert module.__doc__.startswith("Sin terminar: ")
    assert all(len(line) <= 88 for line in (mine.handlers / f"{name}.py").read_text("utf-8").splitlines())


# That it can be run and written


def code_of(cell):
    """Return a cell's Python, without what only IPython understands."""
    python = re.sub(r"^[%!](.*\\\n)*.*", "", cell.source, flags=re.MULTILINE)  # a command may go on after a backslash
    return ast.parse(re.sub("= !.*", "= 0", python))


def names(tree, kind):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, kind)}


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
def test_what_is_given_uses_nothing_that_is_left_to_the_student(section, mine):
    known = set(dir(builtins))
    for cell in cells_of(mine, section):
        if cell.cell_type != "code":
            continue
        tree = code_of(cell)
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        known |= names(tree, ast.Store) | {alias.asname or alias.name for node in imports for alias in node.names}
        known |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        known |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        in_terminal = re.findall(r"(?<!\{)\{(\w+)\}", "".join(re.findall("^!.*", cell.source, re.MULTILINE)))
        assert (names(tree, ast.Load) | {*in_terminal}) - known == set(), cell.id


def test_nothing_is_written_over(mine, tmp_path):
    kept = {path: path.read_bytes() for path in mine.root.rglob("*") if path.is_file()}
    there = (
        r"ya están notebooks/00_inicio\.ipynb, notebooks/01_servicios_cloud\.ipynb y 16 más, y no se escribe nada "
        r"encima\. Si son los tuyos, trabaja con ellos, con «make lab»; «si1p1 practica --actualiza» les trae lo nuevo"
    )
    with pytest.raises(TemplateError, match=there):
        edition.write(mine.root)
    assert {path: path.read_bytes() for path in mine.root.rglob("*") if path.is_file()} == kept
    (tmp_path / "autores.toml").write_text("mío")
    with pytest.raises(TemplateError, match=r"ya están autores\.toml, y no se escribe nada encima"):
        edition.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["autores.toml"]
    with pytest.raises(TemplateError, match="No se puede escribir en"):
        edition.write(tmp_path / "autores.toml" / "dentro")


def text_of(pdf):
    return " ".join("".join(page.extract_text() for page in PdfReader(pdf).pages).split())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_untouched_its_memoria_is_a_draft_without_an_error_or_a_line_of_the_solution(mine, cloud, tmp_path):
    paths = mine.notebook_files()[1:]
    executed = execute_all(paths, on_cell=lambda *_: None)
    assert [one.output_type for book in executed for cell in book.cells for one in cell.get("outputs", [])].count(
        "error"
    ) == 0
    text = text_of(build.export(mine, executed, tmp_path / "memoria.pdf"))
    assert "Preguntas respondidas: 0 de 29." in text and "BORRADOR" in text.upper()
    missing = text.partition("Sin responder: ")[2].partition(".")[0]
    assert missing.split(", ") == IDS
    assert "Traceback" not in text
    joined = text.replace(" ", "").casefold()  # words break anywhere in code
    given_away = {word for words in WORDS.values() for word in words if word.replace(" ", "").casefold() in joined}
    assert given_away <= SHOWN


@pytest.mark.static
def test_it_does_not_say_when_the_solved_one_ran():
    ran = nbformat.v4.new_code_cell("x", execution_count=3, metadata={"execution": {"shell.execute_reply": "2026"}})
    notebook = edition.blanks.blank(nbformat.v4.new_notebook(cells=[ran]))
    assert (notebook.cells[0].metadata, notebook.cells[0].execution_count) == ({}, None)


@pytest.mark.parametrize("content", [None, b"", b"<<<<<<< HEAD\n{}\n", b"null", '{"título": 1}'.encode("latin-1")])
def test_a_solved_notebook_that_cannot_be_read_is_named_and_nothing_is_written(tmp_path, monkeypatch, content):
    solved = Workbook(tmp_path / "resuelto")
    shutil.copytree(SOLVED.notebooks, solved.notebooks)
    broken = solved.notebooks / "03_s3.ipynb"
    broken.unlink() if content is None else broken.write_bytes(content)
    monkeypatch.setattr(edition, "SOLVED", solved)
    monkeypatch.setattr("helpers.workbook.SOLVED", solved)
    with pytest.raises(TemplateError, match=r"No se puede leer .*03_s3\.ipynb, el cuaderno resuelto.*git checkout"):
        edition.write(tmp_path / "mía")
    assert not (tmp_path / "mía").exists()
