"""Section 4's checks: nothing done, done in each right way, and each typical mistake told by its own words."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from lambda_function import ROLE, archive

from helpers import lab, practice
from helpers.emulator import journal
from helpers.emulator.journal import Entry, Kind, now_ms
from helpers.emulator.process import Emulator
from helpers.practice.checks.evidence import DIED, OUTSIDE, TYPED
from helpers.practice.checks.verdict import READERS
from helpers.practice.questions import QUESTIONS
from helpers.workbook import SOLVED

PROGRAMS = Path(sys.executable).parent
OTHER = Path(__file__).parents[2] / "other_handlers" / "user_lambda.py"
GROUP = "/aws/lambda/user_lambda"
PEPE = {"username": "pepe", "data": "10"}
SECTION = [question.id for question in QUESTIONS if question.section == "lambda"]
NODE = {"saluda.js": "exports.handler = async (event) => 'hola'"}


class Work:
    """What a student does in section 4, by boto3."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.s3, self.aws_lambda, self.logs = map(boto3.client, ("s3", "lambda", "logs"))

    def create(self, name="user_lambda", code=None, **options):
        code = code or {"user_lambda.py": (SOLVED.handlers / "user_lambda.py").read_text("utf-8")}
        settings = {"Runtime": "python3.13", "Handler": "user_lambda.handler", "Role": ROLE} | options
        self.aws_lambda.create_function(FunctionName=name, Code={"ZipFile": archive(code)}, **settings)
        self.aws_lambda.get_waiter("function_active_v2").wait(FunctionName=name)

    def give_url(self):
        config = self.aws_lambda.create_function_url_config(FunctionName="user_lambda", AuthType="NONE")
        self.host = urlsplit(config["FunctionUrl"]).netloc
        return config["FunctionUrl"]

    def send(self, method="POST", **body):
        return requests.request(method, self.cloud.url, headers={"Host": self.host}, timeout=20, **body).status_code

    def marks(self, at_least=1):
        return lab.wait_until(
            lambda: self.logs.filter_log_events(logGroupName=GROUP)["events"],
            ready=lambda events: sum("REPORT" in one["message"] for one in events) >= at_least,
        )

    def streams(self):
        return [one["logStreamName"] for one in self.logs.describe_log_streams(logGroupName=GROUP)["logStreams"]]

    def messages(self, *streams):
        for stream in streams:
            self.logs.get_log_events(logGroupName=GROUP, logStreamName=stream)


@pytest.fixture
def work(cloud):
    lab.open("lambda")
    yield Work(cloud)
    lab.ready_hooks()
    shutil.rmtree(cloud.ready_hooks)


@pytest.fixture
def unread(work):
    """A function that has been called by its URL; nobody has looked at anything yet."""
    work.create()
    work.give_url()
    assert work.send(json=PEPE) == 200
    return work


def told(question):
    """Return what is said of a question that does not hold, in one line."""
    verdict = practice.check(question)
    assert verdict.ok is False and (verdict.look_at or verdict.depends_on)
    return verdict.text + (f" [{verdict.depends_on}]" if verdict.depends_on else "")


def holds(question):
    verdict = practice.check(question)
    assert verdict.ok is True, verdict
    return verdict.text


def contents():
    """Return all that the cloud holds that a check could have changed."""
    s3, aws_lambda, logs = map(boto3.client, ("s3", "lambda", "logs"))
    buckets = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    return (
        {name: [one["Key"] for one in s3.list_objects_v2(Bucket=name).get("Contents", [])] for name in buckets},
        [one["FunctionName"] for one in aws_lambda.list_functions()["Functions"]],
        [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]],
        boto3.client("apigateway").get_rest_apis()["items"],
        boto3.client("dynamodb").list_tables()["TableNames"],
    )


NOTHING = {
    "lambda-1": "Ninguna función se ha creado con un runtime de JavaScript.",
    "lambda-2": "No se ha creado la función «user_lambda».",
    "lambda-3": "No se ha creado la función «user_lambda».",
    "logs-1": "No se ha creado la función «user_lambda».",
    "borrado-1": "LocalStack no se ha reiniciado desde que se abrió la sección.",
}


@pytest.mark.parametrize("prepared", [False, True], ids=["empty cloud", "as lab.open leaves it"])
def test_nothing_done(prepared, cloud):
    if prepared:
        lab.open("lambda")
    else:
        journal.append(cloud.folder, Entry(Kind.SECTION, now_ms(), "lambda"))
    before = contents()
    assert {question: told(question) for question in SECTION} == NOTHING
    assert contents() == before


