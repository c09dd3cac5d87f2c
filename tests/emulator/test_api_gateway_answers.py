"""What a REST API answers with what a function returns, or when it fails, as AWS."""

import base64
import json

import pytest
import requests
from rest_api import RETURN, RestApi, invocation

OK, MALFORMED = 200, 502
PNG = "image/png"

# (what the function returns, status, body, headers that the answer has)
ANSWERS = [
    # Recorded on AWS by LocalStack's tests.
    ({"statusCode": 200}, OK, "", {"content-type": "application/json"}),
    ({"headers": {"X-Una": "a"}}, OK, "", {"x-una": "a", "content-type": "application/json"}),
    ({}, OK, "", {}),
    ({"statusCode": 200, "headers": None}, OK, "", {}),
    ({"headers": {"X-Una": "a", "X-Dos": True}}, OK, "", {"x-una": "a", "x-dos": "true"}),
    ({"statusCode": 200, "otra": 1}, MALFORMED, None, {}),
    ({"statusCode": "201"}, 201, "", {}),
    ({"statusCode": "x"}, MALFORMED, None, {}),
    ("texto", MALFORMED, None, {}),
    ({"multiValueHeaders": {"X-Una": "a"}}, MALFORMED, None, {}),
    ({"body": "eA==", "isBase64Encoded": True}, OK, "eA==", {}),
    # What a student's function returns by mistake: "Output format of a Lambda function for proxy integration".
    (None, MALFORMED, None, {}),
    ([], MALFORMED, None, {}),
    (5, MALFORMED, None, {}),
    ("errorMessage", MALFORMED, None, {}),
    ({"status": "OK"}, MALFORMED, None, {}),
    ({"statusCode": 200, "body": {"a": 1}}, MALFORMED, None, {}),
    ({"statusCode": 200, "body": ["a"]}, MALFORMED, None, {}),
    ({"statusCode": [200]}, MALFORMED, None, {}),
    ({"statusCode": True}, MALFORMED, None, {}),
    ({"headers": "a"}, MALFORMED, None, {}),
    ({"headers": {"X-Una": {"a": 1}}}, MALFORMED, None, {}),
    ({"headers": {"X-Una": ["a"]}}, MALFORMED, None, {}),
    ({"multiValueHeaders": {"X-Una": [{}]}}, MALFORMED, None, {}),
    ({"isBase64Encoded": "sí"}, MALFORMED, None, {}),
    # What no server can send.
    ({"statusCode": 99}, MALFORMED, None, {}),
    ({"statusCode": 100}, MALFORMED, None, {}),
    ({"statusCode": 1000}, MALFORMED, None, {}),
    ({"headers": {"X-Una": "a\nb"}}, MALFORMED, None, {}),
    ({"headers": {"X Una": "a"}}, MALFORMED, None, {}),
    ({"headers": {"": "a"}}, MALFORMED, None, {}),
    ({"headers": {"X-Una": "日"}}, MALFORMED, None, {}),
    # Right answers.
    ({"statusCode": 404, "body": "no está"}, 404, "no está", {}),
    ({"statusCode": 200, "body": None}, OK, "", {}),
    ({"body": 5}, OK, "5", {}),
    ({"headers": {"Content-Type": "text/html", "Access-Control-Max-Age": 60}, "body": "<b>"}, OK, "<b>",
     {"content-type": "text/html", "access-control-max-age": "60"}),
    ({"statusCode": 302, "headers": {"Location": "/otra"}}, 302, "", {"location": "/otra"}),
    ({"headers": {"Content-Length": "3", "Date": "ayer"}, "body": "abcdef"}, OK, "abcdef",
     {"content-length": "6", "x-amzn-remapped-content-length": "3", "x-amzn-remapped-date": "ayer"}),
]  # fmt: skip
ERROR = {"message": "Internal server error"}

# (binaryMediaTypes, Accept, whether the body comes decoded): recorded on AWS, but for */*, which is the guide's.
ACCEPTED = [
    ([], PNG, False),
    ([PNG], PNG, True),
    ([PNG], None, False),
    ([PNG], "*/*", False),
    ([PNG], "image/*", False),
    ([PNG], "image/webp,image/png", False),  # only the first one counts
    ([PNG], "image/png,*/*;q=0.8", True),
    (["application/*"], "application/x", True),
    (["*/png"], PNG, False),
    (["*/*"], "text/html,image/png", True),
    (["*/*"], None, True),
]


