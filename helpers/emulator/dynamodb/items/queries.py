"""Query and Scan, each after its page of the API reference."""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from localstack.aws.api import RequestContext
from moto.dynamodb.models.table import SecondaryIndex, Table

from helpers.emulator.dynamodb.items.capacity import Usage, in_index, index_names, read_units
from helpers.emulator.dynamodb.items.comparison import sort_value
from helpers.emulator.dynamodb.items.conditions import holds
from helpers.emulator.dynamodb.items.expressions import Expressions, check_parameters
from helpers.emulator.dynamodb.items.key_conditions import (
    check_key_condition,
    check_number_of_conditions,
    hash_value,
    read_key_conditions,
)
from helpers.emulator.dynamodb.items.keys import check_paths
from helpers.emulator.dynamodb.items.legacy import check_attributes_to_get, read_conditions
from helpers.emulator.dynamodb.items.projection import projected
from helpers.emulator.dynamodb.items.request_rules import check_request
from helpers.emulator.dynamodb.items.selection import (
    check_limit,
    check_projected,
    check_segments,
    check_select,
    check_start_in_table,
    check_start_length,
    check_start_part,
    find_queried_index,
    read_start_key,
)
from helpers.emulator.dynamodb.items.store import (
    attribute_types,
    everything,
    find_table,
    index_hash_names,
    index_key_names,
    is_global,
    key_names,
    partition,
)
from helpers.emulator.dynamodb.items.syntax import Call, Path, paths_in
from helpers.emulator.dynamodb.items.values import Item, Value, item_bytes
from helpers.emulator.dynamodb.operations import Request, Response, instead, validation_error

MAX_PAGE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """What a Query or a Scan reads: the table or its index, and which part of the items."""

    table: Table
    index: SecondaryIndex | None
    keys: list[str]  # of the index, or of the table
    paths: list[Path] | None
    condition: Call | None
    start: Item | None


