"""Calls of functions by LocalStack's own Lambda, in its process.

A client would make of each a request, sign it, and have LocalStack read it again (benchmarks/README.md).
"""

import io
from concurrent.futures import ThreadPoolExecutor

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import InvocationResponse
from localstack.aws.spec import load_service
from localstack.services.lambda_.provider import LambdaProvider
from localstack.services.plugins import SERVICE_PLUGINS
from rolo import Request

# LocalStack's Lambda, once it is loaded (plugins.py).
provider: LambdaProvider | None = None

# One that goes on after its caller has stopped waiting keeps its thread until it ends.
_calls = ThreadPoolExecutor(1_000, "apigateway-call")


def invoke(request: RequestContext, function: str, event: bytes, timeout_s: float) -> InvocationResponse:
    """Call `function`, an ARN or a name, and return Lambda's answer.

    Raises Lambda's `ServiceException`, or `TimeoutError`, after which the function goes on by itself.
    """
    SERVICE_PLUGINS.require("lambda")
    if provider is None:
        raise RuntimeError("LocalStack has loaded another Lambda")
    call = _calls.submit(provider.invoke, request, function_name=function, payload=io.BytesIO(event))
    return call.result(timeout_s)


def request(account: str, region: str) -> RequestContext:
    """Return a request of `account` in `region`, with an id of its own."""
    made = RequestContext(Request())
    made.account_id, made.region = account, region
    made.service = load_service("lambda")
    made.operation = made.service.operation_model("Invoke")
    return made
