"""A table's stream tells of each change of its items, as AWS's does."""

import textwrap
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers.polling import wait_until


@pytest.fixture
def clients(emulator):
    url = emulator.start().url
    return boto3.client("dynamodb", endpoint_url=url), boto3.client("dynamodbstreams", endpoint_url=url)


@pytest.fixture
def make_table(clients):
    dynamodb, _ = clients
    made = []

    def make(view):
        made.append(f"tabla-{uuid.uuid4()}")
        dynamodb.create_table(
            TableName=made[-1],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )
        return made[-1]

    yield make
    for name in made:
        dynamodb.delete_table(TableName=name)


def arn_of(dynamodb, table):
    return dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]


def read(streams, arn, **start):
    """Return the records of a stream's shard, and the iterator that follows."""
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    start = {"ShardIteratorType": "TRIM_HORIZON", **start}
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], **start)["ShardIterator"]
    answer = streams.get_records(ShardIterator=iterator)
    return answer["Records"], answer.get("NextShardIterator")


def write_some(dynamodb, table):
    """Make the changes that LocalStack recorded on AWS (test_batch_write_items_streaming)."""
    dynamodb.put_item(TableName=table, Item={"id": {"S": "Fred"}})
    dynamodb.put_item(TableName=table, Item={"id": {"S": "Fred"}})  # no change
    dynamodb.put_item(TableName=table, Item={"id": {"S": "NewKey"}})
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "NewKey"}})
    dynamodb.put_item(TableName=table, Item={"id": {"S": "Fred"}, "name": {"S": "Fred"}})


FRED, NEW_KEY, FULL = {"id": {"S": "Fred"}}, {"id": {"S": "NewKey"}}, {"id": {"S": "Fred"}, "name": {"S": "Fred"}}
# The view, and for each record: its name, its images, and its size.
RECORDED = {
    "NEW_AND_OLD_IMAGES": [
        ("INSERT", {"NewImage": FRED}, 12),
        ("INSERT", {"NewImage": NEW_KEY}, 16),
        ("REMOVE", {"OldImage": NEW_KEY}, 16),
        ("MODIFY", {"NewImage": FULL, "OldImage": FRED}, 26),
    ],
    "KEYS_ONLY": [("INSERT", {}, 6), ("INSERT", {}, 8), ("REMOVE", {}, 8), ("MODIFY", {}, 6)],
    "NEW_IMAGE": [
        ("INSERT", {"NewImage": FRED}, 12),
        ("INSERT", {"NewImage": NEW_KEY}, 16),
        ("REMOVE", {}, 8),
        ("MODIFY", {"NewImage": FULL}, 20),
    ],
    "OLD_IMAGE": [
        ("INSERT", {}, 6),
        ("INSERT", {}, 8),
        ("REMOVE", {"OldImage": NEW_KEY}, 16),
        ("MODIFY", {"OldImage": FRED}, 12),
    ],
}


@pytest.mark.parametrize("view", RECORDED)
def test_a_record_tells_what_changed(clients, make_table, view):
    dynamodb, streams = clients
    table = make_table(view)
    write_some(dynamodb, table)
    records, following = read(streams, arn_of(dynamodb, table))
    told = []
    for record in records:
        change = record["dynamodb"]
        images = {name: image for name, image in change.items() if name.endswith("Image")}
        told.append((record["eventName"], images, change["SizeBytes"]))
        assert change["StreamViewType"] == view and change["ApproximateCreationDateTime"].microsecond == 0
        assert (record["eventVersion"], record["awsRegion"]) == ("1.1", "us-east-1")
    assert told == RECORDED[view]
    assert [record["dynamodb"]["Keys"] for record in records] == [FRED, NEW_KEY, NEW_KEY, FRED]
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(set(numbers))
    assert streams.get_records(ShardIterator=following)["Records"] == []


def test_a_stream_is_described(clients, make_table):
    dynamodb, streams = clients
    table = make_table("KEYS_ONLY")
    arn = arn_of(dynamodb, table)
    description = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    (shard,) = description.pop("Shards")
    created = description.pop("CreationRequestDateTime")
    label = arn.rpartition("/")[2]
    assert description == {
        "StreamArn": arn,
        "StreamLabel": label,
        "StreamStatus": "ENABLED",
        "StreamViewType": "KEYS_ONLY",
        "TableName": table,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    assert f"{created:%Y-%m-%dT%H:%M:%S}" == label.partition(".")[0]
    assert list(shard["SequenceNumberRange"]) == ["StartingSequenceNumber"]
    (listed,) = streams.list_streams(TableName=table)["Streams"]
    assert listed == {"StreamArn": arn, "StreamLabel": label, "TableName": table}
    after = streams.describe_stream(StreamArn=arn, ExclusiveStartShardId=shard["ShardId"])
    assert after["StreamDescription"]["Shards"] == []


def test_a_disabled_stream_can_be_read_to_its_end(clients, make_table):
    dynamodb, streams = clients
    table = make_table("NEW_IMAGE")
    old = arn_of(dynamodb, table)
    dynamodb.put_item(TableName=table, Item={"id": {"S": "a"}})
    dynamodb.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    dynamodb.put_item(TableName=table, Item={"id": {"S": "b"}})
    description = streams.describe_stream(StreamArn=old)["StreamDescription"]
    assert description["StreamStatus"] == "DISABLED"
    assert "EndingSequenceNumber" in description["Shards"][0]["SequenceNumberRange"]
    records, following = read(streams, old)
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in records] == ["a"] and following is None
    dynamodb.update_table(TableName=table, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    dynamodb.put_item(TableName=table, Item={"id": {"S": "c"}})
    new = arn_of(dynamodb, table)
    assert new != old and len(streams.list_streams(TableName=table)["Streams"]) == 2
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in read(streams, new)[0]] == ["c"]


