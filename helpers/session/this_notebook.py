"""The notebook that this kernel runs, as it was last saved: which cell defines a name, and which comes first."""

import ast
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

# Jupyter Server tells each kernel its notebook's path so.
PATH_VARIABLE = "JPY_SESSION_NAME"


def line_that_defines(name: str) -> str | None:
    """Return the line of a cell that gives `name` a value, or None if none does, or the notebook is not known."""
    for source in _code_cells():
        if number := _defined(source).get(name):
            return source.splitlines()[number - 1].strip()
    return None


def section() -> str | None:
    """Return the section that the notebook's first cell opens, or None if it opens none."""
    for source in _code_cells():
        for node in _nodes(source):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "lab.open" and node.args:
                return str(ast.literal_eval(node.args[0])) if isinstance(node.args[0], ast.Constant) else None
    return None


def first_cell_comes_first() -> str:
    """Return what to say to whoever has not run that cell."""
    return (
        "En este kernel, que acaba de arrancar o se ha reiniciado, falta ejecutar la primera celda, "
        f'lab.open("{section()}"), y las demás hasta esta '
        "(menú Run > Ejecutar todo por encima de la celda seleccionada)."
    )


def _code_cells() -> Iterator[str]:
    path = Path(os.environ.get(PATH_VARIABLE, ""))
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        yield from ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    except (OSError, ValueError, LookupError, TypeError):
        return


def _defined(source: str) -> dict[str, int]:
    """Return the names that a cell gives a value to, and the number of the first line that does."""
    found: dict[str, int] = {}
    for node in _nodes(source):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, node.lineno)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.setdefault(node.name, node.lineno)
        elif isinstance(node, ast.alias):
            found.setdefault((node.asname or node.name).partition(".")[0], node.lineno)
    return found


def _nodes(source: str) -> Iterator[ast.AST]:
    """Yield the parts of a cell, without its magics and lines of the terminal; nothing if it is not Python."""
    python = re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.MULTILINE)
    try:
        yield from ast.walk(ast.parse(python))
    except (SyntaxError, ValueError):
        return
