"""The answers to a request that fails, and AWS's line about each in the execution log.

Sources: "Gateway response types" (API Gateway Developer Guide) for the statuses; "How do I resolve HTTP 502 errors from
API Gateway REST APIs with Lambda proxy integration?" and its neighbours on 500 and 504 (AWS re:Post) for the lines.
"""

from typing import NoReturn

from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
    IntegrationTimeoutError,
    InternalServerError,
)

MALFORMED = "Execution failed due to configuration error: Malformed Lambda proxy response"
NOT_BASE64 = "Execution failed due to configuration error: Unable to base64 decode the body."
NOT_ALLOWED = "Execution failed due to configuration error: Invalid permissions on Lambda function"
TIMED_OUT = "Execution failed due to a timeout error"


class Cause(Exception):
    """Its text is a line of the execution log; it is the `__cause__` of what the client is answered."""


def raise_internal_error(line: str, status: int) -> NoReturn:
    """Answer `status`, with a body that says no more than "Internal server error"."""
    raise InternalServerError("Internal server error", status_code=status) from Cause(line)


def raise_timed_out() -> NoReturn:
    """Answer 504: the integration takes longer than its timeout."""
    raise IntegrationTimeoutError("Endpoint request timed out") from Cause(TIMED_OUT)


def line_of(failure: BaseException | None) -> str | None:
    """Return the line of the execution log about `failure`, or None."""
    cause = failure.__cause__ if failure else None
    return str(cause) if isinstance(cause, Cause) else None
