"""The event that a REST API passes to a function, as AWS's: by its guide, or as LocalStack's tests recorded there."""

from datetime import UTC, datetime

import pytest
from rest_api import ECHO, RestApi, invocation

# (path, its resource, pathParameters, `path`): parameters are parts of the path, as they were sent.
PATHS = [
    ("/user/pepe", "/user/{username}", {"username": "pepe"}, "/user/pepe"),
    ("/user/jos%C3%A9", "/user/{username}", {"username": "jos%C3%A9"}, "/user/jos%C3%A9"),
    ("/user/a%2Fb", "/user/{username}", {"username": "a%2Fb"}, "/user/a%2Fb"),
    ("/user/a+b", "/user/{username}", {"username": "a+b"}, "/user/a+b"),
    ("/user/a%2Bb@gmail.com", "/user/{username}", {"username": "a%2Bb@gmail.com"}, "/user/a%2Bb@gmail.com"),
    ("/user/a%20b", "/user/{username}", {"username": "a%20b"}, "/user/a%20b"),
    ("/user/a;b=1", "/user/{username}", {"username": "a;b=1"}, "/user/a;b=1"),
    ("/user/dev", "/user/{username}", {"username": "dev"}, "/user/dev"),
    ("/user/a_user_request_b", "/user/{username}", {"username": "a_user_request_b"}, "/user/a_user_request_b"),
    ("/user/pepe?x=/_user_request_/y", "/user/{username}", {"username": "pepe"}, "/user/pepe"),
    ("/user/pepe/", "/user/{username}", {"username": "pepe"}, "/user/pepe/"),
    ("//user/pepe", "/user/{username}", {"username": "pepe"}, "/user/pepe"),
    ("/files/a/b%2Fc/d", "/files/{proxy+}", {"proxy": "a/b%2Fc/d"}, "/files/a/b%2Fc/d"),
    ("/files/a//b/", "/files/{proxy+}", {"proxy": "a//b"}, "/files/a//b/"),
    ("/user", "/user", None, "/user"),
    ("/", "/", None, "/"),
    ("", "/", None, "/"),
]
# (query, what each parameter's values are)
QUERIES = [
    ("?a=1", {"a": ["1"]}),
    ("?a=1&a=2", {"a": ["1", "2"]}),
    ("?a=&b", {"a": [""], "b": [""]}),
    (
        "?a=test%2Balias@gmail.com&b=test+alias@gmail.com",
        {"a": ["test+alias@gmail.com"], "b": ["test alias@gmail.com"]},
    ),
    ("?a=x%20y&a=https://x.es/%3F", {"a": ["x y", "https://x.es/?"]}),
    ("?a=%C3%B1&%C3%B1=b", {"a": ["ñ"], "ñ": ["b"]}),
    ("?a=b=c&d[]=e&f.g=h", {"a": ["b=c"], "d[]": ["e"], "f.g": ["h"]}),
    ("?", None),
    ("", None),
]
FORM, TEXT, PNG = "application/x-www-form-urlencoded", "text/plain", "image/png"
MULTIPART = "multipart/form-data; boundary=X"
PART = b'--X\r\ncontent-disposition: form-data; name="a"\r\nX-Propia: 1\r\n\r\nb\r\n--X--\r\n'
# (binaryMediaTypes, Content-Type, body, `body`, isBase64Encoded)
BODIES = [
    ([], None, b"", None, False),
    ([], None, b"x", "x", False),
    ([], TEXT, "ñ".encode(), "ñ", False),
    ([], FORM, b"a=%20b&c=%7e&&d&e=%c3%b1+f", "a=%20b&c=%7e&&d&e=%c3%b1+f", False),
    ([], FORM, b'{"a": 1}', '{"a": 1}', False),  # curl -d, without a Content-Type
    ([], MULTIPART, PART, PART.decode(), False),
    ([], PNG, b"\x89PNG", "�PNG", False),  # lost, as in AWS: the API does not say that it is binary
    ([PNG], PNG, b"\x89PNG", "iVBORw==", True),
    ([PNG], PNG, b"abc", "YWJj", True),
    ([PNG], f"{PNG}; q=1", b"abc", "YWJj", True),
    ([PNG], PNG, b"", None, False),
    ([PNG], TEXT, b"abc", "abc", False),
    (["image/*"], PNG, b"abc", "YWJj", True),
    (["*/*"], TEXT, b"abc", "YWJj", True),
    (["*/*"], None, b"abc", "YWJj", True),
    (["*/png"], PNG, b"abc", "abc", False),
]


@pytest.fixture
def echo(function):
    return invocation(function(ECHO).name)


