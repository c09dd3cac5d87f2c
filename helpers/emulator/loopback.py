"""LocalStack's web server, bound only to the configured addresses and open only to this machine's allowed users.

LocalStack 4.14's own Twisted server ignores the IPv4 host in `GATEWAY_LISTEN` and binds every interface of the machine
(measured: `0.0.0.0:4566`), which exposes the student's cloud to everyone on a shared network.
"""

import logging
import os

from localstack import config
from localstack.aws.handlers import serve_localstack_resources
from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import endpoints, reactor
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from helpers.emulator import function_url_cors, socket_owner
from helpers.emulator.foreign_pages import Wall, serve_apis_alone

LOG = logging.getLogger(__name__)


class OwnUsersSite(TwistedGateway):
    """The gateway on one address; it closes other users' connections before reading anything from them."""

    def __init__(self, gateway: Gateway, local: socket_owner.Address) -> None:
        super().__init__(gateway)
        self._local = local
        self._allowed = socket_owner.allowed_uids()
        # Checked once, before anyone connects: later it could fail for lack of file descriptors, and let everyone in.
        self._can_tell = socket_owner.can_tell()

    def buildProtocol(self, addr: IAddress) -> Protocol | None:
        """Return the protocol that serves the connection from `addr`, or None to close it."""
        if self._can_tell and not socket_owner.is_allowed((addr.host, addr.port), self._local, self._allowed):
            return None
        protocol: Protocol | None = super().buildProtocol(addr)
        return protocol


class LoopbackServer(TwistedRuntimeServer):
    """LocalStack's Twisted server, each endpoint bound to its own interface; plain HTTP, as the practice uses it."""

    def register(
        self,
        gateway: Gateway,
        listen: list[config.HostAndPort],
        ssl_creds: tuple[str, str] | None = None,
    ) -> None:
        """Listen on each address in `listen`; `ssl_creds` is not used."""
        before_its_own_api = gateway.request_handlers.index(serve_localstack_resources)
        gateway.request_handlers[before_its_own_api:before_its_own_api] = [serve_apis_alone]
        function_url_cors.install(gateway)
        for address in listen:
            kind = (
                endpoints.TCP6ServerEndpoint if config.is_ipv6_address(address.host) else endpoints.TCP4ServerEndpoint
            )
            site = OwnUsersSite(Wall(gateway), (address.host, address.port))
            kind(reactor, address.port, interface=address.host).listen(site).addErrback(_give_up)


def _give_up(failure: Failure) -> None:
    """End LocalStack: if another program holds one of its addresses, clients could reach that program instead."""
    LOG.error("%s", failure.getErrorMessage())
    os._exit(1)
