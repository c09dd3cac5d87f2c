"""The set-up and `make memoria`, in a throwaway copy of this project: installed, and from nothing.

Packages come from this machine's cache: the set-up is made once before, untimed.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import report
from helpers.emulator import process
from helpers.workbook import INSTALLATION

RUNS = 3
MADE_HERE = (".git", ".venv", ".uv", ".*_cache", "build", "practica", "__pycache__", "node_modules")
LONGEST_S = 900


def make(folder: Path, *words: str) -> float:
    """Run make in `folder`, as on a terminal of its own; return the wall seconds, raise RuntimeError if it fails."""
    own = str(Path(sys.executable).parent)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "MAKE"))}
    env["PATH"] = os.pathsep.join(place for place in env["PATH"].split(os.pathsep) if place != own)
    env.pop(process.PORT_VARIABLE, None)  # the copy's LocalStack takes a port by itself
    started = time.perf_counter()
    done = subprocess.run(["make", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=LONGEST_S)
    if done.returncode:
        raise RuntimeError(f"make {' '.join(words)}: {done.stdout[-1000:]} {done.stderr[-1000:]}")
    return time.perf_counter() - started


def as_cloned(folder: Path) -> None:
    """Remove from the copy what make made."""
    make(folder, "clean")
    for name in (".venv", ".uv"):
        shutil.rmtree(folder / name)


def measure() -> Iterator[tuple[str, float]]:
    """Yield each with its wall seconds; with several runs, the median."""
    with tempfile.TemporaryDirectory(prefix="bench-make-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "workbook"
        shutil.copytree(INSTALLATION, folder, ignore=shutil.ignore_patterns(*MADE_HERE))
        try:
            make(folder, ".venv/ready")
            as_cloned(folder)
            yield "the set-up, packages in the cache", make(folder, ".venv/ready")
            make(folder, "memoria")
            installed = [make(folder, "memoria") for _ in range(report.repetitions(RUNS))]
            yield "`make memoria`, installed, LocalStack running", statistics.median(installed)
            make(folder, "stop")
            yield "`make memoria`, installed, LocalStack stopped", make(folder, "memoria")
            as_cloned(folder)
            yield "`make memoria`, from nothing, packages in the cache", make(folder, "memoria")
        finally:
            make(folder, "stop")


def lines() -> Iterator[str]:
    """Yield the table."""
    yield report.head("command", "seconds")
    for what, seconds in measure():
        yield report.row(what, f"{seconds:.1f}")
