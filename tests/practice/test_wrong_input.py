"""Whatever is sent to a handler, by call and over HTTP: 2xx or 4xx, and only what was sent is stored, in its place."""

import base64
import contextlib
import http.client
import io
import json
import shutil
import socket
import string
from collections import Counter
from urllib.parse import quote, unquote, urlsplit

import boto3
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handlers import user_get_lambda_dynamo, user_lambda, user_lambda_dynamo, user_lambda_param
from helpers.practice.checkpoints import BUCKET
from tests import practice_cloud

FAST_AND_THOROUGH = [pytest.param(80, id="fast"), pytest.param(2000, id="thorough", marks=pytest.mark.slow)]
OVER_HTTP = [pytest.param(20, id="fast"), pytest.param(300, id="thorough", marks=pytest.mark.slow)]

# Names: every step that a path can be tricked into, odd characters, too long, and good ones.
PLAIN_NAMES = st.text(string.ascii_letters + string.digits, min_size=1, max_size=20)
TRICKS = [
    "%252e", "jos%c3%a9", "%ff", "a%2fb", "a%2bb",
    "", ".", "..", "../x", "..%2fx", "%2e%2e", "a/b", "/etc/passwd", "a\\b", "a\x00b", "\n", "pepe\n", " ", "~", "C:x",
    "users/pepe", "x" * 63, "x" * 64, "ñandú", "n\u0303", "𐐀" * 63, "\ud800", "\u202e", "%00", "{username}", "?", "#",
    "pepe/data.json", "pepe?x=1", "a+b", "a b", "@", "-", "_", "con", "٣",
]  # fmt: skip
NAMES = PLAIN_NAMES | st.sampled_from(TRICKS) | st.text(max_size=80)

# Bodies: any JSON, with surrogates, large and deep; any text; no text; and objects like the ones expected.
ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=40)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
TRICK_EMAILS = ["ñandú@ss.com", "", "\x00", "a\nb@c.es", "\ud800", "x" * 254, "x" * 255, "x" * 500_000]
EMAILS = st.sampled_from(TRICK_EMAILS) | ANY_TEXT
OBJECTS = st.fixed_dictionaries(
    {}, optional={"username": NAMES | JSON_VALUES, "email": EMAILS | JSON_VALUES, "data": JSON_VALUES}
)
HARD_BODIES = [
    None, "", " ", "null", "3", "[]", "{", "\ufeff{}", "\x00", '{"username": "a", "username": "b", "email": "c@d.es"}',
    '{"username": "pepe", "email": "a@b.es", "data": ' + "9" * 5000 + "}",
    '{"username": "pepe", "email": "a@b.es", "data": ' + "[" * 50_000 + "]" * 50_000 + "}", "[" * 200_000,
    json.dumps({"username": "grande", "email": "a@b.es", "data": "x" * 1_000_000}),
    json.dumps({"username": "x" * 1_000_000, "email": "x" * 1_000_000}),
    json.dumps({"username": "n" * 60, "email": "a@b.es", "data": ["ñ"] * 100_000}, ensure_ascii=False),
    '{"username": "pepe", "email": "a@b.es", "data": NaN}', "{'email': mimail@dominio.es}", '{"email": "\ud800"}',
]  # fmt: skip
ENCODED = st.builds(json.dumps, OBJECTS | JSON_VALUES, ensure_ascii=st.booleans())
# Right ones, so that what is stored is seen too.
GOOD_NAMES = st.sampled_from(["pepe", "ana", "ñandú", "a.b@c", "10"]) | PLAIN_NAMES
GOOD_BODIES = st.builds(
    json.dumps,
    st.fixed_dictionaries(
        {"username": GOOD_NAMES, "email": st.emails() | st.just("ñandú@ss.com")},
        optional={"data": JSON_VALUES, "¿qué?": JSON_VALUES},
    ),
)
BODIES = ENCODED | GOOD_BODIES | st.sampled_from(HARD_BODIES) | ANY_TEXT


