"""What runs beside a delivery: a LocalStack of its own, its notebooks from fresh kernels, and our checks.

A program, started by `rerun.py` for each delivery, with its `Settings` as JSON. It is out of the delivery's reach if
it is confined, and tells what it finds in a file, which is complete after each question.
"""

import asyncio
import contextlib
import json
import os
import resource
import shutil
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from helpers.emulator import instance
from helpers.emulator.kept import KEPT_VARIABLE, Keeper
from helpers.emulator.process import Emulator
from helpers.emulator.settings import CONFINED_VARIABLE
from helpers.errors import Si1p1Error
from helpers.marking import confined
from helpers.marking.judged_notebook import JudgedNotebook
from helpers.practice import checks
from helpers.practice.checks.verdict import Verdict
from helpers.practice.delivery import as_bytes
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.practice.sources import in_a_line
from helpers.session import aws
from helpers.workbook import Workbook, use

VERDICTS, NOTEBOOKS = "veredictos.json", "notebooks"
KERNEL, JUPYTER = "delivery", "jupyter"  # the kernels' name, and the folder of `root` where Jupyter looks for it
# Of each process, and of each file.
MEMORY_BYTES = 2 * 1024**3
FILE_BYTES = 200_000_000
MAX_TEXT, MAX_NOTES, MAX_REASON = 3_000, 10, 300


@dataclass(frozen=True)
class Settings:
    """Where things are, `given` being the delivery as a workbook; and the limits.

    The delivery can write in two folders of `root`: its workbook and its kernels' own.
    """

    root: str
    given: str
    results: str
    port: int
    cell_s: int
    is_confined: bool


class Marking:
    """The run of one delivery."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._results = Path(settings.results)
        root = Path(settings.root)
        self._kernels, self._cloud = root / "kernel", root / "cloud"
        self._workbook = Workbook(root / "work")
        self._verdicts: dict[str, Verdict] = {}
        self._reasons: list[str] = []

    def run(self) -> None:
        """Execute the notebooks that have questions and tell what our checks say; raises `Si1p1Error`."""
        shutil.copytree(self._settings.given, self._workbook.root, symlinks=True)
        own = map(Path, (os.environ["HOME"], os.environ["TMPDIR"]))
        for folder in (*own, self._workbook.build, self._kernels / "home", self._kernels / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        command = self._confined_command() if self._settings.is_confined else []
        self._write_kernel(command)
        use(self._workbook)
        emulator = Emulator(self._cloud, self._settings.port)
        instance.use(emulator)
        self._cloud.mkdir()
        with Keeper(emulator, self._kernels, command):
            try:
                aws.use(emulator.start().url)
                for section in SECTIONS:
                    if any(question.section == section.key for question in QUESTIONS):
                        self._run_notebook(section.key, section.notebook(self._workbook))
            finally:
                emulator.stop()

    def tell(self) -> None:
        """Write what is known until now."""
        told = {
            "verdicts": [asdict(one) for one in self._verdicts.values()],
            "reasons": self._reasons,
        }
        new = self._results / f"{VERDICTS}.new"
        new.write_text(json.dumps(told), "utf-8")
        new.replace(self._results / VERDICTS)

    def give_up(self, reason: str) -> None:
        """Tell that the rest could not be run."""
        self._reasons.append(reason)
        self.tell()

    def _run_notebook(self, section: str, path: Path) -> None:
        if not path.is_file():
            return
        try:
            notebook = JudgedNotebook(path, section, KERNEL, self._settings.cell_s, self._judge)
        except Si1p1Error as error:
            self._reasons.append(f"No se puede leer {path.name}: {in_a_line(str(error), MAX_REASON)}")
            return
        if reason := asyncio.run(notebook.run()):
            self._reasons.append(f"{path.name}: {reason}.")
        (self._results / NOTEBOOKS).mkdir(exist_ok=True)
        (self._results / NOTEBOOKS / path.name).write_bytes(as_bytes(notebook.executed))
        self.tell()

    def _judge(self, question: str) -> Verdict:
        """Return our verdict on a question, and tell it; whatever the cloud holds, it is one."""
        try:
            verdict = _fitted(checks.check(question))
        except Exception as error:  # the delivery chooses what a check finds
            verdict = Verdict(question, None, f"la comprobación ha fallado: {type(error).__name__}: {error}"[:500])
        self._verdicts[question] = verdict
        self.tell()
        return verdict

    def _confined_command(self) -> list[str]:
        """Return what confines the kernels and the scripts, and have LocalStack confine the functions."""
        of_functions, of_kernels = (Path(self._settings.root) / name for name in ("function", "program"))
        os.environ[CONFINED_VARIABLE] = str(confined.write_program(of_functions))
        return [str(confined.write_program(of_kernels, self._kernels)), str(self._workbook.root)]

    def _write_kernel(self, confining: list[str]) -> None:
        """Write the specification of the delivery's kernels, where Jupyter looks for them."""
        folder = Path(self._settings.root) / JUPYTER / "kernels" / KERNEL
        folder.mkdir(parents=True)
        words = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        variables = {
            KEPT_VARIABLE: str(self._kernels),
            "HOME": str(self._kernels / "home"),
            "TMPDIR": str(self._kernels / "tmp"),
        }
        told = {"argv": [*confining, *words], "env": variables, "display_name": KERNEL, "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(told), "utf-8")


def limit_memory_and_files() -> None:
    """Limit what each process from now on may take; what all take together is watched from outside."""
    for name, limit in ((resource.RLIMIT_FSIZE, FILE_BYTES), (resource.RLIMIT_DATA, MEMORY_BYTES)):
        resource.setrlimit(name, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _fitted(verdict: Verdict) -> Verdict:
    """Return a verdict whose words, which may be the delivery's, are not too many."""
    notes = tuple(note[:MAX_TEXT] for note in verdict.notes[:MAX_NOTES])
    return replace(verdict, text=verdict.text[:MAX_TEXT], look_at=verdict.look_at[:MAX_TEXT], notes=notes)


def main() -> None:
    """Run the delivery that the first argument describes."""
    limit_memory_and_files()
    marking = Marking(Settings(**json.loads(sys.argv[1])))
    marking.tell()
    try:
        marking.run()
    except (Si1p1Error, OSError, MemoryError) as error:
        marking.give_up(in_a_line(f"{type(error).__name__}: {error}", MAX_REASON))
    with contextlib.suppress(OSError):
        marking.tell()
    os._exit(0)  # nbclient's own clean-up of a kernel that never started would fail


if __name__ == "__main__":
    main()
