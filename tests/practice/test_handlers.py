"""The Lambda functions by plain call, with AWS stubbed: what they ask of it and what they answer."""

import base64
import json

import pytest
from botocore.stub import ANY, Stubber
from practice_table import TEN_TYPES

from handlers import user_get_lambda_dynamo, user_lambda, user_lambda_dynamo, user_lambda_param
from helpers.practice.unfinished import UNFINISHED
from helpers.workbook import SOLVED

# The student's own may be simpler: test_own_functions.py asks of them what the handout does.
OURS = SOLVED.is_solved


def ours(**modules):
    return {name: module for name, module in modules.items() if OURS or name not in UNFINISHED}


only_ours = pytest.mark.skipif(not OURS, reason="the handout does not ask for it")
WITH_BODY = ours(user_lambda=user_lambda, user_lambda_param=user_lambda_param, user_lambda_dynamo=user_lambda_dynamo)
BY_PATH = ours(
    user_lambda_param=user_lambda_param,
    user_lambda_dynamo=user_lambda_dynamo,
    user_get_lambda_dynamo=user_get_lambda_dynamo,
)


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
        pytest.param(user_lambda_param, "user_lambda_param", "user/pepe/data.json", marks=only_ours),
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


@only_ours
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


@only_ours
@pytest.mark.parametrize("kind", TEN_TYPES)
def test_get_handler_says_each_type_in_json(kind, event):
    stored, said = TEN_TYPES[kind]
    with stubbed(user_get_lambda_dynamo) as aws:
        aws.add_response("get_item", {"Item": {"Dato": {kind: stored}}})
        answer = user_get_lambda_dynamo.handler(event("user_get_lambda_dynamo"), None)
    assert json.loads(answer["body"]) == {"Dato": said}


@pytest.mark.parametrize(
    ("in_the_path", "username"),
    [("josé", "josé"), ("jos%C3%A9", "josé"), ("pepe%40ss.com", "pepe@ss.com"), ("a+b", "a+b"), ("a%2Bb", "a+b")],
)
@pytest.mark.parametrize("name", BY_PATH)
def test_a_name_in_the_path_is_decoded(name, in_the_path, username, event):
    object_, item = {"Bucket": "si1p1", "Body": ANY, "ContentType": ANY}, {"User": username, "Email": ANY}
    operation, asked = {
        "user_lambda_param": ("put_object", {"Key": f"user/{username}/data.json"} | object_),
        "user_lambda_dynamo": ("put_item", {"TableName": "si1p1", "Item": item}),
        "user_get_lambda_dynamo": ("get_item", {"TableName": "si1p1", "Key": {"User": username}}),
    }[name]
    with stubbed(BY_PATH[name]) as aws:
        aws.add_response(operation, {}, asked)
        answer = BY_PATH[name].handler(event(name) | {"pathParameters": {"username": in_the_path}}, None)
        aws.assert_no_pending_responses()
    assert answer["statusCode"] == 200


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
@pytest.mark.parametrize(
    "parameters",
    [None, {}]
    + [
        {"username": one}
        for one in (
            "",
            "..",
            "a/b",
            "a%2fb",
            "%2e%2e",
            "..%2fx",
            "a%00b",
            "%ff",
            "%2561",
            "a%20b",
            "%0a",
            "%",
            "x" * 64,
        )
    ],
)
def test_a_path_without_a_valid_name_is_refused(name, parameters, event):
    with stubbed(BY_PATH[name]):
        assert "ruta" in refused(BY_PATH[name].handler(event(name) | {"pathParameters": parameters}, None))


@only_ours
@pytest.mark.static
@pytest.mark.parametrize("path", [*SOLVED.code_files(), SOLVED.handlers / "Dockerfile"], ids=lambda path: path.name)
def test_a_line_of_a_handed_in_file_fits_the_page(path):
    assert max(map(len, path.read_text("utf-8").splitlines())) <= 88
