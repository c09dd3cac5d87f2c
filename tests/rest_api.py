"""A REST API whose routes call functions, and what calls it by raw HTTP."""

import json

import boto3
from raw_http import send

# Returns the event that it receives.
ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""

# Returns what the request's body says, as JSON; or fails as it says.
RETURN = """
import base64, json, os, time
def handler(event, context):
    said = json.loads(base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"])
    if said == "raise":
        raise ValueError("no")
    if said == "exit":
        os._exit(3)
    if said == "sleep":
        time.sleep(5)
    return said
"""


# LocalStack's address of an API.
PATH = "/_aws/execute-api/{id}/{stage}"


def invocation(function):
    """Return the `uri` of an integration with the function of that name."""
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"


class RestApi:
    """An API on the running instance; `call` sends it requests, once it is deployed."""

    def __init__(self, cloud, **options):
        self.port = cloud.port
        self.client = boto3.client("apigateway")
        self.id = self.client.create_rest_api(name="de-prueba", **options)["id"]
        (root,) = self.client.get_resources(restApiId=self.id)["items"]
        self._resources = {"/": root["id"]}

    def resource(self, path):
        """Return the id of the resource at `path`, made if it is not there."""
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            made = self.client.create_resource(restApiId=self.id, parentId=self.resource(parent or "/"), pathPart=part)
            self._resources[path] = made["id"]
        return self._resources[path]

    def method(self, path, method, **options):
        """Make a method; return what its integration needs to name it."""
        names = {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": method}
        self.client.put_method(**names, authorizationType="NONE", **options)
        return names

    def proxy(self, path, uri, method="ANY", method_options=None, **options):
        """Make a method with a Lambda proxy integration."""
        names = self.method(path, method, **(method_options or {}))
        self.client.put_integration(**names, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri, **options)

    def allow(self, path, headers):
        """Make an OPTIONS method that answers with `headers`, as "Enable CORS for a resource" (API Gateway) does."""
        names = self.method(path, "OPTIONS")
        template = {"application/json": '{"statusCode": 204}'}
        self.client.put_integration(**names, type="MOCK", requestTemplates=template)
        parameters = {f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()}
        declared = dict.fromkeys(parameters, True)
        self.client.put_method_response(**names, statusCode="204", responseParameters=declared)
        self.client.put_integration_response(**names, statusCode="204", responseParameters=parameters)

    def deploy(self, stage="dev", **options):
        self.client.create_deployment(restApiId=self.id, stageName=stage, **options)
        return self

    def call(self, path, method="GET", headers=None, body=b"", stage="dev", address=PATH):
        """Return (status, headers by their names in lower case, body)."""
        target = address.format(id=self.id, stage=stage) + path
        given = {"Host": f"localhost:{self.port}"} | (headers or {})
        pairs = [(name, one) for name, value in given.items() for one in ([value] if isinstance(value, str) else value)]
        status, answered, content = send(self.port, method, target, pairs, body)
        return status, {name.lower(): value for name, value in answered.items()}, content

    def event(self, path, method="GET", headers=None, body=b"", **options):
        """Return the event that a function which echoes it received."""
        status, _, content = self.call(path, method, headers, body, **options)
        assert status == 200, (status, content)
        return json.loads(content)
