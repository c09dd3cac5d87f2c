"""The whole practice on a running instance: by boto3, as in the notebooks, and by the handout's commands."""

import importlib.util
import io
import json
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import boto3
import requests

from helpers.lab import wait_until
from helpers.practice import checkpoints
from helpers.workbook import INSTALLATION, SOLVED

ROLE = "arn:aws:iam::000000000000:role/si1"


@dataclass(frozen=True)
class Run:
    """How many calls or commands there were, and their wall seconds in all."""

    count: int
    seconds: float


def by_terminal(url: str) -> Run:
    """Type the commands of test_terminal_route.py: the real aws CLI and curl, and its checks of their output."""
    path = INSTALLATION / "tests" / "practice" / "test_terminal_route.py"
    spec = importlib.util.spec_from_file_location("route", path)
    route = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(route)
    count = 0
    run = route.Terminal.run

    def counting(terminal, *words):
        nonlocal count
        count += 1
        return run(terminal, *words)

    place = mock.Mock(url=url)
    with mock.patch.object(route.Terminal, "run", counting):
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            route.test_s3_and_lambda(route.Terminal(Path(folder), SOLVED.handlers, url))
        with tempfile.TemporaryDirectory() as folder:
            route.test_the_whole_route_with_any_handlers_that_keep_the_contract(place, Path(folder), SOLVED.handlers)
        return Run(count, time.perf_counter() - started)


def by_boto3(url: str) -> Run:
    """Make the same calls by boto3 and requests, from this process."""
    practice = Practice(url)
    started = time.perf_counter()
    practice.s3_and_lambda()
    practice.api_gateway_and_dynamodb()
    return Run(practice.count, time.perf_counter() - started)


class Practice:
    """The calls of the practice on one emulator, counted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.count = 0
        session = boto3.Session()
        session.events.register("before-call.*.*", self._count)
        self.s3, self.functions, self.logs, self.gateway, self.dynamodb = map(
            session.client, ("s3", "lambda", "logs", "apigateway", "dynamodb")
        )
        self.http = requests.Session()
        self.http.trust_env = False

    def _count(self, **_) -> None:
        self.count += 1

    def request(self, method: str, url: str, **options):
        """Return the response to one HTTP request to the emulator, whatever host `url` names."""
        self.count += 1
        parts = urlsplit(url)
        address = self.url.replace("localhost", "127.0.0.1") + parts.path
        response = self.http.request(method, address, headers={"Host": parts.netloc}, timeout=60, **options)
        if response.status_code != 200:
            raise RuntimeError(f"{method} {url}: {response.status_code} {response.text[:300]}")
        return response

    def create_function(self, name: str) -> None:
        """Zip the handler, create the function and wait for it."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.write(SOLVED.handlers / f"{name}.py", f"{name}.py")
        self.functions.create_function(
            FunctionName=name, Runtime="python3.9", Handler=f"{name}.handler", Role=ROLE,
            Code={"ZipFile": archive.getvalue()}, Timeout=30,
        )  # fmt: skip
        wait_until(
            lambda: self.functions.get_function(FunctionName=name)["Configuration"]["State"],
            ready=lambda state: state == "Active",
        )

    def s3_and_lambda(self) -> None:
        """Sections 3 and 4."""
        s3, sent = self.s3, {"username": "pepe", "data": "10"}
        s3.create_bucket(Bucket="si1p1")
        s3.upload_file(str(SOLVED.handlers / "user_rest.py"), "si1p1", "src/user_rest.py")
        for options in ({}, {"Prefix": "src"}, {"Prefix": "src/"}):
            s3.list_objects_v2(Bucket="si1p1", Delimiter="/", **options)
        s3.get_object(Bucket="si1p1", Key="src/user_rest.py")["Body"].read()
        self.create_function("user_lambda")
        url = self.functions.create_function_url_config(FunctionName="user_lambda", AuthType="NONE")["FunctionUrl"]
        self.functions.list_functions()
        self.functions.get_function_url_config(FunctionName="user_lambda")
        self.request("POST", url, json=sent)
        assert json.load(s3.get_object(Bucket="si1p1", Key="users/pepe")["Body"]) == sent  # noqa: S101
        group = "/aws/lambda/user_lambda"
        streams = wait_until(lambda: self.logs.describe_log_streams(logGroupName=group)["logStreams"], ready=bool)
        self.logs.describe_log_groups()
        self.logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"])
        self.functions.delete_function_url_config(FunctionName="user_lambda")
        self.functions.delete_function(FunctionName="user_lambda")
        for key in ("users/pepe", "src/user_rest.py"):
            s3.delete_object(Bucket="si1p1", Key=key)
        s3.delete_bucket(Bucket="si1p1")
        s3.list_buckets()
        self.functions.list_functions()

    def api_gateway_and_dynamodb(self) -> None:
        """Sections 5 and 6."""
        gateway, sent = self.gateway, {"username": "tete", "data": "100"}
        self.s3.create_bucket(Bucket="si1p1")
        self.create_function("user_lambda")
        api = gateway.create_rest_api(name="user_lambda")["id"]
        gateway.get_rest_apis()
        parent = gateway.get_resources(restApiId=api)["items"][0]["id"]
        for part in ("user", "{username}"):
            parent = gateway.create_resource(restApiId=api, parentId=parent, pathPart=part)["id"]
        place = {"restApiId": api, "resourceId": parent}
        for method in ("POST", "GET"):
            gateway.put_method(
                **place, httpMethod=method, authorizationType="NONE",
                requestParameters={"method.request.path.username": True},
            )  # fmt: skip

        def integrate(method, function):
            gateway.put_integration(
                **place, httpMethod=method, type="AWS_PROXY", integrationHttpMethod="POST",
                uri=checkpoints.invocation_uri(function),
            )  # fmt: skip
            return gateway.create_deployment(restApiId=api, stageName="dev")["id"]

        first = integrate("POST", "user_lambda")
        gateway.create_deployment(restApiId=api, stageName="dev")
        gateway.get_stages(restApiId=api)
        gateway.delete_deployment(restApiId=api, deploymentId=first)
        user = f"{self.url}/restapis/{api}/dev/_user_request_/user"
        self.request("POST", f"{user}/pepe", json=sent)
        self.s3.get_object(Bucket="si1p1", Key="users/tete")["Body"].read()
        self.create_function("user_lambda_param")
        integrate("POST", "user_lambda_param")
        self.request("POST", f"{user}/pepe", json=sent)
        self.s3.get_object(Bucket="si1p1", Key="user/pepe/data.json")["Body"].read()
        self.dynamodb.create_table(
            TableName="si1p1", AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
            ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        )  # fmt: skip
        pipo = {"User": {"S": "pipo"}, "Email": {"S": "pipo@ss.com"}}
        self.dynamodb.put_item(TableName="si1p1", Item=pipo)
        self.dynamodb.get_item(TableName="si1p1", Key={"User": {"S": "pipo"}})
        self.create_function("user_lambda_dynamo")
        integrate("POST", "user_lambda_dynamo")
        self.request("POST", f"{user}/user2", json={"email": "mimail@dominio.es"})
        self.create_function("user_get_lambda_dynamo")
        integrate("GET", "user_get_lambda_dynamo")
        for name, expected in (("user2", {"User": "user2", "Email": "mimail@dominio.es"}), ("nadie", {})):
            assert self.request("GET", f"{user}/{name}").json() == expected  # noqa: S101
        assert len(self.dynamodb.scan(TableName="si1p1")["Items"]) == 2  # noqa: S101
