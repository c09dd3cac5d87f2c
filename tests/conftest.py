"""One real LocalStack for the whole run, on a port of its own, and boto3 pointed at it."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import pytest

from helpers.emulator.probe import free_port
from helpers.workbook import INSTALLATION, SOLVED

# The handlers make their clients when they are imported; tests that need a real cloud set the rest in `cloud`.
os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
os.environ.pop("AWS_ENDPOINT_URL", None)
# A shell's background job ignores CTRL+C, and so would what the tests start and end with it.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.umask(UMASK := os.umask(0o022))  # there is no other way to ask for it


def credentials_of(client):
    """Return the credentials that a boto3 client signs with; boto3 has no public way to ask."""
    frozen = client._request_signer._credentials.get_frozen_credentials()
    return frozen.access_key, frozen.secret_key, frozen.token


@contextlib.contextmanager
def running_lab(
    folder: Path, port: int, end: signal.Signals = signal.SIGINT, workbook: Path | None = None, **variables: str
):
    """Run `si1p1 lab` with its runtime files in `folder`; yield (address with its token, file of its output).

    The signal `end` ends it, as a terminal sends it, to the whole group; SIGTERM, to the command alone. `workbook` is
    the one that it opens, if it is not the one that it would.
    """
    from helpers.emulator import process
    from helpers.emulator.probe import is_listening
    from helpers.lab import wait_until

    env = os.environ | {process.PORT_VARIABLE: str(port), "BROWSER": "true", "JUPYTER_RUNTIME_DIR": str(folder)}
    env.pop("AWS_ENDPOINT_URL", None)
    output = folder / f"output{len(list(folder.glob('output*')))}"
    with output.open("w") as stream:
        server = subprocess.Popen(
            [Path(sys.executable).with_name("si1p1"), "lab", *([workbook] if workbook else [])],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env=env | variables,
            start_new_session=True,
        )
    address = re.compile(r"(http://127\.0\.0\.1:\d+/lab)/tree/[\w/]+/00_inicio.ipynb(\?token=\w+)")
    try:
        found = "".join(wait_until(lambda: address.search(output.read_text()), ready=bool, timeout_s=60).groups())
        # Jupyter tells its address before it listens there.
        wait_until(lambda: is_listening(urlsplit(found).port), ready=bool, timeout_s=60)
        yield found, output
    finally:
        (os.kill if end is signal.SIGTERM else os.killpg)(server.pid, end)
        server.wait(30)


def pytest_terminal_summary(terminalreporter):
    reports = [one for some in terminalreporter.stats.values() for one in some if isinstance(one, pytest.TestReport)]
    lines = [line for one in reports if one.when == "call" for name, line in one.user_properties if name == "figures"]
    if lines:
        terminalreporter.section("figures (README, Fiabilidad)")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def figures(record_property):
    """Tell how many cases a test tried, how many survived and how many were lost; the end of the run lists them."""

    def tell(what: str, tried: int, survived: int, detail: str = "") -> None:
        line = f"{what}: tried {tried}, survived {survived}, lost {tried - survived}"
        record_property("figures", f"{line} ({detail})" if detail else line)

    return tell


@pytest.fixture(autouse=True)
def restored_umask():
    """Put back the umask, which `lab.open` and the command change: what uv builds for a later test is kept with it."""
    yield
    os.umask(UMASK)


@pytest.fixture
def restored_variables():
    """Put the environment's variables back at the end; boto3's sessions keep `os.environ` itself, so it stays."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def emulator():
    """A running instance, the one that this process's environment stands for; gone at the end."""
    from helpers.emulator import instance, process
    from helpers.session import aws

    os.environ[process.PORT_VARIABLE] = str(free_port())
    emulator = instance.from_environment()
    aws.use(emulator.start().url)
    yield emulator
    emulator.stop()
    shutil.rmtree(emulator.folder, ignore_errors=True)


@pytest.fixture
def cloud(emulator):
    """The running instance, started again if a test stopped it, without what the practice or other tests make."""
    import boto3

    from helpers.practice import checkpoints

    emulator.start()
    # What other tests leave is not the practice's, so that it stays: APIs, and logs that come after their function.
    apigateway, logs = boto3.client("apigateway"), boto3.client("logs")
    for api in apigateway.get_rest_apis()["items"]:
        apigateway.delete_rest_api(restApiId=api["id"])
    for group in logs.describe_log_groups()["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])
    checkpoints.restore("s3")
    return emulator


@pytest.fixture
def event():
    """Return the example event of that name, a fresh copy."""
    return lambda name: json.loads((Path(__file__).parent / "events" / f"{name}.json").read_text("utf-8"))


class Kernel:
    """A kernel that runs cells and tells what they showed."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, cell, timeout=60):
        """Return (reply, outputs) of a cell; one that takes more than `timeout` seconds fails the test."""
        outputs = []
        reply = self.client.execute_interactive(
            textwrap.dedent(cell),
            timeout=timeout,
            output_hook=lambda message: outputs.append(message) if message["msg_type"] != "status" else None,
        )
        return reply["content"], [(one["msg_type"], one["content"]) for one in outputs]

    def ok(self, cell):
        reply, outputs = self.run(cell)
        assert reply["status"] == "ok", reply
        return outputs

    def error(self, cell):
        """Run a cell that fails; return (name, value, text shown), having checked that it is shown once."""
        reply, outputs = self.run(cell)
        assert reply["status"] == "error"
        shown = [content for kind, content in outputs if kind == "error"]
        assert len(shown) == 1, shown
        assert shown[0]["ename"] == reply["ename"] and shown[0]["evalue"] == reply["evalue"]
        return reply["ename"], reply["evalue"], "\n".join(shown[0]["traceback"])

    def restart(self):
        self.client.stop_channels()
        self.manager.restart_kernel(now=True)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)


@contextlib.contextmanager
def running_kernel(folder: Path = SOLVED.notebooks):
    """Start a kernel in a workbook's folder of notebooks; it is gone at the end."""
    from jupyter_client.manager import start_new_kernel

    kernel = Kernel(*start_new_kernel(kernel_name="python3", cwd=str(folder)))
    try:
        yield kernel
    finally:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="session")
def kernel(emulator):
    """A kernel in the notebooks' folder, one for the whole run."""
    with running_kernel() as kernel:
        yield kernel


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Return (base URL, folder of the users) of a running micro-service."""
    from helpers.emulator.probe import is_listening
    from helpers.polling import wait_until

    users, port = tmp_path_factory.mktemp("rest") / "users", free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "hypercorn", "--bind", f"127.0.0.1:{port}", "handlers.user_rest:app"],
        cwd=INSTALLATION,
        env=os.environ | {"USERS_FOLDER": str(users)},
    )
    base = f"http://127.0.0.1:{port}"
    wait_until(lambda: is_listening(port) or server.poll() is not None, ready=bool, timeout_s=20)
    assert server.poll() is None
    yield f"{base}/user", users
    server.terminate()
    server.wait(10)


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
