"""Where things are in this project."""

import os
from pathlib import Path, PurePath

from helpers.errors import MemoriaError

# Another folder of notebooks, such as one that `si1p1 plantilla` has written.
NOTEBOOKS_VARIABLE = "SI1P1_NOTEBOOKS"

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
HANDLERS = ROOT / "handlers"
CODE = (".py", ".js", ".mjs")
NOTEBOOKS = (ROOT / (os.environ.get(NOTEBOOKS_VARIABLE) or "notebooks")).resolve()


# What is made here is its user's alone, on a machine of many.
PRIVATE_UMASK = 0o077


def make_private(folder: Path) -> Path:
    """Have `folder` and `BUILD` there, for this user alone whatever his umask; return `folder`."""
    for path in (BUILD, folder):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    return folder


def handlers() -> list[Path]:
    """Return the files of code of the practice, the student's own too, in order of their names."""
    return sorted(path for path in HANDLERS.iterdir() if path.suffix in CODE and path.stem != "__init__")


def notebooks() -> list[Path]:
    """Return the sections' notebooks, in order; raise `MemoriaError` if there are none where they should be."""
    if found := sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        return found
    if os.environ.get(NOTEBOOKS_VARIABLE):
        raise MemoriaError(
            f"No hay cuadernos en {NOTEBOOKS}, la carpeta de {NOTEBOOKS_VARIABLE}. Corrige su nombre, o haz una "
            f"nueva con «si1p1 plantilla {shown(NOTEBOOKS)}» (make plantilla CARPETA={shown(NOTEBOOKS)})."
        )
    raise MemoriaError(f"No hay cuadernos en {NOTEBOOKS}. Recupéralos con «git checkout -- 'notebooks/*.ipynb'».")


def shown(path: PurePath, base: PurePath = ROOT) -> str:
    """Return `path` as it is typed: from the folder `base` if it is below it, with / on every system; else whole."""
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)
