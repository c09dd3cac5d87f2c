"""The journal: every call that LocalStack serves is in it, with who made it, and it outlives the instance."""

import json
import stat
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from rest_api import RETURN, RestApi, invocation

from helpers import lab, own_calls, practice
from helpers.emulator import journal
from helpers.emulator.journal import Entry, Kind
from helpers.practice import checkpoints

AWS = str(Path(sys.executable).with_name("aws"))


@pytest.fixture
def entries(cloud):
    """Return what the journal has got since the test began."""
    before = len(journal.read(cloud.folder))
    return lambda: journal.read(cloud.folder)[before:]


def operations(entries):
    return [(entry.asker, entry.service, entry.name) for entry in entries]


def test_a_call_with_what_was_given_and_what_was_answered(cloud, entries):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="diario")
    s3.put_object(Bucket="diario", Key="ñ", Body=b"x" * 1000)
    with pytest.raises(ClientError):
        boto3.client("lambda").get_function(FunctionName="nada")
    s3.delete_object(Bucket="diario", Key="ñ")
    s3.delete_bucket(Bucket="diario")
    made, put, refused, *_ = entries()
    assert operations([made, put, refused]) == [
        ("boto3", "s3", "CreateBucket"), ("boto3", "s3", "PutObject"), ("boto3", "lambda", "GetFunction"),
    ]  # fmt: skip
    assert put.parameters == {"Bucket": "diario", "Key": "ñ", "Body": "(1000 bytes)"}
    assert (put.status, put.error, put.failed) == (200, "", False) and put.ms > 0
    assert (refused.status, refused.error, refused.failed) == (404, "ResourceNotFoundException", True)
    assert refused.message == "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nada"
    assert put.number == made.number + 1 and put.at_ms >= made.at_ms


def test_the_aws_command(cloud, entries):
    subprocess.run([AWS, "s3", "mb", "s3://diario"], check=True, capture_output=True)
    subprocess.run([AWS, "s3", "rb", "s3://diario"], check=True, capture_output=True)
    assert operations(entries()) == [("aws", "s3", "CreateBucket"), ("aws", "s3", "DeleteBucket")]


def test_what_the_workbook_asks_for_itself_is_not_in_it(cloud, entries):
    lab.open("dynamodb")
    from helpers.session import cloud_contents

    cloud_contents.survey()
    cloud_contents.stores("user_lambda")
    assert [entry.kind for entry in entries()] == [Kind.SECTION]


def test_a_function_and_the_requests_to_its_api_and_url(cloud, entries):
    lab.open("dynamodb")
    aws_lambda, apigateway = boto3.client("lambda"), boto3.client("apigateway")
    (api,) = apigateway.get_rest_apis()["items"]
    body = {"username": "pepe", "data": "1"}
    answer = requests.post(f"{cloud.url}/_aws/execute-api/{api['id']}/dev/user/pepe?a=b", json=body, timeout=30)
    address = urlsplit(
        aws_lambda.create_function_url_config(FunctionName="user_lambda", AuthType="NONE")["FunctionUrl"]
    )
    direct = requests.post(f"{cloud.url}/x", json=body, headers={"Host": address.netloc}, timeout=30)
    missing = requests.get(f"{cloud.url}/_aws/execute-api/{api['id']}/dev/nada", timeout=30)
    assert (answer.status_code, direct.status_code, missing.status_code) == (200, 200, 403)

    _, written, by_api, created, written_too, by_url, not_there = (
        entry for entry in entries() if entry.kind is not Kind.SECTION
    )
    assert operations([written, by_api, created, written_too, by_url]) == [
        ("function", "s3", "PutObject"), ("requests", "execute-api", "POST"),
        ("boto3", "lambda", "CreateFunctionUrlConfig"),
        ("function", "s3", "PutObject"), ("requests", "lambda-url", "POST"),
    ]  # fmt: skip
    assert (written.function, written_too.function) == ("user_lambda_param", "user_lambda")
    assert by_api.parameters["path"] == f"/_aws/execute-api/{api['id']}/dev/user/pepe"
    assert by_api.parameters["route"] == "/user/{username}" and "returned" not in by_api.parameters
    assert (by_api.served_by, by_api.served_request) == ("user_lambda_param", written.function_request)
    assert by_url.function_request == "" and by_url.request_id == written_too.function_request != ""
    assert by_api.request_id == answer.headers["x-amzn-RequestId"] and by_api.status == 200
    assert written.at_ms >= by_api.at_ms and by_api.ms > written.ms
    assert (not_there.name, not_there.status, not_there.failed) == ("GET", 403, True)


def test_a_request_that_an_api_could_not_answer_tells_why(entries, cloud, function):
    failing, api = function(RETURN), RestApi(cloud)
    api.proxy("/x", invocation(failing.name))
    api.proxy("/nada", invocation("nada"))
    api.method("/sin", "GET")
    api.deploy()
    for path, method, body in [("/x", "POST", b'{"a": 1}'), ("/x", "POST", b'"raise"'), ("/nada", "GET", b"")]:
        assert api.call(path, method, body=body)[0] in (500, 502)
    assert api.call("/sin")[0] == 500
    wrong, raised, missing, without = [entry for entry in entries() if entry.kind is Kind.REQUEST]
    assert wrong.message.endswith("Malformed Lambda proxy response") and wrong.parameters["returned"] == '{"a": 1}'
    said = f"due to customer function error: no. Lambda request id: {raised.served_request}"
    assert raised.message.endswith(said) and wrong.served_by == raised.served_by == failing.name
    assert (missing.served_by, missing.served_request) == ("nada", "")
    assert missing.message.endswith("Invalid permissions on Lambda function")
    assert (without.served_by, without.message, without.parameters["route"]) == ("", "", "/sin")


