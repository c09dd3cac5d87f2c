"""Run a notebook from a fresh kernel, as *Restart & Run All* would, but for its panel."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import nbformat
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets.config import Config

from helpers.errors import NotebookError
from helpers.memoria.preprocess import PANEL, clean

# The longest cell restarts LocalStack and waits for it.
CELL_TIMEOUT_S = 180
# Started but not yet used, by notebook.
_kernels_ahead: dict[Path, AsyncKernelManager] = {}


def execute(
    path: Path, on_cell: Callable[[int, int], None] | None = None, following: Path | None = None
) -> NotebookNode:
    """Return the notebook at `path` with the outputs of a run from its first cell; the file stays as it is.

    `on_cell` is called with (code cells done, code cells in all). `following` is the notebook that will be executed
    next: its kernel starts meanwhile. Raises `NotebookError`, which names the notebook, the cell and its error.
    """
    notebook = read(path)
    code_cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source]
    running = 0

    def started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = cell_index
        if on_cell:
            on_cell(code_cells.index(cell_index), len(code_cells))

    client = _client(notebook, path)
    client.on_cell_execute = started
    if path in _kernels_ahead:
        client.km = _kernels_ahead.pop(path)
    try:
        if following:
            _start_ahead(following)
        client.execute()
    except CellExecutionError as error:
        reason = clean(f"{error.ename}: {error.evalue}").strip()
        raise NotebookError(_describe(path, notebook.cells[running], running, reason)) from None
    except CellTimeoutError:
        reason = f"la celda no ha terminado en {CELL_TIMEOUT_S} segundos"
        raise NotebookError(_describe(path, notebook.cells[running], running, reason)) from None
    except (DeadKernelError, AssertionError) as error:
        # nbclient's cleaning up after a dead kernel fails in its turn, with an assertion.
        if isinstance(error, AssertionError) and not isinstance(error.__context__, DeadKernelError):
            raise
        raise NotebookError(_describe(path, notebook.cells[running], running, "el kernel ha muerto")) from None
    finally:
        if not following or sys.exception():
            _discard_ahead()
    if on_cell:
        on_cell(len(code_cells), len(code_cells))
    return notebook


def _client(notebook: NotebookNode, path: Path) -> NotebookClient:
    return NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        shutdown_kernel="immediate",
        skip_cells_with_tag=PANEL,  # nobody would press its buttons, and the memoria leaves it out
        # Other users of the machine could read what passes over loopback ports.
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    )


def _start_ahead(path: Path) -> None:
    client = _client(nbformat.v4.new_notebook(), path)
    client.create_kernel_manager()
    client.start_new_kernel()
    _kernels_ahead[path] = cast(AsyncKernelManager, client.km)


def _discard_ahead() -> None:
    while _kernels_ahead:
        _, manager = _kernels_ahead.popitem()
        run_sync(manager.shutdown_kernel)(now=True)


def read(path: Path) -> NotebookNode:
    """Return the notebook at `path`; raise `NotebookError` if there is none there."""
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
    except (OSError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise NotebookError(
            f"No se puede leer el cuaderno {path.name}: {error}. Recupéralo con «git checkout notebooks/{path.name}»."
        ) from error
    return notebook


def _describe(path: Path, cell: NotebookNode, index: int, reason: str) -> str:
    source = "\n".join(f"    {line}" for line in cell.source.splitlines())
    return (
        f"Falla el cuaderno {path.name}, celda {index + 1} («{cell.get('id', '?')}»):\n\n{source}\n\n{reason}\n\n"
        f"Ábrelo con «si1p1 lab», ejecútalo hasta esa celda y corrígela; después repite la orden."
    )
