"""Requests at random, each as a foreign page may have its browser send it: none is served by AWS's API or LocalStack's.

`SI1P1_FUZZ_S` says for how many seconds; `SI1P1_FUZZ_SEED` repeats a run.
"""

import os
import random
import re
import time

import pytest
from raw_http import send

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SECONDS = float(os.environ.get("SI1P1_FUZZ_S", "60"))

NAMES = [
    "localhost",
    "LOCALHOST",
    "127.0.0.1",
    "[::1]",
    "x.localhost",
    "a.b.localhost",
    "cubo.s3.localhost",
    "localhost.localstack.cloud",
    "s3.localhost.localstack.cloud",
    "abc.execute-api.localhost",
    "abc.execute-api.us-east-1.localhost.localstack.cloud",
    "abc.lambda-url.us-east-1.localhost",
    "abc.lambda-url.nowhere.localhost",
    "sqs.us-east-1.localhost",
    "intruso.example",
    "127.0.0.1.intruso.example",
    "localhost.intruso.example",
    "sns.us-east-1.amazonaws.com",
    "x.cloudfront.localhost",
    "c.s3-website.localhost",
]
PIECES = [
    "_aws",
    "execute-api",
    "execute-apiX",
    "restapis",
    "_user_request_",
    "_localstack",
    "health",
    "init",
    "info",
    "si1p1",
    "2015-03-31",
    "functions",
    "f",
    "invocations",
    "abc",
    "dev",
    "..",
    ".",
    "%2e%2e",
    "%2f",
    "%5f",
    "%00",
    "cubo",
    "x",
    "queue",
    "000000000000",
    "dynamodb",
    "shell",
    "cloudformation",
    "deploy",
    "state",
    "reset",
    "ses",
    "lambda",
    "sqs",
    "messages",
    "v20180820",
    "@connections",
    "%C3%B1",
    "a%20b",
    "tags",
    "{proxy+}",
    ";",
    "*",
]
PREFIXES = ["", "", "", "/_aws/execute-api/", "/_aws/execute-api", "/restapis/a/b/_user_request_"]
ACTIONS = [
    "ListStacks",
    "CreateStack",
    "CreateTopic",
    "ListTopics",
    "ListQueues",
    "CreateQueue",
    "GetCallerIdentity",
    "ListUsers",
    "CreateUser",
    "DescribeInstances",
    "ListMetrics",
    "SendEmail",
]
TYPES = """
application/x-www-form-urlencoded
text/plain
multipart/form-data; boundary=x
application/x-www-form-urlencoded; charset=x
""".strip().split("\n")
BODIES = [
    "",
    "{}",
    '{"TableName": "x"}',
    "Action=ACTION&Version=2010-05-15&Name=x&QueueName=x&StackName=x",
    '--x\r\nContent-Disposition: form-data; name="Action"\r\n\r\nACTION\r\n--x--\r\n',
    "<CreateBucketConfiguration/>",
]
QUERIES = [
    "",
    "?",
    "?Action=ACTION&Version=2010-03-31&Name=x",
    "?list-type=2",
    "?X-Amz-Target=DynamoDB_20120810.ListTables",
    "?X-Amz-Credential=a/20260101/us-east-1/sns/aws4_request&X-Amz-Algorithm=AWS4-HMAC-SHA256&Action=ACTION",
    "?acl",
    "?x=/_aws/execute-api/a/b/",
    "?%41ction=ACTION&Version=2010-05-15",
    "",
][:-1]
ORIGINS = [
    "http://intruso.example",
    "null",
    "file://",
    "http://localhost:8888",
    "https://localhost",
    "http://app.localstack.cloud",
    "https://app.localstack.cloud",
    "http://127.0.0.1:1",
    "http://x.cloudfront.localhost:{port}",
    "https://localhost:{port}",
]
REFERERS = ["http://intruso.example/x", "http://localhost:8888/lab", "http://["]
MODES = ["no-cors", "cors", "navigate", "websocket", "same-origin"]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"

