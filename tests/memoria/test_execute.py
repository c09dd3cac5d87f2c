"""Notebooks executed: what fails, and CTRL+C."""

import asyncio
import socket
import subprocess
import sys
from unittest import mock

import nbformat
import pytest
from jupyter_client.connect import LocalPortCache
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.errors import NotebookError
from helpers.marking.judged_notebook import JudgedNotebook
from helpers.memoria.execute import execute


def test_a_failing_cell_is_named_with_its_notebook_and_error(tmp_path):
    notebook = new_notebook(cells=[new_markdown_cell("# T"), new_code_cell("1 / 0", id="division")])
    path = tmp_path / "09_prueba.ipynb"
    nbformat.write(notebook, path)
    done = []
    with pytest.raises(NotebookError) as caught:
        execute(path, lambda *progress: done.append(progress))
    message = str(caught.value)
    for expected in ("09_prueba.ipynb", "celda 2", "«division»", "1 / 0", "ZeroDivisionError: division by zero"):
        assert expected in message
    assert done == [(0, 1)] and "\x1b" not in message


def test_a_kernel_that_does_not_start_is_told(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('roto')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / "x.ipynb")
    with pytest.raises(NotebookError, match=r"No arranca el kernel de Python, que ejecuta el cuaderno .*x\.ipynb"):
        execute(tmp_path / "x.ipynb")


@pytest.fixture
def taken_port(monkeypatch):
    """The first port that a kernel is given is somebody's, who came first; return how many were chosen."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        chosen = []

        def choose(_, ip):
            chosen.append(choose_well(ip) if chosen else somebody.getsockname()[1])
            return chosen[-1]

        choose_well = LocalPortCache.instance().find_available_port
        monkeypatch.setattr(LocalPortCache, "find_available_port", choose)
        yield chosen


def test_a_kernel_that_finds_a_port_taken_is_started_again(tmp_path, taken_port):
    nbformat.write(new_notebook(cells=[new_code_cell("1 + 1")]), tmp_path / "x.ipynb")
    (cell,) = execute(tmp_path / "x.ipynb").cells
    assert cell.outputs[0].data["text/plain"] == "2" and len(taken_port) == 10


def test_so_is_that_of_a_delivery(tmp_path, taken_port):
    nbformat.write(new_notebook(cells=[new_code_cell("1 + 1")]), tmp_path / "x.ipynb")
    judged = JudgedNotebook(tmp_path / "x.ipynb", "inicio", "python3", 60, mock.Mock())
    assert asyncio.run(judged.run()) == ""
    assert judged.executed.cells[0].outputs[0].data["text/plain"] == "2" and len(taken_port) == 10


def test_a_kernel_that_dies_is_told_with_its_cell(tmp_path):
    path = tmp_path / "09_muere.ipynb"
    cells = [new_markdown_cell("# T"), new_code_cell("import os\n\nos._exit(1)", id="muere")]
    nbformat.write(new_notebook(cells=cells), path)
    with pytest.raises(NotebookError, match=r"09_muere.ipynb, celda 2 \(«muere»\)(.|\n)*el kernel ha muerto"):
        execute(path)


def test_a_notebook_that_cannot_be_read_is_named(tmp_path):
    broken = tmp_path / "09_roto.ipynb"
    broken.write_text("{")
    for path in (broken, tmp_path / "09_falta.ipynb"):
        with pytest.raises(NotebookError, match=rf"No se puede leer el cuaderno .*{path.name}.*copia.*git checkout"):
            execute(path)


# CTRL+C comes, and comes again, while the kernel of the first of two notebooks is being ended.
CTRL_C_AT_THE_END = """
import asyncio, os, signal, sys
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager

from helpers.memoria.execute import execute_all

signal.signal(signal.SIGINT, signal.default_int_handler)
shut_down = AsyncKernelManager.shutdown_kernel

async def interrupted(manager, *arguments, **keywords):
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.05)
    await shut_down(manager, *arguments, **keywords)
    print(manager.has_kernel)

AsyncKernelManager.shutdown_kernel = interrupted
try:
    execute_all([Path(path) for path in sys.argv[1:]], on_cell=lambda *_: None)
except KeyboardInterrupt:
    print("Interrumpido.")
"""


def test_ctrl_c_between_two_notebooks_ends_every_kernel(tmp_path):
    paths = [tmp_path / "x.ipynb", tmp_path / "y.ipynb"]
    for path in paths:
        nbformat.write(new_notebook(cells=[new_code_cell("1")]), path)
    command = [sys.executable, "-c", CTRL_C_AT_THE_END, *map(str, paths)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.stderr == ""
    assert run.stdout.splitlines() == ["False", "False", "Interrumpido."]
