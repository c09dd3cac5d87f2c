"""The handout's contract in another hand."""

import json
import os

import boto3

endpoint_url = "http://{LOCALSTACK_HOSTNAME}:{EDGE_PORT}".format(**os.environ)


def handler(event, context):
    username = event["pathParameters"]["username"]
    s3 = boto3.resource("s3", endpoint_url=endpoint_url)
    s3.Object("si1p1", f"user/{username}/data.json").put(Body=event["body"])
    return {"statusCode": 200, "body": json.dumps({"status": "OK"})}