def differing(stored: dict[str, bytes], expected: dict[str, bytes]) -> dict[str, tuple[bytes | None, bytes | None]]:
    """Return what is not the same in both, by key, and short: a body may be a megabyte."""
    pairs = {key: (stored.get(key), expected.get(key)) for key in stored | expected}
    return {key: (one and one[:200], other and other[:200]) for key, (one, other) in pairs.items() if one != other}


def in_base64(event: dict) -> dict:
    """Return the event as API Gateway gives one whose body is not text."""
    sent = (event["body"] or "").encode("utf-8", "surrogatepass")
    return event | {"body": base64.b64encode(sent).decode(), "isBase64Encoded": True}


WHOLE = st.fixed_dictionaries(
    {"body": BODIES, "pathParameters": st.none() | st.fixed_dictionaries({}, optional={"username": NAMES})},
    optional={
        "headers": st.none() | st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3),
        "isBase64Encoded": st.just(False),
        "path": ANY_TEXT,
        "requestContext": st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=2),
    },
)
HALF = WHOLE.flatmap(lambda event: st.sets(st.sampled_from(sorted(event))).map(lambda gone: without(event, gone)))
BINARY = st.binary(max_size=60).map(lambda raw: {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True})
GOOD = st.fixed_dictionaries({"body": GOOD_BODIES, "pathParameters": st.fixed_dictionaries({"username": GOOD_NAMES})})
EVENTS = GOOD | GOOD.map(in_base64) | WHOLE | WHOLE.map(in_base64) | HALF | BINARY
# Always tried: each name that is a trick and each hard body, the other part being right.
ALWAYS = [
    *({"body": body, "pathParameters": {"username": "pepe"}} for body in HARD_BODIES),
    *(
        {"body": json.dumps({"username": name, "email": "a@b.es"}), "pathParameters": {"username": name}}
        for name in TRICKS
    ),
    *({"body": json.dumps({"email": email}), "pathParameters": {"username": "x"}} for email in TRICK_EMAILS),
]


def without(event: dict, names: set[str]) -> dict:
    return {name: value for name, value in event.items() if name not in names}


def sent_bytes(event: dict) -> bytes:
    """Return the body as the client sent it."""
    body = event["body"]
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def called(module, event: dict) -> tuple[int, dict]:
    """Call the handler; return (status, body) of an answer that the Lambda runtime and API Gateway can pass on."""
    with contextlib.redirect_stdout(io.StringIO()):
        answer = module.handler(event, None)
    assert set(answer) == {"statusCode", "headers", "body"} and type(answer["body"]) is str
    json.dumps(answer, ensure_ascii=False).encode()
    return answer["statusCode"], json.loads(answer["body"])


def searched(examples: int, strategy: st.SearchStrategy, always=()):
    """Have a function tried with `always` and examples of `strategy`: new ones each time in a thorough run only."""
    common = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
    chosen = settings(max_examples=examples, derandomize=examples < 100, print_blob=True, **common)

    def run(check):
        check = given(strategy)(check)
        for case in always:
            check = example(case)(check)
        chosen(check)()

    return run


