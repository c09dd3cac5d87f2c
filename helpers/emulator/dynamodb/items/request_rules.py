"""The rules that AWS checks before it looks at what a request means: names, limits and lists of values.

Their texts are those of the public records of AWS's answers; the values of a list are in the order that AWS gives.
"""

import re
from collections.abc import Sized

from helpers.emulator.dynamodb.operations import Request, validation_error

CONSUMED_CAPACITY = "INDEXES, TOTAL, NONE"
METRICS = "SIZE, NONE"
RETURN_VALUES = "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW"
SELECT = "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES"
OPERATORS = "OR, AND"
ON_FAILURE = "ALL_OLD, NONE"
ENUMERATIONS = {
    "ReturnConsumedCapacity": CONSUMED_CAPACITY,
    "ReturnItemCollectionMetrics": METRICS,
    "ReturnValues": RETURN_VALUES,
    "Select": SELECT,
    "ConditionalOperator": OPERATORS,
    "ReturnValuesOnConditionCheckFailure": ON_FAILURE,
}
NAME = re.compile(r"[a-zA-Z0-9_.-]+", re.ASCII)
ARN = re.compile(r"arn:[^:]+:dynamodb:[^:]*:[^:]*:table/[a-zA-Z0-9_.-]+", re.ASCII)


def check_request(request: Request) -> None:
    """Raise AWS's error about a name, or about each member that is not one of its values."""
    _check_name(request.get("TableName"), "tableName")
    if (index := request.get("IndexName")) is not None:
        _check_name(index, "indexName")
    check_enumerations(request)


def check_enumerations(request: Request) -> None:
    """Raise AWS's error about each member that is not one of its values."""
    problems = [
        failure(repr(value), name[0].lower() + name[1:], f"Member must satisfy enum value set: [{values}]")
        for name, values in ENUMERATIONS.items()
        if (value := request.get(name)) is not None and value not in values.split(", ")
    ]
    if problems:
        count = f"{len(problems)} validation error{'s' * (len(problems) > 1)} detected: "
        raise validation_error(count + "; ".join(problems))


def _check_name(name: str | None, member: str) -> None:
    if name is None:
        rule = "Member must not be null"
    elif not name:
        rule = "Member must have length greater than or equal to 1"
    elif ARN.fullmatch(name) and member == "tableName":
        return
    elif not NAME.fullmatch(name):
        rule = f"Member must satisfy regular expression pattern: {NAME.pattern}"
    elif len(name) < 3:
        rule = "Member must have length greater than or equal to 3"
    elif len(name) > 255:
        rule = "Member must have length less than or equal to 255"
    else:
        return
    raise one_failure("null" if name is None else f"'{name}'", member, rule)


def check_length(value: Sized | None, member: str, most: int | None = None) -> None:
    """Raise AWS's error about a list that is empty, or longer than `most`; one that is missing is fine."""
    if value is not None and not len(value):
        raise one_failure(f"'{value}'", member, "Member must have length greater than or equal to 1")
    if value is not None and most is not None and len(value) > most:
        raise one_failure(f"'{value}'", member, f"Member must have length less than or equal to {most}")


def failure(shown: str, member: str, rule: str) -> str:
    """Return what AWS says of a member that breaks a rule; `shown` is its value, quoted."""
    return f"Value {shown} at '{member}' failed to satisfy constraint: {rule}"


def one_failure(shown: str, member: str, rule: str) -> Exception:
    """Return AWS's error about one member that breaks a rule."""
    return validation_error(f"1 validation error detected: {failure(shown, member, rule)}")
