"""The listed commands do what the cell did: the real CLI and curl run them, and the results are compared."""

import io
import json
import os
import subprocess
import zipfile

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from IPython.core.interactiveshell import InteractiveShell

from helpers.practice import checkpoints
from helpers.session import terminal
from helpers.workbook import INSTALLATION, SOLVED

ROLE = checkpoints.ROLE


def run(command):
    """Paste one listed command into a shell in the project's folder; return its output, as JSON if it is."""
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=INSTALLATION, env=os.environ, check=True
    )
    try:
        return json.loads(done.stdout) if done.stdout.strip() else None
    except json.JSONDecodeError:
        return done.stdout


def plain(response):
    """Return a boto3 response as the CLI prints it."""
    return json.loads(json.dumps({k: v for k, v in response.items() if k != "ResponseMetadata"}, default=str)) or None


@pytest.fixture
def package():
    """The zip of user_lambda in build/, as the notebooks leave it."""
    SOLVED.build.mkdir(exist_ok=True)
    path = SOLVED.build / "prueba_user_lambda.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(SOLVED.handlers / "user_lambda.py", "user_lambda.py")
    yield path
    path.unlink()


@pytest.mark.slow
def test_reading_calls_give_the_same_through_the_cli(cloud):
    checkpoints.restore("dynamodb")
    apigateway, aws_lambda = boto3.client("apigateway"), boto3.client("lambda")
    api = apigateway.get_rest_apis()["items"][0]["id"]
    with terminal.recorded() as listed:
        responses = [
            apigateway.get_resources(restApiId=api, embed=["methods"]),
            apigateway.get_stages(restApiId=api),
            apigateway.get_rest_apis(),
            aws_lambda.get_function_configuration(FunctionName="user_lambda"),
            boto3.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/"),
        ]
    assert len(listed) == len(responses)
    for command, response in zip(listed, responses, strict=True):
        printed = run(command)
        # The CLI writes dates as numbers or with another separator: they are not what is compared.
        without_dates = {"createdDate", "lastUpdatedDate", "creationTime"}
        assert strip(printed, without_dates) == strip(plain(response), without_dates), command


def strip(value, names):
    """Return `value` without the keys `names`, at any depth."""
    if isinstance(value, dict):
        return {key: strip(inner, names) for key, inner in value.items() if key not in names}
    return [strip(inner, names) for inner in value] if isinstance(value, list) else value


