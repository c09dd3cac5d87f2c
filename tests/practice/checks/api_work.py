"""The work of section 5 as a student does it, by boto3 or by the real `aws` command, a step at a time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import requests
from botocore import xform_name

from helpers import lab
from helpers.practice.checkpoints import BUCKET, ROLE, invocation_uri, zip_handler

AWS = str(Path(sys.executable).with_name("aws"))
PARAMETER = "method.request.path.username"
BODY = {"username": "tete", "data": "100"}


def boto3_call(service, operation, **parameters):
    return getattr(boto3.client(service), xform_name(operation))(**parameters)


def aws_call(service, operation, _file=None, **parameters):
    """Make the call as a terminal does: shorthand for mappings, words for lists, `_file` for what is downloaded."""
    words = [_file] if _file else []
    for name, value in parameters.items():
        words.append("--" + xform_name(name, "-"))
        if isinstance(value, dict):
            words.append(",".join(f"{key}={json.dumps(one)}" for key, one in value.items()))
        else:
            words += value if isinstance(value, list) else [str(value)]
    service = "s3api" if service == "s3" else service
    done = subprocess.run([AWS, service, xform_name(operation, "-"), *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout) if done.stdout.startswith("{") else {}


class Work:
    """An API under way: its id, that of its route, and where it answers."""

    def __init__(self, call=boto3_call):
        self.call = call
        self.id = self.root = self.user = self.route = ""

    def gateway(self, operation, **parameters):
        return self.call("apigateway", operation, **parameters)

    def on(self, operation, **parameters):
        return self.gateway(operation, restApiId=self.id, **parameters)

    def create(self, name="user_lambda"):
        self.id = self.gateway("CreateRestApi", name=name)["id"]
        self.root = self.on("GetResources")["items"][0]["id"]
        return self.id

    def resource(self, part, parent=None):
        return self.on("CreateResource", parentId=parent or self.user, pathPart=part)["id"]

    def routes(self):
        self.user = self.resource("user", self.root)
        self.route = self.resource("{username}")

    def method(self, method, **changed):
        given = {"authorizationType": "NONE", "requestParameters": {PARAMETER: True}} | changed
        self.on("PutMethod", resourceId=self.route, httpMethod=method, **given)

    def integrate(self, method, function="user_lambda", **changed):
        given = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": invocation_uri(function)} | changed
        self.on("PutIntegration", resourceId=self.route, httpMethod=method, **given)

    def on_method(self, operation, method):
        return self.on(operation, resourceId=self.route, httpMethod=method)

    def deploy(self, stage="dev"):
        return self.on("CreateDeployment", stageName=stage)["id"]

    def designed(self):
        """Do what the tasks do before the first deployment."""
        self.create()
        self.routes()
        for method in ("POST", "GET"):
            self.method(method)
        self.integrate("POST")

    def post(self, body=BODY, user="pepe", prefix="_aws/execute-api/{}/dev"):
        address = f"{os.environ['AWS_ENDPOINT_URL']}/{prefix.format(self.id)}/user/{user}"
        return requests.post(address, json=body, timeout=30)


def read_bucket(*keys):
    s3 = boto3.client("s3")
    s3.list_objects_v2(Bucket=BUCKET, Prefix="users/")
    for key in keys:
        s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def function(name="user_lambda_param", code=None, handler=None):
    """Create a function of the handlers' or with other code, written as its handler."""
    aws_lambda = boto3.client("lambda")
    aws_lambda.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler=handler or f"{name}.handler",
        Role=ROLE,
        Code={"ZipFile": code or zip_handler(name)},
    )
    aws_lambda.get_waiter("function_active_v2").wait(FunctionName=name)


def whole_cloud():
    """Return all that the checks could have changed."""
    gateway, logs, s3, aws_lambda = map(boto3.client, ("apigateway", "logs", "s3", "lambda"))
    apis = [
        {
            "api": api,
            "resources": gateway.get_resources(restApiId=api["id"], embed=["methods"])["items"],
            "stages": gateway.get_stages(restApiId=api["id"])["item"],
            "deployments": gateway.get_deployments(restApiId=api["id"])["items"],
        }
        for api in gateway.get_rest_apis()["items"]
    ]
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = {group: logs.filter_log_events(logGroupName=group)["events"] for group in groups}
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    objects = {bucket: s3.list_objects_v2(Bucket=bucket).get("Contents", []) for bucket in buckets}
    objects = {
        bucket: [(one["Key"], one["ETag"], one["LastModified"]) for one in found] for bucket, found in objects.items()
    }
    functions = [one["FunctionName"] for one in aws_lambda.list_functions()["Functions"]]
    return apis, events, objects, functions, boto3.client("dynamodb").list_tables()["TableNames"]


def logged(name="user_lambda"):
    """Wait until every invocation of the function is whole in its log, so that nothing comes afterwards."""
    logs = boto3.client("logs")

    def is_whole(response):
        marks = [event["message"].split()[0] for event in response["events"]]
        return marks.count("REPORT") == marks.count("START") > 0

    lab.wait_until(lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{name}"), ready=is_whole)
