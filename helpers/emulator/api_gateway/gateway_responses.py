"""The answers to requests that fail, as the API customizes them; LocalStack applies only the status.

Sources: "Gateway responses for REST APIs in API Gateway" and "Set up a gateway response for a REST API using the API
Gateway console" (API Gateway Developer Guide). Pages of other origins need it: an error has no CORS headers by itself.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from localstack.constants import APPLICATION_JSON
from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
    BaseGatewayException,
    InternalServerError,
    get_gateway_response_or_default,
)
from localstack.services.apigateway.next_gen.execute_api.handlers.gateway_exception import GatewayExceptionHandler
from localstack.services.apigateway.next_gen.execute_api.parameters_mapping import ParametersMapper
from localstack.services.apigateway.next_gen.execute_api.template_mapping import ApiGatewayVtlTemplate

from helpers.emulator.api_gateway.execution_log import FAILURE

LOG = logging.getLogger(__name__)

# What the API calls a header of the answer, and what LocalStack's mapper calls one.
HEADER, MAPPED = "gatewayresponse.header.", "integration.request.header."

DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'


class Failures(GatewayExceptionHandler):
    """Answers a request that fails, and leaves the failure in the context, for the log."""

    def __call__(self, chain: Any, exception: Exception, context: Any, response: Any) -> None:
        """Answer with what `exception` says if it is one of API Gateway's; with a 500 if not."""
        if not isinstance(exception, BaseGatewayException):
            LOG.warning("An error of the API's gateway", exc_info=exception)
            exception = InternalServerError("Internal server error")
        setattr(context, FAILURE, exception)
        super().__call__(chain, exception, context, response)

    def create_exception_response(self, exception: BaseGatewayException, context: Any) -> Any:
        """Return the answer, with the headers and the body that the API has for failures of this type."""
        answer = super().create_exception_response(exception, context)
        custom = get_gateway_response_or_default(exception.type, context.deployment.rest_api.gateway_responses)
        answer.headers.update(_headers(custom.get("responseParameters") or {}, context))
        template = (custom.get("responseTemplates") or {}).get(APPLICATION_JSON, DEFAULT_TEMPLATE)
        if template != DEFAULT_TEMPLATE:
            answer.data = _body(template, context)
        return answer


def _headers(parameters: Mapping[str, str], context: Any) -> dict[str, str]:
    """Return the headers that `parameters` map: from texts between single quotes, the request or `$context`."""
    mapped = {name.replace(HEADER, MAPPED): value for name, value in parameters.items() if name.startswith(HEADER)}
    request: Any = {"path_parameters": {}, **context.invocation_request}  # no method may have been found
    data = ParametersMapper().map_integration_request(
        mapped, request, context.context_variables, context.stage_variables or {}
    )
    return data["header"]


def _body(template: str, context: Any) -> str:
    error = context.context_variables["error"]
    variables = {
        # By the guide, `messageString` is `message` between quotes; LocalStack's is not.
        "context": {**context.context_variables, "error": {**error, "messageString": json.dumps(error["message"])}},
        "stageVariables": context.stage_variables or {},
    }
    return str(ApiGatewayVtlTemplate().render_vtl(template, variables))
