"""Read a zip or a folder that somebody else has made: its regular files, and what was refused in it.

Nothing is written by the names in it, no link is followed, and how much is read has a limit, whatever the zip says of
its sizes.
"""

import os
import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from helpers.practice.sources import in_a_line

CHUNK = 1 << 20
NAMES_TOLD = 5
# What systems and tools leave around; never part of a delivery.
LEFT_BEHIND = {"__MACOSX", "__pycache__", ".ipynb_checkpoints", ".venv", ".uv", ".git", "build"}
END_RECORD, END_BYTES, MAX_COMMENT = b"PK\x05\x06", 22, 65_535


class Refused(Exception):
    """It cannot be read; the message is a Spanish sentence."""


@dataclass(frozen=True)
class Limits:
    """How much is read: files, bytes of each and of all, and bytes of a zip's index."""

    files: int
    file_bytes: int
    bytes: int
    index_bytes: int


@dataclass
class Contents:
    """What there is to read in a zip or a folder; `refused` fills, by reason, with the names that are passed over."""

    path: Path
    limits: Limits
    refused: dict[str, list[str]] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the names of the files, with bars, in order; raises `Refused`."""
        return [name for name, _ in self._zip_names()] if self.is_zip else [name for name, _ in self._folder_names()]

    @property
    def is_zip(self) -> bool:
        """Whether it is a file, that has to be a zip."""
        return not self.path.is_dir()

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Yield each file's name, with bars, and content; raises `Refused` at what has to stop the reading."""
        left = self.limits.bytes
        for name, content in self._zip_files() if self.is_zip else self._folder_files():
            left -= len(content)
            if left < 0:
                raise Refused(f"Descomprimido pesa más de {self.limits.bytes // 1_000_000} MB.")
            yield name, content

    def odd(self) -> list[str]:
        """Return a sentence for each reason why something was passed over."""
        return [f"{reason}: {listed(names)}." for reason, names in self.refused.items()]

    def pass_over(self, reason: str, name: str) -> None:
        """Note that a file is not read, and why."""
        self.refused.setdefault(reason, []).append(name)

    # A zip

    def _zip_names(self) -> list[tuple[str, zipfile.ZipInfo]]:
        with self._opened() as archive:
            infos = [one for one in archive.infolist() if not one.is_dir() and not _is_left_behind(one.filename)]
        if len(infos) > self.limits.files:
            raise Refused(f"Tiene {len(infos)} archivos, y se admiten {self.limits.files}.")
        found: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            kind = stat.S_IFMT(info.external_attr >> 16)
            name = info.filename
            if kind not in (0, stat.S_IFREG):
                self.pass_over("Hay enlaces o archivos especiales, que no se leen", name)
            elif not _is_inside(name):
                self.pass_over("Hay nombres que llevan fuera de su carpeta, y no se leen", name)
            elif name in found:
                self.pass_over("Hay nombres repetidos, de los que se lee el primero", name)
            else:
                found[name] = info
        return list(found.items())

    def _opened(self) -> zipfile.ZipFile:
        try:
            if (index := _index_bytes(self.path)) > self.limits.index_bytes:
                raise Refused(f"Su índice pesa {index / 1e6:.1f} MB: son demasiados archivos.".replace(".", ",", 1))
            return zipfile.ZipFile(self.path)
        except OSError as error:
            raise Refused(f"No se puede leer: {error.strerror or error}.") from error
        except Refused:
            raise
        except Exception as error:  # zipfile raises half a dozen kinds at a broken index
            raise Refused("No es un zip, o está roto.") from error

    def _zip_files(self) -> Iterator[tuple[str, bytes]]:
        infos = self._zip_names()
        with self._opened() as archive:
            for name, info in infos:
                try:
                    content = self._bounded(archive, info)
                except Exception:  # wrong sums, unknown methods, passwords, sizes that are not so
                    self.pass_over("Hay archivos rotos o con contraseña, que no se pueden leer", name)
                    continue
                if content is None:
                    self.pass_over(f"Hay archivos de más de {self.limits.file_bytes // 1_000_000} MB", name)
                else:
                    yield name, content

    def _bounded(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | None:
        """Return a member's content, or None if it is too long; what the zip says of its size is not believed."""
        with archive.open(info) as file:
            content = file.read(self.limits.file_bytes + 1)
        return content if len(content) <= self.limits.file_bytes else None

    # A folder

    def _folder_names(self) -> list[tuple[str, Path]]:
        found: list[tuple[str, Path]] = []
        for folder, folders, files in os.walk(self.path):
            folders[:] = sorted(name for name in folders if name not in LEFT_BEHIND)
            for name in sorted(files):
                path = Path(folder) / name
                found.append((path.relative_to(self.path).as_posix(), path))
            if len(found) > self.limits.files:
                raise Refused(f"Tiene más de {self.limits.files} archivos.")
        return found

    def _folder_files(self) -> Iterator[tuple[str, bytes]]:
        for name, path in self._folder_names():
            try:
                about = path.lstat()
                if not stat.S_ISREG(about.st_mode):
                    self.pass_over("Hay enlaces o archivos especiales, que no se leen", name)
                elif about.st_size > self.limits.file_bytes:
                    self.pass_over(f"Hay archivos de más de {self.limits.file_bytes // 1_000_000} MB", name)
                else:
                    yield name, path.read_bytes()
            except OSError:
                self.pass_over("Hay archivos que no se pueden leer", name)


def listed(names: Sequence[str], most: int = NAMES_TOLD) -> str:
    """Return foreign names in words, so many at most, and how many more there are."""
    more = f" y {len(names) - most} más" if names[most:] else ""
    return ", ".join(map(in_a_line, names[:most])) + more


def _is_inside(name: str) -> bool:
    """Tell whether a name in a zip is that of a file below its folder, in every system."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return bool(parts) and ".." not in parts and not name.startswith(("/", "\\")) and not re.match("[A-Za-z]:", name)


def _is_left_behind(name: str) -> bool:
    return not LEFT_BEHIND.isdisjoint(name.split("/")) or name.endswith((".DS_Store", "Thumbs.db"))


def _index_bytes(path: Path) -> int:
    """Return what a zip says that its index takes, which `zipfile` reads whole; 0 if it does not say."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - END_BYTES - MAX_COMMENT))
        tail = file.read()
    at = tail.rfind(END_RECORD)
    return struct.unpack_from("<I", tail, at + 12)[0] if 0 <= at <= len(tail) - END_BYTES else 0
