"""The practice's table and its items, and all that the cloud holds."""

import boto3
import pytest
from botocore.exceptions import ClientError

PIPO = {"User": "pipo", "Email": "pipo@ss.com"}

# Each of DynamoDB's ten types -> what the answer says in JSON.
TEN_TYPES = {
    "S": ("ñ", "ñ"),
    "N": ("2.5", 2.5),
    "B": (b"\xff\x00", "/wA="),
    "BOOL": (True, True),
    "NULL": (True, None),
    "SS": (["b", "a"], ["a", "b"]),
    "NS": (["10", "9"], [9, 10]),
    "BS": ([b"b", b"a"], ["YQ==", "Yg=="]),
    "L": ([{"B": b"a"}, {"N": "1E+3"}], ["YQ==", 1000]),
    "M": ({"x": {"BS": [b"a"]}}, {"x": ["YQ=="]}),
}


def create_table(client, key=None, type="S", units=5, name="si1p1"):
    """Create it as the practice asks for, or with another key, another type of it, or other units: 0, on demand."""
    key = key or {"User": "HASH"}
    throughput = {"ReadCapacityUnits": units, "WriteCapacityUnits": units}
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": type} for one in key],
        KeySchema=[{"AttributeName": one, "KeyType": kind} for one, kind in key.items()],
        **({"ProvisionedThroughput": throughput} if units else {"BillingMode": "PAY_PER_REQUEST"}),
    )


def put(client, **attributes):
    """Put an item whose attributes are texts or numbers."""
    item = {name: {"S": one} if isinstance(one, str) else {"N": str(one)} for name, one in attributes.items()}
    client.put_item(TableName="si1p1", Item=item)


def put_refused(client, **attributes):
    """Put an item that AWS refuses."""
    with pytest.raises(ClientError):
        put(client, **attributes)


def survey():
    """Return what the cloud holds, to compare it with what it holds later."""
    apigateway, s3, dynamodb = (boto3.client(name) for name in ("apigateway", "s3", "dynamodb"))
    apis = [api["id"] for api in apigateway.get_rest_apis()["items"]]
    return {
        "apis": {api: apigateway.get_resources(restApiId=api, embed=["methods"])["items"] for api in apis},
        "deployments": {api: apigateway.get_deployments(restApiId=api)["items"] for api in apis},
        "stages": {api: apigateway.get_stages(restApiId=api)["item"] for api in apis},
        "functions": sorted(
            (one["FunctionName"], one["RevisionId"]) for one in boto3.client("lambda").list_functions()["Functions"]
        ),
        "logs": [group["logGroupName"] for group in boto3.client("logs").describe_log_groups()["logGroups"]],
        "objects": {
            bucket["Name"]: [one["Key"] for one in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])]
            for bucket in s3.list_buckets()["Buckets"]
        },
        "items": {name: dynamodb.scan(TableName=name)["Items"] for name in dynamodb.list_tables()["TableNames"]},
    }
