"""Every command of the README exists; what it names is there."""

import ast
import itertools
import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from helpers.cli import COMMANDS
from helpers.marking.command import COMMANDS as OF_LECTURERS
from helpers.practice.questions import SECTIONS
from helpers.workbook import INSTALLATION
from tests.prose import PROGRAMS

pytestmark = pytest.mark.static

SI1P1 = Path(sys.executable).with_name("si1p1")
README = (INSTALLATION / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
LINES = [line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines()]
TYPED = [line for line in LINES if line]


def test_there_are_commands_to_check():
    assert len(BLOCKS) >= 4 and len(TYPED) >= 8


def split(line):
    """Return the variables that a typed line sets, and its words."""
    words = shlex.split(line)
    variables = dict(word.split("=", 1) for word in itertools.takewhile(lambda word: "=" in word, words))
    return variables, words[len(variables) :]


@pytest.mark.parametrize("line", [line for line in TYPED if split(line)[1][0] == "make"])
def test_make_knows_its_targets_and_the_variables_are_read(line):
    variables, words = split(line)
    done = subprocess.run([*words, "--dry-run"], capture_output=True, text=True, cwd=INSTALLATION)
    assert done.returncode == 0, done.stderr
    code = "".join(path.read_text("utf-8") for path in PROGRAMS)
    assert all(f'"{name}"' in code for name in variables)


@pytest.mark.parametrize("line", [line for line in TYPED if split(line)[1][0].endswith("si1p1")])
def test_si1p1_understands_what_is_typed(line):
    _, (_, command, *words) = split(line)
    assert command in OF_LECTURERS or (command in COMMANDS and not words)


def test_the_set_up_by_pip_is_the_one_of_make():
    assert "python3 tools/install.py" in TYPED
    assert "$$python tools/install.py" in (INSTALLATION / "Makefile").read_text("utf-8")


def test_the_image_of_docker_is_of_the_locked_version():
    images = [word for line in TYPED if line.startswith("docker") for word in split(line)[1] if ":" in word]
    assert f"localstack/localstack:{version('localstack-core')}" in images


def constants():
    """Return every piece of text of the programs; an f-string has several."""
    nodes = (node for path in PROGRAMS for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_the_errors_that_it_explains_are_the_ones_that_are_shown():
    section = README.partition("## Si algo falla")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    shown = constants()
    assert len(told) > 10 and [text for text in told if not any(text in one for one in shown)] == []


def test_si1p1_knows_its_commands():
    named = set(re.findall(r"si1p1 ([a-z]+)\b", README)) - {"start`"}
    assert named == {*COMMANDS, *OF_LECTURERS}


def test_what_is_typed_is_known_here():
    name = yaml.safe_load((INSTALLATION / "environment.yml").read_text("utf-8"))["name"]
    assert f"conda activate {name}" in TYPED
    programs = {"make", "si1p1", ".venv/bin/si1p1", "conda", "python3", "docker"}
    assert {split(line)[1][0] for line in TYPED} == programs


def test_the_notebooks_of_the_table_are_the_ones_there_are():
    rows = re.findall(r"^\| `(\d\d_\w+)` \|", README, re.MULTILINE)
    assert rows == [section.stem for section in SECTIONS]


def test_the_screenshots_are_there_and_small():
    images = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", README)
    names = ("paginas", "lab", "panel", "memoria", "correccion")
    assert [name for _, name in images] == [f"docs/{name}.png" for name in names]
    for words, name in images:
        content = (INSTALLATION / name).read_bytes()
        assert content.startswith(b"\x89PNG") and len(content) < 150_000 and len(words) > 20