@pytest.mark.slow
def test_the_whole_section_as_the_notebook_does_it_and_every_check_in_any_order(work):
    work.create()
    work.give_url()
    assert told("lambda-2") == "A la URL de «user_lambda» no ha llegado ninguna petición."
    assert told("lambda-3") == "A la URL de «user_lambda» no ha llegado ninguna petición. [lambda-2]"
    assert told("logs-1") == "La función no se ha ejecutado todavía, y no tiene registro. [lambda-2]"
    assert work.send(json=PEPE) == 200
    assert told("lambda-2").endswith("pero después nadie ha leído el registro de la función.")
    assert told("lambda-3") == "Nadie ha descargado users/pepe, que ha escrito la función."
    work.create("saluda", NODE, Runtime="nodejs22.x", Handler="saluda.handler")
    work.aws_lambda.delete_function(FunctionName="saluda")
    assert holds("lambda-1") == "La función «saluda» se ha creado con nodejs22.x."
    work.marks()
    assert holds("lambda-2") == (
        "Un POST ha llegado a la URL de «user_lambda», y después se ha leído su registro, donde "
        'está lo que se envió: {"username": "pepe", "data": "10"}.'
    )
    work.s3.get_object(Bucket="si1p1", Key="users/pepe")
    assert holds("lambda-3") == "La función ha escrito users/pepe, y después se ha descargado."
    assert told("logs-1").startswith("Falta pedir los grupos, una vez ejecutada la función (describe_log_groups); los ")
    work.logs.describe_log_groups()
    streams = work.streams()
    assert told("logs-1") == "Falta pedir los mensajes de sus flujos (get_log_events)."
    work.messages(*streams)
    assert holds("logs-1") == (
        f"Se han pedido los grupos, los flujos de {GROUP} y los mensajes de cada uno (flujos: {len(streams)})."
    )
    work.aws_lambda.delete_function_url_config(FunctionName="user_lambda")
    work.aws_lambda.delete_function(FunctionName="user_lambda")
    for key in ("users/pepe", "src/user_rest.py"):
        work.s3.delete_object(Bucket="si1p1", Key=key)
    work.s3.delete_bucket(Bucket="si1p1")
    assert told("borrado-1") == NOTHING["borrado-1"]
    work.s3.create_bucket(Bucket="si1p1")
    work.s3.put_object(Bucket="si1p1", Key="users/pepe", Body=b"{}")
    work.create()
    hook = lab.ready_hooks() / "crear_bucket.sh"
    hook.write_text("#!/bin/sh\nawslocal s3 mb s3://si1p1\n")
    hook.chmod(0o755)
    lab.restart()
    work.s3.list_buckets()  # it is there, which does not show that anything has been lost
    assert told("borrado-1") == (
        "Se ha reiniciado LocalStack con la función «user_lambda» y el bucket «si1p1», pero nadie ha mirado qué queda."
    )
    with pytest.raises(ClientError):
        work.aws_lambda.get_function(FunctionName="user_lambda")
    assert holds("borrado-1") == (
        "Se ha reiniciado con la función «user_lambda» y el bucket «si1p1», y se ha mirado qué queda: GetFunction "
        "(ResourceNotFoundException). Al arrancar, un programa de ready.d ha vuelto a crear el bucket «si1p1»."
    )
    before = contents()
    assert before[0] == {"si1p1": []}
    order = SECTION * 2
    random.Random(18).shuffle(order)  # noqa: S311
    for question in order:
        verdict = practice.check(question)
        assert verdict.ok and (question == "lambda-3" or READERS in verdict.notes) and OUTSIDE not in verdict.notes
    assert contents() == before


def aws(*words):
    done = subprocess.run([PROGRAMS / "aws", *words], check=True, capture_output=True, text=True)
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout


