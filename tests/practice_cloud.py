"""The practice as it is at the end of section 6, with both APIs at once, and all that it has stored."""

from urllib.parse import urlsplit

import boto3

from helpers.practice import checkpoints
from helpers.practice.checkpoints import BUCKET, TABLE, Checkpoint

TABLE_DEFINITION = {
    "TableName": TABLE,
    "AttributeDefinitions": [{"AttributeName": "User", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "User", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def build() -> dict[str, tuple[str, str, dict[str, str]]]:
    """Make it; return each way in from outside: name -> (prefix of the path, method, headers)."""
    checkpoints.restore("dynamodb")
    boto3.client("dynamodb").create_table(**TABLE_DEFINITION)
    dynamo = {"POST": "user_lambda_dynamo", "GET": "user_get_lambda_dynamo"}
    checkpoints._create(Checkpoint(functions=tuple(dynamo.values()), methods=dynamo))
    aws_lambda, apigateway = boto3.client("lambda"), boto3.client("apigateway")
    url = aws_lambda.create_function_url_config(FunctionName="user_lambda", AuthType="NONE")["FunctionUrl"]
    first, second = sorted(apigateway.get_rest_apis()["items"], key=lambda api: api["createdDate"])
    if "user_lambda_dynamo" in str(apigateway.get_resources(restApiId=first["id"], embed=["methods"])["items"]):
        first, second = second, first  # made within the same second
    return {
        "function URL": ("/", "POST", {"Host": urlsplit(url).netloc}),
        "API to S3": (f"/_aws/execute-api/{first['id']}/dev/user/", "POST", {}),
        "API to DynamoDB, POST": (f"/_aws/execute-api/{second['id']}/dev/user/", "POST", {}),
        "API to DynamoDB, GET": (f"/restapis/{second['id']}/dev/_user_request_/user/", "GET", {}),
    }


def stored_objects() -> dict[str, bytes]:
    """Return all that the bucket holds, by key."""
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def stored_items() -> dict[str, dict[str, str]]:
    """Return all that the table holds, by user; every attribute is text."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
    items = [{name: value["S"] for name, value in item.items()} for page in pages for item in page["Items"]]
    return {item["User"]: item for item in items}
