"""Each kind of error, and the sentence that explains it: no kernel and no cloud, which `test_cell_errors.py` has."""

import json
import re
from pathlib import Path

import pytest
import requests
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as aws

from helpers import workbook
from helpers.emulator.process import Emulator, State, Status
from helpers.errors import CheckpointError, WaitError
from helpers.session import explain
from helpers.workbook import SOLVED

URL = "http://localhost:4566"
CONTEXT = explain.Context("lambda", "sesión", 1000)
FIRST = 'la primera celda, lab.open("lambda")'
AGAIN = f"jecuta {FIRST}, y después las demás hasta esta (menú Run > Run All Above Selected Cell)."
FROM_HERE = f"Ejecuta {FIRST}, que lo arranca y deja la nube al principio de la sección, y sigue desde ahí."


@pytest.fixture
def localstack(monkeypatch):
    """Return what puts LocalStack in a state; it runs, in the session of the opened section, until it is called."""

    def become(state, session_id=None, endpoint=None):
        emulator = Emulator(Path(), 4566, endpoint)
        emulator.status = lambda: Status(state, emulator.url, session_id=session_id)
        monkeypatch.setattr(explain.instance, "from_environment", lambda: emulator)

    become(State.RUNNING, "sesión")
    return become


@pytest.fixture(autouse=True)
def cloud_without_functions(monkeypatch, localstack):
    in_the_cloud(monkeypatch, {})
    monkeypatch.setattr(explain, "LOG_TIMEOUT_S", 0)
    monkeypatch.setattr(workbook, "_current", SOLVED)


class Cloud:
    """What boto3's clients answer of some functions: {name: events of its log}."""

    def __init__(self, logs):
        self.logs = logs

    def list_functions(self):
        return {"Functions": [{"FunctionName": name} for name in self.logs]}

    def describe_log_groups(self, logGroupNamePrefix):
        names = [f"/aws/lambda/{name}" for name in self.logs]
        return {"logGroups": [{"logGroupName": name} for name in names if name.startswith(logGroupNamePrefix)]}

    def filter_log_events(self, logGroupName, startTime):
        events = self.logs[logGroupName.removeprefix("/aws/lambda/")]
        return {"events": [{"timestamp": at, "message": said} for at, said in events if at >= startTime]}


def in_the_cloud(monkeypatch, logs):
    monkeypatch.setattr(explain.boto3, "client", lambda service: Cloud(logs))


def explained(error, **changes):
    """Return the sentences that explain an error; None if there are none."""
    text = explain.explain(error, explain.Context(**(vars(CONTEXT) | changes)))
    return text if text is None else re.split(r"(?<=\.) (?=[A-ZÁÉÍÓÚ])", text)


def refusal(code, message="", operation="Operation", **details):
    return aws.ClientError({"Error": {"Code": code, "Message": message, **details}}, operation)


def no_answer(url=f"{URL}/"):
    return aws.EndpointConnectionError(endpoint_url=url)


def name(value):
    """Return what a case is called: AWS's code, or the error's type."""
    if isinstance(value, aws.ClientError):
        return value.response["Error"]["Code"]
    return type(value).__name__ if isinstance(value, BaseException) else None


def not_json(text):
    """Return the error of reading a text as JSON."""
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    return caught.value


# LocalStack


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State.STOPPED, f"LocalStack está parado: en {URL} no responde nadie."),
        (State.STARTING, "LocalStack todavía está arrancando."),
        (State.OCCUPIED, "LocalStack está parado, y su puerto, el 4566, lo tiene otro programa."),
        (State.OTHERS, f"LocalStack está parado: en {URL} no responde nadie."),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        no_answer(),
        aws.ReadTimeoutError(endpoint_url=f"{URL}/si1p1"),
        aws.HTTPClientError(error="x"),
        requests.ConnectionError(request=requests.Request("GET", f"{URL}/x").prepare()),
        requests.Timeout(),
        # What a cell raises when a command of the terminal got no answer.
        AssertionError(),
        FileNotFoundError(2, "No such file", "x"),
        KeyError("x"),
        TypeError(),
        json.JSONDecodeError("x", "", 0),
        requests.HTTPError(),
        WaitError(),
    ],
    ids=name,
)
def test_localstack_is_not_there(localstack, state, sentence, error):
    localstack(state)
    assert explained(error) == [sentence, FROM_HERE]


def test_localstack_cut_a_request_short(localstack):
    busy = f"LocalStack está en marcha en {URL}, pero no ha respondido a tiempo o ha cortado esta petición."
    assert explained(no_answer()) == [busy, f"Repite esta celda; si se repite el error, ejecuta {FIRST}."]
    localstack(State.ADOPTED, "sesión")
    assert explained(no_answer())[0] == busy


