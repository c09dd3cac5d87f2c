"""What answers on a port or at an address: questions to it, with a deadline."""

import json
import socket
import urllib.request

PROBE_TIMEOUT_S = 2.0


def probe(url: str) -> dict | None:
    """Return what LocalStack says of itself at `url` (version, session_id…), or None if none answers there."""
    info = _get_json(f"{url}/_localstack/info")
    return info if info and {"version", "session_id"} <= info.keys() else None


def hooks_have_run(url: str) -> bool:
    """Tell whether the scripts of `ready.d` are done: LocalStack answers before it runs them."""
    stage = _get_json(f"{url}/_localstack/init/ready")
    return bool(stage and stage.get("completed"))


def _get_json(url: str) -> dict | None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a campus proxy cannot see this machine
    try:
        with opener.open(url, timeout=PROBE_TIMEOUT_S) as response:
            answer = json.load(response)
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def is_listening(port: int) -> bool:
    """Tell whether something accepts connections on this machine's `port`."""
    with socket.socket() as client:
        client.settimeout(PROBE_TIMEOUT_S)
        return client.connect_ex(("127.0.0.1", port)) == 0
