"""What is said of a function that fails, from the journal's entries and its log: no kernel and no cloud."""

import json

import pytest
import requests
from botocore import exceptions as aws
from explained import AGAIN, CONTEXT, explained, name, put_localstack, refusal, sentences

from helpers import own_calls, workbook
from helpers.emulator.journal import Entry, Kind
from helpers.emulator.process import State
from helpers.errors import WaitError
from helpers.session import explain, explain_functions
from helpers.session.context import Context
from helpers.workbook import SOLVED

ID = "7e9672a6"
START, END = f"START RequestId: {ID} Version: $LATEST\n", f"END RequestId: {ID}\n"
REPORT = f"REPORT RequestId: {ID}\tDuration: 1.00 ms\n"
PYTHON = (
    "[ERROR] ZeroDivisionError: division by zero\rTraceback (most recent call last):\r"
    '\xa0\xa0File "/var/task/user_lambda.py", line 3, in handler\r    return 1 / 0\r'
)
NODE = '2026-11-24T22:32:20.900Z\t7e9672a6\tERROR\tInvoke Error \t{"errorType":"TypeError","errorMessage":"nada"}'
EXIT = "RequestId: 7e9672a6 Error: Runtime exited with error: exit status 3\nRuntime.ExitError"
BUCKET = "[ERROR] NoSuchBucket: An error occurred (NoSuchBucket): The specified bucket does not exist.\rTraceback"
TIMEOUT = "2026-11-24T22:32:20.900Z 7e9672a6 Task timed out after 3.00 seconds\n\n"
SYNTAX = "[ERROR] Runtime.UserCodeSyntaxError: Syntax error in module 'f': '(' was never closed (f.py, line 1)\rTrace"
NO_MODULE = "[ERROR] Runtime.ImportModuleError: Unable to import module 'g': No module named 'g'\rTraceback"
NO_IMPORT = "[ERROR] Runtime.ImportModuleError: Unable to import module 'f': No module named 'numpy'\rTraceback"
NO_HANDLER = "[ERROR] Runtime.HandlerNotFound: Handler 'handle' missing on module 'f'\rTraceback"
BAD_HANDLER = "[ERROR] Runtime.MalformedHandlerName: Bad handler 'f': not enough values to unpack\rTraceback"
NOT_JSON = (
    "[ERROR] Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON serializable\rTraceback"
)


def an_invocation(*said, stream="uno", at=2000):
    """Return the events of an invocation that logged what is said."""
    messages = [START, *said, END, REPORT]
    return [
        {"timestamp": at + number, "message": message, "logStreamName": stream}
        for number, message in enumerate(messages)
    ]


class Cloud:
    """What boto3's clients answer of some functions: {name: events of its log}."""

    class exceptions:  # as boto3 calls it
        class ResourceNotFoundException(Exception):
            pass

        class NotFoundException(Exception):
            pass

    def get_stages(self, restApiId):
        if restApiId not in ("hay", "vacio"):
            raise self.exceptions.NotFoundException
        return {"item": [{"stageName": "dev"}] if restApiId == "hay" else []}

    def __init__(self, logs):
        self.logs = logs

    def get_function_configuration(self, FunctionName):
        if FunctionName not in self.logs:
            raise self.exceptions.ResourceNotFoundException

    def describe_log_groups(self, logGroupNamePrefix):
        return {"logGroups": [{"logGroupName": f"/aws/lambda/{name}"} for name in self.logs]}

    def filter_log_events(self, logGroupName, startTime):
        events = self.logs[logGroupName.removeprefix("/aws/lambda/")]
        return {"events": [event for event in events if event["timestamp"] >= startTime]}

    def get_paginator(self, _):
        return self

    def paginate(self):
        return [{"Functions": [{"FunctionName": name} for name in self.logs]}]

    def list_function_url_configs(self, FunctionName):
        return {
            "FunctionUrlConfigs": [{"FunctionUrl": f"http://{FunctionName}id.lambda-url.us-east-1.localhost:4566/"}]
        }


@pytest.fixture(autouse=True)
def in_the_cloud(monkeypatch):
    """Return what puts functions, with their logs, in the cloud."""
    monkeypatch.setattr(workbook, "_current", SOLVED)
    monkeypatch.setattr(explain_functions, "LOG_TIMEOUT_S", 0)
    put_localstack(monkeypatch, State.RUNNING, "sesión")

    def put(logs):
        monkeypatch.setattr(own_calls, "client", lambda service: Cloud(logs))

    put({})
    return put


