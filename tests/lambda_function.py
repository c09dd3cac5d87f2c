"""A Lambda function on the running instance, and the child processes that run functions there."""

import base64
import io
import json
import re
import zipfile

import boto3
import psutil
from processes import described

from helpers.lab import wait_until

ROLE = "arn:aws:iam::000000000000:role/si1"
REQUEST_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


class Result:
    """What one invocation gave: `payload` (JSON), `error` (FunctionError or None) and `log` (its tail)."""

    def __init__(self, response):
        self.payload = json.loads(response["Payload"].read() or b"null")
        self.error = response.get("FunctionError")
        self.log = base64.b64decode(response["LogResult"]).decode("utf-8", "replace")  # its first letter may be cut
        self.request_id = re.search(rf"RequestId: ({REQUEST_ID})|\"requestId\": \"({REQUEST_ID})", self.log)


def archive(files):
    """Return a zip with `files`, a mapping from name to text."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return archive.getvalue()


class Function:
    """A function whose module `f` holds `source`, or whose files are `source`, a mapping."""

    def __init__(self, name, source, **options):
        self.client = boto3.client("lambda")
        self.name = name
        self.group = f"/aws/lambda/{name}"
        files = {"f.py": source} if isinstance(source, str) else source
        settings = {"Runtime": "python3.13", "Handler": "f.handler", "Role": ROLE, "Timeout": 5} | options
        self.client.create_function(FunctionName=name, Code={"ZipFile": archive(files)}, **settings)
        self.wait()

    def wait(self):
        wait_until(
            lambda: self.client.get_function(FunctionName=self.name)["Configuration"],
            ready=lambda found: found["State"] == "Active" and found["LastUpdateStatus"] == "Successful",
        )

    def invoke(self, event=None, **options):
        return Result(self.client.invoke(FunctionName=self.name, Payload=json.dumps(event), LogType="Tail", **options))

    def events(self, enough):
        """Return the messages in its log group, all streams by time, once `enough` accepts them."""
        logs = boto3.client("logs")
        return wait_until(
            lambda: [event["message"] for event in logs.filter_log_events(logGroupName=self.group)["events"]],
            ready=enough,
        )


def children(emulator):
    """Return the processes that run functions, without the one that they are forked from."""
    return [child for child, is_forker in _lambda_processes(emulator) if not is_forker]


def forkers(emulator):
    """Return the processes that functions are forked from."""
    return [child for child, is_forker in _lambda_processes(emulator) if is_forker]


def _lambda_processes(emulator):
    """Return (process, whether it is the forker: its forks have its command, each in the folder of a function)."""
    family = psutil.Process(emulator.status().pid).children(recursive=True)
    return [
        (child, "--forks" in about["cmdline"] and not (about["cwd"] or "").endswith("task"))
        for child, about in described(family, "cmdline", "cwd")
        if any("lambda_runtime" in word for word in about["cmdline"] or [])
    ]
