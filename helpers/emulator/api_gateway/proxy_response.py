"""What a function returns to a Lambda proxy integration, checked and made into HTTP.

Sources: "Output format of a Lambda function for proxy integration" (API Gateway Developer Guide), and the answers that
LocalStack's tests recorded on AWS: no field is required, no other is allowed, and numbers and booleans stand for text.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import Headers

FIELDS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
DEFAULT_STATUS = 200
# A server cannot send any other as the last answer to a request.
STATUSES = range(200, 600)

# RFC 9110, 5.1 and 5.5. Twisted does not answer at all if it is given other names, or letters that are not Latin-1.
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~\w-]+", re.ASCII)
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Malformed(Exception):
    """The function did not return a proxy response."""


@dataclass(frozen=True)
class ProxyResponse:
    """The answer that a function asks for; `body` is base64 if `is_base64`."""

    status: int
    headers: Headers
    body: str
    is_base64: bool


def read(payload: bytes) -> ProxyResponse:
    """Return what a function's JSON says. Raises `Malformed`."""
    try:
        returned = json.loads(payload)
    except ValueError:
        raise Malformed from None
    if not isinstance(returned, dict) or not returned.keys() <= FIELDS:
        raise Malformed
    return ProxyResponse(
        status=_status(returned.get("statusCode")),
        headers=_headers(returned.get("headers"), returned.get("multiValueHeaders")),
        body=_text(returned.get("body"), missing=""),
        is_base64=_boolean(returned.get("isBase64Encoded")),
    )


def _status(value: Any) -> int:
    if value is None:
        return DEFAULT_STATUS
    if not isinstance(value, int | float | str):
        raise Malformed
    try:
        status = int(value)
    except (ValueError, OverflowError):
        raise Malformed from None
    if status not in STATUSES:
        raise Malformed
    return status


def _headers(single: Any, multiple: Any) -> Headers:
    """Return both kinds of headers: if they have one in common, `multiple` comes first and its spelling is used."""
    if not isinstance(single, dict | None) or not isinstance(multiple, dict | None):
        raise Malformed
    headers = Headers()
    for name, values in (multiple or {}).items():
        if not isinstance(values, list):
            raise Malformed
        for value in values:
            headers.add(*_header(name, value))
    spelled = {name.lower(): name for name in multiple or {}}
    for name, value in (single or {}).items():
        headers.add(*_header(spelled.get(name.lower()) or name, value))
    return headers


def _header(name: str, value: Any) -> tuple[str, str]:
    text = _text(value)
    if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(text):
        raise Malformed
    return name, text


def _text(value: Any, missing: str | None = None) -> str:
    if value is None and missing is not None:
        return missing
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise Malformed


def _boolean(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    if value in ("true", "false"):
        return bool(value == "true")
    raise Malformed
