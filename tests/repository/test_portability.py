"""What other systems lack is asked for before it is used, and paths of Windows are written as they are typed."""

import ast
import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest

from helpers.workbook import shown
from tests.prose import PROGRAMS

pytestmark = pytest.mark.static

POSIX_ONLY = {"fork", "getegid", "geteuid", "getpgid", "getuid", "killpg", "mkfifo", "pthread_kill", "setsid", "tzset"}
FULL_PATH = re.compile(r"^(?:/(?:tmp|var|usr|bin|etc|dev|proc|home|opt)\b\S*|[A-Z]:\\\S*)$")
# Absolute paths of one system, each with the reason why it does no harm on another.
ABSOLUTE = {
    "/proc/self/status": "its absence is caught",
    "/bin/sh": "not run where os.name is nt",
    "/dev/stdout": "part of a command that is shown, for a POSIX terminal or WSL",
}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_what_other_systems_lack_is_asked_for_first(path):
    text = path.read_text("utf-8")
    for name in POSIX_ONLY & {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}:
        assert re.search(rf'hasattr\((os|time|signal), "{name}"\)', text), name


def test_no_path_of_one_system_is_written_down():
    found = set()
    for path in PROGRAMS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(
                    re.findall(r"^(?:/(?:tmp|var|usr|bin|etc|dev|proc|home|opt)\b\S*|[A-Z]:\\\S*)$", node.value)
                )
    assert found == set(ABSOLUTE)


@pytest.mark.parametrize(
    ("path", "base", "typed"),
    [
        (PureWindowsPath(r"C:\p\build\memoria.pdf"), PureWindowsPath(r"C:\p"), "build/memoria.pdf"),
        (PureWindowsPath(r"c:\P\Build\a.zip"), PureWindowsPath(r"C:\p"), "Build/a.zip"),
        (PureWindowsPath(r"D:\p\a.zip"), PureWindowsPath(r"C:\p"), r"D:\p\a.zip"),
        (PurePosixPath("/p/build/a.zip"), PurePosixPath("/p"), "build/a.zip"),
        (PurePosixPath("/q/a.zip"), PurePosixPath("/p"), "/q/a.zip"),
    ],
)
def test_paths_are_shown_as_they_are_typed(path, base, typed):
    assert shown(path, base) == typed
