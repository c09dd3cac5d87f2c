"""TransactGetItems and TransactWriteItems, each after its page of the API reference.

"Amazon DynamoDB transactions: how it works": all or nothing, and why not is told by items, in their order.
"""

import time
from typing import Any, cast

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.dynamodb import (
    ConditionalCheckFailedException,
    IdempotentParameterMismatchException,
    TransactionCanceledException,
)
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.items.capacity import Usage, put_metrics, read_units
from helpers.emulator.dynamodb.items.keys import NOT_VALID
from helpers.emulator.dynamodb.items.projection import projected
from helpers.emulator.dynamodb.items.request_rules import check_enumerations, check_length, check_request
from helpers.emulator.dynamodb.items.single_items import get, read_get
from helpers.emulator.dynamodb.items.store import WRITING, find_table, read
from helpers.emulator.dynamodb.items.values import Item, item_bytes
from helpers.emulator.dynamodb.items.writes import Write, read_check, read_delete, read_put, read_update, store
from helpers.emulator.dynamodb.operations import Request, Response, instead, validation_error

MAX_ACTIONS = 100
MAX_BYTES = 4 * 1024 * 1024
TOKEN_LASTS_S = 600
READERS = {"Put": read_put, "Update": read_update, "Delete": read_delete, "ConditionCheck": read_check}

type Reason = dict[str, Any]
NO_REASON: Reason = {"Code": "None"}

# What was asked with each account, region and token, and until when that counts.
_answered: dict[tuple[str, str, str], tuple[float, list[Request]]] = {}


@instead("TransactGetItems")
def transact_get_items(request: Request, context: RequestContext) -> Response:
    """Answer TransactGetItems; "TransactGetItems"."""
    check_enumerations(request)
    check_length(request["TransactItems"], "transactItems", MAX_ACTIONS)
    wanted = []
    for one in request["TransactItems"]:
        check_request(one["Get"])
        key, paths = read_get(one["Get"])
        wanted.append((find_table(context, one["Get"]["TableName"]), key, paths))
    _check_different([(table, key) for table, key, _ in wanted])
    usage, responses, reasons = Usage(request, "Read"), [], []
    for table, key, paths in wanted:
        try:
            item = get(table, key, paths)
        except CommonServiceException as error:
            reasons.append(reason_of(error))
            continue
        reasons.append(NO_REASON)
        usage.add(table, read_units(item_bytes(item or {}), consistent=True))
        responses.append({} if item is None else {"Item": item if paths is None else projected(item, paths)})
    cancel(reasons)
    response: Response = {"Responses": responses}
    usage.put_in(response, many=True)
    return response


@instead("TransactWriteItems")
def transact_write_items(request: Request, context: RequestContext) -> Response:
    """Answer TransactWriteItems; "TransactWriteItems"."""
    check_enumerations(request)
    check_length(request["TransactItems"], "transactItems", MAX_ACTIONS)
    wanted = [(action["TableName"], write) for action, write in map(_read_action, request["TransactItems"])]
    actions = [(find_table(context, name), write) for name, write in wanted]
    with WRITING:
        is_repeated = _check_token(request, context)
        checked = [_checked_key(table, write) for table, write in actions]
        cancel([reason for _, reason in checked])
        located = [(table, key, write) for (table, write), (key, _) in zip(actions, checked, strict=True)]
        _check_different([(table, key) for table, key, _ in located])
        usage = Usage(request, "Read" if is_repeated else "Write")
        if is_repeated:
            for table, key, _ in located:
                usage.add(table, read_units(item_bytes(read(table, key) or {}), consistent=True))
        else:
            write_all(located, usage)
            _remember(request, context)
    response: Response = {}
    usage.put_in(response, many=True)
    written = zip(located, wanted, strict=True)
    put_metrics(
        response,
        request,
        [(table, name, key) for (table, key, write), (name, _) in written if write.kind != "ConditionCheck"],
    )
    return response


def write_all(writes: list[tuple[Table, Item, Write]], usage: Usage) -> None:
    """Do all the writes, or none; raises AWS's error with the reasons."""
    results, reasons = [], []
    for table, key, write in writes:
        old = read(table, key)
        try:
            write.check_condition(old)
            results.append((table, key, old, write.result(table, old)))
            reasons.append(NO_REASON)
        except (CommonServiceException, ConditionalCheckFailedException) as error:
            reasons.append(reason_of(error))
    cancel(reasons)
    if sum(item_bytes(new or old or {}) for _, _, old, new in results) > MAX_BYTES:
        raise validation_error("The total size of the items in the transaction exceeds the maximum allowed size")
    for (table, key, old, new), (_, _, write) in zip(results, writes, strict=True):
        if write.kind != "ConditionCheck":
            store(table, key, new)
        usage.add_write(table, old, new)


def _read_action(action: dict[str, Request]) -> tuple[Request, Write]:
    if len(action) != 1:
        raise validation_error(
            "TransactItems can only contain one of Check, Put, Update or Delete"
            if action
            else "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"
        )
    ((kind, request),) = action.items()
    check_request(request)
    return request, READERS[kind](request)


def _checked_key(table: Table, write: Write) -> tuple[Item, Reason]:
    try:
        return write.check(table), NO_REASON
    except CommonServiceException as error:
        if error.message.startswith(NOT_VALID):  # an empty key: the request's fault, not the item's
            raise
        return {}, reason_of(error)


def reason_of(error: Any) -> Reason:
    """Return why an item's part of a transaction cannot be done, from the error of doing it."""
    if isinstance(error, ConditionalCheckFailedException):
        item = getattr(error, "Item", None)
        return {"Code": "ConditionalCheckFailed", "Message": error.message} | ({"Item": item} if item else {})
    code = "DuplicateItem" if error.code == "DuplicateItemException" else "ValidationError"
    return {"Code": code, "Message": error.message}


def cancel(reasons: list[Reason]) -> None:
    """Raise AWS's error if there is a reason."""
    codes = [reason["Code"] for reason in reasons]
    if any(code != "None" for code in codes):
        cancelled = TransactionCanceledException(
            f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
        )
        cancelled.CancellationReasons = cast(Any, reasons)
        raise cancelled


def _check_different(items: list[tuple[Table, Item]]) -> None:
    seen = set()
    for table, key in items:
        seen.add((table.table_arn, repr(sorted(key.items(), key=lambda one: one[0]))))
    if len(seen) < len(items):
        raise validation_error("Transaction request cannot include multiple operations on one item")


def _check_token(request: Request, context: RequestContext) -> bool:
    """Tell whether the request was done before with this token; raises AWS's error if another was."""
    now = time.monotonic()
    for key in [key for key, (until, _) in _answered.items() if until < now]:
        del _answered[key]
    before = _answered.get(_token(request, context))
    if before is not None and before[1] != request["TransactItems"]:
        raise IdempotentParameterMismatchException(
            "DynamoDB rejected the request because you retried a request with a different payload but with an "
            "idempotent token that was already used."
        )
    return before is not None


def _remember(request: Request, context: RequestContext) -> None:
    if request.get("ClientRequestToken"):
        until = time.monotonic() + TOKEN_LASTS_S
        _answered[_token(request, context)] = until, request["TransactItems"]


def _token(request: Request, context: RequestContext) -> tuple[str, str, str]:
    return context.account_id, context.region, request.get("ClientRequestToken") or ""
