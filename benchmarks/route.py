"""The whole practice on a running instance: by boto3, as in the notebooks, beside the handout's commands."""

import contextlib
import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import requests

from benchmarks import commands, emulators, peers, report, terminal
from helpers.lab import wait_until
from helpers.practice import checkpoints
from helpers.session import aws
from helpers.workbook import SOLVED

ROLE = "arn:aws:iam::000000000000:role/si1"
SETTLED_S = 5  # an instance that has been running, not one that still imports


@dataclass(frozen=True)
class Run:
    """How many calls or commands there were, and their wall seconds in all."""

    count: int
    seconds: float


def by_terminal(url: str, program: Path | None = None) -> Run:
    """Type the handout's commands; `program` is what to run in place of the ordinary `aws`."""
    started = time.perf_counter()
    return Run(terminal.commands_typed(url, program), time.perf_counter() - started)


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


def measure() -> dict[str, Run | None]:
    """Return what each way took; None where it is not possible."""
    runs: dict[str, Run | None] = {"boto3, this project": None, "boto3, ministack": None}
    with contextlib.suppress(peers.Impossible), emulators.running(peers.MINISTACK) as peer:
        time.sleep(SETTLED_S)
        aws.use(peer.url)
        runs["boto3, ministack"] = by_boto3(peer.url)
    with emulators.ours() as (ours, _):
        time.sleep(SETTLED_S)
        aws.use(ours.url)
        runs["boto3, this project"] = by_boto3(ours.url)
    for way in ("ordinary", "warm"):
        with emulators.ours() as (ours, emulator):
            aws.use(ours.url)
            program = commands.programs(emulator.folder) / "aws" if way == "warm" else None
            runs[f"the handout's terminal, {way} `aws`"] = by_terminal(ours.url, program)
    return runs


def lines() -> Iterator[str]:
    """Yield the table."""
    runs = measure()
    reference = runs["boto3, this project"].seconds
    yield report.head("the whole practice", "calls", "seconds", "against boto3")
    for way, run in runs.items():
        count, seconds = (run.count, run.seconds) if run else ("–", None)
        yield report.row(way, count, report.number(seconds, 2), report.ratio(seconds, reference))
