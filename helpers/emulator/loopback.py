"""LocalStack's web server, on the addresses it was told to listen on.

LocalStack 4.14's own Twisted server ignores the IPv4 host of `GATEWAY_LISTEN` and binds every interface of the
machine (measured: `0.0.0.0:4566`), which on a shared network offers the student's cloud to everybody.
"""

from localstack import config
from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import endpoints, reactor


class LoopbackServer(TwistedRuntimeServer):
    """The Twisted server with the interface given to each endpoint; plain HTTP, as the practice uses it."""

    def register(
        self,
        gateway: Gateway,
        listen: list[config.HostAndPort],
        ssl_creds: tuple[str, str] | None = None,
    ) -> None:
        """Listen on each of `listen`; `ssl_creds` is not used."""
        site = TwistedGateway(gateway)
        for address in listen:
            kind = (
                endpoints.TCP6ServerEndpoint if config.is_ipv6_address(address.host) else endpoints.TCP4ServerEndpoint
            )
            kind(reactor, address.port, interface=address.host).listen(site)
