"""Section 6's checks of its functions and of the requests to the API, walked from the section's start to its end."""

import io
import json
import random
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
import requests
from practice_table import create_table, put, survey

from helpers import lab, practice
from helpers.practice import checkpoints, questions
from helpers.practice.checks.evidence import OUTSIDE, TYPED, Evidence
from helpers.practice.checks.function_copy import USER
from helpers.practice.checks.verdict import Unknown
from helpers.practice.hints.dynamodb import HINTS
from helpers.workbook import SOLVED

AWS = str(Path(sys.executable).with_name("aws"))
OTHER_HANDLERS = Path(__file__).parents[2] / "other_handlers"
QUESTIONS = ("lambda-dynamo-1", "lambda-dynamo-2", "get-1", "get-2")
POST, GET = "user_lambda_dynamo", "user_get_lambda_dynamo"
EMAIL = {"email": "mimail@dominio.es"}


class Student:
    """What a student does in the section, by boto3 and requests."""

    def __init__(self, url):
        self.url = url
        self.dynamodb, self.aws_lambda, self.apigateway = map(boto3.client, ("dynamodb", "lambda", "apigateway"))
        (self.api,) = (api["id"] for api in self.apigateway.get_rest_apis()["items"])

    def resource(self):
        resources = self.apigateway.get_resources(restApiId=self.api)["items"]
        return next(one["id"] for one in resources if one["path"] == "/user/{username}")

    def method(self, name):
        return {"restApiId": self.api, "resourceId": self.resource(), "httpMethod": name}

    def function(self, name, source=None):
        """Create the function, or change its code: handlers/'s, or a handler's body."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr(f"{name}.py", source or (SOLVED.handlers / f"{name}.py").read_text("utf-8"))
        code = archive.getvalue()
        if name in [one["FunctionName"] for one in self.aws_lambda.list_functions()["Functions"]]:
            self.aws_lambda.update_function_code(FunctionName=name, ZipFile=code)
            self.aws_lambda.get_waiter("function_updated_v2").wait(FunctionName=name)
            return
        self.aws_lambda.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler=f"{name}.handler",
            Role=checkpoints.ROLE,
            Code={"ZipFile": code},
        )
        lab.wait_until(
            lambda: self.aws_lambda.get_function(FunctionName=name)["Configuration"]["State"],
            ready=lambda state: state == "Active",
        )

    def integrate(self, method, function, **changes):
        given = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": checkpoints.invocation_uri(function)}
        self.apigateway.put_integration(**self.method(method), **given | changes)

    def deploy(self):
        return self.apigateway.create_deployment(restApiId=self.api, stageName="dev")["id"]

    def connect(self):
        """Do both tasks, with the functions of handlers/."""
        for method, function in (("POST", POST), ("GET", GET)):
            self.function(function)
            self.integrate(method, function)
        self.deploy()

    def address(self, user):
        return f"{self.url}/_aws/execute-api/{self.api}/dev/user/{user}"

    def curl(self, user, form="_aws/execute-api/{}/dev"):
        printed = subprocess.run(
            ["curl", "-sS", f"{self.url}/{form.format(self.api)}/user/{user}"], capture_output=True, check=True
        )
        return printed.stdout.decode()

    def read(self, user):
        self.dynamodb.get_item(TableName="si1p1", Key={"User": {"S": user}})


@pytest.fixture
def student(cloud):
    lab.open("dynamodb")
    student = Student(cloud.url)
    create_table(student.dynamodb)
    return student


def text_of(question, depends_on=""):
    """Return what the check does not find."""
    verdict = practice.check(question)
    assert verdict.ok is False and verdict.depends_on == depends_on, verdict
    return verdict.text


def handler(*lines):
    """Return a handler of those lines."""
    head = "import boto3, json\ntable = boto3.resource('dynamodb').Table('si1p1')\ndef handler(event, context):\n"
    return head + "\n".join(f"    {line}" for line in lines)


USERNAME = "username = event['pathParameters']['username']"
ANSWER = "return {'statusCode': 200, 'body': '{}'}"
ITEM = "item = table.get_item(Key={'User': event['pathParameters']['username']})"


@pytest.mark.slow
def test_from_the_start_to_the_end_with_the_mistakes_on_the_way(student):
    assert text_of("lambda-dynamo-1") == "No hay ninguna función «user_lambda_dynamo»."
    student.function(POST)
    assert text_of("lambda-dynamo-1") == (
        "POST /user/{username} está integrado con user_lambda_param, no con user_lambda_dynamo."
    )
    student.integrate("POST", POST, integrationHttpMethod="GET")
    assert text_of("lambda-dynamo-1") == (
        "La integración de POST /user/{username} es AWS_PROXY y llama a la función con GET."
    )
    student.integrate("POST", POST)
    assert text_of("lambda-dynamo-1") == (
        "POST /user/{username} está integrado con user_lambda_dynamo, pero la etapa dev no se ha desplegado después."
    )
    assert text_of("lambda-dynamo-2") == "Nadie ha hecho POST de /user/user2 en el API."
    assert requests.post(student.address("user2"), json=EMAIL, timeout=30).status_code == 200
    assert text_of("lambda-dynamo-2", "lambda-dynamo-1") == (
        "POST /user/user2 ha respondido 200, pero no desde user_lambda_dynamo."
    )
    student.deploy()
    before = survey()
    verdict = practice.check("lambda-dynamo-1")
    assert verdict.ok and verdict.text == (
        "POST /user/{username} llama a user_lambda_dynamo en la etapa dev, que guarda User, de la ruta, y Email, del "
        "cuerpo."
    )
    assert practice.check("lambda-dynamo-1") == verdict and survey() == before

    assert requests.post(student.address("user2"), data="{mimail@dominio.es}", timeout=30).status_code == 400
    put(student.dynamodb, User="user2", Email="mimail@dominio.es")
    assert text_of("lambda-dynamo-2") == "POST /user/user2 ha respondido 400."
    student.dynamodb.delete_item(TableName="si1p1", Key={"User": {"S": "user2"}})
    assert requests.post(student.address("user2"), json=EMAIL, timeout=30).status_code == 200
    assert text_of("lambda-dynamo-2") == "Después de POST /user/user2 nadie ha leído la tabla."
    student.read("user2")
    verdict = practice.check("lambda-dynamo-2")
    assert verdict.ok
    assert verdict.text == 'POST /user/user2 ha añadido el item {"User": "user2", "Email": "mimail@dominio.es"}.'

    assert text_of("get-1") == "No hay ninguna función «user_get_lambda_dynamo»."
    student.function(GET)
    assert text_of("get-1") == "GET /user/{username} está integrado con nada, no con user_get_lambda_dynamo."
    assert student.curl("user2")
    assert text_of("get-2", "get-1") == "GET /user/user2 ha respondido 500."
    student.integrate("GET", POST)
    student.deploy()
    assert text_of("get-1") == (
        "GET /user/{username} está integrado con user_lambda_dynamo, no con user_get_lambda_dynamo."
    )
    student.integrate("GET", GET)
    assert text_of("get-1").endswith("la etapa dev no se ha desplegado después.")
    student.deploy()
    verdict = practice.check("get-1")
    assert verdict.ok and verdict.text == (
        "GET /user/{username} llama a user_get_lambda_dynamo en la etapa dev, que responde con el item, o con {} si no "
        "está."
    )

    student.curl("user2")
    assert text_of("get-2") == "Solo se ha pedido lo que estaba en la tabla: user2."
    requests.get(student.address("nadie"), timeout=30)
    put(student.dynamodb, User="nadie")
    before = survey()
    verdicts = {}
    for question in random.Random(6).sample(QUESTIONS, 4):  # noqa: S311
        verdicts[question] = practice.check(question)
        assert verdicts[question].ok and OUTSIDE not in verdicts[question].notes and survey() == before
    assert verdicts["get-2"].text == (
        "GET /user/user2, que estaba en la tabla, ha respondido 200, y /user/nadie, que no, 200; la función responde "
        "con el item, o con {}."
    )


def test_what_the_post_did_not_store_is_not_the_fault_of_the_get(student):
    student.integrate("POST", "no-la-hay")
    student.deploy()
    assert requests.post(student.address("user2"), json=EMAIL, timeout=30).status_code == 500
    assert text_of("lambda-dynamo-2", "lambda-dynamo-1") == "POST /user/user2 ha respondido 500."
    student.connect()
    student.curl("user2"), student.curl("nadie")
    assert text_of("get-2", "lambda-dynamo-2") == "Solo se ha pedido lo que no estaba en la tabla: user2, nadie."
    student.curl("otro")
    assert requests.post(student.address("otro"), json=EMAIL, timeout=30).status_code == 200
    assert text_of("get-2", "lambda-dynamo-2").endswith(": user2, nadie, otro.")


@pytest.mark.slow
def test_functions_that_are_not_right(student):
    student.connect()
    for source, found in (
        (
            handler("table.put_item(Item={'User': json.loads(event['body'])['username']})", ANSWER),
            "La función «user_lambda_dynamo» falla: KeyError: 'username'.",
        ),
        (handler(ANSWER), "user_lambda_dynamo responde 200, {}, y no guarda al usuario de la ruta."),
        (
            handler(USERNAME, "table.put_item(Item={'User': username, **json.loads(event['body'])})", ANSWER),
            'user_lambda_dynamo guarda {"User": "si1p1-cuaderno", "email": "si1p1-cuaderno@dominio.es"}; se piden User '
            "y Email.",
        ),
        (
            handler(USERNAME, "table.put_item(Item={'User': username, 'Foto': b'x'})", ANSWER),
            """user_lambda_dynamo guarda {"User": "si1p1-cuaderno", "Foto": "b'x'"}; se piden User y Email.""",
        ),
        (
            handler(USERNAME, "table.put_item(Item={'User': username, 'Email': event['body']})"),
            "La función «user_lambda_dynamo» responde null, sin statusCode.",
        ),
    ):
        student.function(POST, source)
        before = survey()
        assert text_of("lambda-dynamo-1") == found and survey() == before
    student.function(POST, handler(ANSWER))
    put(student.dynamodb, User=USER, Email=f"{USER}@dominio.es")  # left by a check that was interrupted
    assert text_of("lambda-dynamo-1").endswith("no guarda al usuario de la ruta.")
    for source, found in (
        (handler("json.loads(event['body'])", ANSWER), "La función «user_get_lambda_dynamo» falla: TypeError"),
        (
            handler(ITEM, "return {'statusCode': 200, 'body': json.dumps(item['Item'])}"),
            "La función «user_get_lambda_dynamo» falla: KeyError: 'Item'",
        ),
        (
            handler(ITEM, "return {'statusCode': 200, 'body': json.dumps(item.get('Item'))}"),
            "user_get_lambda_dynamo responde null para un usuario que no está en la tabla.",
        ),
        (
            handler(ITEM, "return {'statusCode': 200, 'body': item.get('Item', {})}"),
            "user_get_lambda_dynamo responde {'",
        ),
        (handler(ANSWER), "user_get_lambda_dynamo responde {} para un usuario que está en la tabla."),
        (
            handler("return {'statusCode': 200, 'body': '[' * 100_000}"),
            f"user_get_lambda_dynamo responde {'[' * 100}… para un usuario que está en la tabla.",
        ),
    ):
        student.function(GET, source)
        before = survey()
        assert text_of("get-1").startswith(found) and survey() == before


def test_a_log_that_takes_long_to_store_is_removed_too(student):
    student.connect()
    student.function(GET, handler("print('x' * 900_000 + chr(10))" + " or print('y' * 900_000)" * 4, ITEM, ANSWER))
    before = survey()
    text_of("get-1")
    time.sleep(1)
    assert survey() == before


@pytest.mark.slow
def test_functions_written_otherwise(student):
    student.connect()
    update = """table.update_item(Key={'User': username}, UpdateExpression='SET Email = :e',
        ExpressionAttributeValues={':e': json.loads(event['body'])['email']})"""
    for source in ((OTHER_HANDLERS / f"{POST}.py").read_text("utf-8"), handler(USERNAME, update, ANSWER)):
        student.function(POST, source)
        assert practice.check("lambda-dynamo-1").ok
    typed = "item = boto3.client('dynamodb').get_item(TableName='si1p1', Key={'User': {'S': username}})"
    for source in (
        (OTHER_HANDLERS / f"{GET}.py").read_text("utf-8"),
        handler(USERNAME, typed, "return {'statusCode': 200, 'body': json.dumps(item.get('Item', {}))}"),
        handler(
            ITEM,
            "code = 200 if 'Item' in item else 404",
            "return {'statusCode': code, 'body': json.dumps(item.get('Item', {}))}",
        ),
    ):
        student.function(GET, source)
        assert practice.check("get-1").ok
    requests.post(student.address("ana"), json=EMAIL, timeout=30)
    old_form = "restapis/{}/dev/_user_request_"
    assert json.loads(student.curl("ana", old_form)) == {"Email": "mimail@dominio.es", "User": "ana"}
    assert text_of("get-2") == "Solo se ha pedido lo que estaba en la tabla: ana."
    assert student.curl("nadie", old_form) == "{}"
    assert [practice.check(one).text.split(",")[0] for one in QUESTIONS[1:]] == [
        'POST /user/ana ha añadido el item {"User": "ana"',
        "GET /user/{username} llama a user_get_lambda_dynamo en la etapa dev",
        "GET /user/ana",
    ]


def test_other_ways_of_integrating_and_deploying(student):
    student.function(POST)
    student.deploy()
    student.integrate("POST", POST)
    second = student.apigateway.create_rest_api(name="user_lambda")["id"]
    student.apigateway.delete_rest_api(restApiId=second)
    detached = student.apigateway.create_deployment(restApiId=student.api)["id"]
    assert text_of("lambda-dynamo-1").endswith("no se ha desplegado después.")
    to_it = [{"op": "replace", "path": "/deploymentId", "value": detached}]
    student.apigateway.update_stage(restApiId=student.api, stageName="dev", patchOperations=to_it)
    assert practice.check("lambda-dynamo-1").ok
    student.integrate("POST", POST)
    assert practice.check("lambda-dynamo-1").ok
    student.integrate("POST", "user_lambda_param")
    student.deploy()
    student.integrate("POST", POST)
    assert text_of("lambda-dynamo-1").endswith("no se ha desplegado después.")
    student.integrate("POST", "user_lambda_param")
    arn = student.aws_lambda.get_function(FunctionName=POST)["Configuration"]["FunctionArn"]
    uri = [{"op": "replace", "path": "/uri", "value": checkpoints.invocation_uri(arn)}]
    student.apigateway.update_integration(**student.method("POST"), patchOperations=uri)
    timeout = [{"op": "replace", "path": "/timeoutInMillis", "value": "5000"}]
    student.apigateway.update_integration(**student.method("POST"), patchOperations=timeout)
    student.deploy()
    assert practice.check("lambda-dynamo-1").ok
    student.apigateway.delete_stage(restApiId=student.api, stageName="dev")
    assert text_of("lambda-dynamo-1").endswith("no se ha desplegado después.")
    student.apigateway.delete_method(**student.method("POST"))
    assert text_of("lambda-dynamo-1") == "/user/{username} no tiene el método POST."


@pytest.mark.slow
def test_an_api_of_the_student_s_own_beside_the_one_that_was_prepared(student):
    prepared = student.api
    student.api = student.apigateway.create_rest_api(name="user_lambda")["id"]
    (parent,) = (one["id"] for one in student.apigateway.get_resources(restApiId=student.api)["items"])
    for step in ("user", "{username}"):
        parent = student.apigateway.create_resource(restApiId=student.api, parentId=parent, pathPart=step)["id"]
    for method in ("POST", "GET"):
        student.apigateway.put_method(**student.method(method), authorizationType="NONE")
    student.connect()
    requests.post(student.address("user2"), json=EMAIL, timeout=30)
    student.curl("user2")
    student.curl("nadie")
    assert [practice.check(one).ok for one in QUESTIONS] == [True] * 4
    student.apigateway.delete_rest_api(restApiId=prepared)
    assert [practice.check(one).ok for one in QUESTIONS] == [True] * 4


def aws(command, *more):
    subprocess.run([AWS, *command.split(), *more], check=True, capture_output=True, cwd=SOLVED.root)


@pytest.mark.slow
def test_the_whole_section_by_the_terminal(cloud, tmp_path):
    lab.open("dynamodb")
    student = Student(cloud.url)
    aws(
        "dynamodb create-table --table-name si1p1 --attribute-definitions AttributeName=User,AttributeType=S "
        "--key-schema AttributeName=User,KeyType=HASH "
        "--provisioned-throughput ReadCapacityUnits=5,WriteCapacityUnits=5"
    )
    put_item = "dynamodb put-item --table-name si1p1 --item"
    aws(put_item, '{"User": {"S": "pipo"}, "EMail": {"S": "pipo@ss.com"}}')
    with pytest.raises(subprocess.CalledProcessError):
        aws(put_item, '{"EMail": {"S": "pipo@ss.com"}}')
    aws(put_item, '{"User": {"S": "pipo"}}')
    aws("dynamodb get-item --table-name si1p1 --key", '{"User": {"S": "pipo"}}')
    for method, function in (("POST", POST), ("GET", GET)):
        archive = tmp_path / f"{function}.zip"
        archive.write_bytes(checkpoints.zip_handler(function))
        aws(
            f"lambda create-function --function-name {function} --runtime python3.13 --handler {function}.handler "
            f"--role {checkpoints.ROLE} --zip-file fileb://{archive}"
        )
        aws(f"lambda wait function-active-v2 --function-name {function}")
        aws(
            f"apigateway put-integration --rest-api-id {student.api} --resource-id {student.resource()} "
            f"--http-method {method} --type AWS_PROXY --integration-http-method POST "
            f"--passthrough-behavior WHEN_NO_MATCH --uri {checkpoints.invocation_uri(function)}"
        )
        aws(f"apigateway create-deployment --rest-api-id {student.api} --stage-name dev")
    curl = ["curl", "-sS", "-X", "POST", student.address("user2"), "-H", "Content-Type: application/json", "-d"]
    subprocess.run([*curl, '{"email": mimail@dominio.es}'], check=True, capture_output=True)
    assert text_of("lambda-dynamo-2") == "POST /user/user2 ha respondido 400."
    subprocess.run([*curl, json.dumps(EMAIL)], check=True, capture_output=True)
    aws("dynamodb scan --table-name si1p1")
    for user in ("ninguno", "nadie"):
        requests.get(student.address(user), timeout=30)
    assert text_of("get-2") == "Solo se ha pedido lo que no estaba en la tabla: ninguno, nadie."
    requests.get(student.address("user2"), timeout=30)
    assert text_of("get-2") == "Se ha probado sin curl (con requests)."
    student.curl("nadie")
    before, calls = survey(), lab.calls()
    verdicts = {}
    for question in random.Random(6).sample([*HINTS] * 2, 16):  # noqa: S311
        verdict = practice.check(question)
        assert verdict.ok and verdicts.setdefault(question, verdict) == verdict and OUTSIDE not in verdict.notes
    assert len(verdicts) == 8 and lab.calls() == calls and survey() == before


@pytest.mark.static
def test_each_question_of_the_section_has_two_or_three_hints():
    assert [*HINTS] == [question.id for question in questions.QUESTIONS if question.section == "dynamodb"]
    assert all(len(hints) in (2, 3) and all(hints) for hints in HINTS.values())


def test_what_another_process_did_and_ids_typed_by_hand_are_noted(student, monkeypatch):
    monkeypatch.setenv("AWS_EXECUTION_ENV", "")
    api = student.api
    student.apigateway = boto3.session.Session().client("apigateway")
    student.function(POST)
    student.integrate("POST", POST)
    student.deploy()
    cells = SimpleNamespace(user_ns={"In": ["", f'restApiId = "{api}"']})
    monkeypatch.setattr("helpers.practice.checks.evidence.get_ipython", lambda: cells)
    verdict = practice.check("lambda-dynamo-1")
    assert verdict.ok and verdict.notes == (OUTSIDE, TYPED.format(api))


def test_without_a_journal_it_cannot_be_known_what_was_deployed(student, monkeypatch):
    student.function(POST)
    student.integrate("POST", POST)

    def unknown(_):
        raise Unknown("no se sabe")

    monkeypatch.setattr(Evidence, "entries", property(unknown))
    assert [practice.check(one).ok for one in QUESTIONS] == [None, None, False, None]
