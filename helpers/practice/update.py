"""Bring a newer edition into a practice under way: nothing that the student wrote is lost, and the former files stay.

All is decided before anything is written. Then, in this order, the former files are copied to a folder, each file is
replaced whole, and what the edition wrote is recorded: killed in the middle, it does the rest the next time.
"""

import datetime
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from helpers.errors import MemoriaError, TemplateError
from helpers.practice import edition, edition_record, notebook_json
from helpers.practice.edition_record import Record
from helpers.practice.notebook_merge import Merge, merge
from helpers.practice.unfinished import UNFINISHED
from helpers.workbook import SOLVED, Workbook, replace_file

# The files that are the student's to write, by their names without suffix.
TO_WRITE = {"autores", *UNFINISHED}
FORMER = "antes-de-actualizar"
UNDECIDED = "sin-decidir"


@dataclass
class Update:
    """What an update does to a workbook.

    `files` is what is written, by path in the workbook: (former content, or None; new content). `merges` says what was
    done in each notebook; `kept` are the student's own handlers, and the files that only the student has changed or was
    to write; `undecided`, those that both have changed, with the edition's content; `retired`, no longer the edition's;
    `unreadable` maps a notebook to the reason. `former` is the folder with the former files, None if nothing changes.
    """

    files: dict[str, tuple[bytes | None, bytes]] = field(default_factory=dict)
    merges: dict[str, Merge] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    undecided: dict[str, bytes] = field(default_factory=dict)
    retired: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    former: Path | None = None


def update(workbook: Workbook) -> Update:
    """Bring the present edition into `workbook`, and return what has been done.

    Raises `TemplateError`, having lost nothing, if there is no practice, or if it cannot be written.
    """
    if not SOLVED.is_solved and workbook.root.resolve() == SOLVED.root:
        edition.contents(workbook)  # which says that it is the student's
    if not workbook.is_there or workbook.root.resolve() == SOLVED.root:
        raise TemplateError(
            f"En {workbook.root} no hay ninguna práctica que actualizar. Di su carpeta detrás de la orden, o haz una "
            "con «si1p1 practica»."
        )
    contents = edition.by_name(workbook)
    newer = edition_record.of(contents)
    try:
        before = edition_record.read(workbook)
        done = plan(workbook, contents, before, newer)
        _write(workbook, done)
        unread = {name: before.notebooks[name] for name in done.unreadable if name in before.notebooks}
        decided = {name: cells for name, cells in newer.notebooks.items() if name not in done.unreadable}
        now = Record(decided | unread, newer.files)
        if now != before:
            edition_record.write(workbook, now)
    except (OSError, MemoriaError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise TemplateError(
            f"No se ha podido actualizar {workbook.root}: {reason}. No se ha perdido nada: repite la orden."
        ) from error
    return done


def plan(workbook: Workbook, contents: Mapping[str, bytes], before: Record, newer: Record) -> Update:
    """Return what there is to do with an edition's files, by path, without doing it."""
    done = Update()
    for name, content in contents.items():
        path = workbook.root / name
        former = path.read_bytes() if path.is_file() else None
        if former is None:
            done.files[name] = (None, content)
        elif name in newer.notebooks:
            _plan_notebook(done, name, former, content, before)
        elif former != content:
            _plan_file(done, name, former, content, before.files.get(name), newer.files[name])
    handlers = {path.relative_to(workbook.root).as_posix() for path in workbook.handlers.iterdir() if path.is_file()}
    done.kept += sorted(handlers - contents.keys() - before.files.keys())
    done.retired = sorted(handlers & before.files.keys() - contents.keys())
    return done


def _plan_notebook(done: Update, name: str, former: bytes, content: bytes, before: Record) -> None:
    try:
        mine = notebook_json.parse(former)
    except ValueError as error:
        done.unreadable[name] = str(error)
        return
    newer = notebook_json.parse(content)
    done.merges[name] = merged = merge(mine["cells"], newer["cells"], before.notebooks.get(name))
    result = notebook_json.with_cells(mine, newer, merged.cells)
    if result != mine:
        done.files[name] = (former, notebook_json.to_bytes(result))


def _plan_file(done: Update, name: str, former: bytes, content: bytes, written: str | None, newer: str) -> None:
    if edition_record.sha256(former) == written:
        done.files[name] = (former, content)
    elif newer == written or Path(name).stem in TO_WRITE:
        done.kept.append(name)
    else:
        done.undecided[name] = content


def _write(workbook: Workbook, done: Update) -> None:
    texts = {name: merged.undecided for name, merged in done.merges.items() if merged.undecided}
    if not done.files and not texts and not done.undecided:
        return
    done.former = _set_apart(workbook, done, texts)
    for name, (former, content) in done.files.items():
        path = workbook.root / name
        if (path.read_bytes() if path.is_file() else None) != former:
            raise MemoriaError(f"{name} ha cambiado mientras tanto")
        replace_file(path, partial(_put, content))


def _set_apart(workbook: Workbook, done: Update, texts: Mapping[str, Mapping[str, str]]) -> Path:
    """Copy the former files that change to a folder of today's, with what is left to the student; return it."""
    new = workbook.root / f".{FORMER}"
    shutil.rmtree(new, ignore_errors=True)
    for name, (former, _) in done.files.items():
        if former is not None:
            _put(former, new / name)
    for name, content in done.undecided.items():
        _put(content, new / UNDECIDED / name)
    for name, cells in texts.items():
        parts = [f"# {name}", *(f"## {cell}\n\n````\n{text}\n````" for cell, text in cells.items())]
        text = "\n\n".join(parts) + "\n"
        _put(text.encode(), new / UNDECIDED / f"{Path(name).stem}.md")
    target = _unused(workbook.root / f"{FORMER}-{datetime.date.today()}")
    new.rename(target)
    return target


def _put(content: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _unused(path: Path) -> Path:
    """Return `path`, or one like it with a number, that nothing has yet."""
    number, free = 2, path
    while free.exists():
        number, free = number + 1, path.with_name(f"{path.name}-{number}")
    return free
