"""The CORS of a student's own API: its OPTIONS method and its headers decide, and nothing answers in its place."""

import json

import pytest
from rest_api import ECHO, RestApi, invocation

PAGE = "http://localhost:5173"
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0"}
# A page of another port of this machine, and one of another site.
FROM = {
    "another port": BROWSER | {"Sec-Fetch-Site": "same-site", "Origin": PAGE},
    "another site": BROWSER | {"Sec-Fetch-Site": "cross-site", "Origin": "http://intruso.example"},
}
PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
TOLD = {
    "access-control-allow-origin": PAGE,
    "access-control-allow-methods": "PUT,OPTIONS",
    "access-control-allow-headers": "Content-Type",
}
ALLOWS = f"""
def handler(event, context):
    return {{"statusCode": 204 if event["httpMethod"] == "OPTIONS" else 200, "headers": {TOLD!r}}}
"""
ADDRESSES = [
    ("/_aws/execute-api/{id}/{stage}", "localhost:{port}"),
    ("/restapis/{id}/{stage}/_user_request_", "127.0.0.1:{port}"),
    ("/{stage}", "{id}.execute-api.localhost:{port}"),
]


@pytest.fixture
def api(cloud, function):
    """/mock: an OPTIONS method of its own that allows PAGE. /lambda: a function that does. /silent: neither."""
    allows, silent = invocation(function(ALLOWS).name), invocation(function(ECHO).name)
    api = RestApi(cloud)
    api.allow("/mock", TOLD)
    api.proxy("/mock", allows, "PUT")
    api.proxy("/lambda", allows)
    api.proxy("/silent", silent)
    api.proxy("/none", allows, "PUT")
    return api.deploy()


def cors_of(headers):
    return {name: value for name, value in headers.items() if name.startswith("access-control")}


@pytest.mark.parametrize("sender", FROM)
@pytest.mark.parametrize(("address", "host"), ADDRESSES)
def test_each_api_says_for_itself_which_pages_may_call_it(api, sender, address, host):
    headers = FROM[sender] | {"Host": host.format(id=api.id, port=api.port)}
    for path in ("/mock", "/lambda"):
        status, answered, content = api.call(path, "OPTIONS", headers | PREFLIGHT, address=address)
        # The same to all: the browser compares the origin.
        assert (status, content, cors_of(answered)) == (204, b"", TOLD), path
        status, answered, _ = api.call(path, "PUT", headers, b"{}", address=address)
        assert (status, cors_of(answered)) == (200, TOLD), path
    status, answered, content = api.call("/silent", "OPTIONS", headers | PREFLIGHT, address=address)
    event = json.loads(content)
    assert (status, cors_of(answered)) == (200, {}) and event["httpMethod"] == "OPTIONS"
    assert event["headers"]["Origin"] == headers["Origin"]  # the function can decide by it
    status, answered, content = api.call("/none", "OPTIONS", headers | PREFLIGHT, address=address)
    assert (status, cors_of(answered)) == (403, {}) and b"Missing Authentication Token" in content


def test_a_stage_that_is_not_there_tells_a_page_nothing_of_aws(api):
    for address, host in ADDRESSES:
        headers = FROM["another site"] | {"Host": host.format(id=api.id, port=api.port)}
        status, answered, content = api.call("/mock", "PUT", headers, b"{}", stage="otra", address=address)
        assert (status, cors_of(answered), content) == (403, {}, b'{"message":"Forbidden"}')


def test_an_error_has_the_cors_headers_that_the_api_gives_to_errors(api):
    headers = FROM["another port"]
    assert cors_of(api.call("/none/nada", headers=headers)[1]) == {}
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        parameters = {
            "gatewayresponse.header.Access-Control-Allow-Origin": f"'{PAGE}'",
            "gatewayresponse.header.X-Quien": "method.request.header.Origin",
            "gatewayresponse.header.X-Camino": "method.request.path.id",  # there is none
        }
        api.client.put_gateway_response(restApiId=api.id, responseType=kind, responseParameters=parameters)
    template = (
        '{"mensaje": $context.error.messageString, "tipo": "$context.error.responseType", "en": "$context.stage"}'
    )
    api.client.put_gateway_response(
        restApiId=api.id,
        responseType="BAD_REQUEST_PARAMETERS",
        statusCode="422",
        responseTemplates={"application/json": template},
    )
    validator = api.client.create_request_validator(restApiId=api.id, name="v", validateRequestParameters=True)["id"]
    required = {"method.request.querystring.q": True}
    options = {"requestParameters": required, "requestValidatorId": validator}
    api.proxy("/q", invocation("no-existe"), method_options=options)
    api.deploy()
    for path, expected in (("/none/nada", 403), ("/q?q=1", 500)):
        status, answered, _ = api.call(path, headers=headers)
        assert (status, cors_of(answered)) == (expected, {"access-control-allow-origin": PAGE})
        assert answered["x-quien"] == PAGE
    status, _, content = api.call("/q", headers=headers)
    message = "Missing required request parameters: [q]"
    assert (status, json.loads(content)) == (
        422,
        {"mensaje": message, "tipo": "BAD_REQUEST_PARAMETERS", "en": "dev"},
    )
