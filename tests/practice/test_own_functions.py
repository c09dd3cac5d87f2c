"""The two functions that the student writes, as the handout asks for them, however they call AWS."""

import importlib
import json
from unittest import mock
from urllib.parse import unquote, urlsplit

import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session


class Aws:
    """What answers in AWS's place: it keeps each request, and says of DynamoDB what it is told."""

    def __init__(self):
        self.requests = []
        self.dynamodb = {}

    def send(self, request):
        body = request.body.read() if hasattr(request.body, "read") else request.body
        self.requests.append((request, body.encode() if isinstance(body, str) else body))
        response = AWSResponse(request.url, 200, {"Content-Type": "application/x-amz-json-1.0"}, None)
        response._content = json.dumps(self.dynamodb).encode() if "dynamodb" in request.url else b""
        return response


@pytest.fixture
def aws():
    there = Aws()
    with mock.patch.object(URLLib3Session, "send", lambda self, request: there.send(request)):
        yield there


def answer(name, event):
    """Return the status and the body that a function answers to its event."""
    answered = importlib.import_module(f"handlers.{name}").handler(event(name), None)
    return answered["statusCode"], answered["body"]


def test_user_lambda_param_stores_the_body_under_the_name_in_the_path(aws, event):
    status, body = answer("user_lambda_param", event)
    assert status == 200, body
    ((request, stored),) = [one for one in aws.requests if one[0].method == "PUT"]
    key = unquote(urlsplit(request.url).path).removeprefix("/si1p1").lstrip("/")
    assert key == "user/pepe/data.json"
    assert event("user_lambda_param")["body"].encode() in stored


def test_user_get_lambda_dynamo_answers_with_the_item(aws, event):
    aws.dynamodb = {"Item": {"User": {"S": "user2"}, "Email": {"S": "a@b.es"}}}
    status, body = answer("user_get_lambda_dynamo", event)
    assert status == 200, body
    ((request, asked),) = aws.requests
    assert request.headers["X-Amz-Target"].decode().endswith("GetItem")
    assert json.loads(asked)["Key"] == {"User": {"S": "user2"}}
    # As it is in the table, or with each value without its type.
    assert json.loads(body) in (aws.dynamodb["Item"], {"User": "user2", "Email": "a@b.es"})


def test_user_get_lambda_dynamo_answers_with_nothing_of_who_is_not_there(aws, event):
    status, body = answer("user_get_lambda_dynamo", event)
    assert status == 200 and json.loads(body) == {}
