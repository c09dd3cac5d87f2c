"""What the marking has found, in words."""

from collections.abc import Sequence
from pathlib import Path

from helpers.marking.archive import listed
from helpers.marking.correction import BY_QUESTION, SHEETS
from helpers.marking.looked import YES
from helpers.marking.marks import MARKS, REMARKS, WEIGHTS
from helpers.marking.sheet import Marked
from helpers.workbook import shown

NAMES_TOLD = 10


def lines(found: Sequence[Marked], folder: Path) -> list[str]:
    """Return the sentences to show at the end, for what was found in each delivery."""
    opened = [one for one in found if one.seen.review]
    whole = [one for one in opened if set(one.signs.values()) == {YES}]
    equal = [one for one in opened if one.seen.equal]
    odd = [one for one in opened if one.seen.delivery.problems]
    told = [f"Hecho: {_count(len(found), 'entrega')}. Se abren {len(opened)}."]
    told += [f"  No se abre {one.seen.name}: {one.seen.delivery.problems[0]}" for one in found if not one.seen.review]
    if ran := [one for one in found if one.verdicts is not None]:
        unfinished = [one for one in ran if one.reason]
        told.append(f"Se han ejecutado {len(ran)}: {len(ran) - len(unfinished)} enteras.")
        told += [f"  No entera {one.seen.name}: {one.reason}" for one in unfinished]
    told.append(f"Con las 29 preguntas bien: {len(whole)}. Les falta algo a {len(opened) - len(whole)}.")
    if equal:
        told.append(f"Con algo igual que en otra: {_names(equal)}.")
    if odd:
        told.append(f"Con algo raro en sus archivos: {_names(odd)}.")
    name = shown(folder.resolve())
    told.append(
        f"Está en {name}: {MARKS}, {SHEETS}/ (una hoja de cada entrega) y {BY_QUESTION}/ (una de cada pregunta). "
        f"Escribe en {MARKS} y {REMARKS}, o cambia {WEIGHTS}, y repite la orden con --continua: pasa a las hojas."
    )
    return told


def _names(those: Sequence[Marked]) -> str:
    return listed([one.seen.name for one in those], NAMES_TOLD)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
