"""Who may send what to LocalStack by HTTP: programs anything, foreign web pages only the student's own APIs."""

import json
import socket
from urllib.parse import urlencode, urlsplit

import boto3
import practice_api
import pytest
from raw_http import send

PROGRAM = {"User-Agent": "Boto3/1.42"}
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0"}
TYPED = BROWSER | {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FOREIGN = BROWSER | {"Sec-Fetch-Site": "cross-site"}
OTHER_PORT = BROWSER | {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:8888"}

HEALTH, BUCKETS, FUNCTIONS = "/_localstack/health", "/", "/2015-03-31/functions/"
STACKS = "/?Action=ListStacks&Version=2010-05-15"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# (name, method, target, headers, what comes): 200, or 403. {api} and {port} are this run's.
COMBINATIONS = [
    # Programs: no header of a browser's.
    ("boto3", "GET", FUNCTIONS, PROGRAM, 200),
    ("no user agent", "GET", HEALTH, {}, 200),
    ("by number", "GET", HEALTH, PROGRAM | {"Host": "127.0.0.1:{port}"}, 200),
    ("upper case", "GET", HEALTH, PROGRAM | {"Host": "LocalHost:{port}"}, 200),
    ("another port in Host", "GET", HEALTH, PROGRAM | {"Host": "localhost:8080"}, 200),
    ("by LocalStack's name", "GET", HEALTH, PROGRAM | {"Host": "localhost.localstack.cloud:{port}"}, 200),
    ("a bucket by name", "GET", "/", PROGRAM | {"Host": "s3.localhost:{port}"}, 200),
    ("a query by GET", "GET", STACKS, PROGRAM, 200),
    ("a query by form", "POST", "/", PROGRAM | FORM, 200),
    ("curl to the API", "POST", "{api}", {"User-Agent": "curl/8.5"}, 200),
    # Names that are not this machine's.
    ("rebinding", "GET", HEALTH, PROGRAM | {"Host": "intruso.example:{port}"}, 403),
    ("rebinding, same origin", "GET", FUNCTIONS, BROWSER | {
        "Host": "intruso.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ("rebinding to the API", "POST", "{api}", PROGRAM | {"Host": "intruso.example:{port}"}, 403),
    ("a name that ends so", "GET", HEALTH, PROGRAM | {"Host": "nolocalhost:{port}"}, 403),
    ("a name that begins so", "GET", HEALTH, PROGRAM | {"Host": "localhost.intruso.example"}, 403),
    ("the cloud's twin", "GET", HEALTH, PROGRAM | {"Host": "localhost.localstack.cloud.intruso.example"}, 403),
    ("its own number elsewhere", "GET", HEALTH, PROGRAM | {"Host": "127.0.0.1.intruso.example"}, 403),
    ("another loopback number", "GET", HEALTH, PROGRAM | {"Host": "127.0.0.2:{port}"}, 403),
    ("a function URL elsewhere", "GET", "/", FOREIGN | {"Host": "a.lambda-url.us-east-1.intruso.example"}, 403),
    ("a dot at the end", "GET", HEALTH, PROGRAM | {"Host": "localhost.:{port}"}, 403),
    ("a user in the name", "GET", HEALTH, PROGRAM | {"Host": "localhost@intruso.example"}, 403),
    ("an empty name", "GET", HEALTH, PROGRAM | {"Host": ""}, 403),
    # What a browser says of itself.
    ("typed", "GET", HEALTH, TYPED, 200),
    ("typed, a bucket's list", "GET", BUCKETS, TYPED, 200),
    ("typed or clicked in a mail, a query", "GET", STACKS, TYPED, 403),
    ("LocalStack's own page", "GET", HEALTH, BROWSER | {"Sec-Fetch-Site": "same-origin"}, 200),
    ("its own page, with where from", "GET", HEALTH, BROWSER | {
        "Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:{port}",
        "Referer": "http://localhost:{port}/x"}, 200),
    ("its own page, a query", "GET", STACKS, BROWSER | {"Sec-Fetch-Site": "same-origin"}, 403),
    ("an image", "GET", STACKS, FOREIGN | {"Sec-Fetch-Dest": "image"}, 403),
    ("a link", "GET", HEALTH, FOREIGN | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"}, 403),
    ("another port", "GET", HEALTH, OTHER_PORT, 403),
    ("a word that is none", "GET", HEALTH, BROWSER | {"Sec-Fetch-Site": "quizá"}, 403),
    ("a browser that does not tell", "GET", HEALTH, BROWSER, 403),
    ("the same, by LocalStack's name", "GET", STACKS, BROWSER | {"Host": "localhost.localstack.cloud:{port}"}, 403),
    ("a form to AWS", "POST", "/", FOREIGN | FORM | {"Origin": "http://intruso.example"}, 403),
    ("a form from a file", "POST", "/", FOREIGN | FORM | {"Origin": "null"}, 403),
    ("a preflight to AWS", "OPTIONS", FUNCTIONS, FOREIGN | {
        "Origin": "http://intruso.example", "Access-Control-Request-Method": "POST"}, 403),
    ("an object put", "PUT", "/cubo/x", FOREIGN | {"Origin": "http://intruso.example"}, 403),
    ("an object by form", "POST", "/cubo", FOREIGN | {"Content-Type": "text/plain"}, 403),
    ("a bucket by name, from a page", "GET", "/", FOREIGN | {"Host": "cubo.s3.localhost:{port}"}, 403),
    # Origins that LocalStack itself lets in.
    ("its web application", "GET", HEALTH, PROGRAM | {"Origin": "http://app.localstack.cloud"}, 403),
    ("its web application, safe", "GET", HEALTH, PROGRAM | {"Origin": "https://app.localstack.cloud"}, 403),
    ("a file", "GET", HEALTH, PROGRAM | {"Origin": "file://"}, 403),
    ("https", "GET", HEALTH, PROGRAM | {"Origin": "https://localhost"}, 403),
    ("the same name, another port", "GET", HEALTH, PROGRAM | {"Origin": "http://localhost:8888"}, 403),
    ("the same machine, another name", "GET", HEALTH, PROGRAM | {"Origin": "http://127.0.0.1:{port}"}, 403),
    ("a twin", "GET", HEALTH, PROGRAM | {"Origin": "http://localhost:{port}.intruso.example"}, 403),
    ("a CloudFront of its own", "GET", HEALTH, PROGRAM | {"Origin": "http://x.cloudfront.localhost:{port}"}, 403),
    ("Referer alone", "GET", HEALTH, PROGRAM | {"Referer": "http://intruso.example/"}, 403),
    ("Referer that is no address", "GET", HEALTH, PROGRAM | {"Referer": "http://["}, 403),
    ("Referer of its own", "GET", HEALTH, PROGRAM | {"Referer": "http://localhost:{port}/a?b"}, 200),
    # The student's APIs, and what only looks like one.
    ("API, foreign page", "POST", "{api}", FOREIGN | {"Origin": "http://intruso.example"}, 200),
    ("API, another port", "GET", "{api}", OTHER_PORT, 200),
    ("API, the handout's address", "POST", "{old}", FOREIGN | {"Origin": "http://intruso.example"}, 200),
    ("API, by name", "GET", "/dev/user/pepe", FOREIGN | {"Host": "{id}.execute-api.localhost:{port}"}, 200),
    ("API, with a query of AWS's", "POST", "{api}?Action=ListStacks&Version=2010-05-15", FOREIGN | FORM, 200),
    ("nearly an API", "POST", "/_aws/execute-apiX", FOREIGN | FORM, 403),
    ("nearly an API, deeper", "POST", "/_aws/execute-apiX/a/b", FOREIGN | FORM, 403),
    ("an API without stage", "POST", "/_aws/execute-api/{id}", FOREIGN | FORM, 403),
    ("the mark alone", "POST", "/_user_request_", FOREIGN | FORM, 403),
    ("the mark in a bucket", "POST", "/cubo/_user_request_/x", FOREIGN | FORM, 403),
    ("the mark in a query", "POST", "/?x=/_aws/execute-api/a/b/", FOREIGN | FORM, 403),
    ("the mark, escaped", "POST", "/%5faws/execute-api/a/b/", FOREIGN | FORM, 403),
    ("the mark after two slashes", "POST", "//_aws/execute-api/a/b/", FOREIGN | FORM, 403),
    ("no such API", "POST", "/_aws/execute-api/nadie/dev/", FOREIGN | FORM, 404),
    ("no such API, the handout's address", "POST", "/restapis/nadie/dev/_user_request_/", FOREIGN | FORM, 404),
    ("an API of AWS's own API", "POST", "/restapis/{id}/deployments", FOREIGN, 403),
    ("an API below another name", "POST", "{api}", FOREIGN | FORM | {"Host": "cubo.s3.localhost:{port}"}, 403),
    ("an API by an absolute address", "POST", "http://localhost:{port}{api}", FOREIGN | FORM, 403),
    # LocalStack's own endpoints, which it serves under every name: here, an API or a stage that is not there.
    ("its own API, by an API's name", "GET", HEALTH, FOREIGN | {"Host": "a.execute-api.localhost:{port}"}, 404),
    ("the same, by a deployed one's", "POST", HEALTH, FOREIGN | {"Host": "{id}.execute-api.localhost:{port}"}, 403),
    ("by a function URL's", "GET", HEALTH, FOREIGN | {"Host": "a.lambda-url.us-east-1.localhost:{port}"}, 403),
    ("more of them, by an API's name", "GET", "/_aws/lambda/runtimes", FOREIGN | {
        "Host": "a.execute-api.localhost:{port}"}, 404),
    ("its description, by an API's name", "GET", "/openapi.yaml", FOREIGN | {"Host": "a.execute-api.localhost"}, 404),
    ("more, by a name that is nearly a function URL's", "GET", "/_aws/lambda/runtimes", FOREIGN | {
        "Host": "a.lambda-url.nowhere.localhost:{port}"}, 403),
    ("no such function URL", "GET", "/", FOREIGN | {"Host": "nadie.lambda-url.us-east-1.localhost:{port}"}, 403),
]  # fmt: skip
CREATE = urlencode({"Action": "CreateTopic", "Name": "creado-por-otra-pagina", "Version": "2010-03-31"}).encode()


@pytest.fixture
def api(function):
    return practice_api.make(function)


def test_each_combination_is_served_or_refused_as_it_should(cloud, api, figures):
    names = {"port": cloud.port, "api": api.path, "id": api.id}
    names["old"] = f"/restapis/{api.id}/dev/_user_request_/user/pepe"
    wrong, right = [], 0
    for name, method, target, headers, expected in COMBINATIONS:
        given = {"Host": "localhost:{port}"} | headers
        filled = [(header, value.format(**names)) for header, value in given.items()]
        body = b"Action=ListStacks&Version=2010-05-15" if method == "POST" else b""
        status, _, content = send(cloud.port, method, target.format(**names), filled, body)
        reaches_the_function = expected == 200 and name.startswith(("API", "curl"))
        if status == expected and (b"llega" in content) == reaches_the_function:
            right += 1
        else:
            wrong.append((name, status, content[:200]))
    figures("combinations of Host, Origin, Referer, Sec-Fetch, path and method", len(COMBINATIONS), right)
    assert wrong == [] and right >= 40 + 11


def test_what_is_addressed_to_an_api_and_is_none_never_reaches_aws(cloud, api):
    hosts = ["localhost:{port}", "nadie.execute-api.localhost:{port}", "x.lambda-url.nowhere.localhost:{port}"]
    targets = ["/_aws/execute-api/nadie/dev", "/restapis/nadie/x/_user_request_", "/", "/x/y?Action=CreateTopic"]
    for host in hosts:
        for target in targets:
            headers = [("Host", host.format(port=cloud.port)), *FOREIGN.items(), *FORM.items()]
            status, _, content = send(cloud.port, "POST", target, headers, CREATE)
            assert status in (403, 404) and b"CreateTopicResponse" not in content, (host, target, status, content)
    topics = boto3.client("sns").list_topics()["Topics"]
    assert topics == []


def test_a_form_of_a_foreign_page_creates_nothing(cloud):
    status, *_ = send(cloud.port, "POST", "/", [("Host", f"localhost:{cloud.port}"), *FORM.items()], CREATE)
    topics = boto3.client("sns").list_topics()["Topics"]
    assert status == 200 and len(topics) == 1, "the form itself is right: a program may send it"
    boto3.client("sns").delete_topic(TopicArn=topics[0]["TopicArn"])
    for target in ("/", "/_aws/execute-apiX", "/x/_user_request_/", "/_aws/execute-api/x/y/z"):
        headers = [("Host", f"localhost:{cloud.port}"), *FOREIGN.items(), *FORM.items()]
        assert send(cloud.port, "POST", target, headers, CREATE)[0] in (403, 404)
    assert boto3.client("sns").list_topics()["Topics"] == []


def test_the_refusal_says_what_to_do_and_lets_no_page_read_it(cloud):
    headers = [("Host", f"localhost:{cloud.port}"), *FOREIGN.items(), ("Origin", "http://intruso.example")]
    status, answered, content = send(cloud.port, "GET", HEALTH, headers)
    assert status == 403 and "pégala en la barra del navegador" in content.decode()
    assert not [name for name in answered if name.lower().startswith("access-control")]


def test_a_websocket_of_a_foreign_page_is_refused(cloud):
    upgrade = [("Host", f"localhost:{cloud.port}"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
               ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]  # fmt: skip
    text = "\r\n".join(
        [
            "GET /_localstack/health HTTP/1.1",
            *(f"{n}: {v}" for n, v in upgrade),
            "Origin: http://intruso.example",
            "",
            "",
        ]
    )
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=30) as connection:
        connection.sendall(text.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


@pytest.fixture
def function_url(function):
    """Return a maker of function URLs with these CORS settings, on a function that says no CORS headers itself."""

    def make(**settings):
        made = function(f"ORIGIN = None\n{practice_api.ECHO}")
        options = {"Cors": settings} if settings else {}
        url = made.client.create_function_url_config(FunctionName=made.name, AuthType="NONE", **options)["FunctionUrl"]
        return urlsplit(url).netloc

    return make


def cors_of(cloud, host, origin, method="GET", **more):
    """Return (status, body, CORS headers) for a page of `origin`."""
    headers = [("Host", host), *FOREIGN.items(), ("Origin", origin), *more.items()]
    status, answered, content = send(cloud.port, method, "/", headers)
    found = {name.lower(): value for name, value in answered.items()}
    return status, content, {name: value for name, value in found.items() if name.startswith("access-control")}


def test_a_function_url_follows_the_cors_settings_that_it_has(cloud, function_url):
    host = function_url(
        AllowOrigins=["http://localhost:5173"], AllowMethods=["GET", "POST"], AllowHeaders=["content-type"],
        ExposeHeaders=["etag"], MaxAge=60, AllowCredentials=True,
    )  # fmt: skip
    told = {
        "access-control-allow-origin": "http://localhost:5173",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "content-type",
        "access-control-expose-headers": "etag",
        "access-control-allow-credentials": "true",
        "access-control-max-age": "60",
    }
    status, content, found = cors_of(cloud, host, "http://localhost:5173")
    assert (status, json.loads(content), found) == (200, {"llega": "GET"}, told)
    preflight = {"Access-Control-Request-Method": "POST"}
    status, content, found = cors_of(cloud, host, "http://localhost:5173", "OPTIONS", **preflight)
    assert (status, content, found) == (200, b"", told)
    # Another page is answered, as in AWS, and may not read it.
    status, content, found = cors_of(cloud, host, "http://intruso.example")
    assert (status, json.loads(content), found) == (200, {"llega": "GET"}, {})


def test_a_function_url_without_settings_leaves_cors_to_its_function(cloud, function_url):
    host = function_url()
    status, content, found = cors_of(
        cloud, host, "http://localhost:5173", "OPTIONS", **{"Access-Control-Request-Method": "GET"}
    )
    assert (status, json.loads(content), found) == (200, {"llega": "OPTIONS"}, {})


def test_an_api_follows_the_cors_that_its_function_says(cloud, function):
    for origin, expected in (
        ("http://localhost:5173", {"access-control-allow-origin": "http://localhost:5173"}),
        (None, {}),
    ):
        api = practice_api.make(function, origin)
        headers = [("Host", f"localhost:{cloud.port}"), *OTHER_PORT.items()]
        status, answered, content = send(cloud.port, "GET", api.path, headers)
        found = {name.lower(): value for name, value in answered.items() if name.lower().startswith("access-control")}
        assert (status, json.loads(content), found) == (200, {"llega": "GET"}, expected)