RESTARTED = (
    "LocalStack se ha reiniciado desde que se abrió la sección: lo que había en la nube ya no está, y los "
    "identificadores guardados en variables no sirven."
)


def test_localstack_was_started_again(localstack):
    localstack(State.RUNNING, "otra")
    assert explained(no_answer()) == [RESTARTED, f"E{AGAIN}"]
    for code in explain.MISSING:
        assert explained(refusal(code, "No  está.\n")) == [RESTARTED, f"E{AGAIN}", "AWS ha respondido: No está."], code
    assert explained(refusal("NoSuchKey", "")) == [RESTARTED, f"E{AGAIN}"]


def test_somebody_elses_localstack_is_not_there(localstack):
    address = "http://localhost:5000"
    localstack(State.STOPPED, endpoint=address)
    assert explained(no_answer(address)) == [
        f"En {address}, la dirección de AWS_ENDPOINT_URL, no responde ningún LocalStack.",
        f"Arráncalo allí y ejecuta {FIRST}.",
        "Para usar el de este cuaderno, borra esa variable y vuelve a abrirlo con «si1p1 lab».",
    ]
    assert explained(KeyError("x")) is None  # it is not ours to start
    localstack(State.ADOPTED, "sesión", endpoint=address)
    assert explained(no_answer(address))[0].startswith(f"LocalStack está en marcha en {address}, pero no ha")


@pytest.mark.parametrize("state", [State.RUNNING, State.STOPPED])
def test_the_address_is_not_localstacks(localstack, state):
    localstack(state, "sesión")
    request = requests.Request("GET", "http://localhost:4567/user?x=1").prepare()
    for error in (no_answer("http://localhost:4567/user"), requests.ConnectionError(request=request)):
        assert explained(error) == [
            "No se ha podido conectar con http://localhost:4567.",
            f"LocalStack está en {URL}: revisa la dirección y repite esta celda.",
            "A una URL de función, que acaba en .localhost, se llama desde Python enviando la petición a LocalStack, "
            "con el nombre en la cabecera Host (sección 4).",
        ]


# AWS


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (refusal("NoSuchBucket", "The bucket.", BucketName="otro"), "No existe el bucket «otro»."),
        (refusal("NoSuchKey", "The key.", Key="nada"), "No existe el objeto «nada»."),
        (refusal("404", "Not Found"), "No existe ese objeto, o no existe su bucket."),
        (
            refusal("ResourceNotFoundException", "Function not found: x"),
            "AWS no encuentra lo que se le pide (Function not found: x).",
        ),
        (
            refusal("NotFoundException", "Invalid Rest API Id specified."),
            "AWS no encuentra lo que se le pide (Invalid Rest API Id specified).",
        ),
        (
            aws.WaiterError("x", "y", refusal("ResourceNotFoundException", "Function not found: x").response),
            "AWS no encuentra lo que se le pide (Function not found: x).",
        ),
    ],
    ids=name,
)
def test_what_is_missing(error, sentence):
    advice = f"Revisa el nombre; si está bien, falta ejecutar una celda anterior: e{AGAIN}"
    assert explained(error) == [sentence, advice]


def test_a_missing_bucket_of_an_upload():
    def upload():
        try:
            raise refusal("NoSuchBucket", "The bucket.", BucketName="otro")
        except aws.ClientError as error:
            raise S3UploadFailedError("Failed") from error

    with pytest.raises(S3UploadFailedError) as caught:
        upload()
    assert explained(caught.value)[0] == "No existe el bucket «otro»."
    assert explained(S3UploadFailedError("Failed")) is None


def test_a_missing_log_group():
    error = refusal("ResourceNotFoundException", "The specified log group does not exist.")
    assert explained(error) == [
        "Ese grupo de registro no existe.",
        "Lambda lo crea la primera vez que la función se ejecuta: llama a la función y repite esta celda, o revisa el "
        "nombre, que es /aws/lambda/ y el de la función.",
    ]


def test_every_code_of_what_is_missing_has_a_case():
    assert {"NoSuchBucket", "NoSuchKey", "404", "ResourceNotFoundException", "NotFoundException"} == explain.MISSING


