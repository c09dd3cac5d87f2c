"""Each kind of error, and the sentence that explains it: no kernel and no cloud, which `test_cell_errors.py` has."""

import json

import pytest
import requests
from botocore import exceptions as aws
from explained import AGAIN, FIRST, URL, explained, name, put_localstack, refusal

from helpers import workbook
from helpers.emulator.process import State
from helpers.errors import CheckpointError, WaitError
from helpers.session import explain_aws
from helpers.workbook import SOLVED

FROM_HERE = f"Ejecuta {FIRST}, que lo arranca y deja la nube al principio de la sección, y sigue desde ahí."


@pytest.fixture(autouse=True)
def localstack(monkeypatch):
    """Return what puts LocalStack in a state; it runs, in the session of the opened section, until it is called."""
    monkeypatch.setattr(workbook, "_current", SOLVED)
    put_localstack(monkeypatch, State.RUNNING, "sesión")
    return lambda *state, **how: put_localstack(monkeypatch, *state, **how)


def no_answer(url=f"{URL}/"):
    return aws.EndpointConnectionError(endpoint_url=url)


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
    for code in explain_aws.MISSING:
        assert explained(refusal(code, "No está.")) == [RESTARTED, f"E{AGAIN}"], code


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


# The cell


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hola", "«hola» (línea 1, columna 1)"),
        ('{"a": 1,\n  b}', '«{"a": 1, b}» (línea 2, columna 3)'),
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
        "Nadie ha definido el nombre «endpoint»: falta ejecutar una celda anterior (menú Run > Ejecutar todo por "
        "encima de la celda seleccionada), o está mal escrito.",
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
    ],
    ids=name,
)
@pytest.mark.parametrize("section", ["lambda", ""])
def test_an_error_that_says_it_better_itself_has_no_explanation(error, section):
    assert explained(error, section=section) is None


def test_a_folder_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        open("buld/x.zip", "wb")  # noqa: PTH123, SIM115
    assert explained(caught.value) == [
        "No existe la carpeta «buld», en la que tiene que estar «x.zip».",
        'Revisa el nombre de la carpeta, o créala antes con Path("buld").mkdir(), y repite esta celda.',
    ]


def test_a_download_names_the_file_that_the_cell_names():
    from s3transfer.utils import OSUtils

    with pytest.raises(FileNotFoundError) as caught:
        OSUtils().open("nada/c.py.0E1ff9E0", "wb")
    assert explained(caught.value)[0] == "No existe la carpeta «nada», en la que tiene que estar «c.py»."
