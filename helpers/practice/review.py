"""What a delivery lacks, question by question and file by file, from an execution of its notebooks."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from helpers.errors import MemoriaError
from helpers.notebook_file import by_question, tags
from helpers.practice import answers, authors, blanks
from helpers.practice.answers import Said
from helpers.practice.checks.verdict import SIGNS
from helpers.practice.files import description
from helpers.practice.questions import QUESTIONS
from helpers.practice.sources import Source, in_a_line, sources
from helpers.workbook import SOLVED, Workbook

# The question whose check tries each function.
TRIED_BY = {
    "user_lambda.py": "lambda-2",
    "user_lambda_param.py": "mejora-1",
    "user_lambda_dynamo.py": "lambda-dynamo-1",
    "user_get_lambda_dynamo.py": "get-1",
}
EXECUTED, ELSEWHERE, BLANK, FAILS, NOT_EXECUTED = "ejecutada", "en otra celda", "en blanco", "falla", "sin ejecutar"
NONE = "–"  # nothing to say
FAILURES_TOLD = 5  # the first ones: the others mostly follow from them
MAX_SENTENCE = 300

# Lines that do nothing of what a question asks for.
IDLE_LINE = re.compile(r"\s*(#.*|%%.*|\.\.\.|pass|(from \S+ )?import .*|practice\.(check|hint)\(.*\))?\s*")
MAY_FAIL = "raises-exception"  # Jupyter's own tag for a cell that is meant to


@dataclass(frozen=True)
class Question:
    """One question: what is wrong with its `answer` (empty: nothing), its `evidence`, and its check, if it was made."""

    id: str
    answer: str
    evidence: str
    said: Said | None

    @property
    def fails(self) -> bool:
        """Whether its check says that something is missing."""
        return self.said is not None and self.said.ok is False

    @property
    def cause(self) -> str:
        """The question whose fault it is that its check fails, in brackets; empty if that is no other."""
        return f" (depende de {self.said.depends_on})" if self.said and self.said.depends_on else ""

    @property
    def check(self) -> str:
        """The sign of its check, with the cause."""
        return f"{SIGNS[self.said.ok]}{self.cause}" if self.said else NONE


@dataclass(frozen=True)
class File:
    """One file: why it is not handed in (`problem`) or does not parse (`fault`), empty if it does; and its check."""

    name: str
    problem: str
    fault: str
    is_code: bool
    check: str


@dataclass(frozen=True)
class Failure:
    """A cell that failed, in words."""

    where: str
    error: str


@dataclass(frozen=True)
class Review:
    """What a delivery has and lacks; `unwritten` are the blanks of no question, by the headings above them."""

    questions: Sequence[Question]
    unwritten: Sequence[str]
    files: Sequence[File]
    failures: Sequence[Failure]
    authors: Sequence[str]

    def table(self) -> str:
        """Return two tables of text: the questions and the files."""
        asked = [(one.id, one.answer or "sí", one.evidence, one.check) for one in self.questions]
        handed_in = [
            (one.name, one.problem or "sí", (one.fault or "sí") if one.is_code and not one.problem else NONE, one.check)
            for one in self.files
        ]
        return "\n".join(
            [
                *_columns([("Pregunta", "Respuesta", "Evidencia", "Comprobación"), *asked]),
                "",
                *_columns([("Archivo", "Se entrega", "Se lee", "Comprobación"), *handed_in]),
            ]
        )

    def missing(self) -> list[str]:
        """Return in short sentences what is missing, one of each kind; none if nothing is."""
        told = [f"{what}: {names}" for what, names, _ in self._missing(with_causes=False)]
        return [f"{one[:MAX_SENTENCE]}…" if len(one) > MAX_SENTENCE else f"{one}." for one in told]

    def refuse(self) -> None:
        """Raise `MemoriaError`, which names each thing that is missing and says what to do, if there is any."""
        if missing := self._missing():
            told = "\n".join(f"- {what}: {names}. {advice}" for what, names, advice in missing)
            raise MemoriaError(
                f"No se puede preparar la entrega. Falta:\n{told}\nGuarda los cuadernos y repite la orden, o prepara "
                "un borrador, marcado como tal en el PDF, con «si1p1 entrega --borrador» (make entrega BORRADOR=1)."
            )

    def _missing(self, with_causes: bool = True) -> list[tuple[str, str, str]]:
        """Return (what is missing, the names of what lacks it, what to do)."""

        def answers_that(*faults: str) -> str:
            return self._asked(lambda one: one.answer.startswith(faults))

        untagged = answers_that("falta su celda")
        no_cell = f" {NO_CELL} {untagged}: {TAGGED}{BROUGHT_BACK if SOLVED.is_solved else ''}." if untagged else ""
        found = [
            ("Sin responder", answers_that("falta su celda", "en blanco"), ADVICE["answer"] + no_cell),
            ("Respuestas de una sola palabra", answers_that("una sola palabra"), ADVICE["answer"]),
            ("Respuestas que repiten el enunciado", answers_that("es el enunciado"), ADVICE["answer"]),
            ("Respuestas iguales a la de otra pregunta", answers_that("igual"), ADVICE["same"]),
            ("Evidencia en blanco", self._asked(lambda one: one.evidence == BLANK), ADVICE["blank"]),
            ("Sin escribir", ", ".join(self.unwritten), ADVICE["unwritten"]),
            ("Celdas que fallan", self._failures(), ADVICE["failure"]),
            ("Evidencia sin ejecutar", self._asked(lambda one: one.evidence == NOT_EXECUTED), ADVICE["failure"]),
            ("Comprobaciones que no se cumplen", self._asked(lambda one: one.fails, with_causes), ADVICE["check"]),
            ("Sin comprobar", self._asked(lambda one: one.said is None), ADVICE["unchecked"]),
            ("Archivos que no se entregan", self._named(lambda one: one.problem), ADVICE["file"]),
            ("Archivos por corregir", self._named(lambda one: one.fault), ADVICE["file"]),
            ("Sin rellenar en autores.toml", ", ".join(self.authors), "Escríbelo entre las comillas."),
        ]
        return [one for one in found if one[1]]

    def _asked(self, chosen: Callable[[Question], bool], with_causes: bool = False) -> str:
        those = [one for one in self.questions if chosen(one)]
        if len(those) == len(QUESTIONS):
            return f"las {len(QUESTIONS)}"
        return ", ".join(one.id + (one.cause if with_causes else "") for one in those)

    def _failures(self) -> str:
        told = [f"{one.where}: {one.error}" for one in self.failures[:FAILURES_TOLD]]
        more = len(self.failures) - len(told)
        return "; ".join([*told, *([f"y {more} más"] if more else [])])

    def _named(self, fault: Callable[[File], str]) -> str:
        return "; ".join(f"{one.name}, {fault(one)}" for one in self.files if fault(one))


NO_CELL = "No hay celda con las etiquetas «respuesta» y la de la pregunta para"
TAGGED = "se las pone el inspector de propiedades de JupyterLab, a la derecha"
BROUGHT_BACK = ", o las devuelve «si1p1 practica --actualiza»"  # not where it was handed out
ADVICE = {
    "same": "Responde a cada una lo suyo.",
    "answer": "Se escriben en su celda, la que empieza por «Respuesta.», con una frase al menos.",
    "unwritten": "Se escribe en la celda que hay debajo de ese título.",
    "blank": "Escribe en su celda lo que haces para la pregunta.",
    "failure": "Abre el cuaderno con «si1p1 lab» (make lab), ejecútalo hasta esa celda y corrígela.",
    "check": "En su cuaderno, la comprobación dice qué falta, y practice.hint(\"…\") da una pista; empieza por las que "
    "no dependen de otra.",
    "unchecked": "Ejecuta en su cuaderno practice.check(\"…\"), en una celda después de la evidencia.",
    "file": "Están en la carpeta «handlers», junto a los cuadernos.",
}  # fmt: skip


def review(workbook: Workbook, executed: Mapping[Path, NotebookNode]) -> Review:
    """Return what the delivery of `workbook` has and lacks, its notebooks being `executed`: file -> notebook."""
    cells = [cell for notebook in executed.values() for cell in notebook.cells]
    faults, said, evidence = answers.faults(cells), answers.said_in(cells), by_question(cells, "evidencia")
    asked = [
        Question(one.id, faults.get(one.id, ""), _state(evidence.get(one.id, []), said.get(one.id)), said.get(one.id))
        for one in QUESTIONS
    ]
    checks = {one.id: one.check for one in asked}
    handed_in = [
        File(one.name, one.problem, one.fault or _unfinished(one), one.is_code, _check_of(one.file, checks))
        for one in sources(workbook)
    ]
    return Review(asked, unwritten(executed), handed_in, failures(executed), authors.read(workbook).missing)


def unwritten(executed: Mapping[Path, NotebookNode]) -> list[str]:
    """Return where there is a blank of no question as it came: the heading above it, and its notebook."""
    found = []
    for path, notebook in executed.items():
        heading = ""
        for cell in notebook.cells:
            if cell.cell_type == "markdown" and cell.source.startswith("#"):
                heading = cell.source.lstrip("# ").partition("\n")[0]
            if blanks.is_blank(cell) and not {"respuesta", "evidencia"}.intersection(tags(cell)):
                found.append(in_a_line(f"«{heading}» ({path.stem})"))
    return found


def _unfinished(source: Source) -> str:
    """Return what says that a function is still as the edition brought it; empty if nothing does."""
    return "sin terminar, como dice su primera línea" if description(source).startswith("Sin terminar") else ""


def _check_of(file: str, checks: Mapping[str, str]) -> str:
    question = TRIED_BY.get(file)
    return f"{checks[question].partition(' ')[0]} {question}" if question else NONE


def _state(evidence: Iterable[NotebookNode], said: Said | None) -> str:
    """Return what there is of a question's evidence; blank cells do not count if its check holds without them."""
    own = [cell for cell in evidence if cell.cell_type == "code"]
    doing = [cell for cell in own if not is_blank(cell)]
    to_do = [cell for cell in own if is_blank(cell) and "practice.check(" not in cell.source]
    holds = bool(said and said.ok)
    if any(map(has_failed, doing)):
        return FAILS
    if not doing:
        return (ELSEWHERE if holds else BLANK) if to_do else NONE
    if not all(cell.get("execution_count") for cell in doing):
        return NOT_EXECUTED
    return BLANK if to_do and not holds else EXECUTED


