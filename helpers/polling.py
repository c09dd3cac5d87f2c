"""Wait for changes that AWS makes asynchronously."""

import time
from collections.abc import Callable

from botocore.exceptions import ClientError

from helpers.errors import WaitError

TIMEOUT_S = 10.0
# boto3's own waiters ask once a second; LocalStack makes these changes in some tens of milliseconds.
POLL_S = 0.02


def wait_until[Response](
    call: Callable[[], Response],
    ready: Callable[[Response], bool],
    timeout_s: float = TIMEOUT_S,
    on_wait: Callable[[float], None] | None = None,
) -> Response:
    """Repeat `call` until `ready` accepts its response, and return it.

    An AWS error counts as not ready yet. `on_wait` is called with the seconds waited, about once a second. After
    `timeout_s`, raises AWS's last error, or `WaitError`.
    """
    started = reported = time.monotonic()
    while True:
        error = None
        try:
            response = call()
            if ready(response):
                return response
        except ClientError as refusal:
            error = refusal
        now = time.monotonic()
        if now - started > timeout_s:
            raise error or WaitError(
                f"La respuesta de AWS sigue sin ser la que esta celda espera después de {timeout_s:.0f} segundos. "
                "Ejecuta el cuaderno desde su primera celda."
            )
        if on_wait and now - reported >= 1:
            reported = now
            on_wait(now - started)
        time.sleep(POLL_S)
