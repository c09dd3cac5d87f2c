"""The notebooks: as files (clean, short cells, tagged, answered) and as programs (alone, twice, after a restart)."""

import itertools
import math
import os
import random
import re
import signal
import statistics

import nbformat
import pytest
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from helpers.emulator import process
from helpers.memoria import preprocess
from helpers.memoria.execute import execute, read
from helpers.practice import answers, blanks
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import SOLVED

PATHS = SOLVED.notebook_files()
ALL = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
ROLES = ("pregunta", "evidencia", "respuesta")
NO_QUESTION = ([], ["preparacion"], ["panel"], ["solo-resuelto"], ["solo-practica"], ["solo-practica", "hueco"])


@pytest.mark.static
@ALL
def test_the_file_is_valid_clean_and_keeps_little_metadata(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-z][a-z0-9-]+", one) for one in ids)
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}, cell.id
        assert cell.source.strip(), cell.id
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, cell.id


def code_lengths(path):
    return [len(cell.source.splitlines()) for cell in read(path).cells if cell.cell_type == "code"]


@pytest.mark.static
def test_most_code_cells_are_a_few_lines():
    lengths = [length for path in PATHS for length in code_lengths(path)]
    assert statistics.median(lengths) <= 3
    assert statistics.quantiles(lengths, n=20)[-1] <= 12


@pytest.mark.static
@ALL
def test_code_cells_are_short_and_announced(path):
    cells = read(path).cells
    assert max(code_lengths(path)) <= 18
    lines = [line for cell in cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    assert max(map(len, lines)) <= 88  # wider ones wrap in the PDF
    for before, cell in itertools.pairwise(cells):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown", f"{cell.id}: no sentence before"
    assert cells[0].cell_type == cells[-1].cell_type == "markdown"


@pytest.mark.static
def test_the_sections_and_questions_are_the_handouts():
    assert [section.notebook(SOLVED) for section in SECTIONS] == PATHS
    expected = """s3-1 s3-2 lambda-1 lambda-2 lambda-3 logs-1 borrado-1 api-1 api-2 rutas-1 rutas-2 rutas-3 metodos-1
        metodos-2 integracion-1 integracion-2 integracion-3 despliegue-1 despliegue-2 pruebas-1 mejora-1 tabla-1
        insertar-1 lectura-1 lectura-2 lambda-dynamo-1 lambda-dynamo-2 get-1 get-2"""
    assert [question.id for question in QUESTIONS] == expected.split()
    assert all(question.statement[0] in "¿ABCDEFGHIJKLMNOPQRSTUVWXYZ" for question in QUESTIONS)


@pytest.mark.static
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.stem)
def test_every_question_has_statement_evidence_and_answer(section):
    questions = {question.id: question for question in QUESTIONS if question.section == section.key}
    found: dict[str, list[str]] = {question: [] for question in questions}
    cells = read(section.notebook(SOLVED)).cells
    assert cells[0].source.startswith(f"# {section.title}\n")
    for cell in cells:
        tags = cell.metadata.get("tags", [])
        if tags not in NO_QUESTION:
            role, question, *edition = tags
            assert role in ROLES and question in found, cell.id
            assert edition == [] or (role == "evidencia" and edition in (["hueco"], ["solo-resuelto"])), cell.id
            assert cell.cell_type == ("code" if role == "evidencia" else "markdown"), cell.id
            found[question].append(role)
            if role == "pregunta":
                assert cell.source == f"### Pregunta {question}\n\n{questions[question].statement}"
            if role == "respuesta":
                assert cell.source.startswith(answers.ANSWER_MARK)
                assert 2 <= printed_lines(cell.source) <= 8, cell.id
    for question, roles in found.items():
        assert roles.count("pregunta") == roles.count("respuesta") == 1 and "evidencia" in roles, question
        assert roles[-1] == "respuesta" and f'practice.check("{question}")' in evidence_of(cells, question), question


def printed_lines(text):
    """Return about how many lines `text` takes on a page."""
    return sum(math.ceil(len(line) / 112) for line in text.splitlines() if line.strip())


def evidence_of(cells, question):
    """Return the source of the question's evidence cells."""
    return "\n".join(cell.source for cell in cells if cell.metadata.get("tags", [])[:2] == ["evidencia", question])


@pytest.mark.static
@ALL
def test_what_is_only_for_the_edition_is_a_short_text(path):
    for cell in read(path).cells:
        if blanks.ONLY_EDITION in cell.metadata.get("tags", []):
            assert cell.cell_type == "markdown", f"{cell.id}: it would be executed in the solved notebook"
            assert printed_lines(cell.source) <= 8, cell.id


@pytest.mark.static
def test_the_pages_named_are_those_of_the_bibliography():
    cells = [cell for path in PATHS for cell in read(path).cells if cell.cell_type == "markdown"]
    named = {title for cell in cells for title in re.findall(r"[Pp]ágina \*(.+?)\*", cell.source)}
    bibliography = "\n".join(cell.source for cell in cells if cell.id.startswith("bibliografia"))
    listed = re.findall(
        r"^- \*(.+?)\*.*: <https://docs\.(?:aws\.amazon\.com|localstack\.cloud)/\S+>$", bibliography, re.M
    )
    assert len(named) > 10 and sorted(named) == sorted(listed)


