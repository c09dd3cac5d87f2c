"""Items whose time has come are removed, and the table's stream tells who did it."""

import time

import boto3
import pytest
import requests

YEAR_S = 365 * 24 * 3600


@pytest.fixture
def table(emulator):
    client = boto3.client("dynamodb", endpoint_url=emulator.start().url)
    client.create_table(
        TableName="caduca",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"},
    )
    now = int(time.time())
    ends = {
        "past": {"N": str(now - 60)},
        "future": {"N": str(now + YEAR_S)},
        "text": {"S": str(now - 60)},
        "milliseconds": {"N": str(now * 1000)},
        "long ago": {"N": str(now - 6 * YEAR_S)},
    }
    for name, end in ends.items():
        client.put_item(TableName="caduca", Item={"id": {"S": name}, "fin": end})
    client.put_item(TableName="caduca", Item={"id": {"S": "endless"}})
    yield client
    client.delete_table(TableName="caduca")


def names(client):
    return {item["id"]["S"] for item in client.scan(TableName="caduca")["Items"]}


def remove_expired(emulator):
    return requests.delete(f"{emulator.start().url}/_aws/dynamodb/expired", timeout=10).json()


def test_only_what_expired_is_removed(emulator, table):
    """AWS, "Using time to live (TTL)": a Number of seconds, in the past, and no more than five years ago."""
    everything = names(table)
    assert remove_expired(emulator) == {"ExpiredItems": 0} and names(table) == everything
    ttl = {"Enabled": True, "AttributeName": "fin"}
    table.update_time_to_live(TableName="caduca", TimeToLiveSpecification=ttl)
    assert remove_expired(emulator) == {"ExpiredItems": 1}
    assert names(table) == everything - {"past"}
    streams = boto3.client("dynamodbstreams", endpoint_url=emulator.start().url)
    arn = table.describe_table(TableName="caduca")["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    *_, last = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert last["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert (last["eventName"], last["dynamodb"]["Keys"]) == ("REMOVE", {"id": {"S": "past"}})
    table.update_time_to_live(TableName="caduca", TimeToLiveSpecification=ttl | {"Enabled": False})
