"""Run the programs that make the memoria, with limits of time and memory; none of them outlives its caller."""

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from helpers.errors import MemoriaError

# The whole memoria takes each program about a second.
TIMEOUT_S = 120
MAX_MEMORY_BYTES = 2 * 1024**3
# How often memory is checked: this works on every system, and acts before the disk begins to swap.
LOOK_S = 0.05

ADVICE = (
    "Algo del cuaderno es demasiado grande o enrevesado: borra las salidas más largas (en JupyterLab, "
    "`Edit > Clear Cell Output`) o exporta los cuadernos de uno en uno."
)


def run(name: str, command: Sequence[str | Path], said: bytes, folder: Path, timeout_s: float = TIMEOUT_S) -> bytes:
    """Return the output of `command`, run in `folder` with `said` as its input.

    Raises `MemoriaError`, with the program's `name` and its error message, if it fails or exceeds the limits.
    """
    try:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        raise MemoriaError(f"No se ha podido ejecutar {name}: {error}. Repite la instalación con «make».") from error
    with process, limited(process, name, timeout_s):
        written, complaint = process.communicate(said)
    if process.returncode != 0:
        reason = complaint.decode("utf-8", "replace").strip() or f"ha terminado con el código {process.returncode}"
        raise MemoriaError(f"{name} no ha podido convertir el cuaderno: {reason}")
    return written


@contextlib.contextmanager
def limited(process: subprocess.Popen[bytes], name: str, timeout_s: float) -> Iterator[None]:
    """Kill `process` with a `MemoriaError` if it exceeds the time or memory limit; also kill it if the block fails."""
    reasons: list[str] = []
    over = threading.Event()

    def watch() -> None:
        deadline = time.monotonic() + timeout_s
        while not over.wait(LOOK_S):
            if time.monotonic() > deadline:
                reasons.append(f"no ha terminado en {timeout_s:g} segundos")
            elif memory_bytes(process.pid) > MAX_MEMORY_BYTES:
                reasons.append(f"ha pedido más de {MAX_MEMORY_BYTES / 1024**3:g} GB de memoria")
            else:
                continue
            process.kill()
            return

    watcher = threading.Thread(target=watch, name=f"límites de {name}", daemon=True)
    watcher.start()
    try:
        yield
    except BaseException:
        process.kill()
        # With a reason, the block failed only because the process was killed.
        if not reasons:
            raise
    finally:
        over.set()
        watcher.join()
    if reasons:
        raise MemoriaError(f"{name} {reasons[0]}, y se ha detenido. {ADVICE}")


def memory_bytes(pid: int) -> int:
    """Return the resident memory of a process, in bytes; 0 if it has ended."""
    try:
        held: int = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0
    return held
