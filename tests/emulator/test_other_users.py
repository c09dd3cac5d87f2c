"""Other users of the machine: they reach nothing, and nothing of theirs is taken for ours.

A socket belongs to who makes it: with root's rights a test can make one as another user. In one test the other user is
a process of its own.
"""

import contextlib
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import psutil
import pytest

from helpers import lab
from helpers.emulator import instance, process, socket_owner
from helpers.emulator.probe import loopback_addresses
from helpers.emulator.process import Emulator, State
from helpers.errors import EndpointError, PortTaken

STRANGER = 65534  # nobody, on Debian

IS_ROOT = os.geteuid() == 0
pytestmark = [
    pytest.mark.skipif(not socket_owner.can_tell(), reason="needs a system that tells whose a connection is (Linux)"),
    # In CI, which runs as root, it is a failure.
    pytest.mark.skipif(not IS_ROOT and not os.environ.get("CI"), reason="needs root, to be another user"),
]


@contextlib.contextmanager
def as_stranger():
    os.seteuid(STRANGER)
    try:
        yield
    finally:
        os.seteuid(0)


def strangers_socket(family=socket.AF_INET):
    with as_stranger():
        return socket.socket(family, socket.SOCK_STREAM)


def answer_to(client, address):
    """Return what comes back for a request on `client`; b"" if the connection is closed without an answer."""
    with client:
        client.settimeout(10)
        client.connect(address)
        try:
            client.sendall(b"GET /_localstack/info HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return client.recv(100)
        except ConnectionError:
            return b""


def test_another_user_is_closed_out_on_every_loopback_address(cloud):
    for address in loopback_addresses():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        assert answer_to(socket.socket(family), (address, cloud.port)).startswith(b"HTTP/1.1 200")
        assert answer_to(strangers_socket(family), (address, cloud.port)) == b""
    mapped = ("::ffff:127.0.0.1", cloud.port)
    if "::1" in loopback_addresses():
        assert answer_to(socket.socket(socket.AF_INET6), mapped).startswith(b"HTTP/1.1 200")
        assert answer_to(strangers_socket(socket.AF_INET6), mapped) == b""


def test_a_process_of_another_user_creates_no_function(cloud, function):
    made = function("def handler(event, context):\n    return event")
    address = f"{cloud.url}/2015-03-31/functions/{made.name}/invocations"
    command = [shutil.which("curl"), "-s", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", "-d", "{}", address]
    own = subprocess.run(command, capture_output=True, text=True)
    assert own.stdout == "200"
    other = subprocess.run(command, capture_output=True, text=True, user=STRANGER, group=STRANGER, extra_groups=[])
    assert other.stdout == "000" and other.returncode != 0


def test_what_is_sent_and_closed_at_once_has_no_effect(cloud, figures):
    request = (
        f"PUT /{{}} HTTP/1.1\r\nHost: localhost:{cloud.port}\r\nContent-Length: 0\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request\r\n\r\n"
    )
    localstack = psutil.Process(cloud.status().pid)
    sent = 0
    for round_of in range(10):
        localstack.suspend()  # so that it looks at them when they are gone
        try:
            for number in range(30):
                with strangers_socket() as client:
                    client.connect(("127.0.0.1", cloud.port))
                    client.sendall(request.format(f"del-otro-{round_of}-{number}").encode())
                    sent += 1
                    if number % 2:  # reset in place of closed
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            localstack.resume()
        boto3.client("s3").list_buckets()
    buckets = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    taken = [name for name in buckets if name.startswith("del-otro-")]
    figures("requests of another user, sent and closed at once: without effect", sent, sent - len(taken))
    assert taken == [] and sent == 300


def test_a_closed_socket_which_the_kernel_says_is_roots_is_not_let_in():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = strangers_socket()
        client.connect(server.getsockname())
        peer = client.getsockname()
        assert not socket_owner.is_allowed(peer, server.getsockname(), frozenset([0]))
        client.close()
        found = lab.wait_until(
            lambda: socket_owner.find(peer, server.getsockname()), ready=lambda owner: owner.uid == 0, timeout_s=10
        )
        assert found.inode == 0
        assert not socket_owner.is_allowed(peer, server.getsockname(), frozenset([0]))


def test_a_listener_of_ours_on_the_same_port_number_does_not_vouch_for_him(cloud):
    """Asked of a connection that is gone, the kernel answers with who listens there: one of ours proves nothing."""
    with socket.create_server(("0.0.0.0", 0)) as ours:  # noqa: S104 - what an attacker would look for
        number = ours.getsockname()[1]
        found = socket_owner.find(("127.0.0.2", number), ("127.0.0.1", cloud.port))
        assert found is not None and found.uid == 0 and found.inode != 0
        assert not socket_owner.is_allowed(("127.0.0.2", number), ("127.0.0.1", cloud.port), frozenset([0]))


def test_allowed_users_are_let_in_and_only_they(tmp_path, port, monkeypatch):
    monkeypatch.setenv(socket_owner.ALLOW_VARIABLE, f"1, {STRANGER}")
    own = Emulator(tmp_path, port)
    try:
        own.start()
        assert answer_to(strangers_socket(), ("127.0.0.1", port)).startswith(b"HTTP/1.1 200")
        os.seteuid(2)
        try:
            third = socket.socket()
        finally:
            os.seteuid(0)
        assert answer_to(third, ("127.0.0.1", port)) == b""
    finally:
        own.stop()


@pytest.mark.parametrize("text", ["ana", "1001;1002", "1.5"])
def test_a_list_of_users_that_is_none_is_refused(tmp_path, port, monkeypatch, text):
    monkeypatch.setenv(socket_owner.ALLOW_VARIABLE, text)
    with pytest.raises(EndpointError, match="números de usuario separados por comas"):
        Emulator(tmp_path, port).start()


class Impostor(BaseHTTPRequestHandler):
    """A server that says it is the workbook's own LocalStack."""

    folder, asked = "", []

    def do_GET(self):
        self.asked.append(self.path)
        answers = {"/_localstack/info": {"version": "4.14.0<script>", "session_id": "x"},
                   "/_localstack/si1p1": {"folder": self.folder}}  # fmt: skip
        body = json.dumps(answers.get(self.path, {"completed": True})).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def impostor(address, port, folder):
    """Run the impostor on a socket of the other user's."""
    server = HTTPServer((address, port), Impostor, bind_and_activate=False)
    server.socket.close()
    server.socket = strangers_socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    server.address_family = server.socket.family
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.socket.bind((address, port))
    server.server_activate()
    Impostor.folder, Impostor.asked = str(folder), []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", *(pytest.param(other, marks=pytest.mark.slow) for other in ("::1", "0.0.0.0"))],  # noqa: S104
)
def test_a_listener_of_another_user_is_neither_asked_nor_adopted(tmp_path, port, address):
    if ":" in address and address not in loopback_addresses():
        pytest.skip("needs IPv6")
    own = Emulator(tmp_path, port)
    with impostor(address, port, tmp_path):
        status = own.status()
        assert status.state is State.ANOTHER_USERS and not status.answers and status.version is None
        with pytest.raises(PortTaken, match=f"otro usuario de este equipo .el número {STRANGER}."):
            own.start()
        assert Impostor.asked == []
    try:
        assert own.start().state is State.RUNNING
    finally:
        own.stop()


def test_with_the_usual_port_taken_by_another_user_the_next_is_used(tmp_path, port, monkeypatch):
    monkeypatch.setattr(instance, "folder", lambda: tmp_path)
    monkeypatch.setattr(instance, "DEFAULT_PORT", port)
    monkeypatch.delenv(process.PORT_VARIABLE, raising=False)
    with impostor("127.0.0.1", port, tmp_path):
        assert instance.chosen_port() == port + 1
    assert Impostor.asked == []


def test_a_whole_class_finds_ports(tmp_path, monkeypatch):
    """Sixty users of a machine hold the first ports; two of a shared installation do not even begin at the same one."""
    first = random.randrange(20_000, 30_000)  # noqa: S311 - below those that the system gives out
    monkeypatch.setattr(instance, "folder", lambda: tmp_path)
    monkeypatch.setattr(instance, "DEFAULT_PORT", first)
    monkeypatch.delenv(process.PORT_VARIABLE, raising=False)
    with contextlib.ExitStack() as others:
        for number in range(first, first + 60):
            listener = others.enter_context(strangers_socket())
            listener.bind(("127.0.0.1", number))
            listener.listen()
        assert instance.chosen_port() == first + 60 == instance.read_kept_port()
        (tmp_path / "port").unlink()
        monkeypatch.setattr(instance, "IS_SHARED", True)
        for uid, chosen in [(1100, first + 300), (1101, first + 301), (1230, first + 60)]:
            monkeypatch.setattr(os, "getuid", lambda uid=uid: uid)
            assert instance.chosen_port() == chosen
            (tmp_path / "port").unlink(missing_ok=True)


def test_one_that_takes_the_second_address_first_ends_the_start(tmp_path, port, monkeypatch):
    """Nobody gets the half of «localhost» that is left: the instance needs both."""
    if "::1" not in loopback_addresses():
        pytest.skip("needs IPv6")
    own = Emulator(tmp_path, port)
    monkeypatch.setattr(Emulator, "_strange_listener", lambda self: None)  # he comes after the look
    monkeypatch.setattr("helpers.emulator.process.is_listening", lambda _: False)
    with strangers_socket(socket.AF_INET6) as other:
        other.bind(("::1", port))
        other.listen()
        try:
            own._spawn()
            started = own._process()
            lab.wait_until(own._process, ready=lambda found: found is None, timeout_s=60)
        finally:
            monkeypatch.undo()
            own.stop()
    assert started is not None and "Couldn't listen on ::1" in own.log_tail()


def test_where_the_system_cannot_tell_the_lab_says_so_once(emulator, monkeypatch):
    emulator.start()
    monkeypatch.setattr(socket_owner, "can_tell", lambda: False)
    (emulator.folder / "files" / "avisado").unlink(missing_ok=True)
    first, second = (repr(lab.open("localstack")) for _ in range(2))
    assert "los demás usuarios pueden usar este LocalStack" in first
    assert "los demás usuarios" not in second
