"""The handout's terminal route for S3 and Lambda: the real aws command and curl, nothing of the notebooks."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers.lab import wait_until
from helpers.project import HANDLERS

AWS = Path(sys.executable).with_name("aws")


@pytest.fixture
def terminal(cloud, tmp_path):
    """Return a function that runs a command, as typed in a folder with the handlers in src/."""
    (tmp_path / "src").symlink_to(HANDLERS)
    (tmp_path / "build").mkdir()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }

    def run(*words):
        return subprocess.run(
            words, capture_output=True, text=True, cwd=tmp_path, env=env, check=True, timeout=60
        ).stdout

    def aws(command):
        return run(AWS, f"--endpoint-url={cloud.url}", *command.split())

    run.aws, run.folder = aws, tmp_path
    return run


def test_s3_and_lambda(terminal):
    aws = terminal.aws
    aws("s3 mb s3://si1p1")
    aws("s3 cp src/user_rest.py s3://si1p1/src/user_rest.py")
    assert aws("s3 ls s3://si1p1").split() == ["PRE", "src/"]
    assert aws("s3 ls s3://si1p1/src").split() == ["PRE", "src/"]
    assert "user_rest.py" in aws("s3 ls s3://si1p1/src/")
    aws("s3 cp s3://si1p1/src/user_rest.py copia.py")
    assert (terminal.folder / "copia.py").read_bytes() == (HANDLERS / "user_rest.py").read_bytes()

    with zipfile.ZipFile(terminal.folder / "build" / "user_lambda.zip", "w") as archive:
        archive.write(HANDLERS / "user_lambda.py", "user_lambda.py")
    aws(
        "lambda create-function --function-name user_lambda --runtime python3.9 --handler user_lambda.handler "
        "--zip-file fileb://build/user_lambda.zip --role arn:aws:iam::000000000000:role/si1"
    )
    aws("lambda create-function-url-config --function-name user_lambda --auth-type NONE")
    aws("lambda wait function-active-v2 --function-name user_lambda")
    functions = json.loads(aws("lambda list-functions"))["Functions"]
    assert [found["FunctionName"] for found in functions] == ["user_lambda"]
    url = json.loads(aws("lambda get-function-url-config --function-name user_lambda"))["FunctionUrl"]
    sent = '{"username": "pepe", "data": "10"}'
    answer = terminal("curl", "-s", "-X", "POST", url, "-H", "Content-Type: application/json", "-d", sent)
    assert json.loads(answer) == {"status": "OK", "key": "users/pepe"}
    assert aws("s3 cp s3://si1p1/users/pepe -") == sent

    group = "/aws/lambda/user_lambda"
    streams = wait_until(
        lambda: json.loads(aws(f"logs describe-log-streams --log-group-name {group}"))["logStreams"], ready=bool
    )
    assert group in aws("logs describe-log-groups")
    events = json.loads(
        aws(f"logs get-log-events --log-group-name {group} --log-stream-name {streams[0]['logStreamName']}")
    )["events"]
    marks = [event["message"].split()[0] for event in events]
    assert marks[0] == "START" and marks[-2:] == ["END", "REPORT"]

    aws("lambda delete-function-url-config --function-name user_lambda")
    aws("lambda delete-function --function-name user_lambda")
    aws("s3 rb --force s3://si1p1")
    assert aws("s3 ls") == "" and json.loads(aws("lambda list-functions"))["Functions"] == []
