"""A real AWS account, for who names it: refused or used, and what is changed for it in each call.

No request leaves this machine: AWS is botocore's stubber, or LocalStack with another account's number, which it takes
from credentials whose key is twelve digits.
"""

import os
import stat
import subprocess

import boto3
import nbformat
import pytest
from botocore.exceptions import ParamValidationError
from botocore.stub import Stubber

from helpers import account, addresses, checkpoints, cli, lab
from helpers.account import Account
from helpers.cell_errors import paragraph
from helpers.emulator import instance
from helpers.errors import AccountError, CheckpointError, NotOurs
from helpers.memoria import build
from helpers.memoria.execute import execute_all
from helpers.panel.board import Panel
from helpers.project import ROOT
from tests.conftest import credentials_of

NUMBER = "123456789012"
ACCOUNT = Account(NUMBER, "LabRole")
ROLE = f"arn:aws:iam::{NUMBER}:role/LabRole"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": NUMBER, "AWS_SECRET_ACCESS_KEY": "real"}


@pytest.fixture
def environment(monkeypatch, restored_variables):
    """The variables of somebody with real keys who has asked for nothing; all is put back."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("helpers.cell_errors._watch.section", "")
    os.environ |= CREDENTIALS
    os.environ.pop("AWS_ENDPOINT_URL", None)
    return os.environ


@pytest.fixture
def client(environment, monkeypatch):
    """Return a maker of stubbed clients of the account: (client, stubber); a call that is not expected fails.

    The clients that `Account` makes are the same ones.
    """
    made = {}
    session_of = boto3.session.Session.client

    def stubbed(session, service, **options):
        if service not in made:
            made[service] = session_of(session, service, **options)
            stubber = Stubber(made[service])
            stubber.activate()
            made[service].stubber = stubber
            if service == "sts":
                caller = {"Account": NUMBER, "Arn": f"arn:aws:sts::{NUMBER}:assumed-role/voclabs/user", "UserId": "x"}
                stubber.add_response("get_caller_identity", caller, {})
        return made[service]

    monkeypatch.setattr(boto3.session.Session, "client", stubbed)
    ACCOUNT._connect()
    yield lambda service: (boto3.client(service), boto3.client(service).stubber)
    for one in made.values():
        one.stubber.assert_no_pending_responses()


@pytest.mark.parametrize("number", ["si", "12345678901", "1234567890123", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_the_account_has_to_be_named_by_its_number(environment, number):
    environment[account.ACCOUNT_VARIABLE] = number
    with pytest.raises(AccountError, match="12 cifras"):
        lab.open("s3")
    assert credentials_of(boto3.client("s3")) == ("test", "test", None)


def test_without_it_localstack_is_used_whatever_the_credentials(cloud, environment):
    environment[account.ACCOUNT_VARIABLE] = ""
    assert "credenciales de prueba" in repr(lab.open("s3"))


def test_jupyterlab_is_opened_with_the_callers_own_credentials_and_no_localstack(environment, monkeypatch, capsys):
    environment[account.ACCOUNT_VARIABLE] = NUMBER
    opened = {}

    class Server:
        def __init__(self, command, **_):
            opened.update(environment)

        def wait(self):
            return 0

    monkeypatch.setattr(cli.subprocess, "Popen", Server)
    monkeypatch.setattr(instance, "start", pytest.fail)
    cli.lab()
    assert opened["AWS_ACCESS_KEY_ID"] == NUMBER and "AWS_ENDPOINT_URL" not in opened
    assert f"una cuenta de AWS, la {NUMBER}" in capsys.readouterr().out
    environment[account.ACCOUNT_VARIABLE] = "mi cuenta"
    with pytest.raises(AccountError, match="12 cifras"):
        cli.lab()


def test_sections_about_localstack_are_refused(environment):
    environment[account.ACCOUNT_VARIABLE] = NUMBER
    for name in set(checkpoints.CHECKPOINTS) - set(account.SECTIONS):
        with pytest.raises(AccountError, match="necesita LocalStack"):
            lab.open(name)


def test_credentials_of_another_account_are_refused_before_anything_is_created(cloud, environment):
    environment |= {account.ACCOUNT_VARIABLE: "999999999999", "AWS_ENDPOINT_URL": cloud.url}
    with pytest.raises(AccountError, match=f"vale 999999999999, pero tus credenciales son de la cuenta {NUMBER}"):
        lab.open("lambda")
    assert boto3.Session().client("s3").list_buckets()["Buckets"] == []
    assert credentials_of(boto3.client("s3")) == ("test", "test", None)  # of a student who goes on all the same


def test_no_credentials_are_told_in_words(environment, tmp_path):
    environment |= {account.ACCOUNT_VARIABLE: NUMBER, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    for name in CREDENTIALS:
        del environment[name]
    with pytest.raises(AccountError, match="Unable to locate credentials"):
        lab.open("s3")


def test_a_profile_that_does_not_exist_is_told_in_words(environment):
    environment |= {account.ACCOUNT_VARIABLE: NUMBER, "AWS_PROFILE": "no-está"}
    with pytest.raises(AccountError, match="no-está"):
        lab.open("s3")


def test_the_bucket_has_a_name_of_its_own_in_s3(client):
    s3, stubber = client("s3")
    stubber.add_response("create_bucket", {}, {"Bucket": f"si1p1-{NUMBER}"})
    stubber.add_response("put_object", {}, {"Bucket": f"si1p1-{NUMBER}", "Key": "src/a", "Body": b"x"})
    stubber.add_response("create_bucket", {}, {"Bucket": "otro"})
    s3.create_bucket(Bucket="si1p1")
    s3.put_object(Bucket="si1p1", Key="src/a", Body=b"x")
    s3.create_bucket(Bucket="otro")


def test_a_function_runs_with_the_accounts_role_and_knows_its_bucket(client):
    aws_lambda, stubber = client("lambda")
    sent = {"FunctionName": "user_lambda", "Handler": "user_lambda.handler", "Runtime": "python3.13",
            "Code": {"ZipFile": b"x"}}  # fmt: skip
    stubber.add_response(
        "create_function",
        {"FunctionName": "user_lambda"},
        sent | {"Role": ROLE, "Environment": {"Variables": {"A": "1", "BUCKET": f"si1p1-{NUMBER}"}}},
    )
    aws_lambda.create_function(**sent, Role=checkpoints.ROLE, Environment={"Variables": {"A": "1"}})


def test_a_function_url_without_authorization_is_opened_to_the_public(client):
    aws_lambda, stubber = client("lambda")
    permission = {"FunctionName": "user_lambda", "Principal": "*"}
    stubber.add_response(
        "add_permission", {},
        permission | {"StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
    )  # fmt: skip
    stubber.add_response(
        "add_permission", {},
        permission | {"StatementId": "url-invoke", "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
    )  # fmt: skip
    made = {
        "FunctionUrl": "https://abcdefghij.lambda-url.us-east-1.on.aws/",
        "FunctionArn": f"arn:aws:lambda:us-east-1:{NUMBER}:function:user_lambda",
        "AuthType": "NONE",
        "CreationTime": "2026-01-01",
    }
    stubber.add_response("create_function_url_config", made, {"FunctionName": "user_lambda", "AuthType": "NONE"})
    stubber.add_response(
        "create_function_url_config",
        made | {"AuthType": "AWS_IAM"},
        {"FunctionName": "user_lambda", "AuthType": "AWS_IAM"},
    )
    url = aws_lambda.create_function_url_config(FunctionName="user_lambda", AuthType="NONE")["FunctionUrl"]
    assert addresses.of_function(url) == (url, {})
    aws_lambda.create_function_url_config(FunctionName="user_lambda", AuthType="AWS_IAM")


@pytest.mark.parametrize(
    "named", ["user_lambda", "arn:aws:lambda:us-east-1:000000000000:function:user_lambda"], ids=["name", "arn"]
)
def test_the_api_may_invoke_the_function_that_it_is_integrated_with(client, named):
    apigateway, stubber = client("apigateway")
    _, of_lambda = client("lambda")
    permission = {
        "FunctionName": "user_lambda",
        "StatementId": "apigateway-abc",
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": f"arn:aws:execute-api:us-east-1:{NUMBER}:abc/*",
    }
    of_lambda.add_response("add_permission", {}, permission)
    of_lambda.add_client_error("add_permission", "ResourceConflictException", expected_params=permission)
    sent = {"restApiId": "abc", "resourceId": "r", "httpMethod": "POST", "type": "AWS_PROXY"}
    arn = f"arn:aws:lambda:us-east-1:{NUMBER}:function:user_lambda"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    for _ in range(2):  # the second time, the permission is there
        stubber.add_response("put_integration", {}, sent | {"uri": uri})
        apigateway.put_integration(**sent, uri=checkpoints.invocation_uri(named))
    assert addresses.of_api("abc", "dev") == "https://abc.execute-api.us-east-1.amazonaws.com/dev"


def test_an_integration_with_something_else_is_left_as_it_is(client):
    apigateway, stubber = client("apigateway")
    sent = {"restApiId": "abc", "resourceId": "r", "httpMethod": "POST", "type": "HTTP", "uri": "https://example.com"}
    stubber.add_response("put_integration", {}, sent)
    apigateway.put_integration(**sent)


def test_a_method_without_integration_is_deployed_with_one_that_answers_500(client):
    apigateway, stubber = client("apigateway")
    methods = {"GET": {}, "POST": {"methodIntegration": {"type": "AWS_PROXY"}}}
    stubber.add_response(
        "get_resources",
        {"items": [{"id": "root", "path": "/"}, {"id": "r", "path": "/user", "resourceMethods": methods}]},
        {"restApiId": "abc", "embed": ["methods"]},
    )
    templates = {"application/json": '{"statusCode": 500}'}
    stubber.add_response(
        "put_integration", {},
        {"restApiId": "abc", "resourceId": "r", "httpMethod": "GET", "type": "MOCK", "requestTemplates": templates},
    )  # fmt: skip
    stubber.add_response("create_deployment", {}, {"restApiId": "abc", "stageName": "dev"})
    apigateway.create_deployment(restApiId="abc", stageName="dev")


def test_another_role_can_be_named(environment):
    environment[account.ACCOUNT_VARIABLE] = NUMBER
    assert account.requested() == Account(NUMBER, "si1")
    environment[account.ROLE_VARIABLE] = "LabRole"
    assert account.requested() == ACCOUNT


def test_commands_of_the_terminal_are_changed_as_the_calls_are():
    bucket = f"si1p1-{NUMBER}"
    for command, expected in {
        "s3 mb s3://si1p1": f"s3 mb s3://{bucket}",
        "s3 cp a s3://si1p1/src/a": f"s3 cp a s3://{bucket}/src/a",
        "s3 ls s3://si1p1-otro": "s3 ls s3://si1p1-otro",
        "s3api get-object --bucket si1p1 --key si1p1": f"s3api get-object --bucket {bucket} --key si1p1",
        "dynamodb scan --table-name si1p1": "dynamodb scan --table-name si1p1",
        f"lambda create-function --role {checkpoints.ROLE}": f"lambda create-function --role {ROLE}",
    }.items():
        assert ACCOUNT.rename(command.split()) == expected.split()


@pytest.fixture
def opened(cloud, environment):
    """The account 123456789012 of LocalStack, as if it were AWS's, with what a stranger has in it."""
    environment |= {account.ACCOUNT_VARIABLE: NUMBER, "AWS_ENDPOINT_URL": cloud.url}
    boto3.client("s3").create_bucket(Bucket="de-otro")
    yield lab.open("s3")
    account.requested()._connect()
    checkpoints.restore("s3")
    boto3.client("s3").delete_bucket(Bucket="de-otro")


