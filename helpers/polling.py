"""Wait for what takes its time: a change that AWS makes asynchronously, or LocalStack's start."""

import time
from collections.abc import Callable

from botocore.exceptions import ClientError

from helpers.errors import WaitError

TIMEOUT_S = 10.0
# boto3's own waiters ask once a second; LocalStack makes these changes in some tens of milliseconds.
POLL_S = 0.02


def ask_until[Answer](
    ask: Callable[[], Answer],
    enough: Callable[[Answer], bool],
    timeout_s: float,
    on_wait: Callable[[float], None] | None = None,
    poll_s: float = POLL_S,
) -> tuple[Answer, bool]:
    """Repeat `ask` until its answer is `enough`; return the last answer and whether it is.

    `on_wait` is called with the seconds waited, about once a second.
    """
    started = reported = time.monotonic()
    while not enough(answer := ask()):
        now = time.monotonic()
        if now - started > timeout_s:
            return answer, False
        if on_wait and now - reported >= 1:
            reported = now
            on_wait(now - started)
        time.sleep(poll_s)
    return answer, True


def wait_until[Response](
    call: Callable[[], Response],
    ready: Callable[[Response], bool],
    timeout_s: float = TIMEOUT_S,
    on_wait: Callable[[float], None] | None = None,
) -> Response:
    """Repeat `call` until `ready` accepts its response, and return it; `on_wait` as in `ask_until`.

    An AWS error counts as not ready yet. After `timeout_s`, raises AWS's last error, or `WaitError`.
    """

    def ask() -> Response | ClientError:
        try:
            return call()
        except ClientError as error:
            return error

    answer, is_ready = ask_until(
        ask, lambda answer: not isinstance(answer, ClientError) and ready(answer), timeout_s, on_wait
    )
    if isinstance(answer, ClientError):
        raise answer
    if not is_ready:
        raise WaitError(
            f"Lo que esta celda espera sigue sin llegar después de {timeout_s:.0f} segundos. Ejecuta el cuaderno desde "
            "su primera celda."
        )
    return answer
