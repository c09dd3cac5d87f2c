"""One child process that runs a Lambda function: start it, exchange frames with it, read its log, kill it."""

import contextlib
import os
import queue
import secrets
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, Protocol, cast

import psutil

from helpers.emulator.lambdas.lambda_messages import MalformedFrame, read_frame, write_frame
from helpers.emulator.lambdas.output import Output, Printed
from helpers.emulator.settings import CONFINED_VARIABLE

# "Lambda quotas": the largest response of a synchronous invocation, 6 MB. The exact figure is the one in AWS's own
# error for a larger response.
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100

# A child sends one answer before any is read, but its function could write more.
MAX_WAITING_ANSWERS = 4
ANSWER_KINDS = ("ready", "init_error", "response", "error", "fatal")

# How long the log may lag behind the answer that it belongs to.
LOG_LAG_S = 1.0

# Bytes of log read at once: what a pipe holds on Linux. After FREE_READS reads for one answer, each further one pauses,
# so that a function that prints without end, or in tiny pieces, does not keep LocalStack's interpreter busy.
READ_BYTES = 64 * 1024
FREE_READS = 100
PAUSE_S = 0.002

# The smallest capacity of a pipe (on macOS).
PIPE_BYTES = 16 * 1024


@dataclass(frozen=True)
class Answer:
    """An answer of the child: its `kind`, one of `ANSWER_KINDS`, and a JSON payload.

    A `body` longer than `MAX_RESPONSE_BYTES` is cut to one byte more than that.
    """

    kind: str
    body: bytes
    max_memory_mb: int | None

    @classmethod
    def read(cls, stream: IO[bytes]) -> "Answer | None":
        """Read the next answer, or None when the stream ends; raise `MalformedFrame`."""
        frame = read_frame(stream, MAX_RESPONSE_BYTES + 1)
        if frame is None:
            return None
        header, body = frame
        kind, max_memory_mb = header.get("kind"), header.get("max_memory_mb")
        if kind not in ANSWER_KINDS or not isinstance(max_memory_mb, int | None):
            raise MalformedFrame("a header with other fields")
        return cls(kind, body, max_memory_mb)


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


class Program(Protocol):
    """A program that has been started, in a session of its own: `subprocess.Popen`, or a fork."""

    @property
    def pid(self) -> int:
        """Its number."""

    # Pipes, so that none of them is None.
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    def poll(self) -> int | None:
        """Return how it ended, or None if it has not."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return how it was; raise `subprocess.TimeoutExpired`."""


def new_program(command: list[str], env: dict[str, str], folder: str, own: Path) -> Program:
    """Start `command` with exactly `env` as its environment and `folder` as its working folder.

    `own` is all that it can write, if it is confined.
    """
    confined = os.environ.get(CONFINED_VARIABLE)
    return subprocess.Popen(
        [confined, str(own), *command] if confined else command,
        env=env,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


class LambdaProcess:
    """A running child. Not for concurrent use, but `kill` may come from any thread at any time."""

    def __init__(self, program: Program) -> None:
        self._end_of_log = f"\x1e{secrets.token_hex(16)}\x1e"
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._output = Output(self._end_of_log.encode())
        self._killed_at: float | None = None
        self._program = program
        self._requests = cast(IO[bytes], program.stdin)
        self._replies = cast(IO[bytes], program.stdout)
        self._errors = cast(BufferedReader, program.stderr)  # what arrives can be read at once
        for reader in (self._read_answers, self._read_log):
            threading.Thread(target=reader, daemon=True, name=f"lambda-{program.pid}").start()

    @property
    def is_running(self) -> bool:
        """Whether the child is alive."""
        return self._program.poll() is None

    def init(self, header: dict[str, Any], timeout_s: float) -> Answer:
        """Make the child load the function that `header` describes; raise `ProcessExited` or `ProcessTimedOut`."""
        return self.ask(header | {"end_of_log": self._end_of_log}, b"", timeout_s)

    def ask(self, header: dict[str, Any], body: bytes, timeout_s: float) -> Answer:
        """Send one frame and wait for its answer; raise `ProcessExited` or `ProcessTimedOut`."""
        started = time.monotonic()
        if len(body) < PIPE_BYTES // 2:
            self._write(header, body)
        else:  # a child that does not read would block the caller
            writer = threading.Thread(target=self._write, args=(header, body), daemon=True)
            writer.start()
            writer.join(max(timeout_s, 0))
        return self.wait(timeout_s - (time.monotonic() - started))

    def wait(self, timeout_s: float) -> Answer:
        """Wait for the child's next answer; raise `ProcessExited` or `ProcessTimedOut`."""
        try:
            answer = self._answers.get(timeout=max(timeout_s, 0))
        except queue.Empty:
            raise ProcessTimedOut from None
        if answer is None:
            self._answers.put(None)
            raise ProcessExited(self._reap())
        return answer

    def take_log(self) -> Printed:
        """Return the output up to the last answer's marker, or all of it if the child has ended."""
        return self._output.take(LOG_LAG_S)

    def memory_mb(self) -> int | None:
        """Return the current resident size in MB of a child that does not answer; None if it has ended."""
        try:
            return round(psutil.Process(self._program.pid).memory_info().rss / 1024**2) or None
        except psutil.Error:
            return None

    def kill(self) -> None:
        """Kill the child and what it started, at once, and reap it."""
        self._killed_at = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._program.pid, signal.SIGKILL)
        self._program.wait()
        with contextlib.suppress(OSError):
            self._requests.close()

    def _reap(self) -> int:
        """Return the exit status of a child that has closed its answers, killing it if it lingers."""
        try:
            return self._program.wait(LOG_LAG_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._program.wait()

    def _write(self, header: dict[str, Any], body: bytes) -> None:
        # Writing fails if the child has ended or is killed meanwhile; `wait` reports why it ended.
        with contextlib.suppress(OSError, ValueError):
            write_frame(self._requests, header, body)

    def _read_answers(self) -> None:
        with self._replies as stream:
            try:
                while answer := Answer.read(stream):
                    if self._answers.qsize() == MAX_WAITING_ANSWERS:
                        raise MalformedFrame("more answers than anybody asked for")
                    self._answers.put(answer)
            except MalformedFrame:
                self.kill()
                with contextlib.suppress(queue.Empty):  # earlier answers cannot be trusted either
                    while True:
                        self._answers.get_nowait()
        self._answers.put(None)

    def _read_log(self) -> None:
        with self._errors as stream:
            while piece := stream.read1(READ_BYTES):
                self._output.feed(piece)
                # Another program that the child started may outlive it and go on printing.
                if self._killed_at and time.monotonic() > self._killed_at + LOG_LAG_S:
                    break
                if self._output.pieces > FREE_READS:
                    time.sleep(PAUSE_S)
        self._output.end()
