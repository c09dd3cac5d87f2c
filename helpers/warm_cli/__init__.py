"""The `aws` and `awslocal` commands without their start-up, which is nine tenths of what a command takes.

A process that has imported the AWS CLI forks for each command (`server.py`), which gets the caller's file descriptors,
folder, environment and arguments. What is typed is a small program (`client.py`) that comes first on PATH; where
it cannot be sure of the same result, it runs the ordinary command.
"""

import os
import shlex
import sys
from pathlib import Path

__all__ = ["programs"]

COMMANDS = ("aws", "awslocal")
CLIENT = Path(__file__).with_name("client.py")


def programs(folder: Path) -> Path | None:
    """Return the folder of the two programs, to be put first on PATH; created below `folder`, an instance's.

    None where a fork may not use what its parent has loaded (macOS, whose system libraries refuse it).
    """
    if sys.platform != "linux":
        return None
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    for command in COMMANDS:
        arguments = shlex.join([sys.executable, "-S", str(CLIENT), str(folder), str(ordinary(command))])
        program = place / command
        text = f'#!/bin/sh\nexec {arguments} "$@"\n'
        if not program.exists() or program.read_text("utf-8") != text:
            new = place / f".{command}.{os.getpid()}"
            new.write_text(text, "utf-8")
            new.chmod(0o700)
            new.replace(program)  # another process may be running the former one
    return place


def ordinary(command: str) -> Path:
    """Return the file of the ordinary program."""
    return Path(sys.executable).with_name(command)
