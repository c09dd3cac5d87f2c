"""Checkpoints: whatever the cloud was, it becomes what the section expects, and nobody else's things are touched."""

import shutil
import time

import boto3
import pytest
import requests

from helpers import lab, practice, tables, workbook
from helpers.errors import CheckpointError
from helpers.practice import checkpoints
from helpers.session import cloud_contents
from helpers.workbook import SOLVED, Workbook

NOTHING = {"buckets": {}, "functions": [], "logs": [], "tables": [], "apis": []}
# What the cloud holds when each section starts, as `snapshot` gives it; the other sections leave it as it is.
STARTS = {
    "localstack": NOTHING,
    "s3": NOTHING,
    "lambda": NOTHING | {"buckets": {"si1p1": ["src/user_rest.py"]}},
    "api_gateway": NOTHING | {"buckets": {"si1p1": ["users/pepe"]}, "functions": ["user_lambda"]},
    "dynamodb": NOTHING
    | {
        "buckets": {"si1p1": []},
        "functions": ["user_lambda", "user_lambda_param"],
        "apis": [
            (
                "user_lambda",
                [
                    ["/", "", "", "", ""],
                    ["/user", "", "", "", ""],
                    ["/user/{username}", "POST", "NONE", "AWS_PROXY", "user_lambda_param"],
                    ["/user/{username}", "GET", "NONE", "", ""],
                ],
                ["dev"],
            )
        ],
    },
}
RESTORED = [*STARTS]


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


# Somebody else's, on the same server: names that begin, end or are written like the practice's.
FOREIGN_BUCKETS = ["si1p1-ajeno", "si1p10", "0si1p1", "si1p1.users", "si1p"]
FOREIGN_TABLES = ["si1p1-ajena", "si1p10", "Si1p1", "0si1p1"]
FOREIGN_FUNCTIONS = ["user_lambda_ajena", "user_lambda2", "User_lambda", "user_lambda_param_", "my_user_lambda"]
FOREIGN_APIS = ["user_lambda_ajena", "user_lambda2", "User_lambda", " user_lambda", "user"]
FOREIGN_GROUPS = [
    "/aws/lambda/user_lambda_ajena",
    "/aws/lambda/user_lambda/x",
    "user_lambda",
    "/otro/aws/lambda/user_lambda",
]


@pytest.fixture
def foreign(cloud):
    """Things of somebody else beside the practice's, with something in each; gone at the end with the instance's."""
    cloud.restart()  # what other tests left, such as logs that come late, has another shape
    s3, logs, dynamodb = boto3.client("s3"), boto3.client("logs"), boto3.client("dynamodb")
    aws_lambda, apigateway = boto3.client("lambda"), boto3.client("apigateway")
    for bucket in FOREIGN_BUCKETS:
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for content in (b"antes", bytes(range(256))):
            s3.put_object(Bucket=bucket, Key="users/pepe", Body=content)
    for table in FOREIGN_TABLES:
        dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName=table, Item={"User": {"S": "pipo"}, "Dato": {"B": bytes(range(256))}})
    for function in FOREIGN_FUNCTIONS:
        aws_lambda.create_function(
            FunctionName=function,
            Runtime="python3.13",
            Handler="user_lambda.handler",
            Role=checkpoints.ROLE,
            Code={"ZipFile": checkpoints.zip_handler("user_lambda")},
        )
        aws_lambda.get_waiter("function_active_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.05})
        aws_lambda.create_function_url_config(FunctionName=function, AuthType="NONE")
    for group in FOREIGN_GROUPS:
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="uno")
        event = {"timestamp": int(time.time() * 1000), "message": "ajeno"}
        logs.put_log_events(logGroupName=group, logStreamName="uno", logEvents=[event])
    for name in FOREIGN_APIS:
        api = apigateway.create_rest_api(name=name)["id"]
        root = apigateway.get_resources(restApiId=api)["items"][0]["id"]
        user = apigateway.create_resource(restApiId=api, parentId=root, pathPart="user")["id"]
        place = {"restApiId": api, "resourceId": user, "httpMethod": "GET"}
        apigateway.put_method(**place, authorizationType="NONE")
        apigateway.put_integration(**place, type="MOCK")
        apigateway.create_deployment(restApiId=api, stageName="dev")
    yield
    cloud.restart()


