"""What is said of a `!` line that failed: how it was typed, its exit code and its output in, as they were seen."""

import re
from types import SimpleNamespace

import ptyprocess
import pytest
from explained import CONTEXT, FIRST, put_localstack, sentences
from IPython.utils.process import system

from helpers.emulator.process import State
from helpers.session import shell_lines
from helpers.session.explain_commands import Ended, explain

REPEAT = "Corrígelo y repite esta celda."
USAGE = (
    "usage: Note: AWS CLI version 2, the latest major version of the AWS CLI, is now stable\r\n\r\n"
    "usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]\r\n"
)
NOT_READ = (
    "La orden ha recibido «{endpoint}» tal cual, y no su valor: en una línea con ! lo que hay entre llaves es "
    "Python, y "
    "las del JSON no lo son, así que no se ha sustituido ninguna."
)
UNDEFINED = (
    "Nadie ha definido el nombre «nada», que esta línea usa entre llaves: falta ejecutar una celda anterior "
    "(menú Run > "
    "Ejecutar todo por encima de la celda seleccionada), o está mal escrito."
)
CASES = {
    "single braces": ("""curl -s {endpoint}/pepe -d '{"username": "tete"}'""", 6, "", NOT_READ),
    "no such name": ("curl -s {nada}/pepe", 6, "", UNDEFINED),
    "mistyped": (
        "awslocl s3 ls", 127, "sh: 1: awslocl: not found\r\n",
        "No se encuentra la orden «awslocl»: ¿quizá «awslocal»?",
    ),
    "mistyped, said by bash": (
        "crul x", 127, "bash: line 1: crul: command not found\r\n", "No se encuentra la orden «crul»: ¿quizá «curl»?",
    ),
    "not there": (
        "jq .", 127, "sh: 1: jq: not found",
        "No se encuentra la orden «jq»: está mal escrita, o no está instalada en este equipo.",
    ),
    "quotes": (
        "echo 'hola", 2, "sh: 1: Syntax error: Unterminated quoted string\r\n",
        "A la línea le falta cerrar unas comillas: van de dos en dos, y el JSON entero entre las simples.",
    ),
    "parenthesis": (
        "echo )", 2, 'sh: 1: Syntax error: ")" unexpected',
        "El terminal no entiende la línea: lo más frecuente es un paréntesis, un & o un ; fuera de las comillas.",
    ),
    "host": (
        "curl http://nada/", 6, "curl: (6) Could not resolve host: nada",
        "La máquina de la dirección no existe: se esperaba localhost, o una URL de función, que acaba en .localhost.",
    ),
    "nobody there": (
        "curl -s localhost:1", 7, "",
        'No hay nadie en esa dirección: la de LocalStack está en os.environ["AWS_ENDPOINT_URL"].',
    ),
    "curl's usage": (
        "curl -X", 2, "curl: option -X: requires parameter",
        "A curl le falta algo, o tiene una opción que no entiende: se esperaba como «curl -X POST DIRECCIÓN -d "
        "'CUERPO'», con la dirección y el valor de cada opción.",
    ),
    "subcommand": (
        "awslocal s3 lst", 2,
        f"{USAGE}awslocal: error: argument subcommand: Invalid choice, valid choices are:\r\n\r\nls | mv\r\n\r\n\r\n"
        "Invalid choice: 'lst', maybe you meant:\r\n\r\n  * ls\r\n",
        "«awslocal» no conoce «lst»: ¿quizá «ls»?",
    ),
    "service": (
        "awslocal s4 ls", 2, f"{USAGE}aws: error: argument command: Invalid choice, valid choices are:\r\n\r\nacm | s3",
        "«awslocal» no conoce esa orden.",
    ),
    "required": (
        "awslocal s3api create-bucket", 2, f"{USAGE}awslocal: error: the following arguments are required: --bucket",
        "A la orden le falta «--bucket», que es obligatorio.",
    ),
    "no value": (
        "awslocal apigateway get-resources --rest-api-id $API_ID", 2,
        f"{USAGE}awslocal: error: argument --rest-api-id: expected one argument\r\n",
        "A «--rest-api-id» no le ha llegado ningún valor: la variable del terminal que se le da está vacía, o falta.",
    ),
    "option": (
        "awslocal s3 ls --foo", 255, "\r\nUnknown options: --foo\r\n",
        "La orden no conoce «--foo»: está mal escrito, o no es de esta orden.",
    ),
    "nothing to do": (
        "awslocal s3", 255, "usage: aws [options]\r\naws: error: too few arguments\r\n",
        "A la orden le falta decir qué hacer: se esperaba como «awslocal s3 ls».",
    ),
    "JSON": (
        "awslocal dynamodb put-item --item '{User: 1}'", 255,
        "\r\nError parsing parameter '--item': Invalid JSON: Expecting property name enclosed in double quotes: "
        "line 1\r\n",
        "El valor de --item no es JSON (Expecting property name enclosed in double quotes: line 1): los nombres y los "
        "textos van entre comillas dobles y el JSON entero entre las simples, como "
        "'{\"User\": {\"S\": \"pipo\"}}', con "
        "las llaves dobles si la línea usa variables.",
    ),
    "parameters": (
        "awslocal dynamodb put-item --item x", 255,
        "\r\nParameter validation failed:\r\nInvalid type for parameter Item.User, value: a, type: <class "
        "'str'>, valid "
        "types: <class 'dict'>\r\n",
        "El parámetro «Item.User» vale a, que es str, y se esperaba dict: DynamoDB quiere el tipo con el valor, como "
        '{"S": "pipo"}.',
    ),
    "zip": (
        "awslocal lambda create-function --zip-file build/x.zip", 255,
        "\r\n--zip-file must be a zip file with the fileb:// prefix.\r\n",
        "A --zip-file le falta el prefijo: se esperaba como fileb://build/user_lambda.zip.",
    ),
    "zip that is not there": (
        "awslocal lambda create-function --zip-file fileb://build/x.zip", 255,
        "Error parsing parameter '--zip-file': Unable to load paramfile fileb://build/x.zip: [Errno 2] No such file",
        "No existe el archivo «build/x.zip».",
    ),
    "file that is not there": (
        "awslocal s3 cp nohay.py s3://x/y", 255, "\r\nThe user-provided path nohay.py does not exist.\r\n",
        "No existe el archivo «nohay.py».",
    ),
    "no s3://": (
        "awslocal s3 mb si1p1", 255, "\r\n<S3Uri>\r\nError: Invalid argument type\r\n",
        "El bucket está mal escrito: se esperaba como s3://si1p1, con s3:// delante.",
    ),
    "bucket": (
        "awslocal s3 cp README.md s3://otro/y", 1,
        "upload failed: ./README.md to s3://otro/y An error occurred (NoSuchBucket) when calling the PutObject "
        "operation: The specified bucket does not exist\r\n",
        "No existe el bucket «otro».",
    ),
    "key": (
        "awslocal s3api get-object --bucket si1p1 --key nada build/x", 255,
        "\r\nAn error occurred (NoSuchKey) when calling the GetObject operation: The specified key does not exist.\r\n",
        "No existe el objeto «nada».",
    ),
    "credentials": (
        "aws s3 ls", 255, 'Unable to locate credentials. You can configure credentials by running "aws configure".',
        f"A la orden le faltan las credenciales de prueba o la región: las pone {FIRST}.",
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def localstack(monkeypatch):
    put_localstack(monkeypatch, State.RUNNING, "sesión")


def explained(typed, exit_code, output, run=None, defined=("endpoint",)):
    text = explain(Ended(typed, typed if run is None else run, exit_code, output), set(defined), CONTEXT)
    return text if text is None else sentences(text.partition("\n")[0])


@pytest.mark.parametrize(("typed", "exit_code", "output", "sentence"), CASES.values(), ids=CASES)
def test_a_line_that_failed(typed, exit_code, output, sentence):
    assert explained(typed, exit_code, output)[0] == sentence
    assert explained(typed, 0, output) is None


def test_the_braces_of_a_line_whose_values_were_put_in_are_not_at_fault():
    typed = "curl -s {endpoint}/pepe -d '{{\"a\": 1}}'"
    run = "curl -s http://localhost:4566/pepe -d '{\"a\": 1}'"
    assert "llaves" not in str(explained(typed, 7, "", run))
    assert explained("awk '{print}' nada", 2, "awk: cannot open nada") is None


def test_awss_words_follow_a_refusal():
    typed, exit_code, output, _ = CASES["bucket"]
    text = explain(Ended(typed, typed, exit_code, output), set(), CONTEXT)
    assert text.endswith("\nAWS ha respondido a PutObject: NoSuchBucket: The specified bucket does not exist")


@pytest.mark.parametrize("typed", ["curl -s http://localhost:4566/", "awslocal s3 ls"])
def test_localstack_is_not_there(monkeypatch, typed):
    put_localstack(monkeypatch, State.STOPPED)
    output, code = ("", 7) if "curl" in typed else ('\r\nCould not connect to the endpoint URL: "http://x/"\r\n', 255)
    assert explained(typed, code, output)[0] == "LocalStack está parado: en http://localhost:4566 no responde nadie."


@pytest.mark.parametrize(
    ("typed", "exit_code"),
    [
        ("ls nada", 2),
        ("python -c 'raise SystemExit(3)'", 3),
        ("si1p1 star", 2),
        ("curl -s localhost:1 | python -m json.tool", 1),
        ("curl -s localhost:1; grep x README.md", 1),
        ("cat ${NADA}", 1),
    ],
)
def test_what_speaks_for_itself_is_left_alone(typed, exit_code):
    assert explained(typed, exit_code, "") is None


def test_the_exit_code_is_of_the_last_program_whatever_is_quoted():
    for typed in ("cd build && curl -s localhost:1 -d 'a; b | c\n'", "X=1 /usr/bin/curl -s \\\nlocalhost:1"):
        assert explained(typed, 7, "")[0].startswith("No hay nadie en esa dirección: ")
    typed, exit_code, output, sentence = CASES["subcommand"]
    assert explained(f"{typed} | cat && false", exit_code, output)[0] == sentence


def test_braces_that_are_meant_for_the_command_are_written_twice():
    text = " ".join(explained('awslocal apigateway create-resource --path-part "{name}"', 255, ""))
    assert "Si a la orden le tienen que llegar las llaves, escríbelas dobles: {{name}}." in text


def test_every_sentence_ends():
    for typed, exit_code, output, _ in CASES.values():
        text = explain(Ended(typed, typed, exit_code, output), {"endpoint"}, CONTEXT)
        assert re.search(r"[.)]$", text.partition("\n")[0])


def test_nothing_is_waited_for_after_a_program_that_has_ended(monkeypatch):
    shell_lines._close_at_once()
    slept = []
    monkeypatch.setattr(ptyprocess.ptyprocess, "time", SimpleNamespace(sleep=slept.append))
    assert system("exit 3") == 3
    assert not any(slept)