def test_other_calls_of_a_function_are_of_its_invocation(cloud, entries):
    lab.open("api_gateway")
    aws_lambda = boto3.client("lambda")
    event = {"body": json.dumps({"username": "tete", "data": "1"})}
    ids = [
        aws_lambda.invoke(FunctionName="user_lambda", Payload=json.dumps(event))["ResponseMetadata"]["RequestId"]
        for _ in range(2)
    ]
    assert [entry.function_request for entry in entries() if entry.function] == ids


def test_it_outlives_a_restart_and_tells_it(cloud, entries):
    boto3.client("s3").list_buckets()
    cloud.restart()
    boto3.client("s3").list_buckets()
    before, stop, start, after = entries()
    assert [before.name, stop.kind, start.kind, after.name] == ["ListBuckets", "stop", "start", "ListBuckets"]
    assert after.number == before.number + 1


def test_only_its_user_reads_it(cloud, entries):
    boto3.client("s3").list_buckets()
    assert entries()
    assert stat.S_IMODE((cloud.folder / journal.FILE).stat().st_mode) == 0o600


def test_calls_at_once_are_all_there_each_with_its_number(cloud, entries):
    def ask():
        client = boto3.session.Session().client("s3", endpoint_url=cloud.url)
        for _ in range(25):
            client.list_buckets()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [entry.number for entry in entries()]
    assert numbers == list(range(numbers[0], numbers[0] + 200))


def test_the_last_ones_are_kept_and_numbers_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "MAX_ENTRIES", 10)
    writer = journal.Writer(tmp_path)
    for _ in range(27):
        writer.write(lambda number: Entry(Kind.CALL, 1, number=number))
    writer.close()
    assert [entry.number for entry in journal.read(tmp_path)] == list(range(18, 28))
    assert sum(len(path.read_bytes().splitlines()) for path in tmp_path.iterdir()) <= 20
    again = journal.Writer(tmp_path)
    again.write(lambda number: Entry(Kind.CALL, 1, number=number))
    again.close()
    assert journal.read(tmp_path)[-1].number == 28


def test_a_line_that_is_not_whole_is_left_out(tmp_path):
    journal.append(tmp_path, Entry(Kind.START, 1))
    with (tmp_path / journal.FILE).open("ab") as file:
        file.write(b'{"kind": "call", "at_ms": 2, "na\n[]\n{"kind": "otro", "at_ms": 3}\n\xff\xfe\n')
    journal.append(tmp_path, Entry(Kind.STOP, 4))
    assert [entry.at_ms for entry in journal.read(tmp_path)] == [1, 4]


def test_a_section_has_what_came_after_it_was_opened_last():
    opened, other = Entry(Kind.SECTION, 0, "s3"), Entry(Kind.SECTION, 0, "lambda")
    one, two, three = (Entry(Kind.CALL, at) for at in (1, 2, 3))
    assert journal.since_opened([opened, one, opened, two, other, three], "s3") == [two, other, three]
    assert journal.since_opened([opened, one], "dynamodb") == []


def test_a_section_that_was_opened_before_what_is_kept_is_not_taken_for_one_in_which_nothing_was_done(
    cloud, monkeypatch
):
    monkeypatch.setattr(journal, "MAX_ENTRIES", 5)
    lab.open("s3")
    boto3.client("s3").list_buckets()
    assert practice.check("s3-2").ok is False and not lab.calls().why_empty
    for _ in range(5):
        boto3.client("s3").list_buckets()
    verdict = practice.check("s3-1")
    assert verdict.ok is False and verdict.text == "No hay ningún bucket «si1p1»."
    boto3.client("s3").create_bucket(Bucket="si1p1")
    boto3.client("s3").put_object(Bucket="si1p1", Key="src/user_rest.py")
    verdict = practice.check("s3-1")
    assert verdict.ok is None
    assert verdict.text == "solo se guardan las últimas 5 llamadas, y la sección se abrió antes"
    assert lab.calls() == [] and lab.calls().why_empty.startswith("Solo se guardan las últimas 5 llamadas")


def test_a_long_text_is_cut_and_a_secret_body_is_its_size(cloud, entries):
    boto3.client("sqs").list_queues(QueueNamePrefix="x" * 2000)
    (entry,) = entries()
    assert entry.parameters["QueueNamePrefix"] == f"{'x' * 1000}… (2000 caracteres)"


def test_own_clients_are_told_apart(cloud):
    assert own_calls.is_own(own_calls.client("s3")) and not own_calls.is_own(boto3.client("s3"))
    assert own_calls.client("s3").meta.region_name == checkpoints.REGION


def test_before_lab_open_nothing_is_asked_of_aws(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    verdict = practice.check("s3-1")
    assert verdict.ok is False and "Ejecuta antes la primera celda" in verdict.text