def test_an_iterator_starts_where_it_is_asked(clients, make_table):
    dynamodb, streams = clients
    table = make_table("KEYS_ONLY")
    arn = arn_of(dynamodb, table)
    write_some(dynamodb, table)
    number = read(streams, arn)[0][1]["dynamodb"]["SequenceNumber"]
    at = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": number}
    assert [record["eventName"] for record in read(streams, arn, **at)[0]] == ["INSERT", "REMOVE", "MODIFY"]
    after = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number}
    assert [record["eventName"] for record in read(streams, arn, **after)[0]] == ["REMOVE", "MODIFY"]
    records, following = read(streams, arn, ShardIteratorType="LATEST")
    assert records == []
    dynamodb.put_item(TableName=table, Item={"id": {"S": "later"}})
    (later,) = streams.get_records(ShardIterator=following)["Records"]
    assert later["dynamodb"]["Keys"] == {"id": {"S": "later"}}


def test_an_update_that_makes_an_item_is_one_insertion(clients, make_table):
    dynamodb, streams = clients
    table = make_table("NEW_AND_OLD_IMAGES")
    for name in ("a", "b"):
        update = {
            "TableName": table,
            "Key": {"id": {"S": name}},
            "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
        }
        if name == "a":
            dynamodb.update_item(**update)
        else:
            dynamodb.transact_write_items(TransactItems=[{"Update": update}])
        dynamodb.put_item(TableName=table, Item={"id": {"S": name}})
    told = [(one["eventName"], one["dynamodb"].get("NewImage")) for one in read(streams, arn_of(dynamodb, table))[0]]
    assert told == [
        (event, {"id": {"S": name}, **more})
        for name in ("a", "b")
        for event, more in (("INSERT", {"n": {"N": "1"}}), ("MODIFY", {}))
    ]


def test_bytes_are_bytes_in_a_record(clients, make_table):
    dynamodb, streams = clients
    table = make_table("NEW_IMAGE")
    item = {"id": {"S": "a"}, "b": {"B": b"\x00\xff"}, "m": {"M": {"bs": {"BS": [b"1", b"2"]}, "n": {"N": "7"}}}}
    dynamodb.put_item(TableName=table, Item=item)
    ((record),) = read(streams, arn_of(dynamodb, table))[0]
    assert record["dynamodb"]["NewImage"] == item


def test_a_stream_that_is_not_there(clients):
    _, streams = clients
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/nada/stream/2024-11-18T14:36:44.149"
    with pytest.raises(ClientError) as raised:
        streams.describe_stream(StreamArn=arn)
    assert raised.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"Requested resource not found: Stream: {arn} not found",
    }
    with pytest.raises(ClientError, match="Invalid ShardIterator"):
        streams.get_records(ShardIterator="nothing")


def test_a_function_receives_the_changes(clients, make_table, function):
    """Lambda's event source mapping reads the stream (AWS, "Using AWS Lambda with Amazon DynamoDB")."""
    dynamodb, _ = clients
    table = make_table("NEW_AND_OLD_IMAGES")
    source = f"""
        import boto3

        def handler(event, context):
            for record in event["Records"]:
                name = record["dynamodb"]["Keys"]["id"]["S"]
                if not name.startswith("copia-"):
                    item = {{"id": {{"S": "copia-" + name}}, "event": {{"S": record["eventName"]}}}}
                    boto3.client("dynamodb").put_item(TableName="{table}", Item=item)
        """
    made = function(textwrap.dedent(source))
    mapping = made.client.create_event_source_mapping(
        EventSourceArn=arn_of(dynamodb, table), FunctionName=made.name, StartingPosition="TRIM_HORIZON"
    )
    try:
        dynamodb.put_item(TableName=table, Item={"id": {"S": "a"}})
        key = {"id": {"S": "copia-a"}}
        copied = wait_until(lambda: dynamodb.get_item(TableName=table, Key=key).get("Item"), ready=bool, timeout_s=60)
        assert copied == {**key, "event": {"S": "INSERT"}}
    finally:
        made.client.delete_event_source_mapping(UUID=mapping["UUID"])
