"""What this project's looks at each call cost: `.venv/bin/python -m benchmarks.overhead`.

Instances side by side, each without one thing; in rounds, so that the machine's ups and downs meet all of them. What
the journal costs is less than what two instances of one kind differ in: it is measured in a single one, between calls
that it records and calls that it leaves out because they introduce themselves as the workbook's own.
"""

import contextlib
import statistics
import time

import boto3
import requests
from botocore.config import Config

from benchmarks.emulators import ours
from helpers.own_calls import AGENT
from helpers.session.aws import use_test_credentials

ROUNDS = 20
CALLS = 50
PAIRS = 3_000  # of a recorded call and one that is not
# The statements that take each thing away: no setting switches them off.
INSTANCES = {
    "all in place": "",
    "without the wall": (
        "from helpers.emulator import loopback, socket_owner;"
        "loopback.Wall = lambda gateway: gateway; socket_owner.can_tell = lambda: False"
    ),
    "DynamoDB as moto's": (
        "from helpers.emulator.dynamodb import provider as p;"
        "p.CHECKS.clear(); p.CORRECTIONS.clear(); p.REPLACEMENTS.clear()"
    ),
}
TABLE = {
    "TableName": "si1p1",
    "AttributeDefinitions": [{"AttributeName": "User", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "User", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
KEY = {"User": {"S": "pipo"}}


def calls_to(url: str, agent: str) -> dict:
    """Return what is measured on an instance that has the table: name -> a function that does it once."""
    config = Config(user_agent_extra=agent)
    s3, dynamodb = (boto3.client(name, endpoint_url=url, config=config) for name in ("s3", "dynamodb"))
    return {
        "s3.list_buckets": s3.list_buckets,
        "dynamodb.get_item": lambda: dynamodb.get_item(TableName="si1p1", Key=KEY),
        "dynamodb.scan, one item": lambda: dynamodb.scan(TableName="si1p1"),
        "dynamodb.put_item": lambda: dynamodb.put_item(TableName="si1p1", Item=KEY | {"Email": {"S": "a"}}),
    }


def prepared(url: str) -> dict:
    """Make the table and an item; return what is measured, as `calls_to` does."""
    dynamodb = boto3.client("dynamodb", endpoint_url=url)
    dynamodb.create_table(**TABLE)
    dynamodb.put_item(TableName="si1p1", Item=KEY | {"Email": {"S": "pipo@ss.com"}})
    ready = f"{url}/_localstack/init/ready"
    return {"GET, a connection each": lambda: requests.get(ready, timeout=10).close()} | calls_to(url, "")


def ms(call, times=1) -> float:
    """Return the milliseconds that a call takes, on average of so many."""
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) * 1000 / times


def instances() -> None:
    """Print the median milliseconds of a call to each of `INSTANCES`."""
    with contextlib.ExitStack() as running:
        calls = {name: prepared(running.enter_context(ours(change))[0].url) for name, change in INSTANCES.items()}
        times = {(kind, name): [] for name, kinds in calls.items() for kind in kinds}
        for number in range(-1, ROUNDS):  # the first one warms up
            for kind, name in list(times)[:: -1 if number % 2 else 1]:
                measured = ms(calls[name][kind], CALLS)
                if number >= 0:
                    times[kind, name].append(measured)
    print(f"| call (median ms) | {' | '.join(INSTANCES)} |\n|---|{'--:|' * len(INSTANCES)}")
    for kind in calls["all in place"]:
        print(f"| {kind} | {' | '.join(f'{statistics.median(times[kind, name]):.2f}' for name in INSTANCES)} |")


def journal() -> None:
    """Print the median milliseconds of a call that the journal records and of one that it leaves out."""
    print("| call (median ms) | recorded | left out | difference |\n|---|--:|--:|--:|")
    with ours("") as (status, *_):
        prepared(status.url)
        recorded, left_out = calls_to(status.url, "x" * len(AGENT)), calls_to(status.url, AGENT)
        for kind in recorded:
            times = {id(recorded): [], id(left_out): []}
            for number in range(-200, PAIRS):  # the first ones warm up
                for calls in (recorded, left_out)[:: -1 if number % 2 else 1]:
                    measured = ms(calls[kind])
                    if number >= 0:
                        times[id(calls)].append(measured)
            with_it, without = map(statistics.median, times.values())
            print(f"| {kind} | {with_it:.3f} | {without:.3f} | {with_it - without:.3f} |")


if __name__ == "__main__":
    use_test_credentials()
    journal()
    print()
    instances()
