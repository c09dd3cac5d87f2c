"""Messages between LocalStack and a child that runs a function, over pipes: a JSON header and a body of bytes."""

from __future__ import annotations

import json
import struct

# For the type checker alone: importing typing would delay the function's start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

# A frame: the length of a JSON header, the length of a body (4 bytes each, big-endian), header, body.
FRAME = struct.Struct(">II")

# Limits for a reader that does not trust the other side. Headers take some tens of bytes. A body longer than what the
# reader keeps is reported to its function as too large; one longer than MAX_BODY_BYTES is not read at all.
MAX_HEADER_BYTES = 64 * 1024
MAX_BODY_BYTES = 256 * 1024 * 1024
PIECE_BYTES = 64 * 1024


class MalformedFrame(ValueError):
    """The data received is not a frame of this protocol; nothing after it can be understood."""


def write_frame(stream: IO[bytes], header: dict[str, Any], body: bytes = b"") -> None:
    """Write `header`, which must be serialisable as JSON, and `body` to `stream` as one frame."""
    encoded = json.dumps(header).encode()
    stream.write(FRAME.pack(len(encoded), len(body)) + encoded + body)
    stream.flush()


def read_frame(stream: IO[bytes], kept_bytes: int = MAX_BODY_BYTES) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame; return (header, body), or None when the stream ends; raise `MalformedFrame`.

    A body longer than `kept_bytes` is cut to that length; the rest is read and discarded.
    """
    lengths = stream.read(FRAME.size)
    if len(lengths) < FRAME.size:
        return None
    header_bytes, body_bytes = FRAME.unpack(lengths)
    if header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
        raise MalformedFrame(f"a header of {header_bytes} bytes and a body of {body_bytes}")
    kept, rest = min(body_bytes, kept_bytes), max(body_bytes - kept_bytes, 0)
    encoded, body = stream.read(header_bytes), stream.read(kept)
    while rest and (piece := stream.read(min(rest, PIECE_BYTES))):
        rest -= len(piece)
    if len(encoded) < header_bytes or len(body) < kept or rest:
        return None
    try:
        header = json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise MalformedFrame("a header that is not JSON") from error
    if not isinstance(header, dict):
        raise MalformedFrame("a header that is not an object")
    return header, body
