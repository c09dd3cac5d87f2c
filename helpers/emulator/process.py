"""LocalStack as a process: start, stop, restart and check this clone's instance.

One instance serves all notebooks. It outlives the process that started it, keeps its files and its log in its own
folder, and is recognised later by the process id and creation time recorded there. A LocalStack that already holds the
port, or that `AWS_ENDPOINT_URL` names, is adopted: used, but never stopped.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from helpers.emulator import journal, process_record, settings, socket_owner, up_to_date
from helpers.emulator.journal import Entry, Kind, now_ms
from helpers.emulator.probe import (
    OWNER_VARIABLE,
    hooks_have_run,
    is_listening,
    loopback_addresses,
    occupant,
    owner,
    probe,
)
from helpers.emulator.process_record import has_ended, identity, reap_when_ended, recorded
from helpers.errors import EndpointError, NotOurs, PortTaken, StartError
from helpers.polling import ask_until
from helpers.workbook import PRIVATE_UMASK, make_private

PORT_VARIABLE = "SI1P1_PORT"
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 10.0
READY_POLL_S = 0.015
END_POLL_S = 0.01
LOG_TAIL_LINES = 15


class State(StrEnum):
    """What is on the port; the values are shown to the student."""

    STOPPED = "parado"
    STARTING = "arrancando"
    RUNNING = "en marcha"
    ADOPTED = "en marcha (no lo ha arrancado este cuaderno)"
    OTHERS = "en marcha, de otra copia del cuaderno"
    ANOTHER_USERS = "puerto ocupado por otro usuario de este equipo"
    OCCUPIED = "puerto ocupado por otro programa"


@dataclass(frozen=True)
class Status:
    """A snapshot of the instance; unknown fields are None. `session_id` changes with every start."""

    state: State
    url: str
    version: str | None = None
    session_id: str | None = None
    pid: int | None = None
    log: Path | None = None

    @property
    def answers(self) -> bool:
        """Whether LocalStack answers there."""
        return self.state in (State.RUNNING, State.ADOPTED)

    @property
    def is_somebody_elses(self) -> bool:
        """Whether another workbook or another user holds the port, so that the next one may be free."""
        return self.state in (State.OTHERS, State.ANOTHER_USERS)


class Emulator:
    """LocalStack on one port, with its files in `folder`; or an external one at `endpoint`, to be adopted."""

    def __init__(self, folder: Path, port: int, endpoint: str | None = None) -> None:
        self.folder = folder
        self.port = port
        self.url = endpoint or f"http://localhost:{port}"
        self.is_external = endpoint is not None
        self.log = folder / "localstack.log"
        self.ready_hooks = folder / "ready.d"
        self.command = [sys.executable, "-m", "localstack.runtime.main"]
        self._record = folder / process_record.RECORD

    @property
    def is_recorded(self) -> bool:
        """Whether the process started for this instance still runs; sends it no request."""
        return self._process() is not None

    def status(self) -> Status:
        """Return the current status; takes a few seconds at most."""
        process = self._process()
        if not self.is_external and self._strange_listener() is not None:
            return Status(State.ANOTHER_USERS, self.url)
        info = probe(self.url)
        if info is not None:
            whose = "" if self.is_external else owner(self.url)
            known = Status(State.ADOPTED, self.url, info["version"], info["session_id"])
            if whose == str(self.folder) and process:
                return replace(known, state=State.RUNNING, pid=process.pid, log=self.log)
            if whose in ("", str(self.folder)):
                return known
            if whose is not None:
                return replace(known, state=State.OTHERS)
        if process:
            return Status(State.STARTING, self.url, pid=process.pid, log=self.log)
        if not self.is_external and is_listening(self.port):
            return Status(State.OCCUPIED, self.url)
        return Status(State.STOPPED, self.url)

    def start(self, timeout_s: float = START_TIMEOUT_S, on_wait: Callable[[float], None] | None = None) -> Status:
        """Make sure that LocalStack answers, adopting or starting it; return its status.

        `on_wait` is called with the seconds waited, about once a second. Raises `PortTaken`, `EndpointError`, or
        `StartError` if LocalStack ends or is not ready in time.
        """
        if self.is_external:
            return self._adopt()
        with self._locked(timeout_s):
            if self._has_lost_its_files():
                self._end()
            status = self.status()
            if status.state is State.OCCUPIED or status.is_somebody_elses:
                raise self._taken(status)
            if status.answers:
                return status
            if status.pid is not None:  # another process is starting it, and may fail
                with contextlib.suppress(StartError):
                    return self._wait_until_ready(timeout_s, on_wait)
            up_to_date.need()
            self._spawn()
            return self._wait_until_ready(timeout_s, on_wait)

    def stop(self) -> Status:
        """End this clone's instance, if there is one; raises `NotOurs` for an adopted one."""
        if not self.is_external:
            with self._locked(STOP_TIMEOUT_S):
                self._end()
        status = self.status()
        if status.state is State.ADOPTED:
            raise NotOurs(
                f"El LocalStack de {self.url} no lo ha arrancado este cuaderno, así que no lo para. "
                "Páralo donde lo arrancaste (CTRL+C, o docker stop)."
            )
        return status

    def restart(self, on_wait: Callable[[float], None] | None = None) -> Status:
        """Stop and start, with an empty cloud; raises what `stop` and `start` raise."""
        up_to_date.need()
        self.stop()
        return self.start(on_wait=on_wait)

    def open_section(self, name: str) -> None:
        """Write in the journal that `lab.open` has opened a section."""
        journal.append(self.folder, Entry(Kind.SECTION, now_ms(), name))

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """Return the last lines of the instance's log."""
        if not self.log.exists():
            return "(el registro está vacío)"
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    # The steps

    def _adopt(self) -> Status:
        status = self.status()
        if not status.answers:
            raise EndpointError(
                f"AWS_ENDPOINT_URL vale {self.url}, pero ahí no responde ningún LocalStack. "
                "Arráncalo, corrige la variable, o bórrala para usar el de este cuaderno."
            )
        return status

    @contextlib.contextmanager
    def _locked(self, timeout_s: float) -> Iterator[None]:
        """Let one process at a time start or stop the instance."""
        make_private(self.folder)
        try:
            with FileLock(self.folder / "lock", timeout=timeout_s):
                yield
        except Timeout:
            raise StartError(
                f"Otro proceso lleva más de {timeout_s:.0f} segundos arrancando o parando este LocalStack. "
                "Espera a que termine, o mira con «si1p1 status» qué hay en marcha."
            ) from None

    def _process(self) -> psutil.Process | None:
        """Return this instance's process if it is alive, or None.

        Without a record of it, as when the folder has been removed or the clock set, it is known by the variables that
        it was started with.
        """
        process = recorded(self.folder)
        if process or self.is_external or not is_listening(self.port):
            return process
        return process_record.find_by_variable(self.command[1:], OWNER_VARIABLE, str(self.folder))

    def _has_lost_its_files(self) -> bool:
        """Whether it runs without its folder, which has been removed, moved or renamed since it started."""
        process = self._process()
        return bool(
            process and not Path(process_record.started_with(process).get("FILESYSTEM_ROOT", self.folder)).is_dir()
        )

    def _spawn(self) -> None:
        """Start LocalStack in its own session and record its process."""
        files = self.folder / "files"
        shutil.rmtree(files, ignore_errors=True)
        for name in settings.FOLDERS:
            (files / name).mkdir(parents=True)
        if self.ready_hooks.exists():
            shutil.copytree(self.ready_hooks, files / "etc" / "localstack" / "init" / "ready.d")
        env = settings.environment(self.folder, files, self._addresses())
        with self.log.open("wb") as log:
            popen = subprocess.Popen(
                self.command,
                cwd=files,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=PRIVATE_UMASK,
            )
        reap_when_ended(popen)
        self._record.write_text(json.dumps(identity(psutil.Process(popen.pid))), "utf-8")

    def _wait_until_ready(self, timeout_s: float, on_wait: Callable[[float], None] | None) -> Status:
        status, is_settled = ask_until(self.status, self._is_settled, timeout_s, on_wait, READY_POLL_S)
        if status.state is State.RUNNING and is_settled:
            journal.append(self.folder, Entry(Kind.START, now_ms()))
            return status
        self._end()
        if status.state is State.ADOPTED:
            return status
        if status.state is State.OCCUPIED or status.is_somebody_elses:  # it took the port before ours did
            raise self._taken(status)
        reason = "ha terminado mientras arrancaba" if is_settled else f"no ha respondido en {timeout_s:.0f} segundos"
        raise StartError(
            f"LocalStack {reason}. Prueba otra vez con «si1p1 restart»; si se repite, el motivo suele estar al final "
            f"de su registro, {self.log}:\n{self.log_tail()}"
        )

    def _is_settled(self, status: Status) -> bool:
        """Whether a start has come to an end, good or bad."""
        if status.state is State.RUNNING:
            return hooks_have_run(self.url)
        return status.state is not State.STARTING

    def _end(self) -> None:
        """Kill the recorded process and its children, and delete its record and files.

        It is killed outright: LocalStack takes 3 to 7 seconds to shut down (measured) and saves nothing in that time.
        """
        process = self._process()
        if process:
            family = [process, *process.children(recursive=True)]
            for member in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
            journal.append(self.folder, Entry(Kind.STOP, now_ms()))
            deadline = time.monotonic() + STOP_TIMEOUT_S
            while not all(map(has_ended, family)) and time.monotonic() < deadline:
                time.sleep(END_POLL_S)
        self._record.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "files", ignore_errors=True)

    def _addresses(self) -> list[socket_owner.Address]:
        """Return every address that `localhost` may resolve to, so that nobody else can listen on one of them."""
        return [(host, self.port) for host in loopback_addresses()]

    def _strange_listener(self) -> int | None:
        try:
            return socket_owner.strange_listener(self._addresses(), socket_owner.allowed_uids())
        except ValueError:
            raise EndpointError(
                f"{socket_owner.ALLOW_VARIABLE} vale «{os.environ[socket_owner.ALLOW_VARIABLE]}»: tienen que ser "
                "números de usuario separados por comas, como 1001,1002. Corrígela o bórrala."
            ) from None

    def _taken(self, status: Status) -> PortTaken:
        if status.state is State.OTHERS:
            holder = f"el LocalStack de otra copia del cuaderno ({owner(self.url)})"
        elif status.state is State.ANOTHER_USERS:
            holder = f"otro usuario de este equipo (el número {self._strange_listener()})"
        else:
            holder = f"{occupant(self.port)}, que no es LocalStack"
        return PortTaken(
            f"El puerto {self.port} lo tiene {holder}. Ciérralo, o elige otro puerto con la variable "
            f"{PORT_VARIABLE}, por ejemplo: {PORT_VARIABLE}={self.port + 1} make lab"
        )