# What a page may send is addressed to an API or a function URL, there or not. Said here in other words than the wall's.
API_NAMES = (".execute-api.", ".lambda-url.")
API_PATHS = re.compile(r"/_aws/execute-api/[^/?]+/[^/?]|/restapis/[^/?]+/[^/?]+/_user_request_([/?]|$)")
BY_LOCALSTACK = re.compile(r"localstack\.request\.(aws|http)\s+: (.*)")


def request(rng, port):
    """Return (method, target, headers, body) of one request that some browser would send for a foreign page."""
    action = rng.choice(ACTIONS)
    target = rng.choice(PREFIXES) + "/" + "/".join(rng.choices(PIECES, k=rng.randint(0, 6)))
    target += rng.choice(["", *QUERIES]).replace("ACTION", action)
    host = rng.choice(NAMES) + rng.choice([f":{port}"] * 4 + ["", ":80"])
    headers = [("Host", host), ("User-Agent", AGENT), ("Accept", "*/*")]
    method = rng.choice(["GET", "GET", "POST", "POST", "HEAD", "OPTIONS"])
    is_trusted = host.partition(":")[0].endswith(("localhost", "127.0.0.1"))
    if is_trusted and rng.random() < 0.95:  # the rest: browsers that are too old
        headers.append(("Sec-Fetch-Site", rng.choice(["cross-site", "same-site"])))
        headers.append(("Sec-Fetch-Mode", rng.choice(MODES)))
    if method in ("POST", "OPTIONS") or rng.random() < 0.3:
        headers.append(("Origin", rng.choice(ORIGINS).format(port=port)))
    if rng.random() < 0.3:
        headers.append(("Referer", rng.choice(REFERERS)))
    if method == "OPTIONS":
        headers.append(("Access-Control-Request-Method", rng.choice(["PUT", "DELETE", "POST"])))
        headers.append(("Access-Control-Request-Headers", "x-amz-target,authorization"))
        headers.append(("Access-Control-Request-Private-Network", "true"))
    body = ""
    if method == "POST":
        body = rng.choice(BODIES).replace("ACTION", action)
        headers.append(("Content-Type", rng.choice(TYPES)))
    rng.shuffle(headers)
    return method, target, headers, body.encode()


def is_for_an_api(target, headers):
    host = dict(headers)["Host"].lower()
    return any(name in host for name in API_NAMES) or bool(API_PATHS.match(target))


def test_no_request_of_a_foreign_page_is_served(cloud, figures):
    seed = int(os.environ.get("SI1P1_FUZZ_SEED", time.time_ns()))
    rng = random.Random(seed)  # noqa: S311 - to be repeated
    time.sleep(1)  # for what the tests before have asked
    before = len(cloud.log.read_text("utf-8"))
    sent = refused = for_apis = 0
    wrong = []
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        made = request(rng, cloud.port)
        sent += 1
        try:
            status, headers, _ = send(cloud.port, *made)
        except (ConnectionError, TimeoutError):
            status, headers = 0, {}
        if any(name.lower().startswith("access-control") for name in headers):
            wrong.append((status, made, headers))
        if is_for_an_api(made[1], made[2]):
            for_apis += 1
            # None is there. 500: LocalStack's router, for a path with NUL.
            if status not in (0, 400, 403, 404, 500):
                wrong.append((status, made))
        elif status in (0, 400, 403):  # 400: it is no HTTP, or no form
            refused += 1
        else:
            wrong.append((status, made))
    log = [found.groups() for found in BY_LOCALSTACK.finditer(cloud.log.read_text("utf-8")[before:])]
    wrong += [line for kind, line in log if kind == "aws" or "=> 200" in line]
    detail = f"seed {seed}; {for_apis} for APIs that are not there, {len(log)} of them seen by LocalStack"
    figures("requests of foreign pages at random: not served", sent, refused + for_apis - len(wrong), detail)
    assert wrong == [], seed
    assert len(log) <= for_apis and refused > sent * 0.5 and for_apis > sent * 0.1
