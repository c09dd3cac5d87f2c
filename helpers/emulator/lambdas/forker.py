"""Python processes forked from one that has imported boto3, which is most of a cold start, and shares its memory.

Linux only: on macOS, a forked process is killed when it asks the system for its proxy, as botocore does.
"""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future
from typing import IO

# How long a cold start waits for a forker that is still importing; a new program would take as long.
TIMEOUT_S = 5.0
MESSAGE_BYTES = 64 * 1024


def possible() -> bool:
    """Tell whether this system can do it: it is Linux, and one that has pidfds (5.3)."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


class Forked:
    """A process that a forker made: as much of `subprocess.Popen` as is used here. Its streams are pipes."""

    def __init__(self) -> None:
        self.pid = 0  # until it is known
        self.returncode: int | None = None
        self.started: Future[bool] = Future()
        self._ended = threading.Event()
        (theirs_in, ours_in), (ours_out, theirs_out), (ours_err, theirs_err) = os.pipe(), os.pipe(), os.pipe()
        self.theirs = [theirs_in, theirs_out, theirs_err]
        self.stdin: IO[bytes] | None = os.fdopen(ours_in, "wb")
        self.stdout: IO[bytes] | None = os.fdopen(ours_out, "rb")
        self.stderr: IO[bytes] | None = os.fdopen(ours_err, "rb")

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status once there is one; raise `subprocess.TimeoutExpired`."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("fork", timeout or 0)
        return self.returncode or 0

    def abandon(self) -> None:
        """Close its streams: if it starts after all, it finds nobody there and ends."""
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream:
                stream.close()

    def end(self, status: int) -> None:
        """Take note of its end."""
        self.returncode = status
        self._ended.set()


class Forker:
    """The process that has imported boto3, `lambda_runtime.py --forks`, and those that it has forked."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        """Start it; it becomes ready in the background."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._program = subprocess.Popen(
                [*command, "--forks", str(theirs.fileno())],
                env=env,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._preloaded: Future[frozenset[str]] = Future()
        self._asked: queue.SimpleQueue[Forked] = queue.SimpleQueue()
        self._lock = threading.Lock()  # they are answered in the order in which they are asked for
        threading.Thread(target=self._listen, daemon=True, name=f"forker-{self._program.pid}").start()

    @property
    def is_running(self) -> bool:
        """Whether it can still fork."""
        return self._program.poll() is None

    def preloaded(self) -> frozenset[str]:
        """Return the names of the modules that are imported in it; raise `TimeoutError`, or `OSError` if it ended."""
        return self._preloaded.result(TIMEOUT_S)

    def fork(self) -> Forked:
        """Return a new process; raise `TimeoutError`, or `OSError` if the forker has ended."""
        made = Forked()
        try:
            with self._lock:
                self._asked.put(made)
                socket.send_fds(self._control, [b"fork"], made.theirs)
        finally:
            for descriptor in made.theirs:
                os.close(descriptor)
        try:
            made.started.result(TIMEOUT_S)
        except TimeoutError:
            made.abandon()
            raise
        return made

    def _listen(self) -> None:
        running: dict[int, Forked] = {}
        with contextlib.suppress(OSError):
            while message := self._control.recv(MESSAGE_BYTES):
                match json.loads(message):
                    case ["preloaded", [*names]]:
                        self._preloaded.set_result(frozenset(names))
                    case ["forked", int(pid)]:
                        made = running[pid] = self._asked.get()
                        made.pid = pid
                        made.started.set_result(True)
                    case ["ended", int(pid), int(status)]:
                        running.pop(pid).end(status)
        self._program.kill()
        self._program.wait()
        gone = ConnectionResetError("the forker has ended")
        if not self._preloaded.done():
            self._preloaded.set_exception(gone)
        for pid, made in running.items():  # nobody would know of their end
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            made.end(-signal.SIGKILL)
        with self._lock, contextlib.suppress(queue.Empty):
            self._control.close()
            while True:
                self._asked.get_nowait().started.set_exception(gone)
