"""The execution log of a REST API's stage: nothing unless it is asked for, then AWS's lines."""

import re

import boto3
import pytest
from rest_api import RETURN, RestApi, invocation

REQUEST_ID = r"\([0-9a-f-]{36}\) "


@pytest.fixture
def api(cloud, function):
    api = RestApi(cloud, binaryMediaTypes=["image/png"])
    uri = invocation(function(RETURN).name)
    api.proxy("/user/{username}", uri)
    api.proxy("/lenta", uri, timeoutInMillis=1000)
    validator = api.client.create_request_validator(restApiId=api.id, name="v", validateRequestParameters=True)["id"]
    required = {"requestParameters": {"method.request.querystring.q": True}, "requestValidatorId": validator}
    api.proxy("/pide", uri, method_options=required)
    api.proxy("/nadie", invocation("no-existe"))
    return api.deploy()


def ask_for(api, level, data="false", methods="*/*"):
    operations = [("logging/loglevel", level), ("logging/dataTrace", data)]
    changes = [{"op": "replace", "path": f"/{methods}/{setting}", "value": value} for setting, value in operations]
    api.client.update_stage(restApiId=api.id, stageName="dev", patchOperations=changes)


def logged(api):
    """Return what has been logged, without the requests' ids, and forget it."""
    logs = boto3.client("logs")
    group = f"API-Gateway-Execution-Logs_{api.id}/dev"
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    found = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    logs.delete_log_group(logGroupName=group)
    assert [line for line in found if not re.match(REQUEST_ID, line)] == []
    return [re.sub(REQUEST_ID, "", line) for line in found]


def test_nothing_is_logged_unless_it_is_asked_for(api):
    assert api.call("/user/pepe", "POST", body=b"{}")[0] == 200
    assert api.call("/user/pepe", "POST", body=b"null")[0] == 502
    assert logged(api) == []
    ask_for(api, "INFO")
    ask_for(api, "OFF", methods="~1user~1{username}/ANY")
    assert api.call("/user/pepe", "POST", body=b"{}")[0] == 200
    assert logged(api) == []


@pytest.mark.parametrize(
    ("path", "body", "line", "status"),
    [
        ("/user/pepe", b"null", "Execution failed due to configuration error: Malformed Lambda proxy response", 502),
        ("/user/pepe", b'{"body": {}}', "Execution failed due to configuration error: Malformed Lambda proxy response",
         502),
        ("/user/pepe", b'"raise"',
         r"Lambda execution failed with status 200 due to customer function error: no\. Lambda request id: [0-9a-f-]+",
         502),
        ("/user/pepe", '{"isBase64Encoded": true, "body": "é"}'.encode(),
         r"Execution failed due to configuration error: Unable to base64 decode the body\.", 500),
        pytest.param(
            "/lenta", b'"sleep"', "Execution failed due to a timeout error", 504, marks=pytest.mark.slow
        ),
        ("/nadie", b"", "Execution failed due to configuration error: Invalid permissions on Lambda function", 500),
    ],
)  # fmt: skip
def test_the_cause_of_an_error_is_logged(api, path, body, line, status):
    ask_for(api, "ERROR")
    assert api.call("/user/pepe", "POST", body=b"{}")[0] == 200
    assert api.call(path, "POST", {"Accept": "image/png"}, body)[0] == status
    cause, end = logged(api)
    assert re.fullmatch(line, cause) and end == f"Method completed with status: {status}"


def test_level_info_tells_of_each_request_and_data_trace_what_it_brought(api):
    ask_for(api, "INFO")
    assert api.call("/user/pepe", "POST", body=b"{}")[0] == 200
    assert api.call("/otra")[0] == 403  # no method: nothing to log
    start, *rest = logged(api)
    assert re.fullmatch("Starting execution for request: [0-9a-f-]{36}", start)
    end = ["Successfully completed execution", "Method completed with status: 200"]
    assert rest == ["HTTP Method: POST, Resource Path: /user/pepe", *end]
    assert api.call("/pide")[0] == 400
    assert logged(api)[1:] == ["HTTP Method: GET, Resource Path: /pide", "Method completed with status: 400"]
    ask_for(api, "INFO", data="true")
    assert api.call("/user/pepe?a=1", "POST", {"X-Una": "b"}, b'{"body": "hola"}')[0] == 200
    _, method, path, query, headers, sent, answered, *rest = logged(api)
    assert (method, path) == ("HTTP Method: POST, Resource Path: /user/pepe", "Method request path: {username=pepe}")
    assert query == "Method request query string: {a=1}" and "X-Una=b" in headers
    assert sent == 'Method request body before transformations: {"body": "hola"}'
    assert answered == "Method response body after transformations: hola" and rest == end
