"""The messages between LocalStack and a child that runs a function, over pipes: a JSON header and a body of bytes."""

from __future__ import annotations

import json
import struct

# For the type checker alone: importing typing would delay the function's start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

# A frame: the length of a JSON header, the length of a body (4 bytes each, big-endian), header, body.
FRAME = struct.Struct(">II")


def write_frame(stream: IO[bytes], header: dict[str, Any], body: bytes = b"") -> None:
    """Write `header`, which JSON can hold, and `body` to `stream` as one frame."""
    encoded = json.dumps(header).encode()
    stream.write(FRAME.pack(len(encoded), len(body)) + encoded + body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame; return (header, body), or None when the stream ends."""
    lengths = stream.read(FRAME.size)
    if len(lengths) < FRAME.size:
        return None
    header_bytes, body_bytes = FRAME.unpack(lengths)
    encoded, body = stream.read(header_bytes), stream.read(body_bytes)
    if len(encoded) < header_bytes or len(body) < body_bytes:
        return None
    return json.loads(encoded), body
