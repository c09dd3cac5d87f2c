"""Functions run by the embedded executor, on the real instance."""

import base64
import io
import json
import re
import time
import uuid
import zipfile

import boto3
import psutil
import pytest

from helpers.lab import wait_until

ROLE = "arn:aws:iam::000000000000:role/si1"
REQUEST_ID = r"[0-9a-f-]{36}"


class Result:
    """What one invocation gave: `payload` (JSON), `error` (FunctionError or None) and `log` (its tail)."""

    def __init__(self, response):
        self.payload = json.loads(response["Payload"].read() or b"null")
        self.error = response.get("FunctionError")
        self.log = base64.b64decode(response["LogResult"]).decode()


class Function:
    """A function whose module `f` holds `source`."""

    def __init__(self, name, source, **options):
        self.client = boto3.client("lambda")
        self.name = name
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("f.py", source)
        settings = {"Runtime": "python3.13", "Handler": "f.handler", "Role": ROLE, "Timeout": 5} | options
        self.client.create_function(FunctionName=name, Code={"ZipFile": archive.getvalue()}, **settings)
        wait_until(
            lambda: self.client.get_function(FunctionName=name)["Configuration"],
            ready=lambda configuration: configuration["State"] == "Active",
        )

    def invoke(self, event=None):
        response = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event), LogType="Tail")
        return Result(response)


@pytest.fixture
def function(cloud):
    """Return a maker of functions; what it made is deleted at the end."""
    made = []

    def make(source, **options):
        made.append(Function(f"prueba-{uuid.uuid4()}", source, **options))
        return made[-1]

    yield make
    for one in made:
        one.client.delete_function(FunctionName=one.name)


def children(emulator):
    """Return the processes that run functions."""
    process = psutil.Process(emulator.status().pid)
    return [child for child in process.children() if any("lambda_runtime" in word for word in child.cmdline())]


def test_event_context_and_environment(function, cloud):
    echo = """
import os
def handler(event, context):
    names = ["aws_request_id", "function_name", "function_version", "memory_limit_in_mb", "invoked_function_arn",
             "log_group_name", "log_stream_name"]
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
    assert said["log_group_name"] == f"/aws/lambda/{made.name}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", said["log_stream_name"])
    assert 4000 < said["left"] <= 5000
    env = said["env"]
    assert env["PROPIA"] == "sí"
    assert env["AWS_ENDPOINT_URL"] == f"http://{env['LOCALSTACK_HOSTNAME']}:{env['EDGE_PORT']}"
    assert env["EDGE_PORT"] == str(cloud.port)
    assert env["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    # A clean environment: nothing of the student's shell but PATH.
    assert {"PYTHONPATH", "VIRTUAL_ENV", "AWS_PROFILE", "USER", "SHELL"}.isdisjoint(env)


def test_any_python_runtime_runs(function):
    assert function("def handler(e, c): return 'hola'", Runtime="python3.9").invoke().payload == "hola"


def test_the_function_reaches_localstack_and_not_this_project(function, cloud):
    source = """
