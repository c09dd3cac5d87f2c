"""Pass a request's body to a function URL's function as it was sent.

LocalStack writes a form's body anew, and takes for a form what curl sends without a Content-Type: '{"a": 1}' would
arrive as '%7B%22a%22%3A+1%7D='.
"""

from localstack.services.lambda_ import urlrouter
from rolo import Request


def install() -> None:
    """Make the function URLs read bodies so."""
    urlrouter.restore_payload = _body  # type: ignore[attr-defined]  # a patch


def _body(request: Request) -> bytes:
    return request.get_data()