@pytest.mark.slow
def test_the_whole_section_by_the_terminal(work, tmp_path):
    (tmp_path / "f.zip").write_bytes(archive({"user_lambda.py": (SOLVED.handlers / "user_lambda.py").read_text()}))
    (tmp_path / "node.zip").write_bytes(archive(NODE))

    def create(name, runtime, handler, file):
        aws(
            "lambda", "create-function", "--function-name", name, "--runtime", runtime, "--handler", handler,
            "--role", ROLE, "--zip-file", f"fileb://{tmp_path / file}",
        )  # fmt: skip
        aws("lambda", "wait", "function-active-v2", "--function-name", name)

    create("user_lambda", "python3.9", "user_lambda.handler", "f.zip")
    named = ("--function-name", "user_lambda")
    url = aws("lambda", "create-function-url-config", *named, "--auth-type", "NONE")["FunctionUrl"]
    headers = ("-H", "Content-Type: application/json")
    subprocess.run(["curl", "-fsS", "-X", "POST", url, *headers, "-d", json.dumps(PEPE)], check=True)
    aws("s3", "cp", "s3://si1p1/users/pepe", str(tmp_path / "pepe.json"))
    work.marks()
    (stream,) = (
        one["logStreamName"] for one in aws("logs", "describe-log-streams", "--log-group-name", GROUP)["logStreams"]
    )
    aws("logs", "describe-log-groups")
    aws("logs", "get-log-events", "--log-group-name", GROUP, "--log-stream-name", stream)
    create("otra", "nodejs24.x", "saluda.handler", "node.zip")
    aws("lambda", "delete-function-url-config", *named)
    subprocess.run([PROGRAMS / "si1p1", "restart"], check=True, capture_output=True)
    aws("s3", "ls")
    texts = [holds(question) for question in SECTION]
    assert texts[0] == "La función «otra» se ha creado con nodejs24.x."
    assert texts[1] == "Un POST ha llegado a la URL de «user_lambda», y después se ha leído su registro."
    assert texts[-1].endswith("y el bucket «si1p1», y se ha mirado qué queda: ListBuckets.")


def test_javascript_in_other_ways(work):
    with pytest.raises(ClientError):
        work.create("saluda", NODE, Runtime="javascript")
    assert told("lambda-1") == f"{NOTHING['lambda-1']} AWS ha rechazado javascript: InvalidParameterValueException."
    work.create("saluda", NODE, Handler="saluda.handler")  # python3.13
    assert told("lambda-1").startswith(NOTHING["lambda-1"])
    work.aws_lambda.update_function_configuration(FunctionName="saluda", Runtime="nodejs14.x")
    assert holds("lambda-1") == "La función «saluda» se ha creado con nodejs14.x."
    assert practice.check("lambda-1").notes[0].startswith("AWS mantiene nodejs22.x y nodejs24.x; con nodejs14.x")
    work.aws_lambda.delete_function(FunctionName="saluda")
    work.create("hola", NODE, Runtime="nodejs20.x")
    assert holds("lambda-1") == "La función «hola» se ha creado con nodejs20.x."
    work.aws_lambda.delete_function(FunctionName="hola")


def test_the_function_is_not_the_practices(work):
    with pytest.raises(ClientError):
        work.create(Role="arn:aws:iam::00000000000:role/sil")  # as the handout's scan has it
    for question in ("lambda-2", "lambda-3", "logs-1"):
        assert told(question).startswith("La función «user_lambda» no se ha podido crear: ValidationException: 1 valid")
    work.create("lambda_user")
    for question in ("lambda-2", "lambda-3", "logs-1"):
        assert told(question).startswith("La función «user_lambda» no se ha podido crear")
    work.aws_lambda.delete_function(FunctionName="lambda_user")
    lab.open("lambda")
    work.create("lambda_user")
    assert told("lambda-2") == "No se ha creado la función «user_lambda»; se ha creado lambda_user."
    work.aws_lambda.delete_function(FunctionName="lambda_user")


def test_requests_that_are_not_right(work):
    work.create()
    assert told("lambda-2") == "La función «user_lambda» no tiene URL."
    url = work.give_url()
    work.aws_lambda.invoke(FunctionName="user_lambda", Payload=json.dumps(PEPE))
    assert told("lambda-2").startswith("«user_lambda» se ha ejecutado con Invoke y no por su URL")
    assert told("lambda-3").endswith("tal cual. [lambda-2]")
    assert work.send("GET") == 400
    assert told("lambda-2") == "A la URL solo ha llegado GET, y ningún POST."
    right, work.host = work.host, f"nada{work.host[4:]}"
    assert work.send(json=PEPE) == 403
    assert told("lambda-2") == "La respuesta al POST enviado a la URL ha sido 403."
    assert practice.check("lambda-2").look_at.startswith("Con 403, la dirección no es la de la función")
    work.host = right
    assert work.send(data="hola") == 400
    assert told("lambda-3") == "La respuesta al POST enviado a la URL ha sido 400. [lambda-2]"
    assert "JSON" in practice.check("lambda-2").look_at
    work.marks(3)  # read before any POST that is right
    assert work.send(json=PEPE) == 200
    assert told("lambda-2").endswith("pero después nadie ha leído el registro de la función.")
    work.marks(4)
    assert holds("lambda-2").startswith("Un POST ha llegado")
    assert url


