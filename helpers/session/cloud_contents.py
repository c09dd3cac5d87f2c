"""What the cloud holds now, read with boto3: buckets, functions, APIs, tables and logs."""

import ast
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from botocore.client import BaseClient

from helpers import own_calls
from helpers.tables import Table, function_of, table

CODE_TIMEOUT_S = 10


@dataclass(frozen=True)
class Route:
    """One method of a route and the function that serves it, empty if the method has no integration."""

    path: str
    method: str
    function: str


@dataclass(frozen=True)
class Api:
    """A REST API: its methods as designed, and the stages that publish it."""

    id: str
    name: str
    routes: tuple[Route, ...]
    stages: tuple[str, ...]


@dataclass(frozen=True)
class Cloud:
    """A snapshot: bucket -> number of objects, function -> runtime, table -> number of items; of the rest, the names.

    `urls` are the functions that have their own URL.
    """

    buckets: Mapping[str, int]
    functions: Mapping[str, str]
    urls: frozenset[str]
    apis: tuple[Api, ...]
    tables: Mapping[str, int]
    log_groups: tuple[str, ...]

    def resources(self) -> Table:
        """Return the resources by service: Servicio, Recurso, Detalle."""
        rows = [("S3", name, _count(size, "objeto")) for name, size in self.buckets.items()]
        rows += [
            ("Lambda", name, runtime + (", con URL" if name in self.urls else ""))
            for name, runtime in self.functions.items()
        ]
        for api in self.apis:
            stages = f"en {', '.join(api.stages)}" if api.stages else "sin desplegar"
            rows.append(("API Gateway", f"{api.name} ({api.id})", f"{_count(len(api.routes), 'método')}, {stages}"))
        rows += [("DynamoDB", name, _count(size, "item")) for name, size in self.tables.items()]
        rows += [("CloudWatch Logs", name, "") for name in self.log_groups]
        return table(rows, columns=["Servicio", "Recurso", "Detalle"])


def survey() -> Cloud:
    """Return what is in the cloud that boto3 points at; raises boto3's own errors."""
    s3, aws_lambda = own_calls.client("s3"), own_calls.client("lambda")
    dynamodb, logs = own_calls.client("dynamodb"), own_calls.client("logs")
    buckets = (bucket["Name"] for bucket in s3.list_buckets()["Buckets"])
    functions = [one for page in _pages(aws_lambda, "list_functions") for one in page["Functions"]]
    names = (name for page in _pages(dynamodb, "list_tables") for name in page["TableNames"])
    groups = (one["logGroupName"] for page in _pages(logs, "describe_log_groups") for one in page["logGroups"])
    return Cloud(
        buckets={
            name: sum(page["KeyCount"] for page in _pages(s3, "list_objects_v2", Bucket=name)) for name in buckets
        },
        functions={one["FunctionName"]: one.get("Runtime", "") for one in functions},
        urls=frozenset(
            one["FunctionName"]
            for one in functions
            if aws_lambda.list_function_url_configs(FunctionName=one["FunctionName"])["FunctionUrlConfigs"]
        ),
        apis=tuple(_apis()),
        tables={
            name: sum(page["Count"] for page in _pages(dynamodb, "scan", TableName=name, Select="COUNT"))
            for name in names
        },
        log_groups=tuple(groups),
    )


def stores(function: str) -> set[tuple[str, str]]:
    """Return where a function stores its data, according to its deployed code: {("s3", "si1p1")…}.

    Each service that its modules create a client of is paired with each name in their string constants or in the
    function's environment variables; the caller checks which of them exist. Code other than Python gives none.
    """
    described = own_calls.client("lambda").get_function(FunctionName=function)
    content = requests.get(described["Code"]["Location"], headers=own_calls.HEADERS, timeout=CODE_TIMEOUT_S).content
    variables = described["Configuration"].get("Environment", {}).get("Variables", {})
    found = set()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                found |= _stores_of(archive.read(name), set(variables.values()))
    return found


def _stores_of(source: bytes, given: set[str]) -> set[tuple[str, str]]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return set()
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    services = {
        service
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("client", "resource") and node.args and isinstance(node.args[0], ast.Constant)
        if isinstance(service := node.args[0].value, str)
    }
    return {(service, text) for service in services for text in (texts | given) - services}


def _apis() -> list[Api]:
    client = own_calls.client("apigateway")
    found = []
    for api in [one for page in _pages(client, "get_rest_apis") for one in page["items"]]:
        resources = [
            one
            for page in _pages(client, "get_resources", restApiId=api["id"], embed=["methods"])
            for one in page["items"]
        ]
        routes = [
            Route(resource["path"], method, function_of(details))
            for resource in sorted(resources, key=lambda resource: resource["path"])
            for method, details in sorted(resource.get("resourceMethods", {}).items())
        ]
        stages = [stage["stageName"] for stage in client.get_stages(restApiId=api["id"])["item"]]
        found.append(Api(api["id"], api.get("name", ""), tuple(routes), tuple(stages)))
    return found


def _pages(client: BaseClient, operation: str, **parameters: Any) -> Iterable[Any]:
    return client.get_paginator(operation).paginate(**parameters)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
