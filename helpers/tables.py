"""boto3 responses as pandas tables. Pure: nothing here calls AWS.

Times are in the machine's time zone; fields that a response leaves out are empty. An empty response gives an empty
table with the same columns, which a notebook shows as a sentence.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import requests

__all__ = [
    "Table",
    "align_left",
    "buckets",
    "deployments",
    "fields",
    "function_of",
    "functions",
    "http",
    "items",
    "key_schema",
    "log_events",
    "log_groups",
    "log_streams",
    "objects",
    "prefixes",
    "rest_apis",
    "routes",
    "services",
    "stages",
    "table",
]

LINE_SEPARATOR = "\u2028"
REQUEST = re.compile(r"START RequestId: (\S+)")
# Of the 36 characters of a request id: enough to tell a few invocations apart and leave room for the messages.
SHOWN_FIGURES = 8
LEVEL = re.compile(r"\[(DEBUG|INFO|WARNING|ERROR|CRITICAL)\]")
# Output tokens of botocore's paginators: a response that has one is one page of several.
NEXT_PAGE = ("NextContinuationToken", "ContinuationToken", "LastEvaluatedKey", "nextToken", "NextMarker", "position")


class Table(pd.DataFrame):
    """A data frame that a notebook shows in full, without row numbers or truncation.

    `attrs["next_page"]` names the token of a response that is one page of several; the notebook shows that too.
    """

    @property
    def _constructor(self) -> type["Table"]:
        return Table

    def _repr_html_(self) -> str:
        if self.empty:
            return "<p><em>No hay ningún resultado.</em></p>" + self._note()
        # pandas would write line ends and tabs as \n and \t, and times to the microsecond.
        texts = {name: _text for name in self.columns if not pd.api.types.is_numeric_dtype(self[name])}
        # A $ in a cell is data ($LATEST, $default), but JupyterLab would render two of them as a formula.
        with pd.option_context("display.max_colwidth", None, "display.html.use_mathjax", False):
            html = self.to_html(index=False, border=0, na_rep="", formatters=texts)
        return align_left(html.replace(LINE_SEPARATOR, "<br>")) + self._note()

    def _note(self) -> str:
        token = self.attrs.get("next_page")
        if not token:
            return ""
        return (
            f"<p><strong>Es solo una página de la respuesta: AWS tiene más</strong> (ha enviado <code>{token}</code>). "
            "Para verlo todo, el paginador del cliente: "
            "<code>get_paginator(…).paginate(…).build_full_result()</code>.</p>"
        )


def _text(value: Any) -> str:
    """Return a cell's value as text with its line ends marked; empty for a missing value."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds" if value.microsecond else "seconds")
    return str(value).replace("\n", LINE_SEPARATOR).replace("\t", "  ")


def align_left(html: str) -> str:
    """Return an HTML table with its cells aligned to the left, because JupyterLab aligns them to the right."""
    return re.sub(r"<(td|th)>", r'<\1 style="text-align: left">', html)


def table(rows: Iterable[Any], columns: list[str], response: Mapping[str, Any] | None = None) -> Table:
    """Return `rows`, each with a value per column, as a table; `response` says whether they are one page of several."""
    made = Table(list(rows), columns=columns)
    made.attrs["next_page"] = next((name for name in NEXT_PAGE if (response or {}).get(name)), None)
    return made


def buckets(response: Mapping[str, Any]) -> Table:
    """Return the buckets of a `list_buckets` response: Bucket, Creado."""
    rows = [(bucket["Name"], _local(bucket["CreationDate"])) for bucket in response["Buckets"]]
    return table(rows, columns=["Bucket", "Creado"], response=response)


def objects(response: Mapping[str, Any]) -> Table:
    """Return the objects of a `list_objects_v2` response: Clave, Tamaño (bytes), Modificado."""
    rows = [(found["Key"], found["Size"], _local(found["LastModified"])) for found in response.get("Contents", [])]
    return table(rows, columns=["Clave", "Tamaño (bytes)", "Modificado"], response=response)


