"""The programs name no absolute path that only one of Linux and macOS has."""

import ast
import re

import pytest

from tests.prose import PROGRAMS

pytestmark = pytest.mark.static

ABSOLUTE_PATH = re.compile(r"/(?:tmp|var|usr|bin|etc|dev|proc|home|opt)\b\S*")
# Each with the reason why it does no harm.
EXPECTED = {
    "/proc/self/status": "Linux's; its absence is caught",
    "/bin/sh": "both have it",
    "/dev/stdout": "both have it",
    **dict.fromkeys(("/var/task", "/opt", "/var/runtime", "/var/lang/lib/python3."), "AWS's names, only told"),
}
# Of Linux alone, as bubblewrap is.
OF_LINUX = "confined.py"


def test_no_path_of_one_system_is_written_down():
    found = set()
    for path in (one for one in PROGRAMS if one.name != OF_LINUX):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ABSOLUTE_PATH.fullmatch(node.value):
                found.add(node.value)
    assert found == set(EXPECTED)
