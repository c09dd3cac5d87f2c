"""Explain a cell's error to the student: an exception in, one short Spanish paragraph out, or None.

The paragraph says what was found and what to do next, and names the cell to run. An error that is not known here has no
paragraph: its own traceback is shown.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import boto3
import requests
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as aws

from helpers.emulator import instance
from helpers.emulator.process import Emulator, State, Status
from helpers.errors import WaitError
from helpers.polling import wait_until
from helpers.practice.checkpoints import LOG_PREFIX
from helpers.session.terminal import unrecorded
from helpers.workbook import current

MISSING = {"NoSuchBucket", "NoSuchKey", "404", "ResourceNotFoundException", "NotFoundException"}
EXISTING = {"BucketAlreadyExists", "BucketAlreadyOwnedByYou", "ResourceConflictException", "ResourceInUseException",
            "ResourceAlreadyExistsException", "ConflictException"}  # fmt: skip
# What a cell raises when a terminal command found LocalStack gone, or the function behind a request failed.
SYMPTOMS = (AssertionError, FileNotFoundError, LookupError, TypeError, ValueError, requests.HTTPError, WaitError)
# As AWS writes them in a function's log (page "Lambda function errors" of the Lambda guide).
FAILURE = re.compile(r"^\[ERROR\] (?P<error>[^\r\n]+)|Task timed out after (?P<seconds>[\d.]+) seconds"
                     r"|Error: (?P<end>Runtime exited [^\r\n]+)|Invoke Error\s+(?P<node>\{.+\})",
                     re.MULTILINE)  # fmt: skip
DELETE_FUNCTION = "aws_lambda.delete_function(FunctionName=…)"
LOG_LINES = 4
LOG_LINE_CHARACTERS = 160
# A function's log arrives some tens of milliseconds after its answer.
LOG_TIMEOUT_S = 0.5
EXCERPT_CHARACTERS = 60


@dataclass(frozen=True)
class Context:
    """What an explanation needs: the open section, LocalStack's session at that time, when the cell began (ms)."""

    section: str
    session_id: str | None
    began_ms: int

    @property
    def first_cell(self) -> str:
        """The cell to run to start the section again."""
        return f'la primera celda, lab.open("{self.section}")'


def explain(error: BaseException, context: Context) -> str | None:
    """Return what `error` means and what to do, or None if the error itself says it better."""
    if isinstance(error, S3UploadFailedError) and error.__context__:
        error = error.__context__
    if isinstance(error, aws.ConnectionError | aws.HTTPClientError | requests.ConnectionError | requests.Timeout):
        return _connection(error, context)
    if isinstance(error, aws.ClientError | aws.WaiterError):
        return _refusal(error, context)
    if isinstance(error, SYMPTOMS) and (cause := _stopped(context) or _function_failure(context)):
        return cause
    if isinstance(error, json.JSONDecodeError):
        return _invalid_json(error)
    if isinstance(error, NameError) and error.name:
        return (
            f"Nadie ha definido el nombre «{error.name}»: falta ejecutar una celda anterior (menú Run > Run All Above "
            "Selected Cell), o está mal escrito. Después, repite esta celda."
        )
    if isinstance(error, FileNotFoundError) and error.filename and context.section:
        return (
            f"No existe el archivo «{error.filename}». Revisa el nombre; si está bien, falta la celda que lo "
            f"escribe, o ha fallado. {_from_the_start(context)}"
        )
    if isinstance(error, AssertionError) and context.section:
        return (
            "La comprobación de esta celda no se cumple. Si no la has cambiado, lo más frecuente es que una celda "
            f"anterior no se haya ejecutado, o lo haya hecho dos veces. {_from_the_start(context)}"
        )
    return None