def is_blank(cell: NotebookNode) -> bool:
    """Tell whether a code cell does nothing of what a question asks for: comments, imports or its check alone."""
    return all(IDLE_LINE.fullmatch(line) for line in cell.source.splitlines())


def failures(executed: Mapping[Path, NotebookNode]) -> list[Failure]:
    """Return the cells that have failed without being meant to."""
    return [
        Failure(
            in_a_line(f"{path.stem}, celda {number} («{cell.get('id', '?')}»)"),
            in_a_line(f"{error.get('ename')}: {error.get('evalue')}"),
        )
        for path, notebook in executed.items()
        for number, cell in enumerate(notebook.cells, 1)
        if MAY_FAIL not in tags(cell)
        for error in errors_of(cell)[:1]
    ]


def has_failed(cell: NotebookNode) -> bool:
    """Tell whether a cell has failed without being meant to."""
    return bool(errors_of(cell)) and MAY_FAIL not in tags(cell)


def errors_of(cell: NotebookNode) -> list[NotebookNode]:
    """Return the errors among the outputs of a cell."""
    return [output for output in cell.get("outputs", []) if output.output_type == "error"]


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return `rows` as lines of text with their columns one below the other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(one.ljust(width) for one, width in zip(row, widths, strict=True)).rstrip() for row in rows]