@instead("Query")
def query(request: Request, context: RequestContext) -> Response:
    """Answer Query; "Query"."""
    check_request(request)
    check_limit(request, is_query=True)
    check_select(request, is_query=True)
    check_parameters(
        request,
        ("ProjectionExpression", "FilterExpression", "KeyConditionExpression"),
        ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"),
    )
    legacy = read_conditions(request.get("QueryFilter"), request.get("ConditionalOperator"))
    check_attributes_to_get(request.get("AttributesToGet"))
    start = read_start_key(request)
    if request.get("KeyConditions") is None and request.get("KeyConditionExpression") is None:
        raise validation_error(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    expressions = Expressions(request)
    conditions = read_key_conditions(request, expressions.key_condition)
    reading = _reading(request, context, expressions, legacy, start)
    table, keys = reading.table, reading.keys
    types = attribute_types(table)
    hashes = keys[:1] if reading.index is None else index_hash_names(reading.index)
    check_number_of_conditions(conditions, keys)
    if start is not None:
        check_start_length(table, start, keys, is_scan=False)
    for name in keys:
        if start is not None:
            check_start_part(table, start, name)
        check_key_condition(conditions, keys, hashes, name, types)
    on_range = [condition for name, condition in conditions.items() if name not in hashes]
    if start is not None:
        check_start_in_table(table, start)
        _check_start_in_query(start, [conditions[name] for name in hashes], on_range)
    check_paths(table, reading.paths or ())
    _check_filter(reading, "QueryFilter" if legacy else "Filter Expression")
    _check_projection(reading, request)
    check_paths(table, _filter_paths(reading))
    is_own = hashes == [table.hash_key_attr]
    items = (
        item
        for item in (partition(table, hash_value(conditions, hashes[0])) if is_own else everything(table))
        if all(holds(condition, item) for condition in conditions.values())
    )
    return _page(reading, items, request, is_reversed=request.get("ScanIndexForward") is False)


@instead("Scan")
def scan(request: Request, context: RequestContext) -> Response:
    """Answer Scan; "Scan"."""
    check_request(request)
    check_limit(request, is_query=False)
    check_select(request, is_query=False)
    check_parameters(
        request,
        ("ProjectionExpression", "FilterExpression"),
        ("AttributesToGet", "ScanFilter", "ConditionalOperator"),
    )
    check_attributes_to_get(request.get("AttributesToGet"))
    legacy = read_conditions(request.get("ScanFilter"), request.get("ConditionalOperator"))
    start = read_start_key(request)
    check_segments(request)
    reading = _reading(request, context, Expressions(request), legacy, start)
    if start is not None:
        check_start_length(reading.table, start, reading.keys, is_scan=True)
        for name in reading.keys if reading.index is not None else ():
            check_start_part(reading.table, start, name)
    _check_projection(reading, request)
    if start is not None:
        check_start_in_table(reading.table, start)
    check_paths(reading.table, [*(reading.paths or ()), *_filter_paths(reading)])
    segment, total = request.get("Segment"), request.get("TotalSegments") or 1
    items = (
        item
        for item in everything(reading.table)
        if total == 1 or _segment(item[reading.table.hash_key_attr], total) == segment
    )
    return _page(reading, items, request, is_reversed=False)


def _reading(
    request: Request, context: RequestContext, expressions: Expressions, legacy: Call | None, start: Item | None
) -> Reading:
    paths = expressions.projection
    if (names := request.get("AttributesToGet")) is not None:
        paths = [Path((name,)) for name in names]
    table = find_table(context, request["TableName"])
    index = find_queried_index(table, request)
    keys = key_names(table) if index is None else index_key_names(index)
    return Reading(table, index, keys, paths, expressions.filter or legacy, start)


def _check_start_in_query(start: Item, on_hash: list[Call], on_range: list[Call]) -> None:
    if not all(holds(condition, start) for condition in on_range):
        raise validation_error("The provided starting key does not match the range key predicate")
    if not all(holds(condition, start) for condition in on_hash):
        raise validation_error(
            "The query can return at most one row and cannot be restarted"
            if on_range
            else "The provided starting key is outside query boundaries based on provided conditions"
        )


def _filter_paths(reading: Reading) -> list[Path]:
    return list(paths_in(reading.condition)) if reading.condition else []


def _check_filter(reading: Reading, what: str) -> None:
    """Raise AWS's error for a filter on the key, which only the key condition may be about."""
    heads = {path.parts[0] for path in _filter_paths(reading)}
    for name in reading.keys:
        if name in heads:
            raise validation_error(f"{what} can only contain non-primary key attributes: Primary key attribute: {name}")


def _check_projection(reading: Reading, request: Request) -> None:
    if reading.index is not None:
        check_projected(reading.table, reading.index, request, reading.paths)


def _segment(value: Value, total: int) -> int:
    return zlib.crc32(repr(value).encode()) % total


def _order(names: Iterable[str]) -> Callable[[Item], tuple[Any, ...]]:
    ordered = list(dict.fromkeys(names))
    return lambda item: tuple(sort_value(item[name]) for name in ordered)


def _page(reading: Reading, items: Iterable[Item], request: Request, is_reversed: bool) -> Response:
    """Return the response with the items from the start key on, up to the limit or 1 MB of them.

    "Paginating table query results in DynamoDB": a page that ends at its limit tells where, even if nothing follows.
    """
    table, index = reading.table, reading.index
    names = dict.fromkeys([*reading.keys, *key_names(table)])
    order = _order(names)
    types = attribute_types(table)
    found = [item for item in items if all(name in item and types[name] in item[name] for name in reading.keys)]
    found.sort(key=order, reverse=is_reversed)
    if reading.start is not None:
        first = order(reading.start)
        found = [item for item in found if (order(item) < first if is_reversed else order(item) > first)]
    limit, size, read = request.get("Limit"), 0, 0
    response: Response = {}
    kept: list[Item] = []
    fetches = index is not None and _fetches(reading, request)
    usage, fetched = Usage(request), 0.0
    for item in found:
        held = item if index is None else in_index(table, index, item)
        entry = item if fetches else held
        size += item_bytes(held)
        read += 1
        fetched += read_units(item_bytes(item), request.get("ConsistentRead")) if fetches else 0.0
        if reading.condition is None or holds(reading.condition, entry):
            kept.append(entry if reading.paths is None else projected(entry, reading.paths))
        if read == limit or size >= MAX_PAGE_BYTES:
            response["LastEvaluatedKey"] = {name: item[name] for name in names}
            break
    if request.get("Select") != "COUNT":
        response["Items"] = kept
    response |= {"Count": len(kept), "ScannedCount": read}
    usage.add(table, read_units(size, request.get("ConsistentRead")), index)
    if fetches:
        usage.add(table, fetched)
    usage.put_in(response)
    return response


def _fetches(reading: Reading, request: Request) -> bool:
    """Tell whether a local index has to fetch from the table what it does not hold; "Local secondary indexes"."""
    table, index = reading.table, reading.index
    names = None if index is None or is_global(table, index) else index_names(table, index)
    if names is None:
        return False
    return request.get("Select") == "ALL_ATTRIBUTES" or any(path.parts[0] not in names for path in reading.paths or ())
