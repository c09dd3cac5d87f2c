"""The public face: what the cells use is in `__all__`, and `__all__` is all that is public; the tree of errors."""

import ast
import importlib
import inspect
import re

import nbformat
import pytest

import helpers
from helpers import errors, practice
from tests.prose import NOTEBOOKS

pytestmark = pytest.mark.static

# practice is a room: the cells import its modules, and call its functions.
OF_PRACTICE = [f"practice.{name}" for name in practice.__all__ if not inspect.isfunction(getattr(practice, name, None))]
MODULES = [*(name for name in helpers.__all__ if name != "practice"), *OF_PRACTICE, "errors"]


@pytest.mark.parametrize("name", MODULES)
def test_all_is_what_is_public_and_says_what_it_is(name):
    module = importlib.import_module(f"helpers.{name}")
    tree = ast.parse(inspect.getsource(module))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert {one for one in defined if not one.startswith("_")} <= set(module.__all__)
    for one in module.__all__:
        found = getattr(module, one)
        assert not callable(found) or inspect.getdoc(found), one


def used_in_cells():
    """Return (module, name) for what the code cells take from the modules that they import from helpers."""
    found = set()
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        imported = re.findall(r"^from helpers(\.\w+)? import (.+)$", code, re.MULTILINE)
        modules = {f"{room}.{name.strip()}".lstrip(".") for room, names in imported for name in names.split(",")}
        assert modules <= {*MODULES, "practice"}
        for module in modules:
            called = re.findall(rf"\b{module.rpartition('.')[2]}\.(\w+)\(", code)
            found |= {(module, name) for name in called}
    return found


def test_what_the_cells_use_is_public():
    assert len(used_in_cells()) > 20
    for module, name in used_in_cells():
        assert name in importlib.import_module(f"helpers.{module}").__all__, (module, name)


def test_the_tree_of_errors_is_drawn_as_it_is():
    drawn, path = [], []
    for line in errors.__doc__.splitlines():
        if found := re.match(r"^([│ ]*(?:[├└]── )?)([A-Z]\w+)(?:  |$)", line):
            path[len(found[1]) // 4 :] = [found[2]]
            drawn.append((path[-1], path[-2] if len(path) > 1 else "Exception"))
    classes = [getattr(errors, name) for name in errors.__all__]
    assert sorted(drawn) == sorted((one.__name__, one.__base__.__name__) for one in classes)
