"""Apply the CORS settings of function URLs, which LocalStack 4.14 stores but does not apply.

Sources: "Creating and managing Lambda function URLs", section on CORS (Lambda Developer Guide), and "Cors" (Lambda API
Reference). For a URL without settings, CORS is left to its function.
"""

from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.handlers import enforce_cors
from rolo import Request, Response
from rolo.gateway import Gateway, HandlerChain

MARK = ".lambda-url."


def install(gateway: Gateway) -> None:
    """Make `gateway` apply the settings."""
    # At this point the Lambda service is loaded, if the request is for a function URL.
    before = gateway.request_handlers.index(enforce_cors)
    gateway.request_handlers[before:before] = [answer_preflight]
    gateway.response_handlers.append(add_headers)


def answer_preflight(chain: HandlerChain[RequestContext], context: RequestContext, response: Response) -> None:
    """Answer a browser's preflight request without calling the function."""
    request = context.request
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers and settings_for(request):
        chain.respond(200)


def add_headers(chain: HandlerChain[RequestContext], context: RequestContext, response: Response) -> None:
    """Add the CORS headers of its settings to a function URL's answer; they override the function's own."""
    settings = settings_for(context.request)
    if settings:
        response.headers.update(headers(settings, context.request))


def settings_for(request: Request) -> Mapping[str, Any] | None:
    """Return the CORS settings of the function URL that `request` is for, or None."""
    name, mark, rest = request.host.partition(MARK)
    if not mark:
        return None
    from localstack.services.lambda_.invocation.models import lambda_stores

    region = rest.partition(".")[0]
    for regions in lambda_stores.values():
        for function in regions[region].functions.values() if region in regions else ():
            for url in function.function_url_configs.values():
                if url.url_id.lower() == name.lower():
                    settings: Mapping[str, Any] | None = url.cors
                    return settings
    return None


def headers(settings: Mapping[str, Any], request: Request) -> dict[str, str]:
    """Return the CORS headers for `request`; none if its `Origin` is missing or not allowed."""
    origin, allowed = request.headers.get("Origin"), settings.get("AllowOrigins") or []
    if origin is None or ("*" not in allowed and origin not in allowed):
        return {}
    values = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ",".join(settings.get("AllowMethods") or []),
        "Access-Control-Allow-Headers": ",".join(settings.get("AllowHeaders") or []),
        "Access-Control-Expose-Headers": ",".join(settings.get("ExposeHeaders") or []),
        "Access-Control-Allow-Credentials": "true" if settings.get("AllowCredentials") else "",
        "Access-Control-Max-Age": str(settings.get("MaxAge") or ""),
        "Vary": "Origin",
    }
    return {name: value for name, value in values.items() if value}
