"""Try a function of the student's with events of our own, on a copy, so that neither its log nor its data change."""

import contextlib
import json
from typing import Any

import requests

from helpers import own_calls
from helpers.polling import ask_until, wait_until
from helpers.practice.checkpoints import BUCKET, LOG_PREFIX, TABLE
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.verdict import Missing

TIMEOUT_S = 30
LOG_TIMEOUT_S = 5
# Of what a function answers, in a verdict.
MAX_SHOWN = 100
# Errors of a function that cannot be found, and not of its code.
NOT_THERE = ("Runtime.HandlerNotFound", "Runtime.MalformedHandlerName")
# Users of the events' own: what a copy stores under names that contain this is removed.
USER = own_calls.AGENT


def answers(evidence: Evidence, function: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a copy of `function` answers to each event.

    What it stores stays until the check ends. Raises `Missing` if the function is not there, cannot start, or fails.
    """
    configuration = evidence.function(function)
    aws_lambda = own_calls.client("lambda")
    location = aws_lambda.get_function(FunctionName=function)["Code"]["Location"]
    code = requests.get(location, headers=own_calls.HEADERS, timeout=TIMEOUT_S).content
    name = f"{own_calls.AGENT}-{function}"
    kept = ("Runtime", "Handler", "Role", "Timeout", "Environment")
    with contextlib.suppress(aws_lambda.exceptions.ResourceNotFoundException):  # left by a check that was interrupted
        aws_lambda.delete_function(FunctionName=name)
    evidence.at_the_end(lambda: remove_all(name))
    aws_lambda.create_function(
        FunctionName=name, Code={"ZipFile": code}, **{one: configuration[one] for one in kept if one in configuration}
    )
    wait_until(
        lambda: aws_lambda.get_function(FunctionName=name)["Configuration"]["State"],
        ready=lambda state: state != "Pending",
        timeout_s=TIMEOUT_S,
    )
    answered: list[dict[str, Any]] = []
    for event in events:
        response = aws_lambda.invoke(FunctionName=name, Payload=json.dumps(event))
        _wait_for_log(name, len(answered) + 1)
        answered.append(_answer(response, function))
    return answered


def _wait_for_log(name: str, invocations: int) -> None:
    """Wait until the log of so many invocations is stored; a late one would bring back the log group once removed."""
    logs = own_calls.client("logs")

    def reports() -> int:
        try:
            found = logs.filter_log_events(logGroupName=LOG_PREFIX + name, filterPattern='"REPORT RequestId"')
        except logs.exceptions.ResourceNotFoundException:
            return 0
        return len(found["events"])

    ask_until(reports, lambda stored: stored >= invocations, LOG_TIMEOUT_S)


def _answer(response: dict[str, Any], function: str) -> dict[str, Any]:
    payload = json.loads(response["Payload"].read())
    if response.get("FunctionError"):
        kind, said = payload["errorType"], payload["errorMessage"]
        advice = f"Corrige handlers/{function}.py y crea la función otra vez, o actualiza su código."
        if kind in NOT_THERE or said == f"Unable to import module '{function}': No module named '{function}'":
            advice = (
                f"El zip lleva {function}.py en su raíz, sin carpetas, y Handler es «{function}.handler». Borra la "
                "función y créala otra vez."
            )
        raise Missing(f"La función «{function}» falla: {kind}: {said}.", advice)
    if not isinstance(payload, dict) or "statusCode" not in payload:
        raise Missing(
            f"La función «{function}» responde {json.dumps(payload, ensure_ascii=False)[:MAX_SHOWN]}, sin statusCode.",
            "Una función a la que llama API Gateway responde con `statusCode` y con un texto en `body`.",
        )
    return payload


def as_json(text: Any) -> Any:
    """Return what a text says in JSON; None if it is no JSON, or no text."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def body_shown(answer: dict[str, Any]) -> str:
    """Return the beginning of an answer's body."""
    text = str(answer.get("body"))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def remove_all(name: str) -> None:
    """Remove the copy, its log, and what it has stored."""
    aws_lambda, logs, s3, dynamodb = map(own_calls.client, ("lambda", "logs", "s3", "dynamodb"))
    with contextlib.suppress(aws_lambda.exceptions.ResourceNotFoundException):
        aws_lambda.delete_function(FunctionName=name)
    with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
        logs.delete_log_group(logGroupName=LOG_PREFIX + name)
    with contextlib.suppress(s3.exceptions.NoSuchBucket):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for found in page.get("Contents", []):
                if USER in found["Key"]:
                    s3.delete_object(Bucket=BUCKET, Key=found["Key"])
    with contextlib.suppress(dynamodb.exceptions.ResourceNotFoundException):
        for page in dynamodb.get_paginator("scan").paginate(TableName=TABLE):
            for item in page["Items"]:
                if USER in item.get("User", {}).get("S", ""):
                    dynamodb.delete_item(TableName=TABLE, Key={"User": item["User"]})
