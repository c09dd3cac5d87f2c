"""The student's files as they are handed in, or why they cannot be.

What is in the handlers' folder is foreign: it may be a link to a file elsewhere, no file at all, or of any size.
"""

import ast
import re
import shutil
import stat
import subprocess
import tempfile
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from helpers.workbook import CODE, Workbook

# What the handout asks for, whatever else there is.
REQUIRED = ("Dockerfile", "user_rest.py", "user_lambda_param.py", "user_get_lambda_dynamo.py")
FOLDER = "src"
MAX_BYTES = 5_000_000
# Names that are a file's own in every system's zip: no separators, no control characters, nothing hidden.
NAME = re.compile(r"\w[\w .,()+@-]*")
MAX_LINE = 120
NODE_TIMEOUT_S = 10


@dataclass(frozen=True)
class Source:
    """A file of the handlers: its `content`, or else `problem` says why it is not handed in."""

    file: str
    content: bytes | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """Its name in the delivery."""
        return f"{FOLDER}/{self.file}"

    @cached_property
    def fault(self) -> str:
        """Why it is not the Python or the JavaScript that its name says; empty if it is, or says neither."""
        if self.content is None or not self.is_code:
            return ""
        return python_fault(self.content) if self.file.endswith(".py") else javascript_fault(self.file, self.content)

    @property
    def is_code(self) -> bool:
        """Whether its name says that it is in a language that can be checked."""
        return self.file.endswith(CODE)

    @property
    def language(self) -> str:
        """The language that its name says."""
        return "Python" if self.file.endswith(".py") else "JavaScript"


def sources(workbook: Workbook) -> list[Source]:
    """Return the files of the handlers that are handed in, or cannot be: those asked for, and each one of the code."""
    folder = workbook.handlers
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    code = {name for name in there if name.endswith(CODE) and not name.startswith((".", "__init__."))}
    return [read(folder / name) for name in sorted({*REQUIRED, *code}, key=lambda name: (name == "Dockerfile", name))]


def read(path: Path) -> Source:
    """Return the file at `path` as it is handed in; a link that leads out of its folder is not followed."""
    name = "".join(one if one.isprintable() else "?" for one in path.name)
    if not NAME.fullmatch(path.name):
        return Source(name, problem="su nombre tiene caracteres que no valen: cámbialo")
    try:
        place = path.resolve(strict=True)
        if not place.is_relative_to(path.parent.resolve()):
            return Source(name, problem=f"es un enlace a {place}, fuera de la carpeta: copia ahí el archivo")
        about = place.stat()
        if not stat.S_ISREG(about.st_mode):
            return Source(name, problem="no es un archivo")
        if about.st_size > MAX_BYTES:
            return Source(name, problem=f"pesa más de {MAX_BYTES // 1_000_000} MB")
        return Source(name, place.read_bytes())
    except FileNotFoundError:
        return Source(name, problem="no está")
    except (OSError, RuntimeError) as error:  # a link to itself is either, by the version of Python
        return Source(name, problem=f"no se puede leer: {getattr(error, 'strerror', None) or error}")


def python_fault(code: bytes) -> str:
    """Return why `code` is not Python, and in which line; empty if it is."""
    try:
        parsed(code)
    except SyntaxError as error:
        return f"línea {error.lineno}: {error.msg}" if error.lineno else str(error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or type(error).__name__
    return ""


def javascript_fault(file: str, code: bytes) -> str:
    """Return why `code` is not JavaScript, and in which line; empty if it is, or if there is no Node.js to tell."""
    node = shutil.which("node")
    if node is None:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"codigo{Path(file).suffix}"
        copy.write_bytes(code)
        try:
            done = subprocess.run(
                [node, "--check", copy], capture_output=True, text=True, timeout=NODE_TIMEOUT_S, env={}, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
    if done.returncode == 0:
        return ""
    where = re.search(r":(\d+)$", done.stderr.partition("\n")[0])
    what = re.search(r"^SyntaxError: (.*)$", done.stderr, re.MULTILINE)
    return (f"línea {where[1]}: " if where else "") + (what[1] if what else "no se entiende")


def parsed(code: bytes) -> ast.Module:
    """Return the Python of `code`; raises what `ast.parse` does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's about escapes: they do not make it fail
        return ast.parse(code)


def in_a_line(text: str, limit: int = MAX_LINE) -> str:
    """Return foreign text fit for a table or a terminal: printable, in one line, of `limit` characters at most."""
    clean = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"