def everything() -> dict[str, object]:
    """Return all that the cloud holds and says of it, to the byte, by what it is."""
    s3, logs, dynamodb = boto3.client("s3"), boto3.client("logs"), boto3.client("dynamodb")
    aws_lambda, apigateway = boto3.client("lambda"), boto3.client("apigateway")
    found = {}
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        for version in s3.list_object_versions(Bucket=name)["Versions"]:
            place = {"Bucket": name, "Key": version["Key"], "VersionId": version["VersionId"]}
            found["object", *place.values()] = (version, s3.get_object(**place)["Body"].read())
        found["bucket", name] = bucket
    for name in dynamodb.list_tables()["TableNames"]:
        found["table", name] = dynamodb.describe_table(TableName=name)["Table"], dynamodb.scan(TableName=name)["Items"]
    for function in aws_lambda.list_functions()["Functions"]:
        name = function["FunctionName"]
        found["function", name] = function, aws_lambda.get_function_url_config(FunctionName=name)["FunctionUrl"]
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        found["log group", name] = group, logs.get_log_events(logGroupName=name, logStreamName="uno")["events"]
    for api in apigateway.get_rest_apis()["items"]:
        of_api = {"restApiId": api["id"]}
        found["API", api["name"]] = (
            api, apigateway.get_resources(**of_api, embed=["methods"])["items"],
            apigateway.get_stages(**of_api)["item"], apigateway.get_deployments(**of_api)["items"],
        )  # fmt: skip
    return found


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


def test_the_students_own_functions_are_the_practices_too(cloud, tmp_path, monkeypatch):
    folder = shutil.copytree(SOLVED.handlers, tmp_path / "handlers")
    (folder / "propia.py").write_text("def handler(event, context):\n    return 1\n")
    monkeypatch.setattr(workbook, "_current", Workbook(tmp_path))
    for name in ("propia", "ajena"):
        archive = checkpoints.zip_handler("user_lambda")
        boto3.client("lambda").create_function(
            FunctionName=name, Runtime="python3.13", Handler="user_lambda.handler", Role=checkpoints.ROLE,
            Code={"ZipFile": archive},
        )  # fmt: skip
    assert [str(change) for change in checkpoints.restore("s3")] == ["propia (Lambda)"]
    boto3.client("lambda").delete_function(FunctionName="ajena")


@pytest.mark.parametrize("section", RESTORED)
def test_restore_from_nothing_twice_and_from_a_mess(cloud, section):
    checkpoints.restore(section)
    assert snapshot() == STARTS[section]
    checkpoints.restore(section)
    assert snapshot() == STARTS[section]
    make_a_mess()
    assert snapshot() != STARTS[section]
    checkpoints.restore(section)
    assert snapshot() == STARTS[section]


def test_what_a_section_starts_with_in_detail(cloud):
    s3, apigateway = boto3.client("s3"), boto3.client("apigateway")
    checkpoints.restore("lambda")
    stored = s3.get_object(Bucket="si1p1", Key="src/user_rest.py")["Body"].read()
    assert stored == (SOLVED.handlers / "user_rest.py").read_bytes()
    changes = [(str(change), change.action.name) for change in checkpoints.restore("api_gateway")]
    assert changes == [
        ("si1p1 (S3)", "REMOVED"),
        ("si1p1 (S3)", "CREATED"),
        ("si1p1/users/pepe (S3)", "CREATED"),
        ("user_lambda (Lambda)", "CREATED"),
    ]
    assert s3.get_object(Bucket="si1p1", Key="users/pepe")["Body"].read() == b'{"username": "pepe", "data": "10"}'
    (function,) = boto3.client("lambda").list_functions()["Functions"]
    details = [function[name] for name in ("Runtime", "Handler", "Role", "Timeout")]
    assert details == ["python3.13", "user_lambda.handler", "arn:aws:iam::000000000000:role/si1", 10]
    checkpoints.restore("dynamodb")
    (api,) = apigateway.get_rest_apis()["items"]
    resources = apigateway.get_resources(restApiId=api["id"], embed=["methods"])["items"]
    (methods,) = [one["resourceMethods"] for one in resources if "resourceMethods" in one]
    integration = methods["POST"].pop("methodIntegration")
    for method in methods.values():
        assert (method["authorizationType"], method["requestParameters"]) == (
            "NONE",
            {"method.request.path.username": True},
        )
    assert "methodIntegration" not in methods["GET"]
    assert [integration[name] for name in ("type", "httpMethod", "passthroughBehavior", "uri")] == [
        "AWS_PROXY",
        "POST",
        "WHEN_NO_MATCH",
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/user_lambda_param/invocations",
    ]


