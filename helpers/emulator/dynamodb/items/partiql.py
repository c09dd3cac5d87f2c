"""ExecuteStatement, BatchExecuteStatement and ExecuteTransaction, each after its page of the API reference."""

import base64
from typing import Any

from localstack.aws.api import RequestContext, ServiceException
from localstack.aws.api.dynamodb import DuplicateItemException
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.items.capacity import Usage, in_index, read_units
from helpers.emulator.dynamodb.items.comparison import sort_value
from helpers.emulator.dynamodb.items.conditions import find, holds
from helpers.emulator.dynamodb.items.partiql_reader import Statement, read_statement
from helpers.emulator.dynamodb.items.projection import projected
from helpers.emulator.dynamodb.items.request_rules import check_enumerations, check_length
from helpers.emulator.dynamodb.items.store import (
    WRITING,
    everything,
    find_index,
    find_table,
    index_key_names,
    key_names,
    read,
)
from helpers.emulator.dynamodb.items.syntax import Call, Constant, Path
from helpers.emulator.dynamodb.items.transactions import NO_REASON, cancel, reason_of, write_all
from helpers.emulator.dynamodb.items.values import Item, item_bytes
from helpers.emulator.dynamodb.items.writes import Write, store
from helpers.emulator.dynamodb.operations import Request, Response, instead, validation_error

MAX_STATEMENTS, MAX_BATCH = 100, 25
# How a batch calls the errors that are not of its own.
BATCH_CODES = {
    "ValidationException": "ValidationError",
    "ResourceNotFoundException": "ResourceNotFound",
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
}


@instead("ExecuteStatement")
def execute_statement(request: Request, context: RequestContext) -> Response:
    """Answer ExecuteStatement; "ExecuteStatement"."""
    check_enumerations(request)
    statement = _read(request)
    if statement.kind == "EXISTS":
        raise validation_error("EXISTS can only be used in ExecuteTransaction write requests.")
    usage = Usage(request)
    if statement.kind != "SELECT":
        response: Response = {"Items": _written(statement, request, context, usage)}
    else:
        response = _selected(statement, request, context, usage)
    usage.put_in(response)
    return response


@instead("BatchExecuteStatement")
def batch_execute_statement(request: Request, context: RequestContext) -> Response:
    """Answer BatchExecuteStatement; "BatchExecuteStatement"."""
    check_enumerations(request)
    check_length(request["Statements"], "statements", MAX_BATCH)
    usage = Usage(request)
    response: Response = {"Responses": [_one_of_batch(one, context, usage) for one in request["Statements"]]}
    usage.put_in(response, many=True)
    return response


def _one_of_batch(request: Request, context: RequestContext, usage: Usage) -> Response:
    response: Response = {}
    try:
        statement = _read(request)
        response["TableName"] = statement.table
        if statement.kind != "SELECT":
            found = _written(statement, request, context, usage)
        else:
            table = find_table(context, statement.table)
            if statement.index or not _key(statement, table):
                raise _needs_key("BatchExecuteStatement")
            found = _selected(statement, {}, context, usage)["Items"]
    except ServiceException as error:
        response["Error"] = {"Code": BATCH_CODES.get(error.code, error.code), "Message": error.message}
        if item := getattr(error, "Item", None):
            response["Error"]["Item"] = item
        return response
    return response | ({"Item": found[0]} if found else {})


@instead("ExecuteTransaction")
def execute_transaction(request: Request, context: RequestContext) -> Response:
    """Answer ExecuteTransaction; "ExecuteTransaction"."""
    check_enumerations(request)
    check_length(request["TransactStatements"], "transactStatements", MAX_STATEMENTS)
    statements = [(_read(one), one) for one in request["TransactStatements"]]
    if len({statement.kind == "SELECT" for statement, _ in statements}) > 1:
        raise validation_error("Unsupported operation in transaction.")
    if statements[0][0].kind == "SELECT":
        usage = Usage(request, "Read")
        for statement, _ in statements:
            if statement.index or not _key(statement, find_table(context, statement.table)):
                raise _needs_key("ExecuteTransaction")
        found = [_selected(statement, {}, context, usage)["Items"] for statement, _ in statements]
        responses = [{"Item": items[0]} if items else {} for items in found]
    else:
        usage, responses = Usage(request, "Write"), []
        _write_together([_prepared(statement, one, context) for statement, one in statements], usage)
    response: Response = {"Responses": responses}
    usage.put_in(response, many=True)
    return response


def _write_together(writes: list[tuple[Table, Item, Write]], usage: Usage) -> None:
    with WRITING:
        reasons = []
        for table, key, write in writes:
            is_duplicate = write.kind == "Put" and read(table, key) is not None
            reasons.append(reason_of(_duplicate()) if is_duplicate else NO_REASON)
        cancel(reasons)
        write_all(writes, usage)


