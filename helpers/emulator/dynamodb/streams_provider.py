"""DynamoDB Streams on the tables of this instance. LocalStack's own needs Kinesis, which is not here."""

import json
from base64 import b64decode, b64encode
from typing import Any, cast

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.dynamodbstreams import (
    DescribeStreamOutput,
    DynamodbstreamsApi,
    GetRecordsOutput,
    GetShardIteratorOutput,
    ListStreamsOutput,
    ResourceNotFoundException,
    TrimmedDataAccessException,
)
from localstack.services.plugins import ServiceLifecycleHook
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.operations import validation_error
from helpers.emulator.dynamodb.streams import FIRST_SEQUENCE_NUMBER, Stream
from helpers.emulator.dynamodb.table_records import backend, find_table, record

MOST_RECORDS = 1000
MOST_STREAMS = 100


class TableStreams(DynamodbstreamsApi, ServiceLifecycleHook):
    """The service. A stream has one shard, and lives as long as its table; an iterator does not expire."""

    def describe_stream(
        self,
        context: RequestContext,
        stream_arn: str,
        limit: int | None = None,
        exclusive_start_shard_id: str | None = None,
        *_: Any,
        **__: Any,
    ) -> DescribeStreamOutput:
        """Tell of a stream and its shard (AWS, "DescribeStream")."""
        table, stream = _find(stream_arn, context)
        numbers = {"StartingSequenceNumber": str(FIRST_SEQUENCE_NUMBER)}
        if not stream.enabled:
            numbers["EndingSequenceNumber"] = str(FIRST_SEQUENCE_NUMBER + len(stream.records))
        shards = [{"ShardId": stream.shard_id, "SequenceNumberRange": numbers}]
        description = {
            "StreamArn": stream_arn,
            "StreamLabel": stream.label,
            "StreamStatus": stream.status(),
            "StreamViewType": stream.view,
            "CreationRequestDateTime": stream.created,
            "TableName": table.name,
            "KeySchema": table.schema,
            "Shards": [] if exclusive_start_shard_id == stream.shard_id else shards,
        }
        return cast(DescribeStreamOutput, {"StreamDescription": description})

    def get_shard_iterator(
        self,
        context: RequestContext,
        stream_arn: str,
        shard_id: str,
        shard_iterator_type: str,
        sequence_number: str | None = None,
        **_: Any,
    ) -> GetShardIteratorOutput:
        """Return where to read from (AWS, "GetShardIterator")."""
        _table, stream = _find(stream_arn, context)
        if shard_id != stream.shard_id:
            raise ResourceNotFoundException(
                f"Requested resource not found: Shard does not exist: {shard_id} in stream: {stream_arn}"
            )
        match shard_iterator_type:
            case "TRIM_HORIZON":
                position = 0
            case "LATEST":
                position = len(stream.records)
            case _:
                position = _position(sequence_number, stream, after=shard_iterator_type == "AFTER_SEQUENCE_NUMBER")
        return {"ShardIterator": _iterator(stream_arn, position)}

    def get_records(
        self, context: RequestContext, shard_iterator: str, limit: int | None = None, **_: Any
    ) -> GetRecordsOutput:
        """Read a thousand records at most (AWS, "GetRecords"); a shard that ended has no next iterator."""
        arn, position = _read(shard_iterator)
        _table, stream = _find(arn, context)
        records = stream.records[position : position + (limit or MOST_RECORDS)]
        following = position + len(records)
        ended = not stream.enabled and following >= len(stream.records)
        answer: dict[str, Any] = {"Records": records}
        if not ended:
            answer["NextShardIterator"] = _iterator(arn, following)
        return cast(GetRecordsOutput, answer)

    def list_streams(
        self,
        context: RequestContext,
        table_name: str | None = None,
        limit: int | None = None,
        exclusive_start_stream_arn: str | None = None,
        **_: Any,
    ) -> ListStreamsOutput:
        """List the streams of a table or of all (AWS, "ListStreams")."""
        found = [
            {"StreamArn": _arn(table, label), "StreamLabel": label, "TableName": table.name}
            for table in list(backend(context).tables.values())
            if table_name in (None, table.name)
            for label in record(table).streams
        ]
        arns = [stream["StreamArn"] for stream in found]
        start = arns.index(exclusive_start_stream_arn) + 1 if exclusive_start_stream_arn in arns else 0
        page = found[start : start + (limit or MOST_STREAMS)]
        answer: dict[str, Any] = {"Streams": page}
        if start + len(page) < len(found):
            answer["LastEvaluatedStreamArn"] = page[-1]["StreamArn"]
        return cast(ListStreamsOutput, answer)


def _arn(table: Table, label: str) -> str:
    return f"{table.table_arn}/stream/{label}"


def _find(arn: str, context: RequestContext) -> tuple[Table, Stream]:
    table, label = find_table(context, arn), arn.rpartition("/stream/")[2]
    stream = record(table).streams.get(label) if table else None
    if table is None or stream is None or _arn(table, label) != arn:
        raise ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")
    return table, stream


def _position(sequence_number: str | None, stream: Stream, *, after: bool) -> int:
    if not sequence_number or not sequence_number.isdecimal():
        raise validation_error("Invalid SequenceNumber")
    position = int(sequence_number) - FIRST_SEQUENCE_NUMBER
    if not 0 <= position < max(len(stream.records), 1):
        raise TrimmedDataAccessException("The requested data is not in the stream")
    return position + after


def _iterator(arn: str, position: int) -> str:
    return f"{arn}|1|{b64encode(json.dumps(position).encode()).decode()}"


def _read(iterator: str) -> tuple[str, int]:
    arn, _, position = iterator.split("|", 2) if iterator.count("|") == 2 else ("", "", "")
    try:
        return arn, int(json.loads(b64decode(position)))
    except ValueError as error:
        raise _invalid_iterator() from error


def _invalid_iterator() -> CommonServiceException:
    return validation_error("Invalid ShardIterator")