SILENT = """
import boto3, json
def handler(event, context):
    body = json.loads(event["body"])
    boto3.client("s3").put_object(Bucket="BUCKET", Key="KEY".format(body["username"]), Body=event["body"])
    return {"statusCode": 200}
"""


def silent(bucket, key):
    return SILENT.replace("BUCKET", bucket).replace("KEY", key)


def replace_code(work, text):
    code = archive({"user_lambda.py": text})
    work.aws_lambda.update_function_code(FunctionName="user_lambda", ZipFile=code)
    work.aws_lambda.get_waiter("function_updated_v2").wait(FunctionName="user_lambda")


def test_functions_that_do_another_thing(work):
    work.create(code={"user_lambda.py": silent("nada", "users/{}")})
    work.give_url()
    assert work.send(json=PEPE) == 502
    assert practice.check("lambda-2").look_at.startswith("Con 502, la función ha fallado")
    replace_code(work, 'def handler(event, context): return {"statusCode": 200}')
    assert work.send(json=PEPE) == 200
    assert told("lambda-3") == "La función ha respondido, pero no ha escrito nada en si1p1."
    work.marks(2)
    assert told("lambda-2") == (
        "El registro de «user_lambda» se ha leído, pero el evento no está: la función no lo imprime."
    )
    replace_code(work, silent("si1p1", "user/{}/data.json"))
    assert work.send(json=PEPE) == 200
    assert told("lambda-3") == "La función ha escrito user/pepe/data.json, y no users/{username}."
    replace_code(work, silent("si1p1", "users/{}").replace("body =", "print(event['body']); body ="))
    assert work.send(json=PEPE) == 200
    assert told("lambda-3") == "Nadie ha descargado users/pepe, que ha escrito la función."
    work.marks(4)
    assert holds("lambda-2").endswith("y después se ha leído su registro.")


def test_the_function_has_no_bucket_to_write_in(unread):
    unread.s3.delete_object(Bucket="si1p1", Key="users/pepe")
    unread.s3.delete_object(Bucket="si1p1", Key="src/user_rest.py")
    unread.s3.delete_bucket(Bucket="si1p1")
    lab.open("lambda")
    unread.create(code={"user_lambda.py": OTHER.read_text("utf-8")})
    unread.give_url()
    unread.s3.delete_object(Bucket="si1p1", Key="src/user_rest.py")
    unread.s3.delete_bucket(Bucket="si1p1")
    unread.send(json=PEPE)
    assert told("lambda-3") == "La función ha intentado escribir users/pepe, y S3 ha respondido NoSuchBucket."
    unread.s3.create_bucket(Bucket="si1p1")
    assert unread.send(json=PEPE) == 200
    unread.s3.get_object(Bucket="si1p1", Key="users/pepe")
    assert holds("lambda-3") == "La función ha escrito users/pepe, y después se ha descargado."


def test_downloads_that_are_not_right(unread):
    s3 = unread.s3
    unread.s3.list_objects_v2(Bucket="si1p1", Prefix="users/")
    s3.get_object(Bucket="si1p1", Key="src/user_rest.py")
    assert told("lambda-3") == "Nadie ha descargado users/pepe, que ha escrito la función."
    with pytest.raises(ClientError):
        s3.download_file("si1p1", "users/pepe.json", os.devnull)
    assert told("lambda-3") == "Se ha pedido users/pepe.json de si1p1, que no existe; la función ha escrito users/pepe."
    s3.put_object(Bucket="si1p1", Key="users/pepe", Body=b"a mano")
    s3.get_object(Bucket="si1p1", Key="users/pepe")
    assert told("lambda-3").startswith("Lo que se ha descargado de users/pepe no lo había escrito la función")
    assert unread.send(json=PEPE) == 200
    requests.get(s3.generate_presigned_url("get_object", {"Bucket": "si1p1", "Key": "users/pepe"}), timeout=9)
    verdict = practice.check("lambda-3")
    assert verdict.ok and OUTSIDE in verdict.notes  # not from a cell: requests has no origin


