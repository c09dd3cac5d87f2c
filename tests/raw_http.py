"""HTTP as it is written, for what well-behaved clients cannot send: a Host, a path or a header of one's choice."""

import http.client
import socket


def send(port, method, target, headers, body=b"", address="127.0.0.1"):
    """Send one request, its headers just as they are given; return (status, headers, body).

    Raises `ConnectionError` if the connection is closed without an answer.
    """
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    lines.append("Connection: close")
    with socket.create_connection((address, port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        try:
            answer = http.client.HTTPResponse(connection, method=method)
            answer.begin()
            return answer.status, dict(answer.getheaders()), answer.read()
        except http.client.RemoteDisconnected as error:  # it is a ConnectionResetError already; say which request
            raise ConnectionError(f"{method} {target}: closed without an answer") from error
