"""What the answers state of this LocalStack, beside what their evidence shows: each statement, seen on a real one."""

import base64
import json
import re
import shutil
import subprocess
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError
from practice_table import TEN_TYPES
from raw_http import send
from rest_api import ECHO, RestApi, invocation

from helpers.emulator.probe import OWNER_PATH
from helpers.memoria.execute import execute
from helpers.practice import checkpoints
from helpers.practice.checks.aws_lambda import MAINTAINED
from helpers.workbook import SOLVED
from tests import practice_cloud


def test_a_function_url_takes_every_path_and_method(cloud):
    checkpoints.restore("api_gateway")
    made = boto3.client("lambda").create_function_url_config(FunctionName="user_lambda", AuthType="NONE")
    headers = [("Host", urlsplit(made["FunctionUrl"]).netloc), ("Content-Type", "application/json")]
    for method, path in (("POST", "/otra/ruta?x=1"), ("PUT", "/"), ("DELETE", "/user/pepe"), ("PATCH", "/a//b")):
        status, _, answer = send(cloud.port, method, path, headers, b'{"username": "tete"}')
        assert (status, json.loads(answer)["key"]) == (200, "users/tete"), (method, path)


def test_an_id_is_given_to_an_api_unless_a_tag_asks_for_one(cloud):
    client = boto3.client("apigateway")
    first, second = (client.create_rest_api(name="user_lambda")["id"] for _ in range(2))
    assert first != second and all(len(one) == 10 and one.isalnum() for one in (first, second))
    assert client.create_rest_api(name="user_lambda", tags={"_custom_id_": "elegido"})["id"] == "elegido"


def test_a_method_without_integration_is_deployed_only_beside_an_integrated_one_and_answers_500(cloud, function):
    api = RestApi(cloud)
    api.method("/user", "GET")
    with pytest.raises(ClientError, match="No integration defined for method"):
        api.deploy()
    api.proxy("/user", invocation(function(ECHO).name), "POST")
    api.deploy()
    assert [api.call("/user", method)[0] for method in ("POST", "GET")] == [200, 500]


def test_an_integration_takes_a_name_or_an_arn_and_an_event_has_no_version(cloud, function):
    made, api = function(ECHO), RestApi(cloud)
    arn = boto3.client("lambda").get_function(FunctionName=made.name)["Configuration"]["FunctionArn"]
    for path, named in (("/name", made.name), ("/arn", arn)):
        api.proxy(path, invocation(named), "POST")
    api.deploy()
    for path in ("/name", "/arn"):
        assert "version" not in api.event(path, "POST")  # the format of a function URL's and an HTTP API's has it


# How a name stands in an address -> the name, or None if it is refused.
IN_AN_ADDRESS = {
    "jos%C3%A9": "josé", "pepe@ss.com": "pepe@ss.com", "pepe%40ss.com": "pepe@ss.com", "a+b": "a+b", "a%2Bb": "a+b",
    "a%2fb": None, "%2e%2e": None, "..%2fpepe": None, "a%00b": None, "%ff": None, "%2561": None, "a%20b": None,
}  # fmt: skip


@pytest.fixture
def call(cloud):
    """Return a function that sends a request to a way in of `practice_cloud`; it returns (status, JSON answered)."""
    doors = practice_cloud.build()

    def call(door, name, body=b'{"email": "a@b.es"}'):
        prefix, method, _ = doors[door]
        status, _, text = send(cloud.port, method, prefix + name, [("Host", "localhost")], body)
        return status, json.loads(text)

    return call


