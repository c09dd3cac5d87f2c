"""LocalStack's gateway of REST APIs, with the handlers of this package in place of its own."""

from typing import Any, Unpack

from localstack.constants import APPLICATION_JSON
from localstack.http import Response
from localstack.services.apigateway.next_gen.execute_api import handlers
from localstack.services.apigateway.next_gen.execute_api.gateway import RestApiGateway
from localstack.services.apigateway.next_gen.execute_api.integrations import REST_API_INTEGRATIONS
from localstack.services.apigateway.next_gen.execute_api.router import ApiGatewayEndpoint, RouteHostPathParameters
from rolo import Request

from helpers.emulator.api_gateway.execution_log import log_execution
from helpers.emulator.api_gateway.gateway_responses import Failures
from helpers.emulator.api_gateway.lambda_proxy import LambdaProxy
from helpers.emulator.api_gateway.requests import RequestParser, RequiredParameters
from helpers.emulator.api_gateway.served import note_failure


class Endpoint(ApiGatewayEndpoint):
    """Where the requests to all APIs arrive."""

    def __call__(self, request: Request, **address: Unpack[RouteHostPathParameters]) -> Response:
        """Answer a request to the API, and its stage, of `address`."""
        api, stage = address.get("api_id", "").lower(), address.get("stage") or ""
        if not self.is_rest_api(api, stage) and self._exists(api):
            # "How do I troubleshoot HTTP 403 errors from API Gateway?" (AWS re:Post): the stage is not there.
            return Response(
                '{"message":"Forbidden"}',
                403,
                {"Content-Type": APPLICATION_JSON, "x-amzn-ErrorType": "ForbiddenException"},
            )
        return super().__call__(request, **address)

    def _exists(self, api: str) -> bool:
        return any(api in store.rest_apis for regions in self._store.values() for store in regions.values())


def endpoint(store: Any) -> Endpoint:
    """Return the endpoint of the APIs deployed in `store`, and replace LocalStack's handlers of their requests."""
    # LocalStack takes its handlers from this module, for TestInvokeMethod too.
    handlers.parse_request = RequestParser()
    handlers.method_request_handler = RequiredParameters()
    handlers.gateway_exception_handler = Failures()
    REST_API_INTEGRATIONS[LambdaProxy.name] = LambdaProxy()
    gateway = RestApiGateway()
    gateway.response_handlers += [log_execution, note_failure]
    return Endpoint(gateway, store)
