"""What happened behind a request to an API: from the journal, which has the calls, and the function's REPORT line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import requests
from botocore.exceptions import BotoCoreError, ClientError

from helpers.emulator import instance, journal
from helpers.emulator.journal import Entry, Kind
from helpers.emulator.process import State
from helpers.errors import Si1p1Error
from helpers.session import explain_functions

# Of the log: more than this is no longer a drawing.
MAX_LINES = 4
DURATION = re.compile(r"Duration: ([\d.]+) ms")
INIT = re.compile(r"Init Duration: ([\d.]+) ms")
SERVICES = {"s3": "S3", "dynamodb": "DynamoDB", "lambda": "Lambda", "logs": "CloudWatch Logs"}


@dataclass(frozen=True)
class Step:
    """One thing that lasted `ms` milliseconds, from `start_ms` after the request came; `kind` gives its colour."""

    kind: str
    name: str
    start_ms: float
    ms: float
    outcome: str
    failed: bool = False


@dataclass(frozen=True)
class Story:
    """The steps of a request, the request itself first, and the last lines that its function wrote in its log."""

    steps: Sequence[Step]
    lines: Sequence[str]


def of(response: requests.Response) -> Story:
    """Return the story of the request that `response` answers; raises `Si1p1Error` if it is not known.

    Of an adopted LocalStack, that of the request alone.
    """
    if not isinstance(response, requests.Response):
        raise Si1p1Error(
            f"Se esperaba la respuesta de una petición HTTP, y esto es «{type(response).__name__}»: "
            "guárdala en una variable, como respuesta = requests.get(…), y dibuja esa."
        )
    emulator = instance.from_environment()
    entries = journal.read(emulator.folder)
    request_id = response.headers.get("x-amzn-RequestId", "")
    found = [one for one in entries if one.kind is Kind.REQUEST and one.request_id == request_id and request_id]
    if not found and (emulator.is_external or emulator.status().state is State.ADOPTED):
        return _from_outside(response)
    if not found:
        raise Si1p1Error(
            f"No se sabe qué ha pasado detrás de la petición a {response.url}: no es de un API de este LocalStack, o "
            "no está en su diario (lab.calls). Repite la petición y dibuja su respuesta."
        )
    return tell(found[-1], entries)


def _from_outside(response: requests.Response) -> Story:
    """Return what an answer shows by itself: an adopted LocalStack keeps no journal."""
    request, ms = response.request, max(response.elapsed.total_seconds() * 1000, 0.1)
    api = Step("api", f"{request.method} {request.path_url}", 0.0, ms, str(response.status_code), not response.ok)
    return Story([api, Step("unknown", "lo que hay detrás", 0.0, ms, "no se sabe: LocalStack ajeno")], [])


def tell(request: Entry, entries: Sequence[Entry]) -> Story:
    """Return the story of a request of the journal `entries`."""
    whole = max(request.ms, 0.1)
    route = request.parameters.get("route") or request.parameters.get("path", "")
    api = Step("api", f"{request.name} {route}", 0.0, whole, str(request.status), request.failed)
    calls = [
        Step(one.service, f"{SERVICES.get(one.service, one.service)} {one.name}", float(one.at_ms - request.at_ms),
             one.ms, f"{one.status} {one.error}".strip(), one.failed)
        for one in entries
        if one.kind is Kind.CALL and request.served_request and one.function_request == request.served_request
    ]  # fmt: skip
    if not request.served_by:
        return Story([api], [])
    ran, lines = _ran(request, min((call.start_ms for call in calls), default=whole))
    return Story([api, *ran, *(_within(call, whole) for call in calls)], lines)


def _ran(request: Entry, first_call_ms: float) -> tuple[list[Step], list[str]]:
    """Return how long the function took to start, if it had to, and to run; and what it wrote."""
    try:
        events = explain_functions.read_events(request.served_by, request.served_request, request.at_ms)
        failed = explain_functions.read_log(request.served_by, request.served_request, request.at_ms).failure
    except (BotoCoreError, ClientError):
        events, failed = [], None
    messages = [str(event["message"]) for event in events]
    report = messages[-1] if messages else ""
    duration = DURATION.search(report)
    if not duration:
        return [Step("function", request.served_by, 0.0, request.ms, "sin REPORT en su registro", bool(failed))], []
    # The log does not tell the moment in which it began: it ends with the answer, and begins before its first call.
    ms = min(float(duration[1]), request.ms)
    start = max(0.0, min(request.ms - ms, first_call_ms))
    outcome = "ha fallado" if failed else "ha respondido"
    init = INIT.search(report)
    temperature = "en frío" if init else "en caliente"
    steps = [Step("function", f"{request.served_by}, {temperature}", start, ms, outcome, bool(failed))]
    if init:
        cold = min(float(init[1]), start)
        steps.insert(0, Step("function", "arranque en frío", start - cold, float(init[1]), ""))
    lines = [line for message in messages for line in explain_functions.lines_of(message)]
    return [_within(step, request.ms) for step in steps], lines[-MAX_LINES:]


def _within(step: Step, whole_ms: float) -> Step:
    """Return a step as part of the whole: the journal's moments are rounded to the millisecond."""
    start = min(max(step.start_ms, 0.0), whole_ms)
    return Step(step.kind, step.name, start, step.ms, step.outcome, step.failed)
