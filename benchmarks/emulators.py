"""The emulators that are compared, each started in a throwaway folder and ended afterwards."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from helpers.emulator import process, settings

START_TIMEOUT_S = 90
POLL_S = 0.01


@dataclass(frozen=True)
class Instance:
    """A running emulator: where it answers, its process, and the wall seconds from its command to its first answer."""

    name: str
    url: str
    pid: int
    start_s: float


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def ours():
    """Run this project's LocalStack; yield (Instance, Emulator)."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    emulator = process.Emulator(folder, free_port())
    try:
        started = time.perf_counter()
        status = emulator.start()
        yield Instance("this project", status.url, status.pid, time.perf_counter() - started), emulator
    finally:
        emulator.stop()
        shutil.rmtree(folder, ignore_errors=True)


def bare_start_s() -> float:
    """Return how long LocalStack takes to its first answer without what this project adds to its start."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    emulator = process.Emulator(folder, free_port())
    popen = subprocess.Popen

    def without_preload(*args, env, **options):
        return popen(*args, env={name: env[name] for name in env if name != settings.CACHE_VARIABLE}, **options)

    try:
        with mock.patch.object(process.subprocess, "Popen", without_preload):
            started = time.perf_counter()
            emulator.start()
            return time.perf_counter() - started
    finally:
        emulator.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def ministack():
    """Run ministack, installed from PyPI in a venv of its own; yield an Instance."""
    with tempfile.TemporaryDirectory(prefix="bench-ministack-") as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        # boto3 is what its functions import; it brings none.
        pip = [programs / "python", "-m", "pip", "install", "--quiet", "ministack", "boto3"]
        subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
        subprocess.run([programs / "python", "-m", "compileall", "-qq", folder / "venv"], check=False)
        port = free_port()
        url = f"http://localhost:{port}"
        env = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "HOME": name,
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "AWS_ENDPOINT_URL": url,
            "IOT_MTLS_ENABLED": "0",
        }
        with (folder / "log").open("wb") as log:
            started = time.perf_counter()
            server = subprocess.Popen([programs / "ministack"], env=env, cwd=folder, stdout=log, stderr=log)
        try:
            while not _answers(url):
                if time.perf_counter() - started > START_TIMEOUT_S or server.poll() is not None:
                    raise RuntimeError((folder / "log").read_text())
                time.sleep(POLL_S)
            yield Instance("ministack", url, server.pid, time.perf_counter() - started)
        finally:
            server.terminate()
            server.wait(30)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/_localstack/health", timeout=2).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
