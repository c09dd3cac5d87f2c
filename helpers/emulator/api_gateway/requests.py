"""What an API's address and parameters say, as AWS reads them.

Sources: "Request validation for REST APIs in API Gateway" and "Context variables for data transformations" (API Gateway
Developer Guide), and the events that LocalStack's tests recorded on AWS.
"""

import re
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api.apigateway import Method
from localstack.services.apigateway.helpers import REQUEST_TIME_DATE_FORMAT
from localstack.services.apigateway.next_gen.execute_api.context import InvocationRequest
from localstack.services.apigateway.next_gen.execute_api.handlers.method_request import MethodRequestHandler
from localstack.services.apigateway.next_gen.execute_api.handlers.parse import InvocationRequestParser


class RequestParser(InvocationRequestParser):
    """Reads the request as it was sent.

    LocalStack's writes a form's body anew, which it takes curl's JSON for; loses what follows a `;` in a path, or
    precedes `_user_request_`; and tells local time.
    """

    def create_invocation_request(self, context: Any) -> InvocationRequest:
        """Return what the request says."""
        request = context.request
        query, query_lists = self._get_single_and_multi_values_from_multidict(request.args)
        below = path_below_stage(request.environ["RAW_URI"], context.api_id, context.stage)
        return InvocationRequest(
            http_method=request.method,
            path="/" + below.lstrip("/"),
            raw_path=below,
            query_string_parameters=query,
            multi_value_query_string_parameters=query_lists,
            headers=self._get_invocation_headers(request.headers),
            body=request.get_data(),
        )

    @staticmethod
    def create_context_variables(context: Any) -> Any:
        """Return `$context`, its time in UTC."""
        variables = InvocationRequestParser.create_context_variables(context)
        received = datetime.fromtimestamp(variables["requestTimeEpoch"] / 1000, UTC)
        variables["requestTime"] = received.strftime(REQUEST_TIME_DATE_FORMAT)
        return variables


def path_below_stage(target: str, api: str, stage: str) -> str:
    """Return the path of a request's target after its stage, as it was sent: percent-encoded, with every slash.

    The target is in any of the forms that LocalStack gives to an API's address.
    """
    api, stage = re.escape(api), re.escape(stage)
    forms = rf"/_aws/execute-api/(?i:{api})/{stage}|/restapis/(?i:{api})/{stage}/_user_request_|/+{stage}"
    return re.sub(rf"\A(?:https?://[^/]*)?(?:{forms})(?![^/])", "", target.partition("?")[0], count=1)


class RequiredParameters(MethodRequestHandler):
    """Validates the request. LocalStack's accepts a required parameter without a value."""

    @staticmethod
    def _get_missing_required_parameters(method: Method, request: InvocationRequest) -> list[str]:
        given = request.copy()
        headers = request["headers"].copy()
        for name in [name for name, value in headers if not value]:
            headers.remove(name)
        given["headers"] = headers
        given["query_string_parameters"] = {
            name: value for name, value in request["query_string_parameters"].items() if value.strip()
        }
        return MethodRequestHandler._get_missing_required_parameters(method, given)
