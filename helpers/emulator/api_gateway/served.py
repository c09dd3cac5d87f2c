"""What the journal tells of a request to an API besides its answer: which function it went to, and why it failed.

The gateway leaves it in the request's environ, where `recorder.py` finds it.
"""

from typing import Any

from rolo import Response

from helpers.emulator.api_gateway import failures
from helpers.emulator.api_gateway.execution_log import FAILURE
from helpers.emulator.recorder import SERVED

# Of what a function returned that is not a proxy response.
MAX_RETURNED = 300


def note(context: Any, **facts: str) -> None:
    """Add `facts`, by the names of the journal's fields, to what is told of the request of `context`."""
    context.request.environ.setdefault(SERVED, {}).update(facts)


def note_failure(chain: object, context: Any, response: Response) -> None:
    """Note why the request failed, in the words of AWS's execution log if it has a line for it."""
    failure = context.get(FAILURE)
    if failure is not None:
        note(context, message=failures.line_of(failure) or "")
    if context.resource is not None:
        integration = (context.resource_method or {}).get("methodIntegration") or {}
        note(context, route=context.resource["path"], integration=integration.get("type", ""))


def brief(returned: bytes) -> str:
    """Return the beginning of what a function returned."""
    text = returned.decode("utf-8", "replace")
    return text if len(text) <= MAX_RETURNED else f"{text[:MAX_RETURNED]}…"