@pytest.mark.slow
def test_writing_calls_leave_the_same_cloud(cloud, package):
    """Everything sections 5 and 6 write, made once with boto3 and once with the commands that this lists."""

    def practice():
        apigateway, aws_lambda, dynamodb = (boto3.client(name) for name in ("apigateway", "lambda", "dynamodb"))
        aws_lambda.create_function(
            FunctionName="user_lambda",
            Runtime="python3.13",
            Handler="user_lambda.handler",
            Role=ROLE,
            Code={"ZipFile": package.read_bytes()},
            Environment={"Variables": {"SALUDO": "¡hola, 'mundo'!"}},
        )
        aws_lambda.get_waiter("function_active_v2").wait(FunctionName="user_lambda")
        api = apigateway.create_rest_api(name="user_lambda")
        user = apigateway.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="user")
        name = apigateway.create_resource(restApiId=api["id"], parentId=user["id"], pathPart="{username}")
        place = {"restApiId": api["id"], "resourceId": name["id"], "httpMethod": "POST"}
        required = {"method.request.path.username": True}
        apigateway.put_method(**place, authorizationType="NONE", requestParameters=required)
        uri = checkpoints.invocation_uri("user_lambda")
        apigateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        apigateway.create_deployment(restApiId=api["id"], stageName="dev")
        dynamodb.create_table(
            TableName="si1p1",
            AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
            ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        )
        dynamodb.put_item(TableName="si1p1", Item={"User": {"S": "pipo"}, "Email": {"S": "ñandú@ss.com"}})
        return [api["id"], api["rootResourceId"], user["id"], name["id"]]

    def state():
        configuration = boto3.client("lambda").get_function_configuration(FunctionName="user_lambda")
        kept = ("Runtime", "Handler", "Role", "CodeSha256", "Environment", "State")
        apigateway = boto3.client("apigateway")
        (api,) = apigateway.get_rest_apis()["items"]
        resources = apigateway.get_resources(restApiId=api["id"], embed=["methods"])["items"]
        return {
            "function": {name: configuration[name] for name in kept},
            "routes": strip(sorted(resources, key=lambda one: one["path"]), {"id", "parentId", "cacheNamespace"}),
            "stages": [stage["stageName"] for stage in apigateway.get_stages(restApiId=api["id"])["item"]],
            "items": boto3.client("dynamodb").scan(TableName="si1p1")["Items"],
            "schema": boto3.client("dynamodb").describe_table(TableName="si1p1")["Table"]["KeySchema"],
        }

    checkpoints.restore("s3")
    with terminal.recorded() as listed:
        ids = practice()
    expected = state()
    checkpoints.restore("s3")
    assert any(f"--zip-file fileb://build/{package.name}" in command for command in listed)
    assert max(len(line) for command in listed for line in command.splitlines()) <= terminal.MAX_COLUMNS
    assert "awslocal lambda wait function-active-v2 --function-name user_lambda" in listed
    for command in listed:
        # What AWS chose the first time is in the commands: put in its place what it chooses now.
        for old, new in substitutions(ids).items():
            command = command.replace(old, new)
        run(command)
    assert state() == expected


def substitutions(old_ids):
    """Return old id -> new id for the API and the resources that exist so far."""
    apigateway = boto3.client("apigateway")
    apis = apigateway.get_rest_apis()["items"]
    if not apis:
        return {}
    resources = {one["path"]: one["id"] for one in apigateway.get_resources(restApiId=apis[0]["id"])["items"]}
    new_ids = [apis[0]["id"], *(resources.get(path) for path in ("/", "/user", "/user/{username}"))]
    return {old: new for old, new in zip(old_ids, new_ids, strict=True) if new}


def test_s3_and_refused_calls_are_listed_too(cloud):
    s3 = boto3.client("s3")
    with terminal.recorded() as listed:
        s3.create_bucket(Bucket="si1p1")
        s3.upload_file(str(SOLVED.handlers / "user_rest.py"), "si1p1", "src/user_rest.py")
        with pytest.raises(ClientError):
            s3.list_objects_v2(Bucket="otro")
    assert listed[0] == "awslocal s3api create-bucket --bucket si1p1"
    assert "--body handlers/user_rest.py" in listed[1]
    assert listed[2] == "awslocal s3api list-objects-v2 --bucket otro"
    checkpoints.restore("s3")
    for command in listed[:2]:
        run(command)
    stored = s3.get_object(Bucket="si1p1", Key="src/user_rest.py")["Body"].read()
    assert stored == (SOLVED.handlers / "user_rest.py").read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"email": "ñ@b.es"}},
        {"data": "@archivo"},
        {"data": b"{'email': mimail@dominio.es}"},
        {"headers": {"Host": "otro.localhost"}, "json": []},
    ],
)
def test_requests_arrive_the_same_through_curl(cloud, echo, options):
    with terminal.recorded() as listed:
        requests.post(f"{echo.url}/user/x", timeout=10, **options)
    (command,) = listed
    # curl resolves *.localhost by itself, to this machine: the port is what brings it to the echo.
    run(command.replace("http://otro.localhost/", f"http://otro.localhost:{echo.port}/"))
    first, second = echo.received
    assert first == second


