"""Every command of the README exists; what it names is there."""

import re
import subprocess

import pytest
import yaml

from helpers.cli import COMMANDS
from helpers.project import ROOT
from helpers.questions import SECTIONS

pytestmark = pytest.mark.static

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
TYPED = [line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines()]


def test_there_are_commands_to_check():
    assert len(BLOCKS) >= 4 and len(TYPED) >= 8


@pytest.mark.parametrize("command", [line for line in TYPED if line.startswith("make")])
def test_make_knows_its_targets(command):
    done = subprocess.run([*command.split(), "--dry-run"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_si1p1_knows_its_commands():
    named = set(re.findall(r"si1p1 ([a-z]+)\b", README)) - {"start`"}
    assert named == set(COMMANDS)


def test_what_is_typed_is_make_si1p1_or_conda():
    name = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["name"]
    assert f"conda activate {name}" in TYPED
    assert {line.split()[0] for line in TYPED} <= {"make", "si1p1", "conda"}


def test_the_notebooks_of_the_table_are_the_ones_there_are():
    rows = re.findall(r"^\| `(\d\d_\w+)` \|", README, re.MULTILINE)
    assert rows == [section.stem for section in SECTIONS]


def test_the_screenshots_are_there_and_small():
    images = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", README)
    assert [name for _, name in images] == ["docs/lab.png", "docs/panel.png", "docs/memoria.png"]
    for words, name in images:
        content = (ROOT / name).read_bytes()
        assert content.startswith(b"\x89PNG") and len(content) < 150_000 and len(words) > 20
