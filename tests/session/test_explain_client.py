"""What boto3 and requests refuse before sending anything, by their own errors: no kernel and no cloud."""

import boto3
import pytest
import requests
from botocore import exceptions as aws
from explained import CONTEXT, explained, put_localstack

from helpers.emulator.process import State
from helpers.session import explain

REPEAT = "Corrígelo y repite esta celda."
ROLE = "arn:aws:iam::000000000000:role/si1"


@pytest.fixture(autouse=True)
def localstack(monkeypatch):
    put_localstack(monkeypatch, State.RUNNING, "sesión")


@pytest.fixture(scope="module")
def client():
    """Return what makes boto3's clients; nothing is sent to the address."""
    return lambda service, **options: boto3.client(service, endpoint_url="http://localhost:1", **options)


def error_of(call):
    """Return the error that a call raises."""
    with pytest.raises(Exception) as caught:
        call()
    return caught.value


ITEM = {"TableName": "si1p1"}
PARAMETERS = {
    "missing": (
        "lambda",
        lambda one: one.create_function(FunctionName="x"),
        ["Falta el parámetro «Role», que es obligatorio.", "Falta el parámetro «Code», que es obligatorio."],
    ),
    "mistyped": (
        "lambda",
        lambda one: one.create_function(FunctionName="x", Role=ROLE, Code={}, TimeOut=3),
        ["«TimeOut» no es un parámetro de esta llamada: ¿quizá «Timeout»?"],
    ),
    "of another type": (
        "lambda",
        lambda one: one.create_function(FunctionName="x", Role=ROLE, Code={}, Timeout="3"),
        ["El parámetro «Timeout» vale 3, que es str, y se esperaba int."],
    ),
    "a dictionary for bytes": (
        "lambda",
        lambda one: one.invoke(FunctionName="x", Payload={"a": 1}),
        [
            "El parámetro «Payload» vale {'a': 1}, que es dict, y se esperaba bytes o bytearray: conviértelo con "
            "json.dumps(…).encode()."
        ],
    ),
    "nothing": (
        "apigateway",
        lambda one: one.get_resources(restApiId=None),
        [
            "El parámetro «restApiId» vale None, que es NoneType, y se esperaba str: la variable está vacía, o "
            "la celda "
            "que le da valor no se ha ejecutado."
        ],
    ),
    "an item without its type": (
        "dynamodb",
        lambda one: one.put_item(**ITEM, Item={"User": "pipo"}),
        [
            "El parámetro «Item.User» vale pipo, que es str, y se esperaba dict: DynamoDB quiere el tipo con el valor, "
            'como {"S": "pipo"}.'
        ],
    ),
    "a number that is not text": (
        "dynamodb",
        lambda one: one.put_item(**ITEM, Item={"n": {"N": 3}}),
        [
            "El parámetro «Item.n.N» vale 3, que es int, y se esperaba str: en DynamoDB los números se escriben como "
            'texto, {"N": "3"}.'
        ],
    ),
    "a type that is not there": (
        "dynamodb",
        lambda one: one.put_item(**ITEM, Item={"User": {"X": "x"}}),
        ["«X» no es un parámetro de esta llamada (dentro de «Item.User»)."],
    ),
    "too short": (
        "s3",
        lambda one: one.put_object(Bucket="si1p1", Key=""),
        ["El parámetro «Key» es demasiado corto o pequeño (0): se esperaba al menos 1."],
    ),
    "no bucket's name": (
        "s3",
        lambda one: one.put_object(Bucket="s3://si1p1", Key="x"),
        [
            "«s3://si1p1» no es el nombre de un bucket: se espera el nombre solo, sin s3:// ni carpetas, con "
            "minúsculas, "
            "cifras, puntos y guiones."
        ],
    ),
}


@pytest.mark.parametrize(("service", "call", "sentences"), PARAMETERS.values(), ids=PARAMETERS)
def test_a_parameter_that_boto3_refuses(client, service, call, sentences):
    error = error_of(lambda: call(client(service)))
    assert isinstance(error, aws.ParamValidationError)
    assert explained(error) == [*sentences, REPEAT]
    words = explain.explain(error, CONTEXT).split("\n")[1]
    assert words.startswith("boto3 dice: Parameter validation failed: ")


OTHERS = {
    "method": (
        lambda client: client("lambda").create_funtion(),
        "El cliente de boto3 para lambda no tiene ningún método «create_funtion»: ¿quizá «create_function»?",
    ),
    "service": (
        lambda client: client("lamda"),
        "boto3 no conoce ningún servicio «lamda»: ¿quizá «lambda»?",
    ),
    "waiter": (
        lambda client: client("lambda").get_waiter("function_activ"),
        "El cliente no sabe esperar a «function_activ».",
    ),
    "endpoint": (
        lambda _: boto3.client("s3", endpoint_url="localhost:4566"),
        "La dirección «localhost:4566» no está completa.",
    ),
    "region": (
        lambda client: client("s3", region_name="x y"),
        "El nombre de la región no está bien escrito: se esperaba uno como us-east-1.",
    ),
    "schema": (
        lambda _: requests.get("localhost:4566/user", timeout=1),
        "La dirección no está completa: empieza por http:// y sigue con la máquina y el puerto, como "
        'http://localhost:4566; la de LocalStack está en os.environ["AWS_ENDPOINT_URL"].',
    ),
    "no schema": (
        lambda _: requests.get("/user", timeout=1),
        "La dirección no está completa: empieza por http:// y sigue con la máquina y el puerto, como "
        'http://localhost:4566; la de LocalStack está en os.environ["AWS_ENDPOINT_URL"].',
    ),
}


@pytest.mark.parametrize(("call", "sentence"), OTHERS.values(), ids=OTHERS)
def test_a_name_or_an_address_that_is_not_one(client, call, sentence):
    assert explained(error_of(lambda: call(client)))[0] == sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (aws.NoCredentialsError(), "boto3 no encuentra credenciales: las de prueba las pone la primera celda, "
                                   "lab.open(…)."),
        (aws.NoRegionError(), "boto3 no sabe qué región usar: la pone la primera celda, lab.open(…)."),
        (
            aws.WaiterError("FunctionActiveV2", "Max attempts exceeded", {"Configuration": {}}),
            "Se ha acabado el tiempo de esperar sin que llegue el estado que se espera.",
        ),
        (aws.BotoCoreError(), "boto3 no ha podido hacer esta llamada."),
    ],
)  # fmt: skip
def test_boto3s_other_errors(error, sentence):
    text, words = explain.explain(error, CONTEXT).split("\n")
    assert text.startswith(sentence)
    assert words == f"boto3 dice: {error}"


def test_a_page_that_raise_for_status_does_not_like():
    answer = requests.Response()
    answer.status_code, answer._content = 400, b'{"status": "KO"}'
    text, body = explain.explain(error_of(answer.raise_for_status), CONTEXT).split("\n")
    assert text.startswith("La petición ha llegado y la respuesta es 400: el cuerpo dice por qué.")
    assert body == 'Cuerpo: {"status": "KO"}'


def test_other_attributes_and_values_are_pythons():
    assert explained(AttributeError("x", name="x", obj=object())) is None
    assert explained(KeyError("Waiter")) is None
