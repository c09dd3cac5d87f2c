"""The rooms of helpers/: each imports only from those below it, and no module is too long to be read at once."""

import ast
from graphlib import TopologicalSorter

import pytest

from helpers.workbook import INSTALLATION

pytestmark = pytest.mark.static

HELPERS = INSTALLATION / "helpers"
# From the lowest up. Those of one line do not import each other.
LAYERS = (
    ("errors",),
    ("workbook",),
    ("rich_table", "notebook_file", "command_line"),
    ("polling", "own_calls", "tables", "evidence"),
    ("emulator",),
    ("warm_cli", "practice"),
    ("session",),
    ("request_drawing", "memoria"),
    ("diagram",),
    ("lab",),
    ("panel", "kernel_imports", "marking"),
    ("cli",),
)
MAX_LINES = 300
MODULES = sorted(HELPERS.rglob("*.py"))


def room_of(path):
    return path.relative_to(HELPERS).parts[0].removesuffix(".py")


def imported_rooms(path):
    """Return the rooms that a module imports from, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name}" for name in names]
        found |= {name.split(".")[1] for name in names if name.startswith("helpers.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HELPERS).as_posix())
def test_no_import_goes_up_or_in_circles(path):
    if path.parent == HELPERS and path.name == "__init__.py":
        assert imported_rooms(path) == set()
        return
    level = {room: number for number, layer in enumerate(LAYERS) for room in layer}
    room = room_of(path)
    assert {other for other in imported_rooms(path) - {room} if level[other] >= level[room]} == set()


class Imports(ast.NodeVisitor):
    """The names that a module imports, wherever in it, but for its types alone."""

    def __init__(self, path):
        self.names = set()
        self.visit(ast.parse(path.read_text("utf-8")))

    def visit_If(self, node):
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Import(self, node):
        self.names |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node):
        self.names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}


def test_no_modules_import_each_other():
    """Nor within a room, but for a package that registers its modules."""
    names = {".".join(path.relative_to(HELPERS.parent).with_suffix("").parts): path for path in MODULES}
    imported = {name: Imports(path).names & set(names) for name, path in names.items()}
    assert sum(map(len, imported.values())) > 300
    list(TopologicalSorter(imported).static_order())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HELPERS).as_posix())
def test_a_module_can_be_read_at_once(path):
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def test_every_room_is_on_the_map():
    text = (INSTALLATION / "CONTRIBUTING.md").read_text("utf-8")
    there = [path.name for path in HELPERS.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert [room for room in there if f"`helpers/{room}/`" not in text] == []
    assert [path.name for path in HELPERS.glob("[!_]*.py") if f"`{path.name}`" not in text] == []
    assert {room for layer in LAYERS for room in layer} == {room_of(path) for path in MODULES} - {"__init__"}
