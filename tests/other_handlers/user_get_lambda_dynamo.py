"""The handout's contract in another hand."""

import json
import os

import boto3

endpoint_url = "http://{LOCALSTACK_HOSTNAME}:{EDGE_PORT}".format(**os.environ)


def handler(event, context):
    table = boto3.resource("dynamodb", endpoint_url=endpoint_url).Table("si1p1")
    rest_body = table.get_item(Key={"User": event["pathParameters"]["username"]}).get("Item", {})
    return {"statusCode": 200, "body": json.dumps(rest_body)}
