"""Asynchronous calls and updates: each event runs once, and an update spoils none that waits or is running.

AWS: "How Lambda handles errors and retries with asynchronous invocation" (Lambda Developer Guide).
"""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from lambda_function import archive

from helpers.lab import wait_until

SOURCE = """
import os, time
def handler(event, context):
    time.sleep({seconds})
    print("hecho", event, {code!r}, os.environ.get("X"))
"""


def send(made, count):
    for number in range(count):
        made.client.invoke(FunctionName=made.name, InvocationType="Event", Payload=json.dumps(number))


def done(made, count, timeout_s=10):
    """Return the words that the function printed of each of `count` events, once all are there and no more come."""
    logs = boto3.client("logs")
    found = wait_until(
        lambda: [
            event["message"].split()[1:]
            for event in logs.filter_log_events(logGroupName=made.group)["events"]
            if event["message"].startswith("hecho")
        ],
        ready=lambda found: len(found) >= count,
        timeout_s=timeout_s,
    )
    assert sorted(int(words[0]) for words in found) == list(range(count))
    return found


def test_events_in_the_middle_of_an_update_run_once(function):
    """More than the threads that run them, so that some wait in each of the places where they can."""
    made = function(SOURCE.format(seconds=0.5, code="vieja"))
    send(made, 10)
    code = {"f.py": SOURCE.format(seconds=0.1, code="nueva")}
    made.client.update_function_code(FunctionName=made.name, ZipFile=archive(code))
    made.wait()
    made.client.invoke(FunctionName=made.name, InvocationType="Event", Payload="10")
    found = done(made, 11)
    assert next(words[1] for words in found if words[0] == "10") == "nueva"


def test_an_event_that_the_old_versions_poller_takes_goes_to_the_new_one(function):
    """At once: LocalStack would drop one that may be a minute old at most, rather than try it again."""
    made = function(SOURCE.format(seconds=0, code=""))
    made.client.put_function_event_invoke_config(FunctionName=made.name, MaximumEventAgeInSeconds=60)
    for number in range(4):
        variables = {"X": str(number)}
        made.client.update_function_configuration(FunctionName=made.name, Environment={"Variables": variables})
        made.wait()
        made.client.invoke(FunctionName=made.name, InvocationType="Event", Payload=json.dumps(number))
        assert all(words[0] == words[-1] for words in done(made, number + 1))


@pytest.mark.slow
@pytest.mark.parametrize("change", ["code", "configuration", "concurrency"])
def test_events_that_wait_for_reserved_concurrency(function, change):
    """A throttled event is tried again after a second, so that 15 take half a minute, and not the hours of AWS."""
    made = function(SOURCE.format(seconds=0.2, code="vieja"))
    client, name = made.client, made.name
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    send(made, 15)
    if change == "code":
        client.update_function_code(
            FunctionName=name, ZipFile=archive({"f.py": SOURCE.format(seconds=0.2, code="nueva")})
        )
    elif change == "configuration":
        client.update_function_configuration(FunctionName=name, Environment={"Variables": {"X": "nueva"}})
    else:
        client.delete_function_concurrency(FunctionName=name)
    made.wait()
    found = done(made, 15, timeout_s=55)
    if change != "concurrency":
        # The first, or two if one ended while the update came, by the old version; the rest by the new one.
        assert sum("nueva" in words for words in found) >= 13


def test_an_invocation_under_way_ends_when_its_function_is_updated(function):
    source = "import time\ndef handler(event, context):\n    time.sleep(event)\n    print('acaba')\n    return {!r}"
    made = function(source.format("vieja"))
    made.invoke(0)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(made.invoke, 4)
        threading.Event().wait(0.5)
        made.client.update_function_code(FunctionName=made.name, ZipFile=archive({"f.py": source.format("nueva")}))
        made.wait()
        assert made.invoke(0).payload == "nueva" and not running.done()
        assert running.result().payload == "vieja"
    assert made.events(lambda found: found.count("acaba\n") == 3)


def test_what_an_updated_function_leaves_is_removed(function, cloud):
    from test_lambda_clean import folders

    made = function("import time\ndef handler(event, context): time.sleep(event)")
    before = set(folders(cloud))  # what other tests have deleted may go meanwhile
    with ThreadPoolExecutor() as pool:
        running = pool.submit(made.invoke, 2)
        wait_until(lambda: folders(cloud), ready=lambda found: set(found) - before)
        made.client.update_function_configuration(FunctionName=made.name, Timeout=6)
        made.wait()
        running.result()
    wait_until(lambda: folders(cloud), ready=lambda found: set(found) <= before)
