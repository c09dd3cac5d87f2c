"""What it costs to look at requests and connections before they are let in: `.venv/bin/python -m benchmarks.wall`.

Two instances side by side, one of them without the looks; in rounds, so that the machine's ups and downs meet both.
"""

import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import boto3
import requests

from benchmarks.emulators import free_port, ours
from helpers.emulator import process
from helpers.session.aws import use_test_credentials

ROUNDS = 20
CALLS = 50
# Of this instance alone, by what starts it: no setting of LocalStack's switches the looks off.
WITHOUT = """
from helpers.emulator import loopback, socket_owner
loopback.Wall = lambda gateway: gateway
socket_owner.can_tell = lambda: False
from localstack.runtime.main import main
main()
"""


@contextlib.contextmanager
def without_wall():
    """Run this project's LocalStack as it would be without the looks; yield its address."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    emulator = process.Emulator(folder, free_port())
    popen = subprocess.Popen

    def patched(_command, **options):
        return popen([sys.executable, "-c", WITHOUT], **options)

    try:
        with mock.patch.object(process.subprocess, "Popen", patched):
            url = emulator.start().url
        yield url
    finally:
        emulator.stop()
        shutil.rmtree(folder, ignore_errors=True)


def new_connections(url: str) -> None:
    """Ask for LocalStack's state, each time by a connection of its own."""
    for _ in range(CALLS):
        requests.get(f"{url}/_localstack/init/ready", timeout=10).close()


def main() -> None:
    """Print the table."""
    use_test_credentials()
    with ours() as (instance, _), without_wall() as other:
        kinds = {"GET, a connection each": (lambda url: new_connections(url), [instance.url, other])}
        clients = [boto3.client("s3", endpoint_url=url) for url in (instance.url, other)]
        kinds["s3.list_buckets, one connection"] = (
            lambda client: [client.list_buckets() for _ in range(CALLS)],
            clients,
        )
        times: dict[str, list[list[float]]] = {kind: [[], []] for kind in kinds}
        for _, (call, targets) in kinds.items():
            for target in targets:
                call(target)
        for number in range(ROUNDS):
            for kind, (call, targets) in kinds.items():
                for side in (0, 1) if number % 2 else (1, 0):
                    started = time.perf_counter()
                    call(targets[side])
                    times[kind][side].append((time.perf_counter() - started) * 1000 / CALLS)
    print("| call (median ms) | with the wall | without | difference |\n|---|--:|--:|--:|")
    for kind, sides in times.items():
        walled, bare = map(statistics.median, sides)
        print(f"| {kind} | {walled:.2f} | {bare:.2f} | {walled - bare:+.2f} |")


if __name__ == "__main__":
    main()
