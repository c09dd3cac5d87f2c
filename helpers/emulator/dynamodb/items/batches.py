"""BatchGetItem and BatchWriteItem, each after its page of the API reference."""

from typing import Any

from localstack.aws.api import RequestContext

from helpers.emulator.dynamodb.items.capacity import Usage, put_metrics, read_units
from helpers.emulator.dynamodb.items.expressions import check_parameters
from helpers.emulator.dynamodb.items.keys import check_key
from helpers.emulator.dynamodb.items.projection import projected
from helpers.emulator.dynamodb.items.request_rules import check_enumerations, check_length, one_failure
from helpers.emulator.dynamodb.items.single_items import get, read_projected_paths
from helpers.emulator.dynamodb.items.store import WRITING, find_table, key_names, read
from helpers.emulator.dynamodb.items.values import Item, checked_item, item_bytes
from helpers.emulator.dynamodb.items.writes import Write, read_delete, read_put, store
from helpers.emulator.dynamodb.operations import Request, Response, instead, validation_error

MAX_GETS, MAX_WRITES = 100, 25
MAX_RESPONSE_BYTES = 16 * 1024 * 1024


@instead("BatchGetItem")
def batch_get_item(request: Request, context: RequestContext) -> Response:
    """Answer BatchGetItem; "BatchGetItem"."""
    check_enumerations(request)
    batches = _batches(request, "BatchGetItem")
    for name, batch in batches.items():
        check_length(batch["Keys"], f"requestItems.{name}.member.keys")
        if len(batch["Keys"]) > MAX_GETS:
            raise validation_error(
                f"1 validation error detected: Value at 'RequestItems.{name}.member.Keys' failed to satisfy "
                f"constraint: Member must have length less than or equal to {MAX_GETS}"
            )
    wanted = []
    for name, batch in batches.items():
        check_parameters(batch, ("ProjectionExpression",), ("AttributesToGet",))
        paths = read_projected_paths(batch)
        keys = [checked_item(key) for key in batch["Keys"]]
        _check_different(keys)
        wanted.append((name, batch, paths, keys))
    if sum(len(keys) for _, _, _, keys in wanted) > MAX_GETS:
        raise validation_error("Too many items requested for the BatchGetItem call")
    response: Response = {"Responses": {}, "UnprocessedKeys": {}}
    usage, size = Usage(request), 0
    for name, batch, paths, keys in wanted:
        table, found = find_table(context, name), response["Responses"].setdefault(name, [])
        for key in keys:
            item = get(table, key, paths)
            size += item_bytes(item or {})
            if size > MAX_RESPONSE_BYTES:
                response["UnprocessedKeys"].setdefault(name, {**batch, "Keys": []})["Keys"].append(key)
                continue
            usage.add(table, read_units(item_bytes(item or {}), batch.get("ConsistentRead")))
            if item is not None:
                found.append(item if paths is None else projected(item, paths))
    usage.put_in(response, many=True)
    return response


@instead("BatchWriteItem")
def batch_write_item(request: Request, context: RequestContext) -> Response:
    """Answer BatchWriteItem; "BatchWriteItem"."""
    check_enumerations(request)
    batches = _batches(request, "BatchWriteItem")
    for name, batch in batches.items():
        if not 1 <= len(batch) <= MAX_WRITES:
            raise one_failure(
                f"'{{{name}=[{', '.join(map(str, batch))}]}}'",
                "requestItems",
                f"Map value must satisfy constraint: [Member must have length less than or equal to {MAX_WRITES}, "
                "Member must have length greater than or equal to 1]",
            )
    wanted = [(name, list(map(_read_write, batch))) for name, batch in batches.items()]
    if sum(len(writes) for _, writes in wanted) > MAX_WRITES:
        raise validation_error("Too many items requested for the BatchWriteItem call")
    located = []
    for name, writes in wanted:
        table = find_table(context, name)
        for write in writes:
            check_key(table, write.item, key_names(table))  # as for a key, though an item to put has more
        keys = [write.check(table) for write in writes]
        _check_different(keys)
        located += [(table, name, key, write) for key, write in zip(keys, writes, strict=True)]
    usage = Usage(request)
    with WRITING:
        for table, _, key, write in located:
            old = read(table, key)
            new = write.result(table, old)
            store(table, key, new)
            usage.add_write(table, old, new)
    response: Response = {"UnprocessedItems": {}}
    usage.put_in(response, many=True)
    put_metrics(response, request, [(table, name, key) for table, name, key, _ in located])
    return response


def _batches(request: Request, operation: str) -> dict[str, Any]:
    batches: dict[str, Any] = request.get("RequestItems") or {}
    if not batches:
        raise validation_error(f"The requestItems parameter is required for {operation}")
    return batches


def _read_write(request: Request) -> Write:
    match request:
        case {"PutRequest": put, **rest} if not rest:
            return read_put(put)
        case {"DeleteRequest": delete, **rest} if not rest:
            return read_delete(delete)
    raise validation_error(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    )


def _check_different(keys: list[Item]) -> None:
    if any(key in keys[:number] for number, key in enumerate(keys)):
        raise validation_error("Provided list of item keys contains duplicates")