@pytest.fixture
def bucket(cloud, monkeypatch):
    """The practice's bucket, empty, and the handlers' clients made for this instance."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for module in (user_lambda, user_lambda_param):
        monkeypatch.setattr(module, "s3", s3)


@pytest.fixture
def table(cloud, monkeypatch):
    """The practice's table, empty, and the handlers' clients made for this instance."""
    made = boto3.resource("dynamodb").create_table(**practice_cloud.TABLE_DEFINITION)
    for module in (user_lambda_dynamo, user_get_lambda_dynamo):
        monkeypatch.setattr(module, "table", made)
    return made


@pytest.mark.parametrize("examples", FAST_AND_THOROUGH)
@pytest.mark.parametrize(
    ("module", "before", "after"), [(user_lambda, ["users"], []), (user_lambda_param, ["user"], ["data.json"])]
)
def test_s3_handlers(bucket, examples, module, before, after, figures):
    expected, counts = {}, Counter()

    @searched(examples, EVENTS, ALWAYS)
    def check(event):
        status, body = called(module, event)
        counts[status] += 1
        assert status in (200, 400)
        if status == 200:
            *first, name = body["key"].removesuffix("/data.json").split("/")
            assert body["key"].split("/") == [*first, name, *after] and first == before
            assert name.isprintable() and not name.startswith(".")
            expected[body["key"]] = sent_bytes(event)

    assert differing(practice_cloud.stored_objects(), expected) == {}
    assert len(counts) == 2 and counts[200] >= examples // 50
    figures(f"events to {module.__name__}", counts.total(), counts[200] + counts[400], f"{counts[200]} stored")


@pytest.mark.parametrize("examples", FAST_AND_THOROUGH)
def test_dynamo_handlers(table, examples, figures):
    expected, counts = {}, Counter()

    @searched(examples, EVENTS, ALWAYS)
    def check(event):
        status, body = called(user_lambda_dynamo, event)
        counts[status] += 1
        assert status in (200, 400)
        if status == 200:
            assert body["item"] == {
                "User": unquote(event["pathParameters"]["username"]),
                "Email": json.loads(sent_bytes(event))["email"],
            }
            expected[body["item"]["User"]] = body["item"]
        read_status, read = called(user_get_lambda_dynamo, event)
        counts[read_status] += 1
        assert read_status in (200, 400)
        if status == 200:
            assert read == body["item"]

    assert practice_cloud.stored_items() == expected
    assert len(counts) == 2 and counts[200] >= examples // 50
    figures("events to user_(get_)lambda_dynamo", counts.total(), counts[200] + counts[400], f"{len(expected)} items")


# Over HTTP: a request as bytes, so that no client tidies it first.


def quoted(name: str) -> bytes:
    return quote(name.encode("utf-8", "surrogatepass"), safe="").encode()


RAW_NAMES = st.binary(max_size=40).map(lambda raw: bytes(byte for byte in raw if byte not in b" \r\n"))
TARGETS = GOOD_NAMES.map(quoted) | NAMES.map(quoted) | RAW_NAMES | st.binary(max_size=20).map(quote).map(str.encode)
TARGETS_ALWAYS = [
    b"", b".", b"..", b"../../x", b"..%2fx", b"%2e%2e%2fx", b"%2f0", b"..\\x", b"%5c..%5cx", b"a%00b", b"%ff", b"\xff",
    b"%", b"%zz", b"?", b"#", b";a", b"//", b"/etc/passwd", b"%252e%252e", *map(quoted, TRICKS),
]  # fmt: skip
HTTP_BODIES = BODIES.map(lambda body: (body or "").encode("utf-8", "surrogatepass")) | st.binary(max_size=60)
HTTP_BODIES_ALWAYS = [(body or "").encode("utf-8", "surrogatepass") for body in HARD_BODIES]
GOOD_BODY = b'{"username": "pepe", "email": "a@b.es", "data": "\xc3\xb1"}'
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "X-Forwarded-For", "Accept", "Cookie", "Authorization", "X-HTTP-Method-Override"]),
    st.sampled_from(["application/json", "text/plain", "application/x-www-form-urlencoded", "image/png", "x" * 4000])
    | st.text(string.printable.strip(), max_size=20),
    max_size=3,
)


def send(port: int, method: str, target: bytes, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send one request as it is to 127.0.0.1; return (status, body) of the response."""
    fields = {"Host": f"localhost:{port}", "Content-Length": str(len(body)), "Connection": "close"} | headers
    head = method.encode() + b" " + target + b" HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("latin-1") + b"\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
            client.sendall(head + body)
        response = http.client.HTTPResponse(client, method=method)
        response.begin()
        return response.status, response.read()


