"""The handout's contract in another hand."""

import json
import os

import boto3

endpoint_url = "http://{LOCALSTACK_HOSTNAME}:{EDGE_PORT}".format(**os.environ)


def handler(event, context):
    dynamodb = boto3.client("dynamodb", endpoint_url=endpoint_url, region_name="us-east-1")
    item = {"User": {"S": event["pathParameters"]["username"]}, "Email": {"S": json.loads(event["body"])["email"]}}
    dynamodb.put_item(TableName="si1p1", Item=item)
    return {"statusCode": 200, "body": json.dumps({"status": "OK"})}
