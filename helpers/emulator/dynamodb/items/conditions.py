"""Whether an item meets a condition that was read.

"Condition and filter expressions, operators, and functions in DynamoDB". What an item has not makes a comparison false,
except that it is different (`<>`) from anything.
"""

from helpers.emulator.dynamodb.items.comparison import begins_with, compares, contains, equal
from helpers.emulator.dynamodb.items.syntax import Call, Constant, Operand, Path
from helpers.emulator.dynamodb.items.values import Item, Value, type_of


def holds(condition: Operand, item: Item) -> bool:
    """Tell whether the item meets the condition; an item that is not there is an empty one."""
    assert isinstance(condition, Call)  # noqa: S101 (the reader saw to it)
    operands = condition.operands
    match condition.name:
        case "AND":
            return all(holds(one, item) for one in operands)
        case "OR":
            return any(holds(one, item) for one in operands)
        case "NOT":
            return not holds(operands[0], item)
        case "attribute_exists":
            return value_of(operands[0], item) is not None
        case "attribute_not_exists":
            return value_of(operands[0], item) is None
    values = [value_of(one, item) for one in operands]
    if condition.name == "<>" and None in values:
        return values[0] is not values[1]
    if condition.name == "IN":
        return values[0] is not None and any(one is not None and equal(values[0], one) for one in values[1:])
    present = [one for one in values if one is not None]
    return len(present) == len(values) and _compares(condition.name, present)


def _compares(operator: str, values: list[Value]) -> bool:
    match operator:
        case "BETWEEN":
            return compares(">=", values[0], values[1]) and compares("<=", values[0], values[2])
        case "begins_with":
            return begins_with(*values)
        case "contains":
            return contains(*values)
        case "attribute_type":
            return values[1].get("S") == type_of(values[0])
    return compares(operator, *values)


def value_of(operand: Operand, item: Item) -> Value | None:
    """Return the operand's value for the item; None if the item has it not."""
    if isinstance(operand, Constant):
        return operand.value
    if isinstance(operand, Path):
        return find(operand, item)
    value = value_of(operand.operands[0], item)
    return _size(value) if value else None


def find(path: Path, item: Item) -> Value | None:
    """Return what is at the path in the item; None if nothing is."""
    found: Value = {"M": item}
    for part in path.parts:
        inside = found.get("L" if isinstance(part, int) else "M")
        if inside is None:
            return None
        if isinstance(part, int):
            if part >= len(inside):
                return None
        elif part not in inside:
            return None
        found = inside[part]
    return found


def _size(value: Value) -> Value | None:
    kind = type_of(value)
    return None if kind in ("N", "BOOL", "NULL") else {"N": str(len(value[kind]))}
