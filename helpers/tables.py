"""boto3 responses as pandas tables. Pure: nothing here calls AWS.

Times are in the machine's time zone; fields that a response leaves out are empty. An empty response gives an empty
table with the same columns, which a notebook shows as a sentence.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import requests

from helpers.rich_table import Table, align_left, table

__all__ = [
    "Table",
    "align_left",
    "buckets",
    "calls",
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

REQUEST = re.compile(r"START RequestId: (\S+)")
# Of the 36 characters of a request id: enough to tell a few invocations apart and leave room for the messages.
SHOWN_FIGURES = 8
# Of a call's parameters: more than this makes a row of the table a page.
MAX_PARAMETER = 120
# What the journal calls starts, stops and askers.
LIFE = {"start": "LocalStack arranca", "stop": "LocalStack se para"}
ASKERS = {"browser": "navegador"}
LEVEL = re.compile(r"\[(DEBUG|INFO|WARNING|ERROR|CRITICAL)\]")


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
    Nivel (as in `[ERROR]`; only if some event has one), Mensaje.
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
    last = responses[-1] if responses else None
    made = table(rows, columns=["Hora", "Petición", "Nivel", "Mensaje"], response=last)
    return made if made["Nivel"].any() else made.drop(columns="Nivel")


def services(health: Mapping[str, Any], *names: str) -> Table:
    """Return services in LocalStack's health answer: Servicio, Estado.

    They are those named, and a row that counts the others; or all, running ones first.
    """
    states = health["services"]
    rows = [(name, states[name]) for name in names] or sorted(
        states.items(), key=lambda one: (one[1] != "running", one)
    )
    if others := len(states) - len(rows):
        rows.append((f"otros {others}", ""))
    return table(rows, columns=["Servicio", "Estado"])


def rest_apis(response: Mapping[str, Any]) -> Table:
    """Return the APIs of a `get_rest_apis` response: API, Id, Creado."""
    rows = [(api.get("name", ""), api["id"], _local(api["createdDate"])) for api in response["items"]]
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


def calls(entries: Iterable[Any]) -> Table:
    """Return the calls of `lab.calls()` (`emulator.journal.Entry`): Nº, Hora, Quién, Operación, Con qué, Respuesta."""
    rows = []
    for entry in entries:
        given = ", ".join(f"{name}={_shown(value)}" for name, value in entry.parameters.items())
        what = f"{entry.service} {entry.name}".strip() or LIFE.get(entry.kind, "")
        answer = f"{entry.status or ''} {entry.error}{': ' if entry.message else ''}{entry.message}".strip()
        rows.append((entry.number or "", f"{_local_ms(entry.at_ms):%H:%M:%S}", _asker(entry), what, given, answer))
    made = table(rows, columns=["Nº", "Hora", "Quién", "Operación", "Con qué", "Respuesta"])
    made.attrs["empty"] = getattr(entries, "why_empty", "")
    return made


def _asker(entry: Any) -> str:
    return f"función {entry.function}" if entry.function else ASKERS.get(entry.asker, entry.asker)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_PARAMETER else f"{text[:MAX_PARAMETER]}…"


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