@pytest.mark.parametrize("examples", FAST_AND_THOROUGH)
def test_user_rest(service, examples, figures):
    base, users = service
    shutil.rmtree(users, ignore_errors=True)
    port = urlsplit(base).port
    expected, counts = {}, Counter()
    requested = st.tuples(st.sampled_from(["PUT", "PUT", "PATCH", "GET", "DELETE"]), TARGETS, HTTP_BODIES, HEADERS)
    always = [
        *(("PUT", target, GOOD_BODY, {}) for target in TARGETS_ALWAYS),
        *((method, b"pepe", body, {}) for body in HTTP_BODIES_ALWAYS for method in ("DELETE", "PUT", "PATCH", "GET")),
    ]

    @searched(examples, requested, always)
    def check(request):
        method, target, body, headers = request
        status, answer = send(port, method, b"/user/" + target, body, headers)
        counts[status // 100] += 1
        assert status // 100 in (2, 4)
        if status // 100 == 2:
            answer = json.loads(answer)
            name = answer["username"]
            if method == "PUT":
                assert name not in expected
                expected[name] = json.loads(body)
            elif method == "PATCH":
                expected[name] = expected[name] | json.loads(body)
            if method == "DELETE":
                del expected[name]
            if "data" in answer:
                assert answer["data"] == expected[name]

    found = [path for path in users.parent.rglob("*") if path.is_file()]
    assert {path.relative_to(users).as_posix(): json.loads(path.read_text("utf-8")) for path in found} == {
        f"{name}/data.json": data for name, data in expected.items()
    }
    assert counts[2] >= examples // 50
    figures("requests to user_rest", counts.total(), counts[2] + counts[4], f"{counts[2]} answered 2xx")


def is_text(target: bytes) -> bool:
    """Tell whether LocalStack can read the path: its web server answers 500 itself to one that is not UTF-8."""
    with contextlib.suppress(UnicodeDecodeError):
        target.decode()
        return True
    return False


@pytest.mark.parametrize("examples", OVER_HTTP)
def test_function_url_and_api_gateway(cloud, examples, figures):
    doors = practice_cloud.build()
    objects, items, counts = practice_cloud.stored_objects(), {}, Counter()
    thorough = examples > 100
    always = [
        *(
            (door, target, GOOD_BODY, {})
            for door in (doors if thorough else ["API to S3"])
            for target in TARGETS_ALWAYS
        ),
        *(
            (door, b"pepe", body, {})
            for door in (doors if thorough else ["function URL", "API to DynamoDB, POST"])
            for body in HTTP_BODIES_ALWAYS
        ),
    ]

    @searched(
        examples, st.tuples(st.sampled_from(sorted(doors)), TARGETS.filter(is_text), HTTP_BODIES, HEADERS), always
    )
    def check(request):
        door, target, body, headers = request
        prefix, method, host = doors[door]
        status, answer = send(cloud.port, method, prefix.encode() + target, body, headers | host)
        counts[status // 100] += 1
        assert status // 100 in (2, 4)
        if status == 200 and method == "POST":
            answer = json.loads(answer)
            if "key" in answer:
                objects[answer["key"]] = body
            else:
                items[answer["item"]["User"]] = answer["item"]

    stored = practice_cloud.stored_objects()
    # An event of API Gateway holds text: what is not UTF-8 reaches the function, and S3, with U+FFFD in its place.
    as_text = {key: body.decode("utf-8", "replace").encode() for key, body in objects.items()}
    expected = {key: as_text[key] if stored.get(key) == as_text[key] else body for key, body in objects.items()}
    assert differing(stored, expected) == {}
    assert practice_cloud.stored_items() == items
    assert objects and items
    figures(
        "requests to API Gateway and function URL", counts.total(), counts[2] + counts[4], f"{counts[2]} answered 2xx"
    )
