"""CloudFormation makes tables here: LocalStack's calls the service in its own way."""

import json
import uuid

import boto3
import pytest

SCHEMA = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "fin"},
}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Table", {"Tags": [{"Key": "a", "Value": "b"}], "SSESpecification": {"SSEEnabled": True}}),
        ("GlobalTable", {"Replicas": [{"Region": "us-east-1"}]}),
    ],
)
def test_a_stack_makes_a_table_and_deletes_it(emulator, kind, properties):
    clients = [boto3.client(name, endpoint_url=emulator.start().url) for name in ("cloudformation", "dynamodb")]
    cloudformation, dynamodb = clients
    name = f"pila-{uuid.uuid4()}"
    resource = {"Type": f"AWS::DynamoDB::{kind}", "Properties": SCHEMA | properties | {"TableName": name}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Tabla": resource}}))
    settings = {"Delay": 1, "MaxAttempts": 60}
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=settings)
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert (table["TableStatus"], table["BillingModeSummary"]["BillingMode"]) == ("ACTIVE", "PAY_PER_REQUEST")
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "fin"}
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=settings)
    assert name not in dynamodb.list_tables()["TableNames"]
