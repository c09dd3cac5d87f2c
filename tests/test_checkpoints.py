"""Checkpoints: whatever the cloud was, it becomes what the section expects, and nobody else's things are touched."""

import boto3
import pytest
import requests

from helpers import checkpoints, tables
from helpers.errors import CheckpointError

RESTORED = [section for section, checkpoint in checkpoints.CHECKPOINTS.items() if checkpoint]


def snapshot():
    """Return what the cloud holds, by name: bucket -> keys, functions, log groups, tables and APIs -> routes."""
    s3, apigateway = boto3.client("s3"), boto3.client("apigateway")
    return {
        "buckets": {
            bucket["Name"]: sorted(
                found["Key"] for found in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
            )
            for bucket in s3.list_buckets()["Buckets"]
        },
        "functions": sorted(found["FunctionName"] for found in boto3.client("lambda").list_functions()["Functions"]),
        "logs": sorted(found["logGroupName"] for found in boto3.client("logs").describe_log_groups()["logGroups"]),
        "tables": boto3.client("dynamodb").list_tables()["TableNames"],
        "apis": sorted(
            (
                api["name"],
                tables.routes(apigateway.get_resources(restApiId=api["id"], embed=["methods"]))
                .drop(columns="Id")
                .values.tolist(),
                [stage["stageName"] for stage in apigateway.get_stages(restApiId=api["id"])["item"]],
            )
            for api in apigateway.get_rest_apis()["items"]
        ),
    }


@pytest.fixture
def foreign(cloud):
    """Things of somebody else beside the practice's, with names like its own; they have to be there at the end."""
    s3, logs, dynamodb = boto3.client("s3"), boto3.client("logs"), boto3.client("dynamodb")
    aws_lambda, apigateway = boto3.client("lambda"), boto3.client("apigateway")
    s3.create_bucket(Bucket="si1p1-ajeno")
    s3.put_object(Bucket="si1p1-ajeno", Key="users/pepe", Body=b"x")
    logs.create_log_group(logGroupName="/aws/lambda/user_lambda_ajena")
    aws_lambda.create_function(
        FunctionName="user_lambda_ajena",
        Runtime="python3.13",
        Handler="user_lambda.handler",
        Role=checkpoints.ROLE,
        Code={"ZipFile": checkpoints.zip_handler("user_lambda")},
    )
    aws_lambda.get_waiter("function_active_v2").wait(FunctionName="user_lambda_ajena")
    dynamodb.create_table(
        TableName="si1p1-ajena",
        AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    api = apigateway.create_rest_api(name="user_lambda_ajena")
    yield snapshot()
    apigateway.delete_rest_api(restApiId=api["id"])
    dynamodb.delete_table(TableName="si1p1-ajena")
    aws_lambda.delete_function(FunctionName="user_lambda_ajena")
    logs.delete_log_group(logGroupName="/aws/lambda/user_lambda_ajena")
    s3.delete_object(Bucket="si1p1-ajeno", Key="users/pepe")
    s3.delete_bucket(Bucket="si1p1-ajeno")


def make_a_mess():
    """Leave things of the practice that no checkpoint has."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="si1p1")
    s3.put_object(Bucket="si1p1", Key="users/sobra", Body=b"x")
    boto3.client("logs").create_log_group(logGroupName="/aws/lambda/user_lambda_dynamo")
    for _ in range(2):
        boto3.client("apigateway").create_rest_api(name="user_lambda")
    boto3.client("dynamodb").create_table(
        TableName="si1p1",
        AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.mark.parametrize("section", RESTORED)
def test_restore_from_nothing_twice_and_from_a_mess(cloud, section):
    checkpoints.restore(section)
    expected = snapshot()
    checkpoints.restore(section)
    assert snapshot() == expected
    make_a_mess()
    assert snapshot() != expected
    checkpoints.restore(section)
    assert snapshot() == expected


def test_a_section_that_only_looks_changes_nothing(cloud):
    make_a_mess()
    before = snapshot()
    for section in set(checkpoints.CHECKPOINTS) - set(RESTORED):
        assert checkpoints.restore(section) == []
    assert snapshot() == before


def test_the_api_of_a_checkpoint_answers(cloud):
    checkpoints.restore("dynamodb")
    (api,) = boto3.client("apigateway").get_rest_apis()["items"]
    url = f"{cloud.url}/_aws/execute-api/{api['id']}/dev/user/pepe"
    answer = requests.post(url, json={"data": "10"}, timeout=30)
    assert (answer.status_code, answer.json()["key"]) == (200, "user/pepe/data.json")
    assert requests.get(url, timeout=30).status_code == 500


def test_a_bucket_with_more_objects_than_a_page_is_emptied(cloud):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="si1p1")
    for number in range(1001):
        s3.put_object(Bucket="si1p1", Key=f"{number}", Body=b"")
    checkpoints.restore("s3")
    assert "si1p1" not in snapshot()["buckets"]


def test_only_the_practice_is_touched(foreign):
    for section in RESTORED:
        checkpoints.restore(section)
    checkpoints.restore("s3")
    assert snapshot() == foreign


def test_a_section_that_does_not_exist_is_refused():
    with pytest.raises(CheckpointError, match=r"«s4»; las hay para: inicio, .*s3, lambda"):
        checkpoints.restore("s4")


def test_without_localstack_the_error_says_what_to_do(monkeypatch, port):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(CheckpointError, match="si1p1 restart"):
        checkpoints.restore("s3")
