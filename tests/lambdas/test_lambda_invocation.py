"""Invocation: events, contexts, answers, errors, limits, time-outs, versions and environments.

Each test names the page of AWS's Lambda Developer Guide that it follows, where one says so.
"""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from lambda_function import MOMENT, REQUEST_ID, archive, children

from helpers.emulator.lambdas.executor import MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES
from helpers.lab import wait_until

PID = "import os\ndef handler(event, context): return os.getpid()"


def test_event_context_and_environment(function, cloud):
    """AWS: "Using the Lambda context object to retrieve Python function information".

    And "Working with Lambda environment variables" for those that AWS defines.
    """
    echo = """
import os
def handler(event, context):
    names = ["aws_request_id", "function_name", "function_version", "memory_limit_in_mb", "invoked_function_arn",
             "log_group_name", "log_stream_name", "client_context", "identity"]
    return {"event": event, "left": context.get_remaining_time_in_millis(), "env": dict(os.environ),
            **{name: getattr(context, name) for name in names}}
"""
    made = function(echo, Environment={"Variables": {"PROPIA": "sí"}}, MemorySize=256)
    said = made.invoke({"clave": ["ñ", 1, None]}).payload
    assert said["event"] == {"clave": ["ñ", 1, None]}
    assert re.fullmatch(REQUEST_ID, said["aws_request_id"])
    assert (said["function_name"], said["function_version"]) == (made.name, "$LATEST")
    assert said["memory_limit_in_mb"] == "256"
    assert said["invoked_function_arn"] == f"arn:aws:lambda:us-east-1:000000000000:function:{made.name}"
    assert said["log_group_name"] == made.group
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", said["log_stream_name"])
    assert 4000 < said["left"] <= 5000
    env = said["env"]
    assert env["PROPIA"] == "sí"
    assert env["AWS_ENDPOINT_URL"] == f"http://{env['LOCALSTACK_HOSTNAME']}:{env['EDGE_PORT']}"
    assert env["EDGE_PORT"] == str(cloud.port)
    assert env["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert (env["_HANDLER"], env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], env["TZ"]) == ("f.handler", "256", ":UTC")
    assert env["_X_AMZN_TRACE_ID"].startswith("Root=1-")


def test_the_function_reaches_localstack(function):
    source = """
import boto3, os
def handler(event, context):
    endpoint = f"http://{os.environ['LOCALSTACK_HOSTNAME']}:{os.environ['EDGE_PORT']}"
    s3 = boto3.client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket="si1p1")
    return [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
"""
    assert "si1p1" in function(source).invoke().payload


def test_every_kind_of_json_goes_in_and_out(function):
    made = function("def handler(event, context): return event")
    for event in (None, 0, -1.5, True, "", "ñ→😀\n", [], {}, {"a": [None, {"b": "c"}]}):
        answer = made.invoke(event)
        assert answer.error is None and answer.payload == event


@pytest.mark.parametrize(
    ("value", "name"), [("{1, 2}", "set"), ("object()", "object"), ("b'x'", "bytes"), ("handler", "function")]
)
def test_what_json_cannot_hold_is_a_marshal_error(function, value, name):
    failed = function(f"def handler(e, c): return {value}").invoke()
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Runtime.MarshalError"
    assert (
        failed.payload["errorMessage"] == f"Unable to marshal response: Object of type {name} is not JSON serializable"
    )


def test_an_exception_comes_back_as_aws_gives_it_and_the_environment_lives_on(function):
    """AWS: "Python function errors"."""
    source = """
calls = []
def handler(event, context):
    calls.append(1)
    if event: raise ValueError("ñandú")
    return len(calls)
"""
    made = function(source)
    failed = made.invoke({"falla": True})
    assert failed.error == "Unhandled"
    assert (failed.payload["errorType"], failed.payload["errorMessage"]) == ("ValueError", "ñandú")
    assert failed.payload["requestId"] == failed.request_id.group(1)
    (frame,) = failed.payload["stackTrace"]
    assert "f.py" in frame and "line 5, in handler" in frame
    assert "[ERROR] ValueError: ñandú\rTraceback (most recent call last):" in failed.log
    assert made.invoke().payload == 2


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit()", "Runtime exited without providing a reason"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_runtime_that_dies_is_told_and_replaced(function, statement, reason):
    source = f"""
import os, signal, sys
def handler(event, context):
    if event:
        print("antes", flush=True)
        {statement}
    return "vivo"
"""
    made = function(source)
    failed = made.invoke({"muere": True})
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(rf"RequestId: {REQUEST_ID} Error: {re.escape(reason)}", failed.payload["errorMessage"])
    assert "\nantes\n" in failed.log
    assert made.invoke().payload == "vivo"


def test_the_timeout_kills_the_child(function):
    """AWS: "Configure Lambda function timeout"."""
    source = """
import os, subprocess, time
def handler(event, context):
    child = subprocess.Popen(["sleep", "60"])
    print(os.getpid(), child.pid, flush=True)
    if event: time.sleep(60)
    return os.getpid()
"""
    made = function(source, Timeout=1)
    failed = made.invoke({"tarda": True})
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Sandbox.Timedout"
    assert failed.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert re.search(rf"\n{MOMENT} {REQUEST_ID} Task timed out after 1.00 seconds\n", failed.log)
    for killed in map(int, failed.log.splitlines()[1].split()):
        wait_until(lambda pid=killed: psutil.pid_exists(pid), ready=lambda exists: not exists)
    assert made.invoke().payload not in map(int, failed.log.splitlines()[1].split())


def test_a_request_at_its_limit_and_past_it(function):
    """AWS: "Lambda quotas": 6 MB for each synchronous request; the error is Invoke's RequestTooLargeException (413)."""
    made = function("def handler(event, context): return len(event)", Timeout=30)
    assert made.invoke("x" * (MAX_REQUEST_BYTES - 2)).payload == MAX_REQUEST_BYTES - 2
    with pytest.raises(ClientError) as refused:
        made.invoke("x" * (MAX_REQUEST_BYTES - 1))
    assert refused.value.response["Error"]["Code"] == "RequestTooLargeException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert "6291457 byte payload is too large for the RequestResponse invocation type" in str(refused.value)
    assert made.invoke("x").payload == 1


def test_a_response_at_its_limit_and_past_it(function):
    """AWS: "Lambda quotas": 6 MB for each synchronous response."""
    made = function("def handler(event, context): return 'x' * event", Timeout=30)
    assert len(made.invoke(MAX_RESPONSE_BYTES - 2).payload) == MAX_RESPONSE_BYTES - 2
    failed = made.invoke(MAX_RESPONSE_BYTES - 1)
    assert failed.error == "Unhandled"
    assert failed.payload == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    assert made.invoke(1).payload == "x"


def test_small_calls_go_on_beside_large_ones(function):
    large = function("def handler(event, context): return event", Timeout=30)
    small = function("def handler(event, context): return event")
    small.invoke(1)
    done = threading.Event()

    def send_large():
        for _ in range(3):
            assert len(large.invoke("x" * 5_000_000).payload) == 5_000_000
        done.set()

    with ThreadPoolExecutor() as pool:
        sending = pool.submit(send_large)
        answered = 0
        while not done.is_set() and not sending.done():
            answered += small.invoke(1).payload
        sending.result()
    assert answered >= 3  # a call that waited for all the large ones would be the only one


def test_an_asynchronous_invocation_and_where_its_failure_goes(function, cloud):
    """AWS: "Invoking a Lambda function asynchronously" and "Retaining records of asynchronous invocations"."""
    queue = boto3.client("sqs").create_queue(QueueName="prueba-fallos")["QueueUrl"]
    try:
        made = function("def handler(event, context):\n    print('async', event)\n    assert event != 'mal'")
        client = made.client
        client.put_function_event_invoke_config(
            FunctionName=made.name,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:prueba-fallos"}},
        )
        answer = client.invoke(FunctionName=made.name, InvocationType="Event", Payload='"bien"')
        assert answer["StatusCode"] == 202 and answer["Payload"].read() == b""
        client.invoke(FunctionName=made.name, InvocationType="Event", Payload='"mal"')
        events = made.events(lambda found: sum(message.startswith("REPORT") for message in found) == 2)
        assert {"async bien\n", "async mal\n"} <= set(events)
        (message,) = boto3.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
        record = json.loads(message["Body"])
        assert record["requestContext"]["condition"] == "RetriesExhausted"
        assert record["requestPayload"] == "mal" and record["responsePayload"]["errorType"] == "AssertionError"
    finally:
        boto3.client("sqs").delete_queue(QueueUrl=queue)


@pytest.mark.slow
def test_an_asynchronous_invocation_that_fails_is_retried_a_minute_later(function):
    """AWS: "Understanding retry behavior in Lambda": a minute before the second attempt, with the same request id."""
    made = function("def handler(event, context): raise RuntimeError(context.aws_request_id)")
    made.client.put_function_event_invoke_config(FunctionName=made.name, MaximumRetryAttempts=1)
    made.client.invoke(FunctionName=made.name, InvocationType="Event", Payload="{}")

    def reports(messages):
        return [message for message in messages if message.startswith("REPORT")]

    assert len(reports(made.events(reports))) == 1
    logs = boto3.client("logs")
    found = wait_until(
        lambda: [event["message"] for event in logs.filter_log_events(logGroupName=made.group)["events"]],
        ready=lambda messages: len(reports(messages)) == 2,
        timeout_s=90,
    )
    assert len({re.search(REQUEST_ID, report).group() for report in reports(found)}) == 1


def test_log_type_tail_is_the_last_4_kb(function):
    """Invoke, LogType: "Set to Tail to include the execution log in the response"; LogResult: "The last 4 KB"."""
    made = function('def handler(event, context):\n    for n in range(1000): print("line", n)')
    tail = made.invoke().log
    assert len(tail.encode()) == 4096 and "line 999\nEND" in tail and "START" not in tail
    response = made.client.invoke(FunctionName=made.name)
    assert "LogResult" not in response
    assert len([m for m in made.events(lambda found: len(found) >= 2006) if m.startswith("line")]) == 2000


def test_versions_aliases_and_updates(function):
    """AWS: "Manage Lambda function versions" and "Create an alias for a Lambda function"."""
    source = (
        "import os\ndef handler(e, c): return [{}, c.function_version, c.invoked_function_arn, os.environ.get('X')]"
    )
    made = function(source.format(1))
    client, name = made.client, made.name
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert made.invoke().payload == [1, "$LATEST", arn, None]
    assert client.publish_version(FunctionName=name)["Version"] == "1"
    client.create_alias(FunctionName=name, Name="estable", FunctionVersion="1")
    wait_until(lambda: client.get_function(FunctionName=name, Qualifier="1"),
               ready=lambda found: found["Configuration"]["State"] == "Active")  # fmt: skip
    client.update_function_code(FunctionName=name, ZipFile=archive({"f.py": source.format(2)}))
    made.wait()
    assert made.invoke().payload == [2, "$LATEST", arn, None]
    assert made.invoke(Qualifier="1").payload == [1, "1", f"{arn}:1", None]
    assert made.invoke(Qualifier="estable").payload == [1, "1", f"{arn}:estable", None]
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"X": "nueva"}})
    made.wait()
    assert made.invoke().payload == [2, "$LATEST", arn, "nueva"]


