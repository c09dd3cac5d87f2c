"""The student's edition: a workbook of the same notebooks, with what is the student's to do left blank."""

from pathlib import Path

import nbformat

from helpers import notebook_file
from helpers.errors import TemplateError
from helpers.practice import blanks, edition_record
from helpers.practice.questions import SECTIONS
from helpers.practice.unfinished import UNFINISHED
from helpers.workbook import IS_SHARED, SOLVED, Workbook, shown

BLANK_AUTHORS = """\
# Quién firma la memoria: aparece en la portada. Escribe entre las comillas, guarda y haz la memoria otra vez.
grupo = ""
pareja = ""
autores = [
    "",
    "",
]
"""
# Files that a message names.
TOLD = 2


def write(folder: Path) -> list[Path]:
    """Write the student's workbook in `folder`, created if missing, and return its files, but for their record.

    Raises `TemplateError`: before writing anything if one of them already exists, or if they cannot be made or written.
    """
    files = contents(Workbook(folder))
    if there := [path.relative_to(folder).as_posix() for path in files if path.exists()]:
        more = f" y {len(there) - TOLD} más" if there[TOLD:] else ""
        raise TemplateError(
            f"En {folder} ya están {', '.join(there[:TOLD])}{more}, y no se escribe nada encima. Si son los tuyos, "
            "trabaja con ellos, con «make lab»; «si1p1 practica --actualiza» les trae lo nuevo. Para hacer otros, di "
            "otra carpeta detrás de la orden."
        )
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    except OSError as error:
        raise TemplateError(
            f"No se puede escribir en {folder}: {error.strerror}. Da el nombre de otra carpeta."
        ) from error
    edition_record.write(Workbook(folder), edition_record.of(by_name(Workbook(folder))))
    return list(files)


def contents(workbook: Workbook) -> dict[Path, str]:
    """Return the edition's files, as they would be written in `workbook`: path -> text.

    Raises `TemplateError` in a folder that was handed out, which is the student's edition itself; where a class shares
    it, each student gets a copy.
    """
    if not SOLVED.is_solved:
        if not IS_SHARED:
            raise TemplateError(
                f"Los cuadernos de {SOLVED.root} ya son los tuyos, sin resolver: trabaja con ellos, con «make lab»."
            )
        given = edition_record.read(SOLVED)
        return {
            workbook.root / name: (SOLVED.root / name).read_text("utf-8") for name in (*given.notebooks, *given.files)
        }
    files = {section.notebook(workbook): _notebook(section.notebook(SOLVED)) for section in SECTIONS}
    for path in sorted(SOLVED.handlers.iterdir()):
        if path.is_file():
            is_given = path.stem not in UNFINISHED
            files[workbook.handlers / path.name] = (
                path.read_text("utf-8") if is_given else UNFINISHED[path.stem].source(path.stem, SOLVED.handlers)
            )
    return files | {workbook.authors: BLANK_AUTHORS}


def by_name(workbook: Workbook) -> dict[str, bytes]:
    """Return the edition's files as `contents` does: path in the workbook, with bars -> content."""
    return {path.relative_to(workbook.root).as_posix(): text.encode() for path, text in contents(workbook).items()}


def _notebook(solved: Path) -> str:
    """Return the text of the edition's notebook; raise `TemplateError` if the solved one cannot be read."""
    try:
        notebook = notebook_file.read(solved)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise TemplateError(
            f"No se puede leer {shown(solved)}, el cuaderno resuelto del que sale el tuyo: {error}. Los resueltos se "
            "recuperan con «git checkout -- 'notebooks/*.ipynb'»; después, repite la orden."
        ) from error
    text: str = nbformat.writes(blanks.blank(notebook))
    return text + "\n"
