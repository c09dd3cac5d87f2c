"""A client for the practice's API: one request to /user/{username}, and its answer."""

import os
from dataclasses import dataclass
from urllib.parse import quote

import requests

from helpers import diagram, own_calls
from helpers.errors import Si1p1Error
from helpers.practice.checkpoints import API, STAGE
from helpers.session import cell_errors
from helpers.session.terminal import curl_command
from helpers.tables import Table, table

METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")
TIMEOUT_S = 30


@dataclass(frozen=True)
class Exchange:
    """A request, as a `curl` command, and its answer; `elapsed_ms` is the time until it arrived.

    `why` explains an answer of 5xx, with the end of the function's log; empty for any other. `behind` is the drawing of
    what happened behind the request, as HTML; empty if the journal does not tell.
    """

    curl: str
    status: int
    reason: str
    headers: dict[str, str]
    body: str
    elapsed_ms: float
    why: str = ""
    behind: str = ""

    def table(self) -> Table:
        """Return the answer as a table: Campo, Valor."""
        rows = [
            ("Estado", f"{self.status} {self.reason}"),
            ("Tiempo", f"{self.elapsed_ms:.0f} ms"),
            ("Cuerpo", self.body),
            *([("Por qué", self.why)] if self.why else []),
            *(("Cabecera", f"{name}: {value}") for name, value in self.headers.items()),
        ]
        return table(rows, columns=["Campo", "Valor"])


def endpoint() -> str:
    """Return the URL of the route /user in the stage `dev`; raise `Si1p1Error` if nothing is deployed there."""
    client = own_calls.client("apigateway")
    for page in client.get_paginator("get_rest_apis").paginate():
        for api in page["items"]:
            stages = client.get_stages(restApiId=api["id"])["item"] if api.get("name") == API else []
            if STAGE in [stage["stageName"] for stage in stages]:
                return f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{api['id']}/{STAGE}/user"
    raise Si1p1Error(
        f"No hay ningún API «{API}» desplegado en la etapa «{STAGE}». Ejecuta las celdas de la sección 5 hasta su "
        "tarea de despliegue, o abre la 6, que empieza con el API hecho."
    )


def send(method: str, username: str, body: str = "") -> Exchange:
    """Send a request to /user/{username}, with `body` unchanged unless it is empty; raises requests' own errors."""
    cell_errors.begin()
    with requests.Session() as session:
        request = requests.Request(method, f"{endpoint()}/{quote(username, safe='')}", data=body.encode() or None)
        if body:
            request.headers["Content-Type"] = "application/json"
        prepared = session.prepare_request(request)
        answer = session.send(prepared, timeout=TIMEOUT_S)
    return Exchange(
        curl_command(prepared),
        answer.status_code,
        answer.reason,
        dict(answer.headers),
        answer.text,
        answer.elapsed.total_seconds() * 1000,
        "\n".join(cell_errors.failed_requests()) if answer.status_code >= 500 else "",
        _behind(answer),
    )


def _behind(answer: requests.Response) -> str:
    try:
        return diagram.request(answer)._repr_html_()
    except Si1p1Error:
        return ""
