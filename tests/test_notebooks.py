"""The notebooks: as files (clean, short cells, tagged, answered) and as programs (alone, twice, after a restart)."""

import itertools
import os
import re
import signal
from collections import Counter

import nbformat
import pytest

from helpers.emulator import process
from helpers.memoria.build import notebooks
from helpers.memoria.execute import execute, read

PATHS = notebooks()
ALL = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
ROLES = ("pregunta", "evidencia", "respuesta")
QUESTIONS = {
    "03_s3": ["s3-1", "s3-2"],
    "04_lambda": ["lambda-1", "lambda-2", "lambda-3", "logs-1", "borrado-1"],
}


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


@ALL
def test_code_cells_are_short_and_announced(path):
    cells = read(path).cells
    lengths = [len(cell.source.splitlines()) for cell in cells if cell.cell_type == "code"]
    assert max(lengths) <= 25 and sorted(lengths)[len(lengths) // 2] <= 6
    for before, cell in itertools.pairwise(cells):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown", f"{cell.id}: no sentence before"
    assert cells[0].cell_type == cells[-1].cell_type == "markdown"


@ALL
def test_every_question_has_statement_evidence_and_answer(path):
    found: dict[str, Counter] = {question: Counter() for question in QUESTIONS[path.stem]}
    order = []
    for cell in read(path).cells:
        tags = cell.metadata.get("tags", [])
        assert tags in ([], ["preparacion"]) or (len(tags) == 2 and tags[0] in ROLES and tags[1] in found), cell.id
        if len(tags) == 2:
            role, question = tags
            assert cell.cell_type == ("code" if role == "evidencia" else "markdown"), cell.id
            found[question][role] += 1
            if role == "pregunta":
                order.append(question)
                assert cell.source.startswith(f"### Pregunta {question}\n")
            if role == "respuesta":
                assert cell.source.startswith("**Respuesta.**") and len(cell.source) > 100
    assert order == QUESTIONS[path.stem]
    for question, roles in found.items():
        assert roles["pregunta"] == roles["respuesta"] == 1 and roles["evidencia"] >= 1, question


def results(notebook):
    """Return the lines of every output but the opening's, with what changes from run to run replaced."""
    text = "\n".join(
        output.get("text") or output["data"].get("text/html") or output["data"]["text/plain"]
        for cell in notebook.cells
        if "preparacion" not in cell.metadata.get("tags", [])
        for output in cell.get("outputs", [])
    )
    changing = [
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",  # request and session ids
        r"\b[0-9a-z]{32}\b",  # execution environments, function URLs
        r"\d{4}-\d\d-\d\d[T ][\d:.]+",
        r"\d{4}/\d\d/\d\d|\d\d/[A-Z][a-z]{2}/\d{4}:[\d:]+",
        r"\b1[67]\d{11}\b",  # milliseconds since 1970
        r"(?<=localhost:)\d+",
        r"[\d.]+ (?=ms|MB)",
    ]
    for pattern in changing:
        text = re.sub(pattern, "·", text)
    # Widths follow the values, and LocalStack's own log has lines of other clients.
    return [" ".join(line.split()) for line in text.splitlines() if " INFO " not in line and line.strip("- ·")]


@ALL
def test_it_runs_after_a_restart_alone_and_twice_with_the_same_results(path, cloud):
    cloud.restart()
    first = execute(path)
    assert all(cell.execution_count for cell in first.cells if cell.cell_type == "code")
    errors = [output for cell in first.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert errors == []
    assert results(execute(path)) == results(first)


@pytest.mark.slow
@ALL
def test_it_runs_after_a_kill(path, cloud):
    os.kill(cloud.status().pid, signal.SIGKILL)
    execute(path)


def test_it_runs_when_nothing_is_running(cloud):
    cloud.stop()
    execute(PATHS[0])
    assert cloud.status().state is process.State.RUNNING
