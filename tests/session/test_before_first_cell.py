"""After a kernel starts and before the first cell: the lab's kernel says that it comes first, and is else as any."""

import json

import pytest
from explained import explained, put_localstack
from IPython.core.interactiveshell import InteractiveShell

from helpers.emulator.process import State
from helpers.session import before_first_cell, lab_kernel, open_section, this_notebook
from helpers.workbook import SOLVED

FIRST = 'la primera celda, lab.open("s3"), y las demás hasta esta '
FIRST += "(menú Run > Ejecutar todo por encima de la celda seleccionada)."
FALTA = f"En este kernel, que acaba de arrancar o se ha reiniciado, falta ejecutar {FIRST}"


@pytest.fixture
def notebook(monkeypatch):
    """Return what makes this the kernel of a notebook, by its path."""
    monkeypatch.setattr(open_section, "opened", open_section.Opened())
    monkeypatch.setattr("helpers.session.cell_errors.opened", open_section.Opened())
    monkeypatch.delenv(this_notebook.PATH_VARIABLE, raising=False)
    return lambda path: monkeypatch.setenv(this_notebook.PATH_VARIABLE, str(path))


@pytest.fixture
def shell():
    """A shell with the lab's extension, once a notebook is chosen."""
    made = InteractiveShell.instance()
    yield made
    InteractiveShell.clear_instance()


def shown(shell, capsys, cell):
    shell.run_cell(cell)
    return " ".join(capsys.readouterr().out.split())


def test_a_name_that_a_cell_above_defines_and_the_magic_say_that_the_first_cell_comes_first(notebook, shell, capsys):
    notebook(SOLVED.notebooks / "03_s3.ipynb")
    before_first_cell.load_ipython_extension(shell)
    text = shown(shell, capsys, "s3.list_buckets()")
    assert text.startswith(f"NameError: Nadie ha definido el nombre «s3». {FALTA}")
    assert shown(shell, capsys, "%%comandos\n1").startswith(f"FirstCellMissing: %%comandos todavía no está. {FALTA}")
    assert "Traceback (most recent call last)" in shown(shell, capsys, "otra_cosa")
    assert "Traceback (most recent call last)" in shown(shell, capsys, "1 / 0")


@pytest.mark.parametrize("source", ["import boto3\ns3 = boto3.client('s3')", "# lab.open('s3')"])
def test_in_any_other_notebook_the_kernel_is_as_ever(notebook, shell, capsys, tmp_path, source):
    other = tmp_path / "mío.ipynb"
    other.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source}]}), "utf-8")
    for path in (other, tmp_path / "nada.ipynb", ""):
        notebook(path)
        before_first_cell.load_ipython_extension(shell)
        assert shell.find_cell_magic("comandos") is None and shell.custom_exceptions == ()
        assert "Traceback (most recent call last)" in shown(shell, capsys, "s3.list_buckets()")


def test_after_the_first_cell_it_says_which_cell_defines_a_name(notebook, monkeypatch):
    put_localstack(monkeypatch, State.RUNNING, "sesión")
    notebook(SOLVED.notebooks / "05_api_gateway.ipynb")
    assert explained(NameError("x", name="apigateway"))[0] == (
        "Nadie ha definido el nombre «apigateway»: lo hace la celda con «apigateway = "
        'boto3.client("apigateway")», que no '
        "se ha ejecutado desde que arrancó el kernel."
    )
    assert explained(NameError("x", name="apigatewy"))[0].endswith("o está mal escrito.")


def test_what_a_cell_defines():
    source = (
        "%%comandos\nimport os.path as p, json\nfor uno in []:\n    !ls {uno}\ndef f(): pass\na, b = x\nwith x as y: 1"
    )
    assert this_notebook._defined(source) == {"p": 2, "json": 2, "uno": 3, "f": 5, "a": 6, "b": 6, "y": 7}
    assert this_notebook._defined("def f(:") == {}


def test_the_kernel_of_the_lab_is_pythons_with_the_extension(tmp_path):
    folder = lab_kernel.write(tmp_path) / "kernels" / "python3"
    spec = json.loads((folder / "kernel.json").read_text("utf-8"))
    assert spec["argv"][-1] == "--IPKernelApp.extra_extensions=helpers.session.before_first_cell"
    assert (folder / "logo-64x64.png").exists()
    kept = (folder / "kernel.json").stat().st_mtime_ns
    assert lab_kernel.write(tmp_path) == tmp_path and (folder / "kernel.json").stat().st_mtime_ns == kept
    (folder / "kernel.json").write_text('{"argv": ["/otro/python"]}', "utf-8")  # of an installation that moved
    lab_kernel.write(tmp_path)
    assert json.loads((folder / "kernel.json").read_text("utf-8")) == spec