def prefixes(response: Mapping[str, Any]) -> Table:
    """Return the common prefixes of a `list_objects_v2` response with a delimiter: Prefijo común."""
    rows = [(found["Prefix"],) for found in response.get("CommonPrefixes", [])]
    return table(rows, columns=["Prefijo común"], response=response)


def functions(response: Mapping[str, Any]) -> Table:
    """Return the functions of a `list_functions` response: Función, Runtime, Handler, ARN."""
    rows = [
        (found["FunctionName"], found["Runtime"], found["Handler"], found["FunctionArn"])
        for found in response["Functions"]
    ]
    return table(rows, columns=["Función", "Runtime", "Handler", "ARN"], response=response)


def fields(mapping: Mapping[str, Any], *names: str) -> Table:
    """Return `mapping`, or only its keys `names`, as a table: Campo, Valor, Tipo.

    A name with dots, as in `requestContext.http.method`, is looked up in nested mappings; a missing one has an empty
    value.
    """
    rows = []
    for name in names or mapping:
        value = _look_up(mapping, name) if names else mapping[name]
        rows.append((name, "" if value is None else str(value), "" if value is None else type(value).__name__))
    return table(rows, columns=["Campo", "Valor", "Tipo"])


def log_groups(response: Mapping[str, Any]) -> Table:
    """Return the groups of a `describe_log_groups` response: Grupo, Creado."""
    rows = [(group["logGroupName"], _local_ms(group["creationTime"])) for group in response["logGroups"]]
    return table(rows, columns=["Grupo", "Creado"], response=response)


def log_streams(response: Mapping[str, Any]) -> Table:
    """Return the streams of a `describe_log_streams` response: Flujo, Primer evento, Último evento."""
    rows = [
        (
            stream["logStreamName"],
            _local_ms(stream.get("firstEventTimestamp")),
            _local_ms(stream.get("lastEventTimestamp")),
        )
        for stream in response["logStreams"]
    ]
    return table(rows, columns=["Flujo", "Primer evento", "Último evento"], response=response)


def log_events(responses: Iterable[Mapping[str, Any]]) -> Table:
    """Return the events of `get_log_events` or `filter_log_events` responses, in order.

    Columns: Hora, Petición (the first eight characters of the request id in the START message, which has it in full),
    Nivel (as in `[ERROR]`), Mensaje.
    """
    responses, rows = list(responses), []
    for response in responses:
        requests_of: dict[str, str] = {}  # by stream: one response may hold several
        for event in response["events"]:
            stream, message = event.get("logStreamName", ""), event["message"]
            if started := REQUEST.match(message):
                requests_of[stream] = started[1][:SHOWN_FIGURES]
            level = LEVEL.match(message)
            # Lambda joins the lines of one event with carriage returns.
            text = message.rstrip("\n").replace("\r", "\n")
            rows.append((_local_ms(event["timestamp"]), requests_of.get(stream, ""), level[1] if level else "", text))
    return table(rows, columns=["Hora", "Petición", "Nivel", "Mensaje"], response=responses[-1] if responses else None)


def services(health: Mapping[str, Any]) -> Table:
    """Return the services in LocalStack's health answer, running ones first: Servicio, Estado."""
    states = sorted(health["services"].items(), key=lambda item: (item[1] != "running", item))
    return table(states, columns=["Servicio", "Estado"])


def rest_apis(response: Mapping[str, Any]) -> Table:
    """Return the APIs of a `get_rest_apis` response: API, Id, Creado."""
    rows = [(api["name"], api["id"], _local(api["createdDate"])) for api in response["items"]]
    return table(rows, columns=["API", "Id", "Creado"], response=response)


