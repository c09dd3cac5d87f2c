"""One real LocalStack for the whole run, on a port of its own, and boto3 pointed at it."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

# The handlers make their clients when they are imported; tests that need a real cloud set the rest in `cloud`.
os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
os.environ.pop("AWS_ENDPOINT_URL", None)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_lab(folder: Path, port: int, **variables: str):
    """Run `si1p1 lab` with its runtime files in `folder`; yield (address with its token, file of its output).

    CTRL+C ends it, and it is waited for.
    """
    from helpers.emulator import process
    from helpers.lab import wait_until

    env = os.environ | {process.PORT_VARIABLE: str(port), "BROWSER": "true", "JUPYTER_RUNTIME_DIR": str(folder)}
    env.pop("AWS_ENDPOINT_URL", None)
    output = folder / "output"
    with output.open("w") as stream:
        server = subprocess.Popen(
            [Path(sys.executable).with_name("si1p1"), "lab"],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env=env | variables,
            start_new_session=True,
        )
    address = re.compile(r"http://127\.0\.0\.1:\d+/lab\?token=\w+")
    try:
        yield wait_until(lambda: address.search(output.read_text()), ready=bool, timeout_s=60).group(), output
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(30)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def emulator():
    """A running instance, the one that this process's environment stands for; gone at the end."""
    from helpers import lab
    from helpers.emulator import process

    os.environ[process.PORT_VARIABLE] = str(free_port())
    emulator = process.from_environment()
    lab.use(emulator.start().url)
    yield emulator
    emulator.stop()
    shutil.rmtree(emulator.folder, ignore_errors=True)


@pytest.fixture
def cloud(emulator):
    """The running instance, started again if a test stopped it, with nothing of the practice in it."""
    from helpers import checkpoints

    emulator.start()
    checkpoints.restore("s3")
    return emulator


@pytest.fixture
def event():
    """Return the example event of that name, a fresh copy."""
    return lambda name: json.loads((Path(__file__).parent / "events" / f"{name}.json").read_text("utf-8"))


@pytest.fixture
def function(cloud):
    """Return a maker of functions; what it made is deleted at the end."""
    from lambda_function import Function

    made = []

    def make(source, **options):
        made.append(Function(f"prueba-{uuid.uuid4()}", source, **options))
        return made[-1]

    yield make
    for one in made:
        one.client.delete_function(FunctionName=one.name)
