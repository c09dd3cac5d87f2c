"""What a call consumed: ConsumedCapacity and ItemCollectionMetrics.

"DynamoDB read and write operations": 4 KB for each unit of a strongly consistent read, half a unit for an eventual one;
1 KB for each unit of a write; twice as much in a transaction. "Using global secondary indexes", Write capacity units.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from moto.dynamodb.models.table import SecondaryIndex, Table

from helpers.emulator.dynamodb.items.store import index_key_names, is_global, key_names
from helpers.emulator.dynamodb.items.values import Item, item_bytes
from helpers.emulator.dynamodb.operations import Request, Response

READ_BYTES, WRITE_BYTES = 4096, 1024


def read_units(size: int, consistent: bool | None) -> float:
    """Return the units of reading so many bytes at once, which are at least those of one page."""
    return max(1, -(-size // READ_BYTES)) * (1.0 if consistent else 0.5)


class Usage:
    """The units that a call consumes of each table and index; the call says by its request whether it wants to know."""

    def __init__(self, request: Request, transaction: str = "") -> None:
        """`transaction` is "Read" or "Write" for a transaction's."""
        self.wanted: str = request.get("ReturnConsumedCapacity") or "NONE"
        self.transaction = transaction
        self._tables: dict[str, defaultdict[tuple[str, str], float]] = {}

    def add(self, table: Table, units: float, index: SecondaryIndex | None = None) -> None:
        """Count units of the table, or of its index."""
        if self.wanted == "NONE":
            return
        kind = "" if index is None else "Global" if is_global(table, index) else "Local"
        used = self._tables.setdefault(table.name, defaultdict(float))
        used["", ""] += 0.0
        used[kind, index.name if index else ""] += units * (2 if self.transaction else 1)

    def add_write(self, table: Table, old: Item | None, new: Item | None) -> None:
        """Count the writing of an item, in the table and in the indexes that it changes."""
        if self.wanted == "NONE":
            return
        self.add(table, _write_units(old or {}, new or {}))
        for index in table.all_indexes():
            before, after = _entry(table, index, old), _entry(table, index, new)
            keys = index_key_names(index)
            if before == after:
                continue
            if before and after and any(before[name] != after[name] for name in keys):
                self.add(table, _write_units(before), index)
                self.add(table, _write_units(after), index)
            else:
                self.add(table, _write_units(before or {}, after or {}), index)

    def one(self) -> dict[str, Any] | None:
        """Return ConsumedCapacity of a call on one table; None if it is not wanted."""
        return next(iter(self.all()), None)

    def all(self) -> list[dict[str, Any]]:
        """Return ConsumedCapacity of a call on many tables; empty if it is not wanted."""
        return [self._shown(name, used) for name, used in self._tables.items()]

    def put_in(self, response: Response, many: bool = False) -> None:
        """Put ConsumedCapacity in the response, if it is wanted: a list, if of many tables."""
        if found := self.all():
            response["ConsumedCapacity"] = found if many else found[0]

    def _shown(self, name: str, used: dict[tuple[str, str], float]) -> dict[str, Any]:
        shown: dict[str, Any] = {"TableName": name, **self._units(sum(used.values()))}
        if self.wanted == "INDEXES":
            shown["Table"] = self._units(used["", ""])
            for kind in ("Local", "Global"):
                if units := {index: self._units(one) for (of, index), one in used.items() if of == kind}:
                    shown[f"{kind}SecondaryIndexes"] = units
        return shown

    def _units(self, units: float) -> dict[str, float]:
        return {"CapacityUnits": units} | ({f"{self.transaction}CapacityUnits": units} if self.transaction else {})


def _write_units(*items: Item) -> float:
    return float(max(1, -(-max(item_bytes(item) for item in items) // WRITE_BYTES)))


def index_names(table: Table, index: SecondaryIndex) -> set[str] | None:
    """Return the names of the attributes that the index holds; None for all."""
    projection = index.projection or {"ProjectionType": "ALL"}
    if projection["ProjectionType"] == "ALL":
        return None
    return {*key_names(table), *index_key_names(index), *(projection.get("NonKeyAttributes") or ())}


def in_index(table: Table, index: SecondaryIndex, item: Item) -> Item:
    """Return the part of an item that the index holds."""
    names = index_names(table, index)
    return item if names is None else {name: value for name, value in item.items() if name in names}


def _entry(table: Table, index: SecondaryIndex, item: Item | None) -> Item | None:
    has_key = item is not None and all(name in item for name in index_key_names(index))
    return in_index(table, index, item) if item is not None and has_key else None


def put_metrics(response: Response, request: Request, writes: Iterable[tuple[Table, str, Item]]) -> None:
    """Put ItemCollectionMetrics in the response, if they are wanted; `writes` are (table, its name there, key).

    "Item collections in DynamoDB": only tables with local secondary indexes have them. The sizes are in GB.
    """
    if request.get("ReturnItemCollectionMetrics") != "SIZE":
        return
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for table, name, key in writes:
        if table.indexes:
            collection = {table.hash_key_attr: key[table.hash_key_attr]}
            metrics = {"ItemCollectionKey": collection, "SizeEstimateRangeGB": [0.0, 1.0]}
            if metrics not in found[name]:
                found[name].append(metrics)
    if not found:
        return
    response["ItemCollectionMetrics"] = next(iter(found.values()))[0] if "TableName" in request else dict(found)
