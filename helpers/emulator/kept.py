"""An instance that another process keeps: what may not touch it asks that process to start and stop it.

So that somebody else's notebooks are marked: they run where LocalStack's process and its journal are out of their
reach. The keeper listens on a Unix socket in a folder that both can write; a request is one line, a verb and at most
one word, and so is its answer.
"""

import contextlib
import os
import shlex
import shutil
import socket
import socketserver
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from helpers.emulator import journal, process_record
from helpers.emulator.journal import Entry, Kind, now_ms
from helpers.emulator.probe import probe
from helpers.emulator.process import START_TIMEOUT_S, Emulator, State, Status
from helpers.errors import EmulatorError, Si1p1Error

KEPT_VARIABLE = "SI1P1_KEPT"  # the folder with the keeper's socket
SOCKET = "keeper.sock"
DONE = "ok"
MAX_REQUEST = 200
MAX_ANSWER = 10_000
MAX_HOOKS = 20


class KeptEmulator(Emulator):
    """The instance as it is seen from outside: its state is asked of LocalStack, and the rest of its keeper."""

    def status(self) -> Status:
        """Return the current status."""
        info = probe(self.url)
        if info is None:
            return Status(State.STOPPED, self.url)
        return Status(State.RUNNING, self.url, info["version"], info["session_id"], log=self.log)

    def start(self, timeout_s: float = START_TIMEOUT_S, on_wait: Callable[[float], None] | None = None) -> Status:
        """Have it started unless it runs; the waiting is not told. Raises `EmulatorError`."""
        status = self.status()
        if not status.answers:
            self._ask("start", timeout_s)
            status = self.status()
        return status

    def stop(self) -> Status:
        """Have it stopped; raises `EmulatorError`."""
        self._ask("stop")
        return self.status()

    def open_section(self, name: str) -> None:
        """Have it written in the journal; raises `EmulatorError`."""
        self._ask(f"section {name}")

    def _ask(self, request: str, timeout_s: float = START_TIMEOUT_S) -> None:
        try:
            with socket.socket(socket.AF_UNIX) as keeper:
                keeper.settimeout(timeout_s)
                keeper.connect(str(self.folder / SOCKET))
                keeper.sendall(f"{request}\n".encode())
                with keeper.makefile("rb") as answers:
                    answer = answers.readline(MAX_ANSWER).decode("utf-8", "replace").strip()
        except OSError as error:
            answer = f"No responde quien arranca este LocalStack: {error}."
        if answer != DONE:
            raise EmulatorError(answer)


class Keeper(socketserver.ThreadingUnixStreamServer):
    """Does with `emulator` what is asked through `folder`; as a context, while it lasts.

    The scripts of `ready.d` that others leave in `folder` are run by the command `confined`, if it is not empty.
    """

    daemon_threads = True

    def __init__(self, emulator: Emulator, folder: Path, confined: Sequence[str]) -> None:
        self._emulator, self._asked_hooks, self._confined = emulator, folder / emulator.ready_hooks.name, confined
        for name in (journal.FILE, journal.OLDER, emulator.log.name, process_record.RECORD):
            (folder / name).symlink_to(emulator.folder / name)
        super().__init__(str(folder / SOCKET), _Request)

    def __enter__(self) -> "Keeper":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def do(self, request: str) -> str:
        """Do what a request says and return its answer: `DONE`, or why it could not be done."""
        verb, _, word = request.partition(" ")
        try:
            match verb:
                case "start":
                    self._take_hooks()
                    self._emulator.start()
                case "stop":
                    self._emulator.stop()
                case "section":
                    journal.append(self._emulator.folder, Entry(Kind.SECTION, now_ms(), word))
                case _:
                    return f"No se sabe qué es «{verb}»."
        except (Si1p1Error, OSError) as error:
            return " ".join(str(error).split())
        return DONE

    def _take_hooks(self) -> None:
        """Write, for each script that has been left, one of ours that runs it confined, as LocalStack would not."""
        shutil.rmtree(self._emulator.ready_hooks, ignore_errors=True)
        self._emulator.ready_hooks.mkdir(parents=True)
        there = sorted(self._asked_hooks.iterdir()) if self._asked_hooks.is_dir() else []
        for number, script in enumerate([one for one in there if one.suffix in (".sh", ".py")][:MAX_HOOKS]):
            ours = self._emulator.ready_hooks / f"{number:02}.sh"
            words = [*self._confined, *(["python3"] if script.suffix == ".py" else []), script]
            ours.write_text(f"#!/bin/sh\nexec {shlex.join(map(str, words))}\n", "utf-8", "surrogateescape")
            ours.chmod(0o700)


class _Request(socketserver.StreamRequestHandler):
    server: Keeper
    timeout = 10

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            request = self.rfile.readline(MAX_REQUEST).decode("utf-8", "replace").strip()
            self.wfile.write(f"{self.server.do(request)[: MAX_ANSWER // 4]}\n".encode())


def from_environment(port: int) -> KeptEmulator | None:
    """Return the kept instance that the environment names, or None."""
    folder = os.environ.get(KEPT_VARIABLE)
    return KeptEmulator(Path(folder), port) if folder else None
