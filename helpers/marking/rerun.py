"""Execute deliveries, some at once, each beside a LocalStack of its own, and tell what our checks say of each.

What a delivery leaves is foreign, and so is how it ends: each has a time, a memory and a number of processes, and
whatever it started ends with it.
"""

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from helpers.emulator.instance import DEFAULT_PORT
from helpers.emulator.probe import free_port
from helpers.errors import MarkingError
from helpers.marking import confined
from helpers.marking.delivery import Delivery
from helpers.marking.inside import JUPYTER, NOTEBOOKS, VERDICTS, Settings
from helpers.marking.left import read_object
from helpers.practice import edition
from helpers.practice.checks.verdict import Verdict
from helpers.practice.questions import QUESTIONS
from helpers.practice.sources import in_a_line
from helpers.workbook import Workbook, make_private

CELL_S, LIMIT_S, TOTAL_S, AT_ONCE = 120, 600, 4 * 3600, 2
WATCH_S = 0.5
END_S = 10.0
MAX_MEMORY_BYTES, LEAST_FREE_BYTES = 3 * 1024**3, 300 * 1024**2
MAX_PROCESSES = 150
MAX_VERDICTS_BYTES = 2_000_000
STARTED = "ejecutando"
LOG = "ejecucion.log"
NICENESS = 10  # so that what watches a delivery is not kept waiting by it

type Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Rerun:
    """What came of executing a delivery: our verdicts by question, and its notebooks as executed, if there are any.

    `reason` says why not all of it could be executed, None if it could.
    """

    name: str
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    notebooks: Path | None = None
    reason: str | None = None


def rerun(
    deliveries: Iterable[Delivery],
    results: Path,
    limit_s: float = LIMIT_S,
    total_s: float = TOTAL_S,
    at_once: int = AT_ONCE,
    isolated: bool = True,
    progress: Progress = lambda name, what: None,
) -> Iterator[Rerun]:
    """Execute the deliveries, and yield what comes of each as it ends; `results` has a folder for each.

    `limit_s` is for each and `total_s` for all. `progress` is called with a delivery's name and what happens to it.
    Raises `MarkingError` if they were to be `isolated` and cannot be.
    """
    if isolated:
        need_isolation()
    ended = threading.Event()
    deadline = time.monotonic() + total_s
    with ThreadPoolExecutor(max(at_once, 1)) as pool:
        try:
            runs = []
            for delivery in deliveries:
                run = _Run(delivery, results / delivery.name, limit_s, deadline, isolated, ended)
                runs.append(pool.submit(run.whole, progress))
            for done in as_completed(runs):
                yield done.result()
        finally:  # as after CTRL+C
            ended.set()
            pool.shutdown(wait=True, cancel_futures=True)


def need_isolation() -> None:
    """Raise `MarkingError` if nothing can be isolated here."""
    if reason := confined.why_not():
        raise MarkingError(
            f"Las entregas no se pueden ejecutar aisladas: {reason}. Ejecutarlas es ejecutar código ajeno con tu "
            "usuario: sin aislar, puede leer y borrar tus archivos, y usar la red. Si aun así quieres (por ejemplo, "
            "en una máquina virtual sin nada tuyo), repite la orden con --sin-aislar."
        )


