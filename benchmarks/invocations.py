"""Warm and cold calls of a function: directly, by its URL, through API Gateway, and from there to DynamoDB.

The functions write a line in their log, as the handout's do. A peer may wait for it: the same function without the line
stands beside each, so that such a wait is not taken for the call's time.
"""

import contextlib
import io
import json
import re
import statistics
import time
import uuid
import zipfile
from collections.abc import Iterator
from functools import partial
from itertools import repeat
from urllib.parse import urlsplit

import boto3
import requests

from benchmarks import emulators, peers, report
from helpers.lab import wait_until
from helpers.session.aws import use
from helpers.workbook import SOLVED

WARM_CALLS = 60
COLD_CALLS = 5
# Between making a function cold and calling it. As a person would, background work of either emulator ends meanwhile.
PAUSES = {"cold": 1.5, "cold at once": 0.0}

HELLO = 'def handler(event, context):\n    return {"statusCode": 200, "body": "hola"}\n'
HEAD = re.compile(r"^def handler\(.*:\n", re.MULTILINE)
ROLE = "arn:aws:iam::000000000000:role/si1"
TABLE = "si1p1"


def sources() -> dict[str, str]:
    """Return the functions: name -> code. Each one's silent twin comes after it."""
    get_user = (SOLVED.handlers / "user_get_lambda_dynamo.py").read_text("utf-8")
    found = {}
    for name, source in (("hello", HELLO), ("get_user", get_user)):
        if "print(" in source:
            raise RuntimeError(f"{name} writes in its log already")
        found[name] = HEAD.sub(r"\g<0>    print(event)\n", source)
        found[f"silent_{name}"] = source
    return found


class Deployment:
    """What the calls need on one emulator."""

    def __init__(self, url: str) -> None:
        use(url)
        self.url = url
        self._lambda, self._gateway = boto3.client("lambda"), boto3.client("apigateway")
        self._http = requests.Session()
        self._http.trust_env = False
        for name, source in sources().items():
            self.create(name, zip_of(f"{name}.py", source))
        self._hosts = {name: self._host(name) for name in ("hello", "silent_hello")}
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName=TABLE, Item={"User": {"S": "pepe"}, "Email": {"S": "pepe@uam.es"}})
        self._api = self._gateway.create_rest_api(name="bench")
        for name in sources():
            self._add_route(name)
        self._gateway.create_deployment(restApiId=self._api["id"], stageName="dev")

    def create(self, name: str, code: bytes) -> None:
        """Create a function and wait until it is active."""
        self._lambda.create_function(
            FunctionName=name, Runtime="python3.13", Handler=f"{name}.handler", Role=ROLE, Code={"ZipFile": code},
            Timeout=30, MemorySize=512,
        )  # fmt: skip
        self.wait(name)

    def _host(self, name: str) -> str:
        url = self._lambda.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
        return urlsplit(url).netloc

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

    def invoke(self, function: str) -> None:
        """Call the function by Lambda's API."""
        answer = self._lambda.invoke(FunctionName=function, Payload="{}")
        assert json.load(answer["Payload"])["body"] == "hola"  # noqa: S101

    def function_url(self, function: str) -> None:
        """Call it by its URL."""
        self._get("/", "hola", Host=self._hosts[function])

    def gateway(self, function: str) -> None:
        """Call it through API Gateway."""
        self._get(f"/restapis/{self._api['id']}/dev/_user_request_/{function}/x", "hola")

    def gateway_dynamodb(self, function: str) -> None:
        """Call through API Gateway the practice's function that reads an item of DynamoDB."""
        self._get(f"/restapis/{self._api['id']}/dev/_user_request_/{function}/pepe", "pepe@uam.es")

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
    "GET, API Gateway to DynamoDB": (Deployment.gateway_dynamodb, "get_user"),
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
        for name, each in {"warm": function, "warm, silent": f"silent_{function}"}.items():
            calls = [partial(call, deployment, each) for deployment in deployments]
            for one in calls:
                one()
            figures[f"{kind}, {name}"] = [median_ms(one, WARM_CALLS) for one in calls]
        calls = [partial(call, deployment, function) for deployment in deployments]
        for name, pause_s in PAUSES.items():
            cool = [partial(_cool, deployment, function, pause_s) for deployment in deployments]
            figures[f"{kind}, {name}"] = [
                median_ms(*pair) for pair in zip(calls, repeat(COLD_CALLS), cool, strict=False)
            ]
    return figures


def median_ms(call, times: int, before=lambda: None) -> float:
    """Return the median wall milliseconds of `times` calls, `before` done ahead of each, untimed."""
    taken = []
    for _ in range(report.repetitions(times)):
        before()
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _cool(deployment: Deployment, function: str, pause_s: float) -> None:
    deployment.make_cold(function)
    time.sleep(pause_s)


def lines() -> Iterator[str]:
    """Yield the table: this project and ministack, the one peer whose functions need no Docker."""
    with contextlib.ExitStack() as stack:
        ours, _ = stack.enter_context(emulators.ours())
        try:
            peer = stack.enter_context(emulators.running(peers.MINISTACK))
        except peers.Impossible as error:
            yield f"\n{error}"
            peer = None
        figures = measure([Deployment(one.url) for one in (ours, peer) if one])
    yield report.head("call (median ms)", ours.name, peers.MINISTACK.name, "ratio")
    for kind, (our_ms, *theirs) in figures.items():
        peer_ms = theirs[0] if theirs else None
        yield report.row(kind, report.number(our_ms), report.number(peer_ms), report.ratio(our_ms, peer_ms))