def _read(request: Request) -> Statement:
    check_length(request.get("Parameters"), "parameters")
    return read_statement(request["Statement"], request.get("Parameters") or ())


def _needs_key(operation: str) -> Exception:
    return validation_error(f"Select statements within {operation} must specify the primary key in the where clause.")


def _duplicate() -> DuplicateItemException:
    return DuplicateItemException("Duplicate primary key exists in table")


def _prepared(statement: Statement, request: Request, context: RequestContext) -> tuple[Table, Item, Write]:
    """Return (table, key, write) of a statement that writes, or that checks; raises AWS's error if it cannot be."""
    table = find_table(context, statement.table)
    if statement.index:
        raise validation_error("This operation is not supported on an index")
    on_failure = request.get("ReturnValuesOnConditionCheckFailure")
    if statement.kind == "INSERT":
        write = Write("Put", statement.item)
        return table, write.check(table), write
    if (key := _key(statement, table)) is None:
        raise validation_error("Where clause does not contain a mandatory equality on all key attributes")
    kind = {"UPDATE": "Update", "DELETE": "Delete", "EXISTS": "ConditionCheck"}[statement.kind]
    is_whole_condition = kind == "Delete" and len(_equalities(statement.condition)) == len(key)
    condition = None if is_whole_condition else statement.condition
    write = Write(kind, key, condition, tuple(statement.changes), on_failure=on_failure)
    return table, write.check(table), write


def _written(statement: Statement, request: Request, context: RequestContext, usage: Usage) -> list[Item]:
    """Do what the statement says; return the items that it is to return."""
    table, key, write = _prepared(statement, request, context)
    with WRITING:
        old = read(table, key)
        if statement.kind == "INSERT" and old is not None:
            raise _duplicate()
        write.check_condition(old)
        new = write.result(table, old)
        store(table, key, new)
    usage.add_write(table, old, new)
    if statement.returning is None:
        return []
    which, when = statement.returning.split()
    item = old if when == "OLD" else new
    if item is None:
        return []
    return [item if which == "ALL" else projected(item, [change.path for change in statement.changes])]


def _selected(statement: Statement, request: Request, context: RequestContext, usage: Usage) -> Response:
    """Return the items, and where the next page is; raises AWS's error for an index that is not there."""
    table = find_table(context, statement.table)
    index = find_index(table, statement.index) if statement.index else None
    if statement.index and index is None:
        raise validation_error("The table does not have the specified index")
    keys = key_names(table) if index is None else index_key_names(index)
    key = _key(statement, table) if index is None else None
    found = [one for one in [read(table, key)] if one is not None] if key else list(everything(table))
    held = [in_index(table, index, one) if index else one for one in found if all(name in one for name in keys)]
    falls = statement.order is not None and statement.order[1]
    names = list(dict.fromkeys([*keys, *key_names(table)]))
    held.sort(key=lambda one: [sort_value(one[name]) for name in names], reverse=falls)
    items = [one for one in held if statement.condition is None or holds(statement.condition, one)]
    start = _position(request.get("NextToken"))
    end = start + (request.get("Limit") or len(items))
    usage.add(table, read_units(sum(map(item_bytes, items[start:end])), request.get("ConsistentRead")), index)
    response: Response = {"Items": [_shown(one, statement.paths) for one in items[start:end]]}
    if end < len(items):
        response["NextToken"] = base64.b64encode(str(end).encode()).decode()
        response["LastEvaluatedKey"] = {name: items[end - 1][name] for name in names}
    return response


def _position(token: str | None) -> int:
    try:
        return int(base64.b64decode(token)) if token else 0
    except ValueError:
        raise validation_error("Invalid NextToken") from None


def _shown(item: Item, paths: list[Path] | None) -> Item:
    """Return the attributes that are selected, each by the last name of its path."""
    if paths is None:
        return item
    found = {_last_name(path): find(path, item) for path in paths}
    return {name: value for name, value in found.items() if value is not None}


def _last_name(path: Path) -> str:
    return str(next(part for part in reversed(path.parts) if isinstance(part, str)))


def _equalities(condition: Call | None) -> dict[str, Any]:
    """Return the attributes that the condition says to have a value, with it; and under "" whatever else it says."""
    if condition is None:
        return {}
    if condition.name == "AND":
        found: dict[str, Any] = {}
        for operand in condition.operands:
            if isinstance(operand, Call):
                found |= _equalities(operand)
        return found
    match condition:
        case Call("=", (Path(parts), Constant(value))) if len(parts) == 1:
            return {str(parts[0]): value}
    return {"": None}


def _key(statement: Statement, table: Table) -> Item | None:
    """Return the key of the one item that the statement is about; None if it may be about others."""
    said = _equalities(statement.condition)
    names = key_names(table)
    return {name: said[name] for name in names} if all(name in said for name in names) else None
