"""What the tests of explanations share: LocalStack in a chosen state, AWS's refusals, and the sentences of a text."""

import re
from pathlib import Path

from botocore import exceptions as aws

from helpers.emulator.process import Emulator, Status
from helpers.session import explain
from helpers.session.context import Context

URL = "http://localhost:4566"
CONTEXT = Context("lambda", "sesión", 1000)
FIRST = 'la primera celda, lab.open("lambda")'
AGAIN = (
    f"jecuta {FIRST}, y después las demás hasta esta (menú Run > Ejecutar todo por encima de la celda seleccionada)."
)


def put_localstack(monkeypatch, state, session_id=None, endpoint=None):
    """Put LocalStack in a state."""
    emulator = Emulator(Path(), 4566, endpoint)
    emulator.status = lambda: Status(state, emulator.url, session_id=session_id)
    monkeypatch.setattr("helpers.emulator.instance.from_environment", lambda: emulator)


def explained(error, **changes):
    """Return the sentences of the paragraph that explains an error; None if there is none."""
    text = explain.explain(error, Context(**(vars(CONTEXT) | changes)))
    return text if text is None else sentences(text.partition("\n")[0])


def sentences(text):
    return re.split(r"(?<=[.?]) (?=[A-ZÁÉÍÓÚ¿])", text)


def refusal(code, message="", operation="Operation", **details):
    return aws.ClientError({"Error": {"Code": code, "Message": message, **details}}, operation)


def name(value):
    """Return what a case is called: AWS's code, or the error's type."""
    if isinstance(value, aws.ClientError):
        return value.response["Error"]["Code"]
    return type(value).__name__ if isinstance(value, BaseException) else None