def test_layers(function):
    """AWS: "Packaging your layer content": python/, python/lib/python3.x/site-packages and, on PATH, bin/."""
    client = boto3.client("lambda")
    contents = [
        {"python/capa.py": "de = 'primera'", "bin/saluda": "#!/bin/sh\necho hola"},
        {"python/capa.py": "de = 'segunda'", "python/lib/python3.13/site-packages/honda.py": "x = 1"},
    ]
    layers = [
        client.publish_layer_version(LayerName=f"prueba-{n}", Content={"ZipFile": archive(files)})["LayerVersionArn"]
        for n, files in enumerate(contents)
    ]
    source = """
import capa, honda, subprocess
def handler(event, context): return [capa.de, honda.x, subprocess.check_output("saluda", text=True)]
"""
    # The function's own code comes first; of two layers, the later one.
    assert function(source, Layers=layers).invoke().payload == ["segunda", 1, "hola\n"]
    own = function({"f.py": source, "capa.py": "de = 'propia'"}, Layers=layers)
    assert own.invoke().payload == ["propia", 1, "hola\n"]
    for arn in layers:
        client.delete_layer_version(LayerName=arn.split(":")[6], VersionNumber=1)


def test_module_state_and_tmp_are_kept_in_one_environment(function, cloud):
    """AWS: "Understanding the Lambda execution environment lifecycle": objects outside the handler and /tmp remain."""
    source = """
import os, pathlib, tempfile
calls = 0
def handler(event, context):
    global calls
    calls += 1
    seen = pathlib.Path(tempfile.gettempdir(), "seen")
    seen.write_text(seen.read_text() + "x" if seen.exists() else "x")
    return [calls, len(seen.read_text()), os.getpid()]
"""
    made = function(source)
    before = set(children(cloud))  # what other tests have deleted may go meanwhile
    answers = [made.invoke().payload for _ in range(20)]
    assert [answer[:2] for answer in answers] == [[n, n] for n in range(1, 21)]
    assert len({answer[2] for answer in answers}) == 1 and len(set(children(cloud)) - before) == 1


def test_concurrent_calls_run_in_as_many_environments_and_these_are_used_again(function):
    """AWS: "Understanding Lambda function scaling": one environment handles one request at a time."""
    made = function("import os, time\ndef handler(event, context):\n    time.sleep(event)\n    return os.getpid()")
    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(lambda _: made.invoke(1.5).payload, range(4)))
        assert len(set(first)) == 4
        assert {made.invoke(0).payload for _ in range(4)} <= set(first)


def test_reserved_concurrency(function):
    """AWS: "Configuring reserved concurrency for a function": beyond it, TooManyRequestsException (429)."""
    made = function("import time\ndef handler(event, context): time.sleep(event)")
    made.invoke(0)
    made.client.put_function_concurrency(FunctionName=made.name, ReservedConcurrentExecutions=1)
    client = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}))  # boto3 would insist

    def refusal(_):
        try:
            client.invoke(FunctionName=made.name, Payload="1")
        except client.exceptions.TooManyRequestsException as error:
            return error.response["Reason"]

    with ThreadPoolExecutor(2) as pool:
        answers = set(pool.map(refusal, range(2)))
    assert answers == {None, "ReservedFunctionConcurrentInvocationLimitExceeded"}
    assert made.invoke(0).error is None
