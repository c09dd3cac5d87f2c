"""Whether a request has the types that the service's model says, and all that it requires; boto3 sends no others."""

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from localstack.aws.api import CommonServiceException, RequestContext

from helpers.emulator.dynamodb.items.request_rules import one_failure
from helpers.emulator.dynamodb.operations import Request, before

PYTHON_TYPES: dict[str, type] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "blob": bytes,
    "boolean": bool,
    "integer": int,
    "long": int,
}
JAVA_TYPES = {"string": "String", "boolean": "Boolean", "integer": "Integer", "long": "Long"}
OPERATIONS = (
    "PutItem",
    "GetItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "TransactGetItems",
    "TransactWriteItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
)


@before(*OPERATIONS)
def check_shape(request: Request, context: RequestContext) -> None:
    """Raise AWS's error for the first value of another type, or for the first member that is missing."""
    if context.operation is not None and context.operation.input_shape is not None:
        _check_members(context.operation.input_shape, request, "")


def _check(shape: Shape, value: Any, path: str) -> None:
    found: type = type(value)
    if found is not PYTHON_TYPES[shape.type_name]:
        raise CommonServiceException("SerializationException", _problem(shape, value), sender_fault=True)
    if isinstance(shape, StructureShape):
        _check_members(shape, value, path)
    elif isinstance(shape, ListShape):
        for number, one in enumerate(value, 1):
            _check(shape.member, one, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for key, one in value.items():
            _check(shape.value, one, f"{path}.{key}.member")


def _check_members(shape: StructureShape, value: dict[str, Any], path: str) -> None:
    for name in shape.required_members:
        if value.get(name) is None and name not in ("TableName", "RequestItems"):  # which have rules of their own
            raise one_failure("null", _inside(path, name), "Member must not be null")
    for name, one in value.items():
        if one is not None:
            _check(shape.members[name], one, _inside(path, name))


def _inside(path: str, name: str) -> str:
    return f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")


def _problem(shape: Shape, value: Any) -> str:
    """Return AWS's words for a value of the wrong type, from the public records of its answers."""
    kind = shape.type_name
    if isinstance(value, dict):
        return "Start of structure or map found where not expected"
    if isinstance(value, list):
        return f"Unrecognized collection type class java.lang.{JAVA_TYPES.get(kind, 'Object')}"
    if kind not in JAVA_TYPES:
        return "Unexpected field type"
    if isinstance(value, bool):
        found = "TRUE_VALUE" if value else "FALSE_VALUE"
    else:
        found = (
            "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"
        )
    return f"{found} cannot be converted to {JAVA_TYPES[kind]}"
