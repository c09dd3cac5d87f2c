"""What an `aws` command takes: the ordinary one and the warm one, in turn, on one instance."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import emulators, report
from helpers import warm_cli
from helpers.polling import wait_until
from helpers.session import aws
from helpers.warm_cli.client import SOCKET

RUNS = 9
COMMANDS = (
    "aws s3 ls",
    "awslocal s3 ls",
    "aws lambda list-functions",
    "aws dynamodb list-tables --output table",
    "aws ec2 help",  # not for the warm one, which only adds its start
)


def programs(folder: Path) -> Path:
    """Return the folder of the warm programs for the instance in `folder`, their server started and ready."""
    found = warm_cli.programs(folder)
    if found is None:
        raise RuntimeError("on this system the ordinary commands run")
    subprocess.run([found / "aws", "--version"], check=True, capture_output=True)
    wait_until((folder / SOCKET).exists, ready=bool, timeout_s=60)
    return found


def measure(folder: Path) -> dict[str, tuple[float, float]]:
    """Return the median wall milliseconds of each command: ordinary, warm."""
    places = (Path(sys.executable).parent, programs(folder))
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {"PAGER": "cat"}
    figures = {}
    for line in COMMANDS:
        command, *words = line.split()
        times: dict[Path, list[float]] = {place: [] for place in places}
        for _ in range(report.repetitions(RUNS)):
            for place in places:
                started = time.perf_counter()
                subprocess.run([place / command, *words], check=True, capture_output=True, env=env)
                times[place].append((time.perf_counter() - started) * 1000)
        ordinary, warm = (statistics.median(times[place]) for place in places)
        figures[line] = ordinary, warm
    return figures


def lines() -> Iterator[str]:
    """Yield the table."""
    with emulators.ours() as (ours, emulator):
        aws.use(ours.url)
        figures = measure(emulator.folder)
    yield report.head("command (median ms)", "ordinary", "warm", "ratio")
    for line, (ordinary_ms, warm_ms) in figures.items():
        yield report.row(f"`{line}`", f"{ordinary_ms:.0f}", f"{warm_ms:.0f}", report.ratio(warm_ms, ordinary_ms))
