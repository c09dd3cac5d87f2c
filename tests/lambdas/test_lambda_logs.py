"""Logs: AWS's lines around what a function prints, whole and in order, in CloudWatch Logs and in the tail.

"Log and monitor Python Lambda functions" and "Configuring JSON and plain text log formats" (Lambda Developer Guide).
"""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from lambda_function import MOMENT, REQUEST_ID

from helpers.polling import wait_until

REPORT = (
    r"REPORT RequestId: {}\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: (\d+) MB"
    r"\tMax Memory Used: (\d+) MB(?:\tInit Duration: ([\d.]+) ms)?"
)


def ends(count):
    """Return a condition on the messages of a log group: `count` invocations have ended."""
    return lambda messages: sum(message.startswith("REPORT") for message in messages) == count


def test_log_has_prints_logging_and_aws_marks(function):
    source = """
import logging, sys, os
print("al cargar")
def handler(event, context):
    print("uno")
    print("dos ñ", file=sys.stderr)
    logging.warning("tres %d", 3)
    logging.info("no se ve: AWS registra desde WARNING")
    os.system("echo cuatro")
    sys.stdout.write("sin salto")
"""
    made = function(source, MemorySize=256)
    first, second = made.invoke(), made.invoke()
    lines = first.log.splitlines()
    rid = re.fullmatch(rf"START RequestId: ({REQUEST_ID}) Version: \$LATEST", lines[0]).group(1)
    assert lines[1:4] == ["al cargar", "uno", "dos ñ"]
    assert re.fullmatch(rf"\[WARNING\]\t{MOMENT}\t{rid}\ttres 3", lines[4])
    assert lines[5:8] == ["cuatro", "sin salto", f"END RequestId: {rid}"]
    assert len(lines) == 9
    assert "al cargar" not in second.log and "Init Duration" not in second.log
    stored = made.events(ends(2))
    assert [message.rstrip("\n") for message in stored] == lines + second.log.splitlines()


def test_report_measures(function):
    source = """
import time
time.sleep(0.2)
def handler(event, context):
    time.sleep(event)
    return len(bytearray(60_000_000))
"""
    made = function(source)
    cold, warm = made.invoke(0.3), made.invoke(0)
    match = re.search(REPORT.format(cold.request_id.group(1)), cold.log)
    duration, billed, size, used, init = map(float, match.groups())
    assert duration >= 300 and init >= 200 and size == 128
    # Init is billed since August 2025: "AWS Lambda pricing".
    assert billed == pytest.approx(duration + init, abs=1.1)
    assert used >= 60
    duration, billed, _, used, init = re.search(REPORT.format(warm.request_id.group(1)), warm.log).groups()
    assert init is None and int(used) >= 60 and 0 <= int(billed) - float(duration) < 1


def test_a_message_of_several_lines_is_one_event(function):
    source = """
import logging
log = logging.getLogger("propio")
log.setLevel("INFO")
def handler(event, context):
    log.info("primera\\nsegunda")
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("mal")
    raise KeyError("clave\\notra")
"""
    made = function(source)
    made.invoke()
    events = made.events(ends(1))
    assert [message.split("\t")[0].split()[0] for message in events] == [
        "START", "[INFO]", "[ERROR]", "[ERROR]", "END", "REPORT"
    ]  # fmt: skip
    assert events[1].endswith("\tprimera\rsegunda\n")
    assert "\tmal\rTraceback (most recent call last):\r" in events[2] and "ZeroDivisionError" in events[2]
    assert events[3].startswith("[ERROR] KeyError: 'clave\\notra'\rTraceback (most recent call last):\r\xa0\xa0File ")


