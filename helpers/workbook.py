"""A workbook: a folder with its notebooks, its handlers, its build output and its authors' file.

The root of the installation is one, solved; the student's own, `practica/`, is another with the same layout. Each
process works on one workbook: a notebook, on the one that contains it; a command, on the one that it is given.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from helpers.errors import MemoriaError, Si1p1Error

INSTALLATION = Path(__file__).resolve().parent.parent
# One that a class shares belongs to root; the practice of each is then in his home.
IS_SHARED = not os.access(INSTALLATION, os.W_OK)
HOME = Path(os.path.expanduser("~"))  # noqa: PTH111 - pathlib raises where nothing says which it is
PRACTICE = (HOME if IS_SHARED else INSTALLATION) / "practica"

CODE = (".py", ".js", ".mjs")
NUMBERED = "[0-9][0-9]_*.ipynb"

# What the student's edition leaves in a workbook that it has written.
EDITION_RECORD = ".edicion.json"

# On shared machines, only the user may read what is created here.
PRIVATE_UMASK = 0o077


@dataclass(frozen=True)
class Workbook:
    """The workbook in the folder `root`."""

    root: Path

    @property
    def notebooks(self) -> Path:
        """The folder of its notebooks."""
        return self.root / "notebooks"

    @property
    def handlers(self) -> Path:
        """The folder of its Lambda functions."""
        return self.root / "handlers"

    @property
    def build(self) -> Path:
        """The output folder: the memoria, the entrega and what cells write."""
        return self.root / "build"

    @property
    def authors(self) -> Path:
        """The file with the authors' names."""
        return self.root / "autores.toml"

    @property
    def is_there(self) -> bool:
        """Whether its folder has handlers and at least one section's notebook."""
        return self.handlers.is_dir() and any(self.notebooks.glob(NUMBERED))

    @property
    def is_solved(self) -> bool:
        """Whether it is this installation's own, and solved: one that was handed out is a student's."""
        return self == SOLVED and not (self.root / EDITION_RECORD).exists()

    def make_build(self) -> Path:
        """Create the build folder if missing, private to this user; return it."""
        return make_private(self.build)

    def notebook_files(self) -> list[Path]:
        """Return the sections' notebooks, in order; raise `MemoriaError` if there are none."""
        if found := sorted(self.notebooks.glob(NUMBERED)):
            return found
        raise MemoriaError(
            f"No hay cuadernos en {self.notebooks}. Si la carpeta es otra, dila detrás de la orden; los resueltos se "
            "recuperan con «git checkout -- 'notebooks/*.ipynb'», y «si1p1 practica» hace los tuyos."
        )

    def code_files(self) -> list[Path]:
        """Return the code files of the handlers, including the student's own, sorted by name."""
        return sorted(path for path in self.handlers.iterdir() if path.suffix in CODE and path.stem != "__init__")

    def shown(self, path: Path) -> str:
        """Return `path` as typed from the workbook's folder."""
        return shown(path, self.root)


SOLVED = Workbook(INSTALLATION)

_current: Workbook | None = None


def current() -> Workbook:
    """Return this process's workbook: the one that `use` set, or else the one that contains the current folder.

    The folder is looked at only on the first call; outside any workbook, it is the solved one.
    """
    global _current
    if _current is None:
        _current = containing(Path.cwd()) or SOLVED
    return _current


def use(workbook: Workbook) -> None:
    """Make `workbook` this process's workbook."""
    global _current
    _current = workbook


def containing(folder: Path) -> Workbook | None:
    """Return the innermost workbook that contains `folder`, or None."""
    inside = folder.resolve()
    return next((found for found in map(Workbook, (inside, *inside.parents)) if found.is_there), None)


def shared() -> Path:
    """Return the folder that all of a user's workbooks share: LocalStack's instances and its cache.

    It is in the installation, or in the user's data folder if the installation is not writable.
    """
    local = INSTALLATION / "build"
    return local if os.access(local if local.exists() else INSTALLATION, os.W_OK) else user_data_path("si1p1")


def use_a_writable_home() -> None:
    """If this user's home cannot be written, use another: Jupyter and IPython keep files there, and would not start.

    Raises `Si1p1Error` if there is none, as where a class shares the installation.
    """
    if os.access(HOME, os.W_OK):
        return
    try:
        os.environ["HOME"] = str(make_private(shared() / "home"))
    except (OSError, RuntimeError) as error:  # the second, where nothing says which it is
        raise Si1p1Error(
            f"No puedes escribir en tu carpeta personal, {HOME}, ni en la de este cuaderno, {INSTALLATION}, y tu "
            "práctica se guarda en una de las dos. Pide la tuya a quien administra el equipo, o di otra: "
            "HOME=/otra/carpeta si1p1 lab"
        ) from error


def make_private(folder: Path) -> Path:
    """Create `folder` if missing, private to this user whatever the umask; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def shown(path: Path, base: Path | None = None) -> str:
    """Return `path` relative to `base`, by default the current folder, if it is below it; else unchanged."""
    base = base or Path.cwd()
    return str(path.relative_to(base) if path.is_relative_to(base) else path)


def replace_file(target: Path, write: Callable[[Path], object]) -> Path:
    """Replace `target` with the file that `write` makes; a failure leaves the previous one.

    The file is private to this user, whatever the umask. Raises `MemoriaError` if it cannot be written.
    """
    new = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL, 0o600))  # `write` truncates it, which keeps its mode
        write(new)
        new.replace(target)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise MemoriaError(
            f"No se puede escribir {target}: {error.strerror}. La versión anterior sigue ahí."
        ) from error
    return target
