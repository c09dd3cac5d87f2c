"""Refuse requests from foreign web pages before LocalStack sees them.

Any page open in the student's browser can send requests to a loopback port, and a call to AWS's API can run code on
this machine. Pages may only call the student's own APIs and function URLs, which exist to be called and decide for
themselves, as in AWS, what a page may read of the answer. Programs other than browsers do not send the headers checked
here.
"""

import re
import time
from urllib.parse import urlsplit

from localstack.aws.api import RequestContext
from localstack.aws.handlers import serve_edge_router_rules
from localstack.services.edge import ROUTER
from rolo import Request, Response
from rolo.gateway import Gateway, HandlerChain
from rolo.request import get_raw_path
from rolo.websocket import WebSocketRequest
from werkzeug.exceptions import HTTPException

# A request under any other name of this machine is DNS rebinding.
HOST = re.compile(r"(127\.0\.0\.1|\[::1\]|([\w-]+\.)*localhost(\.localstack\.cloud)?)(:\d+)?", re.ASCII)

# LocalStack's addresses of APIs and function URLs, by path and by host name.
API_PATH = re.compile(r"/_aws/execute-api/[^/]+/[^/]+(/.*)?|/restapis/[^/]+/[^/]+/_user_request_(/.*)?")
API_PATH_HOST = re.compile(r"(127\.0\.0\.1|\[::1\]|localhost(\.localstack\.cloud)?)(:\d+)?", re.ASCII)
API_HOST = re.compile(
    r"[\w-]+\.(execute-api(\.[\w-]+)?|lambda-url\.[\w-]+)\.localhost(\.localstack\.cloud)?(:\d+)?", re.ASCII
)

# What tells their rules apart in LocalStack's router.
API_RULES = (".execute-api.", ".lambda-url.", "/_aws/execute-api/", "/_user_request_")

# Set in a request's environ: that a foreign page sends it to an API, and when it arrived, by time.monotonic().
FOREIGN, ARRIVED = "si1p1.foreign_page", "si1p1.arrived"

REFUSED_HOST = "LocalStack del cuaderno: esta máquina no se llama así. Usa http://localhost y el puerto.\n"
REFUSED_PAGE = (
    "LocalStack del cuaderno: no se atienden las peticiones de otras páginas web. Si has seguido un enlace, copia la "
    "dirección y pégala en la barra del navegador.\n"
)


def refusal(request: Request | WebSocketRequest) -> str | None:
    """Return why `request` is refused, or None; a foreign page's request to an API is let in and marked `FOREIGN`."""
    host = request.headers.get("Host", "").lower()
    if not HOST.fullmatch(host):
        return REFUSED_HOST
    if is_from_a_foreign_page(request, host):
        if not is_for_an_api(request, host):
            return REFUSED_PAGE
        request.environ[FOREIGN] = True
    elif "Sec-Fetch-Site" in request.headers and "Action" in request.args:
        # Following a link in a mail or a PDF sends "none", like typing an address, and AWS's query APIs act on a GET.
        return REFUSED_PAGE
    return None


def is_from_a_foreign_page(request: Request | WebSocketRequest, host: str) -> bool:
    """Tell whether a browser sends `request` for a page of another site, or of another port of this machine.

    Based on "Fetch Metadata Request Headers" (W3C) and "The Origin header" (Fetch Standard). Old browsers do not send
    Sec-Fetch-Site, and no browser sends it to addresses that it does not trust, such as localhost.localstack.cloud; a
    page can suppress Origin and Referer. So a browser that sends no Sec-Fetch-Site counts as foreign.
    """
    headers = request.headers
    sites = headers.getlist("Sec-Fetch-Site")
    if not sites and headers.get("User-Agent", "").startswith("Mozilla/"):
        return True
    senders = [*headers.getlist("Origin"), *map(_origin, headers.getlist("Referer"))]
    return any(site not in ("none", "same-origin") for site in sites) or any(
        sender.lower() != f"http://{host}" for sender in senders
    )


def _origin(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def is_for_an_api(request: Request | WebSocketRequest, host: str) -> bool:
    """Tell whether `request` is addressed to one of the student's APIs or function URLs, even if it does not exist."""
    path = str(request.environ.get("RAW_URI", "")).partition("?")[0]
    return bool(API_HOST.fullmatch(host) or (API_PATH_HOST.fullmatch(host) and API_PATH.fullmatch(path)))


def serve_apis_alone(chain: HandlerChain[RequestContext], context: RequestContext, response: Response) -> None:
    """Finish a foreign page's request here: the API or function URL that it matches answers it, or it is refused.

    LocalStack serves its own API and AWS's under every host name, so its router is asked which rule the request
    matches.
    """
    if FOREIGN not in context.request.environ:
        return
    if _is_routed_to_an_api(context.request):
        serve_edge_router_rules(chain, context, response)
    if not chain.stopped:
        _refuse(response, REFUSED_PAGE)
        chain.terminate()


def _is_routed_to_an_api(request: Request) -> bool:
    try:
        matcher = ROUTER.url_map.bind(server_name=request.host)
        rule, _ = matcher.match(get_raw_path(request), method=request.method, return_rule=True)
    except HTTPException:
        return False
    return any(mark in (rule.host or "") + rule.rule for mark in API_RULES)


def _refuse(response: Response, reason: str) -> None:
    response.status_code = 403
    response.content_type = "text/plain; charset=utf-8"
    response.data = reason


class Wall(Gateway):
    """LocalStack's gateway, reached from the network only by requests that `refusal` lets in."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self._gateway = gateway

    def process(self, request: Request, response: Response) -> None:
        """Answer one HTTP request."""
        request.environ[ARRIVED] = time.monotonic()
        if reason := refusal(request):
            _refuse(response, reason)
        else:
            self._gateway.process(request, response)

    def accept(self, request: WebSocketRequest) -> None:
        """Answer one WebSocket request."""
        if reason := refusal(request):
            request.reject(Response(reason, 403))
        else:
            self._gateway.accept(request)
