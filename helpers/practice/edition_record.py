"""What an edition wrote in a student's workbook, kept there: it tells the student's own words from an older edition's.

`.edicion.json` has, by the files' paths in the workbook, the digests of a notebook's cells by id, in order, and the
SHA-256 of any other file.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from helpers.practice import notebook_json
from helpers.practice.notebook_merge import digests
from helpers.workbook import EDITION_RECORD, Workbook, replace_file

__all__ = ["Record", "of", "read", "write"]


@dataclass(frozen=True)
class Record:
    """By path in the workbook: each notebook's digests by cell id, and each other file's SHA-256."""

    notebooks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def of(contents: Mapping[str, bytes]) -> Record:
    """Return the record of an edition's files: path in the workbook -> content."""
    notebooks, files = {}, {}
    for name, content in contents.items():
        if name.endswith(".ipynb"):
            notebooks[name] = digests(notebook_json.parse(content)["cells"])
        else:
            files[name] = sha256(content)
    return Record(notebooks, files)


def sha256(content: bytes) -> str:
    """Return what tells a file's content from any other."""
    return hashlib.sha256(content).hexdigest()


def read(workbook: Workbook) -> Record:
    """Return a workbook's record; an empty one if there is none, or it is not one."""
    try:
        found = json.loads((workbook.root / EDITION_RECORD).read_bytes())
        notebooks, files = found["cuadernos"], found["archivos"]
    except (OSError, ValueError, RecursionError, TypeError, KeyError):
        return Record()
    is_one = isinstance(notebooks, dict) and all(map(_is_texts, [*notebooks.values(), files]))
    return Record(notebooks, files) if is_one else Record()


def _is_texts(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(value, str) for value in found.values())


def write(workbook: Workbook, record: Record) -> None:
    """Keep `record` in a workbook; raises `MemoriaError` if it cannot be written."""
    text = json.dumps({"cuadernos": record.notebooks, "archivos": record.files}, ensure_ascii=False, indent=1) + "\n"
    replace_file(workbook.root / EDITION_RECORD, lambda path: path.write_text(text, "utf-8"))
