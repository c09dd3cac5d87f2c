"""One child process that runs a Lambda function: start it, exchange frames with it, read its log, kill it."""

import contextlib
import os
import queue
import secrets
import signal
import subprocess
import threading
from dataclasses import dataclass
from io import BufferedReader
from typing import IO, Any, cast

import psutil

from helpers.emulator.lambda_frames import read_frame, write_frame

# How long the log may lag behind the answer that it belongs to.
LOG_LAG_S = 1.0


@dataclass(frozen=True)
class Answer:
    """What the child said: `kind` (preloaded, ready, init_error, response, error or fatal) and a JSON payload."""

    kind: str
    body: bytes
    max_memory_mb: int | None


class ProcessExited(Exception):
    """The child ended without an answer."""

    def __init__(self, returncode: int) -> None:
        self.returncode = returncode
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        """Why it ended, in the words of AWS's Runtime.ExitError."""
        if self.returncode == 0:
            return "Runtime exited without providing a reason"
        if self.returncode < 0:
            name = signal.strsignal(-self.returncode) or f"signal {-self.returncode}"
            return f"Runtime exited with error: signal: {name.lower()}"
        return f"Runtime exited with error: exit status {self.returncode}"


class ProcessTimedOut(Exception):
    """The child did not answer in time."""


class LambdaProcess:
    """A running child. Not for concurrent use, but `kill` may come from any thread at any time."""

    def __init__(self, command: list[str], env: dict[str, str], folder: str) -> None:
        """Start `command` with exactly `env` as its environment and `folder` as its working folder."""
        self._end_of_log = f"\x1e{secrets.token_hex(16)}\x1e"
        self._answers: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
        self._log = bytearray()
        self._log_ended = False
        self._log_changed = threading.Condition()
        self._popen = subprocess.Popen(
            command,
            env=env,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        # Pipes, so they are there; the one of the log can be read as it comes.
        self._requests = cast(IO[bytes], self._popen.stdin)
        self._replies = cast(IO[bytes], self._popen.stdout)
        self._errors = cast(BufferedReader, self._popen.stderr)
        for reader in (self._read_answers, self._read_log):
            threading.Thread(target=reader, daemon=True, name=f"lambda-{self._popen.pid}").start()

    @property
    def is_running(self) -> bool:
        """Whether the child lives."""
        return self._popen.poll() is None

    def init(self, header: dict[str, Any], timeout_s: float) -> Answer:
        """Have the child load the function that `header` describes; raise `ProcessExited` or `ProcessTimedOut`."""
        return self.ask(header | {"end_of_log": self._end_of_log}, b"", timeout_s)

    def ask(self, header: dict[str, Any], body: bytes, timeout_s: float) -> Answer:
        """Send one frame and wait for its answer; raise `ProcessExited` or `ProcessTimedOut`."""
        # A child that has gone cannot be written to; why it went is what `wait` reports.
        with contextlib.suppress(OSError):
            write_frame(self._requests, header, body)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float) -> Answer:
        """Wait for the child's next answer; raise `ProcessExited` or `ProcessTimedOut`."""
        try:
            frame = self._answers.get(timeout=max(timeout_s, 0))
        except queue.Empty:
            raise ProcessTimedOut from None
        if frame is None:
            self._answers.put(None)
            raise ProcessExited(self._reap())
        header, body = frame
        return Answer(header["kind"], body, header.get("max_memory_mb"))

    def take_log(self) -> str:
        """Return what was printed up to the last answer's marker, or all that a child printed before it ended."""
        marker = self._end_of_log.encode()
        with self._log_changed:
            self._log_changed.wait_for(lambda: marker in self._log or self._log_ended, LOG_LAG_S)
            text, _, rest = self._log.partition(marker)
            self._log = bytearray(rest)
        return text.decode("utf-8", "replace")

    def memory_mb(self) -> int | None:
        """Return the child's resident size now, for one that does not answer; None if it has gone."""
        try:
            return round(psutil.Process(self._popen.pid).memory_info().rss / 1024**2) or None
        except psutil.Error:
            return None

    def kill(self) -> None:
        """End the child and what it started, at once, and reap it."""
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(self._popen.pid, signal.SIGKILL)
            else:
                self._popen.kill()
        self._popen.wait()
        with contextlib.suppress(OSError):
            self._requests.close()

    def _reap(self) -> int:
        """Return the exit status of a child whose answers have ended; one that lingers is killed."""
        try:
            return self._popen.wait(LOG_LAG_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._popen.returncode

    def _read_answers(self) -> None:
        with self._replies as stream:
            while (frame := read_frame(stream)) is not None:
                self._answers.put(frame)
        self._answers.put(None)

    def _read_log(self) -> None:
        with self._errors as stream:
            while piece := stream.read1(65536):
                with self._log_changed:
                    self._log += piece
                    self._log_changed.notify_all()
        with self._log_changed:
            self._log_ended = True
            self._log_changed.notify_all()
