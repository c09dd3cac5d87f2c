"""Attribute values and items: what AWS accepts, how it writes a number down, and how large it counts them.

A value is what boto3 sends: `{"S": "text"}`, `{"N": "1.5"}`, `{"B": b"…"}`, `{"L": [values]}`, `{"M": {name: value}}`…
"""

import base64
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from helpers.emulator.dynamodb.items.request_errors import RequestError
from helpers.emulator.dynamodb.operations import validation_error

type Value = dict[str, Any]
type Item = dict[str, Value]

MAX_ITEM_BYTES = 400 * 1024
MAX_DIGITS = 38
MAX_EXPONENT, MIN_EXPONENT = 125, -130
MAX_DEPTH = 32
INVALID = "One or more parameter values were invalid: "

# What most numbers are, and needs no more work.
PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,37}", re.ASCII)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
EMPTY_SETS = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}


def type_of(value: Value) -> str:
    """Return the type's letters: S, N, B, SS, NS, BS, BOOL, NULL, L or M."""
    return next(iter(value))


def checked_item(item: Item) -> Item:
    """Return the item with its numbers as AWS writes them; raises AWS's error for a value that it refuses."""
    return {name: checked(value) for name, value in item.items()}


def checked(value: Value, depth: int = 1) -> Value:
    """Return the value with its numbers as AWS writes them; raises AWS's error for one that it refuses.

    "AttributeValue" and "Naming rules and data types"; the texts are those of the public records of AWS's answers.
    """
    if not value:
        raise validation_error("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    result = {kind: _checked_content(kind, content, depth) for kind, content in value.items()}
    if len(value) > 1:
        raise validation_error(
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )
    return result


def _checked_content(kind: str, content: Any, depth: int) -> Any:
    match kind:
        case "N":
            return number(content)
        case "NULL" if not content:
            raise RequestError(INVALID + "Null attribute value types must have the value of true")
        case "SS" | "NS" | "BS":
            return _checked_set(kind, content)
        case "L" | "M" if depth > MAX_DEPTH:
            raise validation_error(
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond "
                "supported limit"
            )
        case "L":
            return [checked(one, depth + 1) for one in content]
        case "M":
            return {name: checked(one, depth + 1) for name, one in content.items()}
    return content


def _checked_set(kind: str, members: Sequence[Any]) -> Sequence[Any]:
    if not members:
        raise RequestError(INVALID + EMPTY_SETS[kind])
    if kind == "NS":
        members = [number(one) for one in members]
    if len(set(members)) == len(members):
        return members
    if kind == "NS":
        raise RequestError("Input collection contains duplicates")
    texts = [base64.b64encode(one).decode() if kind == "BS" else one for one in members]
    end = "of type BS contains duplicates." if kind == "BS" else " contains duplicates."
    raise RequestError(f"{INVALID}Input collection [{', '.join(texts)}]{end}")


def number(text: str) -> str:
    """Return the number without exponent or zeros at its ends; "Naming rules and data types", Number."""
    if PLAIN_INTEGER.fullmatch(text):
        return text
    if not NUMBER.fullmatch(text):
        what = "The parameter cannot be converted to a numeric value"
        raise validation_error(f"{what}: {text}" if text else what)
    decimal = Decimal(text)
    if not decimal:
        return "0"
    if decimal.adjusted() > MAX_EXPONENT:
        raise validation_error(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    if decimal.adjusted() < MIN_EXPONENT:
        raise validation_error(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        )
    if len("".join(map(str, decimal.as_tuple().digits)).strip("0")) > MAX_DIGITS:
        raise validation_error("Attempting to store more than 38 significant digits in a Number")
    plain = f"{decimal:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def item_bytes(item: Item) -> int:
    """Return the item's size: names and values, as "DynamoDB item sizes and formats" counts them."""
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def _bytes(value: Value) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_bytes(content)
        case "B":
            return len(content)
        case "SS":
            return sum(len(one.encode()) for one in content)
        case "NS":
            return sum(_number_bytes(one) for one in content)
        case "BS":
            return sum(map(len, content))
        case "L":
            return 3 + sum(1 + _bytes(one) for one in content)
        case "M":
            return 3 + len(content) + item_bytes(content)
    return 1


def _number_bytes(text: str) -> int:
    """About a byte for every two significant digits, one more, and one for a sign."""
    sign, digits, _ = (decimal := Decimal(text)).as_tuple()
    if not decimal:
        return 1
    significant = len("".join(map(str, digits)).strip("0"))
    # They are kept in pairs from the decimal point, so that an even exponent may take one byte more.
    return 1 + (significant + (decimal.adjusted() + 1) % 2 + 1) // 2 + sign


def check_item_size(item: Item) -> None:
    """Raise AWS's error for an item to write that is larger than 400 KB; "Service quotas", Items."""
    if item_bytes(item) > MAX_ITEM_BYTES:
        raise validation_error("Item size has exceeded the maximum allowed size")
