"""The expressions of a request, read and checked together: "Using expressions in DynamoDB"."""

import re
from collections.abc import Sequence

from localstack.aws.api import CommonServiceException

from helpers.emulator.dynamodb.items.condition_reader import read_condition
from helpers.emulator.dynamodb.items.projection import read_projection
from helpers.emulator.dynamodb.items.request_errors import RequestError
from helpers.emulator.dynamodb.items.syntax import Call, Path, Placeholders
from helpers.emulator.dynamodb.items.update_reader import Change, read_update
from helpers.emulator.dynamodb.items.values import Value, checked
from helpers.emulator.dynamodb.operations import Request, validation_error

NAME_KEY = re.compile(r"#[0-9a-zA-Z_]+", re.ASCII)
VALUE_KEY = re.compile(r":[0-9a-zA-Z_]+", re.ASCII)
MAX_EXPRESSION_BYTES = 4096


def check_parameters(request: Request, expressions: Sequence[str], legacy: Sequence[str]) -> None:
    """Raise AWS's error for expressions beside the parameters that they came to replace, or placeholders without them.

    "Legacy DynamoDB conditional parameters": they are not to be mixed in a call.
    """
    given = [name for name in expressions if request.get(name) is not None]
    old = [name for name in legacy if request.get(name) is not None]
    if given and "KeyConditions" in old and "KeyConditionExpression" not in given:
        old.remove("KeyConditions")
    if given and old:
        raise RequestError(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(old)}}} Expression parameters: {{{', '.join(given)}}}"
        )
    if request.get("ExpressionAttributeNames") is not None and not given:
        raise RequestError("ExpressionAttributeNames can only be specified when using expressions")
    conditions = [name for name in expressions if name != "ProjectionExpression"]
    if request.get("ExpressionAttributeValues") is not None and not set(conditions) & set(given):
        verb = "are" if len(conditions) > 1 else "is"
        raise RequestError(
            "ExpressionAttributeValues can only be specified when using expressions: "
            f"{' and '.join(conditions)} {verb} null"
        )


class Expressions:
    """The expressions of a request, as what they say; None or empty if the request has it not."""

    def __init__(self, request: Request) -> None:
        """Read them all; raises AWS's error about the first thing that is wrong."""
        self.update: list[Change] | None = None
        self.condition: Call | None = None
        self.key_condition: Call | None = None
        self.filter: Call | None = None
        self.projection: list[Path] | None = None
        placeholders = Placeholders(_names(request), _values(request))
        if (text := _text(request, "UpdateExpression")) is not None:
            self.update = read_update(text, placeholders)
        if (text := _text(request, "ConditionExpression")) is not None:
            self.condition = read_condition(text, "ConditionExpression", placeholders)
        if (text := _text(request, "KeyConditionExpression")) is not None:
            self.key_condition = read_condition(text, "KeyConditionExpression", placeholders)
        if (text := _text(request, "FilterExpression")) is not None:
            self.filter = read_condition(text, "FilterExpression", placeholders)
        if (text := _text(request, "ProjectionExpression")) is not None:
            self.projection = read_projection(text, placeholders)
        for what, keys in (("Names", placeholders.names), ("Values", placeholders.values)):
            if unused := [key for key in keys if key not in placeholders.used]:
                raise RequestError(
                    f"Value provided in ExpressionAttribute{what} unused in expressions: keys: {{{', '.join(unused)}}}"
                )


def _text(request: Request, name: str) -> str | None:
    text: str | None = request.get(name)
    if text is None:
        return None
    if not text.strip():
        raise RequestError(f"Invalid {name}: The expression can not be empty;")
    if (size := len(text.encode())) > MAX_EXPRESSION_BYTES:
        raise RequestError(
            f"Invalid {name}: Expression size has exceeded the maximum allowed size; expression size: {size}"
        )
    return text


def _names(request: Request) -> dict[str, str]:
    names: dict[str, str] | None = request.get("ExpressionAttributeNames")
    if names is None:
        return {}
    _check_keys("ExpressionAttributeNames", names, NAME_KEY)
    return names


def _values(request: Request) -> dict[str, Value]:
    values: dict[str, Value] | None = request.get("ExpressionAttributeValues")
    if values is None:
        return {}
    _check_keys("ExpressionAttributeValues", values, VALUE_KEY)
    result = {}
    for key, value in values.items():
        try:
            result[key] = checked(value)
        except CommonServiceException as error:
            message = f"ExpressionAttributeValues contains invalid value: {error.message} for key {key}"
            raise (RequestError(message) if isinstance(error, RequestError) else validation_error(message)) from error
    return result


def _check_keys(parameter: str, placeholders: dict[str, str] | dict[str, Value], form: re.Pattern[str]) -> None:
    if not placeholders:
        raise RequestError(f"{parameter} must not be empty")
    for key in placeholders:
        if not form.fullmatch(key):
            raise RequestError(f'{parameter} contains invalid key: Syntax error; key: "{key}"')
