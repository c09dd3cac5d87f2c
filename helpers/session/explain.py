"""Explain a cell's error to the student: an exception in, one short Spanish paragraph out, or None.

The paragraph says what was found, what was expected and what to do next; the lines after it, if there are any, are
AWS's own words or a function's log. An error of Python's that is not known here has no paragraph: its own traceback is
shown.
"""

import json
import re
import traceback
from pathlib import Path
from subprocess import CalledProcessError

import requests
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as aws
from botocore.client import BaseClient

from helpers.errors import WaitError
from helpers.session import (
    explain_aws,
    explain_client,
    explain_commands,
    explain_functions,
    explain_localstack,
    this_notebook,
)
from helpers.session.context import RUN_ABOVE, Context

# What a cell raises when a terminal command found LocalStack gone, or the function behind a request failed.
SYMPTOMS = (AssertionError, FileNotFoundError, LookupError, TypeError, ValueError, requests.HTTPError, WaitError)
UNREACHABLE = (aws.ConnectionError, aws.HTTPClientError, requests.ConnectionError, requests.Timeout)
EXCERPT_CHARACTERS = 60
# While s3transfer downloads, the file's name ends so.
DOWNLOADING = re.compile(r"\.[0-9A-Za-z]{8}$")


def explain(error: BaseException, context: Context) -> str | None:
    """Return what `error` means and what to do, or None if the error itself says it better."""
    if isinstance(error, S3UploadFailedError) and error.__context__:
        error = error.__context__
    if isinstance(error, UNREACHABLE):
        return explain_localstack.connection(error, context)
    if isinstance(error, aws.ClientError) or (isinstance(error, aws.WaiterError) and error.last_response.get("Error")):
        return explain_aws.refusal(error, context)
    if isinstance(error, aws.BotoCoreError | S3UploadFailedError):
        return explain_client.of_botocore(error)
    if isinstance(error, AttributeError) and isinstance(error.obj, BaseClient):
        return explain_client.unknown_method(error.obj, error.name or "")
    if isinstance(error, ValueError | KeyError) and (found := explain_client.of_another_name(error)):
        return found
    if isinstance(error, SYMPTOMS) and (cause := explain_localstack.stopped(context) or _failed_function(context)):
        return cause
    if isinstance(error, json.JSONDecodeError):
        return _invalid_json(error)
    if isinstance(error, requests.RequestException):
        return explain_client.of_requests(error)
    if isinstance(error, CalledProcessError) and isinstance(error.output, str):  # `shell_lines` gives it
        return explain_commands.of_cell(error, context)
    if isinstance(error, SyntaxError) and error.text and (found := explain_commands.without_its_mark(error.text)):
        return found
    if isinstance(error, NameError) and error.name:
        return _undefined(error.name, context)
    if isinstance(error, FileNotFoundError) and error.filename and context.section:
        return _missing_file(error, context)
    if isinstance(error, AssertionError) and context.section:
        return (
            "La comprobación de esta celda no se cumple. Si no la has cambiado, lo más frecuente es que una celda "
            f"anterior no se haya ejecutado, o lo haya hecho dos veces. {context.from_the_start()}"
        )
    return None


def _undefined(name: str, context: Context) -> str | None:
    if name in ("aws", "awslocal"):  # `awslocal --version` is Python: a subtraction
        return explain_commands.without_its_mark(name)
    line = this_notebook.line_that_defines(name)
    if not context.section:
        return f"Nadie ha definido el nombre «{name}». {this_notebook.first_cell_comes_first()}" if line else None
    if line:
        return (
            f"Nadie ha definido el nombre «{name}»: lo hace la celda con «{line}», que no se ha ejecutado "
            f"desde que arrancó el kernel. Ejecútala {RUN_ABOVE} y repite esta celda."
        )
    return (
        f"Nadie ha definido el nombre «{name}»: falta ejecutar una celda anterior (menú Run > Ejecutar todo por "
        "encima de la celda seleccionada), o está mal escrito. Después, repite esta celda."
    )


def _failed_function(context: Context) -> str | None:
    return explain_functions.of_the_cell(context) if context.section else None


def _missing_file(error: FileNotFoundError, context: Context) -> str:
    path = Path(str(error.filename))
    if any("s3transfer" in frame.filename for frame in traceback.extract_tb(error.__traceback__)):
        path = path.with_name(DOWNLOADING.sub("", path.name))
    if not path.parent.exists():
        return (
            f"No existe la carpeta «{path.parent}», en la que tiene que estar «{path.name}». Revisa el nombre de la "
            f'carpeta, o créala antes con Path("{path.parent}").mkdir(), y repite esta celda.'
        )
    return (
        f"No existe el archivo «{path}». Revisa el nombre; si está bien, falta la celda que lo escribe, o ha fallado. "
        f"{context.from_the_start()}"
    )


def _invalid_json(error: json.JSONDecodeError) -> str:
    excerpt = " ".join(error.doc.split())
    if len(excerpt) > EXCERPT_CHARACTERS:
        excerpt = excerpt[:EXCERPT_CHARACTERS] + "…"
    found = f"«{excerpt}» (línea {error.lineno}, columna {error.colno})" if excerpt else "un texto vacío"
    return (
        f"Se esperaba JSON y se ha encontrado {found}. Si es la respuesta a una petición, mira antes "
        "respuesta.status_code y respuesta.text; si lo has escrito tú, los nombres y los textos van entre comillas "
        'dobles, como {"email": "pipo@ss.com"}. Corrígelo y repite esta celda.'
    )
