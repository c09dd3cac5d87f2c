"""Run notebooks, each in a fresh kernel, as *Restart & Run All* would, except for their panels."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_async, run_sync
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets.config import Config

from helpers import notebook_file
from helpers.errors import NotebookError
from helpers.memoria.execution_marks import PANEL
from helpers.memoria.kernel_start import StartedAgain
from helpers.memoria.preprocess import clean
from helpers.workbook import shown

# The longest cell restarts LocalStack and waits for it.
CELL_TIMEOUT_S = 180
# How many kernels start, with the common imports done, while another notebook is executed.
KERNELS_AHEAD = 2


class _Notebook(StartedAgain):
    """A notebook whose kernel runs already.

    nbclient would end the kernel when a signal comes, and leave the notebook to fail for that.
    """

    @contextlib.asynccontextmanager
    async def async_setup_kernel(self, **_: object) -> AsyncGenerator[None]:
        yield


type Progress = Callable[[Path, int, int], None]


def execute(path: Path, on_cell: Callable[[int, int], None] | None = None) -> NotebookNode:
    """Return the notebook at `path` with the outputs of a full run; the file does not change.

    `on_cell` is called with (code cells done, code cells in all). Raises `NotebookError`, which names the notebook, the
    cell and its error.
    """
    return execute_all([path], lambda _, done, total: on_cell(done, total) if on_cell else None)[0]


def execute_all(paths: Sequence[Path], on_cell: Progress, keep_going: bool = False) -> list[NotebookNode]:
    """Execute the notebooks at `paths` one after the other, as `execute` does, and return them.

    `on_cell` is called with (path, code cells done, code cells in all). With `keep_going`, a cell that fails raises
    nothing: its error is among its outputs, and the next one is executed. After one that does not end, or with which
    the kernel dies, the rest of its notebook stays without executing. In the main thread only, for CTRL+C.
    """
    try:
        executed: list[NotebookNode] = run_sync(_execute_all)(paths, on_cell, keep_going)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    return executed


async def _execute_all(paths: Sequence[Path], on_cell: Progress, keep_going: bool) -> list[NotebookNode]:
    executed, started = [], dict[Path, asyncio.Task[_Notebook]]()

    def start(some: Sequence[Path]) -> None:
        started.update({path: asyncio.create_task(_start(path, keep_going)) for path in some if path not in started})

    with _cancelled_by_signals(asyncio.current_task()):
        try:
            for position, path in enumerate(paths):
                start([path])
                notebook = await asyncio.shield(started[path])
                start(paths[position + 1 : position + 1 + KERNELS_AHEAD])
                await _run(notebook, path, on_cell, keep_going)
                await _end(started[path])
                del started[path]
                executed.append(notebook.nb)
        finally:
            await asyncio.gather(*(_end(each) for each in started.values()))
    return executed


@contextlib.contextmanager
def _cancelled_by_signals(task: asyncio.Task[Any] | None) -> Generator[None]:
    """Cancel `task`, once, when CTRL+C or a request to end comes."""
    loop, signals = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)

    def cancel() -> None:
        if task and not task.cancelling():
            task.cancel()

    for number in signals:
        loop.add_signal_handler(number, cancel)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def _start(path: Path, keep_going: bool) -> _Notebook:
    """Return a client for the notebook at `path`, with its kernel ready."""
    client = _Notebook(
        _without_results(read(path)),
        timeout=CELL_TIMEOUT_S,
        allow_errors=keep_going,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        # Its imports add no names to those that the cells see.
        extra_arguments=["--IPKernelApp.extra_extensions=helpers.kernel_imports"],
        skip_cells_with_tag=PANEL,  # its buttons need a person, and the memoria leaves it out
        # Unencrypted, other users of the machine could read the traffic on loopback ports.
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    )
    client.create_kernel_manager()
    try:
        await client.async_start_new_kernel()
    except (RuntimeError, OSError, NoSuchKernel) as error:
        raise NotebookError(
            f"No arranca el kernel de Python, que ejecuta el cuaderno {shown(path)}: {error}. Repite la orden; si "
            "vuelve a fallar, borra la carpeta .venv y repítela, que la hace de nuevo."
        ) from error
    return client


def _without_results(notebook: NotebookNode) -> NotebookNode:
    """Clear the results of the notebook, in place, and return it: cells that are skipped must not keep an old count."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    return notebook


async def _end(start: asyncio.Task[_Notebook]) -> None:
    """End the kernel that `start` starts, if it does."""
    with contextlib.suppress(NotebookError):
        notebook = await start
        if notebook.kc:
            notebook.kc.stop_channels()
        if notebook.km:
            await ensure_async(notebook.km.shutdown_kernel(now=True))


async def _run(notebook: _Notebook, path: Path, on_cell: Progress, keep_going: bool) -> None:
    cells = notebook.nb.cells
    code_cells = [index for index, cell in enumerate(cells) if cell.cell_type == "code" and cell.source]
    running = 0

    def started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = cell_index
        on_cell(path, code_cells.index(cell_index), len(code_cells))

    def give_up(name: str, reason: str) -> None:
        if not keep_going:
            raise NotebookError(_describe(path, cells[running], running, reason)) from None
        cells[running].outputs.append(new_output("error", ename=name, evalue=reason, traceback=[f"{name}: {reason}"]))

    notebook.on_cell_execute = started
    try:
        await notebook.async_execute()
    except CellExecutionError as error:
        reason = clean(f"{error.ename}: {error.evalue}").strip()
        raise NotebookError(_describe(path, cells[running], running, reason)) from None
    except CellTimeoutError:
        give_up(CellTimeoutError.__name__, f"la celda no ha terminado en {CELL_TIMEOUT_S} segundos")
    except DeadKernelError:
        task = asyncio.current_task()
        if task and task.cancelling():  # nbclient takes it for the death of its kernel
            raise asyncio.CancelledError from None
        give_up(DeadKernelError.__name__, "el kernel ha muerto")
    on_cell(path, len(code_cells), len(code_cells))


def read(path: Path) -> NotebookNode:
    """Return the notebook at `path`; raise `NotebookError` if it cannot be read."""
    try:
        notebook = notebook_file.read(path)
    except (OSError, UnicodeDecodeError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
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
