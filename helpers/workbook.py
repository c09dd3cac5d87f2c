"""A workbook: a folder with its notebooks, its handlers, what is built of them and who signs, side by side.

The root of the installation is one, solved; the student's own, `practica/`, is another with the same layout. A
process works on one of them: a notebook on that in which its file stands, a command on the one it is told.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from platformdirs import user_data_path

from helpers.errors import MemoriaError

INSTALLATION = Path(__file__).resolve().parent.parent
PRACTICE = INSTALLATION / "practica"

CODE = (".py", ".js", ".mjs")
NUMBERED = "[0-9][0-9]_*.ipynb"

# What is made here is its user's alone, on a machine of many.
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
        """The folder of what is made: the memoria, what is handed in, what cells write."""
        return self.root / "build"

    @property
    def authors(self) -> Path:
        """The file that says who signs."""
        return self.root / "autores.toml"

    @property
    def is_there(self) -> bool:
        """Whether its folder has handlers and a section's notebook."""
        return self.handlers.is_dir() and any(self.notebooks.glob(NUMBERED))

    def make_build(self) -> Path:
        """Have the build folder there, for this user alone; return it."""
        return make_private(self.build)

    def notebook_files(self) -> list[Path]:
        """Return the sections' notebooks, in order; raise `MemoriaError` if there are none where they should be."""
        if found := sorted(self.notebooks.glob(NUMBERED)):
            return found
        raise MemoriaError(
            f"No hay cuadernos en {self.notebooks}. Si la carpeta es otra, dila detrás de la orden; los resueltos se "
            "recuperan con «git checkout -- 'notebooks/*.ipynb'», y «si1p1 practica» hace los tuyos."
        )

    def code_files(self) -> list[Path]:
        """Return the files of code of the handlers, the student's own too, in order of their names."""
        return sorted(path for path in self.handlers.iterdir() if path.suffix in CODE and path.stem != "__init__")

    def shown(self, path: PurePath) -> str:
        """Return `path` as it is typed in the workbook's folder."""
        return shown(path, self.root)


SOLVED = Workbook(INSTALLATION)

_current: Workbook | None = None


def current() -> Workbook:
    """Return this process's workbook: what `use` has said, or the one in whose folder it was when first asked."""
    global _current
    if _current is None:
        _current = containing(Path.cwd()) or SOLVED
    return _current


def use(workbook: Workbook) -> None:
    """Make `workbook` this process's."""
    global _current
    _current = workbook


def containing(folder: Path) -> Workbook | None:
    """Return the workbook that `folder` is in, or None: the nearest one above."""
    inside = folder.resolve()
    return next((found for found in map(Workbook, (inside, *inside.parents)) if found.is_there), None)


def shared() -> Path:
    """Return the folder of what all workbooks of a user share: LocalStack's instance, and what it keeps.

    In the installation; in the user's own folder of data where that cannot be written.
    """
    local = INSTALLATION / "build"
    return local if os.access(local if local.exists() else INSTALLATION, os.W_OK) else user_data_path("si1p1")


def make_private(folder: Path) -> Path:
    """Have `folder` there, for this user alone whatever his umask; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def shown(path: PurePath, base: PurePath | None = None) -> str:
    """Return `path` as it is typed from `base`, by default the current folder, if it is below it; else whole.

    With / on every system.
    """
    base = base or Path.cwd()
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)


def replace_file(target: Path, write: Callable[[Path], object]) -> Path:
    """Have `write` make a new file and put it in the place of `target`; a failure leaves the former one.

    It is the user's alone, whatever his umask. Raises `MemoriaError` if the disk refuses.
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