@pytest.fixture
def returns(function):
    return invocation(function(RETURN, Timeout=2).name)


@pytest.fixture
def api(cloud, returns):
    api = RestApi(cloud)
    api.proxy("/", returns)
    return api.deploy()


def test_each_answer_of_a_function_becomes_the_one_of_aws(api):
    wrong = []
    for returned, status, body, headers in ANSWERS:
        found_status, found_headers, content = api.call("/", "POST", body=json.dumps(returned).encode())
        right = json.loads(content or "0") == ERROR if body is None else content.decode() == body
        if found_status != status or not right or not headers.items() <= found_headers.items():
            wrong.append((returned, found_status, found_headers, content))
    assert wrong == []


def test_a_header_of_both_kinds_has_all_its_values_and_the_spelling_of_the_list(api):
    both = {"headers": {"x-una": "c", "Set-Cookie": "d=4"}, "multiValueHeaders": {"X-Una": ["a", "b"]}}
    answer = requests.post(f"http://localhost:{api.port}/_aws/execute-api/{api.id}/dev/", json=both, timeout=30)
    assert {"X-Una": "a, b, c", "Set-Cookie": "d=4"}.items() <= dict(answer.headers).items()


def test_bytes_are_decoded_if_the_api_has_the_first_type_that_the_client_accepts(cloud, returns):
    sent = bytes(range(256))
    encoded = base64.b64encode(sent)
    returned = {"isBase64Encoded": True, "body": encoded.decode(), "headers": {"Content-Type": PNG}}
    wrong = []
    for types, accept, decoded in ACCEPTED:
        api = RestApi(cloud, binaryMediaTypes=types)
        api.proxy("/", returns)
        api.deploy()
        headers = {"Accept": accept} if accept else {}
        status, answered, content = api.call("/", "POST", headers, json.dumps(returned).encode())
        if (status, answered["content-type"], content) != (200, PNG, sent if decoded else encoded):
            wrong.append((types, accept, status, content[:20]))
    assert wrong == []


def test_a_body_that_is_not_base64_is_an_error_of_500(cloud, returns):
    api = RestApi(cloud, binaryMediaTypes=[PNG])
    api.proxy("/", returns)
    api.deploy()
    body = json.dumps({"isBase64Encoded": True, "body": "èé+à)("}).encode()
    status, _, content = api.call("/", "POST", {"Accept": PNG}, body)
    assert (status, json.loads(content)) == (500, ERROR)
    for said in (False, "false", None):
        body = json.dumps({"isBase64Encoded": said, "body": "èé+à)("}).encode()
        assert api.call("/", "POST", {"Accept": PNG}, body)[::2] == (200, "èé+à)(".encode())


@pytest.mark.parametrize("failure", ["raise", "exit", "sleep"])
def test_a_function_that_fails_is_a_502(api, failure):
    status, headers, content = api.call("/", "POST", body=json.dumps(failure).encode())
    assert (status, json.loads(content)) == (502, ERROR)
    assert headers["x-amzn-errortype"] == "InternalServerErrorException"


@pytest.mark.slow
def test_a_function_that_takes_longer_than_the_integration_waits_is_a_504(cloud, function):
    uri = invocation(function(RETURN, Timeout=30).name)
    api = RestApi(cloud)
    api.proxy("/", uri, timeoutInMillis=1000)
    api.deploy()
    status, _, content = api.call("/", "POST", body=b'"sleep"')
    assert (status, json.loads(content)) == (504, {"message": "Endpoint request timed out"})


def test_a_function_that_is_not_there_or_is_not_called_by_post_is_a_500(cloud, returns):
    api = RestApi(cloud)
    api.proxy("/none", invocation("no-existe"))
    api.proxy("/get", returns, method="GET")
    api.client.put_integration(**api.method("/mal", "GET"), type="AWS_PROXY", integrationHttpMethod="GET", uri=returns)
    api.deploy()
    for path in ("/none", "/mal"):
        status, _, content = api.call(path)
        assert (status, json.loads(content)) == (500, ERROR), path
