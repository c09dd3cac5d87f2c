"""Find which user owns a TCP socket of this machine, by asking the Linux kernel.

It takes one netlink exchange (sock_diag(7)) with the socket's exact addresses: a few microseconds. macOS and some
containers do not support it, which `can_tell` checks.
"""

import functools
import ipaddress
import os
import socket
import struct
from dataclasses import dataclass

ALLOW_VARIABLE = "SI1P1_ALLOW_UIDS"  # comma-separated ids of other users who may connect

# linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST = 1
HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence number, port
QUESTION = struct.Struct("=BBBxI")  # family, protocol, extensions, states
SOCKET_ID = struct.Struct(">HH16s16s12s")  # own port, other port, own address, other address, interface and cookie
ANSWER = struct.Struct("=BB2x48x12xII")  # family, state, user id, inode
NO_COOKIE = b"\0" * 4 + b"\xff" * 8
ALL_STATES = 0xFFFFFFFF
LISTENING = 10
TIMEOUT_S = 1.0

type Address = tuple[str, int]


@dataclass(frozen=True)
class Owner:
    """The owner of a socket; `inode` is 0 once the program has closed it."""

    uid: int
    inode: int
    state: int


def find(own: Address, other: Address) -> Owner | None:
    """Return the owner of the socket bound to `own` and connected to `other`, or None if there is none.

    If there is no such connection, the kernel returns the socket that listens on `own`, with the state LISTENING.
    Raises `OSError` where the system does not answer.
    """
    family = socket.AF_INET6 if ":" in own[0] else socket.AF_INET
    addresses = [ipaddress.ip_address(host).packed.ljust(16, b"\0") for host, _ in (own, other)]
    question = QUESTION.pack(family, socket.IPPROTO_TCP, 0, ALL_STATES)
    question += SOCKET_ID.pack(own[1], other[1], *addresses, NO_COOKIE)
    # A new netlink socket per query, so that a late answer is not read as the answer to the next query.
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(TIMEOUT_S)
        kernel.send(HEADER.pack(HEADER.size + len(question), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0) + question)
        answer = kernel.recv(4096)
    if HEADER.unpack_from(answer)[1] != SOCK_DIAG_BY_FAMILY:
        return None
    _, state, uid, inode = ANSWER.unpack_from(answer, HEADER.size)
    return Owner(uid, inode, state)


@functools.cache
def can_tell() -> bool:
    """Tell whether this system can identify the owner of a connection, by trying it on one of our own."""
    if not hasattr(socket, "AF_NETLINK"):  # Linux
        return False
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
            found = find(client.getsockname(), client.getpeername())
            return found is not None and found.uid == os.geteuid()
    except OSError:
        return False


def allowed_uids() -> frozenset[int]:
    """Return the ids of the users who may connect: this one, root and `SI1P1_ALLOW_UIDS`; raises `ValueError`."""
    named = os.environ.get(ALLOW_VARIABLE, "").replace(" ", "")
    return frozenset([os.geteuid(), 0, *(int(uid) for uid in named.split(",") if uid)])


def is_allowed(peer: Address, local: Address, allowed: frozenset[int]) -> bool:
    """Tell whether the program at the other end of a connection, bound to `peer`, belongs to an `allowed` user.

    False if it has already closed its end: its owner is no longer known, and it will not read the answer.
    """
    try:
        found = find(peer, local)
    except OSError:
        return False
    return found is not None and found.state != LISTENING and found.inode != 0 and found.uid in allowed


def strange_listener(addresses: list[Address], allowed: frozenset[int]) -> int | None:
    """Return the id of a user not in `allowed` who listens on one of `addresses`, or None."""
    for address in addresses if can_tell() else []:
        nobody = ("::" if ":" in address[0] else "0.0.0.0", 0)  # noqa: S104  # no peer; nothing is bound
        found = find(address, nobody)
        if found is not None and found.state == LISTENING and found.uid not in allowed:
            return found.uid
    return None
