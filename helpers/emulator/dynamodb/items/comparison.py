"""How two values compare.

"Condition and filter expressions, operators, and functions in DynamoDB": numbers by their value, text and binary
values by their bytes; values of different types are different, and neither is the lower.
"""

from collections.abc import Callable
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any

from helpers.emulator.dynamodb.items.values import Value, type_of

ORDERED = ("S", "N", "B")
ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def sort_value(value: Value) -> Any:
    """Return what orders the value of a key among others of its type."""
    kind = type_of(value)
    return Decimal(value["N"]) if kind == "N" else value[kind].encode() if kind == "S" else value[kind]


def equal(one: Value, other: Value) -> bool:
    """Tell whether two values are the same; the order of a set says nothing."""
    kind = type_of(one)
    if kind != type_of(other):
        return False
    if kind in ("SS", "NS", "BS"):
        return set(one[kind]) == set(other[kind])
    if kind == "L":
        return len(one[kind]) == len(other[kind]) and all(map(equal, one[kind], other[kind]))
    if kind == "M":
        return one[kind].keys() == other[kind].keys() and all(
            equal(one[kind][name], other[kind][name]) for name in one[kind]
        )
    return bool(one[kind] == other[kind])


def compares(operator: str, one: Value, other: Value) -> bool:
    """Tell whether `one operator other`, for `=`, `<>`, `<`, `<=`, `>` and `>=`."""
    if operator in ("=", "<>"):
        return equal(one, other) == (operator == "=")
    kind = type_of(one)
    if kind != type_of(other) or kind not in ORDERED:
        return False
    return ORDERINGS[operator](sort_value(one), sort_value(other))


def in_order(low: Value, high: Value) -> bool:
    """Tell whether the bounds of a range are not the other way round; values that have no order are."""
    return type_of(low) not in ORDERED or sort_value(low) <= sort_value(high)


def begins_with(value: Value, start: Value) -> bool:
    """Tell whether a text or a binary value begins with another."""
    kind = type_of(value)
    return kind == type_of(start) and kind in ("S", "B") and value[kind].startswith(start[kind])


def contains(value: Value, member: Value) -> bool:
    """Tell whether a text has another in it, or a set or a list this member."""
    kind, wanted = type_of(value), type_of(member)
    if kind == wanted and kind in ("S", "B"):
        return member[wanted] in value[kind]
    if kind == wanted + "S":
        return member[wanted] in value[kind]
    return kind == "L" and any(equal(one, member) for one in value["L"])
