"""Run notebooks, each in a fresh kernel, as *Restart & Run All* would, except for their panels."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets.config import Config

from helpers.errors import NotebookError
from helpers.memoria.preprocess import PANEL, clean
from helpers.workbook import shown

# The longest cell restarts LocalStack and waits for it.
CELL_TIMEOUT_S = 180
# How many kernels start, with the common imports done, while another notebook is executed.
KERNELS_AHEAD = 2


class Interrupted(Exception):
    """CTRL+C, or a request to end, came while a cell was running."""


type Progress = Callable[[Path, int, int], None]


def execute(path: Path, on_cell: Callable[[int, int], None] | None = None) -> NotebookNode:
    """Return the notebook at `path` with the outputs of a full run; the file does not change.

    `on_cell` is called with (code cells done, code cells in all). Raises `NotebookError`, which names the notebook, the
    cell and its error.
    """
    return execute_all([path], lambda _, done, total: on_cell(done, total) if on_cell else None)[0]


def execute_all(paths: Sequence[Path], on_cell: Progress) -> list[NotebookNode]:
    """Execute the notebooks at `paths` one after the other, as `execute` does, and return them.

    `on_cell` is called with (path, code cells done, code cells in all).
    """
    try:
        executed: list[NotebookNode] = run_sync(_execute_all)(paths, on_cell)
    except Interrupted:
        raise KeyboardInterrupt from None
    return executed


async def _execute_all(paths: Sequence[Path], on_cell: Progress) -> list[NotebookNode]:
    executed, starting = [], dict[Path, asyncio.Task[NotebookClient]]()

    def start(some: Sequence[Path]) -> None:
        starting.update({path: asyncio.create_task(_start(path)) for path in some if path not in starting})

    try:
        for position, path in enumerate(paths):
            start([path])
            client = await starting[path]
            del starting[path]
            start(paths[position + 1 : position + 1 + KERNELS_AHEAD])
            executed.append(await _run(client, path, on_cell))
    finally:
        for started in await asyncio.gather(*starting.values(), return_exceptions=True):
            if isinstance(started, NotebookClient):
                await started._async_cleanup_kernel()
    return executed


async def _start(path: Path) -> NotebookClient:
    """Return a client for the notebook at `path`, with its kernel ready."""
    client = NotebookClient(
        _without_results(read(path)),
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        shutdown_kernel="immediate",
        # Its imports add no names to those that the cells see.
        extra_arguments=["--IPKernelApp.extra_extensions=helpers.kernel_imports"],
        skip_cells_with_tag=PANEL,  # its buttons need a person, and the memoria leaves it out
        # Unencrypted, other users of the machine could read the traffic on loopback ports.
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    )
    client.create_kernel_manager()
    await client.async_start_new_kernel()
    await client.async_start_new_kernel_client()
    return client


def _without_results(notebook: NotebookNode) -> NotebookNode:
    """Clear the results of the notebook, in place, and return it: cells that are skipped must not keep an old count."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    return notebook


async def _run(client: NotebookClient, path: Path, on_cell: Progress) -> NotebookNode:
    notebook = client.nb
    code_cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source]
    running = 0

    def started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = cell_index
        # In place of nbclient's handlers, which kill the kernel and leave the notebook to fail for that.
        with contextlib.suppress(RuntimeError):  # outside the main thread, as in the panel
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, interrupt)
        on_cell(path, code_cells.index(cell_index), len(code_cells))

    client.on_cell_execute = started
    execution = asyncio.ensure_future(client.async_execute())
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        # nbclient's own look at the kernel would go on, and complain of a client that is gone.
        for task in asyncio.all_tasks():
            if getattr(task.get_coro(), "__name__", "") == "_async_poll_kernel_alive":
                task.cancel()
        execution.cancel()

    try:
        await execution
    except CellExecutionError as error:
        reason = clean(f"{error.ename}: {error.evalue}").strip()
        raise NotebookError(_describe(path, notebook.cells[running], running, reason)) from None
    except CellTimeoutError:
        reason = f"la celda no ha terminado en {CELL_TIMEOUT_S} segundos"
        raise NotebookError(_describe(path, notebook.cells[running], running, reason)) from None
    except (DeadKernelError, AssertionError, asyncio.CancelledError) as error:
        if interrupted:
            raise Interrupted from None
        # After a kernel dies, nbclient's own clean-up fails with an AssertionError.
        if not isinstance(error, DeadKernelError) and not isinstance(error.__context__, DeadKernelError):
            raise
        raise NotebookError(_describe(path, notebook.cells[running], running, "el kernel ha muerto")) from None
    on_cell(path, len(code_cells), len(code_cells))
    return notebook


def read(path: Path) -> NotebookNode:
    """Return the notebook at `path`; raise `NotebookError` if it cannot be read."""
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
    except (OSError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise NotebookError(
            f"No se puede leer el cuaderno {shown(path)}: {error}. JupyterLab guarda una copia al lado, en la carpeta "
            f".ipynb_checkpoints; «git checkout {shown(path)}» lo deja como vino, sin lo que hayas escrito."
        ) from error
    return notebook


def _describe(path: Path, cell: NotebookNode, index: int, reason: str) -> str:
    source = "\n".join(f"    {line}" for line in cell.source.splitlines())
    return (
        f"Falla el cuaderno {path.name}, celda {index + 1} («{cell.get('id', '?')}»):\n\n{source}\n\n{reason}\n\n"
        f"Ábrelo con «si1p1 lab» (make lab), ejecútalo hasta esa celda y corrígela; después repite la orden."
    )
