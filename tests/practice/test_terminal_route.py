"""The handout's terminal route: the real aws command and curl, nothing of the notebooks."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers.lab import wait_until
from helpers.workbook import SOLVED

AWS = Path(sys.executable).with_name("aws")
OTHER_HANDLERS = Path(__file__).parent.parent / "other_handlers"


class Terminal:
    """A folder with the handlers in src/, and the commands typed in it."""

    def __init__(self, folder, handlers, url):
        self.folder, self.url = folder, url
        (folder / "src").symlink_to(handlers)
        (folder / "build").mkdir()
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def run(self, *words):
        """Return what the command prints; a failure is an error."""
        done = subprocess.run(words, capture_output=True, text=True, cwd=self.folder, env=self.env, timeout=60)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def aws(self, command, *more):
        """Run `aws --endpoint-url=…`; return its output, as JSON if it is."""
        printed = self.run(AWS, f"--endpoint-url={self.url}", *command.split(), *more)
        return json.loads(printed) if printed.startswith("{") and "s3 cp" not in command else printed

    def curl(self, method, url, body=None):
        """Return (HTTP status, body) of a request."""
        sent = ["-H", "Content-Type: application/json", "-d", body] if body else []
        printed = self.run("curl", "-s", "-w", "\n%{http_code}", "-X", method, url, *sent)
        text, _, status = printed.rpartition("\n")
        return int(status), text

    def create_function(self, name):
        """Zip src/{name}.py, create the function and wait for it."""
        with zipfile.ZipFile(self.folder / "build" / f"{name}.zip", "w") as archive:
            archive.write(self.folder / "src" / f"{name}.py", f"{name}.py")
        self.aws(
            f"lambda create-function --function-name {name} --runtime python3.9 --handler {name}.handler "
            f"--zip-file fileb://build/{name}.zip --role arn:aws:iam::000000000000:role/si1"
        )
        self.aws(f"lambda wait function-active-v2 --function-name {name}")


@pytest.fixture
def terminal(cloud, tmp_path):
    return Terminal(tmp_path, SOLVED.handlers, cloud.url)


@pytest.mark.slow
def test_s3_and_lambda(terminal):
    aws = terminal.aws
    aws("s3 mb s3://si1p1")
    aws("s3 cp src/user_rest.py s3://si1p1/src/user_rest.py")
    assert aws("s3 ls s3://si1p1").split() == ["PRE", "src/"]
    assert aws("s3 ls s3://si1p1/src").split() == ["PRE", "src/"]
    assert "user_rest.py" in aws("s3 ls s3://si1p1/src/")
    aws("s3 cp s3://si1p1/src/user_rest.py copia.py")
    assert (terminal.folder / "copia.py").read_bytes() == (SOLVED.handlers / "user_rest.py").read_bytes()

    terminal.create_function("user_lambda")
    url = aws("lambda create-function-url-config --function-name user_lambda --auth-type NONE")["FunctionUrl"]
    functions = aws("lambda list-functions")["Functions"]
    assert [found["FunctionName"] for found in functions] == ["user_lambda"]
    assert aws("lambda get-function-url-config --function-name user_lambda")["FunctionUrl"] == url
    sent = '{"username": "pepe", "data": "10"}'
    status, answer = terminal.curl("POST", url, sent)
    assert status == 200 and json.loads(answer) == {"status": "OK", "key": "users/pepe"}
    assert aws("s3 cp s3://si1p1/users/pepe -") == sent

    group = "/aws/lambda/user_lambda"
    streams = wait_until(lambda: aws(f"logs describe-log-streams --log-group-name {group}")["logStreams"], ready=bool)
    assert group in [found["logGroupName"] for found in aws("logs describe-log-groups")["logGroups"]]
    stream = streams[0]["logStreamName"]
    events = aws(f"logs get-log-events --log-group-name {group} --log-stream-name {stream}")["events"]
    marks = [event["message"].split()[0] for event in events]
    assert marks[0] == "START" and marks[-2:] == ["END", "REPORT"]

    aws("lambda delete-function-url-config --function-name user_lambda")
    aws("lambda delete-function --function-name user_lambda")
    aws("s3 rb --force s3://si1p1")
    assert aws("s3 ls") == "" and aws("lambda list-functions")["Functions"] == []


@pytest.mark.slow
@pytest.mark.parametrize("handlers", [SOLVED.handlers, OTHER_HANDLERS], ids=["ours", "others"])
def test_the_whole_route_with_any_handlers_that_keep_the_contract(cloud, tmp_path, handlers):
    terminal = Terminal(tmp_path, handlers, cloud.url)
    aws, curl = terminal.aws, terminal.curl
    aws("s3 mb s3://si1p1")
    terminal.create_function("user_lambda")
    api = aws("apigateway create-rest-api --region us-east-1 --name user_lambda")["id"]
    assert aws("apigateway get-rest-apis --query items[?name=='user_lambda'].id --output text").split() == [api]

    def resource_of(path):
        query = f"items[?path=='{path}'].id"
        return aws(f"apigateway get-resources --rest-api-id {api} --query {query} --output text").strip()

    for parent, part in (("/", "user"), ("/user", "{username}")):
        aws(f"apigateway create-resource --rest-api-id {api} --parent-id {resource_of(parent)} --path-part {part}")
    resource = resource_of("/user/{username}")
    place = f"--rest-api-id {api} --resource-id {resource}"
    for method in ("POST", "GET"):
        aws(
            f"apigateway put-method {place} --http-method {method} --authorization-type NONE "
            "--request-parameters method.request.path.username=true"
        )

    def integrate(method, function):
        aws(
            f"apigateway put-integration {place} --http-method {method} --type AWS_PROXY "
            "--integration-http-method POST --passthrough-behavior WHEN_NO_MATCH --uri "
            f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
        )
        return aws(f"apigateway create-deployment --rest-api-id {api} --stage-name dev")["id"]

    first = integrate("POST", "user_lambda")
    second = aws(f"apigateway create-deployment --rest-api-id {api} --stage-name dev")["id"]
    (stage,) = aws(f"apigateway get-stages --rest-api-id {api}")["item"]
    assert stage["deploymentId"] == second
    aws(f"apigateway delete-deployment --rest-api-id {api} --deployment-id {first}")
    endpoint = f"{cloud.url}/restapis/{api}/dev/_user_request_/user"
    sent = '{"username": "tete", "data": "100"}'
    assert curl("POST", f"{endpoint}/pepe", sent)[0] == 200
    assert aws("s3 cp s3://si1p1/users/tete -") == sent

    terminal.create_function("user_lambda_param")
    integrate("POST", "user_lambda_param")
    assert curl("POST", f"{endpoint}/pepe", sent)[0] == 200
    assert aws("s3 cp s3://si1p1/user/pepe/data.json -") == sent

    aws(
        "dynamodb create-table --table-name si1p1 --attribute-definitions AttributeName=User,AttributeType=S "
        "--key-schema AttributeName=User,KeyType=HASH --region us-east-1 "
        "--provisioned-throughput ReadCapacityUnits=5,WriteCapacityUnits=5"
    )
    pipo = {"User": {"S": "pipo"}, "Email": {"S": "pipo@ss.com"}}
    aws("dynamodb put-item --table-name si1p1 --item", json.dumps(pipo))
    assert aws("dynamodb get-item --table-name si1p1 --key", '{"User": {"S": "pipo"}}')["Item"] == pipo
    terminal.create_function("user_lambda_dynamo")
    integrate("POST", "user_lambda_dynamo")
    assert curl("POST", f"{endpoint}/user2", '{"email": "mimail@dominio.es"}')[0] == 200
    terminal.create_function("user_get_lambda_dynamo")
    integrate("GET", "user_get_lambda_dynamo")
    found = {"User": "user2", "Email": "mimail@dominio.es"}
    for base in (endpoint, f"{cloud.url}/_aws/execute-api/{api}/dev/user"):
        status, body = curl("GET", f"{base}/user2")
        assert (status, json.loads(body)) == (200, found)
        assert curl("GET", f"{base}/nadie") == (200, "{}")
    items = aws("dynamodb scan --table-name si1p1")["Items"]
    assert sorted(item["User"]["S"] for item in items) == ["pipo", "user2"]