def invoked(function="user_lambda", request_id=ID, origin=own_calls.ORIGIN):
    parameters = {"FunctionName": function}
    return Entry(
        Kind.CALL, 2000, "Invoke", service="lambda", status=200, parameters=parameters, origin=origin, asker="boto3",
        request_id=request_id,
    )  # fmt: skip


def asked(status=502, function="user_lambda", message="", asker="requests", **parameters):
    parameters = {"host": "localhost:4566", "path": "/x", "route": "/user", "integration": "AWS_PROXY"} | parameters
    return Entry(
        Kind.REQUEST, 2000, "POST", service="execute-api", status=status, parameters=parameters, asker=asker,
        message=message, served_by=function, served_request=ID if function else "",
    )  # fmt: skip


def of_request(entry):
    text = explain_functions.of_request(entry, CONTEXT)
    return text if text is None else sentences(text.partition("\n")[0])


FAILURES = {
    "Python": (PYTHON, "La función «user_lambda» ha fallado: ZeroDivisionError: division by zero."),
    "Node.js": (NODE, "La función «user_lambda» ha fallado: TypeError: nada."),
    "exit": (EXIT, "La función «user_lambda» ha fallado: Runtime exited with error: exit status 3."),
    "time-out": (
        TIMEOUT,
        "La función «user_lambda» no ha terminado en el tiempo que tiene, 3 s, y Lambda la ha parado.",
    ),
    "missing": (
        BUCKET,
        "La función «user_lambda» no encuentra en la nube lo que usa: NoSuchBucket: An error occurred "
        "(NoSuchBucket): The specified bucket does not exist.",
    ),
    "syntax": (
        SYNTAX,
        "La función «user_lambda» no se puede cargar, porque su código tiene un error de sintaxis: Syntax error in "
        "module 'f': '(' was never closed (f.py, line 1).",
    ),
    "not in the zip": (
        NO_MODULE,
        "La función «user_lambda» no se puede cargar: su handler empieza por «g», y en su zip no hay ningún g.py en la "
        "raíz.",
    ),
    "import": (
        NO_IMPORT,
        "La función «user_lambda» no se puede cargar: importa «numpy», que no está en su zip ni en Lambda.",
    ),
    "wrong handler": (
        NO_HANDLER,
        "La función «user_lambda» no se puede cargar: su handler es «f.handle», y en f.py no hay ninguna función "
        "«handle».",
    ),
    "handler without a dot": (
        BAD_HANDLER,
        "La función «user_lambda» no se puede cargar: su handler no es archivo.función, como «user_lambda.handler».",
    ),
    "not JSON": (
        NOT_JSON,
        "La función «user_lambda» devuelve algo que no se puede escribir como JSON: Unable to marshal response: Object "
        "of type set is not JSON serializable.",
    ),
}


@pytest.mark.parametrize(("said", "sentence"), FAILURES.values(), ids=FAILURES)
def test_a_function_that_failed_behind_a_request_and_when_it_was_invoked(in_the_cloud, said, sentence):
    in_the_cloud({"otra": an_invocation("hola"), "user_lambda": an_invocation(said)})
    assert " ".join(of_request(asked())).startswith(f"{sentence} ")
    for error in (KeyError("x"), AssertionError(), requests.HTTPError(), WaitError("x"), TypeError()):
        assert " ".join(explained(error, entries=[invoked()])).startswith(f"{sentence} "), name(error)
        assert " ".join(explained(error, entries=[asked()])).startswith(f"{sentence} "), name(error)


def test_somebody_elses_failing_function_is_not_the_cells(in_the_cloud):
    in_the_cloud({"user_lambda": an_invocation(PYTHON)})
    others = [
        invoked(origin="si1p1-1"),
        invoked(request_id="otra"),
        asked(asker="browser"),
        asked(asker="function"),
        asked(status=400),
    ]
    assert explained(KeyError("x"), entries=others) is None
    assert explained(KeyError("x"), entries=[]) is None
    assert explained(KeyError("x"), entries=[invoked()], section="") is None
    assert explained(ZeroDivisionError("division by zero"), entries=[invoked()]) is None


