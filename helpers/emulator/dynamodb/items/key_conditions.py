"""The conditions of a Query on the key; "Key condition expressions for the Query operation in DynamoDB"."""

from collections.abc import Collection, Sequence

from helpers.emulator.dynamodb.items.keys import check_key_value
from helpers.emulator.dynamodb.items.legacy import read_conditions
from helpers.emulator.dynamodb.items.syntax import Call, Constant, Operand, Path
from helpers.emulator.dynamodb.items.values import INVALID, Value, type_of
from helpers.emulator.dynamodb.operations import Request, validation_error

# The condition on each attribute.
type KeyConditions = dict[str, Call]

MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
OPERATORS = (*MIRRORED, "BETWEEN", "begins_with")


def read_key_conditions(request: Request, expression: Call | None) -> KeyConditions:
    """Return the conditions, of the expression or of `KeyConditions`; raises AWS's error if they are wrong."""
    if expression is not None:
        conditions: KeyConditions = {}
        _collect(expression, conditions)
    else:
        calls = read_conditions(request["KeyConditions"], None)
        conditions = {_attribute(call): call for call in calls.operands if isinstance(call, Call)} if calls else {}
    check_number_of_conditions(conditions, conditions.keys())
    return conditions


def _attribute(call: Call) -> str:
    first = call.operands[0]
    return str(first.parts[0]) if isinstance(first, Path) else _attribute(first) if isinstance(first, Call) else ""


def _collect(call: Call, conditions: KeyConditions) -> None:
    if call.name == "AND":
        for operand in call.operands:
            if isinstance(operand, Call):
                _collect(operand, conditions)
        return
    if call.name not in OPERATORS:
        raise validation_error(f"Invalid operator used in KeyConditionExpression: {call.name}")
    where = "Invalid condition in KeyConditionExpression: "
    if call.name in ("BETWEEN", "begins_with") and not isinstance(call.operands[0], Path):
        raise validation_error(f"{where}{call.name} operator must have the key attribute as its first operand")
    name = ""
    for operand in call.operands:
        if isinstance(operand, Call):
            raise validation_error("KeyConditionExpressions cannot contain nested operations")
        if isinstance(operand, Path):
            if name:
                raise validation_error(f"{where}Multiple attribute names used in one condition")
            if len(operand.parts) > 1:
                raise validation_error("KeyConditionExpressions cannot have conditions on nested attributes")
            name = str(operand.parts[0])
    if not name:
        raise validation_error(f"{where}No key attribute specified")
    if name in conditions:
        raise validation_error("KeyConditionExpressions must only contain one condition per key")
    first, *others = call.operands
    conditions[name] = call if isinstance(first, Path) else Call(MIRRORED[call.name], (others[0], first))


def check_number_of_conditions(conditions: KeyConditions, keys: Collection[str]) -> None:
    """Raise AWS's error for no condition, or for more than a key of one or two attributes, or of more, can have."""
    if not 1 <= len(conditions) <= max(2, len(keys)):
        raise validation_error("Conditions can be of length 1 or 2 only")


def check_key_condition(
    conditions: KeyConditions, keys: Sequence[str], hashes: Sequence[str], name: str, types: dict[str, str]
) -> None:
    """Raise AWS's error if the condition on `name`, of the key `keys` with its partition's `hashes`, cannot be queried.

    Of a sort key of several attributes, the first so many may have a condition, and but for the last of them equality.
    """
    is_hash, place = name in hashes, keys.index(name)
    if len(conditions) > len(keys):
        raise validation_error("Query key condition not supported")
    if name not in conditions:
        if is_hash or len(conditions) > place:
            raise validation_error(f"Query condition missed key schema element: {name}")
        return
    condition = conditions[name]
    if condition.name not in OPERATORS:
        raise validation_error("Attempted conditional constraint is not an indexable operation")
    values = list(map(_value, condition.operands[1:]))
    if any(type_of(value) != types[name] for value in values):
        raise validation_error(f"{INVALID}Condition parameter type does not match schema type")
    if is_hash and condition.name != "=":
        raise validation_error("Query key condition not supported")
    if condition.name != "=" and len(conditions) > place + 1:
        raise validation_error(f"Query key condition not supported: {name}")
    for value in values:
        check_key_value(name, value, is_hash)


def hash_value(conditions: KeyConditions, name: str) -> Value:
    """Return the value that the partition key has to have."""
    return _value(conditions[name].operands[1])


def _value(operand: Operand) -> Value:
    return operand.value if isinstance(operand, Constant) else {"NULL": True}
