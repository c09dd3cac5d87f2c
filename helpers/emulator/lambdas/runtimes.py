"""Which program runs a Lambda runtime on this machine, and the spare process kept for the next cold start.

Most of a cold start is starting Python and importing boto3. A spare does both in advance; like every child, it learns
from its first frame which function to run. (It does not fork one child after another: after a fork, macOS's own library
ends a program that asks it for the proxy, as botocore does.)
"""

import json
import os
import re
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from helpers.emulator.lambdas.process import LambdaProcess, ProcessExited, ProcessTimedOut

PYTHON_RUNTIME = re.compile(r"python3\.\d+")
NODE_RUNTIME = re.compile(r"nodejs\d+\.x")
NODE_PROGRAM = Path(__file__).with_name("lambda_runtime.mjs")

# -s: the user's site-packages are not on the function's path.
PYTHON = [sys.executable, "-s", "-X", "utf8", str(Path(__file__).with_name("lambda_runtime.py"))]

# Variables that the child inherits from LocalStack: where programs are, and what Windows requires.
INHERITED_VARIABLES = ("PATH", "SYSTEMROOT")

# Variables that take effect when a program starts, so that a function that sets them cannot use the spare.
ACTS_AT_START = re.compile(r"(PYTHON|LD_|DYLD_|MALLOC_|LANG$|LC_)")

# How long a cold start waits for a spare that is still importing; a new child would take as long.
SPARE_TIMEOUT_S = 5.0


class RuntimeMissing(Exception):
    """No program on this machine can run the runtime; the message tells the student why and what to do."""


def base_environment() -> dict[str, str]:
    """Return the variables that every child starts with."""
    inherited = {name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ}
    return inherited | {"LANG": "en_US.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "TZ": ":UTC"}


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
    if os.name == "nt":
        return [node, str(NODE_PROGRAM), "1"]
    # Node cannot redirect its own standard output as Python does: the shell makes the log the function's output, and
    # keeps the pipe for answers as descriptor 3.
    return ["/bin/sh", "-c", 'exec "$0" "$1" 3 3>&1 1>&2', node, str(NODE_PROGRAM)]


def start(runtime: str, env: dict[str, str], roots: list[Path]) -> LambdaProcess:
    """Return a child for a function with the variables `env` and its code in `roots`; raise `RuntimeMissing`."""
    command = command_for(runtime)
    process = spare.take(env, roots) if command is PYTHON else None
    return process or LambdaProcess(command, env, str(roots[0]))


class Spare:
    """At most one Python process that has imported boto3 and has not been given a function."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: LambdaProcess | None = None

    def prepare(self) -> None:
        """Start a spare if there is none; it becomes ready in the background."""
        with self._lock:
            if self._process is None:
                self._process = LambdaProcess([*PYTHON, "--preload"], base_environment(), tempfile.gettempdir())

    def take(self, env: dict[str, str], roots: list[Path]) -> LambdaProcess | None:
        """Return the spare if there is one and it may run code in `roots` with `env`, else None.

        A function that does not use boto3 does not get it, since in its own process it takes a third of the memory; nor
        does one with a module named like a preloaded one, which it would get instead of its own.
        """
        if not any(b"boto" in source.read_bytes() for source in roots[0].glob("*.py")):
            return None
        base = base_environment()
        if any(ACTS_AT_START.match(name) and base.get(name) != value for name, value in env.items()):
            return None
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return None
        try:
            preloaded = set(json.loads(process.wait(SPARE_TIMEOUT_S).body))
        except (ProcessExited, ProcessTimedOut):
            preloaded = None
        own = {entry.name.partition(".")[0] for root in roots if root.is_dir() for entry in root.iterdir()}
        if preloaded is None or preloaded & own:
            process.kill()
            return None
        return process


spare = Spare()
