"""A terminal of the lab, in a real pseudo-terminal as JupyterLab opens it, with the shells that are here."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ptyprocess import PtyProcessUnicode

from helpers.session import lab_terminal
from helpers.workbook import SOLVED

PROGRAMS = str(Path(sys.executable).parent)
URL = "http://localhost:4999"
ENV = {
    "AWS_ENDPOINT_URL": URL,
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    lab_terminal.ROOT_VARIABLE: str(SOLVED.root),
    "TERM": "dumb",
}
# The user's own files: they set PATH anew, as /etc/profile does, another account's profile, and something of theirs.
POSIX = "export PATH=/usr/bin:/bin AWS_PROFILE=mia AWS_ENDPOINT_URL=https://otra MIO=suyo\n"
FILES = {
    "bash": {".bash_profile": POSIX},
    "zsh": {".zprofile": POSIX, ".zshrc": "export MIO_TAMBIEN=$ZDOTDIR\n", ".zlogin": "export PATH=/usr/bin:/bin\n"},
    "fish": {".config/fish/config.fish": "set -gx PATH /usr/bin /bin\nset -gx AWS_PROFILE mia\nset -gx MIO suyo\n"},
    "sh": {},
}
ASK = 'echo "[$AWS_ENDPOINT_URL,$AWS_PROFILE,$MIO] [$(pwd)] [$(command -v si1p1)]"\n'


def typed(home, shell, line):
    """Return what a terminal shows after its greeting, and the greeting, once `line` has been typed in it."""
    env = {"HOME": str(home), "SHELL": shell, "PATH": "/usr/bin:/bin"} | ENV
    terminal = PtyProcessUnicode.spawn(lab_terminal.COMMAND, cwd=str(home), env=env, dimensions=(24, 400))
    shown, end = "", time.monotonic() + 20
    terminal.write(line)
    terminal.write("exit\n")
    try:
        while time.monotonic() < end:
            shown += terminal.read()
    except EOFError:
        return shown
    finally:
        terminal.close(force=True)
    raise AssertionError(shown)


@pytest.mark.parametrize("name", FILES)
def test_a_terminal_has_the_labs_programs_and_addresses_whatever_the_users_files_say(tmp_path, name):
    shell = shutil.which(name)
    if shell is None:
        pytest.skip(f"needs {name}")
    for file, text in FILES[name].items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, "utf-8")
    shown = typed(tmp_path, shell, ASK)
    (found,) = re.findall(r"\[(http\S*?)\] \[(/.*?)\] \[(/.*?)\]", shown)
    mine = "" if name == "sh" else "suyo"
    assert found == (f"{URL},,{mine}", str(SOLVED.root), f"{PROGRAMS}/si1p1")
    said = f"Terminal del cuaderno: si1p1, awslocal y aws usan LocalStack, en {URL}, región us-east-1, con credenciales"
    assert shown.count(f"{said} de prueba. Carpeta: ") == 1
    for file, text in FILES[name].items():
        assert (tmp_path / file).read_text("utf-8") == text


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_finds_the_users_folder_and_leaves_nothing_of_the_labs(tmp_path):
    (tmp_path / "suya").mkdir()
    (tmp_path / ".zshenv").write_text(f"ZDOTDIR={tmp_path}/suya\n", "utf-8")
    (tmp_path / "suya" / ".zshrc").write_text("MIO=$ZDOTDIR\n", "utf-8")
    shown = typed(tmp_path, shutil.which("zsh"), 'echo "[$MIO,$ZDOTDIR,$SI1P1_TERMINAL$SI1P1_ZSH]"\n')
    assert f"[{tmp_path}/suya,{tmp_path}/suya,]" in shown
    assert sorted(path.name for path in lab_terminal.SHELLS.joinpath("zsh").iterdir()) == [
        ".zlogin", ".zprofile", ".zshenv", ".zshrc",
    ]  # fmt: skip


def test_a_quote_in_a_folder_is_not_the_shells(tmp_path):
    odd = tmp_path / "d'odd \\ $x"
    odd.mkdir()
    for name in ("bash", "fish"):
        if shell := shutil.which(name):
            command, added = lab_terminal.of_shell(name, os.environ, PROGRAMS, str(odd))
            script = added.get(lab_terminal.SCRIPT_VARIABLE) or command[-1]
            done = run(shell, f"{script}\npwd")
            assert done.splitlines()[-1] == str(odd)


def run(shell, script):
    return subprocess.run([shell, "-c", script], capture_output=True, text=True, check=True).stdout
