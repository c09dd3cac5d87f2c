"""Open deliveries, whoever made them: zips, folders of them, and what Moodle downloads, each as a workbook of its own.

What is wrong with one is said of it and stops no other.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from helpers.marking.archive import Contents, Limits, Refused
from helpers.marking.laid_out import lay_out
from helpers.practice.delivery import NOTEBOOKS
from helpers.practice.sources import NAME, in_a_line
from helpers.workbook import Workbook, make_private

__all__ = ["Delivery", "collect"]

ONE = Limits(files=1000, file_bytes=40_000_000, bytes=150_000_000, index_bytes=1_000_000)
MANY = Limits(files=5000, file_bytes=100_000_000, bytes=3_000_000_000, index_bytes=5_000_000)
MAX_IN_ONE_DOWNLOAD = 500
MAX_NAME = 80
PACKED = "paquetes"
ARCHIVES = {".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
MOODLE = "_assignsubmission_"
MOODLE_NUMBER = re.compile(rf"_\d+{MOODLE}.*")


@dataclass(frozen=True)
class Delivery:
    """What somebody handed in: `folder` is a workbook with a copy of it, or None if it could not be opened.

    `name` is a file name, unlike any other's; `source`, what was given; `problems`, Spanish sentences that say why it
    could not be opened, or what is odd in it.
    """

    name: str
    source: Path
    folder: Path | None
    problems: tuple[str, ...]

    @property
    def workbook(self) -> Workbook | None:
        """The copy, if it could be opened."""
        return Workbook(self.folder) if self.folder else None


def collect(paths: Iterable[Path], into: Path) -> list[Delivery]:
    """Return the deliveries in `paths`, each copied in a folder of `into`; a bad one has its reason."""
    names = {PACKED}
    found = []
    for path in paths:
        for label, source, reason in _candidates(path, into / PACKED):
            name = _unlike(_safe(MOODLE_NUMBER.sub("", label)), names)
            names.add(name.casefold())
            found.append(Delivery(name, source, None, (reason,)) if reason else _opened(name, source, into / name))
    return found


def _candidates(path: Path, unpacked: Path) -> list[tuple[str, Path, str]]:
    """Return the deliveries that a path has: what each is called, where it is, and why it cannot be opened, if so."""
    try:
        if path.is_dir():
            return _in_folder(path, unpacked)
        if not path.exists():
            return [(path.stem, path, "No existe: corrige el nombre.")]
        return _in_download(path, unpacked) if _is_download(path) else [(path.stem, path, "")]
    except (OSError, Refused) as error:
        return [(path.stem, path, str(error) if isinstance(error, Refused) else f"No se puede leer: {error.strerror}.")]


def _in_folder(folder: Path, unpacked: Path) -> list[tuple[str, Path, str]]:
    if _has_notebooks(folder):
        return [(folder.name, folder, "")]
    found = []
    children = sorted(folder.iterdir())
    have_zip = {one.name.partition(MOODLE)[0] for one in children if one.suffix.lower() == ".zip"}
    for child in children:
        if child.name.startswith(".") or unpacked.resolve().is_relative_to(child.resolve()):  # or this correction
            continue
        zips = sorted(child.glob("*.zip")) if child.is_dir() and not _has_notebooks(child) else []
        if zips:
            found += [(child.name if len(zips) == 1 else f"{child.name}-{one.stem}", one, "") for one in zips]
        elif child.is_dir():
            found.append((child.name, child, ""))
        elif child.suffix.lower() == ".zip":
            found += _candidates(child, unpacked)
        elif child.suffix.lower() in ARCHIVES or (
            MOODLE in child.name and child.name.partition(MOODLE)[0] not in have_zip
        ):
            reason = f"No es un zip, que es lo que hace «make entrega»: {in_a_line(child.name)}."
            found.append((child.stem, child, reason))
    return found or [(folder.name, folder, "")]


def _has_notebooks(folder: Path) -> bool:
    return any(folder.glob("*.ipynb")) or any(folder.glob(f"{NOTEBOOKS}/*.ipynb"))


def _is_download(path: Path) -> bool:
    """Tell whether a zip is what Moodle downloads, or somebody's zips in another."""
    try:
        names = Contents(path, MANY).names()
    except Refused:  # why is said when it is opened
        return False
    of_moodle = bool(names) and all(MOODLE in name.partition("/")[0] for name in names)
    return of_moodle or (_any(names, ".zip") and not _any(names, ".ipynb"))


def _any(names: Iterable[str], suffix: str) -> bool:
    return any(name.lower().endswith(suffix) for name in names)


def _in_download(path: Path, unpacked: Path) -> list[tuple[str, Path, str]]:
    """Copy the files of a download and return the deliveries among them."""
    digest = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    folder = make_private(unpacked / digest)
    contents = Contents(path, MANY)
    for name, content in contents.read():
        target = folder.joinpath(*(_safe(part) for part in PurePosixPath(name.replace("\\", "/")).parts))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(content)
        except (FileExistsError, NotADirectoryError):
            contents.pass_over("Hay nombres que no se distinguen de otros, y no se leen", name)
    found = _in_folder(folder, unpacked)
    if len(found) > MAX_IN_ONE_DOWNLOAD:
        raise Refused(f"Trae {len(found)} entregas dentro, y se admiten {MAX_IN_ONE_DOWNLOAD}.")
    if len(found) == 1 and MOODLE not in found[0][0]:
        found = [(path.stem, source, reason) for _, source, reason in found]
    return [*found, *((path.stem, path, sentence) for sentence in contents.odd())]


def _safe(name: str) -> str:
    """Return `name` as a file name that every system takes."""
    plain = unicodedata.normalize("NFC", name)
    kept = "".join(one if NAME.fullmatch(f"a{one}") else "_" for one in plain).strip(" .-")
    suffix = PurePosixPath(kept).suffix[:10]
    return kept if 0 < len(kept) <= MAX_NAME else f"{kept[: MAX_NAME - len(suffix)]}{suffix}" or "entrega"


def _unlike(name: str, others: set[str]) -> str:
    """Return `name`, with a number after it if it is among the `others`, which are in small letters."""
    tries = (name if number == 1 else f"{name}-{number}" for number in range(1, len(others) + 2))
    return next(one for one in tries if one.casefold() not in others)


def _opened(name: str, source: Path, folder: Path) -> Delivery:
    """Return the delivery at `source`, copied in `folder` as a workbook."""
    contents = Contents(source, ONE)
    try:
        files = dict(contents.read())
        if inner := _only_zip(files):  # somebody zips the zip
            packed = make_private(folder.parent / PACKED) / f"{name}.zip"
            packed.write_bytes(files[inner])
            contents = Contents(packed, ONE)
            files = dict(contents.read())
        problems = lay_out(files, make_private(folder))
    except Refused as refused:
        return Delivery(name, source, None, (str(refused), *contents.odd()))
    except OSError as error:
        return Delivery(name, source, None, (f"No se puede copiar: {error.strerror}.", *contents.odd()))
    return Delivery(name, source, folder, (*contents.odd(), *problems))


def _only_zip(files: Iterable[str]) -> str:
    """Return the name of the only zip among files that have no notebook; empty if it is not so."""
    zips = [name for name in files if name.lower().endswith(".zip")]
    return zips[0] if len(zips) == 1 and not _any(files, ".ipynb") else ""
