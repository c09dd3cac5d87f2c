"""A class in one room, and tables, logs and buckets larger than a page: what is lost, how long, how much memory.

`.venv/bin/python -m benchmarks.load` starts a LocalStack of its own. Each job returns (what was sent, what is there)
by name, and is the one that `tests/emulator/test_load.py` checks.
"""

import json
import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import requests

from benchmarks.emulators import free_port, memory_mb
from helpers import lab, tables
from helpers.emulator.process import Emulator
from helpers.practice.checkpoints import BUCKET, TABLE
from helpers.session import aws
from tests import practice_cloud

STUDENTS, USERS_EACH = 30, 10
ITEMS, EVENTS, OBJECTS = 10_000, 1_000, 5_000
EVENTS_PER_CALL = 4  # START, what user_lambda prints, END, REPORT
LOG_GROUP = "/aws/lambda/user_lambda"


def lost(sent: dict, found: dict) -> int:
    """Return how many of the things sent are not there as they were sent."""
    return sum(found.get(name) != value for name, value in sent.items())


def in_threads(call: Callable, cases: Iterable, threads: int) -> list:
    """Return `call` of each case, that many at once."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(call, cases))


def class_of(students: int, url: str, users_each: int = USERS_EACH) -> tuple[dict, dict]:
    """Have `students` at once send the traffic of sections 5 and 6, each about users of their own.

    For each user: POST to S3, POST to DynamoDB, GET it. What is returned has each answer (status, body), each object
    and each item.
    """
    doors = practice_cloud.build()
    sent, found = {}, {}

    def study(student: int) -> None:
        session = requests.Session()
        session.trust_env = False
        for number in range(users_each):
            name = f"alumna{student}.{number}"
            body = json.dumps({"username": name, "data": f"ñ{student * number}"}, ensure_ascii=False).encode()
            item, key = {"User": name, "Email": f"{name}@dominio.es"}, f"user/{name}/data.json"
            for door, data, expected in (
                ("API to S3", body, {"status": "OK", "key": key}),
                ("API to DynamoDB, POST", json.dumps({"email": item["Email"]}), {"status": "OK", "item": item}),
                ("API to DynamoDB, GET", None, item),
            ):
                prefix, method, headers = doors[door]
                answer = session.request(method, f"{url}{prefix}{name}", data=data, headers=headers, timeout=120)
                sent[door, name] = (200, expected)
                found[door, name] = (answer.status_code, answer.json() if answer.ok else answer.text)
            sent["object", key], sent["item", name] = body, item

    in_threads(study, range(students), students)
    found |= {("object", key): content for key, content in practice_cloud.stored_objects().items()}
    found |= {("item", user): item for user, item in practice_cloud.stored_items().items()}
    return sent, found


def items(count: int = ITEMS) -> tuple[dict, dict]:
    """Write `count` items and read them back by pages of `scan`; return them by user, as a table of a notebook does."""
    boto3.client("dynamodb").create_table(**practice_cloud.TABLE_DEFINITION)
    sent = {f"u{number:05}": f"u{number:05}@{'dominio' * 30}.es" for number in range(count)}
    with boto3.resource("dynamodb").Table(TABLE).batch_writer() as batch:
        for user, email in sent.items():
            batch.put_item(Item={"User": user, "Email": email})
    scan = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
    shown = tables.items(scan.build_full_result())
    found = dict(zip(shown["User"].str.removesuffix(" (S)"), shown["Email"].str.removesuffix(" (S)"), strict=True))
    return sent, found if len(found) == len(shown) else {}


def objects(count: int = OBJECTS) -> tuple[dict, dict]:
    """Write `count` objects and list them by pages; return the size of each, by key, as a table of a notebook does."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    sent = {f"users/u{number:04}": number % 100 for number in range(count)}
    in_threads(lambda key: s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * sent[key]), sent, 8)
    listing = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    shown = tables.objects(listing.build_full_result())
    found = dict(zip(shown["Clave"], shown["Tamaño (bytes)"], strict=True))
    return sent, found if len(found) == len(shown) else {}


def events(count: int = EVENTS) -> tuple[dict, dict]:
    """Call a function until it has logged `count` events; return them by call: the event printed, and the marks."""
    practice_cloud.build()
    sent = {number: {"body": f'{{"data": {number}}}'} for number in range(count // EVENTS_PER_CALL)}
    call = boto3.client("lambda").invoke
    in_threads(lambda event: call(FunctionName="user_lambda", Payload=json.dumps(event)), sent.values(), 4)
    pages = boto3.client("logs").get_paginator("filter_log_events")
    shown = lab.wait_until(
        lambda: tables.log_events(pages.paginate(logGroupName=LOG_GROUP)), lambda shown: len(shown) >= count, 60
    )["Mensaje"]
    printed = [json.loads(message) for message in shown if message.startswith("{")]
    found = {json.loads(event["body"])["data"]: event for event in printed}
    marks = {mark: int(shown.str.startswith(mark).sum()) for mark in ("START", "END", "REPORT")}
    return sent | dict.fromkeys(marks, len(sent)), found | marks


def measured(emulator: Emulator, job: Callable[[], tuple]) -> tuple[float, float, tuple]:
    """Return (wall seconds, most memory of LocalStack and its functions in MB, result) of a job on an empty cloud."""
    pid = emulator.restart().pid
    most, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.2):
            most = max(most, memory_mb(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    try:
        result = job()
    finally:
        elapsed = time.perf_counter() - started
        done.set()
        watcher.join()
    return elapsed, most, result


def main() -> None:
    """Print the table."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(Path(folder), port)
        try:
            aws.use(emulator.start().url)
            jobs = {
                **{
                    f"{students} at once: {3 * USERS_EACH} requests each": lambda n=students: class_of(n, emulator.url)
                    for students in (1, 10, STUDENTS)
                },
                f"{ITEMS:,} items, written and scanned": items,
                f"{OBJECTS:,} objects, written and listed": objects,
                f"{EVENTS:,} log events": events,
            }
            print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
            print("| what | lost | time (s) | memory (MB) |\n|---|--:|--:|--:|")
            for name, job in jobs.items():
                elapsed, most, (sent, found) = measured(emulator, job)
                print(f"| {name} | {lost(sent, found)} | {elapsed:.1f} | {most:.0f} |", flush=True)
        finally:
            emulator.stop()


if __name__ == "__main__":
    main()
