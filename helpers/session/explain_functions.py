"""Explain why a function failed, or a request to it: from the journal, which tells who asked for what, and its log."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as aws

from helpers import own_calls
from helpers.emulator import instance
from helpers.emulator.journal import Entry, Kind
from helpers.errors import EmulatorError
from helpers.polling import ask_until
from helpers.practice.checkpoints import LOG_PREFIX
from helpers.session import function_reasons
from helpers.session.context import Context

# Who may ask for a page of the student's own: the browser's requests are not a cell's.
CLIENTS = ("requests", "curl", "Python-urllib", "python-urllib3", "python-httpx", "httpie", "Wget")
# As AWS writes them in a function's log (page "Lambda function errors" of the Lambda guide).
FAILURE = re.compile(r"^\[ERROR\] (?P<error>[^\r\n]+)|Task timed out after (?P<seconds>[\d.]+) seconds"
                     r"|Error: (?P<end>Runtime exited [^\r\n]+)|Invoke Error\s+(?P<node>\{.+\})",
                     re.MULTILINE)  # fmt: skip
LOG_LINES = 4
LOG_LINE_CHARACTERS = 160
# A function's log arrives some tens of milliseconds after its answer.
LOG_TIMEOUT_S = 1.0
# Parts of a traceback that are not the function's.
NOT_ITS = re.compile(r'File "(/var/lang/|<frozen )')
REPORT = "REPORT RequestId:"
# LocalStack's addresses of an API's stage, by path and by host name.
ADDRESS = re.compile(
    r"(?:[^/]+/(?:_aws/execute-api|restapis)/(?P<id>[^/]+)|(?P<name>[\w-]+)\.execute-api[^/]*)/(?P<stage>[^/]*)"
    r"(?:/_user_request_)?(?P<rest>/.*)?"
)


@dataclass(frozen=True)
class Invocation:
    """What a function's log says of one invocation: how it failed, if it did, and its last lines."""

    failure: re.Match[str] | None
    lines: Sequence[str]


def of_the_cell(context: Context) -> str | None:
    """Explain the last function that failed for this cell: behind a request, or called by Invoke; None if none did."""
    try:
        if instance.from_environment().is_external:  # it keeps no journal
            return _last_in_the_logs(context)
        for entry in reversed(context.entries):
            if is_failed_request(entry):
                return of_request(entry, context)
            if _is_own_invoke(entry) and (text := _of_invoke(entry, context)):
                return text
    except (aws.BotoCoreError, aws.ClientError, EmulatorError):
        pass  # then the student's own error is shown
    return None


def _last_in_the_logs(context: Context) -> str | None:
    """Explain the last function that failed since the cell began, whoever called it: somebody else's LocalStack."""
    latest: tuple[int, str, re.Match[str], Sequence[str]] | None = None
    for group in own_calls.client("logs").describe_log_groups(logGroupNamePrefix=LOG_PREFIX)["logGroups"]:
        name = group["logGroupName"].removeprefix(LOG_PREFIX)
        lines: list[str] = []
        for event in _events(name, context.began_ms):
            lines += lines_of(event["message"])
            failure = FAILURE.search(event["message"])
            if failure and (latest is None or event["timestamp"] >= latest[0]):
                latest = (event["timestamp"], name, failure, tuple(lines))
    if latest is None:
        return None
    _, name, failure, shown = latest
    return _of_failure(name, failure, context) + _end_of_log(shown)


def is_failed_request(entry: Entry) -> bool:
    """Tell whether an entry is a request of a cell, or of the panel, that failed for a reason that is not its answer's.

    An API or function URL answered with 5xx, or API Gateway found nobody to pass it to. A 4xx of a function is no such.
    """
    if entry.kind is not Kind.REQUEST or not entry.asker.startswith(CLIENTS):
        return False
    return entry.status >= 500 or _reached_nobody(entry)


def _reached_nobody(entry: Entry) -> bool:
    return entry.service == "execute-api" and entry.status in (403, 404) and "route" not in entry.parameters


def of_request(entry: Entry, context: Context) -> str | None:
    """Explain a request that got a 5xx, and show the end of its function's log; None if the reason is not known.

    Raises botocore's errors if the cloud does not answer.
    """
    if _reached_nobody(entry):
        return _nobody(entry)
    name = entry.served_by or _function_of_url(entry)
    route = f"{entry.name} {entry.parameters.get('route') or entry.parameters.get('path', '')}"
    if name and not _exists(name):
        return function_reasons.no_such_function(name, route)
    if not name:
        without = "route" in entry.parameters and not entry.parameters.get("integration")
        return function_reasons.no_integration(route) if without else None
    found = read_log(name, entry.served_request, entry.at_ms)
    if found.failure:
        text = _of_failure(name, found.failure, context)
    else:
        text = function_reasons.of_answer(name, route, entry)
    return text + _end_of_log(found.lines)


