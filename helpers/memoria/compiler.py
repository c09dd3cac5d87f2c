"""Run typst in its own process, so that a document that crashes it does not end JupyterLab too.

The process is reused for the next document, which then takes a tenth of the time, and it ends with this one.
"""

import atexit
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from helpers.errors import MemoriaError
from helpers.memoria.programs import ADVICE, TIMEOUT_S, limited, memory_bytes

WORKER = Path(__file__).with_name("typst_worker.py")
# A process that holds more is not reused for the next document: a third of its memory limit.
MAX_KEPT_BYTES = 700 * 1024**2


class Compiler:
    """A typst process that compiles one document at a time, from any thread; it starts on first use."""

    def __init__(self, worker: Path = WORKER) -> None:
        self._worker = worker
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)

    def compile(self, source: Path, standards: list[str], timeout_s: float = TIMEOUT_S) -> bytes:
        """Return the PDF of the typst file `source`, which can only read files in its own folder.

        Raises `MemoriaError` if it cannot be compiled to meet `standards`, or exceeds the limits.
        """
        request = {"source": str(source), "root": str(source.parent), "standards": standards}
        with self._lock:
            kept = self._process
            answer = self._ask(request, timeout_s)
            if answer is None and kept:  # it was killed from outside, or its earlier documents had worn it out
                answer = self._ask(request, timeout_s)
        if answer is None:
            raise MemoriaError(f"typst ha terminado de golpe, sin componer el PDF. {ADVICE}")
        if not answer.startswith(b"%PDF"):
            raise MemoriaError(f"typst no ha podido componer el PDF: {answer.decode('utf-8', 'replace')}")
        return answer

    def _ask(self, request: Mapping[str, object], timeout_s: float) -> bytes | None:
        """Return the PDF, or typst's error message; None if the process ends without an answer."""
        process = self._process = self._process or start(self._worker)
        assert process.stdin and process.stdout  # noqa: S101  # for the types
        pdf, whole = b"", False
        try:
            with limited(process, "typst", timeout_s), contextlib.suppress(OSError):
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
                if line := process.stdout.readline():
                    size = int(line)
                    pdf = process.stdout.read(size)
                    whole = len(pdf) == size
        finally:
            if not whole or memory_bytes(process.pid) > MAX_KEPT_BYTES:
                self.stop()
        return pdf if whole else None

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process:
            with contextlib.suppress(OSError), process:  # closes its pipes and waits for it
                process.kill()
            process.wait()


def start(worker: Path) -> subprocess.Popen[bytes]:
    """Start a process that imports only typst, and nothing from the environment or the current folder."""
    return subprocess.Popen([sys.executable, "-I", worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