def test_open_says_which_account_and_what_is_changed(opened):
    assert f"AWS: cuenta {NUMBER}" in repr(opened) and f"el bucket si1p1 es si1p1-{NUMBER}" in repr(opened)
    assert "puede costar dinero" in repr(opened)
    lab.open("lambda")
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["de-otro", f"si1p1-{NUMBER}"]


def test_the_panel_shows_the_accounts_resources_of_the_practice(opened):
    lab.open("api_gateway")
    panel = Panel("api_gateway")
    assert panel.children[0].titles[0] == "AWS" and f"cuenta {NUMBER}" in panel.state.value
    assert f"si1p1-{NUMBER}" in panel.resources.value and "de-otro" not in panel.resources.value
    assert f"la función user_lambda usa el bucket si1p1-{NUMBER}" in panel.diagram.value
    boto3.client("s3").delete_object(Bucket="si1p1", Key="users/pepe")
    panel.refresh()
    assert "0 objetos" in panel.resources.value


def test_the_panel_tells_why_it_cannot_look(environment):
    environment |= {account.ACCOUNT_VARIABLE: NUMBER, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    panel = Panel("s3")
    assert "127.0.0.1:9" in panel.message.value and panel.resources.value == ""


def test_aws_is_asked_again_for_as_long_as_it_makes_an_api_wait(opened):
    assert boto3.client("apigateway").meta.config.retries == {"mode": "standard", "total_max_attempts": 10}


def test_a_section_that_cannot_be_prepared_does_not_advise_to_restart_localstack(environment):
    environment |= {account.ACCOUNT_VARIABLE: NUMBER, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    with pytest.raises(CheckpointError, match=r"Ejecuta otra vez esta celda\.$"):
        checkpoints.restore("s3")


def test_the_memoria_is_made_with_localstack_alone(environment):
    environment[account.ACCOUNT_VARIABLE] = NUMBER
    with pytest.raises(AccountError, match="La memoria se hace con LocalStack"):
        build.make(pytest.fail, pytest.fail)


def test_what_needs_localstack_says_so(opened):
    with pytest.raises(NotOurs, match="Esta celda es de LocalStack"):
        lab.restart()
    with pytest.raises(NotOurs):
        lab.log()
    assert paragraph(KeyError("AWS_ENDPOINT_URL")) == account.LOCALSTACK_ONLY


def test_a_function_without_a_role_is_refused_by_boto3_as_ever(opened):
    with pytest.raises(ParamValidationError, match='Missing required parameter in input: "Role"'):
        boto3.client("lambda").create_function(FunctionName="user_lambda", Code={"ZipFile": b"x"})


def test_awslocal_is_the_accounts(opened):
    for command, shown in {"s3 mb s3://si1p1": f"make_bucket: si1p1-{NUMBER}", "s3 ls": "de-otro"}.items():
        run = subprocess.run(
            ["/bin/sh", "-c", f"awslocal {command}"], env=os.environ, capture_output=True, text=True, check=True
        )
        assert shown in run.stdout
    assert (ROOT / "build" / "aws" / "awslocal").stat().st_mode & stat.S_IXUSR


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_sections_run_in_an_account_that_is_not_localstacks_own(cloud, environment, tmp_path):
    environment |= {account.ACCOUNT_VARIABLE: NUMBER, "AWS_ENDPOINT_URL": cloud.url}
    paths = [path for path in build.notebooks() if path.stem in ("03_s3", "05_api_gateway", "06_dynamodb")]
    assert len(execute_all(paths, on_cell=lambda *_: None)) == len(paths)
    notebook = nbformat.read(ROOT / "notebooks" / "04_lambda.ipynb", as_version=4)
    needs_localstack = [cell.id for cell in notebook.cells if cell.id.startswith(("log-localstack", "borrado-1"))]
    notebook.cells = [cell for cell in notebook.cells if cell.id not in needs_localstack]
    assert len(needs_localstack) > 5
    nbformat.write(notebook, tmp_path / "04_lambda.ipynb")
    assert execute_all([tmp_path / "04_lambda.ipynb"], on_cell=lambda *_: None)
    lab.open("s3")