@pytest.mark.parametrize(
    "code",
    [
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "ConflictException",
        "ResourceAlreadyExistsException",
        "ResourceConflictException",
        "ResourceInUseException",
    ],
)
def test_what_is_already_there(code):
    end = f"Para volver a empezar la sección, ejecuta {FIRST}."
    assert explained(refusal(code, "Table already exists: si1p1")) == [
        "Ya existe, y AWS no lo crea otra vez (Table already exists: si1p1).",
        "Seguramente esta celda ya se ha ejecutado: sigue con la siguiente.",
        end,
    ]
    sentence, advice, last = explained(refusal(code, "Function exists.", "CreateFunction"))
    assert sentence == "Ya existe, y AWS no lo crea otra vez (Function exists)." and last == end
    assert "borra antes la función, con aws_lambda.delete_function(FunctionName=…), y repite esta celda" in advice
    assert code in explain.EXISTING


def test_a_function_that_is_being_prepared():
    message = (
        "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    )
    assert explained(refusal("ResourceConflictException", message)) == [
        "La función todavía se está preparando (Pending).",
        'Espera a que esté activa, con aws_lambda.get_waiter("function_active_v2").wait(FunctionName=…), y repite '
        "esta celda.",
    ]


# The cell


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hola", "«hola» (línea 1, columna 1)"),
        ('{"a": 1,\n  b}', '«{"a": 1,\n  b}» (línea 2, columna 3)'),
        ("  \n", "un texto vacío"),
        ("x" * 60, f"«{'x' * 60}» (línea 1, columna 1)"),
        ("x" * 61, f"«{'x' * 60}…» (línea 1, columna 1)"),
    ],
)
def test_what_is_not_json(text, found):
    assert explained(not_json(text)) == [
        f"Se esperaba JSON y se ha encontrado {found}.",
        "Si es la respuesta a una petición, mira antes respuesta.status_code y respuesta.text; si lo has escrito tú, "
        'los nombres y los textos van entre comillas dobles, como {"email": "pipo@ss.com"}.',
        "Corrígelo y repite esta celda.",
    ]


def test_a_name_that_nobody_has_defined():
    assert explained(NameError("name 'endpoint' is not defined", name="endpoint")) == [
        "Nadie ha definido el nombre «endpoint»: falta ejecutar una celda anterior (menú Run > Run All Above Selected "
        "Cell), o está mal escrito.",
        "Después, repite esta celda.",
    ]
    assert explained(NameError("x")) is None


def test_a_file_that_is_not_there():
    error = FileNotFoundError(2, "No such file or directory", "build/nada.zip")
    advice = "Revisa el nombre; si está bien, falta la celda que lo escribe, o ha fallado."
    assert explained(error) == ["No existe el archivo «build/nada.zip».", advice, f"E{AGAIN}"]
    assert explained(error, section="") is None and explained(FileNotFoundError("x")) is None


def test_a_check_that_is_not_met():
    assert explained(AssertionError()) == [
        "La comprobación de esta celda no se cumple.",
        "Si no la has cambiado, lo más frecuente es que una celda anterior no se haya ejecutado, o lo haya hecho dos "
        "veces.",
        f"E{AGAIN}",
    ]
    assert explained(AssertionError(), section="") is None


# A function


START = "START RequestId: 7e9672a6 Version: $LATEST\n"
PYTHON = (
    "[ERROR] ZeroDivisionError: division by zero\rTraceback (most recent call last):\r"
    '\xa0\xa0File "/tmp/x/user_lambda.py", line 3, in handler\r    return 1 / 0\r'
)
NODE = '2026-11-24T22:32:20.900Z\t7e9672a6\tERROR\tInvoke Error \t{"errorType":"TypeError","errorMessage":"nada"}'
EXIT = "RequestId: 7e9672a6 Error: Runtime exited with error: exit status 3\nRuntime.ExitError"
BUCKET = "[ERROR] NoSuchBucket: An error occurred (NoSuchBucket): The specified bucket does not exist.\rTraceback"
TIMEOUT = "2026-11-24T22:32:20.900Z 7e9672a6 Task timed out after 3.00 seconds\n\n"


@pytest.mark.parametrize(
    "error", [KeyError("x"), AssertionError(), not_json(""), requests.HTTPError(), WaitError("x")], ids=name
)
@pytest.mark.parametrize(
    ("said", "sentences"),
    [
        (PYTHON, "La función «user_lambda» ha fallado: ZeroDivisionError: division by zero."),
        (NODE, "La función «user_lambda» ha fallado: TypeError: nada."),
        (EXIT, "La función «user_lambda» ha fallado: Runtime exited with error: exit status 3."),
        (
            TIMEOUT,
            "La función «user_lambda» no ha terminado en el tiempo que tiene, 3 s, y Lambda la ha parado.",
        ),
        (
            BUCKET,
            "La función «user_lambda» no encuentra en la nube lo que usa: NoSuchBucket: An error occurred "
            "(NoSuchBucket): The specified bucket does not exist.",
        ),
    ],
    ids=["Python", "Node.js", "exit", "time-out", "missing"],
)
def test_a_function_failed(monkeypatch, said, sentences, error):
    in_the_cloud(monkeypatch, {"otra": [(2000, "hola")], "user_lambda": [(2000, START), (2001, said)]})
    assert " ".join(explained(error)).startswith(f"{sentences} ")
    # The failure of an invocation before the cell, a section that is not open and a cloud without functions.
    assert "user_lambda" not in str(explained(error, began_ms=2002))
    assert "user_lambda" not in str(explained(error, section=""))