def _connection(error: Exception, context: Context) -> str:
    emulator = instance.from_environment()
    address = _address(error) or emulator.url
    if urlsplit(address).netloc != urlsplit(emulator.url).netloc:
        return (
            f"No se ha podido conectar con {address}. LocalStack está en {emulator.url}: revisa la dirección y repite "
            "esta celda. A una URL de función, que acaba en .localhost, se llama desde Python enviando la petición a "
            "LocalStack, con el nombre en la cabecera Host (sección 4)."
        )
    status = emulator.status()
    if not status.answers and emulator.is_external:
        return (
            f"En {emulator.url}, la dirección de AWS_ENDPOINT_URL, no responde ningún LocalStack. Arráncalo allí y "
            f"ejecuta {context.first_cell}. Para usar el de este cuaderno, borra esa variable y vuelve a abrirlo con "
            "«si1p1 lab»."
        )
    if status.answers:
        if status.session_id != context.session_id:
            return _restarted(context)
        return (
            f"LocalStack está en marcha en {emulator.url}, pero no ha respondido a tiempo o ha cortado esta petición. "
            f"Repite esta celda; si se repite el error, ejecuta {context.first_cell}."
        )
    return _down(emulator, status, context)


def _down(emulator: Emulator, status: Status, context: Context) -> str:
    found = {
        State.STARTING: "todavía está arrancando",
        State.OCCUPIED: f"está parado, y su puerto, el {emulator.port}, lo tiene otro programa",
    }.get(status.state, f"está parado: en {emulator.url} no responde nadie")
    return (
        f"LocalStack {found}. Ejecuta {context.first_cell}, que lo arranca y deja la nube al principio de la sección, "
        "y sigue desde ahí."
    )


def _stopped(context: Context) -> str | None:
    """Return what to do if LocalStack is not running, which may be why a terminal command got no output."""
    emulator = instance.from_environment()
    status = emulator.status()
    return None if status.answers or emulator.is_external else _down(emulator, status, context)


def _address(error: Exception) -> str | None:
    """Return the URL that could not be reached."""
    if isinstance(error, requests.RequestException):
        request = error.request
        url = request.url if request is not None else None
    else:
        url = error.kwargs.get("endpoint_url") if isinstance(error, aws.BotoCoreError) else None
    return "{0.scheme}://{0.netloc}".format(urlsplit(url)) if url else None


def _refusal(error: aws.ClientError | aws.WaiterError, context: Context) -> str | None:
    response = error.last_response if isinstance(error, aws.WaiterError) else error.response
    details = response.get("Error", {})
    code, message = details.get("Code"), " ".join(details.get("Message", "").split()).rstrip(".")
    if code in MISSING:
        if instance.from_environment().status().session_id != context.session_id:
            return _restarted(context, message)
        return _missing(details, message, context)
    if code not in EXISTING:
        return None
    if message.endswith("Pending"):
        return (
            "La función todavía se está preparando (Pending). Espera a que esté activa, con "
            'aws_lambda.get_waiter("function_active_v2").wait(FunctionName=…), y repite esta celda.'
        )
    advice = "sigue con la siguiente"
    if isinstance(error, aws.ClientError) and error.operation_name == "CreateFunction":
        advice = (
            "si el código es el mismo, sigue con la siguiente; si lo has cambiado, borra antes la función, con "
            f"{DELETE_FUNCTION}, y repite esta celda"
        )
    return (
        f"Ya existe, y AWS no lo crea otra vez ({message}). Seguramente esta celda ya se ha ejecutado: {advice}. "
        f"Para volver a empezar la sección, ejecuta {context.first_cell}."
    )


def _restarted(context: Context, message: str = "") -> str:
    said = f" AWS ha respondido: {message}." if message else ""
    return (
        "LocalStack se ha reiniciado desde que se abrió la sección: lo que había en la nube ya no está, y los "
        f"identificadores guardados en variables no sirven. {_from_the_start(context)}{said}"
    )


def _missing(details: Mapping[str, Any], message: str, context: Context) -> str:
    if "log group" in message:
        return (
            "Ese grupo de registro no existe. Lambda lo crea la primera vez que la función se ejecuta: llama a la "
            "función y repite esta celda, o revisa el nombre, que es /aws/lambda/ y el de la función."
        )
    found = {
        "NoSuchBucket": f"No existe el bucket «{details.get('BucketName')}»",
        "NoSuchKey": f"No existe el objeto «{details.get('Key')}»",
        "404": "No existe ese objeto, o no existe su bucket",
    }.get(details["Code"], f"AWS no encuentra lo que se le pide ({message})")
    return (
        f"{found}. Revisa el nombre; si está bien, falta ejecutar una celda anterior: "
        f"{_from_the_start(context, 'ejecuta')}"
    )


