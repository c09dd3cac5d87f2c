"""Images made for the tests of the memoria."""

import base64
import random
import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, noise=False):
    """Return a PNG of that size, white or of noise, in base64."""
    greys = random.Random(1).randbytes if noise else b"\xff".__mul__  # noqa: S311
    rows = b"".join(b"\0" + greys(width) for _ in range(height))
    return png_of_rows(width, height, zlib.compress(rows))


def png_of_rows(width, height, compressed):
    """Return a PNG that says to have that size, with the rows as they are given, in base64."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", compressed) + chunk(b"IEND", b"")
    return base64.b64encode(content).decode()
