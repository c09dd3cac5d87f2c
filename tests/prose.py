"""What people read of this project: its pages, its notebooks and what its programs say, as pieces of text."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import nbformat

from helpers.cli import COMMANDS
from helpers.practice.checkpoints import MICROSERVICE
from helpers.practice.files import describe
from helpers.workbook import INSTALLATION, SOLVED

PAGES = sorted(path for folder in (".", "benchmarks", "docs") for path in INSTALLATION.glob(f"{folder}/*.md"))
NOTEBOOKS = sorted((INSTALLATION / "notebooks").glob("*.ipynb"))
PROGRAMS = sorted(path for folder in ("helpers", "handlers", "tools") for path in (INSTALLATION / folder).rglob("*.py"))

# Only Spanish text is sure to have one of these; a program's text without any is taken for a name or for English.
SPANISH = re.compile(r"[áéíóúñü¿¡«]", re.IGNORECASE)


def markdown() -> Iterator[tuple[Path, str, str]]:
    """Yield (file, place in it, text) of every page and every Markdown cell."""
    for path in PAGES:
        yield path, path.name, path.read_text("utf-8")
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                yield path, f"{path.name}, {cell.id}", cell.source


def program_texts() -> Iterator[tuple[str, str]]:
    """Yield (place, text) of the Spanish texts of the programs: what they show, their help and what they are."""
    for path in PROGRAMS:
        tree = ast.parse(path.read_text("utf-8"))
        docstrings = set(map(docstring, ast.walk(tree)))  # in English; they may quote Spanish
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or node in docstrings:
                continue
            if isinstance(node.value, str) and SPANISH.search(node.value):
                yield f"{path.relative_to(INSTALLATION)}, line {node.lineno}", node.value
    for command in COMMANDS.values():
        yield command.__name__, command.__doc__
    for path in SOLVED.handlers.glob("[a-z]*.py"):
        # No notebook prints the micro-service: of it, only the first line is shown.
        yield path.name, describe(path) if path.name == MICROSERVICE else "\n".join(comments(path))


def comments(path: Path) -> Iterator[str]:
    """Yield the comments and docstrings of a program."""
    tree = ast.parse(path.read_text("utf-8"))
    yield from (node.value for node in map(docstring, ast.walk(tree)) if isinstance(node, ast.Constant))
    with path.open("rb") as file:
        yield from (token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT)


def docstring(node: ast.AST) -> ast.AST | None:
    """Return the node of a module's, class's or function's docstring."""
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    return first.value if isinstance(first, ast.Expr) else None
