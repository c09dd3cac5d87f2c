"""The images of a notebook: embedded in it or read from its allowed folders, never from anywhere else.

pandoc only sees their addresses and lists those that it finds; this module decides what each one shows.
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
MAX_PIXELS = 100_000_000  # of all of them; typst needs some 10 bytes per pixel
MAX_DESCRIPTION_CHARACTERS = 1000
MAX_ADDRESS_CHARACTERS = 2000

# A file's first bytes, and the extension by which typst knows it.
KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}
SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # the segments that contain it
# Shown in place of an image that typst cannot read.
CROSSED = "tachada.svg"
CROSSED_BOX = """<svg xmlns="http://www.w3.org/2000/svg" width="160" height="24"><g stroke="#b3261e">
<rect width="160" height="24" fill="#fdecea"/><path d="M0 0 L160 24 M0 24 L160 0"/></g></svg>"""


class Images:
    """The images of one document; files are relative to `folder`, and must really be below it or one of `others`."""

    def __init__(self, folder: Path, others: Sequence[Path] = ()) -> None:
        self.folder = folder.resolve()
        self.allowed = [self.folder, *(other.resolve() for other in others)]
        self.kept: list[bytes] = []
        self.bytes_left = MAX_BYTES
        self.pixels_left = MAX_PIXELS

    def keep(self, data: bytes) -> str:
        """Keep an image embedded in the notebook; return a short address for it, so that pandoc need not read it."""
        self.kept.append(data)
        return f"imagen:{len(self.kept) - 1}"

    def typst(self, addresses: Path, work: Path) -> str:
        """Return typst code that defines what each image shows, from the list that pandoc wrote to `addresses`.

        The image files that it needs are written below `work`.
        """
        (work / FOLDER).mkdir(exist_ok=True)
        found = json.loads(addresses.read_text("utf-8")) if addresses.exists() else []
        shown = [self._shown(number, one["src"], one["alt"], work) for number, one in enumerate(found)]
        return f"#let imagenes = ({''.join(f'{one}, ' for one in shown)})"

    def _shown(self, number: int, address: str, description: str, work: Path) -> str:
        alt = description[:MAX_DESCRIPTION_CHARACTERS]
        if is_remote(address):
            return f"link({quoted(address)}, {quoted(f'[imagen de internet, no descargada: {alt}]')})"
        data = self.data(address) or b""
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

    def data(self, address: str) -> bytes | None:
        """Return the bytes of the image at an address, kept or a file; None if it is not there, or is elsewhere."""
        scheme, _, rest = address.partition(":")
        if scheme == "imagen":
            return self.kept[int(rest)] if rest.isdecimal() and int(rest) < len(self.kept) else None
        if scheme == "data":
            return from_data_address(rest)
        try:
            with (self._file(address) or Path()).open("rb") as file:
                return file.read(MAX_BYTES + 1)  # enough to tell that a file is too large to show
        except OSError:
            return None

    def _file(self, address: str) -> Path | None:
        """Return the file at a relative `address`; None if it does not exist or is outside the allowed folders."""
        try:
            scheme, host, path, *_ = urlsplit(address)
            name = unquote(path)
            # Absolute on some system: /x, \\x, C:x, \\\\host\\x, //host/x.
            if scheme or host or "\\" in name or PureWindowsPath(name).anchor:
                return None
            # With symbolic links resolved.
            file = (self.folder / name).resolve(strict=True)
            inside = any(file.is_relative_to(folder) for folder in self.allowed)
            return file if inside and file.is_file() else None
        except (OSError, ValueError, RuntimeError):
            return None


def is_remote(address: str) -> bool:
    """Tell whether an image has an HTTP address: of another machine, or of a server on this one."""
    return address.lower().startswith(("http://", "https://")) and len(address) <= MAX_ADDRESS_CHARACTERS


def from_data_address(rest: str) -> bytes | None:
    """Return the content of a data address, given what follows its `data:`; None if it cannot be read."""
    kind, comma, data = rest.partition(",")
    content = unquote_to_bytes(data)
    if not comma or not kind.endswith(";base64"):
        return content if comma else None
    return from_base64(content)


def from_base64(text: str | bytes) -> bytes | None:
    """Return the bytes that `text` encodes in base 64; None if it is not valid."""
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return None


def kind_of(data: bytes) -> str | None:
    """Return the file extension of an image, by its first bytes; None if it is not an image that can be shown."""
    kind = next((kind for start, kind in KINDS.items() if data.startswith(start)), None)
    return kind or ("svg" if SVG.search(data, 0, 10_000) else None)


def size_in_pixels(data: bytes, kind: str | None) -> tuple[int, int] | None:
    """Return (width, height) as the file states them, zeros for an SVG; None if it does not."""
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
    """Return `text` as a typst string of one line, without unprintable characters."""
    return json.dumps("".join(filter(str.isprintable, " ".join(text.split()))), ensure_ascii=False)
