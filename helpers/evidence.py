"""AWS errors that are the answer: shown as evidence, without stopping the notebook."""

import contextlib
from collections.abc import Iterator
from html import escape

from botocore.exceptions import ClientError
from IPython.display import display

from helpers.errors import EvidenceError

__all__ = ["ExpectedError", "expected_error"]


class ExpectedError:
    """The error that a call was expected to raise; its fields are set when the block ends.

    `code` and `message` are AWS's own words; `operation` is the call's name and `status_code` the HTTP status.
    """

    code = message = operation = ""
    status_code = 0

    def __repr__(self) -> str:
        return f"{self.operation} → {self.code} (HTTP {self.status_code}): {self.message}"

    def _repr_html_(self) -> str:
        head = f"<strong>{escape(self.operation)} → {escape(self.code)}</strong> (HTTP {self.status_code})"
        style = "border-left: 3px solid #c77700; padding-left: 1em"
        body = f"<p>Error esperado: {head}</p><p>{escape(self.message)}</p>"
        return f'<div class="expected-error" style="{style}">{body}</div>'


@contextlib.contextmanager
def expected_error(*codes: str) -> Iterator[ExpectedError]:
    """Run a block that AWS must refuse with one of `codes`, and show the error in a small box.

    Raises `EvidenceError` if the call succeeds, or fails with another error.
    """
    error = ExpectedError()
    wanted = " o ".join(codes)
    try:
        yield error
    except ClientError as refusal:
        details = refusal.response["Error"]
        error.code, error.message = details["Code"], details.get("Message", "")
        error.operation = refusal.operation_name
        error.status_code = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
        if error.code not in codes:
            raise EvidenceError(
                f"Se esperaba el error {wanted} y AWS ha respondido {error!r}. Si es el que buscas, escribe "
                f'expected_error("{error.code}"); si no, ejecuta el cuaderno desde su primera celda, que deja la nube '
                "como esta celda la espera."
            ) from refusal
        display(error)
    else:
        raise EvidenceError(
            f"Se esperaba el error {wanted} y la llamada ha funcionado. Ejecuta el cuaderno desde su primera celda, "
            "que deja la nube como esta celda la espera."
        )
