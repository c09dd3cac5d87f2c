"""One write: what a request to put, update or delete an item, or to check it, says; and what it does to the item.

It is the same alone, in a batch and in a transaction.
"""

from dataclasses import dataclass
from typing import Any, cast

from localstack.aws.api.dynamodb import ConditionalCheckFailedException
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.items.conditions import holds
from helpers.emulator.dynamodb.items.expressions import Expressions, check_parameters
from helpers.emulator.dynamodb.items.keys import (
    check_item,
    check_key,
    check_paths,
    check_updated,
    index_keys,
    index_mismatch,
)
from helpers.emulator.dynamodb.items.legacy import check_update_types, read_attribute_updates, read_expected
from helpers.emulator.dynamodb.items.request_errors import RequestError
from helpers.emulator.dynamodb.items.store import attribute_types, key_names, key_of, remove, write
from helpers.emulator.dynamodb.items.syntax import Call
from helpers.emulator.dynamodb.items.update_reader import Change, paths_of, result_type
from helpers.emulator.dynamodb.items.updates import updated
from helpers.emulator.dynamodb.items.values import (
    INVALID,
    MAX_ITEM_BYTES,
    Item,
    check_item_size,
    checked_item,
    item_bytes,
)
from helpers.emulator.dynamodb.operations import Request, validation_error


@dataclass(frozen=True, slots=True)
class Write:
    """A write that was read: `item` is what is put, or the key of what is changed."""

    kind: str  # Put, Update, Delete or ConditionCheck, as a transaction calls them
    item: Item
    condition: Call | None = None
    changes: tuple[Change, ...] = ()
    legacy_updates: dict[str, Any] | None = None
    on_failure: str | None = None

    def check(self, table: Table) -> Item:
        """Return the item's key; raises AWS's error if the write does not fit the table."""
        if self.kind == "Put":
            check_item(table, self.item)
            return key_of(table, self.item)
        check_key(table, self.item)
        self._check_changes(table)
        return self.item

    def check_condition(self, old: Item | None) -> None:
        """Raise AWS's error if the item that is there does not meet the condition."""
        if self.condition is not None and not holds(self.condition, old or {}):
            failure = ConditionalCheckFailedException("The conditional request failed")
            if self.on_failure == "ALL_OLD" and old is not None:
                failure.Item = cast(Any, old)
            raise failure

    def result(self, table: Table, old: Item | None) -> Item | None:
        """Return the item as it will be, None for none; raises AWS's error if the change cannot be done."""
        match self.kind:
            case "Put":
                return self.item
            case "Delete":
                return None
            case "ConditionCheck":
                return old
        if self.legacy_updates is not None:
            check_update_types(self.legacy_updates, old or {})
        new = updated(_copy(old) if old else dict(self.item), list(self.changes))
        check_updated(table, old or {}, new)
        if item_bytes(new) > MAX_ITEM_BYTES:
            raise validation_error("Item size to update has exceeded the maximum allowed size")
        return new

    def _check_changes(self, table: Table) -> None:
        for name in key_names(table):
            if any(change.path.parts[0] == name for change in self.changes):
                raise validation_error(f"{INVALID}Cannot update attribute {name}. This attribute is part of the key")
        types = attribute_types(table)
        whole = {change.path.parts[0]: change.value for change in self.changes if len(change.path.parts) == 1}
        for index, name, _ in index_keys(table):
            kind = result_type(value) if (value := whole.get(name)) is not None else ""
            if kind and kind != types[name]:
                raise index_mismatch(name, types[name], kind, index)
        check_paths(table, [path for change in self.changes for path in paths_of(change)])


def store(table: Table, key: Item, new: Item | None) -> None:
    """Make the table hold the new item under that key, or none."""
    if new is None:
        remove(table, key)
    else:
        write(table, new)


def read_put(request: Request) -> Write:
    """Return the write of PutItem; raises AWS's error if the request is wrong."""
    check_parameters(request, ("ConditionExpression",), ("Expected", "ConditionalOperator"))
    item = checked_item(request["Item"])
    if request.get("ReturnValues") not in (None, "ALL_OLD", "NONE"):
        raise RequestError("ReturnValues can only be ALL_OLD or NONE")
    check_item_size(item)
    return Write("Put", item, _condition(request), on_failure=_on_failure(request))


def read_delete(request: Request) -> Write:
    """Return the write of DeleteItem; raises AWS's error if the request is wrong."""
    check_parameters(request, ("ConditionExpression",), ("Expected", "ConditionalOperator"))
    key = checked_item(request["Key"])
    if request.get("ReturnValues") not in (None, "ALL_OLD", "NONE"):
        raise RequestError("ReturnValues can only be ALL_OLD or NONE")
    return Write("Delete", key, _condition(request), on_failure=_on_failure(request))


def read_check(request: Request) -> Write:
    """Return a transaction's ConditionCheck; raises AWS's error if it is wrong."""
    key = checked_item(request["Key"])
    return Write("ConditionCheck", key, Expressions(request).condition, on_failure=_on_failure(request))


def read_update(request: Request) -> Write:
    """Return the write of UpdateItem; raises AWS's error if the request is wrong."""
    check_parameters(
        request,
        ("UpdateExpression", "ConditionExpression"),
        ("AttributeUpdates", "Expected", "ConditionalOperator"),
    )
    key = checked_item(request["Key"])
    legacy = request.get("AttributeUpdates")
    changes = read_attribute_updates(legacy)
    expected = read_expected(request)
    expressions = Expressions(request)
    return Write(
        "Update",
        key,
        expressions.condition or expected,
        tuple(changes or expressions.update or ()),
        legacy,
        _on_failure(request),
    )


def _condition(request: Request) -> Call | None:
    expected = read_expected(request)
    return Expressions(request).condition or expected


def _on_failure(request: Request) -> str | None:
    value: str | None = request.get("ReturnValuesOnConditionCheckFailure")
    return value


def _copy(value: Any) -> Any:
    """Copy the maps and lists of an item, which the changes are made in; the rest stays."""
    if isinstance(value, dict):
        return {name: _copy(one) for name, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value
