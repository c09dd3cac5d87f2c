"""Queries about what answers on a port or at an address, all with a time-out."""

import contextlib
import json
import socket
import urllib.error
import urllib.request
from functools import cache
from typing import Any

import psutil

PROBE_TIMEOUT_S = 2.0
OWNER_TIMEOUT_S = 10.0  # whatever answered the first query will answer this one, however busy
OWNER_PATH = "/_localstack/si1p1"
OWNER_VARIABLE = "SI1P1_FOLDER"


def probe(url: str) -> dict[str, Any] | None:
    """Return LocalStack's information at `url` (version, session_id…), or None if no LocalStack answers there."""
    info = _get_json(f"{url}/_localstack/info")
    return info if info and {"version", "session_id"} <= info.keys() else None


def unused_services(url: str) -> frozenset[str]:
    """Return the services, by boto3's names, with no calls since LocalStack started, and so empty."""
    health = _get_json(f"{url}/_localstack/health") or {}
    return frozenset(name for name, state in health.get("services", {}).items() if state == "available")


def owner(url: str) -> str | None:
    """Return the folder of the workbook's instance at `url`, or "" if that LocalStack is not a workbook's.

    None if there is no answer yet.
    """
    try:
        answer = _get(f"{url}{OWNER_PATH}", OWNER_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        return ""
    except (OSError, ValueError):
        return None
    return str(answer.get("folder", ""))


def hooks_have_run(url: str) -> bool:
    """Tell whether the scripts in `ready.d` have finished: LocalStack answers before it runs them."""
    stage = _get_json(f"{url}/_localstack/init/ready")
    return bool(stage and stage.get("completed"))


def _get_json(url: str) -> dict[str, Any] | None:
    try:
        return _get(url, PROBE_TIMEOUT_S)
    except (OSError, ValueError):
        return None


def _get(url: str, timeout_s: float) -> dict[str, Any]:
    with _opener().open(url, timeout=timeout_s) as response:
        answer = json.load(response)
    if not isinstance(answer, dict):
        raise ValueError(f"{url} is not LocalStack's")
    return answer


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Return a URL opener that uses no proxy, because a campus proxy cannot reach this machine.

    It is shared: each new one reads the system's certificates, which takes 20 ms.
    """
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


@cache
def loopback_addresses() -> list[str]:
    """Return this machine's addresses that `localhost` may resolve to: only one without IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return ["127.0.0.1"]
    return ["127.0.0.1", "::1"]


def resolves_localhost() -> bool:
    """Tell whether `localhost` has an address here."""
    try:
        return bool(socket.getaddrinfo("localhost", None))
    except OSError:
        return False


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_listening(port: int) -> bool:
    """Tell whether something accepts connections on this machine's `port`."""
    for address in loopback_addresses():
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as client:
            client.settimeout(PROBE_TIMEOUT_S)
            if client.connect_ex((address, port)) == 0:
                return True
    return False


def occupant(port: int) -> str:
    """Return the program that listens on this machine's `port`, named as a student would look for it."""
    # Some systems hide other users' processes.
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr.port == port
                and connection.pid
            ):
                return f"«{psutil.Process(connection.pid).name()}» (proceso {connection.pid})"
    return "otro programa"
