"""Which program runs a Lambda runtime on this machine: a new one, or a fork of one that has imported boto3.

Either learns from its first frame which function to run.
"""

import os
import re
import shutil
import sys
import threading
from pathlib import Path

from helpers.emulator.lambdas.child_process import LambdaProcess, new_program
from helpers.emulator.lambdas.forker import Forked, Forker, possible
from helpers.emulator.settings import CONFINED_VARIABLE

PYTHON_RUNTIME = re.compile(r"python3\.\d+")
NODE_RUNTIME = re.compile(r"nodejs\d+\.x")
NODE_PROGRAM = Path(__file__).with_name("lambda_runtime.mjs")

# -s: the user's site-packages are not on the function's path.
PYTHON = [sys.executable, "-s", "-X", "utf8", str(Path(__file__).with_name("lambda_runtime.py"))]


# Variables that take effect when a program starts, so that a function that sets them cannot be a fork.
ACTS_AT_START = re.compile(r"(PYTHON|LD_|DYLD_|MALLOC_|LANG$|LC_)")


class RuntimeMissing(Exception):
    """No program on this machine can run the runtime; the message tells the student why and what to do."""


def base_environment() -> dict[str, str]:
    """Return the variables that every child starts with."""
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": path, "LANG": "en_US.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "TZ": ":UTC"}


def command_for(runtime: str) -> list[str]:
    """Return the command that runs functions of `runtime`, such as `python3.13`; raise `RuntimeMissing`."""
    if PYTHON_RUNTIME.fullmatch(runtime):
        return PYTHON
    if not NODE_RUNTIME.fullmatch(runtime):
        raise RuntimeMissing(
            "este LocalStack ejecuta las funciones sin Docker y solo admite runtimes python3.x y nodejs, no "
            f"«{runtime}»: crea la función con runtime python3.13 o usa un LocalStack con Docker (AWS_ENDPOINT_URL)"
        )
    node = shutil.which("node")
    if node is None:
        raise RuntimeMissing(
            f"para el runtime «{runtime}» hace falta Node.js y no se encuentra el programa node en el PATH: "
            "instálalo y reinicia LocalStack («si1p1 restart»), o crea la función con runtime python3.13"
        )
    # Node cannot redirect its own standard output as Python does: the shell makes the log the function's output, and
    # keeps the pipe for answers as descriptor 3.
    return ["/bin/sh", "-c", 'exec "$0" "$1" 3 3>&1 1>&2', node, str(NODE_PROGRAM)]


def start(runtime: str, env: dict[str, str], roots: list[Path], own: Path) -> LambdaProcess:
    """Return a child for a function with the variables `env`, its code in `roots` and its folders in `own`.

    Raises `RuntimeMissing`.
    """
    command = command_for(runtime)
    forked = forks.take(env, roots) if command is PYTHON else None
    return LambdaProcess(forked or new_program(command, env, str(roots[0]), own))


class Forks:
    """The forker, once there is a function: started in advance, and again if it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forker: Forker | None = None

    def prepare(self) -> Forker | None:
        """Return the forker, started if it was not; None where there is none.

        There is none where functions are confined: what one may write is known only with it.
        """
        if not possible() or CONFINED_VARIABLE in os.environ:
            return None
        with self._lock:
            if self._forker is None or not self._forker.is_running:
                self._forker = Forker(PYTHON, base_environment())
            return self._forker

    def take(self, env: dict[str, str], roots: list[Path]) -> Forked | None:
        """Return a fork if it may run code in `roots` with `env`, else None.

        A function that does not use boto3 does not get one, since in its own process it takes a third of the memory;
        nor does one with a module named like a preloaded one, which it would get instead of its own.
        """
        if not any(b"boto" in source.read_bytes() for source in roots[0].glob("*.py")):
            return None
        base = base_environment()
        if any(ACTS_AT_START.match(name) and base.get(name) != value for name, value in env.items()):
            return None
        own = {entry.name.partition(".")[0] for root in roots if root.is_dir() for entry in root.iterdir()}
        try:
            if (forker := self.prepare()) and not forker.preloaded() & own:
                return forker.fork()
        except OSError:  # it has been killed, or takes too long
            pass
        return None


forks = Forks()
