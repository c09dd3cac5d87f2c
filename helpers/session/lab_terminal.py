"""What a terminal of this lab's JupyterLab runs: the user's own shell, with the lab's programs and addresses.

`python -m helpers.session.lab_terminal` becomes that shell. It reads the user's files as a login shell does, and then
what is below, because those files may set PATH anew. Nothing is written in them.
"""

import os
import pwd
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from helpers import warm_cli
from helpers.emulator import instance
from helpers.session.aws_variables import FOREIGN_VARIABLES

# Tells the lab's terminals and panel which folder JupyterLab serves.
ROOT_VARIABLE = "SI1P1_LAB_ROOT"
COMMAND = [sys.executable, "-P", "-m", "helpers.session.lab_terminal"]
# Tells the shell's own files, in `shells/`, what to do at the end.
SCRIPT_VARIABLE = "SI1P1_TERMINAL"
SHELLS = Path(__file__).with_name("shells")
# JupyterLab's environment has them (aws.use); the user's files may set others.
OURS = ("AWS_", "SI1P1_", "NO_PROXY")


def main() -> None:
    """Become the user's shell."""
    root = os.environ.get(ROOT_VARIABLE, str(Path.cwd()))
    programs = _programs()
    shell = os.environ.get("SHELL") or pwd.getpwuid(os.getuid()).pw_shell or "/bin/sh"
    # For the shells that have no files of theirs below.
    os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    os.chdir(root)
    command, added = of_shell(Path(shell).name, os.environ, programs, root)
    os.environ |= added
    if command is None:
        print(greeting(os.environ, root), flush=True)  # noqa: T201
        command = []
    os.execvp(shell, [shell, *command])  # noqa: S606  # this process becomes the shell


def _programs() -> str:
    """Return the folders of the lab's programs, as PATH has them: the warm ones first, where an instance runs."""
    emulator = instance.from_environment()
    warm = warm_cli.programs(emulator.folder) if emulator.is_recorded else None
    return os.pathsep.join(map(str, filter(None, [warm, Path(sys.executable).parent])))


def of_shell(name: str, env: Mapping[str, str], programs: str, root: str) -> tuple[list[str] | None, dict[str, str]]:
    """Return the arguments of the shell `name`, or None if it is none of these, and the variables that they need."""
    if name == "bash":
        return ["--rcfile", str(SHELLS / "bashrc"), "-i"], {SCRIPT_VARIABLE: _posix(env, programs, root)}
    if name == "zsh":
        home = env.get("ZDOTDIR") or str(Path.home())
        own = {"ZDOTDIR": str(SHELLS / "zsh"), "SI1P1_ZDOTDIR": home}
        return ["-l", "-i"], {SCRIPT_VARIABLE: _posix(env, programs, root), **own}
    if name == "fish":
        return ["-l", "-i", "-C", _fish(env, programs, root)], {}
    return None, {}


def greeting(env: Mapping[str, str], root: str) -> str:
    """Return the line that says what the terminal has."""
    folder = "~" + root.removeprefix(home) if (home := str(Path.home())) and root.startswith(home) else root
    return (
        f"Terminal del cuaderno: si1p1, awslocal y aws usan LocalStack, en {env.get('AWS_ENDPOINT_URL', '(parado)')}, "
        f"región {env.get('AWS_REGION', '')}, con credenciales de prueba. Carpeta: {folder}"
    )


def _posix(env: Mapping[str, str], programs: str, root: str) -> str:
    """Return what bash and zsh run at the end."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in _ours(env).items()]
    lines += [f"unset {' '.join(FOREIGN_VARIABLES)}", f'export PATH={shlex.quote(programs)}:"$PATH"']
    return "\n".join([*lines, *_ending(env, root, shlex.quote)])


def _fish(env: Mapping[str, str], programs: str, root: str) -> str:
    """Return what fish runs at the end."""

    def quote(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    lines = [f"set -gx {name} {quote(value)}" for name, value in _ours(env).items()]
    lines += [f"set -e {name}" for name in FOREIGN_VARIABLES]
    return "\n".join([*lines, f"set -gx PATH {quote(programs)} $PATH", *_ending(env, root, quote)])


def _ending(env: Mapping[str, str], root: str, quote: Callable[[str], str]) -> list[str]:
    return [f"cd {quote(root)}", f"printf '%s\\n' {quote(greeting(env, root))}"]


def _ours(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(OURS) and name not in FOREIGN_VARIABLES}


if __name__ == "__main__":
    main()
