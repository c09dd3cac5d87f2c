"""Warm and cold calls of a function: directly, by its URL, through API Gateway, and from there to DynamoDB."""

import io
import json
import statistics
import time
import uuid
import zipfile
from functools import partial
from itertools import repeat
from urllib.parse import urlsplit

import boto3
import requests

from helpers.lab import wait_until
from helpers.practice.checkpoints import zip_handler
from helpers.session.aws import use

WARM_CALLS = 60
COLD_CALLS = 7
# Between making a function cold and calling it. As a person would, background work of either emulator ends meanwhile.
PAUSES = {"cold": 1.5, "cold at once": 0.0}

HELLO = 'def handler(event, context):\n    return {"statusCode": 200, "body": "hola"}\n'
ROLE = "arn:aws:iam::000000000000:role/si1"
TABLE = "si1p1"


class Deployment:
    """What the calls need on one emulator."""

    def __init__(self, url: str) -> None:
        use(url)
        self.url = url
        self._lambda, self._gateway = boto3.client("lambda"), boto3.client("apigateway")
        self._http = requests.Session()
        self._http.trust_env = False
        self.create("hello", zip_of("hello.py", HELLO))
        self.create("user_get_lambda_dynamo", zip_handler("user_get_lambda_dynamo"))
        function_url = self._lambda.create_function_url_config(FunctionName="hello", AuthType="NONE")["FunctionUrl"]
        self._host = urlsplit(function_url).netloc
        self._dynamodb = boto3.client("dynamodb")
        self._dynamodb.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._dynamodb.put_item(TableName=TABLE, Item={"User": {"S": "pepe"}, "Email": {"S": "pepe@uam.es"}})
        self._api = self._gateway.create_rest_api(name="bench")
        self._add_route("hello")
        self._add_route("user_get_lambda_dynamo")
        self._gateway.create_deployment(restApiId=self._api["id"], stageName="dev")

    def create(self, name: str, code: bytes) -> None:
        """Create a function and wait until it is active."""
        self._lambda.create_function(
            FunctionName=name, Runtime="python3.13", Handler=f"{name}.handler", Role=ROLE, Code={"ZipFile": code},
            Timeout=30, MemorySize=512,
        )  # fmt: skip
        self.wait(name)

    def wait(self, name: str) -> None:
        """Wait until the function is active and its last update is done."""
        wait_until(
            lambda: self._lambda.get_function(FunctionName=name)["Configuration"],
            ready=lambda found: (found["State"], found.get("LastUpdateStatus")) == ("Active", "Successful"),
        )

    def make_cold(self, name: str) -> None:
        """Have the function's next call start a new environment, by a change of its configuration."""
        self._lambda.update_function_configuration(
            FunctionName=name, Environment={"Variables": {"N": str(uuid.uuid4())}}
        )
        self.wait(name)

    def invoke(self) -> None:
        """Call the function by Lambda's API."""
        answer = self._lambda.invoke(FunctionName="hello", Payload="{}")
        assert json.load(answer["Payload"])["body"] == "hola"  # noqa: S101

    def function_url(self) -> None:
        """Call it by its URL."""
        self._get("/", "hola", Host=self._host)

    def gateway(self) -> None:
        """Call it through API Gateway."""
        self._get(f"/restapis/{self._api['id']}/dev/_user_request_/hello/x", "hola")

    def gateway_dynamodb(self) -> None:
        """Call through API Gateway the practice's function that reads an item of DynamoDB."""
        path = f"/restapis/{self._api['id']}/dev/_user_request_/user_get_lambda_dynamo/pepe"
        self._get(path, "pepe@uam.es")

    def get_item(self) -> None:
        """Read the item without a function, for comparison."""
        self._dynamodb.get_item(TableName=TABLE, Key={"User": {"S": "pepe"}})

    def _get(self, path: str, expected: str, **headers: str) -> None:
        answer = self._http.get(self.url.replace("localhost", "127.0.0.1") + path, headers=headers, timeout=60)
        if answer.status_code != 200 or expected not in answer.text:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")

    def _add_route(self, function: str) -> None:
        api, root = self._api["id"], self._api.get("rootResourceId")
        root = root or self._gateway.get_resources(restApiId=api)["items"][0]["id"]
        parent = self._gateway.create_resource(restApiId=api, parentId=root, pathPart=function)["id"]
        resource = self._gateway.create_resource(restApiId=api, parentId=parent, pathPart="{username}")["id"]
        place = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
        self._gateway.put_method(**place, authorizationType="NONE")
        self._gateway.put_integration(
            **place, type="AWS_PROXY", integrationHttpMethod="POST",
            uri="arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            f"arn:aws:lambda:us-east-1:000000000000:function:{function}/invocations",
        )  # fmt: skip


KINDS = {
    "direct": (Deployment.invoke, "hello"),
    "function URL": (Deployment.function_url, "hello"),
    "API Gateway": (Deployment.gateway, "hello"),
    "GET, API Gateway to DynamoDB": (Deployment.gateway_dynamodb, "user_get_lambda_dynamo"),
}


def zip_of(name: str, source: str) -> bytes:
    """Return a zip with one file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(name, source)
    return archive.getvalue()


def measure(deployments: list[Deployment]) -> dict[str, list[float]]:
    """Return the median milliseconds of each kind of call on each of `deployments`, one right after the other."""
    figures = {}
    for kind, (call, function) in KINDS.items():
        for deployment in deployments:
            call(deployment)
        calls = [partial(call, deployment) for deployment in deployments]
        figures[f"{kind}, warm"] = [median_ms(one, WARM_CALLS) for one in calls]
        for name, pause_s in PAUSES.items():
            cool = [partial(_cool, deployment, function, pause_s) for deployment in deployments]
            figures[f"{kind}, {name}"] = [
                median_ms(*pair) for pair in zip(calls, repeat(COLD_CALLS), cool, strict=False)
            ]
    figures["get_item, no function"] = [median_ms(d.get_item, WARM_CALLS) for d in deployments]
    return figures


def median_ms(call, times: int, before=lambda: None) -> float:
    """Return the median wall milliseconds of `times` calls, `before` done ahead of each, untimed."""
    taken = []
    for _ in range(times):
        before()
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _cool(deployment: Deployment, function: str, pause_s: float) -> None:
    deployment.make_cold(function)
    time.sleep(pause_s)
