"""What LocalStack writes in the journal: AWS calls, and requests to the student's APIs and function URLs."""

import re
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from localstack.aws.api import RequestContext
from localstack.aws.handlers import run_custom_response_handlers
from localstack.http import Response
from rolo.gateway import HandlerChain

from helpers.emulator.foreign_pages import ARRIVED, is_for_an_api
from helpers.emulator.journal import Entry, Kind, Writer, now_ms
from helpers.emulator.lambdas import access_keys
from helpers.own_calls import AGENT

# Longer ones are cut: the journal tells what was asked, and is no copy of the data.
MAX_TEXT = 1_000
MAX_ITEMS = 100
MAX_NAME = 40

# Parameters that clients add by themselves.
ADDED = re.compile(r"ContentLength$|Checksum|EncodingType$")

ORIGIN = re.compile(r"exec-env/(\S{1,60})")
ACCESS_KEY = re.compile(r"Credential=([^/,\s]+)/")
# How those who ask introduce themselves, in the order in which they are looked for.
AGENTS = {"aws-cli/": "aws", "Boto3/": "boto3", "aws-sdk-": "sdk", "curl/": "curl", "python-requests/": "requests",
          "Mozilla/": "browser"}  # fmt: skip

# Set in a request's environ by the gateway of the APIs (`api_gateway/served.py`): what an entry tells besides.
SERVED = "si1p1.served"

_lock = threading.Lock()


def install(folder: Path) -> None:
    """Begin to record in the journal of the instance in `folder`."""
    recorder = Recorder(Writer(folder))
    run_custom_response_handlers.append(recorder.record)  # type: ignore[arg-type]  # it asks for names that it does not use


class Recorder:
    """The handler of LocalStack's responses that records them."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def record(self, _chain: HandlerChain[RequestContext], context: RequestContext, response: Response) -> None:
        """Record a response, unless it is to LocalStack itself, to the workbook, or of LocalStack's own API."""
        agent = context.request.headers.get("User-Agent", "")
        if AGENT in agent or context.is_internal_call:
            return
        if context.operation is not None:
            entry = call(context, response)
        elif is_for_an_api(context.request, context.request.host.lower()):
            entry = request(context, response)
        else:
            return
        began = context.request.environ.get(ARRIVED, time.monotonic())
        ms = (time.monotonic() - began) * 1000
        asked = asker(agent, context.request.headers.get("Authorization", ""))
        if asked.get("function", "").startswith(AGENT):  # a copy that a check tries
            return
        with _lock:
            self._writer.write(
                lambda number: Entry(number=number, at_ms=now_ms() - round(ms), ms=round(ms, 1), **entry, **asked)
            )


def call(context: RequestContext, response: Response) -> dict[str, Any]:
    """Return what an entry tells of an AWS call."""
    failure = context.service_exception
    headers = context.request.headers
    size = headers.get("X-Amz-Decoded-Content-Length") or headers.get("Content-Length") or "0"
    given = {
        name: f"({size} bytes)" if hasattr(value, "read") else brief(value)
        for name, value in (context.service_request or {}).items()
        if value not in (None, {}) and not ADDED.match(name)
    }
    return {
        "kind": Kind.CALL,
        "service": context.service.service_name if context.service else "",
        "name": context.operation.name if context.operation else "",
        "parameters": given,
        "status": response.status_code,
        "error": failure.code if failure else "",
        "message": str(failure.message or "")[:MAX_TEXT] if failure else "",
        "request_id": context.request_id or "",
    }


def request(context: RequestContext, response: Response) -> dict[str, Any]:
    """Return what an entry tells of a request to an API or a function URL."""
    address = urlsplit(str(context.request.environ.get("RAW_URI", "")))
    told = dict(context.request.environ.get(SERVED, {}))
    seen = {name: told.pop(name) for name in ("route", "integration", "returned") if name in told}
    return {
        "kind": Kind.REQUEST,
        "service": "lambda-url" if ".lambda-url." in context.request.host else "execute-api",
        "name": context.request.method,
        "parameters": {"host": context.request.host, "path": unquote(address.path)[:MAX_TEXT], **seen},
        "status": response.status_code,
        "request_id": response.headers.get("x-amzn-RequestId", ""),
        **told,
    }


def asker(agent: str, authorization: str) -> dict[str, Any]:
    """Return who asks, by the credentials of the request and by the program's own words."""
    key = ACCESS_KEY.search(authorization)
    if key and (signer := access_keys.owner(key[1])):
        function, request_id = signer
        return {"asker": "function", "function": function, "function_request": request_id}
    origin = ORIGIN.search(agent)
    name = next((name for mark, name in AGENTS.items() if mark in agent), agent.partition("/")[0][:MAX_NAME])
    return {"asker": name, "origin": origin[1] if origin else ""}


def brief(value: Any) -> Any:
    """Return a parameter as JSON can have it: long texts and lists cut, bytes as their size."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}… ({len(value)} caracteres)"
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(name): brief(one) for name, one in list(value.items())[:MAX_ITEMS] if one is not None}
    if isinstance(value, list | tuple | set):
        return [brief(one) for one in list(value)[:MAX_ITEMS]]
    if isinstance(value, bytes | bytearray):
        return f"({len(value)} bytes)"
    return str(value)[:MAX_TEXT]