def _nobody(entry: Entry) -> str | None:
    """Explain a request to an API, or to a stage or a route of it, that is not there."""
    found = ADDRESS.match(f"{entry.parameters.get('host', '')}{entry.parameters.get('path', '')}")
    if not found:
        return None
    api, stage, path = found["id"] or found["name"], found["stage"], found["rest"] or "/"
    client = own_calls.client("apigateway")
    try:
        stages = [one["stageName"] for one in client.get_stages(restApiId=api)["item"]]
    except client.exceptions.NotFoundException:
        return function_reasons.no_such_api(api)
    if stage not in stages:
        return function_reasons.no_such_stage(stage, stages)
    return function_reasons.no_such_route(f"{entry.name} {path}", stage)


def _of_invoke(entry: Entry, context: Context) -> str | None:
    name = str(entry.parameters.get("FunctionName", "")).rpartition(":function:")[2].partition(":")[0]
    found = read_log(name, entry.request_id, entry.at_ms)
    return _of_failure(name, found.failure, context) + _end_of_log(found.lines) if found.failure else None


def _is_own_invoke(entry: Entry) -> bool:
    """Tell whether an entry is a call of this kernel, or of its commands, to run a function and wait for its answer."""
    return (
        (entry.service, entry.name) == ("lambda", "Invoke") and entry.status == 200 and entry.origin == own_calls.ORIGIN
    )


def read_log(function: str, request_id: str, since_ms: int) -> Invocation:
    """Return what the log says of the invocation `request_id`, or of the last one since `since_ms` if it is empty."""
    lines: list[str] = []
    for event in read_events(function, request_id, since_ms):
        if failure := FAILURE.search(event["message"]):
            return Invocation(failure, [*lines, *lines_of(event["message"])])
        lines += lines_of(event["message"])
    return Invocation(None, lines)


def read_events(function: str, request_id: str, since_ms: int) -> list[Mapping[str, Any]]:
    """Return the log's events of an invocation, as `read_log` finds it, waiting for its REPORT for a moment."""
    events, _ = ask_until(
        lambda: _invocation(_events(function, since_ms), request_id),
        enough=lambda found: bool(found) and REPORT in found[-1]["message"],
        timeout_s=LOG_TIMEOUT_S,
    )
    return events


def _events(function: str, since_ms: int) -> list[Mapping[str, Any]]:
    logs = own_calls.client("logs")
    try:
        found: list[Mapping[str, Any]] = logs.filter_log_events(logGroupName=LOG_PREFIX + function, startTime=since_ms)[
            "events"
        ]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return found


def _invocation(events: Sequence[Mapping[str, Any]], request_id: str) -> list[Mapping[str, Any]]:
    """Return the events of one invocation, from its START to its REPORT, if it has come."""
    starts = [event for event in events if event["message"].startswith(f"START RequestId: {request_id}")]
    if not starts:
        return []
    start = starts[-1]
    stream = [event for event in events if event["logStreamName"] == start["logStreamName"]]
    stream = stream[stream.index(start) :]
    ends = [position for position, event in enumerate(stream) if REPORT in event["message"]]
    return stream[: ends[0] + 1] if ends else stream


def _of_failure(name: str, failure: re.Match[str], context: Context) -> str:
    if failure["seconds"]:
        return function_reasons.timed_out(name, float(failure["seconds"]))
    error = failure["error"] or failure["end"] or ""
    if failure["node"]:
        thrown = json.loads(failure["node"])
        error = f"{thrown['errorType']}: {thrown['errorMessage']}"
    return function_reasons.of_error(name, error, context)


def _end_of_log(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return " Lo último de su registro:\n" + "\n".join(f"    {line}" for line in lines[-LOG_LINES:])


def lines_of(message: str) -> Iterable[str]:
    """Return the lines of a log event, cut to a readable width, without AWS's own and the folder of the code."""
    lines = [line for line in re.split(r"[\r\n]+", message) if line.strip()]
    lines = [line for line in lines if not re.match(r"(START|END|REPORT) RequestId|INIT_REPORT", line)]
    kept, skipping = [], False
    for line in lines:
        is_frame = line.strip().startswith("File ")
        skipping = bool(NOT_ITS.search(line)) or (skipping and not is_frame)
        if not skipping:
            kept.append(re.sub(r'File ".*[/\\]', 'File "', line))
    return [line if len(line) <= LOG_LINE_CHARACTERS else line[:LOG_LINE_CHARACTERS] + "…" for line in kept]


def _exists(name: str) -> bool:
    client = own_calls.client("lambda")
    try:
        client.get_function_configuration(FunctionName=name)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _function_of_url(entry: Entry) -> str:
    """Return the function whose URL an entry is a request to; empty if it is none's."""
    client, host = own_calls.client("lambda"), str(entry.parameters.get("host", "")).lower()
    if entry.service != "lambda-url":
        return ""
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            for url in client.list_function_url_configs(FunctionName=function["FunctionName"])["FunctionUrlConfigs"]:
                if f"//{host.partition('.')[0]}." in url["FunctionUrl"].lower():
                    return str(function["FunctionName"])
    return ""