def routes(response: Mapping[str, Any]) -> Table:
    """Return a `get_resources` response as routes x methods x integrations.

    Columns: Ruta, Id, Método, Autorización, Integración, Función. A route without methods has one row; the call
    needs `embed=["methods"]` for AWS to include methods and integrations.
    """
    rows = []
    for resource in sorted(response["items"], key=lambda resource: resource["path"]):
        methods = resource.get("resourceMethods") or {"": {}}
        for name, method in methods.items():
            integration = method.get("methodIntegration", {})
            authorization = method.get("authorizationType", "")
            kind = integration.get("type", "")
            rows.append((resource["path"], resource["id"], name, authorization, kind, function_of(method)))
    return table(rows, columns=["Ruta", "Id", "Método", "Autorización", "Integración", "Función"], response=response)


def function_of(method: Mapping[str, Any]) -> str:
    """Return the name of the function that a `get_resources` method is integrated with, or an empty string."""
    uri: str = method.get("methodIntegration", {}).get("uri", "")
    return uri.removesuffix("/invocations").rpartition("/functions/")[2].rpartition(":")[2]


def deployments(response: Mapping[str, Any]) -> Table:
    """Return the deployments of a `get_deployments` response, oldest first: Despliegue, Creado."""
    ordered = sorted(response["items"], key=lambda deployment: deployment["createdDate"])
    rows = [(deployment["id"], _local(deployment["createdDate"])) for deployment in ordered]
    return table(rows, columns=["Despliegue", "Creado"], response=response)


def stages(response: Mapping[str, Any]) -> Table:
    """Return the stages of a `get_stages` response: Etapa, Despliegue, Actualizada."""
    rows = [(stage["stageName"], stage["deploymentId"], _local(stage["lastUpdatedDate"])) for stage in response["item"]]
    return table(rows, columns=["Etapa", "Despliegue", "Actualizada"])


def key_schema(response: Mapping[str, Any]) -> Table:
    """Return the attributes of a table in a `describe_table` response: Atributo, Tipo, Papel en la clave."""
    description = response["Table"]
    roles = {key["AttributeName"]: key["KeyType"] for key in description["KeySchema"]}
    rows = [
        (attribute["AttributeName"], attribute["AttributeType"], roles.get(attribute["AttributeName"], ""))
        for attribute in description["AttributeDefinitions"]
    ]
    return table(rows, columns=["Atributo", "Tipo", "Papel en la clave"])


def items(response: Mapping[str, Any]) -> Table:
    """Return the items of a `scan` or `get_item` response, a column per attribute, each value with its type.

    A cell looks like `pipo (S)`; it is empty if the item lacks the attribute.
    """
    found = response["Items"] if "Items" in response else [response[key] for key in ("Item",) if key in response]
    names = sorted({name for item in found for name in item}, key=lambda name: (name != "User", name))
    rows = [[_typed(item[name]) if name in item else "" for name in names] for item in found]
    return table(rows, columns=names, response=response)


def http(*responses: requests.Response) -> Table:
    """Return `requests` responses as a table: Estado, Tipo, Cuerpo."""
    rows = [
        (f"{response.status_code} {response.reason}", response.headers.get("Content-Type", ""), response.text)
        for response in responses
    ]
    return table(rows, columns=["Estado", "Tipo", "Cuerpo"])


def _typed(value: Mapping[str, Any]) -> str:
    """Return a DynamoDB value, such as {"S": "pipo"}, with its type."""
    ((kind, content),) = value.items()
    return f"{content} ({kind})"


def _look_up(mapping: Mapping[str, Any], dotted: str) -> Any:
    if dotted in mapping:
        return mapping[dotted]
    first, _, rest = dotted.partition(".")
    inner = mapping.get(first)
    return _look_up(inner, rest) if rest and isinstance(inner, Mapping) else None


def _local(moment: datetime) -> datetime:
    """Return a time with a time zone as local time, to the second."""
    return moment.astimezone().replace(tzinfo=None, microsecond=0)


def _local_ms(epoch_ms: int | None) -> datetime | None:
    """Return milliseconds since the epoch as local time."""
    return None if epoch_ms is None else datetime.fromtimestamp(epoch_ms / 1000).astimezone().replace(tzinfo=None)
