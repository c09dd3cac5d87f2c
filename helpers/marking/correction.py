"""Mark deliveries: open them, look at them, and write correccion/ with the marks and the pages."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from helpers.command_line import Say
from helpers.errors import MarkingError
from helpers.marking import executed, page, sheet
from helpers.marking.delivery import Delivery, collect
from helpers.marking.executed import How
from helpers.marking.looked import Look, look, with_equals
from helpers.marking.marks import (
    IDS,
    MARK,
    MARKS,
    NAME,
    PRINT,
    QUESTION,
    REMARK,
    REMARKS,
    Row,
    Weights,
    match,
    number,
    read_rows,
    weights,
    write_rows,
)
from helpers.marking.rerun import Rerun
from helpers.marking.sheet import Marked
from helpers.practice.questions import QUESTIONS
from helpers.practice.sources import in_a_line
from helpers.workbook import SOLVED, make_private, shown

COPIES, RUNS, SHEETS, BY_QUESTION = "copias", "ejecuciones", "entregas", "por_pregunta"
COLUMNS = (NAME, "autores", "grupo", "pareja", *IDS, "sugerida", MARK, REMARK, "iguales", "problemas", PRINT)
REMARK_COLUMNS = (NAME, QUESTION, MARK, REMARK)
CHANGED = "Ha cambiado desde la corrección anterior: las notas y las observaciones son de lo que había."


def mark(paths: Sequence[Path], folder: Path, keep: bool, say: Say, how: How | None = None) -> list[Marked]:
    """Mark the deliveries in `paths` and write it in `folder`; return what was found in each.

    They are executed if it is said `how`. With `keep`, the marks and remarks that are written there stay, and what was
    executed to its end is not executed again. Raises `MarkingError`, before writing anything, if there are some and it
    is not so, if they cannot be read, or if this installation's workbook is not the solved one.
    """
    if not SOLVED.is_solved:
        raise MarkingError("Se corrige desde el cuaderno resuelto, y este es el que se repartió.")
    if not keep and (folder / MARKS).exists():
        raise MarkingError(
            f"En {shown(folder)} ya hay una corrección. Con --continua se conservan sus notas y observaciones; "
            "para empezar otra, aparta la carpeta."
        )
    former, remarks = read_rows(folder / MARKS, COLUMNS[:1]), read_rows(folder / REMARKS, REMARK_COLUMNS)
    make_private(folder)
    counting = weights(folder)
    shutil.rmtree(folder / COPIES, ignore_errors=True)
    deliveries = collect(paths, make_private(folder / COPIES))
    looks = []
    for count, delivery in enumerate(deliveries, 1):
        say(f"Mirando {count} de {len(deliveries)}: {delivery.name}")
        looks.append(_looked(delivery))
    looks = with_equals(looks)
    rows, others = match(former, [(one.name, one.fingerprint) for one in looks])
    runs = executed.former(looks, folder / RUNS) if keep else {}
    if how:
        unfinished = [one for one in looks if one.name not in runs or runs[one.name].reason]
        runs |= executed.execute(unfinished, folder / RUNS, how, say)
    found = [_marked(one, runs.get(one.name), _remarks(one, rows.get(one.name), remarks)) for one in looks]
    problems = _write_pages(found, folder, counting, say)
    marks = [_row(one, rows.get(one.seen.name, {}), counting, problems.get(one.seen.name, "")) for one in found]
    write_rows(folder / MARKS, COLUMNS, [*marks, *others])
    write_rows(folder / REMARKS, REMARK_COLUMNS, [*_remark_rows(found), *_left(remarks, rows.values())])
    return found


def _marked(seen: Look, run: Rerun | None, remarks: dict[str, Row]) -> Marked:
    if run is None:
        return Marked(seen, remarks=remarks)
    return Marked(seen, run.verdicts, run.reason, executed.cells(run), remarks)


def _looked(delivery: Delivery) -> Look:
    """Return what is in a delivery; one that cannot be looked at is as one that could not be opened."""
    try:
        return look(delivery)
    except Exception as error:  # whatever somebody may have written in it
        reason = f"No se ha podido mirar: {type(error).__name__}: {in_a_line(str(error))}"
        return Look(Delivery(delivery.name, delivery.source, None, (reason, *delivery.problems)))


def _remarks(seen: Look, row: Row | None, remarks: Iterable[Row]) -> dict[str, Row]:
    """Return what the lecturer wrote of a delivery, by question, and of the whole, in its former `row`."""
    if row is None:
        return {}
    return {"": row} | {one[QUESTION]: one for one in remarks if one[NAME] == row[NAME]}


def _row(one: Marked, former: Row, counting: Weights, more: str) -> dict[str, str]:
    """Return a delivery's row, with what the lecturer wrote in his own columns."""
    seen = one.seen
    changed = [CHANGED] if former and former.get(PRINT) != seen.fingerprint else []
    return {
        **former,
        NAME: seen.name,
        "autores": ", ".join(seen.authors.names),
        "grupo": seen.authors.group,
        "pareja": seen.authors.pair,
        **one.signs,
        "sugerida": suggested(one, counting),
        MARK: former.get(MARK, ""),
        REMARK: former.get(REMARK, ""),
        "iguales": "; ".join(seen.equal_lines()),
        "problemas": " ".join(filter(None, [*changed, *one.problems, more])),
        PRINT: seen.fingerprint,
    }


def suggested(one: Marked, counting: Weights) -> str:
    """Return the mark that is suggested for a delivery; empty if it could not be opened."""
    return number(counting.suggested(one.signs)) if one.seen.review else ""


def _remark_rows(found: Iterable[Marked]) -> list[Row]:
    """Return a row for each delivery and question."""
    return [
        {**one.remarks.get(question, {}), NAME: one.seen.name, QUESTION: question}
        for question in IDS
        for one in found
        if one.seen.review or question in one.remarks
    ]


def _left(remarks: Iterable[Row], rows: Iterable[Row]) -> list[Row]:
    """Return the remarks, with something in them, on deliveries that are not among those of `rows`."""
    names = {row[NAME] for row in rows}
    return [one for one in remarks if one[NAME] not in names and (one[MARK] or one[REMARK])]


def _write_pages(found: Sequence[Marked], folder: Path, counting: Weights, say: Say) -> dict[str, str]:
    """Write a page a delivery and one a question; return what could not be made, by delivery."""
    problems = {}
    sheets, by_question = make_private(folder / SHEETS), make_private(folder / BY_QUESTION)
    for count, one in enumerate(found, 1):
        say(f"Escribiendo la hoja {count} de {len(found)}: {one.seen.name}")
        workbook = one.seen.delivery.workbook
        images = workbook.notebooks if workbook else make_private(folder / COPIES)
        made = sheet.of_delivery(one, suggested(one, counting))
        problems[one.seen.name] = page.write(made, sheets / one.seen.name, images)
    for count, question in enumerate(QUESTIONS, 1):
        say(f"Escribiendo la pregunta {count} de {len(QUESTIONS)}: {question.id}")
        page.write(sheet.of_question(question, found), by_question / question.id, folder / COPIES)
    return problems
