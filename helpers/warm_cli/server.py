"""The process that has imported the AWS CLI and forks for each command.

`python -I -m helpers.warm_cli.server FOLDER`, started by the first command typed; it ends by itself some seconds after
the instance of that folder does. Two forks a command: one watches the caller, the other becomes the command, which
runs the same program file as always, with everything that it imports already in memory.
"""

import ast
import atexit
import fcntl
import gc
import importlib
import os
import runpy
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from helpers.emulator.process_record import recorded
from helpers.warm_cli.client import LOCK, SOCKET

LOOK_S = 5.0
SERVICES = ("s3", "s3control", "lambda", "apigateway", "dynamodb", "logs", "sts")
# The ordinary command's Python and C library would read these as they start; this process has read its own.
READ_AT_START = ("PYTHON", "LC_", "LANG", "MALLOC_", "LD_")
WITHOUT_EFFECT = {"PYTHONNOUSERSITE", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}  # the last is seen to below


def main() -> None:
    """Serve until the instance ends. Only the process of a command comes out of `_serve` with something to run."""
    folder = Path(sys.argv[1])
    lock = (folder / LOCK).open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    os.chdir(folder)
    ending = Ending()
    _load()
    if request := _serve(lock):
        _become(request, ending)


def _load() -> None:
    """Import what commands import, and read the descriptions of the practice's services."""
    import awscli.clidriver
    import boto3.session
    import botocore.hooks
    import botocore.loaders
    import localstack_client.config
    from awscli.customizations.cloudformation import deploy, package
    from awscli.customizations.s3 import s3, subcommands

    _ = boto3.session, localstack_client.config, deploy, package, s3, subcommands
    _share_descriptions(botocore.loaders.Loader)
    _share_event_names(botocore.hooks.EventAliaser)
    session = awscli.clidriver.create_clidriver().session
    for service in SERVICES:
        client = session.create_client(service, "us-east-1", endpoint_url="http://localhost")
        client.can_paginate(next(iter(client.meta.method_to_api_mapping)))
        _ = client.waiter_names
    session.get_available_services()
    gc.collect()
    gc.freeze()


def _share_descriptions(loader: Any) -> None:
    """Let every loader of the same folders use what the first one has read: most of the time of a command."""
    caches: dict[tuple[str, ...], dict[Any, Any]] = {}
    initialise = loader.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        self._cache = caches.setdefault(tuple(self.search_paths), self._cache)

    loader.__init__ = __init__


def _share_event_names(aliaser: Any) -> None:
    """Remember which events have no other name: botocore compares each one with some 200, a third of a command's time.

    The others are looked up each time, for `--debug` tells of them.
    """
    without_alias: set[str] = set()
    look_up = aliaser._alias_event_name

    def _alias_event_name(self: Any, event_name: str) -> Any:
        if event_name in without_alias:
            return event_name
        found = look_up(self, event_name)
        if found == event_name:
            without_alias.add(event_name)
        return found

    aliaser._alias_event_name = _alias_event_name


def _serve(lock: TextIO) -> dict[str, Any] | None:
    """Fork for each connection until the instance ends; return in a command's process, with its request."""
    Path(SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(SOCKET)
    Path(SOCKET).chmod(0o600)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that watch
    # The instance is looked at only in a pause: a command does not wait for it.
    while (called := select.select([listener], [], [], LOOK_S)[0]) or _instance_runs():
        if not called:
            continue
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            lock.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _watch(connection)
        connection.close()
    Path(SOCKET).unlink(missing_ok=True)
    return None


def _instance_runs() -> bool:
    """Whether there is an instance; a restart leaves none for a moment."""
    for _ in range(2):
        if recorded(Path()):
            return True
        time.sleep(LOOK_S / 2)
    return False


def _watch(connection: socket.socket) -> dict[str, Any] | None:
    """Fork the command's process, where this returns its request; tell the caller how it ends, and end."""
    request, streams = _receive(connection)
    if request is None:
        os._exit(0)
    worker = os.fork()
    if worker == 0:
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        return request
    for stream in streams:
        os.close(stream)
    connection.sendall(worker.to_bytes(4))
    threading.Thread(target=_kill_without_caller, args=(connection, worker), daemon=True).start()
    ended = os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)  # not reaped: its id stays its own
    assert ended is not None  # noqa: S101 - only with WNOHANG
    status = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
    try:
        connection.sendall(status.to_bytes(4, signed=True))
        connection.recv(1)  # until the caller has ended
    finally:
        os.waitpid(worker, 0)
        os._exit(0)


def _kill_without_caller(connection: socket.socket, worker: int) -> None:
    """Kill the command if its caller goes away without it, as if it had been the command itself."""
    connection.recv(1)
    os.kill(worker, signal.SIGKILL)


def _receive(connection: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """Return the request and the caller's three streams; no request if the ordinary command must run it."""
    _, (told, *streams), _, _ = socket.recv_fds(connection, 1, 4)
    os.lseek(told, 0, os.SEEK_SET)
    with os.fdopen(told) as file:
        request = ast.literal_eval(file.read())
    return (request if _reads_the_same(request["environment"], os.environ) else None), streams


def _reads_the_same(wanted: Mapping[str, str], own: Mapping[str, str]) -> bool:
    """Whether Python and the C library would have started in the same way with `wanted` as environment."""

    def read(environment: Mapping[str, str]) -> dict[str, str]:
        return {
            name: value
            for name, value in environment.items()
            if name.startswith(READ_AT_START) and name not in WITHOUT_EFFECT and value
        }

    # This process ignores the variables of Python (-I): none may be set.
    return read(wanted) == {name: value for name, value in read(own).items() if not name.startswith("PYTHON")}


class Ending:
    """Ends a command's process after all that was left for its end, without the 30 ms that Python takes to tidy memory.

    To be made before what may leave something for the end is imported.
    """

    def __init__(self) -> None:
        self.code: int | None = None
        atexit.register(self._end)

    def _end(self) -> None:
        if self.code is None:
            return
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError):  # of a stream that is closed, or not there
            return  # Python tells of it, if there is something to tell
        os._exit(self.code)


def _become(request: dict[str, Any], ending: Ending) -> None:
    """Run the command as its program would, in the caller's folder and environment."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN if number in request["ignored"] else default)
    os.chdir(request["folder"])
    os.umask(request["umask"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    importlib.reload(sys.modules["awscli"])  # it reads AWS_DATA_PATH, and adds its own folders
    sys.argv = request["arguments"]
    sys.path[0:0] = [str(Path(sys.argv[0]).parent)]
    sys.stdin, sys.stdout, sys.stderr = _streams()
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, int):  # otherwise, Python ends as always
            ending.code = end.code & 0xFF
        raise


def _streams() -> tuple[TextIO, TextIO, TextIO]:
    """Return the standard streams as Python opens them."""
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))

    def output(stream: int, like: TextIO, by_lines: bool) -> TextIO:
        raw = os.fdopen(stream, "wb", buffering=0 if unbuffered else -1, closefd=False)
        return TextIOWrapper(raw, like.encoding, like.errors, line_buffering=by_lines, write_through=unbuffered)

    return (
        open(0, encoding=sys.stdin.encoding, errors=sys.stdin.errors, closefd=False),
        output(1, sys.stdout, os.isatty(1)),
        output(2, sys.stderr, True),
    )


if __name__ == "__main__":
    main()
