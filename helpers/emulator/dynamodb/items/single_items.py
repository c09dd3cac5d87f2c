"""PutItem, UpdateItem, DeleteItem and GetItem, each after its page of the API reference."""

from collections.abc import Callable

from localstack.aws.api import RequestContext
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.items.capacity import Usage, put_metrics, read_units
from helpers.emulator.dynamodb.items.expressions import Expressions, check_parameters
from helpers.emulator.dynamodb.items.keys import check_key, check_paths
from helpers.emulator.dynamodb.items.legacy import check_attributes_to_get
from helpers.emulator.dynamodb.items.projection import projected
from helpers.emulator.dynamodb.items.request_errors import counted_errors
from helpers.emulator.dynamodb.items.request_rules import check_request
from helpers.emulator.dynamodb.items.store import WRITING, find_table, read
from helpers.emulator.dynamodb.items.syntax import Path
from helpers.emulator.dynamodb.items.values import Item, checked_item, item_bytes
from helpers.emulator.dynamodb.items.writes import Write, read_delete, read_put, read_update, store
from helpers.emulator.dynamodb.operations import Request, Response, instead


@instead("PutItem")
def put_item(request: Request, context: RequestContext) -> Response:
    """Answer PutItem; "PutItem"."""
    return _write(read_put, request, context)


@instead("UpdateItem")
def update_item(request: Request, context: RequestContext) -> Response:
    """Answer UpdateItem; "UpdateItem"."""
    return _write(read_update, request, context)


@instead("DeleteItem")
def delete_item(request: Request, context: RequestContext) -> Response:
    """Answer DeleteItem; "DeleteItem"."""
    return _write(read_delete, request, context)


def _write(read_change: Callable[[Request], Write], request: Request, context: RequestContext) -> Response:
    check_request(request)
    with counted_errors():
        change = read_change(request)
    table = find_table(context, request["TableName"])
    key = change.check(table)
    with WRITING:
        old = read(table, key)
        change.check_condition(old)
        new = change.result(table, old)
        store(table, key, new)
    response: Response = {}
    if attributes := _returned(change, request.get("ReturnValues"), old, new):
        response["Attributes"] = attributes
    usage = Usage(request)
    usage.add_write(table, old, new)
    usage.put_in(response)
    put_metrics(response, request, [(table, table.name, key)])
    return response


def _returned(change: Write, wanted: str | None, old: Item | None, new: Item | None) -> Item | None:
    """Return what `ReturnValues` asks for; "UpdateItem", ReturnValues."""
    match wanted:
        case "ALL_OLD":
            return old
        case "ALL_NEW":
            return new
        case "UPDATED_OLD":
            return projected(old or {}, [one.path for one in change.changes])
        case "UPDATED_NEW":
            return projected(new or {}, [one.path for one in change.changes])
    return None


@instead("GetItem")
def get_item(request: Request, context: RequestContext) -> Response:
    """Answer GetItem; "GetItem"."""
    check_request(request)
    key, paths = read_get(request)
    table = find_table(context, request["TableName"])
    item = get(table, key, paths)
    response: Response = {}
    if item is not None:
        response["Item"] = item if paths is None else projected(item, paths)
    usage = Usage(request)
    usage.add(table, read_units(item_bytes(item or {}), request.get("ConsistentRead")))
    usage.put_in(response)
    return response


def read_get(request: Request) -> tuple[Item, list[Path] | None]:
    """Return the key that is asked for and the paths to keep, None for all; raises AWS's error if it is wrong."""
    check_parameters(request, ("ProjectionExpression",), ("AttributesToGet",))
    key = checked_item(request["Key"])
    return key, read_projected_paths(request)


def read_projected_paths(request: Request) -> list[Path] | None:
    """Return the paths of the projection, or of AttributesToGet; None for all."""
    check_attributes_to_get(request.get("AttributesToGet"))
    paths = Expressions(request).projection
    if (names := request.get("AttributesToGet")) is not None:
        return [Path((name,)) for name in names]
    return paths


def get(table: Table, key: Item, paths: list[Path] | None) -> Item | None:
    """Return the whole item; raises AWS's error for a key or for paths that are not the table's."""
    check_key(table, key)
    check_paths(table, paths or ())
    return read(table, key)