PROXY = '{"statusCode": 200, "headers": {…}, "body": "un texto"}'
MALFORMED = "Execution failed due to configuration error: Malformed Lambda proxy response"
REFUSED = "Execution failed due to configuration error: Invalid permissions on Lambda function"
NOT_BASE64 = "Execution failed due to configuration error: Unable to base64 decode the body."


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            asked(message=MALFORMED, returned='{"status": "OK"}'),
            'La función «user_lambda» ha devuelto {"status": "OK"}, que no es una respuesta para API Gateway: se '
            f"esperaba {PROXY}, con el cuerpo como texto, json.dumps(…), y sin otros campos.",
        ),
        (asked(500, message=NOT_BASE64), "La función «user_lambda» dice isBase64Encoded y su body no es base64."),
        (
            asked(500, message=REFUSED),
            "API Gateway no puede llamar a la función «user_lambda» desde «POST /user»: lo más frecuente es que la "
            'integración tenga otro integrationHttpMethod que "POST", que es el que pide Lambda sea cual sea el de la '
            "ruta.",
        ),
        (
            asked(500, "nada", message=REFUSED),
            "No existe ninguna función «nada», que es a la que lleva «POST /user».",
        ),
        (
            asked(504, message="Execution failed due to a timeout error"),
            "La función «user_lambda» no ha respondido en el tiempo que espera API Gateway, 29 s si no se dice otro.",
        ),
        (
            asked(502, message="Lambda invocation failed with status: 429. Lambda request id: x"),
            "API Gateway no ha podido usar la respuesta de la función «user_lambda».",
        ),
        (
            asked(503),
            "La función «user_lambda» ha terminado bien, y el 503 lo ha elegido su código, en statusCode.",
        ),
        (
            asked(500, "", integration=""),
            "«POST /user» no lleva a ninguna función: el método está desplegado sin integración.",
        ),
    ],
)
def test_an_answer_that_api_gateway_cannot_use(in_the_cloud, entry, sentence):
    in_the_cloud({"user_lambda": an_invocation("hola")})
    assert of_request(entry)[0] == sentence
    if entry.message and entry.served_by == "user_lambda":
        assert f"AWS lo dice así: {entry.message}" in " ".join(of_request(entry))


@pytest.mark.parametrize(
    ("host", "path", "status", "sentence"),
    [
        (
            "localhost:4566", "/_aws/execute-api/hay/dev/user/pepe", 403,
            "En la etapa «dev» del API no hay ningún método para «POST /user/pepe».",
        ),
        (
            "localhost:4566", "/restapis/hay/dev/_user_request_/user", 403,
            "En la etapa «dev» del API no hay ningún método para «POST /user».",
        ),
        (
            "hay.execute-api.localhost:4566", "/prod/user", 403,
            "El API no está desplegado en la etapa «prod»: las que hay son dev.",
        ),
        (
            "localhost:4566", "/_aws/execute-api/vacio/dev", 403,
            "El API no está desplegado en la etapa «dev»: todavía no tiene ninguna.",
        ),
        ("localhost:4566", "/_aws/execute-api/nada/dev/user", 404, "No existe ningún API con el id «nada»."),
    ],
)  # fmt: skip
def test_a_request_that_reaches_nobody(host, path, status, sentence):
    entry = Entry(
        Kind.REQUEST, 2000, "POST", service="execute-api", status=status, asker="curl",
        parameters={"host": host, "path": path},
    )  # fmt: skip
    assert explain_functions.is_failed_request(entry) and of_request(entry)[0] == sentence


def test_a_4xx_that_a_function_or_a_method_chose_is_not_explained():
    assert not explain_functions.is_failed_request(asked(404))
    assert not explain_functions.is_failed_request(asked(403, ""))
    assert not explain_functions.is_failed_request(asked(200))


def test_a_failure_whose_reason_is_not_known_is_not_guessed():
    assert of_request(asked(500, "")) is None


def test_a_request_to_a_functions_url(in_the_cloud):
    in_the_cloud({"otra": an_invocation("hola"), "user_lambda": an_invocation(PYTHON)})
    entry = Entry(
        Kind.REQUEST, 2000, "POST", service="lambda-url", status=502, asker="curl",
        parameters={"host": "user_lambdaid.lambda-url.us-east-1.localhost:4566", "path": "/"},
    )  # fmt: skip
    assert of_request(entry)[0] == "La función «user_lambda» ha fallado: ZeroDivisionError: division by zero."


