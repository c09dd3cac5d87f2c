"""Whether a key, or the key attributes of an item, fit the table and its indexes.

"Naming rules and data types" and "Constraints in Amazon DynamoDB"; the texts are those of the public records of AWS's
answers.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.items.store import attribute_types, index_hash_names, index_key_names, key_names
from helpers.emulator.dynamodb.items.syntax import Path
from helpers.emulator.dynamodb.items.values import INVALID, Item, type_of
from helpers.emulator.dynamodb.operations import validation_error

MAX_HASH_BYTES, MAX_RANGE_BYTES = 2048, 1024
NOT_VALID = "One or more parameter values are not valid. "
EMPTY = "The AttributeValue for a key attribute cannot contain an empty {} value."
EMPTY_NAMES = {"S": "string", "B": "binary"}


def check_key(table: Table, key: Item, names: Iterable[str] | None = None) -> None:
    """Raise AWS's error for a key that is not the table's: `names` of it, or all."""
    types = attribute_types(table)
    if names is None:
        names = key_names(table)
        if key.keys() != set(names):
            raise wrong_schema()
    for name in names:
        if name not in key or type_of(key[name]) != types[name]:
            raise wrong_schema()
        check_key_value(name, key[name], is_hash=name == table.hash_key_attr)


def wrong_schema() -> Exception:
    """Return AWS's error about a key that is not the table's."""
    return validation_error("The provided key element does not match the schema")


def check_key_value(name: str, value: dict[str, Any], is_hash: bool) -> None:
    """Raise AWS's error for a value of a key that is empty or too long."""
    ((kind, content),) = value.items()
    if kind in EMPTY_NAMES and not content:
        raise validation_error(f"{NOT_VALID}{EMPTY.format(EMPTY_NAMES[kind])} Key: {name}")
    _check_length(kind, content, is_hash)


def _check_length(kind: str, content: Any, is_hash: bool) -> None:
    length = 0 if kind == "N" else len(content.encode() if kind == "S" else content)
    if is_hash and length > MAX_HASH_BYTES:
        # AWS leaves out the space before the number.
        raise validation_error(INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes")
    if not is_hash and length > MAX_RANGE_BYTES:
        raise validation_error(INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes")


def check_item(table: Table, item: Item) -> None:
    """Raise AWS's error for an item to put that has not the table's key, or not the type of an index's."""
    types = attribute_types(table)
    for name in key_names(table):
        if name not in item:
            raise validation_error(f"{INVALID}Missing the key {name} in the item")
        if (actual := type_of(item[name])) != types[name]:
            raise validation_error(f"{INVALID}Type mismatch for key {name} expected: {types[name]} actual: {actual}")
        check_key_value(name, item[name], is_hash=name == table.hash_key_attr)
    for index, name, is_hash in index_keys(table):
        if name not in item or name in key_names(table):
            continue
        ((kind, content),) = item[name].items()
        if kind != types[name]:
            raise index_mismatch(name, types[name], kind, index)
        if kind in EMPTY_NAMES and not content:
            raise validation_error(
                f"{NOT_VALID}A value specified for a secondary index key is not supported. "
                f"{EMPTY.format(EMPTY_NAMES[kind])} IndexName: {index}, IndexKey: {name}"
            )
        _check_length(kind, content, is_hash)


def check_updated(table: Table, old: Item, new: Item) -> None:
    """Raise AWS's error for an update that leaves an index's key with a value that it cannot have."""
    types = attribute_types(table)
    for _, name, is_hash in index_keys(table):
        if name not in new or old.get(name) == new[name]:
            continue
        ((kind, content),) = new[name].items()
        if kind != types[name]:
            raise validation_error(
                "The update expression attempted to update the secondary index key to unsupported type"
            )
        if kind in EMPTY_NAMES and not content:
            raise validation_error(
                f"{NOT_VALID}The update expression attempted to update a secondary index key to a value that is not "
                f"supported. {EMPTY.format(EMPTY_NAMES[kind])}"
            )
        _check_length(kind, content, is_hash)


def index_mismatch(name: str, expected: str, actual: str, index: str) -> Exception:
    """Return AWS's error about a value of another type than the index's key has."""
    return validation_error(
        f"{INVALID}Type mismatch for Index Key {name} Expected: {expected} Actual: {actual} IndexName: {index}"
    )


def index_keys(table: Table) -> Iterator[tuple[str, str, bool]]:
    """Yield (index, attribute, whether it is the partition key) for the keys of the indexes."""
    for index in table.all_indexes():
        for name in index_key_names(index):
            yield index.name, name, name in index_hash_names(index)


def check_paths(table: Table, paths: Iterable[Path]) -> None:
    """Raise AWS's error for a path that goes inside an attribute of a key, which has no inside."""
    nested = {path.parts[0] for path in paths if len(path.parts) > 1}
    if not nested:
        return
    own = key_names(table)
    names = [("Key", name) for name in own] + [("IndexKey", name) for _, name, _ in index_keys(table)]
    for what, name in names:
        if name in nested:
            raise validation_error(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
                f"{what}: {name}"
            )
