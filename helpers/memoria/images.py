"""The images of a notebook: from itself or from a file of its folders, never from anywhere else.

pandoc sees only their addresses, and tells which it found; what each shows is decided here.
"""

import base64
import binascii
import json
import re
import struct
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote, unquote_to_bytes, urlsplit

FOLDER = "m"  # beside the document
MAX_BYTES = 30_000_000  # of all of them
MAX_PIXELS = 100_000_000  # of all of them; typst needs some 10 bytes for each
MAX_DESCRIPTION_CHARACTERS = 1000
MAX_ADDRESS_CHARACTERS = 2000

# How a file begins, and the ending by which typst knows it.
KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}
SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # the segments that tell it
# What stands in the place of one that typst cannot read.
CROSSED = "tachada.svg"
CROSSED_BOX = """<svg xmlns="http://www.w3.org/2000/svg" width="160" height="24"><g stroke="#b3261e">
<rect width="160" height="24" fill="#fdecea"/><path d="M0 0 L160 24 M0 24 L160 0"/></g></svg>"""


class Images:
    """Those of one document: files relative to `folder`, that are really below it or below one of `others`."""

    def __init__(self, folder: Path, others: Sequence[Path] = ()) -> None:
        self.folder = folder.resolve()
        self.allowed = [self.folder, *(other.resolve() for other in others)]
        self.kept: list[bytes] = []
        self.bytes_left = MAX_BYTES
        self.pixels_left = MAX_PIXELS

    def keep(self, data: bytes) -> str:
        """Return the address of an image that is in the notebook, which pandoc need not read."""
        self.kept.append(data)
        return f"imagen:{len(self.kept) - 1}"

    def typst(self, addresses: Path, work: Path) -> str:
        """Return the definition of what each image of the list that pandoc has left in `addresses` shows.

        The files that it needs are written below `work`.
        """
        (work / FOLDER).mkdir(exist_ok=True)
        found = json.loads(addresses.read_text("utf-8")) if addresses.exists() else []
        shown = [self._shown(number, one["src"], one["alt"], work) for number, one in enumerate(found)]
        return f"#let imagenes = ({''.join(f'{one}, ' for one in shown)})"

    def _shown(self, number: int, address: str, description: str, work: Path) -> str:
        alt = description[:MAX_DESCRIPTION_CHARACTERS]
        if is_remote(address):
            return f"link({quoted(address)}, {quoted(f'[imagen de internet, no descargada: {alt}]')})"
        data = self._data(address) or b""
        kind = kind_of(data)
        size = size_in_pixels(data, kind)
        if not kind or not size:
            return quoted(f"[falta la imagen: {alt}]")
        width, height = size
        if len(data) > self.bytes_left or width * height > self.pixels_left:
            pixels = f"{width} × {height} píxeles y " if width else ""
            more = "más de " if len(data) > MAX_BYTES else ""
            return quoted(f"[se omite una imagen demasiado grande, de {pixels}{more}{len(data)} bytes: {alt}]")
        self.bytes_left -= len(data)
        self.pixels_left -= width * height
        name = f"{FOLDER}/imagen{number}.{kind}"
        (work / name).write_bytes(data)
        return f"imagen({quoted(name)}, {quoted(alt)})"

    def _data(self, address: str) -> bytes | None:
        scheme, _, rest = address.partition(":")
        if scheme == "imagen":
            return self.kept[int(rest)] if rest.isdecimal() and int(rest) < len(self.kept) else None
        if scheme == "data":
            return from_data_address(rest)
        try:
            with (self._file(address) or Path()).open("rb") as file:
                return file.read(MAX_BYTES + 1)  # one that is larger is not shown
        except OSError:
            return None

    def _file(self, address: str) -> Path | None:
        """Return the file at a relative `address`, or None if it has none, or leads out of the allowed folders."""
        try:
            scheme, host, path, *_ = urlsplit(address)
            name = unquote(path)
            # Absolute anywhere: /x, \\x, C:x, \\\\host\\x, //host/x.
            if scheme or host or "\\" in name or PureWindowsPath(name).anchor:
                return None
            # Where the links on the way really end.
            file = (self.folder / name).resolve(strict=True)
            inside = any(file.is_relative_to(folder) for folder in self.allowed)
            return file if inside and file.is_file() else None
        except (OSError, ValueError, RuntimeError):
            return None


def is_remote(address: str) -> bool:
    """Tell whether an image is on another machine, or would be asked for to a server of this one."""
    return address.lower().startswith(("http://", "https://")) and len(address) <= MAX_ADDRESS_CHARACTERS


def from_data_address(rest: str) -> bytes | None:
    """Return what is in an address after its `data:`; None if it cannot be read."""
    kind, comma, data = rest.partition(",")
    content = unquote_to_bytes(data)
    if not comma or not kind.endswith(";base64"):
        return content if comma else None
    return from_base64(content)


def from_base64(text: str | bytes) -> bytes | None:
    """Return what `text` says in base 64; None if it does not."""
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return None


def kind_of(data: bytes) -> str | None:
    """Return the ending of an image's file, by how it begins; None if it is no image that can be shown."""
    kind = next((kind for start, kind in KINDS.items() if data.startswith(start)), None)
    return kind or ("svg" if SVG.search(data, 0, 10_000) else None)


def size_in_pixels(data: bytes, kind: str | None) -> tuple[int, int] | None:
    """Return (width, height) as the file tells them, zeros for a drawing; None if it does not."""
    if kind == "svg":
        return 0, 0
    if kind == "png" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if kind == "gif" and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width, height
    at = 2
    while kind == "jpg" and at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in JPEG_SIZES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def quoted(text: str) -> str:
    """Return `text` as typst writes it, in one line and without what cannot be printed."""
    return json.dumps("".join(filter(str.isprintable, " ".join(text.split()))), ensure_ascii=False)
