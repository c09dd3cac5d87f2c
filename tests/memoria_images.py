"""Images for the tests of the memoria: made, and found again in a PDF."""

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


def images_of(page):
    """Return the sizes of the images of a page, or of a drawing in it."""
    found = [one.get_object() for one in page.get("/Resources", {}).get("/XObject", {}).values()]
    own = [(one["/Width"], one["/Height"]) for one in found if one["/Subtype"] == "/Image"]
    return own + [size for one in found if one["/Subtype"] == "/Form" for size in images_of(one)]


def alternative_texts(reader):
    """Return every alternative text of a PDF, which pictures and formulas have, in its order."""
    found, left = [], [reader.trailer["/Root"].get("/StructTreeRoot")]
    while left:
        node = left.pop()
        node = node.get_object() if node is not None else None
        if isinstance(node, list):
            left += reversed(node)
        elif isinstance(node, dict):
            found += [str(node["/Alt"])] if "/Alt" in node else []
            left += [node["/K"]] if "/K" in node else []
    return found