def test_a_failed_function_says_how_to_mend_it_and_the_end_of_its_log(in_the_cloud):
    def whole(events, function="user_lambda"):
        in_the_cloud({function: events})
        return explain.explain(KeyError("x"), Context(**vars(CONTEXT) | {"entries": [invoked(function)]})).split("\n")

    text, *lines = whole(an_invocation("uno\n", "x" * 161, PYTHON))
    mended = f"Corrige su código, en handlers/user_lambda.py. Para usarlo, e{AGAIN} Lo último de su registro:"
    assert text == f"La función «user_lambda» ha fallado: ZeroDivisionError: division by zero. {mended}"
    assert lines == [
        "    [ERROR] ZeroDivisionError: division by zero",
        "    Traceback (most recent call last):",
        '    \xa0\xa0File "user_lambda.py", line 3, in handler',
        "        return 1 / 0",
    ]
    text, *lines = whole(an_invocation("uno\n", "x" * 161, EXIT), "de_nadie")
    assert "Corrige su código, bórrala con aws_lambda.delete_function(FunctionName=…) y ejecuta otra vez" in text
    assert lines == ["    uno", f"    {'x' * 160}…", *(f"    {line}" for line in EXIT.splitlines())]
    text, *lines = whole(an_invocation("x" * 160, TIMEOUT), "de_nadie")
    assert 'aws_lambda.update_function_configuration(FunctionName="de_nadie", Timeout=30), y repite esta celda' in text
    assert lines == [f"    {'x' * 160}", f"    {TIMEOUT.strip()}"]


def test_the_frames_of_pythons_own_library_are_left_out(in_the_cloud):
    inner = (
        "[ERROR] KeyError: 'x'\rTraceback (most recent call last):\r"
        '  File "/var/lang/lib/python3.13/importlib/__init__.py", line 88, in import_module\r    return _gcd(name)\r'
        '  File "<frozen importlib._bootstrap>", line 488, in _call\r'
        '  File "/var/task/f.py", line 1, in <module>\r    x = {}["x"]\r'
    )
    in_the_cloud({"user_lambda": an_invocation(inner)})
    shown = explain_functions.of_request(asked(), CONTEXT).split("\n")[1:]
    assert [line.strip() for line in shown[2:]] == ['File "f.py", line 1, in <module>', 'x = {}["x"]']


def test_the_invocation_is_the_requests_own(in_the_cloud):
    other = [event | {"message": event["message"].replace(ID, "otra")} for event in an_invocation(PYTHON, stream="dos")]
    in_the_cloud({"user_lambda": [*other, *an_invocation("hola")]})
    assert of_request(asked(503))[0].startswith("La función «user_lambda» ha terminado bien")
    assert explained(KeyError("x"), entries=[invoked()]) is None


def test_what_only_looks_like_a_failure_is_none(in_the_cloud):
    in_the_cloud({"user_lambda": an_invocation("hubo un [ERROR] ayer", "[WARNING] Error: nada")})
    assert explained(KeyError("x"), entries=[invoked()]) is None


@pytest.mark.parametrize("failure", [refusal("InternalError"), aws.EndpointConnectionError(endpoint_url="x")], ids=name)
def test_logs_that_cannot_be_read_explain_nothing(in_the_cloud, monkeypatch, failure):
    def refuse(*_, **__):
        raise failure

    in_the_cloud({"user_lambda": an_invocation(PYTHON)})
    monkeypatch.setattr(Cloud, "filter_log_events", refuse)
    assert explained(KeyError("x"), entries=[invoked()]) is None


def test_somebody_elses_localstack_has_only_logs(in_the_cloud, monkeypatch):
    put_localstack(monkeypatch, State.ADOPTED, "sesión", "http://localhost:5000")
    logs = {"a": an_invocation(EXIT, at=2005), "b": an_invocation(PYTHON, at=2006), "c": an_invocation(TIMEOUT)}
    in_the_cloud(logs)
    assert explained(KeyError("x"))[0] == "La función «b» ha fallado: ZeroDivisionError: division by zero."
    assert explained(KeyError("x"), began_ms=3000) is None
    assert json.dumps(explained(KeyError("x"), section="")) == "null"
