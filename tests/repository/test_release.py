"""The files of a release agree: version, date, licence, changelog, typing's exceptions."""

import re
import tomllib

import pytest
import yaml

from helpers.workbook import INSTALLATION
from tests.prose import PROGRAMS

pytestmark = pytest.mark.static

PROJECT = tomllib.loads((INSTALLATION / "pyproject.toml").read_text("utf-8"))["project"]


def test_version_date_and_licence_are_the_same_everywhere():
    citation = yaml.safe_load((INSTALLATION / "CITATION.cff").read_text("utf-8"))
    newest = re.search(r"^## (\S+) \((\S+)\)$", (INSTALLATION / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest.groups() == (PROJECT["version"], citation["date-released"])
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"] == "MIT"
    assert (INSTALLATION / "LICENSE").read_text("utf-8").startswith("MIT License")


def test_every_ignored_type_names_its_error_and_its_reason():
    found = 0
    for path in PROGRAMS:
        lines = path.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            if "type: ignore" in line:
                found += 1
                before = lines[number - 1].strip()
                assert re.search(r"type: ignore\[[a-z, -]+\]", line), line
                assert re.search(r"type: ignore\[[^]]+\]  # \w", line) or before.startswith("#"), line
    assert 0 < found < 25


def test_the_hooks_run_what_make_check_runs():
    hooks = yaml.safe_load((INSTALLATION / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    makefile = (INSTALLATION / "Makefile").read_text("utf-8").partition("\ncheck:")[2].partition("\n\n")[0]
    assert len(hooks) == 4
    for hook in hooks:
        assert hook["entry"].replace(".venv/bin", "$(BIN)") in makefile
