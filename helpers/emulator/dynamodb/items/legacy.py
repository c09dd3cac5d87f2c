"""The parameters from before expressions: Expected, QueryFilter, ScanFilter, KeyConditions and AttributeUpdates.

"Legacy DynamoDB conditional parameters". They are made into the conditions and changes that expressions are.
"""

from collections.abc import Mapping
from typing import Any

from helpers.emulator.dynamodb.items.comparison import in_order
from helpers.emulator.dynamodb.items.syntax import Call, Constant, Path
from helpers.emulator.dynamodb.items.update_reader import Change
from helpers.emulator.dynamodb.items.values import INVALID, Item, Value, checked, type_of
from helpers.emulator.dynamodb.operations import Request, validation_error

# The operator of an expression, how many values it takes (at least, at most), and of which types.
COMPARED, SCALARS = ("S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL"), ("S", "N", "B")
OPERATORS: dict[str, tuple[str, int, int | None, tuple[str, ...]]] = {
    "EQ": ("=", 1, 1, COMPARED),
    "NE": ("<>", 1, 1, COMPARED),
    "LE": ("<=", 1, 1, SCALARS),
    "LT": ("<", 1, 1, SCALARS),
    "GE": (">=", 1, 1, SCALARS),
    "GT": (">", 1, 1, SCALARS),
    "NOT_NULL": ("attribute_exists", 0, 0, ()),
    "NULL": ("attribute_not_exists", 0, 0, ()),
    "CONTAINS": ("contains", 1, 1, SCALARS),
    "NOT_CONTAINS": ("contains", 1, 1, SCALARS),
    "BEGINS_WITH": ("begins_with", 1, 1, ("S", "B")),
    "IN": ("IN", 1, None, SCALARS),
    "BETWEEN": ("BETWEEN", 2, 2, SCALARS),
}


def read_conditions(conditions: Mapping[str, dict[str, Any]] | None, operator: str | None) -> Call | None:
    """Return the condition of a filter or of KeyConditions; raises AWS's error for one that is wrong."""
    calls = [
        _call(name, one["ComparisonOperator"], _values(one["ComparisonOperator"], one.get("AttributeValueList") or []))
        for name, one in (conditions or {}).items()
    ]
    return Call(operator or "AND", tuple(calls)) if calls else None


def read_expected(request: Request) -> Call | None:
    """Return the condition of `Expected`; raises AWS's error for one that is wrong."""
    calls = [_expected(name, one) for name, one in (request.get("Expected") or {}).items()]
    return Call(request.get("ConditionalOperator") or "AND", tuple(calls)) if calls else None


def _expected(name: str, condition: dict[str, Any]) -> Call:
    value, values, operator = (condition.get(one) for one in ("Value", "AttributeValueList", "ComparisonOperator"))
    exists = condition.get("Exists")
    if values is not None and value is not None:
        raise _wrong(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
    if operator is not None:
        if exists is not None:
            raise _wrong(f"Exists and ComparisonOperator cannot be used together for Attribute: {name}")
        if values is None and value is None and operator not in ("NULL", "NOT_NULL"):
            raise _wrong(
                f"Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
            )
        given = values if values is not None else [value] if value is not None else []
        return _call(name, operator, _values(operator, given))
    if values is not None:
        raise _wrong(f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
    if exists is False:
        if value is not None:
            raise _wrong(f"Value cannot be used when Exists is false for Attribute: {name}")
        return _call(name, "NULL", [])
    if value is None:
        said = "null" if exists is None else "true"
        raise _wrong(f"Value must be provided when Exists is {said} for Attribute: {name}")
    return _call(name, "EQ", [checked(value)])


def _values(operator: str, given: list[Value]) -> list[Value]:
    values = [checked(one) for one in given]
    _, least, most, types = OPERATORS[operator]
    if len(values) < least or (most is not None and len(values) > most):
        raise _wrong(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = [type_of(one) for one in values]
    if len(set(kinds)) > 1:
        raise _wrong("AttributeValues inside AttributeValueList must be of same type")
    if kinds and kinds[0] not in types:
        raise _wrong(f"ComparisonOperator {operator} is not valid for {kinds[0]} AttributeValue type")
    if operator == "BETWEEN" and not in_order(*values):
        raise validation_error(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )
    return values


def _call(name: str, operator: str, values: list[Value]) -> Call:
    call = Call(OPERATORS[operator][0], (Path((name,)), *map(Constant, values)))
    return Call("NOT", (call,)) if operator == "NOT_CONTAINS" else call


def read_attribute_updates(updates: Mapping[str, dict[str, Any]] | None) -> list[Change] | None:
    """Return the changes of `AttributeUpdates`; raises AWS's error for one that is wrong."""
    return None if updates is None else [_change(name, one) for name, one in updates.items()]


def _change(name: str, update: dict[str, Any]) -> Change:
    path, action = Path((name,)), update.get("Action") or "PUT"
    if (given := update.get("Value")) is None:
        if action != "DELETE":
            raise _wrong("Only DELETE action is allowed when no attribute value is specified")
        return Change("REMOVE", path)
    value = Constant(checked(given))
    kind = type_of(value.value)
    if action == "DELETE" and kind not in ("SS", "NS", "BS"):
        raise _wrong(f"DELETE action with value is not supported for the type {kind}")
    if action == "ADD" and kind not in ("L", "SS", "NS", "BS", "N"):
        raise _wrong(f"ADD action is not supported for the type {kind}")
    if action == "ADD" and kind == "L":
        return Change("SET", path, Call("list_append", (Call("if_not_exists", (path, Constant({"L": []}))), value)))
    return Change("SET" if action == "PUT" else action, path, value)


def check_update_types(updates: Mapping[str, dict[str, Any]], item: Item) -> None:
    """Raise AWS's error for adding to, or deleting from, an attribute of another type."""
    for name, update in updates.items():
        value = update.get("Value")
        if update.get("Action") in ("ADD", "DELETE") and value and name in item and value.keys() != item[name].keys():
            raise validation_error("Type mismatch for attribute to update")


def check_attributes_to_get(names: list[str] | None) -> None:
    """Raise AWS's error for an `AttributesToGet` that says a name twice."""
    if names and (repeated := next((name for name in names if names.count(name) > 1), None)):
        raise _wrong(f"Duplicate value in attribute name: {repeated}")


def _wrong(message: str) -> Exception:
    return validation_error(INVALID + message)
