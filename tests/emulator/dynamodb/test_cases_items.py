"""What DynamoDB answers about items, case by case: the files beside this one say what, and after which page or record.

In a case, `{"of": …, "times": n}` stands for a text or a list so many times as long, with `{n}` for the place in it;
a binary value is written in base64.
"""

import base64
import contextlib
import json
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

CASES = [
    case
    for file in sorted(Path(__file__).parent.glob("cases_items_*.json"))
    for case in json.loads(file.read_text("utf-8"))
]
THROUGHPUT = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
# Simple has a partition key; Indexed, a sort key too, a local index that holds all and two global ones.
TABLES = [
    {"TableName": "Simple", "AttributeDefinitions": {"pk": "S"}, "KeySchema": ["pk"]},
    {
        "TableName": "Indexed",
        "AttributeDefinitions": {"pk": "S", "sk": "N", "at": "S", "kind": "S"},
        "KeySchema": ["pk", "sk"],
        "LocalSecondaryIndexes": [("by-at", ["pk", "at"], {"ProjectionType": "ALL"})],
        "GlobalSecondaryIndexes": [
            ("by-kind", ["kind"], {"ProjectionType": "KEYS_ONLY"}),
            ("by-kind-at", ["kind", "at"], {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]}),
        ],
    },
]


def key_schema(names):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def definition(table):
    """Return the request that makes a table of `TABLES`."""
    request = {
        "TableName": table["TableName"],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in table["AttributeDefinitions"].items()
        ],
        "KeySchema": key_schema(table["KeySchema"]),
        "ProvisionedThroughput": THROUGHPUT,
    }
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if kind in table:
            throughput = {"ProvisionedThroughput": THROUGHPUT} if kind.startswith("Global") else {}
            request[kind] = [
                {"IndexName": name, "KeySchema": key_schema(names), "Projection": projection} | throughput
                for name, names, projection in table[kind]
            ]
    return request


@pytest.fixture(scope="module")
def client(emulator):
    """A client that sends what a case says, also if boto3 would refuse it."""
    emulator.start()
    return boto3.client("dynamodb", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module")
def tables(client):
    """Return a function that makes empty the tables that a case names."""

    def empty(case):
        for table in (table for table in TABLES if table["TableName"] in json.dumps(case)):
            with contextlib.suppress(client.exceptions.ResourceNotFoundException):
                client.delete_table(TableName=table["TableName"])
            client.create_table(**definition(table))

    empty([table["TableName"] for table in TABLES])
    yield empty
    for table in TABLES:
        client.delete_table(TableName=table["TableName"])


def call(client, operation, request):
    return getattr(client, "".join(f"_{c.lower()}" if c.isupper() else c for c in operation)[1:])(**request)


def sent(value, number=None):
    """Return what a case writes as it is sent."""
    if isinstance(value, dict):
        if value.keys() == {"of", "times"}:
            of, times = value["of"], value["times"]
            return of * times if isinstance(of, str) else [sent(of, n) for n in range(times)]
        if value.keys() == {"B"}:
            return {"B": base64.b64decode(value["B"])}
        if value.keys() == {"BS"}:
            return {"BS": [base64.b64decode(one) for one in value["BS"]]}
        return {name: sent(one, number) for name, one in value.items()}
    if isinstance(value, list):
        return [sent(one, number) for one in value]
    return value.replace("{n}", str(number)) if isinstance(value, str) and number is not None else value


def answered(client, case):
    """Return (response, error) of a case, one of them None, without what changes from one call to the next."""
    try:
        response, error = call(client, case["operation"], sent(case["request"])), None
    except ClientError as caught:
        response, error = None, caught.response
    told = response if error is None else error
    status = told.pop("ResponseMetadata")["HTTPStatusCode"]
    for name in case.get("volatile", []):
        told[name] = f"<{name}>"
    if error is not None:
        details = error.pop("Error")
        error.pop("message", None)
        error.pop("Message", None)
        error |= {"code": details["Code"], "message": details["Message"], "status": status}
    return response, error


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_item_operation_answers_as_aws(client, tables, case):
    for before in case["given"]:
        call(client, before["operation"], sent(before["request"]))
    response, error = answered(client, case)
    if case["given"] or error is None:
        tables(case)
    assert error == sent(case.get("error"))
    assert response == sent(case.get("response"))


def test_the_cases_are_of_all_operations_and_mostly_of_errors():
    operations = {case["operation"] for case in CASES}
    assert len(operations) == 13, operations
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert all(case["source"] for case in CASES)
    assert sum("error" in case for case in CASES) * 2 >= len(CASES) >= 90
