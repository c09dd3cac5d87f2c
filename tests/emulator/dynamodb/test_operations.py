"""Each operation of DynamoDB's model is answered: as AWS answers it, or by saying what is not here."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel

MODEL = ServiceModel(Loader().load_service_model("dynamodb", "service-2"), "dynamodb")
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/minimal"
# Where the model's own limits do not tell what is valid.
VALUES = {
    "ResourceArn": ARN,
    "TableArn": ARN,
    "BackupArn": f"{ARN}/backup/01489602797149-73d8d5bc",
    "ExportArn": f"{ARN}/export/01489602797149-73d8d5bc",
    "ImportArn": f"{ARN}/import/01489602797149-73d8d5bc",
    "StreamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/none",
    "Statement": 'SELECT * FROM "minimal"',
}


def minimal(shape, name=""):
    """Return the smallest value of a shape that its limits allow."""
    if name in VALUES:
        return VALUES[name]
    if shape.name == "AttributeValue":
        return {"S": "x"}
    if shape.name == "TransactWriteItem":  # one of its members, which the model cannot say
        return {"Delete": minimal(shape.members["Delete"])}
    match shape.type_name:
        case "structure":
            return {member: minimal(shape.members[member], member) for member in shape.required_members}
        case "list":
            return [minimal(shape.member) for _ in range(max(1, shape.metadata.get("min", 1)))]
        case "map":
            return {"minimal": minimal(shape.value)}
        case "string":
            return shape.enum[0] if shape.enum else "minimal".ljust(shape.metadata.get("min", 0), "x")
        case "integer" | "long":
            return shape.metadata.get("min", 1)
        case "boolean":
            return True
    raise AssertionError(shape)


def call(emulator, operation, request, **settings):
    """Send a request to an operation that is named as in the model."""
    client = boto3.client("dynamodb", endpoint_url=emulator.start().url, config=Config(**settings))
    method = next(name for name, api in client.meta.method_to_api_mapping.items() if api == operation)
    return getattr(client, method)(**request)


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_an_operation_is_answered_by_name(emulator, operation):
    try:
        answer = call(emulator, operation, minimal(MODEL.operation_model(operation).input_shape))
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status == 400 and not code.startswith("Internal"), error
        assert error.response["Error"]["Message"]
        if code == "UnknownOperationException":
            assert "is not available in this LocalStack" in str(error)
    else:
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


# boto3 finds out the table of a batch before it sends it.
@pytest.mark.parametrize("operation", sorted({*MODEL.operation_names} - {"BatchGetItem", "BatchWriteItem"}))
def test_an_empty_request_is_answered_by_name(emulator, operation):
    try:
        call(emulator, operation, {}, parameter_validation=False, retries={"total_max_attempts": 1})
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error
