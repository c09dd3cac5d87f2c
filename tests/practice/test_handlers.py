"""The Lambda functions by plain call, with AWS stubbed: what they ask of it and what they answer."""

import base64
import json
from decimal import Decimal

import pytest
from botocore.stub import Stubber

from handlers import user_get_lambda_dynamo, user_lambda, user_lambda_dynamo, user_lambda_param

WITH_BODY = {
    "user_lambda": user_lambda,
    "user_lambda_param": user_lambda_param,
    "user_lambda_dynamo": user_lambda_dynamo,
}
BY_PATH = {
    "user_lambda_param": user_lambda_param,
    "user_lambda_dynamo": user_lambda_dynamo,
    "user_get_lambda_dynamo": user_get_lambda_dynamo,
}


def stubbed(handler_module):
    """Return a stubber of the AWS client that the module made; any call that is not expected fails."""
    client = handler_module.s3 if hasattr(handler_module, "s3") else handler_module.table.meta.client
    return Stubber(client)


def refused(answer):
    """Check that `answer` is a well-made 400 and return its message."""
    assert answer["statusCode"] == 400
    body = json.loads(answer["body"])
    assert body["status"] == "KO"
    assert "Traceback" not in answer["body"]
    return body["message"]


@pytest.mark.parametrize(
    ("module", "name", "key"),
    [
        (user_lambda, "user_lambda", "users/pepe"),
        (user_lambda_param, "user_lambda_param", "user/pepe/data.json"),
    ],
)
@pytest.mark.parametrize("encoded", [False, True])
def test_s3_handlers_store_the_body_as_it_came(module, name, key, encoded, event):
    sent = event(name)
    text = sent["body"]
    if encoded:
        sent |= {"body": base64.b64encode(text.encode()).decode(), "isBase64Encoded": True}
    with stubbed(module) as aws:
        expected = {"Bucket": "si1p1", "Key": key, "Body": text.encode(), "ContentType": "application/json"}
        aws.add_response("put_object", {}, expected)
        answer = module.handler(sent, None)
        aws.assert_no_pending_responses()
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"status": "OK", "key": key}


def test_dynamo_handler_puts_user_and_email(event):
    with stubbed(user_lambda_dynamo) as aws:
        item = {"User": "user2", "Email": "mimail@dominio.es"}
        aws.add_response("put_item", {}, {"TableName": "si1p1", "Item": item})
        answer = user_lambda_dynamo.handler(event("user_lambda_dynamo"), None)
        aws.assert_no_pending_responses()
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["item"] == item


@pytest.mark.parametrize(
    ("response", "body"),
    [
        ({"Item": {"User": {"S": "user2"}, "Email": {"S": "a@b.es"}}}, {"User": "user2", "Email": "a@b.es"}),
        ({"Item": {"User": {"S": "user2"}, "Edad": {"N": "20"}}}, {"User": "user2", "Edad": 20}),
        ({}, {}),
    ],
)
def test_get_handler_answers_the_item_or_nothing(response, body, event):
    with stubbed(user_get_lambda_dynamo) as aws:
        aws.add_response("get_item", response, {"TableName": "si1p1", "Key": {"User": "user2"}})
        answer = user_get_lambda_dynamo.handler(event("user_get_lambda_dynamo"), None)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == body


def test_get_handler_turns_types_that_json_lacks_into_plain_ones():
    assert user_get_lambda_dynamo.plain(Decimal("2.5")) == 2.5
    assert user_get_lambda_dynamo.plain({"b", "a"}) == ["a", "b"]


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.parametrize("body", [None, "", "hola", "{", '"texto"', "[]", "{mimail@dominio.es}"])
def test_a_body_that_is_not_a_json_object_is_refused(name, body, event):
    with stubbed(WITH_BODY[name]):
        assert refused(WITH_BODY[name].handler(event(name) | {"body": body}, None))


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_missing_body_and_bad_base64_are_refused(name, event):
    sent = event(name)
    with stubbed(WITH_BODY[name]):
        assert refused(WITH_BODY[name].handler({k: v for k, v in sent.items() if k != "body"}, None))
        assert refused(WITH_BODY[name].handler(sent | {"body": "á", "isBase64Encoded": True}, None))


@pytest.mark.parametrize("body", ['{"data": "10"}', '{"username": ""}', '{"username": 3}', '{"username": "a/b"}'])
def test_user_lambda_wants_a_valid_username(body, event):
    with stubbed(user_lambda):
        assert "username" in refused(user_lambda.handler(event("user_lambda") | {"body": body}, None))


@pytest.mark.parametrize("body", ["{}", '{"email": ""}', '{"email": 3}'])
def test_dynamo_handler_wants_an_email(body, event):
    with stubbed(user_lambda_dynamo):
        assert "email" in refused(user_lambda_dynamo.handler(event("user_lambda_dynamo") | {"body": body}, None))


@pytest.mark.parametrize("name", BY_PATH)
@pytest.mark.parametrize("parameters", [None, {}, {"username": ""}, {"username": ".."}, {"username": "a/b"}])
def test_a_path_without_a_valid_name_is_refused(name, parameters, event):
    with stubbed(BY_PATH[name]):
        assert "ruta" in refused(BY_PATH[name].handler(event(name) | {"pathParameters": parameters}, None))
