"""Bring a newer edition into a notebook under way, cell by cell: what the student wrote stays, the rest is renewed.

A cell is the edition's if its id is, or if its text is and its id is nobody's. What the edition wrote the last time, as
digests by id, tells a text of the student's from an older one of the edition's; without it, what differs is kept.
"""

import hashlib
import re
import uuid
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpers.notebook_file import tags
from helpers.practice.blanks import TO_DO

# As JSON has it; `parse` in notebook_json.py says what is checked of it.
type Cell = dict[str, Any]
type Digests = Mapping[str, str]

ALWAYS_THERE = ("pregunta", "respuesta")
CHECK = re.compile(r"practice\.check\([^)]*\)")
ID = re.compile(r"[\w-]{1,64}", re.ASCII)


@dataclass
class Merge:
    """The merged cells, and the ids of what was done with them.

    `filled` are answers and blanks, `edited` what was given, `own` what came from the student; `undecided` were changed
    by both, and map to the edition's text; `not_back` were deleted by the student, and stay so.
    """

    cells: list[Cell] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    undecided: dict[str, str] = field(default_factory=dict)
    not_back: list[str] = field(default_factory=list)


def text_of(cell: Cell) -> str:
    """Return a cell's text, which JSON may have as lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def digest(cell: Cell) -> str:
    """Return what tells a cell's type and text from any other."""
    return hashlib.sha256(f"{cell['cell_type']}\n{text_of(cell)}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def digests(cells: Iterable[Cell]) -> dict[str, str]:
    """Return the digests of an edition's cells by id, in their order."""
    return {cell["id"]: digest(cell) for cell in cells}


def merge(mine: Sequence[Cell], edition: Sequence[Cell], written: Digests | None) -> Merge:
    """Return the student's cells with the newer `edition`; `written` is what the edition wrote before, or None.

    The edition's cells come in its order, but for those that the student moved: these, and the student's own, stay
    after the cell that they follow. Neither list of cells is changed.
    """
    done = Merge()
    newer = digests(edition)
    theirs = dict(_identified(mine, written or {}, newer))
    in_place = max((_in_order(theirs, order) for order in (written or {}, newer)), key=len) & newer.keys()
    known = {tag for cell in edition for tag in tags(cell)}
    by_id = {cell["id"]: cell for cell in edition}
    after: dict[str, list[Cell]] = {"": []}
    last = ""
    for name, cell in theirs.items():
        if name in in_place:
            last = name
            after[last] = [_decided(done, cell, by_id[name], written, known)]
        elif name in newer:
            after[last].append(_decided(done, cell, by_id[name], written, known))
        elif written and name in written and digest(cell) == written[name]:
            done.dropped.append(name)
        else:
            done.own.append(name)
            after[last].append(cell | {"id": name})
    kept = [cell for some in after.values() for cell in some]
    own = [theirs[name] for name in done.own]
    done.cells += after[""]
    for name, cell in by_id.items():
        was_written = bool(written and name in written)
        if name in in_place:
            done.cells += after[name]
        elif name not in theirs and _is_wanted(cell, kept, own, was_written=was_written):
            done.added.append(name)
            done.cells.append(cell)
        elif name not in theirs and was_written:
            done.not_back.append(name)
    return done


def _identified(mine: Sequence[Cell], written: Digests, newer: Digests) -> list[tuple[str, Cell]]:
    """Return the student's cells with an id each: their own, that of the edition's cell with their text, or a new one.

    A cell without a valid id, or with that of another, may be anything: a tool may have saved them so.
    """
    ids: list[str] = []
    for cell in mine:
        given = cell.get("id")
        ids.append(given if isinstance(given, str) and ID.fullmatch(given) and given not in ids else "")
    free: dict[str, list[str]] = {}
    for known in (written, newer):
        for name, text in known.items():
            if name not in ids and name not in free.setdefault(text, []):
                free[text].append(name)
    used = set(ids)
    for at, cell in enumerate(mine):
        if ids[at] in written or ids[at] in newer:
            continue
        same_text = [name for name in free.get(digest(cell), []) if name not in used] if text_of(cell).strip() else []
        ids[at] = same_text[0] if same_text else ids[at] or uuid.uuid4().hex[:8]
        used.add(ids[at])
    return list(zip(ids, mine, strict=True))


def _in_order(names: Iterable[str], order: Iterable[str]) -> set[str]:
    """Return the most of `names` that come as in `order`: its longest increasing subsequence."""
    position = {name: at for at, name in enumerate(order)}
    found = [name for name in names if name in position]
    ends: list[int] = []  # ends[n]: the smallest position that ends a run of n + 1
    lengths = []
    for name in found:
        at = bisect_left(ends, position[name])
        ends[at : at + 1] = [position[name]]
        lengths.append(at)
    chosen, wanted = set(), len(ends) - 1
    for name, length in zip(reversed(found), reversed(lengths), strict=True):
        if length == wanted:
            chosen.add(name)
            wanted -= 1
    return chosen


def _decided(done: Merge, mine: Cell, newer: Cell, written: Digests | None, known: set[str]) -> Cell:
    """Return the edition's cell with the student's text, or with the edition's if the student has not changed it."""
    name, before = newer["id"], (written or {}).get(newer["id"])
    is_same = digest(mine) == digest(newer)
    metadata = _metadata(mine, newer, known)
    if not is_same and digest(mine) == before:
        done.renewed.append(name)
        return newer | {"metadata": metadata}
    merged = mine | {"id": name, "metadata": metadata}
    if is_same:
        if metadata != mine.get("metadata", {}):
            done.renewed.append(name)
        return merged
    if {"respuesta", TO_DO} & {*tags(newer)}:
        done.filled.append(name)
        return merged
    done.edited.append(name)
    if digest(newer) != before:
        done.undecided[name] = text_of(newer)
    return merged


def _metadata(mine: Cell, newer: Cell, known: set[str]) -> dict[str, Any]:
    """Return the student's metadata of a cell with the edition's, and its tags before those of the student's own."""
    merged = dict(mine.get("metadata", {}) | newer["metadata"])
    if "tags" in merged:
        merged["tags"] = tags(newer) + [tag for tag in tags(mine) if tag not in known]
    return merged


def _is_wanted(cell: Cell, kept: Sequence[Cell], own: Sequence[Cell], *, was_written: bool) -> bool:
    """Tell whether a cell of the edition's that the student lacks is put in.

    One that was written before has been deleted, and one whose halves are there, split; questions, answers and checks
    come back all the same if no cell of the student's takes their place.
    """
    if tags(cell)[:1] and tags(cell)[0] in ALWAYS_THERE:
        return all(tags(one)[: len(tags(cell))] != tags(cell) for one in own)
    if check := CHECK.search(text_of(cell)):
        return all(check[0] not in text_of(one) for one in kept)
    return not was_written and not _is_split(text_of(cell), [text_of(one) for one in own])


def _is_split(text: str, own: Sequence[str]) -> bool:
    """Tell whether consecutive own cells make up `text`, but for the blank lines between them."""
    wanted = "".join(text.split())
    parts = ["".join(one.split()) for one in own]
    for start in range(len(parts)):
        joined = ""
        for part in parts[start:]:
            joined += part
            if joined == wanted:
                return True
            if not wanted.startswith(joined):
                break
    return False
