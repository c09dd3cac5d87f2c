"""The streams of tables: what is written to them when an item changes, in the place of moto's."""

import json
import time
import uuid
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamShard, Table
from moto.dynamodb.models.utilities import dynamo_json_dump

from helpers.emulator.dynamodb.table_descriptions import now
from helpers.emulator.dynamodb.table_records import record

FIRST_SEQUENCE_NUMBER = 100_000_000_000_000_000_001  # AWS's have 21 digits at least
# Who deletes an item whose time came (AWS, "DynamoDB Streams and Time to Live").
TIME_TO_LIVE = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


@dataclass
class Stream:
    """A stream of a table, with the one shard that it has here."""

    label: str
    view: str
    created: datetime
    enabled: bool = True
    shard_id: str = field(default_factory=lambda: f"shardId-{int(time.time() * 1000):020d}-{uuid.uuid4().hex[:8]}")
    records: list[dict[str, Any]] = field(default_factory=list)

    def status(self) -> str:
        """Return the stream's status, as DescribeStream tells it."""
        return "ENABLED" if self.enabled else "DISABLED"


class Shard(StreamShard):
    """What moto writes each change to; it is written as AWS does (AWS, "Record", "StreamRecord")."""

    def __init__(self, table: Table, stream: Stream) -> None:
        super().__init__(table.account_id, table)
        self.stream = stream

    def add(self, old: Item | None, new: Item | None) -> None:
        """Write a change, unless the item stays as it was."""
        if old is not None and new is not None and old.attrs == new.attrs:
            return
        change = {
            "eventID": uuid.uuid4().hex,
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "eventSource": "aws:dynamodb",
            "eventVersion": "1.1",
            "awsRegion": self.table.region_name,
            "dynamodb": {
                # To the second, as AWS tells it.
                "ApproximateCreationDateTime": now().replace(microsecond=0),
                "SequenceNumber": str(FIRST_SEQUENCE_NUMBER + len(self.stream.records)),
                "StreamViewType": self.stream.view,
                **self._change(old, new),
            },
        }
        self.stream.records.append(change)

    def _change(self, old: Item | None, new: Item | None) -> dict[str, Any]:
        """Return the images that the stream's view tells of, and the size of all of it in bytes."""
        view, one = self.stream.view, cast(Item, old if new is None else new)
        images = {
            "NewImage": new if view.startswith("NEW") else None,
            "OldImage": old if view.endswith(("OLD_IMAGE", "OLD_IMAGES")) else None,
        }
        told = {name: item for name, item in images.items() if item is not None}
        size = sum(len(name.encode()) + one.attrs[name].size() for name in self.table.table_key_attrs)
        return {
            "Keys": self._keys(one),
            **{name: _image(item.attrs) for name, item in told.items()},
            "SizeBytes": size + sum(item.size() for item in told.values()),
        }

    def _keys(self, item: Item) -> dict[str, Any]:
        return _image({name: item.attrs[name] for name in self.table.table_key_attrs})


def start_stream(table: Table) -> None:
    """Begin a new stream for a table whose specification moto has just enabled.

    Its label is the time in milliseconds (AWS, "TableDescription": LatestStreamLabel).
    """
    if not table.stream_specification or not table.stream_specification["StreamEnabled"]:
        return
    created = now()
    label = created.isoformat(timespec="milliseconds").removesuffix("+00:00")
    stream = Stream(label, table.stream_specification["StreamViewType"], created)
    record(table).streams[label] = stream
    table.latest_stream_label, table.stream_shard = label, Shard(table, stream)


def stop_stream(table: Table) -> None:
    """End the stream of a table; what was written to it can still be read, and its label is still told."""
    for stream in record(table).streams.values():
        stream.enabled = False
    table.stream_specification, table.stream_shard = {"StreamEnabled": False}, None


def _image(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of moto's attributes, as boto3 has them."""
    image: dict[str, Any] = json.loads(dynamo_json_dump(attributes), object_hook=_binary)
    return image


def _binary(value: dict[str, Any]) -> dict[str, Any]:
    """Return a value of binary type with its bytes, which JSON cannot hold."""
    match value:
        case {"B": str(text), **rest} if not rest:
            return {"B": b64decode(text)}
        case {"BS": list(texts), **rest} if not rest:
            return {"BS": [b64decode(text) for text in texts]}
    return value