def test_json_log(function):
    """Also "Log-level filtering": INFO and above unless the function says another level."""
    source = """
import logging, os
def handler(event, context):
    print("texto")
    logging.getLogger("propio").info("hola\\nñ")
    logging.debug("no se ve")
    try:
        1 / 0
    except ZeroDivisionError:
        logging.exception("mal")
    if event: raise ValueError("fallo")
"""
    made = function(source, LoggingConfig={"LogFormat": "JSON"})
    cold, failed = made.invoke(0), made.invoke(1)
    lines = cold.log.splitlines()
    assert lines[1] == "texto"  # "Lambda can only send log outputs [of print] in plain text format", first page
    start, info, error, report = (json.loads(line) for line in (lines[0], *lines[2:]))
    rid = start["record"]["requestId"]
    assert start == {
        "time": start["time"],
        "type": "platform.start",
        "record": {"requestId": rid, "version": "$LATEST"},
    }
    assert re.fullmatch(MOMENT, start["time"])
    assert info == {"level": "INFO", "message": "hola\nñ", "logger": "propio", "requestId": rid} | {
        "timestamp": info["timestamp"]
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", info["timestamp"])
    assert (error["level"], error["errorType"], error["errorMessage"]) == (
        "ERROR",
        "ZeroDivisionError",
        "division by zero",
    )
    assert (report["type"], report["record"]["status"]) == ("platform.report", "success")
    metrics = report["record"]["metrics"]
    assert metrics["memorySizeMB"] == 128 and metrics["initDurationMs"] > 0 and metrics["maxMemoryUsedMB"] > 5
    assert metrics["billedDurationMs"] >= metrics["durationMs"] > 0
    told = json.loads(failed.log.splitlines()[-2])
    assert (told["log_level"], told["errorType"], told["errorMessage"]) == ("ERROR", "ValueError", "fallo")
    assert told["requestId"] == failed.request_id.group(2) != rid


def test_json_log_levels(function):
    settings = {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR", "SystemLogLevel": "WARN"}
    source = "import logging\ndef handler(e, c):\n    logging.warning('no')\n    logging.error('sí')"
    made = function(source, LoggingConfig=settings)
    response = made.client.invoke(FunctionName=made.name, LogType="Tail")
    (line,) = base64.b64decode(response["LogResult"]).decode().splitlines()
    assert json.loads(line)["message"] == "sí"


def test_concurrent_logs_are_each_in_their_stream_with_their_id(function):
    source = """
import logging, time
def handler(event, context):
    for n in range(20):
        logging.warning("%s %s", event, n)
        time.sleep(0.01)
    return context.aws_request_id
"""
    made = function(source)
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda n: made.invoke(n).payload, range(12)))
    made.events(ends(12))
    logs = boto3.client("logs")
    found = {}
    for stream in logs.describe_log_streams(logGroupName=made.group)["logStreams"]:
        name = stream["logStreamName"]
        events = logs.get_log_events(logGroupName=made.group, logStreamName=name, startFromHead=True)["events"]
        lines = [event["message"].rstrip("\n") for event in events]
        for first in range(0, len(lines), 23):
            rid = re.fullmatch(rf"START RequestId: ({REQUEST_ID}) .*", lines[first]).group(1)
            body = [line.split("\t") for line in lines[first + 1 : first + 21]]
            assert {fields[2] for fields in body} == {rid}
            found[rid] = [fields[3] for fields in body]
            assert lines[first + 21] == f"END RequestId: {rid}" and rid in lines[first + 22]
    assert found == {rid: [f"{n} {step}" for step in range(20)] for n, rid in enumerate(ids)}


@pytest.mark.parametrize("end", ["os._exit(1)", "os.kill(os.getpid(), signal.SIGKILL)", "time.sleep(60)"])
def test_nothing_printed_is_lost_when_the_child_ends(function, end):
    source = f"""
import os, signal, time
def handler(event, context):
    for n in range(5000): os.write(1, b"%d\\n" % n)
    {end}
"""
    made = function(source, Timeout=1)
    made.invoke()
    events = made.events(ends(1))
    assert [message for message in events if message[0].isdigit() and "Task" not in message] == [
        f"{n}\n" for n in range(5000)
    ]


def test_binary_noise_and_the_protocols_own_bytes_do_no_harm(function):
    source = """
import os, sys
def handler(event, context):
    os.write(1, bytes(range(256)) * 4)
    sys.stdout.flush()
    os.write(2, b"\\x1e" * 40)
    return [sys.stdin.read(), "x" * event]
"""
    answer = function(source).invoke(1_000_000)
    assert answer.payload == ["", "x" * 1_000_000]
    assert "REPORT" in answer.log


def test_a_filter_finds_words_and_a_phrase(function):
    """As "Filter pattern syntax for metric filters, subscription filters, filter log events" says (CloudWatch Logs)."""
    made = function("def handler(event, context):\n    print(*event, sep='\\n')")
    made.client.invoke(FunctionName=made.name, Payload=json.dumps(["ERROR uno", "ERROR dos", "uno y tres"]))
    logs = boto3.client("logs")

    def found(pattern):
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{made.name}", filterPattern=pattern)["events"]
        return [event["message"].strip() for event in events]

    wait_until(lambda: found("REPORT"), ready=bool)
    assert found("ERROR") == ["ERROR uno", "ERROR dos"] and found("ERROR dos") == ["ERROR dos"]
    assert found('"uno y"') == ["uno y tres"] and found("nada") == []


def test_a_metric_filter_counts_in_them(function):
    """AWS: "Creating metrics from log events using filters"."""
    made = function("def handler(event, context): print('ha ido mal')")
    made.invoke()
    made.events(enough=lambda messages: "ha ido mal\n" in messages)
    logs, metrics = boto3.client("logs"), boto3.client("cloudwatch")
    logs.put_metric_filter(logGroupName=made.group, filterName="mal", filterPattern="mal", metricTransformations=[
        {"metricName": "Fallos", "metricNamespace": "Prueba", "metricValue": "1"}])  # fmt: skip
    try:
        made.invoke()
        found = wait_until(lambda: metrics.list_metrics(Namespace="Prueba")["Metrics"], ready=bool)
        assert [one["MetricName"] for one in found] == ["Fallos"]
    finally:
        logs.delete_metric_filter(logGroupName=made.group, filterName="mal")


def test_invocations_and_errors_are_counted_in_cloudwatch(function):
    """AWS: "Viewing metrics for Lambda functions"."""
    made = function("def handler(event, context): return 1 / event")
    for event in (1, 0, 2, 0, 4):
        made.invoke(event)
    metrics, now = boto3.client("cloudwatch"), datetime.now(UTC)

    def counted(name):
        found = metrics.get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=name, Dimensions=[{"Name": "FunctionName", "Value": made.name}],
            StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=5), Period=3600, Statistics=["Sum"],
        )  # fmt: skip
        return sum(one["Sum"] for one in found["Datapoints"])

    wait_until(lambda: (counted("Invocations"), counted("Errors")), ready=lambda found: found == (5, 2))
