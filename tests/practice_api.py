"""An API of the student's and a function URL, as the practice makes them, both on one function."""

from dataclasses import dataclass

import boto3

ECHO = """
import json
def handler(event, context):
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": ORIGIN} if ORIGIN else {}
    method = event.get("httpMethod") or event["requestContext"]["http"]["method"]
    return {"statusCode": 200, "headers": headers, "body": json.dumps({"llega": method})}
"""


@dataclass(frozen=True)
class PracticeApi:
    """A deployed API: its id, and where it answers."""

    id: str
    path: str
    function: str


def make(function, origin=None):
    """Deploy an API whose ANY /user/{username} calls a function that allows the pages of `origin` to read it."""
    made = function(f"ORIGIN = {origin!r}\n{ECHO}")
    client = boto3.client("apigateway")
    api = client.create_rest_api(name=f"de-{made.name}")["id"]
    (root,) = client.get_resources(restApiId=api)["items"]
    user = client.create_resource(restApiId=api, parentId=root["id"], pathPart="user")["id"]
    one = client.create_resource(restApiId=api, parentId=user, pathPart="{username}")["id"]
    method = {"restApiId": api, "resourceId": one, "httpMethod": "ANY"}
    client.put_method(**method, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{made.name}/invocations"
    client.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    client.create_deployment(restApiId=api, stageName="dev")
    return PracticeApi(api, f"/_aws/execute-api/{api}/dev/user/pepe", made.name)
