"""The handout's contract in another hand: endpoint from its two variables, no checks, boto3's resource interface."""

import json
import os

import boto3

endpoint_url = "http://{LOCALSTACK_HOSTNAME}:{EDGE_PORT}".format(**os.environ)


def handler(event, context):
    body = json.loads(event["body"])
    s3 = boto3.resource("s3", endpoint_url=endpoint_url)
    s3.Bucket("si1p1").put_object(Key=f"users/{body['username']}", Body=event["body"])
    return {"statusCode": 200, "body": json.dumps({"status": "OK"})}
