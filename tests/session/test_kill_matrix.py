"""LocalStack killed before every code cell of every section: the cell says what to do, and doing it works."""

import os
import signal
import textwrap
from collections import Counter

import nbformat
import psutil
import pytest

from helpers.workbook import SOLVED
from tests.conftest import running_kernel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

SECTIONS = sorted(SOLVED.notebooks.glob("[0-9][0-9]_*.ipynb"))
# A cell that takes longer than this hangs, as far as a student can tell.
CELL_TIMEOUT_S = 60
# What awslocal, aws and curl print.
TERMINAL = ("Could not connect to the endpoint URL", "Failed to connect", "Couldn't connect")


@pytest.fixture
def fresh_kernel(emulator):
    """A kernel in the notebooks' folder, this test's own."""
    with running_kernel() as kernel:
        yield kernel


def kill(emulator):
    """Kill LocalStack as a machine that runs out of memory would."""
    pid = emulator.status().pid
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)


def code_cells(path):
    notebook = nbformat.read(path, as_version=4)
    return [(cell.id, cell.source) for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def run(kernel, cells):
    """Run cells that have to work."""
    for name, source in cells:
        reply, _ = kernel.run(source)
        assert reply["status"] == "ok", f"{name}: {reply.get('ename')}: {reply.get('evalue')}"


def what_it_said(reply, outputs):
    """Return how a cell took the loss; "unexplained" for one that does not tell the student what to do."""
    shown = "\n".join("".join(content.get("traceback", [])) + content.get("text", "") for _, content in outputs)
    if reply["status"] == "error":
        return "explained" if "LocalStack está parado" in " ".join(shown.split()) else f"unexplained: {shown[-800:]}"
    return "told by the terminal's command" if any(words in shown for words in TERMINAL) else "did not need it"


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: path.stem)
def test_killed_before_every_cell(fresh_kernel, emulator, path, figures):
    cells = code_cells(path)
    told, unexplained = Counter(), []
    for position, (name, source) in enumerate(cells):
        run(fresh_kernel, cells[:position])  # from the first cell, as the message of the round before says
        kill(emulator)
        reply, outputs = fresh_kernel.run(source, timeout=CELL_TIMEOUT_S)
        said = what_it_said(reply, outputs)
        if said.startswith("unexplained"):
            unexplained.append(f"{path.stem}, cell {name}:\n{textwrap.indent(said, '    ')}")
        else:
            told[said] += 1
    run(fresh_kernel, cells)
    detail = ", ".join(f"{words}: {times}" for words, times in told.items())
    figures(f"{path.stem}, LocalStack killed before a cell", len(cells), told.total(), detail)
    assert not unexplained, "\n".join(unexplained)
