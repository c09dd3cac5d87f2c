"""The body that a function URL passes to its function."""

import base64
import json
from urllib.parse import urlsplit

import pytest
from raw_http import send
from rest_api import ECHO

PART = b'--X\r\ncontent-disposition: form-data; name="a"\r\nX-Propia: 1\r\n\r\nb\r\n--X--\r\n'


@pytest.mark.parametrize(
    ("content_type", "body", "encoded"),
    [
        ("application/json", b'{"a": 1}', False),
        ("application/x-www-form-urlencoded", b'{"a": 1}', True),  # curl -d, without a Content-Type
        ("application/x-www-form-urlencoded", b"a=%20b&c=%7e&&d", True),
        ("multipart/form-data; boundary=X", PART, True),
        ("image/png", b"\x89PNG", True),
    ],
)
def test_a_body_is_passed_as_it_was_sent(cloud, function, content_type, body, encoded):
    made = function(ECHO)
    url = made.client.create_function_url_config(FunctionName=made.name, AuthType="NONE")["FunctionUrl"]
    headers = [("Host", urlsplit(url).netloc), ("Content-Type", content_type)]
    _, _, content = send(cloud.port, "POST", "/", headers, body)
    event = json.loads(content)
    assert event["isBase64Encoded"] is encoded
    assert (base64.b64decode(event["body"]) if encoded else event["body"].encode()) == body
