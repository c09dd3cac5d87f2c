"""What is handed out: a folder that works by itself, whose workbook is the student's, with no solution in it."""

import re
import shutil
from pathlib import Path

from helpers.errors import TemplateError
from helpers.practice import edition
from helpers.workbook import INSTALLATION

# Of the installation, besides the workbook, the README and the Makefile.
GIVEN = (
    ".devcontainer", ".gitignore", ".python-version", "LICENSE", "SECURITY.md", "constraints.txt", "environment.yml",
    "helpers", "pyproject.toml", "requirements-dev.lock", "requirements.lock", "tools", "docs/panel.png",
    # The tests of what the student writes or is given.
    "tests/__init__.py", "tests/conftest.py", "tests/events", "tests/practice/test_handlers.py",
    "tests/practice/test_own_functions.py", "tests/practice/test_user_rest.py", "tests/practice_table.py",
)  # fmt: skip
# For an installation that a class shares, besides.
CLASSROOM = ("hub",)
NEVER = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".*_cache", "node_modules")
# For who develops it, or of the solved workbook.
TARGETS = ("practica", "test-all", "check", "bench", "docs", "lock")
TESTS = "## Prueba tus funciones y user_rest"
BEGINNING = Path(__file__).with_name("handout.md")
SECTIONS = ("En JupyterLab", "Los cuadernos", "Qué es real y qué no", "Si algo falla")
# Of the memoria's picture and of JupyterLab's, which show answers, and what borrado-1 asks; and of what is not there.
LINES_OUT = re.compile(
    r"docs/(memoria|lab)\.png|al reiniciar \||que sale de todo ello|resueltos|make practica|CARPETA="
)


def write(folder: Path, classroom: bool = False) -> Path:
    """Write the folder to hand out, and return it; raise `TemplateError` if it exists and has something, or cannot be.

    Everybody may read it. With `classroom`, it can be made the installation that a class shares. A failure leaves what
    is written: it is for who hands out to look at.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TemplateError(f"{folder} ya existe y tiene algo: da el nombre de otra carpeta, o bórrala.")
    if folder.is_relative_to(INSTALLATION):
        raise TemplateError(f"{folder} está dentro de {INSTALLATION}: da el nombre de una carpeta fuera de ella.")
    try:
        edition.write(folder)
        for name in (*GIVEN, *(CLASSROOM if classroom else ())):
            _copy(INSTALLATION / name, folder / name)
        (folder / "README.md").write_text(_readme((INSTALLATION / "README.md").read_text("utf-8")), "utf-8")
        (folder / "Makefile").write_text(_makefile((INSTALLATION / "Makefile").read_text("utf-8")), "utf-8")
        for path in (folder, *folder.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))
    except OSError as error:
        raise TemplateError(f"No se puede escribir en {folder}: {error.strerror or error}.") from error
    return folder


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=NEVER)
    else:
        shutil.copy(source, target)


def _readme(text: str) -> str:
    """Return the student's README: its own beginning, and the sections of this one that serve."""
    sections = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", text, re.MULTILINE))
    lines = [line for name in SECTIONS for line in f"## {name}\n{sections[name]}".splitlines()]
    kept = "\n".join(line for line in lines if not LINES_OUT.search(line))
    return f"{BEGINNING.read_text('utf-8')}\n{kept}\n".replace("\n\n\n", "\n\n")


def _makefile(text: str) -> str:
    """Return the Makefile without the targets that need what is not there; its tests are fewer."""
    targets = "|".join(map(re.escape, TARGETS))
    made = re.sub(rf"^(?:{targets}):.*\n(?:\t.*\n)*\n?", "", text, flags=re.MULTILINE)
    made = re.sub(
        r"^\.PHONY:.*$", lambda line: re.sub(rf" (?:{targets})(?= |$)", "", line[0]), made, flags=re.MULTILINE
    )
    return re.sub(r"^(test:.*)## .*$", rf"\1{TESTS}", made, flags=re.MULTILINE)