def _from_the_start(context: Context, verb: str = "Ejecuta") -> str:
    return f"{verb} {context.first_cell}, y después las demás hasta esta (menú Run > Run All Above Selected Cell)."


def _invalid_json(error: json.JSONDecodeError) -> str:
    excerpt = error.doc.strip()
    if len(excerpt) > EXCERPT_CHARACTERS:
        excerpt = excerpt[:EXCERPT_CHARACTERS] + "…"
    found = f"«{excerpt}» (línea {error.lineno}, columna {error.colno})" if excerpt else "un texto vacío"
    return (
        f"Se esperaba JSON y se ha encontrado {found}. Si es la respuesta a una petición, mira antes "
        "respuesta.status_code y respuesta.text; si lo has escrito tú, los nombres y los textos van entre comillas "
        'dobles, como {"email": "pipo@ss.com"}. Corrígelo y repite esta celda.'
    )


def _function_failure(context: Context) -> str | None:
    """Return why a function failed while the cell ran, with the end of its log; None if none failed."""
    if not context.section:
        return None
    with unrecorded():
        try:
            if not boto3.client("lambda").list_functions()["Functions"]:
                return None
            failed = wait_until(lambda: _failed(context.began_ms), ready=bool, timeout_s=LOG_TIMEOUT_S)
        except (WaitError, aws.BotoCoreError, aws.ClientError):
            return None
    name, failure, lines = cast(Failure, failed)  # `ready` has accepted it, so it is not None
    error = failure["error"] or failure["end"] or ""
    if failure["node"]:
        thrown = json.loads(failure["node"])
        error = f"{thrown['errorType']}: {thrown['errorMessage']}"
    end_of_log = " Lo último de su registro:\n" + "\n".join(f"    {line}" for line in lines)
    if failure["seconds"]:
        return (
            f"La función «{name}» no ha terminado en el tiempo que tiene, {float(failure['seconds']):g} s, y Lambda la "
            "ha parado. Busca en su código qué la hace esperar, o dale más con "
            f'aws_lambda.update_function_configuration(FunctionName="{name}", Timeout=30), y repite esta celda.'
        ) + end_of_log
    if error.partition(":")[0] in MISSING:
        return (
            f"La función «{name}» no encuentra en la nube lo que usa: {error.rstrip('.')}. {_from_the_start(context)}"
        )
    if code := [path.name for path in current().code_files() if path.stem == name]:
        mended = f"Corrige su código, en handlers/{code[0]}. Para usarlo, {_from_the_start(context, 'ejecuta')}"
    else:
        mended = f"Corrige su código, bórrala con {DELETE_FUNCTION} y ejecuta otra vez las celdas que la crean."
    return f"La función «{name}» ha fallado: {error}. {mended}{end_of_log}"


type Failure = tuple[str, re.Match[str], list[str]]  # a function's name, how it failed, the last lines of its log


def _failed(since_ms: int) -> Failure | None:
    """Return the latest failure of a function since `since_ms`, or None."""
    logs = boto3.client("logs")
    latest = None
    for group in logs.describe_log_groups(logGroupNamePrefix=LOG_PREFIX)["logGroups"]:
        name = group["logGroupName"]
        events = logs.filter_log_events(logGroupName=name, startTime=since_ms)["events"]
        for position, event in enumerate(events):
            if (failure := FAILURE.search(event["message"])) and (not latest or event["timestamp"] >= latest[0]):
                lines = [line for before in events[: position + 1] for line in _lines(before["message"])]
                latest = (event["timestamp"], (name.removeprefix(LOG_PREFIX), failure, lines[-LOG_LINES:]))
    return latest[1] if latest else None


def _lines(message: str) -> list[str]:
    """Return the lines of a log event, cut to a readable width and without the folder of the code."""
    lines = [line for line in re.split(r"[\r\n]+", message) if line.strip() and not line.startswith("START ")]
    lines = [re.sub(r'File ".*[/\\]', 'File "', line) for line in lines]
    return [line if len(line) <= LOG_LINE_CHARACTERS else line[:LOG_LINE_CHARACTERS] + "…" for line in lines]
