"""A delivery's files as a workbook: notebooks/, handlers/ and autores.toml, and what its LEEME.txt says of them."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from helpers import notebook_file
from helpers.marking.archive import Refused, listed
from helpers.practice.delivery import NOTEBOOKS
from helpers.practice.questions import SECTIONS
from helpers.practice.sources import FOLDER, NAME, in_a_line
from helpers.workbook import Workbook

README, MEMORIA = "LEEME.txt", "memoria.pdf"
CODE_FOLDERS = (FOLDER, "handlers")  # as the zip calls it, and as a workbook does
SUM = re.compile(r"^([0-9a-f]{64})  (.+)$", re.MULTILINE)
NOT_FILLED = "(sin rellenar)"
MAX_README = 200_000  # bytes


def lay_out(files: Mapping[str, bytes], folder: Path) -> list[str]:
    """Write a delivery's files, name with bars -> content, in `folder` as a workbook; return what is odd in them.

    Raises `Refused` if there is no notebook among them, and `OSError`.
    """
    names = {name.replace("\\", "/"): content for name, content in files.items()}
    root, loose = _root(names)
    own = {name[len(root) :]: content for name, content in names.items() if name.startswith(root)}
    workbook = Workbook(folder)
    problems, unread = [], []
    for made in (workbook.notebooks, workbook.handlers):
        made.mkdir(exist_ok=True)
    for name, content in own.items():
        kind, _, file = ("", "", name) if "/" not in name else name.rpartition("/")
        if not NAME.fullmatch(file):
            if kind in (NOTEBOOKS, *CODE_FOLDERS) and not file.startswith((".", "__init__.")):
                unread.append(name)
        elif file.endswith(".ipynb") and kind == ("" if loose else NOTEBOOKS):
            if fault := _fault(content):
                problems.append(f"{in_a_line(name)} no se puede leer: {fault}.")
            else:
                (workbook.notebooks / file).write_bytes(content)
        elif kind in CODE_FOLDERS or (loose and file.endswith(".py")):
            (workbook.handlers / file).write_bytes(content)
        elif name in (README, MEMORIA, workbook.authors.name):
            (folder / name).write_bytes(content)
    if workbook.authors.name not in own:
        workbook.authors.write_text(_authors(_text(own.get(README, b""))), "utf-8")
    if unread:
        problems.append(f"Hay nombres con caracteres que no valen, y no se leen: {listed(unread)}.")
    there = {path.stem for path in workbook.notebooks.iterdir()}
    if absent := [f"{section.stem}.ipynb" for section in SECTIONS if section.stem not in there]:
        problems.append(f"Faltan cuadernos: {listed(absent)}.")
    if MEMORIA not in own:
        problems.append(f"No trae {MEMORIA}.")
    return problems + _against_readme(own)


def _root(names: Mapping[str, bytes]) -> tuple[str, bool]:
    """Return the folder that the delivery is in, with its bar, and whether its notebooks are loose there."""
    notebooks = sorted((name for name in names if name.endswith(".ipynb")), key=lambda name: (name.count("/"), name))
    if not notebooks:
        told = f"; hay {listed(list(names))}" if names else ", ni nada que se pueda leer"
        raise Refused(f"No hay ningún cuaderno{told}.")
    inside = next((name for name in notebooks if PurePosixPath(name).parent.name == NOTEBOOKS), None)
    parent = PurePosixPath(inside).parent.parent if inside else PurePosixPath(notebooks[0]).parent
    return ("" if str(parent) == "." else f"{parent}/"), inside is None


def _fault(content: bytes) -> str:
    """Return why a file is not a notebook; empty if it is one."""
    try:
        notebook_file.parse(content.decode("utf-8"))
    except UnicodeDecodeError:
        return "no está en UTF-8"
    except Exception as error:  # whatever somebody may have written in it
        return in_a_line(str(error)).rstrip(".") or type(error).__name__
    return ""


def _against_readme(own: Mapping[str, bytes]) -> list[str]:
    """Return what the SHA-256 of LEEME.txt, and its other words, say of the files."""
    if README not in own:
        return [f"No trae {README}: no la ha hecho «make entrega»."]
    text = _text(own[README])
    said = {name.strip(): sum_ for sum_, name in SUM.findall(text)}
    changed = [name for name in said if name in own and hashlib.sha256(own[name]).hexdigest() != said[name]]
    gone = [name for name in said if name not in own]
    added = [name for name in own if name not in said and name != README]
    problems = ["Es un borrador, dice su LEEME.txt."] if re.search("^BORRADOR:", text, re.MULTILINE) else []
    for what, those in (
        ("No son los que hizo «make entrega», según el SHA-256 de LEEME.txt", changed),
        ("LEEME.txt los nombra y no están", gone),
        ("Están y LEEME.txt no los nombra", added),
    ):
        if those:
            problems.append(f"{what}: {listed(those)}.")
    return problems


def _authors(text: str) -> str:
    """Return the autores.toml that a LEEME.txt tells of."""

    def said(label: str) -> str:
        found = re.search(rf"^{label}: (.*)$", text, re.MULTILINE)
        value = in_a_line(found[1], 1000) if found else ""
        return "" if value == NOT_FILLED else value

    names = [one for one in said("Autores").split(", ") if one]
    group, pair = (json.dumps(said(label), ensure_ascii=False) for label in ("Grupo", "Pareja"))
    return f"grupo = {group}\npareja = {pair}\nautores = {json.dumps(names, ensure_ascii=False)}\n"


def _text(content: bytes) -> str:
    return content[:MAX_README].decode("utf-8", "replace")
