"""Which method of a REST API a request reaches, and what is answered when it reaches none, as in AWS."""

import json

import pytest
from botocore.exceptions import ClientError
from rest_api import ECHO, RestApi, invocation

ROUTES = [
    ("/", "GET"), ("/user", "ANY"), ("/user/{username}", "GET"), ("/user/{username}", "POST"), ("/user/me", "GET"),
    ("/user/{username}/{proxy+}", "ANY"), ("/user/{username}/mail", "GET"), ("/{other+}", "GET"), ("/head", "HEAD"),
]  # fmt: skip
NONE = None
# (method, path, the resource that answers)
REQUESTS = [
    ("GET", "/", "/"),
    ("GET", "/user/me", "/user/me"),
    ("GET", "/user/me/", "/user/me"),
    ("GET", "/user/pepe", "/user/{username}"),
    ("GET", "/user/pepe/mail", "/user/{username}/mail"),
    ("GET", "/user/pepe/otra", "/user/{username}/{proxy+}"),
    ("GET", "/user/pepe/mail/x", "/user/{username}/{proxy+}"),
    ("GET", "/user/me/mail", "/user/{username}/mail"),
    ("GET", "/otra/cosa", "/{other+}"),
    ("GET", "/User/pepe", "/{other+}"),
    ("POST", "/user/pepe", "/user/{username}"),
    *((method, "/user", "/user") for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")),
    ("HEAD", "/head", "/head"),
    # No method there.
    ("PUT", "/user/pepe", NONE),
    ("HEAD", "/user/pepe", NONE),
    ("OPTIONS", "/user/pepe", NONE),
    ("TRACE", "/user", NONE),
    ("POST", "/otra", NONE),
    ("POST", "/", NONE),
]


@pytest.fixture
def echo(function):
    return function(ECHO).name


def test_a_request_reaches_the_most_exact_resource_with_its_method(cloud, echo):
    api = RestApi(cloud)
    for path, method in ROUTES:
        api.proxy(path, invocation(echo), method)
    api.deploy()
    wrong = []
    for method, path, resource in REQUESTS:
        status, headers, content = api.call(path, method)
        if method == "HEAD":
            right = content == b"" and (status == 200) == (resource is not NONE)
        elif resource is NONE:
            right = json.loads(content) == {"message": "Missing Authentication Token"} and status == 403
            right = right and headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
        else:
            right = status == 200 and json.loads(content)["resource"] == resource
        if not right:
            wrong.append((method, path, status, content[:100]))
    assert wrong == []


def test_a_stage_that_is_not_there_is_forbidden_and_so_is_an_api_that_is_not_deployed(cloud, echo):
    api = RestApi(cloud)
    api.proxy("/", invocation(echo))
    before = api.call("/")
    api.deploy()
    by_name = {"Host": f"{api.id}.execute-api.localhost:{api.port}"}
    answers = [
        before,
        api.call("/", stage="otra"),
        api.call("/", stage="DEV"),
        api.call("/", address="/restapis/{id}/otra/_user_request_"),
        api.call("/", headers=by_name, address=""),
        api.call("/otra", headers=by_name, address=""),
    ]
    for status, headers, content in answers:
        assert (status, json.loads(content)) == (403, {"message": "Forbidden"})
        assert headers["x-amzn-errortype"] == "ForbiddenException"
    assert api.call("/")[0] == 200
    api.client.delete_rest_api(restApiId=api.id)
    assert api.call("/")[0] == 404  # in AWS, its name would not be found


def test_stage_variables_name_the_function_and_reach_it(cloud, echo):
    api = RestApi(cloud)
    arn = "arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.funcion}"
    api.proxy("/", invocation(arn))
    api.proxy("/corta", invocation("${stageVariables.funcion}"))
    api.deploy("con", variables={"funcion": echo, "color": "azul"})
    api.deploy("sin")
    api.deploy("otra", variables={"funcion": "no-existe"})
    for path in ("/", "/corta"):
        assert api.event(path, stage="con")["stageVariables"] == {"funcion": echo, "color": "azul"}
        for stage in ("sin", "otra"):
            status, _, content = api.call(path, stage=stage)
            assert (status, json.loads(content)) == (500, {"message": "Internal server error"})
    api.proxy("/fija", invocation(echo))
    api.deploy("fija")
    assert api.event("/fija", stage="fija")["stageVariables"] is None


def test_a_request_without_the_required_parameters_does_not_reach_the_function(cloud, echo):
    api = RestApi(cloud)
    validator = api.client.create_request_validator(restApiId=api.id, name="v", validateRequestParameters=True)["id"]
    required = {
        "method.request.path.id": True,
        "method.request.querystring.q": True,
        "method.request.header.X-Una": True,
        "method.request.querystring.opcional": False,
    }
    options = {"requestParameters": required}
    api.proxy("/{id}", invocation(echo), method_options=options | {"requestValidatorId": validator})
    api.proxy("/libre/{id}", invocation(echo), method_options=options)
    api.deploy()
    one = {"X-Una": "1"}
    # Blank is missing: "Request validation for REST APIs in API Gateway".
    cases = [
        ("/3?q=1", one, None),
        ("/3", one, "q"),
        ("/3?q=", one, "q"),
        ("/3?q=%20", one, "q"),
        ("/3?q=1", {}, "X-Una"),
        ("/3?q=1", {"X-Una": ""}, "X-Una"),
        ("/3", {}, "X-Una, q"),
        ("/libre/3", {}, None),
    ]
    for path, headers, missing in cases:
        status, answered, content = api.call(path, "POST", headers)
        if missing is None:
            assert status == 200, path
        else:
            expected = {"message": f"Missing required request parameters: [{missing}]"}
            assert (status, json.loads(content)) == (400, expected), (path, headers)
            assert answered["x-amzn-errortype"] == "BadRequestException"


def test_a_stage_always_has_its_deployment(cloud, echo):
    api = RestApi(cloud)
    api.proxy("/", invocation(echo))
    stage = {"restApiId": api.id, "stageName": "dev"}
    with pytest.raises(ClientError, match=r"BadRequestException.*Deployment id does not exist"):
        api.client.create_stage(**stage, deploymentId="abc123")
    first, second = (api.client.create_deployment(restApiId=api.id)["id"] for _ in range(2))
    api.client.create_stage(**stage, deploymentId=first)
    move = {"op": "replace", "path": "/deploymentId", "value": second}
    for used, patches in ((first, []), (second, [move])):
        api.client.update_stage(**stage, patchOperations=patches)
        with pytest.raises(ClientError, match=r"BadRequestException.*Active stages pointing to this deployment"):
            api.client.delete_deployment(restApiId=api.id, deploymentId=used)
        assert api.call("/")[0] == 200
    api.client.delete_deployment(restApiId=api.id, deploymentId=first)
    with pytest.raises(ClientError, match=r"NotFoundException.*Invalid Deployment identifier specified"):
        api.client.get_deployment(restApiId=api.id, deploymentId=first)
    assert api.client.get_deployment(restApiId=api.id, deploymentId=second)["id"] == second
    api.client.delete_stage(**stage)
    api.client.delete_deployment(restApiId=api.id, deploymentId=second)


def test_a_path_has_a_name_and_it_and_its_method_are_made_once(cloud):
    api = RestApi(cloud)
    names = api.method("/user/{username}", "GET")
    again = {"restApiId": api.id, "parentId": api.resource("/user")}
    with pytest.raises(ClientError, match=r"ConflictException.*Another resource .* has this name: {username}"):
        api.client.create_resource(**again, pathPart="{username}")
    with pytest.raises(ClientError, match=r"ConflictException.*Method already exists for this resource"):
        api.client.put_method(**names, authorizationType="AWS_IAM")
    api.client.delete_method(**names)
    api.client.put_method(**names, authorizationType="NONE")
    api.client.create_resource(**again, pathPart="user")
    with pytest.raises(ClientError, match=r"BadRequestException.*Resource's path part must be specified"):
        api.client.create_resource(**again, pathPart="")
