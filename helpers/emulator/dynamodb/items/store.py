"""The tables that moto keeps: find one, and read and write its items.

An item leaves here as a copy, with its binary values as bytes, so that whoever changes it changes only their own.
"""

import base64
import threading
from collections.abc import Iterator
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.dynamodb import ResourceNotFoundException
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.dynamo_type import Item as StoredItem
from moto.dynamodb.models.table import SecondaryIndex, Table

from helpers.emulator.dynamodb.items.values import Item, Value

# Held from the read of an item to its write, and for a whole transaction.
WRITING = threading.RLock()


def find_table(context: RequestContext, name: str) -> Table:
    """Return the table of that name or ARN; raises AWS's `ResourceNotFoundException`."""
    tables = dynamodb_backends[context.account_id][context.region].tables
    if table := tables.get(name):
        return table
    for table in list(tables.values()):
        if table.table_arn == name:
            return table
    raise ResourceNotFoundException("Requested resource not found")


def key_names(table: Table) -> list[str]:
    """Return the names of the table's key: its partition key and, if it has one, its sort key."""
    return [table.hash_key_attr, table.range_key_attr] if table.range_key_attr else [table.hash_key_attr]


def key_of(table: Table, item: Item) -> Item:
    """Return the item's key."""
    return {name: item[name] for name in key_names(table)}


def attribute_types(table: Table) -> dict[str, str]:
    """Return the type of each attribute that a key of the table or of an index has."""
    return {one["AttributeName"]: one["AttributeType"] for one in table.attr}


def find_index(table: Table, name: str) -> SecondaryIndex | None:
    """Return the table's index of that name."""
    return next((index for index in table.all_indexes() if index.name == name), None)


def is_global(table: Table, index: SecondaryIndex) -> bool:
    """Tell whether the index is a global one."""
    return index in table.global_indexes


def index_hash_names(index: SecondaryIndex) -> list[str]:
    """Return the names of the index's partition key, which may have up to four."""
    return [one["AttributeName"] for one in index.schema if one["KeyType"] == "HASH"]


def index_key_names(index: SecondaryIndex) -> list[str]:
    """Return the names of the index's key: its partition key, and its sort key if it has one."""
    return [one["AttributeName"] for one in sorted(index.schema, key=lambda one: one["KeyType"])]


def read(table: Table, key: Item) -> Item | None:
    """Return the item with that key."""
    stored = _find(table, key)
    return _loaded(stored) if stored is not None else None


def write(table: Table, item: Item) -> None:
    """Put the item in the table, and what changed in its stream."""
    hash_key, range_key = _stored_key(table, item)
    old, new = _find(table, item), StoredItem(hash_key, range_key, {})
    for name, value in item.items():
        # Not by the item's own, which adds all its sizes up again for each attribute, and stops below 400 KB.
        dict.__setitem__(new.attrs, name, _stored(value))
    items: Any = table.items  # of moto's items by partition key, or by that and by sort key
    if range_key is None:
        items[hash_key] = new
    else:
        items[hash_key][range_key] = new
    if table.stream_shard is not None:
        table.stream_shard.add(old, new)


def remove(table: Table, key: Item) -> None:
    """Delete the item with that key, if there is one."""
    table.delete_item(*_stored_key(table, key))


def partition(table: Table, value: Value) -> Iterator[Item]:
    """Yield the items with that partition key, in no order."""
    found: Any = table.items.get(_stored(value))
    if found is not None:
        for stored in list(found.values()) if table.has_range_key else [found]:
            yield _loaded(stored)


def everything(table: Table) -> Iterator[Item]:
    """Yield all items, in no order."""
    partitions: list[Any] = list(table.items.values())
    for found in partitions:
        for stored in list(found.values()) if table.has_range_key else [found]:
            yield _loaded(stored)


def _find(table: Table, key: Item) -> StoredItem | None:
    hash_key, range_key = _stored_key(table, key)
    found: Any = table.items.get(hash_key)
    stored: StoredItem | None = found.get(range_key) if found is not None and range_key is not None else found
    return stored


def _stored_key(table: Table, item: Item) -> tuple[DynamoType, DynamoType | None]:
    range_name = table.range_key_attr
    return _stored(item[table.hash_key_attr]), _stored(item[range_name]) if range_name else None


def _stored(value: Value) -> DynamoType:
    return DynamoType(_without_bytes(value))


def _without_bytes(value: Value) -> Value:
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {kind: base64.b64encode(content).decode()}
        case "BS":
            return {kind: [base64.b64encode(one).decode() for one in content]}
        case "L":
            return {kind: [_without_bytes(one) for one in content]}
        case "M":
            return {kind: {name: _without_bytes(one) for name, one in content.items()}}
    return value


def _loaded(stored: StoredItem) -> Item:
    return {name: _value(value) for name, value in stored.attrs.items()}


def _value(stored: DynamoType) -> Value:
    kind, content = stored.type, stored.value
    match kind:
        case "B":
            return {kind: base64.b64decode(content)}
        case "BS":
            return {kind: [base64.b64decode(one) for one in content]}
        case "SS" | "NS":
            return {kind: list(content)}
        case "L":
            return {kind: [_value(one) for one in content]}
        case "M":
            return {kind: {name: _value(one) for name, one in content.items()}}
    return {kind: content}
