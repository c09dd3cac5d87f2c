"""The limits that the service's own model puts on a request: names, lengths, ranges and lists of values.

The words are those of AWS's answers ("1 validation error detected: Value … at … failed to satisfy constraint: …"), as
recorded by the tests of LocalStack and moto that were run against AWS. LocalStack itself does not check them.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from botocore.model import ListShape, OperationModel, Shape, StringShape, StructureShape
from localstack.aws.api import RequestContext

from helpers.emulator.dynamodb.answers import named_error
from helpers.emulator.dynamodb.operations import Request, before, validation_error
from helpers.emulator.dynamodb.table_records import wrong_arn

# The operations on tables. Those on items have their own rules (AWS names their parameters otherwise).
OPERATIONS = (
    "CreateBackup",
    "CreateTable",
    "DeleteTable",
    "DescribeContinuousBackups",
    "DescribeContributorInsights",
    "DescribeExport",
    "DescribeImport",
    "DescribeKinesisStreamingDestination",
    "DescribeTable",
    "DescribeTableReplicaAutoScaling",
    "DescribeTimeToLive",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExportTableToPointInTime",
    "ListBackups",
    "ListContributorInsights",
    "ListTables",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "UpdateContinuousBackups",
    "UpdateContributorInsights",
    "UpdateKinesisStreamingDestination",
    "UpdateTable",
    "UpdateTableReplicaAutoScaling",
    "UpdateTimeToLive",
)
MOST_TOLD = 10

NAME = {"min": 3, "max": 255, "pattern": "[a-zA-Z0-9_.-]+"}
# What the model says and AWS does not hold to, or says otherwise.
METADATA: dict[str, dict[str, Any]] = {
    "BackupArn": {},
    "KMSMasterKeyId": {"min": 1},
    "NonKeyAttributeNameList": {"min": 1},
    "TableClass": {},
    "TagKeyString": {},
    "TagValueString": {},
    "RecoveryPeriodInDays": {"min": 1, "max": 35},
}
KEY_SCHEMAS_OF_TWO = {"CreateTableInput", "LocalSecondaryIndex"}
NOT_REQUIRED = {"Tag"}
# Where AWS tells several errors in another order than the model's.
ORDERS = {
    "AttributeDefinition": ("AttributeType", "AttributeName"),
    "CreateTableInput": ("AttributeDefinitions", "TableName", "BillingMode", "ProvisionedThroughput", "KeySchema"),
    "ProvisionedThroughput": ("WriteCapacityUnits", "ReadCapacityUnits"),
    "TimeToLiveSpecification": ("AttributeName", "Enabled"),
}
# AWS lists the values of these in its own order; the others are in the model's.
VALUES = {
    "ScalarAttributeType": "B, N, S",
    "StreamViewType": "OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE",
    "ProjectionType": "ALL, INCLUDE, KEYS_ONLY",
}


@before(*OPERATIONS)
def check_constraints(request: Request, context: RequestContext) -> None:
    """Raise ValidationException for a request that does not fit the model."""
    operation = cast(OperationModel, context.operation)
    shape = cast(StructureShape, operation.input_shape)
    if "TableName" in shape.required_members:
        name = request.get("TableName")
        if name is None:
            raise validation_error("The parameter 'TableName' is required but was not present in the request")
        if name.startswith("arn:") and operation.name != "CreateTable":
            if error := wrong_arn(context, name):
                raise error
            request = {**request, "TableName": name.rpartition("/")[2]}
    found = list(_violations(request, shape, ""))
    if found:
        errors = "error" if len(found) == 1 else "errors"
        message = f"{len(found[:MOST_TOLD])} validation {errors} detected: {'; '.join(found[:MOST_TOLD])}"
        raise named_error("ValidationException", message)


def _violations(value: Any, shape: Shape, path: str) -> Iterator[str]:
    # To the model a table's name is an ARN, of any characters.
    limits = NAME if path == "tableName" else METADATA.get(shape.name, shape.metadata)
    if isinstance(shape, StructureShape):
        yield from _violations_of_members(value, shape, path)
    elif isinstance(shape, ListShape):
        yield from _violations_of_size(value, len(value), limits, path, "length")
        for number, member in enumerate(value, 1):
            yield from _violations(member, shape.member, f"{path}.{number}.member")
    elif isinstance(shape, StringShape):
        yield from _violations_of_text(value, shape, limits, path)
    elif shape.type_name in ("integer", "long"):
        yield from _violations_of_size(value, value, limits, path, "value")


def _violations_of_members(value: dict[str, Any], shape: StructureShape, path: str) -> Iterator[str]:
    for name in dict.fromkeys((*ORDERS.get(shape.name, ()), *shape.members)):
        member = shape.members[name]
        here = f"{path}.{name[0].lower()}{name[1:]}".removeprefix(".")
        if value.get(name) is not None:
            yield from _violations(value[name], member, here)
            if name == "KeySchema" and shape.name in KEY_SCHEMAS_OF_TWO:
                yield from _violations_of_size(value[name], len(value[name]), {"max": 2}, here, "length")
        elif name in shape.required_members and shape.name not in NOT_REQUIRED:
            yield f"Value null at '{here}' failed to satisfy constraint: Member must not be null"


def _violations_of_text(value: str, shape: StringShape, limits: dict[str, Any], path: str) -> Iterator[str]:
    size = list(_violations_of_size(value, len(value), limits, path, "length"))
    pattern = []
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        pattern = [_violation(value, path, f"Member must satisfy regular expression pattern: {limits['pattern']}")]
    # Seen on AWS in both orders.
    yield from size + pattern if path.rpartition(".")[2] in ("tableName", "indexName") else pattern + size
    if "enum" in limits and value not in limits["enum"]:
        values = VALUES.get(shape.name, ", ".join(limits["enum"]))
        yield _violation(value, path, f"Member must satisfy enum value set: [{values}]")


def _violations_of_size(value: Any, size: int, limits: dict[str, Any], path: str, what: str) -> Iterator[str]:
    if "min" in limits and size < limits["min"]:
        yield _violation(value, path, f"Member must have {what} greater than or equal to {limits['min']}")
    if "max" in limits and size > limits["max"]:
        yield _violation(value, path, f"Member must have {what} less than or equal to {limits['max']}")


def _violation(value: Any, path: str, rule: str) -> str:
    return f"Value '{_as_java(value)}' at '{path}' failed to satisfy constraint: {rule}"


def _as_java(value: Any) -> str:
    """Return a value as Java writes it, which is how AWS quotes what it was given."""
    if isinstance(value, list):
        return f"[{', '.join(_as_java(one) for one in value)}]"
    if isinstance(value, dict):  # the only list of structures that has a limit
        members = ", ".join(f"{name[0].lower()}{name[1:]}={_as_java(one)}" for name, one in value.items())
        return f"KeySchemaElement({members})"
    return str(value)
