"""What the lecturer reads and writes as spreadsheets: notas.csv, observaciones.csv and the weights, pesos.toml.

The spreadsheets are in the form that Excel, LibreOffice and Numbers open in Spanish: semicolons, decimal commas, UTF-8
with its mark. No cell of them begins a formula.
"""

import csv
import io
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import MarkingError
from helpers.marking.looked import YES
from helpers.practice.questions import QUESTIONS
from helpers.workbook import replace_file

__all__ = ["Row", "Weights", "match", "read_rows", "weights", "write_rows"]

MARKS, REMARKS, WEIGHTS = "notas.csv", "observaciones.csv", "pesos.toml"
NAME, QUESTION, MARK, REMARK, PRINT = "entrega", "pregunta", "nota", "observación", "huella"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
IDS = [question.id for question in QUESTIONS]
MAX_CELL = 2000  # characters

type Row = Mapping[str, str]


@dataclass(frozen=True)
class Weights:
    """How much each question counts: question -> weight, and the mark that they add up to when all are right."""

    top: float
    of: Mapping[str, float]

    def suggested(self, signs: Mapping[str, str]) -> float:
        """Return the mark of the questions whose sign is a tick, among all."""
        return self.top * sum(self.of.get(one, 0) for one, sign in signs.items() if sign == YES) / sum(self.of.values())


def weights(folder: Path) -> Weights:
    """Return the weights in a folder's pesos.toml, which is written, all alike, if it is not there.

    Raises `MarkingError` if it makes no sense.
    """
    path = folder / WEIGHTS
    if not path.exists():
        lines = "\n".join(f"{one} = 1" for one in IDS)
        text = (
            "# La nota que se sugiere: lo que suman las preguntas con ✓, de lo que suman todas. Cámbialos y repite la\n"
            f"# orden con --continua.\nsobre = 10\n\n[pesos]\n{lines}\n"
        )
        replace_file(path, lambda new: new.write_text(text, "utf-8"))
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise MarkingError(f"No se entiende {path}: {error}. Corrígelo, o bórralo para que se escriba otro.") from error
    of, top = said.get("pesos"), said.get("sobre")
    fine = isinstance(of, dict) and set(of) <= set(IDS) and all(map(_is_weight, [top, *of.values()]))
    if not isinstance(of, dict) or not fine or not sum(of.values()) or not isinstance(top, int | float):
        raise MarkingError(
            f"En {path}, «sobre» es la nota más alta y «[pesos]», un número para cada pregunta, 0 o más: "
            f"{IDS[0]} = 1. Las preguntas son {', '.join(IDS)}. Corrígelo, o bórralo para que se escriba otro."
        )
    return Weights(top, of)


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def number(value: float) -> str:
    """Return a mark as it is written in Spanish, with a decimal."""
    return f"{value:.1f}".replace(".", ",")


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a spreadsheet with those columns, and then any other that the rows have; raises `MemoriaError`."""
    rows = list(rows)
    more = dict.fromkeys(column for row in rows for column in row if column and column not in columns)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(map(_cell, [*columns, *more]))
    writer.writerows([_cell(row.get(column, "")) for column in (*columns, *more)] for row in rows)
    content = text.getvalue().encode("utf-8-sig", "replace")
    replace_file(path, lambda new: new.write_bytes(content))


def _cell(text: str) -> str:
    """Return foreign text for a spreadsheet, which would take some first characters for a formula."""
    shown = "".join(one if one.isprintable() or one == "\n" else " " for one in text)[:MAX_CELL]
    return f"'{shown}" if shown.lstrip().startswith(FORMULA) else shown


def read_rows(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a spreadsheet, whatever program has saved it; none if it is not there.

    Raises `MarkingError` if a column that is `needed` is not there: what is written in it would be lost.
    """
    if not path.exists():
        return []
    try:
        content = path.read_bytes()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
        first = text.partition("\n")[0]
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count), restval="")
        rows = [{name: _read(value) for name, value in row.items() if isinstance(name, str)} for row in reader]
    except (OSError, csv.Error) as error:
        raise MarkingError(f"No se puede leer {path}: {error}. No se ha tocado nada.") from error
    if absent := [name for name in needed if name not in (reader.fieldnames or [])]:
        raise MarkingError(
            f"En {path} falta la columna {', '.join(f'«{one}»' for one in absent)}: se perdería lo que hayas escrito. "
            "Ponla otra vez, o aparta la carpeta y empieza otra corrección. No se ha tocado nada."
        )
    return rows


def _read(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return text[1:] if text[:1] == "'" and text[1:].lstrip().startswith(FORMULA) else text


def match(rows: Sequence[dict[str, str]], now: Sequence[tuple[str, str]]) -> tuple[dict[str, Row], list[Row]]:
    """Return the former row of each delivery of `now`, which are (name, fingerprint), by name; and the rows left over.

    What a delivery has inside says more than its name, which another may have now.
    """
    found: dict[str, Row] = {}
    left = list(rows)
    ways: tuple[Callable[[Row, str, str], bool], ...] = (
        lambda row, name, print_: row[NAME] == name and row.get(PRINT) == print_,
        lambda row, name, print_: bool(print_) and row.get(PRINT) == print_,
        lambda row, name, print_: row[NAME] == name,
    )
    for way in ways:
        for name, print_ in now:
            if name not in found and (row := next((one for one in left if way(one, name, print_)), None)):
                found[name] = row
                left.remove(row)
    return found, list(left)