@pytest.mark.static
def test_every_task_has_its_heading():
    tasks = "s3 lambda logs borrado api rutas metodos integracion despliegue pruebas mejora tabla insertar lectura"
    headings = {cell.id for path in PATHS for cell in read(path).cells if cell.source.startswith("## Tarea: ")}
    assert headings == {f"tarea-{task}" for task in [*tasks.split(), "lambda-dynamo", "get"]}


def test_answers_are_found_and_blanks_are_not(tmp_path):
    assert answers.unanswered(SOLVED) == []
    notebook = read(PATHS[3])
    for cell in notebook.cells:
        if cell.metadata.get("tags") == ["respuesta", "s3-2"]:
            cell.source = "**Respuesta.** …\n"
    path = tmp_path / "03_s3.ipynb"
    nbformat.write(notebook, path)
    assert answers.answered_in(path) == {"s3-1"}
    assert answers.answered_in(tmp_path / "falta.ipynb") == set()


CHANGING = [
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{8}\b",  # request and session ids, whole or their start
    r"\b[0-9a-z]{32}\b",  # execution environments, function URLs
    r"(?<![\w-])(?=[a-z]*\d)[0-9a-z]{10}(?!\w)",  # APIs, resources, deployments
    r"(?<=>)[a-z]{10}(?=</td>)|(?<=-id )[a-z]{10}\b",  # the same without figures
    r"(?<=identificador es )[a-z]{10}\b",
    r"(?<=/execute-api/)[a-z]{10}\b|(?<=/restapis/)[a-z]{10}\b",
    r"(?<=_ID=)[a-z]{10}\b|(?<=identificador es )[a-z]{10}\b",
    r"\d{4}-\d\d-\d\d[T ][\d:.]+Z?",
    r"\d*</td>\s*<td[^>]*>\d\d:\d\d:\d\d(?=</td>)",  # a call's number and hour
    r"\d{4}/\d\d/\d\d|\d\d/[A-Z][a-z]{2}/\d{4}:[\d:]+",
    r"\b1[67]\d{11}\b",  # milliseconds since 1970
    r"(?<=localhost:)\d+|(?<=127\.0\.0\.1:)\d+",
    r"[\d.]+ (?=ms|MB)",
    r"(?<=>)(running|available)(?=</td>)",  # what a service does depends on what ran before
]


def results(notebook):
    """Return the lines of every output but the opening's, with what changes from run to run replaced."""
    notebook, _ = CoalesceStreamsPreprocessor().preprocess(
        notebook, {}
    )  # a line of progress and what writes over it may have come apart
    text = "\n".join(
        preprocess.settled(output.get("text", ""))
        or output["data"].get("text/html")
        or output["data"].get("text/markdown")
        or output["data"]["text/plain"]
        for cell in notebook.cells
        if not {"preparacion", "panel"} & set(cell.metadata.get("tags", []))
        for output in cell.get("outputs", [])
    )
    # The bars of a drawn request are its milliseconds; its text says the rest.
    text = re.sub(r'(alt="Lo que ha pasado[^"]*" src=)"[^"]*"', r"\1·", text)
    for pattern in CHANGING:
        text = re.sub(pattern, "·", text)
    # Widths follow the values, and LocalStack's own log has lines of other clients.
    lines = [" ".join(line.split()) for line in text.splitlines() if " INFO " not in line and line.strip("- ·")]
    # An id without figures may stand anywhere in a verdict.
    lines = [re.sub(r"\b[a-z]{10}\b", "·", line) if "✓" in line else line for line in lines]
    # s3 rb deletes objects in any order; in the table of services those that are running come first.
    lines = sorted(lines, key=lambda line: line if line.startswith("delete: ") else "")
    return sorted(lines) if notebook.cells[0].source.startswith("# 1. ") else lines


# The others take longer; make memoria executes all, and so does the slow test of any order.
QUICK = ("00_inicio", "03_s3")


@pytest.mark.parametrize(
    "path",
    [path if path.stem in QUICK else pytest.param(path, marks=pytest.mark.slow) for path in PATHS],
    ids=lambda path: path.stem,
)
def test_it_runs_alone_on_an_empty_localstack(path, cloud):
    cloud.restart()
    notebook = execute(path)
    cells = [
        cell for cell in notebook.cells if cell.cell_type == "code" and "panel" not in cell.metadata.get("tags", [])
    ]
    assert all(cell.execution_count for cell in cells)
    errors = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert errors == []


@pytest.mark.slow
@ALL
def test_it_runs_again_after_a_kill_in_the_middle(path, cloud, tmp_path):
    half = read(path)
    half.cells = half.cells[: len(half.cells) // 2]
    nbformat.write(half, tmp_path / path.name)
    execute(tmp_path / path.name)
    os.kill(cloud.status().pid, signal.SIGKILL)
    execute(path)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_in_any_order_each_twice_the_results_are_the_same(cloud):
    order = PATHS * 2
    random.Random(20261122).shuffle(order)  # noqa: S311
    seen = {}
    for path in order:
        found = results(execute(path))
        assert seen.setdefault(path, found) == found, path.stem


@pytest.mark.slow
def test_it_runs_when_nothing_is_running(cloud):
    cloud.stop()
    execute(PATHS[0])
    assert cloud.status().state is process.State.RUNNING
