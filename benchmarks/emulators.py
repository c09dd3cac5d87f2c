"""The emulators that are compared, each started in a throwaway folder and ended afterwards."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import peers
from helpers.emulator import process
from helpers.emulator.probe import free_port

START_TIMEOUT_S = 120
POLL_S = 0.01


@dataclass(frozen=True)
class Instance:
    """A running emulator: where it answers, its process, and the wall seconds from its command to its first answer."""

    name: str
    url: str
    pid: int
    start_s: float


@contextlib.contextmanager
def ours(change: str = ""):
    """Run this project's LocalStack, after the Python statements of `change`; yield (Instance, Emulator)."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    emulator = process.Emulator(folder, free_port())
    if change:
        emulator.command = [sys.executable, "-c", f"{change}\nfrom localstack.runtime.main import main\nmain()"]
    try:
        started = time.perf_counter()
        status = emulator.start()
        yield Instance("this project", status.url, status.pid, time.perf_counter() - started), emulator
    finally:
        emulator.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running(peer: peers.Peer) -> Iterator[Instance]:
    """Run a peer, installed if it is not yet; raise `peers.Impossible` if it cannot be installed or does not answer."""
    programs = peers.install(peer)
    with tempfile.TemporaryDirectory(prefix=f"bench-{peer.name}-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        url = f"http://localhost:{port}"
        # Its home is the same each time, as anybody's: what it keeps there from one start to the next counts.
        env = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(programs.parent), "TMPDIR": name}
        env |= {key: value.format(port=port, folder=name) for key, value in peer.variables.items()}
        command = [word.format(port=port, other_port=free_port(), programs=programs) for word in peer.command]
        with (folder / "log").open("wb") as log:
            started = time.perf_counter()
            server = subprocess.Popen(command, env=env, cwd=peer.folder(programs, folder), stdout=log, stderr=log)
        try:
            while not _answers(f"{url}{peer.ready}"):
                if time.perf_counter() - started > START_TIMEOUT_S or server.poll() is not None:
                    raise peers.Impossible(f"{peer.name} does not start: {(folder / 'log').read_text()[-2000:]}")
                time.sleep(POLL_S)
            yield Instance(peer.name, url, server.pid, time.perf_counter() - started)
        finally:
            _end(server)


def memory_mb(pid: int) -> float:
    """Return the proportional set size of the process and its descendants: shared pages count once in all."""
    total = 0
    for one in _family(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += one.memory_full_info().pss
    return total / 1024**2


def cpu_s(pid: int) -> float:
    """Return the seconds of CPU that the process and its living descendants have used."""
    total = 0.0
    for one in _family(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system
    return total


def _family(pid: int) -> list[psutil.Process]:
    server = psutil.Process(pid)
    return [server, *server.children(recursive=True)]


def _end(server: subprocess.Popen) -> None:
    family = _family(server.pid) if server.poll() is None else []
    server.terminate()
    _, stay = psutil.wait_procs(family, timeout=15)
    for one in stay:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    server.wait(30)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