@pytest.fixture
def api(cloud, echo):
    api = RestApi(cloud)
    for path in ("/", "/user", "/user/{username}", "/files/{proxy+}"):
        api.proxy(path, echo)
    return api.deploy()


def test_a_path_is_passed_as_it_was_sent(api):
    wrong = []
    for path, resource, parameters, expected in PATHS:
        event = api.event(path)
        context = event["requestContext"]
        found = (event["resource"], context["resourcePath"], event["pathParameters"], event["path"], context["path"])
        if found != (resource, resource, parameters, expected, f"/dev{path.partition('?')[0]}"):
            wrong.append((path, found))
    assert wrong == []


def test_a_query_is_passed_decoded_with_the_last_value_of_each_and_all(api):
    wrong = []
    for query, expected in QUERIES:
        event = api.event(f"/user/pepe{query}")
        found = event["queryStringParameters"], event["multiValueQueryStringParameters"]
        if found != (expected and {name: values[-1] for name, values in expected.items()}, expected):
            wrong.append((query, found))
    assert wrong == []


def test_a_body_is_passed_as_it_was_sent_or_in_base64_if_the_api_says_that_it_is_binary(cloud, echo):
    apis, wrong = {}, []
    for types, content_type, body, *expected in BODIES:
        if tuple(types) not in apis:
            apis[tuple(types)] = RestApi(cloud, binaryMediaTypes=types)
            apis[tuple(types)].proxy("/", echo)
            apis[tuple(types)].deploy()
        headers = {"Content-Type": content_type} if content_type else {}
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            event = apis[tuple(types)].event("/", method, headers, body)
            if [event["body"], event["isBase64Encoded"]] != expected:
                wrong.append((types, content_type, body, method, event["body"], event["isBase64Encoded"]))
    assert wrong == []


def test_headers_are_passed_with_the_last_value_of_each_and_all(api):
    sent = {"X-Una": ["a", "b"], "tEsT": "c", "authorization": "d", "User-Agent": "e", "X-Vacia": ""}
    event = api.event("/user/pepe", headers=sent)
    expected = {"X-Una": ["a", "b"], "tEsT": ["c"], "Authorization": ["d"], "User-Agent": ["e"], "X-Vacia": [""]}
    expected |= {"Host": [f"localhost:{api.port}"], "X-Forwarded-Proto": ["http"], "X-Forwarded-For": ["127.0.0.1"]}
    found = event["multiValueHeaders"]
    assert {name: found.get(name) for name in expected} == expected
    assert event["headers"] == {name: values[-1] for name, values in found.items()}
    assert not {"connection", "content-length"} & {name.lower() for name in found}


def test_the_context_says_who_asks_for_what_and_when(api):
    event = api.event("/user/pepe", "PUT", {"User-Agent": "curl/8.5"})
    context = event["requestContext"]
    expected = {"apiId": api.id, "accountId": "000000000000", "stage": "dev", "httpMethod": "PUT"}
    assert {name: context[name] for name in expected} == expected and event["httpMethod"] == "PUT"
    assert context["identity"]["sourceIp"] == "127.0.0.1" and context["identity"]["userAgent"] == "curl/8.5"
    received = datetime.fromtimestamp(context["requestTimeEpoch"] // 1000, UTC)
    assert context["requestTime"] == received.strftime("%d/%b/%Y:%H:%M:%S +0000")


def test_every_address_of_an_api_leads_to_it(api):
    by_name = {"Host": f"{api.id}.execute-api.localhost.localstack.cloud:{api.port}"}
    in_region = {"Host": f"{api.id}.execute-api.us-east-1.localhost.localstack.cloud:{api.port}"}
    addresses = [
        ("/_aws/execute-api/{id}/{stage}", {}),
        ("/restapis/{id}/{stage}/_user_request_", {}),
        ("/{stage}", by_name),
        ("/{stage}", in_region),
        ("/{stage}", {"Host": f"{api.id.upper()}.execute-api.localhost:{api.port}"}),
        (f"http://localhost:{api.port}/_aws/execute-api/{{id}}/{{stage}}", {}),  # as a program sends it to a proxy
    ]
    wrong = []
    for address, headers in addresses:
        for path in ("/user/pepe%2F", "/user/dev", "/files/dev/_user_request_/x", "", "/"):
            event = api.event(path, headers=headers, address=address)
            if (event["path"], event["requestContext"]["path"]) != (path or "/", f"/dev{path}"):
                wrong.append((address, headers, path, event["path"], event["requestContext"]["path"]))
    assert wrong == []