import boto3, os
def handler(event, context):
    try:
        import helpers
        return "helpers"
    except ImportError:
        pass
    endpoint = f"http://{os.environ['LOCALSTACK_HOSTNAME']}:{os.environ['EDGE_PORT']}"
    s3 = boto3.client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket="si1p1")
    return [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
"""
    assert "si1p1" in function(source).invoke().payload


def test_log_has_prints_logging_and_aws_marks(function):
    source = """
import logging, sys, os
print("al cargar")
def handler(event, context):
    print("uno")
    print("dos ñ", file=sys.stderr)
    logging.warning("tres")
    os.system("echo cuatro")
"""
    made = function(source)
    first, second = made.invoke(), made.invoke()
    lines = first.log.splitlines()
    rid = re.fullmatch(rf"START RequestId: ({REQUEST_ID}) Version: \$LATEST", lines[0]).group(1)
    assert lines[1:4] == ["al cargar", "uno", "dos ñ"]
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(rf"\[WARNING\]\t{moment}\t{rid}\ttres", lines[4])
    assert lines[5] == "cuatro"
    assert lines[6] == f"END RequestId: {rid}"
    report = (
        rf"REPORT RequestId: {rid}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB"
        r"\tMax Memory Used: (\d+) MB\tInit Duration: [\d.]+ ms"
    )
    assert 5 < int(re.fullmatch(report, lines[7]).group(1)) < 100
    assert "al cargar" not in second.log and "Init Duration" not in second.log
    logs = boto3.client("logs")
    stored = wait_until(
        lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{made.name}"),
        ready=lambda found: len(found["events"]) == len(lines) + len(second.log.splitlines()),
    )
    assert [event["message"].rstrip("\n") for event in stored["events"]][: len(lines)] == lines


def test_an_exception_comes_back_as_aws_gives_it_and_the_environment_lives_on(function):
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
    (frame,) = failed.payload["stackTrace"]
    assert "f.py" in frame and "line 5, in handler" in frame
    assert "[ERROR] ValueError: ñandú\rTraceback (most recent call last):" in failed.log
    assert made.invoke().payload == 2


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import no_existe", "Runtime.ImportModuleError", "Unable to import module 'f': No module named 'no_existe'"),
        (
            "def handler(e, c) pass",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'f': expected ':' (f.py, line 1)",
        ),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'f'"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("import sys; sys.exit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
    ],
)
def test_an_error_at_init_is_told_at_once_every_time(function, source, error_type, message):
    made = function(source)
    for _ in range(2):
        started = time.monotonic()
        failed = made.invoke()
        assert time.monotonic() - started < 4  # the function's own time-out is 5 s
        assert failed.error == "Unhandled"
        assert failed.payload["errorType"] == error_type
        assert failed.payload["errorMessage"].endswith(message)
        assert message.partition("(")[0] in failed.log


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit()", "Runtime exited without providing a reason"),
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


def test_the_timeout_kills_the_child(function, cloud):
    source = """
import os, time
def handler(event, context):
    print(os.getpid(), flush=True)
    if event: time.sleep(60)
    return os.getpid()
"""
    made = function(source, Timeout=1)
    failed = made.invoke({"tarda": True})
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Sandbox.Timedout"
    assert failed.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    killed = int(failed.log.splitlines()[1])
    assert not psutil.pid_exists(killed)
    assert made.invoke().payload != killed


def test_what_json_cannot_hold_is_a_marshal_error(function):
    failed = function("def handler(e, c): return {1, 2}").invoke()
    assert failed.payload["errorType"] == "Runtime.MarshalError"
    assert failed.payload["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


def test_another_runtime_fails_with_the_reason(function):
    failed = function("exports.handler = 1", Runtime="nodejs22.x").invoke()
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Runtime.UnsupportedRuntime"
    assert "python3.x" in failed.payload["errorMessage"] and "nodejs22.x" in failed.payload["errorMessage"]
    assert "solo admite runtimes python3.x" in failed.log


def test_the_child_goes_with_its_function_even_in_the_middle_of_a_call(cloud):
    made = Function("prueba-borrada", "import time\ndef handler(e, c): time.sleep(e)", Timeout=60)
    made.invoke(0)
    assert len(children(cloud)) == 1
    made.client.invoke(FunctionName=made.name, InvocationType="Event", Payload=b"50")
    made.client.delete_function(FunctionName=made.name)
    wait_until(lambda: children(cloud), ready=lambda running: running == [])


def test_a_large_answer_and_binary_noise_in_the_log(function):
    source = "import os\ndef handler(e, c):\n    os.write(1, bytes(range(256)))\n    return 'x' * e"
    answer = function(source).invoke(1_000_000)
    assert answer.payload == "x" * 1_000_000
    assert "REPORT" in answer.log
