"""A boto3 response in, a pandas table out. Pure: nothing here calls AWS.

Times are the machine's local ones; columns that a response leaves out are empty. An empty response gives an
empty table with the same columns, which a notebook shows in words.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd


class Table(pd.DataFrame):
    """A data frame that a notebook shows whole: no row numbers, and nothing cut short."""

    @property
    def _constructor(self) -> type["Table"]:
        return Table

    def _repr_html_(self) -> str:
        if self.empty:
            return "<p><em>No hay ningún resultado.</em></p>"
        # A $ in a cell is data ($LATEST, $default): JupyterLab would take two of them for a formula.
        with pd.option_context("display.max_colwidth", None, "display.html.use_mathjax", False):
            return self.to_html(index=False, border=0, na_rep="")


def table(rows: Iterable[Any], columns: list[str]) -> Table:
    """Return `rows`, each with a value per column, as a table."""
    return Table(list(rows), columns=columns)


def buckets(response: Mapping[str, Any]) -> Table:
    """Return the buckets of a `list_buckets` response: Bucket, Creado."""
    rows = [(bucket["Name"], _local(bucket["CreationDate"])) for bucket in response["Buckets"]]
    return table(rows, columns=["Bucket", "Creado"])


def objects(response: Mapping[str, Any]) -> Table:
    """Return the objects of a `list_objects_v2` response: Clave, Tamaño (bytes), Modificado."""
    rows = [(found["Key"], found["Size"], _local(found["LastModified"])) for found in response.get("Contents", [])]
    return table(rows, columns=["Clave", "Tamaño (bytes)", "Modificado"])


def prefixes(response: Mapping[str, Any]) -> Table:
    """Return the common prefixes of a `list_objects_v2` response with a delimiter: Prefijo común."""
    rows = [(found["Prefix"],) for found in response.get("CommonPrefixes", [])]
    return table(rows, columns=["Prefijo común"])


def functions(response: Mapping[str, Any]) -> Table:
    """Return the functions of a `list_functions` response: Función, Runtime, Handler, ARN."""
    rows = [
        (found["FunctionName"], found["Runtime"], found["Handler"], found["FunctionArn"])
        for found in response["Functions"]
    ]
    return table(rows, columns=["Función", "Runtime", "Handler", "ARN"])


def fields(mapping: Mapping[str, Any], *names: str) -> Table:
    """Return `mapping`, or only its keys `names`, as a table: Campo, Valor, Tipo.

    A name with dots, as in `requestContext.http.method`, is looked up in mappings inside mappings; one that is not
    there has an empty value.
    """
    rows = []
    for name in names or mapping:
        value = _look_up(mapping, name) if names else mapping[name]
        rows.append((name, "" if value is None else str(value), "" if value is None else type(value).__name__))
    return table(rows, columns=["Campo", "Valor", "Tipo"])


def log_groups(response: Mapping[str, Any]) -> Table:
    """Return the groups of a `describe_log_groups` response: Grupo, Creado."""
    rows = [(group["logGroupName"], _local_ms(group["creationTime"])) for group in response["logGroups"]]
    return table(rows, columns=["Grupo", "Creado"])


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
    return table(rows, columns=["Flujo", "Primer evento", "Último evento"])


def log_events(responses: Iterable[Mapping[str, Any]]) -> Table:
    """Return the events of some `get_log_events` responses, in order: Hora, Mensaje."""
    rows = [
        # Lambda joins the lines of one event with carriage returns.
        (_local_ms(event["timestamp"]), event["message"].rstrip("\n").replace("\r", "\n"))
        for response in responses
        for event in response["events"]
    ]
    return table(rows, columns=["Hora", "Mensaje"])


def http(response) -> Table:
    """Return a `requests` response as a table: Estado, Tipo, Cuerpo."""
    status = f"{response.status_code} {response.reason}"
    return table(
        [(status, response.headers.get("Content-Type", ""), response.text)], columns=["Estado", "Tipo", "Cuerpo"]
    )


def _look_up(mapping: Mapping[str, Any], dotted: str) -> Any:
    if dotted in mapping:
        return mapping[dotted]
    first, _, rest = dotted.partition(".")
    inner = mapping.get(first)
    return _look_up(inner, rest) if rest and isinstance(inner, Mapping) else None


def _local(moment: datetime) -> datetime:
    """Return a moment with a time zone as local time, to the second."""
    return moment.astimezone().replace(tzinfo=None, microsecond=0)


def _local_ms(epoch_ms: int | None) -> datetime | None:
    """Return milliseconds since the epoch as local time."""
    return None if epoch_ms is None else datetime.fromtimestamp(epoch_ms / 1000).astimezone().replace(tzinfo=None)
