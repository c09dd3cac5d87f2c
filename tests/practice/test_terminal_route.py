"""The terminal's route, with the real aws, zip and curl: what each section's PDF prints, copied from it, gives what its
cells got; and the handout's own, with handlers of others too.
"""

import copy
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from helpers.memoria.preprocess import settled
from helpers.practice import questions as sections
from helpers.session.terminal import MAX_COLUMNS
from helpers.workbook import SOLVED
from tests.practice import printed_terminal
from tests.practice.test_notebooks import CHANGING

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


class Copied:
    """What is copied from a PDF into a terminal: its commands, with today's ids in the place of those of the PDF."""

    def __init__(self, folder, url):
        self.folder = folder
        self.environment = os.environ | {"AWS_ENDPOINT_URL": url, "PATH": f"{AWS.parent}:{os.environ['PATH']}"}
        self.variables = {}  # as printed: an id may be learnt from the next command
        self.ids = {}

    def todays(self, text):
        for old in sorted(self.ids, key=len, reverse=True):
            text = text.replace(old, self.ids[old])
        return text

    def set(self, assignment):
        name, _, value = assignment.partition("=")
        self.variables[name] = value

    def paste(self, command):
        """Return (status, output, errors) of a command."""
        environment = self.environment | {name: self.todays(value) for name, value in self.variables.items()}
        words = ["bash", "-c", self.todays(command)]
        done = subprocess.run(
            words, capture_output=True, text=True, cwd=self.folder, env=environment, timeout=120, check=False
        )
        return done.returncode, done.stdout, done.stderr

    def differences(self, cells, todays, where=""):
        """Yield what differs between two answers, ids and dates aside, and learn how ids are called today."""
        if isinstance(cells, dict) and isinstance(todays, dict):
            for name in (cells.keys() | todays.keys()) - CHANGING_FIELDS:
                # The command joins the pages of an answer, and tells of what is not there.
                if name not in cells and todays[name] in (None, [], {}):
                    continue
                if name not in todays and name in OF_PAGES:
                    continue
                yield from self.differences(cells.get(name), todays.get(name), f"{where}.{name}")
        elif isinstance(cells, list) and isinstance(todays, list) and len(cells) == len(todays):
            for index, (one, other) in enumerate(zip(cells, todays, strict=True)):
                yield from self.differences(one, other, f"{where}[{index}]")
        elif isinstance(cells, str) and isinstance(todays, str):
            if all(text.startswith('{"') for text in (cells, todays)):  # an event in a log, a function's answer
                yield from self.differences(json.loads(cells), json.loads(todays), where)
            elif cells != todays and self.todays(cells) != todays:
                if constant(cells) != constant(todays):
                    yield f"{where}: {cells!r}, {todays!r}"
                elif NEW_ID.search(cells):
                    self.ids[cells] = todays
        elif cells != todays:
            yield f"{where}: {cells!r}, {todays!r}"

    def unlike(self, command, kind, got):
        """Return why pasting the command does not give what the cell got; nothing if it does."""
        status, output, errors = self.paste(command)
        if isinstance(got, dict) and "refused" in got:
            return "" if status and got["refused"] in errors else f"it was not refused: {output}"
        if status:
            return f"it failed: {errors}"
        if kind == "answer" or command.startswith("zip ") or got is None:
            return ""
        if kind == "shell":
            lines = [line for line in constant(settled(output)).splitlines() if line.strip()]
            return "" if set(lines) <= set(constant(settled(got)).splitlines()) else f"{lines} are not in {got!r}"
        if isinstance(got, str):
            return "\n".join(self.differences(got, output))
        answer, end = json.JSONDecoder().raw_decode(output or "{}")
        if "Payload" in got:  # the function's answer, which the command writes first
            got |= {"Payload": json.loads(got["Payload"])}
            answer = json.loads(output[end:]) | {"Payload": answer}
        return "\n".join(self.differences(got, answer))


# What is of the moment, and not of the practice.
CHANGING_FIELDS = {"createdDate", "lastUpdatedDate", "creationTime", "CreationTime", "LastModified", "CreationDate",
                   "CreationDateTime", "RevisionId", "CodeSha256", "CodeSize", "TableId", "firstEventTimestamp",
                   "lastEventTimestamp", "lastIngestionTime", "timestamp", "ingestionTime", "storedBytes", "eventId",
                   "uploadSequenceToken", "nextForwardToken", "nextBackwardToken", "LastIncreaseDateTime",
                   "LastDecreaseDateTime", "searchedLogStreams", "Location",
                   "headers", "requestContext"}  # fmt: skip  # the last two: who sends a request, curl or requests
OF_PAGES = {"IsTruncated", "KeyCount", "MaxKeys", "Name", "Delimiter", "EncodingType"}
NEW_ID = re.compile(r"[0-9a-z]{10}")
SECTIONS = ("localstack", "s3", "lambda", "api_gateway", "dynamodb")


def constant(text):
    """Return a text without ids, dates and times, nor where LocalStack's log is, which depends on the folder."""
    for pattern in (r"(?<=registro: )\S+", *CHANGING, r"\b[0-9a-z]{10}\b"):
        text = re.sub(pattern, "·", text)
    return text


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("key", SECTIONS)
def test_what_is_copied_from_the_pdf_gives_what_its_cells_got(key, cloud, tmp_path):
    (path,) = (section.notebook(SOLVED) for section in sections.SECTIONS if section.key == key)
    printed, cells = printed_terminal.run(path, tmp_path)
    assert printed == [command for kind, command, _ in cells if kind != "answer"]  # none is cut
    assert max(len(line) for command in printed for line in command.splitlines()) <= MAX_COLUMNS
    folder = tmp_path / "terminal"
    (folder / "build").mkdir(parents=True)
    (folder / "handlers").symlink_to(SOLVED.handlers)
    subprocess.run([sys.executable, "-c", f"from helpers import lab; lab.open({key!r})"], check=True)
    copied = Copied(folder, cloud.url)
    for kind, command, got in cells:
        if kind == "variable":
            copied.set(command)
            continue
        # A function's log comes a moment after its answer.
        patience = 10 if " logs " in command else 0
        wrong = wait_until_it_is_right(lambda: copied.unlike(command, kind, copy.deepcopy(got)), patience)  # noqa: B023
        assert not wrong, f"{command}\n{wrong}"


def wait_until_it_is_right(wrong, patience_s):
    """Return what is wrong, empty as soon as nothing is."""
    end = time.monotonic() + patience_s
    while (found := wrong()) and time.monotonic() < end:
        time.sleep(0.5)
    return found


@pytest.mark.slow
def test_the_whole_route_with_others_handlers_that_keep_the_contract(cloud, tmp_path):
    terminal = Terminal(tmp_path, OTHER_HANDLERS, cloud.url)
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
