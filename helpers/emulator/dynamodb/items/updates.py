"""What an UpdateExpression makes of an item; "Using update expressions in DynamoDB"."""

import copy
from decimal import Context
from typing import Any

from helpers.emulator.dynamodb.items.conditions import find
from helpers.emulator.dynamodb.items.syntax import Call, Constant, Operand, Path
from helpers.emulator.dynamodb.items.update_reader import Change
from helpers.emulator.dynamodb.items.values import Item, Value, number, type_of
from helpers.emulator.dynamodb.operations import validation_error

ARITHMETIC = Context(prec=80)
# The place of an element that goes, until all changes are done: the positions are those from before.
GONE: Value = {}


def updated(item: Item, changes: list[Change]) -> Item:
    """Return the item with the changes; raises AWS's error if one cannot be done. Changes the item that it is given."""
    values = [_value(change.value, item) if change.value is not None else GONE for change in changes]
    lists: list[list[Value]] = []
    beyond: list[tuple[int, list[Value], Value]] = []
    for change, value in zip(changes, values, strict=True):
        holder, part = _place(change.path, item)
        if isinstance(part, int):
            lists.append(holder)
            if part >= len(holder):
                if change.clause in ("SET", "ADD"):
                    beyond.append((part, holder, value))
                continue
        match change.clause:
            case "SET":
                holder[part] = value
            case "REMOVE":
                _replace(holder, part, GONE)
            case "ADD":
                holder[part] = _added(_get(holder, part), value)
            case "DELETE":
                _replace(holder, part, _without(_get(holder, part), value))
    for one in lists:
        one[:] = [value for value in one if value is not GONE]
    # "If you add an element to a list beyond its end, it is appended", the lowest position first.
    for _, holder, value in sorted(beyond, key=lambda one: one[0]):
        holder.append(value)
    return item


def _place(path: Path, item: Item) -> tuple[Any, str | int]:
    """Return the map or the list that the path's last part is in, and that part."""
    *before, last = path.parts
    parent = find(Path(tuple(before)), item)
    holder = parent and parent.get("L" if isinstance(last, int) else "M")
    if holder is None:
        raise validation_error("The document path provided in the update expression is invalid for update")
    return holder, last


def _get(holder: Any, part: str | int) -> Value | None:
    found: Value | None = holder[part] if isinstance(part, int) else holder.get(part)
    return found


def _replace(holder: Any, part: str | int, value: Value) -> None:
    """Change or take away what is there, if anything is."""
    if isinstance(part, int) or (part in holder and value is not GONE):
        holder[part] = value
    else:
        holder.pop(part, None)


def _value(operand: Operand, item: Item) -> Value:
    if isinstance(operand, Constant):
        return operand.value
    if isinstance(operand, Path):
        if (found := find(operand, item)) is None:
            raise validation_error("The provided expression refers to an attribute that does not exist in the item")
        return copy.deepcopy(found) if found.keys() & {"L", "M"} else found
    if operand.name == "if_not_exists":
        path, default = operand.operands
        assert isinstance(path, Path)  # noqa: S101 (the reader saw to it)
        return _value(path if find(path, item) is not None else default, item)
    return _combined(operand, [_value(one, item) for one in operand.operands])


def _combined(call: Call, operands: list[Value]) -> Value:
    wanted = "L" if call.name == "list_append" else "N"
    if any(type_of(one) != wanted for one in operands):
        raise _wrong_type()
    first, second = (one[wanted] for one in operands)
    return {"L": [*first, *second]} if wanted == "L" else {"N": _sum(first, second, call.name)}


def _sum(first: str, second: str, operator: str) -> str:
    one, other = ARITHMETIC.create_decimal(first), ARITHMETIC.create_decimal(second)
    return number(str(ARITHMETIC.add(one, other) if operator == "+" else ARITHMETIC.subtract(one, other)))


def _added(old: Value | None, value: Value) -> Value:
    kind = type_of(value)
    if old is None:
        return value
    if type_of(old) != kind:
        raise _wrong_type()
    if kind == "N":
        return {"N": _sum(old["N"], value["N"], "+")}
    return {kind: [*old[kind], *(one for one in value[kind] if one not in old[kind])]}


def _without(old: Value | None, value: Value) -> Value:
    kind = type_of(value)
    if old is None:
        return GONE
    if type_of(old) != kind:
        raise _wrong_type()
    left = [one for one in old[kind] if one not in value[kind]]
    return {kind: left} if left else GONE


def _wrong_type() -> Exception:
    return validation_error("An operand in the update expression has an incorrect data type")