@pytest.mark.static
def test_a_section_s_start_in_words():
    assert {section: checkpoints.contents(section) for section in checkpoints.CHECKPOINTS} == {
        "inicio": [],
        "servicios_cloud": [],
        "localstack": [],
        "s3": [],
        "lambda": ["si1p1 (S3)", "si1p1/src/user_rest.py"],
        "api_gateway": ["si1p1 (S3)", "si1p1/users/pepe", "user_lambda (Lambda)"],
        "dynamodb": [
            "si1p1 (S3)",
            "user_lambda (Lambda)",
            "user_lambda_param (Lambda)",
            "user_lambda (API Gateway, POST → user_lambda_param, GET → nada)",
        ],
        "memoria": [],
    }


def test_a_function_that_does_not_become_active_is_told(cloud, monkeypatch):
    monkeypatch.setattr(checkpoints, "wait_until", lambda *_, **__: "Failed")
    with pytest.raises(CheckpointError, match="La función user_lambda ha quedado en el estado Failed, no Active"):
        checkpoints.restore("api_gateway")


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


@pytest.mark.slow
def test_a_bucket_with_more_objects_than_a_page_is_emptied(cloud):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="si1p1")
    for number in range(1001):
        s3.put_object(Bucket="si1p1", Key=f"{number}", Body=b"")
    checkpoints.restore("s3")
    assert "si1p1" not in snapshot()["buckets"]


def test_only_the_practice_is_touched(foreign, figures):
    before = everything()
    assert len(before) == 2 * len(FOREIGN_BUCKETS) + sum(
        len(names) for names in (FOREIGN_BUCKETS, FOREIGN_TABLES, FOREIGN_FUNCTIONS, FOREIGN_APIS, FOREIGN_GROUPS)
    )
    checked, touched = 0, []
    for section in checkpoints.CHECKPOINTS:
        make_a_mess()
        checkpoints.restore(section)
        checkpoints.restore("s3")  # what the section needs goes too
        after = everything()
        checked += len(before)
        touched += [(section, what) for what in before if after.get(what) != before[what]]
        assert after.keys() <= before.keys(), section
    figures("foreign resources beside a restore", checked, checked - len(touched), f"{len(before)}, to the byte")
    assert touched == []


def test_an_api_without_a_name_is_nobody_elses_trouble(cloud):
    apigateway = boto3.client("apigateway")
    nameless = apigateway.import_rest_api(body=b'{"swagger": "2.0", "info": {}, "paths": {}}')["id"]
    try:
        lab.open("dynamodb")
        lab.open("api_gateway")
        assert practice.check("api-1").text == "No hay ningún API «user_lambda» en us-east-1."
        assert [*tables.rest_apis(apigateway.get_rest_apis())["API"]] == [""]
        assert nameless in [one.id for one in cloud_contents.survey().apis]
    finally:
        apigateway.delete_rest_api(restApiId=nameless)


def test_a_section_that_does_not_exist_is_refused():
    with pytest.raises(CheckpointError, match=r"«s4»; las hay para: inicio, .*s3, lambda"):
        checkpoints.restore("s4")


def test_without_localstack_the_error_says_what_to_do(monkeypatch, port):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(CheckpointError, match="si1p1 restart"):
        checkpoints.restore("s3")
