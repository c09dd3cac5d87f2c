"""Choose the LocalStack that the environment asks for: this clone's own and its port, or an external one to adopt."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from helpers.emulator import kept
from helpers.emulator.probe import resolves_localhost
from helpers.emulator.process import PORT_VARIABLE, Emulator, Status
from helpers.errors import EndpointError, PortTaken
from helpers.workbook import IS_SHARED, make_private, shared

DEFAULT_PORT = 4566
PORTS = 400  # as many instances find one on a machine; 5000, where other programs listen, is past them
KEPT_PORT = "port"

_used: Emulator | None = None


def use(emulator: Emulator) -> None:
    """Make `emulator` this process's instance, whatever the environment asks for."""
    global _used
    _used = emulator


def from_environment() -> Emulator:
    """Return the instance that the environment asks for; raises `EndpointError`.

    `AWS_ENDPOINT_URL` names one to adopt; `SI1P1_PORT` sets a port other than 4566. An `AWS_ENDPOINT_URL` that points
    to this clone's own port, as `lab.open` sets it, means this clone's instance.
    """
    if not resolves_localhost():
        raise EndpointError(
            "Este equipo no sabe qué dirección es «localhost», por la que se llega a LocalStack. Añade a /etc/hosts la "
            "línea «127.0.0.1 localhost», o pide que la añadan, y repite la orden."
        )
    if _used is not None:
        return _used
    port = chosen_port()
    if kept_by_another := kept.from_environment(port):
        return kept_by_another
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
    if endpoint:
        try:
            parts = urlsplit(endpoint)
            host, its_port = parts.hostname, parts.port
        except ValueError:  # as of http://[::1, or of a port that is no number
            parts, host, its_port = urlsplit(""), None, None
        if parts.scheme not in ("http", "https") or not host:
            raise EndpointError(
                f"AWS_ENDPOINT_URL vale «{endpoint}», que no es una dirección como http://localhost:4566. "
                "Corrígela, o bórrala para usar el LocalStack de este cuaderno."
            )
        if host.endswith(("amazonaws.com", "amazonaws.com.cn", "api.aws")):
            raise EndpointError(
                f"AWS_ENDPOINT_URL apunta a AWS de verdad ({endpoint}): las celdas crearían recursos en una cuenta "
                "real. Bórrala (unset AWS_ENDPOINT_URL) para usar el LocalStack de este cuaderno."
            )
        if (host, its_port) not in [("localhost", port), ("127.0.0.1", port)]:
            return Emulator(folder() / "ajeno", port, endpoint)
    return _own(port)


def chosen_port() -> int:
    """Return this clone's port: the one that `SI1P1_PORT` sets, the one kept from last time, or the first one.

    If another copy of the workbook or another user holds it, return the next port that neither of them holds, and keep
    it for next time. Raises `EndpointError` if `SI1P1_PORT` is not valid.
    """
    if text := os.environ.get(PORT_VARIABLE):
        if not text.isdecimal() or not 1024 <= int(text) <= 65535:
            raise EndpointError(
                f"{PORT_VARIABLE} vale «{text}»: tiene que ser un puerto entre 1024 y 65535, como 4567."
            )
        return int(text)
    last = read_kept_port()
    if _own(last).is_recorded:
        return last
    port: int
    first = _first_port()
    for port in [last, *range(first, DEFAULT_PORT + PORTS), *range(DEFAULT_PORT, first)]:
        if not _own(port).status().is_somebody_elses:
            if port != last:
                (make_private(folder()) / KEPT_PORT).write_text(str(port), "utf-8")
            return port
    return last


def read_kept_port() -> int:
    """Return the port that this clone used last, or the first one if it has never moved."""
    try:
        return int((folder() / KEPT_PORT).read_text("utf-8"))
    except (OSError, ValueError):
        return _first_port()


def _first_port() -> int:
    """Return 4566 or, where a class shares the installation and starts at once, one for this user: they do not race."""
    return DEFAULT_PORT + (os.getuid() % PORTS if IS_SHARED else 0)


def start(on_wait: Callable[[float], None] | None = None) -> Status:
    """Start or adopt the instance that the environment asks for, as `Emulator.start` does.

    If another copy of the workbook takes the port meanwhile, the next port is used.
    """
    emulator = from_environment()
    while True:
        try:
            return emulator.start(on_wait=on_wait)
        except PortTaken:
            other = from_environment()
            if other.port == emulator.port:
                raise
            emulator = other


def folder() -> Path:
    """Return the folder that holds the instances of all of this user's workbooks."""
    return shared() / "localstack"


def _own(port: int) -> Emulator:
    return Emulator(folder() / str(port), port)