def test_a_failed_function_says_how_to_mend_it_and_the_end_of_its_log(monkeypatch):
    log = [(2000, START), (2001, "uno\n"), (2002, "x" * 161), (2003, PYTHON), (2004, "END RequestId: 7e9672a6\n")]
    in_the_cloud(monkeypatch, {"user_lambda": log})
    text, *lines = explain.explain(KeyError("x"), CONTEXT).split("\n")
    mended = f"Corrige su código, en handlers/user_lambda.py. Para usarlo, e{AGAIN} Lo último de su registro:"
    assert text == f"La función «user_lambda» ha fallado: ZeroDivisionError: division by zero. {mended}"
    assert lines == [
        "    [ERROR] ZeroDivisionError: division by zero",
        "    Traceback (most recent call last):",
        '    \xa0\xa0File "user_lambda.py", line 3, in handler',
        "        return 1 / 0",
    ]
    in_the_cloud(monkeypatch, {"de_nadie": [*log[:3], (2003, EXIT)]})
    text, *lines = explain.explain(KeyError("x"), CONTEXT).split("\n")
    assert "Corrige su código, bórrala con aws_lambda.delete_function(FunctionName=…) y ejecuta otra vez" in text
    assert lines == ["    uno", f"    {'x' * 160}…", *(f"    {line}" for line in EXIT.splitlines())]


def test_a_function_that_was_stopped_says_how_to_give_it_more_time(monkeypatch):
    in_the_cloud(monkeypatch, {"de_nadie": [(2000, START), (2001, "x" * 160), (2002, TIMEOUT)]})
    text, *lines = explain.explain(KeyError("x"), CONTEXT).split("\n")
    assert 'aws_lambda.update_function_configuration(FunctionName="de_nadie", Timeout=30), y repite esta celda' in text
    assert lines == [f"    {'x' * 160}", f"    {TIMEOUT.strip()}"]


def test_of_several_functions_the_last_that_failed(monkeypatch):
    logs = {"a": [(2005, EXIT)], "b": [(2000, NODE), (2006, PYTHON)], "c": [(2001, TIMEOUT)]}
    in_the_cloud(monkeypatch, logs)
    assert explained(KeyError("x"))[0] == "La función «b» ha fallado: ZeroDivisionError: division by zero."


def test_what_only_looks_like_a_failure_is_none(monkeypatch):
    in_the_cloud(monkeypatch, {"user_lambda": [(2000, "hubo un [ERROR] ayer"), (2001, "[WARNING] Error: nada")]})
    assert explained(KeyError("x")) is None


@pytest.mark.parametrize("failure", [refusal("InternalError"), no_answer()], ids=name)
def test_logs_that_cannot_be_read_explain_nothing(monkeypatch, failure):
    def refuse(*_, **__):
        raise failure

    in_the_cloud(monkeypatch, {"user_lambda": [(2000, PYTHON)]})
    monkeypatch.setattr(Cloud, "filter_log_events", refuse)
    assert explained(KeyError("x")) is None


# Nothing to say


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError("division by zero"),
        SyntaxError("invalid syntax"),
        KeyboardInterrupt(),
        PermissionError(13, "Permission denied", "x"),
        KeyError("status"),
        IndexError("list index out of range"),
        TypeError("x"),
        ValueError("x"),
        requests.HTTPError("404"),
        WaitError("x"),
        CheckpointError("x"),
        refusal("AccessDenied", "Access Denied"),
        refusal("AccessDeniedException", "not authorized"),
        refusal("ValidationException", "One or more parameter values were invalid"),
        refusal("Throttling", "Rate exceeded: Pending"),
        aws.WaiterError("x", "Max attempts exceeded", {}),
        aws.ParamValidationError(report="x"),
        aws.NoCredentialsError(),
    ],
    ids=name,
)
@pytest.mark.parametrize("section", ["lambda", ""])
def test_an_error_that_says_it_better_itself_has_no_explanation(error, section):
    assert explained(error, section=section) is None
