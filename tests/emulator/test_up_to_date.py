"""A `.venv` made before the files beside it starts no LocalStack and marks nobody."""

import shutil

import pytest

from helpers.emulator import up_to_date
from helpers.emulator.process import Emulator
from helpers.errors import StartError
from helpers.marking import command
from helpers.workbook import INSTALLATION

LAMBDA = '"lambda:called" = "helpers.emulator.plugins:lambda_called"'


@pytest.fixture
def pulled(tmp_path, monkeypatch):
    """A pyproject.toml that registers one thing more than this `.venv` knows."""
    text = (INSTALLATION / "pyproject.toml").read_text("utf-8")
    assert LAMBDA in text
    (tmp_path / "pyproject.toml").write_text(
        text.replace(LAMBDA, LAMBDA + "\n" + LAMBDA.replace("called", "nuevo")), "utf-8"
    )
    monkeypatch.setattr(up_to_date, "INSTALLATION", tmp_path)
    monkeypatch.chdir(tmp_path)


def test_this_one_is_up_to_date():
    up_to_date.need()


@pytest.mark.usefixtures("pulled")
def test_one_older_than_its_files_starts_nothing_and_says_what_to_type(tmp_path, port):
    own = Emulator(tmp_path / "otro", port)
    with pytest.raises(StartError, match=r"le falta «lambda:nuevo».*«make status»"):
        own.start()
    assert not own.status().answers


@pytest.mark.usefixtures("pulled")
def test_and_executes_no_delivery(tmp_path):
    shutil.copyfile(INSTALLATION / "README.md", tmp_path / "entrega.zip")
    with pytest.raises(StartError, match=r"le falta «lambda:nuevo».*«make status»"):
        command.corrige(["--ejecuta", "entrega.zip"])
    assert not (tmp_path / "correccion").exists()
