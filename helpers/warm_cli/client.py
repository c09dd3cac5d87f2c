"""What is typed as `aws`: hand the command to the server and end as it ends, or run the ordinary command.

Its arguments: the instance's folder, the ordinary program, and then the command's own.

Run as a program, without site packages. It imports nothing of this project, nor what `signal`, `socket`, `json` and
`contextlib` add to the modules of C below: its start, with them, takes 22 ms in place of 9.
"""

import _signal as signal
import _socket as socket
import fcntl
import os
import sys

SOCKET, LOCK = "cli.sock", "cli.lock"
# `help` opens a pager and `configure` asks questions: they need a terminal that controls their process.
LEFT_TO_ORDINARY = {"help", "configure", "-h"}
FORWARDED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}
STOPPED_BY = {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}


def main() -> None:
    """Run the command; never returns."""
    folder, ordinary, *arguments = sys.argv[1:]
    if not LEFT_TO_ORDINARY & set(arguments):
        if connection := _connect(folder):
            # A signal that arrives now waits until there is a process to send it to.
            signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED | STOPPED_BY)
            if worker := _hand_over(connection, [ordinary, *arguments]):
                _end_as(connection, worker)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED | STOPPED_BY)
        else:
            _start_server(folder)
    os.execv(sys.executable, [sys.executable, ordinary, *arguments])  # noqa: S606 - the caller's own words


def _connect(folder: str) -> socket.socket | None:
    """Return a connection to the server of `folder`, or None if there is no server."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        here = os.open(".", os.O_RDONLY)
    except OSError:  # the current folder is gone
        return None
    try:
        os.chdir(folder)  # the address of a Unix socket has 107 bytes at most, and a folder's name may have more
        connection.connect(SOCKET)
    except OSError:
        return None
    finally:
        os.fchdir(here)
        os.close(here)
    return connection


def _hand_over(connection: socket.socket, arguments: list[str]) -> int:
    """Give the command to the server; return the id of the process that runs it, or 0 if it is not for the server."""
    try:
        os.umask(umask := os.umask(0o077))  # there is no other way to ask for it
        request = {
            "arguments": arguments,
            "folder": os.getcwd(),
            "environment": dict(os.environ),
            "umask": umask,
            "ignored": [number for number in FORWARDED if signal.getsignal(number) == signal.SIG_IGN],
        }
        told = os.memfd_create("command")  # of any length, where a message would be cut
        os.write(told, ascii(request).encode())
        descriptors = b"".join(one.to_bytes(4, sys.byteorder) for one in (told, 0, 1, 2))
        connection.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
        os.close(told)
        return int.from_bytes(connection.recv(4, socket.MSG_WAITALL))
    except (OSError, ValueError):  # the folder is gone, a stream is closed, or the server has just ended
        return 0


def _end_as(connection: socket.socket, worker: int) -> None:
    """Pass signals on to `worker` until it ends, and end this process in the same way.

    The worker is not reaped while the connection lasts, so its id is not another's.
    """

    def forward(number: int, _: object) -> None:
        try:  # noqa: SIM105
            os.kill(worker, number)
        except ProcessLookupError:
            pass

    def stop(number: int, _: object) -> None:
        os.kill(worker, signal.SIGSTOP)
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)  # this process stops here, until it is told to go on
        signal.signal(number, stop)
        os.kill(worker, signal.SIGCONT)

    for number in FORWARDED | STOPPED_BY:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop if number in STOPPED_BY else forward)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED | STOPPED_BY)
    ended = connection.recv(4, socket.MSG_WAITALL)
    if len(ended) < 4:
        sys.stderr.write("La orden se ha interrumpido: ha terminado su proceso. Hay que escribirla otra vez.\n")
        os._exit(1)
    status = int.from_bytes(ended, signed=True)
    if status < 0:  # by a signal
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status & 0xFF)


def _start_server(folder: str) -> None:
    """Start the server for the commands to come, unless it is starting already."""
    try:
        with open(os.path.join(folder, LOCK), "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(lock, fcntl.LOCK_UN)
        nowhere = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        command = [sys.executable, "-I", "-m", "helpers.warm_cli.server", folder]
        os.posix_spawn(sys.executable, command, os.environ, file_actions=nowhere, setsid=True)
    except OSError:
        pass


if __name__ == "__main__":
    main()
