"""The Lambda proxy integration: the event that a function receives, and the answer made of what it returns.

LocalStack's accepts wrong answers or breaks on them, has no timeout, and tells binary bodies by their bytes.

Source: "Lambda proxy integrations in API Gateway" (API Gateway Developer Guide).
"""

import base64
import json
from http import HTTPMethod
from typing import Any, cast

from localstack.aws.api import ServiceException
from localstack.services.apigateway.next_gen.execute_api.context import EndpointResponse
from localstack.services.apigateway.next_gen.execute_api.helpers import (
    get_lambda_function_arn_from_invocation_uri,
)
from localstack.services.apigateway.next_gen.execute_api.integrations.aws import RestApiAwsProxyIntegration

from helpers.emulator.api_gateway import failures, lambda_call, proxy_response, served
from helpers.emulator.api_gateway.media_types import is_binary

# LocalStack's RestApiInvocationContext. Its parts, optional by its types, are set by the handlers that came before.
type Context = Any

# PutIntegration (API Gateway API Reference).
DEFAULT_TIMEOUT_MS = 29_000

# What Lambda answers to whoever may not call a function: one that is not there lets nobody in.
NOT_ALLOWED = ("AccessDeniedException", "ResourceNotFoundException", "ValidationException")


class LambdaProxy(RestApiAwsProxyIntegration):
    """Replaces LocalStack's integration of type `AWS_PROXY`."""

    def invoke(self, context: Context) -> EndpointResponse:
        """Call the function and return its answer. Raises a `BaseGatewayException`, which says what is answered."""
        served.note(context, served_by=_function(context).rpartition(":function:")[2].partition(":")[0])
        if context.integration_request["http_method"] != HTTPMethod.POST:
            # Lambda's Invoke is a POST: the integration's method is not the route's.
            failures.raise_internal_error(failures.NOT_ALLOWED, 500)
        event = json.dumps(self.create_lambda_input_event(context)).encode()
        returned = _call(context, event)
        try:
            answer = proxy_response.read(returned)
            decoded = answer.is_base64 and _is_binary(context, "Accept")
            body: bytes = base64.b64decode(answer.body) if decoded else answer.body.encode()
        except proxy_response.Malformed:
            served.note(context, returned=served.brief(returned))
            failures.raise_internal_error(failures.MALFORMED, 502)
        except ValueError:
            failures.raise_internal_error(failures.NOT_BASE64, 500)
        return EndpointResponse(status_code=answer.status, headers=answer.headers, body=body)

    def create_lambda_input_event(self, context: Context) -> Any:
        """Return the event: LocalStack's, with the last value of each header, and the body as AWS encodes it."""
        event: dict[str, Any] = {**super().create_lambda_input_event(context)}
        many = event["multiValueHeaders"]
        many["X-Forwarded-Proto"] = [context.request.scheme]
        event["headers"] = {name: values[-1] for name, values in many.items()}
        sent = context.integration_request["body"]
        binary = bool(sent) and _is_binary(context, "Content-Type")
        event["body"] = (base64.b64encode(sent) if binary else sent).decode("utf-8", "replace") or None
        event["isBase64Encoded"] = binary
        return event


def _is_binary(context: Context, header: str) -> bool:
    """Tell whether the request's `header` names a media type that the API, as it was deployed, treats as bytes."""
    types = context.deployment.rest_api.rest_api.get("binaryMediaTypes")
    return is_binary(context.invocation_request["headers"].get(header), types)


def _function(context: Context) -> str:
    """Return the function of the integration: its ARN, or its name alone."""
    return get_lambda_function_arn_from_invocation_uri(context.integration_request["uri"])


def _call(context: Context, event: bytes) -> bytes:
    """Return what the function returned, as JSON."""
    timeout_ms = int(context.integration.get("timeoutInMillis") or DEFAULT_TIMEOUT_MS)
    request = lambda_call.request(context.account_id, context.region)
    try:
        answer = lambda_call.invoke(request, _function(context), event, timeout_ms / 1000)
    except TimeoutError:
        failures.raise_timed_out()
    except ServiceException as error:
        if error.code in NOT_ALLOWED:
            failures.raise_internal_error(failures.NOT_ALLOWED, 500)
        failures.raise_internal_error(
            f"Lambda invocation failed with status: {error.status_code}. Lambda request id: {request.request_id}", 502
        )
    served.note(context, served_request=request.request_id or "")
    payload = cast(bytes, answer["Payload"])
    if "FunctionError" in answer:
        failures.raise_internal_error(
            "Lambda execution failed with status 200 due to customer function error: "
            f"{json.loads(payload).get('errorMessage')}. Lambda request id: {request.request_id}",
            502,
        )
    return payload