def test_what_the_functions_of_an_api_read_store_and_refuse(call):
    store, put, get = "API to S3", "API to DynamoDB, POST", "API to DynamoDB, GET"
    objects, items = practice_cloud.stored_objects().keys(), {}
    for name, username in IN_AN_ADDRESS.items():
        if username is None:
            assert [call(door, name)[0] for door in (store, put)] == [400] * 2, name
        else:
            key, items[username] = f"user/{username}/data.json", {"User": username, "Email": "a@b.es"}
            assert call(store, name) == (200, {"status": "OK", "key": key})
            assert call(put, name) == (200, {"status": "OK", "item": items[username]})
            assert call(get, name) == (200, items[username])
            objects |= {key}
    assert call(put, "user2", b'{"email": mimail@dominio.es}')[0] == 400  # the handout's, without quotes
    assert practice_cloud.stored_objects().keys() == objects and practice_cloud.stored_items() == items

    attributes = {kind: {kind: stored} for kind, (stored, _) in TEN_TYPES.items()}
    boto3.client("dynamodb").put_item(TableName="si1p1", Item={"User": {"S": "tipos"}} | attributes)
    said = {kind: answer for kind, (_, answer) in TEN_TYPES.items()}
    assert call(get, "tipos") == (200, {"User": "tipos"} | said)


def shown(notebook, *ids):
    """Return the text that each of those cells showed."""
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    return ["".join(one.get("text") or one["data"]["text/plain"] for one in outputs[name]) for name in ids]


@pytest.mark.slow
def test_what_the_cells_of_sections_5_and_6_show_for_their_answers(cloud):
    fifth, sixth = (execute(next(SOLVED.notebooks.glob(f"{number}_*.ipynb"))) for number in ("05", "06"))
    for question in ("api-1", "rutas-1"):
        sentence, verdict = shown(fifth, f"{question}-evidencia", f"{question}-comprobacion")
        (made,) = re.findall(r": su identificador es (\w{10})$", sentence, re.MULTILINE)
        assert f"tiene el identificador {made}" in verdict
    opened_fifth, names = shown(fifth, "abrir", "nombres")
    assert "user_lambda (Lambda)" in opened_fifth and "Sección: 5. API Gateway" in opened_fifth
    assert names.count("200 OK") == 2 and names.count("400 BAD REQUEST") == 1
    (integration,) = (cell for cell in fifth.cells if cell.id == "integracion-2-una")
    (table,) = (one.data["text/html"] for one in integration.outputs if "text/html" in one.get("data", {}))
    assert re.search(r":lambda:path/[^<]*/user_lambda/invocations<", table)  # the address ends so, not in the name
    opened, refused, after, found = shown(
        sixth, "abrir", "peticion-mal", "peticion-mal-tabla", "lambda-dynamo-2-evidencia"
    )
    assert "user_lambda (API Gateway)" in opened and "Sección: 6. DynamoDB" in opened
    assert "400" in refused and "pipo" in after and "user2" not in after and "user2" in found


@pytest.mark.slow
def test_what_the_cells_of_sections_2_and_4_show_for_what_they_say(cloud):
    second, fourth = (execute(next(SOLVED.notebooks.glob(f"{number}_*.ipynb"))) for number in ("02", "04"))
    compared, with_address = shown(second, "awslocal-comparar", "awslocal-direccion")
    of_aws, of_awslocal = compared.split()
    assert urlsplit(of_aws).hostname == "si1p1.s3.amazonaws.com"
    assert of_awslocal == with_address.strip() == "http://localhost:4566/si1p1/clave"
    runtimes, answer = shown(fourth, "lambda-1-evidencia", "lambda-1-invocar")
    assert tuple(re.findall(r"nodejs\S+", runtimes)) == MAINTAINED and runtimes.count("True") == len(MAINTAINED)
    if node := shutil.which("node"):
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        assert f'"node":"{version}"' in answer  # and not the one that the runtime's name says
    sent, received = shown(fourth, "lambda-2-formulario", "lambda-2-base64")
    assert json.loads(sent) == {"status": "OK", "key": "users/pepe"}
    assert "application/x-www-form-urlencoded" in received and "True" in received
    (body,) = re.findall(r"\b[\w+/]{20,}==", received)
    assert json.loads(base64.b64decode(body)) == {"username": "pepe", "data": "10"}
    with pytest.raises(ValueError):  # what a function that does not look at isBase64Encoded would meet
        json.loads(body)
    log, hours, events = shown(fourth, "log-localstack", "log-horas", "log-eventos")
    assert OWNER_PATH not in log and len(set(hours.split())) == 1 and len(hours.split()) == 2
    assert "Nivel" not in events and max(len(line) for line in events.splitlines()) < 120