@dataclass(frozen=True)
class _Run:
    delivery: Delivery
    results: Path
    limit_s: float
    deadline: float
    isolated: bool
    ended: threading.Event

    def whole(self, progress: Progress) -> Rerun:
        """Return what comes of the delivery, whatever happens."""
        name, folder = self.delivery.name, self.delivery.folder
        if folder is None:
            return Rerun(name, reason="No se ha podido abrir.")
        if time.monotonic() > self.deadline or self.ended.is_set():
            return Rerun(name, reason="No se ha ejecutado: se había acabado el tiempo de todas.")
        progress(name, STARTED)
        try:
            with tempfile.TemporaryDirectory(prefix="si1p1-", ignore_cleanup_errors=True) as made:
                given = stage(folder, Path(made).resolve() / "given")
                shutil.rmtree(self.results, ignore_errors=True)
                make_private(self.results)
                stopped = self._run(given, Path(made).resolve() / "root")
        except OSError as error:
            stopped = f"No se ha podido ejecutar: {error.strerror}."
        found = read_results(name, self.results)
        reason = " ".join(filter(None, [stopped, found.reason])) or None
        progress(name, reason or "hecho")
        return Rerun(name, found.verdicts, found.notebooks, reason)

    def _run(self, given: Path, root: Path) -> str:
        """Run the delivery until it ends or is stopped; return why it was stopped, or an empty string."""
        make_private(root)
        words, variables = self._command(given, root)
        with (self.results / LOG).open("wb") as log:
            process = subprocess.Popen(
                words,
                env=variables,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            with contextlib.suppress(psutil.Error):
                psutil.Process(process.pid).nice(NICENESS)
            return self._watch(process)
        finally:
            end_all(process, root)

    def _command(self, staged: Path, root: Path) -> tuple[list[str], dict[str, str]]:
        """Return the words and the variables of the process that runs the delivery."""
        port = DEFAULT_PORT if self.isolated else free_port()
        given, results = staged, self.results.resolve()
        if self.isolated:
            root, given, results = confined.ROOT, confined.GIVEN, confined.RESULTS
        limit_s = min(CELL_S, int(self.limit_s))
        settings = Settings(str(root), str(given), str(results), port, limit_s, self.isolated)
        variables = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "LANG": "C.UTF-8",
            "HOME": str(root / "home"),
            "TMPDIR": str(root / "tmp"),
            "XDG_DATA_HOME": str(root / "data"),
            "SI1P1_PORT": str(port),
            "SI1P1_ORIGIN": "si1p1-corrige",
            "PYTHONUTF8": "1",
            "JUPYTER_PATH": str(root / JUPYTER),
        }
        words = [sys.executable, "-P", "-m", "helpers.marking.inside", json.dumps(asdict(settings))]
        if self.isolated:
            return [*confined.outer(staged, self.results.resolve(), variables), *words], {
                "PATH": os.environ.get("PATH", os.defpath)
            }
        return words, variables

    def _watch(self, process: subprocess.Popen[bytes]) -> str:
        ends = time.monotonic() + self.limit_s
        while process.poll() is None:
            if self.ended.is_set():
                return "Se ha interrumpido."
            if time.monotonic() > min(ends, self.deadline):
                what = f"en {self.limit_s:.0f} segundos" if ends <= self.deadline else "en el tiempo de todas"
                return f"No ha terminado {what}, y se ha parado."
            memory, processes = taken(process.pid)
            if processes > MAX_PROCESSES:
                return f"Ha arrancado más de {MAX_PROCESSES} procesos, y se ha parado."
            if memory > MAX_MEMORY_BYTES:
                return f"Ha pedido más de {MAX_MEMORY_BYTES // 1024**3} GB de memoria, y se ha parado."
            if psutil.virtual_memory().available < LEAST_FREE_BYTES:  # what is in files counts here, and not above
                return "Al equipo le quedaba muy poca memoria, y se ha parado."
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(WATCH_S)
        return "" if process.returncode == 0 else "Ha terminado antes de tiempo: lo cuenta su ejecucion.log."


def stage(folder: Path, target: Path) -> Path:
    """Copy the delivery in `folder` to `target`, with the files of the edition that it lacks; links are left out."""
    for path in folder.rglob("*"):
        if stat.S_ISREG(path.lstat().st_mode) and path.parent.resolve().is_relative_to(folder.resolve()):
            place = target / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    workbook = Workbook(target)
    for path, text in edition.contents(workbook).items():
        if path.parent == workbook.handlers and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return target


def taken(pid: int) -> tuple[int, int]:
    """Return the bytes of memory and the number of processes that a process and what it started take.

    What they share counts once for each, unless with that they take too much: it is slow to tell.
    """
    family = []
    with contextlib.suppress(psutil.Error):
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    if len(family) > MAX_PROCESSES:
        return 0, len(family)
    memory = sum(_memory(one) for one in family)
    if memory > MAX_MEMORY_BYTES:
        memory = sum(_memory(one, shared_once=True) for one in family)
    return memory, len(family)


def _memory(process: psutil.Process, shared_once: bool = False) -> int:
    with contextlib.suppress(psutil.Error):
        about = process.memory_full_info() if shared_once else process.memory_info()
        return int(getattr(about, "pss" if shared_once else "rss", 0))
    return 0


def end_all(process: subprocess.Popen[bytes], root: Path) -> None:
    """Kill a process and all that it started; of those that have left it, those that know of the folder `root`."""
    family = []
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for one in [*family, *_who_know(root)]:
        with contextlib.suppress(psutil.Error):
            one.kill()
    process.wait(END_S)
    psutil.wait_procs(family, END_S)


def _who_know(root: Path) -> list[psutil.Process]:
    found = []
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if one.pid != os.getpid() and any(str(root) in value for value in one.environ().values()):
                found.append(one)
    return found


def read_results(name: str, folder: Path) -> Rerun:
    """Return what a run has left in `folder`; what is not as it should be is left out."""
    told = read_object(folder / VERDICTS, MAX_VERDICTS_BYTES)
    known = {question.id for question in QUESTIONS}
    verdicts = {}
    for one in _list(told.get("verdicts")):
        match one:
            case {"question": str(question), "ok": bool() | None as ok, "text": str(text), **rest} if question in known:
                cause = rest.get("depends_on")
                notes = tuple(note for note in _list(rest.get("notes")) if isinstance(note, str))
                look_at = str(rest.get("look_at", ""))
                verdicts[question] = Verdict(question, ok, text, look_at, cause if cause in known else "", notes)
    reasons = [in_a_line(one, 400) for one in _list(told.get("reasons")) if isinstance(one, str)]
    notebooks = folder / NOTEBOOKS
    return Rerun(name, verdicts, notebooks if notebooks.is_dir() else None, " ".join(reasons) or None)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