def test_logs_that_are_not_right_and_by_arn(unread):
    work = unread
    lab.open("lambda")
    work.logs.describe_log_groups()  # nothing has run: what it shows is not of the function
    work.create("saluda", NODE, Runtime="nodejs22.x", Handler="saluda.handler")
    work.create()
    work.give_url()
    work.send(json=PEPE)
    work.marks()
    work.logs.describe_log_streams(logGroupName="/aws/lambda/user_lambda")
    assert told("logs-1") == (
        "Falta pedir los grupos, una vez ejecutada la función (describe_log_groups); los mensajes de sus flujos "
        "(get_log_events)."
    )
    work.logs.describe_log_groups()
    arn = work.aws_lambda.get_function(FunctionName="user_lambda")["Configuration"]["FunctionArn"]
    replace_code(work, OTHER.read_text("utf-8"))
    work.aws_lambda.invoke(FunctionName=arn, Payload=json.dumps({"body": json.dumps({"username": "tete"})}))
    first, second = lab.wait_until(work.streams, ready=lambda streams: len(streams) == 2)
    work.messages(first)
    assert told("logs-1") == f"Falta leer los mensajes de {second}."
    group = work.logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
    work.logs.get_log_events(logGroupIdentifier=group, logStreamName=second)
    assert holds("logs-1").endswith("(flujos: 2).")
    work.s3.get_object(Bucket="si1p1", Key="users/tete")
    assert holds("lambda-3") == "La función ha escrito users/tete, y después se ha descargado."
    work.aws_lambda.delete_function(FunctionName="saluda")


@pytest.mark.slow
def test_restarts_that_show_nothing(work):
    work.s3.delete_object(Bucket="si1p1", Key="src/user_rest.py")
    work.s3.delete_bucket(Bucket="si1p1")
    lab.restart()
    work.s3.list_buckets()
    assert told("borrado-1") == "Al reiniciar LocalStack no quedaba nada que perder: ni la función ni el bucket."
    work.create()
    lab.restart()
    work.create()
    work.aws_lambda.list_functions()
    assert told("borrado-1") == (
        "Se ha reiniciado LocalStack con la función «user_lambda», pero antes de volver a crear la función "
        "«user_lambda» nadie ha mirado qué queda."
    )
    lab.restart()
    lab.open("api_gateway")  # which creates it again, and the student does not
    work.aws_lambda.list_functions()
    assert practice.check("borrado-1").ok is False


@pytest.mark.slow
def test_a_restart_seen_by_the_functions_url(unread):
    lab.restart()
    assert unread.send(json=PEPE) == 403
    verdict = practice.check("borrado-1")
    assert verdict.text.endswith("y se ha mirado qué queda: POST.") and OUTSIDE not in verdict.notes


def test_after_localstack_has_died_what_was_done_before_does_not_count(unread, cloud):
    unread.create("saluda", NODE, Runtime="nodejs22.x", Handler="saluda.handler")
    unread.s3.get_object(Bucket="si1p1", Key="users/pepe")
    os.kill(cloud.status().pid, signal.SIGKILL)
    assert {told(question) for question in SECTION} == {DIED}
    cloud.start()
    unread.s3.list_buckets()
    assert {question: told(question) for question in SECTION} == NOTHING | {
        "borrado-1": "LocalStack terminó por sí solo, y no por un reinicio; lo anterior no cuenta."
    }


def test_an_adopted_localstack_tells_only_what_it_holds(unread, monkeypatch):
    adopted = Emulator(unread.cloud.folder / "ajeno", unread.cloud.port, unread.cloud.url)
    monkeypatch.setattr("helpers.emulator.instance.from_environment", lambda: adopted)
    assert [practice.check(question).ok for question in SECTION] == [None] * 5
    unread.create("saluda", NODE, Runtime="nodejs22.x", Handler="saluda.handler")
    assert practice.check("lambda-1").ok
    unread.aws_lambda.delete_function(FunctionName="saluda")


def test_what_was_typed_or_made_outside_the_notebook_is_noted(unread, monkeypatch):
    typed = f'url = "http://{unread.host}/"'
    monkeypatch.setattr("helpers.practice.checks.evidence.get_ipython", lambda: Shell(typed))
    monkeypatch.setattr("helpers.own_calls.ORIGIN", "otro")
    unread.marks()
    verdict = practice.check("lambda-2")
    assert verdict.ok and verdict.notes == (OUTSIDE, TYPED.format(unread.host.partition(".")[0]), READERS)


class Shell:
    def __init__(self, cell):
        self.user_ns = {"In": [cell]}
