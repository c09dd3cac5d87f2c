"""Checkpoints: whatever the cloud was, it becomes what the section expects, and nobody else's things are touched."""

import boto3
import pytest

from helpers import checkpoints
from helpers.errors import CheckpointError


def snapshot():
    """Return what the cloud holds: bucket -> keys, and the names of functions and log groups."""
    s3 = boto3.client("s3")
    return {
        "buckets": {
            bucket["Name"]: sorted(
                found["Key"] for found in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
            )
            for bucket in s3.list_buckets()["Buckets"]
        },
        "functions": sorted(found["FunctionName"] for found in boto3.client("lambda").list_functions()["Functions"]),
        "logs": sorted(found["logGroupName"] for found in boto3.client("logs").describe_log_groups()["logGroups"]),
    }


@pytest.fixture
def foreign(cloud):
    """Things of somebody else beside the practice's; removed at the end."""
    s3, logs = boto3.client("s3"), boto3.client("logs")
    aws_lambda = boto3.client("lambda")
    s3.create_bucket(Bucket="si1p1-ajeno")
    s3.put_object(Bucket="si1p1-ajeno", Key="users/pepe", Body=b"x")
    logs.create_log_group(logGroupName="/aws/lambda/user_ajena")
    aws_lambda.create_function(
        FunctionName="user_ajena",
        Runtime="python3.13",
        Handler="user_lambda.handler",
        Role=checkpoints.ROLE,
        Code={"ZipFile": checkpoints.zip_handler("user_lambda")},
    )
    aws_lambda.get_waiter("function_active_v2").wait(FunctionName="user_ajena")
    before = snapshot()
    yield
    after = snapshot()
    for kind in ("functions", "logs"):
        assert set(before[kind]) <= set(after[kind])
    assert after["buckets"]["si1p1-ajeno"] == ["users/pepe"]
    aws_lambda.delete_function(FunctionName="user_ajena")
    logs.delete_log_group(logGroupName="/aws/lambda/user_ajena")
    s3.delete_object(Bucket="si1p1-ajeno", Key="users/pepe")
    s3.delete_bucket(Bucket="si1p1-ajeno")


@pytest.mark.parametrize("section", checkpoints.CHECKPOINTS)
def test_restore_from_nothing_twice_and_from_a_mess(cloud, section):
    checkpoints.restore(section)
    expected = snapshot()
    checkpoints.restore(section)
    assert snapshot() == expected
    boto3.client("s3").create_bucket(Bucket="si1p1")
    boto3.client("s3").put_object(Bucket="si1p1", Key="users/sobra", Body=b"x")
    boto3.client("logs").create_log_group(logGroupName="/aws/lambda/user_lambda_dynamo")
    checkpoints.restore(section)
    assert snapshot() == expected


def test_a_bucket_with_more_objects_than_a_page_is_emptied(cloud):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="si1p1")
    for number in range(1001):
        s3.put_object(Bucket="si1p1", Key=f"{number}", Body=b"")
    checkpoints.restore("s3")
    assert "si1p1" not in snapshot()["buckets"]


def test_only_the_practice_is_touched(foreign):
    for section in checkpoints.CHECKPOINTS:
        checkpoints.restore(section)


def test_a_section_that_does_not_exist_is_refused():
    with pytest.raises(CheckpointError, match=r"«s4»; las hay para: s3, lambda"):
        checkpoints.restore("s4")


def test_without_localstack_the_error_says_what_to_do(monkeypatch, port):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(CheckpointError, match="si1p1 restart"):
        checkpoints.restore("s3")