def test_get_requests_and_a_magic_that_stops_run_all(cloud, capsys):
    with terminal.recorded() as listed:
        requests.get(f"{cloud.url}/_localstack/health", timeout=10)
    assert listed == [f"curl -s -X GET {cloud.url}/_localstack/health"]
    shell = InteractiveShell.instance()
    try:
        terminal.register()
        shell.run_cell("%%comandos\nimport boto3\nboto3.client('s3').list_buckets()['Buckets']").raise_error()
        failed = shell.run_cell("%%comandos\nboto3.client('s3').list_objects_v2(Bucket='otro')\n")
        assert isinstance(failed.error_in_exec, ClientError)
    finally:
        InteractiveShell.clear_instance()


class Echo:
    """A server that keeps what it receives: (method, path, content type, body)."""

    def __init__(self, port):
        self.port, self.received = port, []
        self.url = f"http://127.0.0.1:{port}"

    def __call__(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        content_type = environ.get("CONTENT_TYPE")
        self.received.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], content_type, body))
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]


@pytest.fixture
def echo(port):
    from threading import Thread
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_):
            pass

    application = Echo(port)
    server = make_server("127.0.0.1", port, application, handler_class=Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield application
    server.shutdown()
    server.server_close()


def test_commands_are_set_as_a_person_writes_them(cloud):
    names = [{"AttributeName": "User", "AttributeType": "S"}, {"AttributeName": "Cuando", "AttributeType": "N"}]
    with terminal.recorded() as listed:
        boto3.client("dynamodb").create_table(
            TableName="otra",
            AttributeDefinitions=names,
            KeySchema=[
                {"AttributeName": "User", "KeyType": "HASH"},
                {"AttributeName": "Cuando", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "para", "Value": "una prueba"}],
        )
        boto3.client("dynamodb").delete_table(TableName="otra")
    assert listed == [
        """\
awslocal dynamodb create-table \\
    --table-name otra \\
    --attribute-definitions AttributeName=User,AttributeType=S AttributeName=Cuando,AttributeType=N \\
    --key-schema AttributeName=User,KeyType=HASH AttributeName=Cuando,KeyType=RANGE \\
    --billing-mode PAY_PER_REQUEST \\
    --tags '[{"Key": "para", "Value": "una prueba"}]'""",
        "awslocal dynamodb delete-table --table-name otra",
    ]
    for command in listed:
        run(command)


def test_the_address_of_a_function_is_not_cut():
    uri = checkpoints.invocation_uri("user_get_lambda_dynamo")
    options = [["--rest-api-id", "abc"], ["--http-method", "GET"], ["--uri", uri]]
    assert terminal.laid_out(["awslocal", "apigateway", "put-integration"], options) == (
        "FUNCIONES=arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions\n"
        "awslocal apigateway put-integration \\\n"
        "    --rest-api-id abc \\\n"
        "    --http-method GET \\\n"
        "    --uri ${FUNCIONES}/user_get_lambda_dynamo/invocations"
    )
    # Inside a quoted word it would not be a variable.
    assert terminal.laid_out(["echo"], [["--x", f"{uri} y"]]) == f"echo \\\n    --x '{uri} y'"


def test_files_put_into_a_zip_are_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers/f.py").write_text("f = 1")
    with terminal.recorded() as listed:
        with zipfile.ZipFile("f.zip", "w") as archive:
            archive.write("handlers/f.py", arcname="f.py")
        with zipfile.ZipFile(io.BytesIO(), "w") as in_memory:
            in_memory.write("handlers/f.py", arcname="f.py")
    assert listed == ["zip -j f.zip handlers/f.py"]
    (tmp_path / "f.zip").unlink()
    subprocess.run(["bash", "-c", listed[0]], check=True, capture_output=True)
    with zipfile.ZipFile("f.zip") as made:
        assert {one.filename: made.read(one) for one in made.infolist()} == {"f.py": b"f = 1"}


def test_content_that_no_file_holds_is_a_file_to_be_written():
    assert terminal.file_of(b"no est\xc3\xa1") == "ARCHIVO"
    assert terminal.file_of(io.BytesIO(b"x")) == "ARCHIVO"
