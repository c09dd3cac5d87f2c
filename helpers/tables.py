"""A boto3 response in, a pandas table out. Pure: nothing here calls AWS.

Times are the machine's local ones; columns that a response leaves out are empty. An empty response gives an
empty table with the same columns.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd


def buckets(response: Mapping[str, Any]) -> pd.DataFrame:
    """Return the buckets of a `list_buckets` response: Bucket, Creado."""
    rows = [(bucket["Name"], _local(bucket["CreationDate"])) for bucket in response["Buckets"]]
    return pd.DataFrame(rows, columns=["Bucket", "Creado"])


def objects(response: Mapping[str, Any]) -> pd.DataFrame:
    """Return the objects of a `list_objects_v2` response: Clave, Tamaño (bytes), Modificado."""
    rows = [(found["Key"], found["Size"], _local(found["LastModified"])) for found in response.get("Contents", [])]
    return pd.DataFrame(rows, columns=["Clave", "Tamaño (bytes)", "Modificado"])


def functions(response: Mapping[str, Any]) -> pd.DataFrame:
    """Return the functions of a `list_functions` response: Función, Runtime, Handler, ARN."""
    rows = [
        (found["FunctionName"], found["Runtime"], found["Handler"], found["FunctionArn"])
        for found in response["Functions"]
    ]
    return pd.DataFrame(rows, columns=["Función", "Runtime", "Handler", "ARN"])


def fields(mapping: Mapping[str, Any], *names: str) -> pd.DataFrame:
    """Return `mapping`, or only its keys `names`, as a table: Campo, Valor, Tipo.

    A name with dots, as in `requestContext.http.method`, is looked up in mappings inside mappings; one that is not
    there has an empty value.
    """
    rows = []
    for name in names or mapping:
        value = _look_up(mapping, name) if names else mapping[name]
        rows.append((name, "" if value is None else str(value), "" if value is None else type(value).__name__))
    return pd.DataFrame(rows, columns=["Campo", "Valor", "Tipo"])


def log_groups(response: Mapping[str, Any]) -> pd.DataFrame:
    """Return the groups of a `describe_log_groups` response: Grupo, Creado, Tamaño (bytes)."""
    rows = [
        (group["logGroupName"], _local_ms(group["creationTime"]), group.get("storedBytes"))
        for group in response["logGroups"]
    ]
    return pd.DataFrame(rows, columns=["Grupo", "Creado", "Tamaño (bytes)"])


def log_streams(response: Mapping[str, Any]) -> pd.DataFrame:
    """Return the streams of a `describe_log_streams` response: Flujo, Primer evento, Último evento."""
    rows = [
        (
            stream["logStreamName"],
            _local_ms(stream.get("firstEventTimestamp")),
            _local_ms(stream.get("lastEventTimestamp")),
        )
        for stream in response["logStreams"]
    ]
    return pd.DataFrame(rows, columns=["Flujo", "Primer evento", "Último evento"])


def log_events(responses: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the events of some `get_log_events` responses, in order: Hora, Mensaje."""
    rows = [
        # Lambda joins the lines of one event with carriage returns.
        (_local_ms(event["timestamp"]), event["message"].rstrip("\n").replace("\r", "\n"))
        for response in responses
        for event in response["events"]
    ]
    return pd.DataFrame(rows, columns=["Hora", "Mensaje"])


def http(response) -> pd.DataFrame:
    """Return a `requests` response as a table: Estado, Tipo, Cuerpo."""
    status = f"{response.status_code} {response.reason}"
    return pd.DataFrame(
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
