"""The execution log of a stage, in CloudWatch Logs, which LocalStack does not write.

Sources: "Set up CloudWatch logging for REST APIs in API Gateway" (API Gateway Developer Guide) for the group's name and
the levels, and the log of TestInvokeMethod that LocalStack's tests recorded on AWS for the lines.
"""

import contextlib
import logging
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from localstack.aws.connect import connect_to
from rolo import Response

from helpers.emulator.api_gateway import failures

LOG = logging.getLogger(__name__)

OFF, ERROR = "OFF", "ERROR"
# What the gateway calls, in the context of a request, the exception that it has answered with.
FAILURE = "failure"
# AWS cuts what it logs of a request.
MAX_CHARACTERS = 1000


def log_execution(chain: object, context: Any, response: Response) -> None:
    """Log a request that has been answered with `response`, if the method's or the stage's settings say so."""
    settings = settings_of(context)
    if settings.get("loggingLevel", OFF) == OFF:
        return
    if settings["loggingLevel"] == ERROR and response.status_code < 400:
        return
    try:
        _store(
            context,
            [f"({context.context_variables['requestId']}) {line}" for line in lines(context, response, settings)],
        )
    except Exception as error:  # the request has been answered: report it and go on
        LOG.warning("The execution log of %s could not be written: %s", context.api_id, error)


def settings_of(context: Any) -> dict[str, Any]:
    """Return the settings of the method that the request is for, or the stage's for all; {} without either."""
    found: dict[str, Any] = (context.stage_configuration or {}).get("methodSettings") or {}
    if context.resource is None:  # no method was found
        return {}
    path = context.resource["path"].replace("/", "~1")
    return found.get(f"{path}/{context.resource_method['httpMethod']}") or found.get("*/*") or {}


def lines(context: Any, response: Response, settings: dict[str, Any]) -> Iterator[str]:
    """Yield what is logged about a request: with `dataTraceEnabled`, also the data; with level ERROR, the end alone."""
    request = context.invocation_request
    if settings["loggingLevel"] != ERROR:
        yield f"Starting execution for request: {context.context_variables['requestId']}"
        yield f"HTTP Method: {request['http_method']}, Resource Path: {request['path']}"
        if settings.get("dataTraceEnabled"):
            yield f"Method request path: {_pairs(request.get('path_parameters') or {})}"
            yield f"Method request query string: {_pairs(request['query_string_parameters'])}"
            yield f"Method request headers: {_pairs(dict(request['headers']))}"
            yield f"Method request body before transformations: {_text(request['body'])}"
            if context.invocation_response:
                yield f"Method response body after transformations: {_text(context.invocation_response['body'])}"
    failure = context.get(FAILURE)
    if line := failures.line_of(failure):
        yield line
    elif failure is None and settings["loggingLevel"] != ERROR:
        yield "Successfully completed execution"
    yield f"Method completed with status: {response.status_code}"


def _pairs(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in values.items()) + "}"


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _store(context: Any, messages: list[str]) -> None:
    group = f"API-Gateway-Execution-Logs_{context.api_id}/{context.stage}"
    stream = uuid.uuid5(uuid.NAMESPACE_URL, group).hex
    client = connect_to(aws_access_key_id=context.account_id, region_name=context.region).logs
    now = int(time.time() * 1000)
    where = {"logGroupName": group, "logStreamName": stream}
    events = [{"timestamp": now, "message": message[:MAX_CHARACTERS]} for message in messages]
    try:
        client.put_log_events(**where, logEvents=events)
    except client.exceptions.ResourceNotFoundException:
        for create, names in ((client.create_log_group, {"logGroupName": group}), (client.create_log_stream, where)):
            with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
                create(**names)
        client.put_log_events(**where, logEvents=events)
