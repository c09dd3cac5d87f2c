"""What the lecturer reads, as notebooks: a sheet of a delivery, and one of a question with everybody's answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.marking.cleaned import clean
from helpers.marking.looked import NO, UNKNOWN, YES, Look, sign
from helpers.marking.marks import MARK, REMARK, Row
from helpers.memoria.document import SUBTITLE
from helpers.memoria.execution_marks import MARKED, marked
from helpers.memoria.limits import characters, shorten_markdown
from helpers.notebook_file import by_question, tags
from helpers.practice.blanks import ONLY_EDITION
from helpers.practice.checks.verdict import Verdict
from helpers.practice.questions import QUESTIONS, SECTIONS, Question

if TYPE_CHECKING:
    from helpers.practice.authors import Authors

CLAIMED, NOW = "Lo que dice la memoria", "Ejecutado ahora"
MAX_EVIDENCE = 12_000  # characters of a question: nobody's takes the room of the others
MAX_ANSWER = 6_000  # characters, among everybody's
NOTHING = "*(nada)*"
SIGNS = (YES, NO, UNKNOWN)


@dataclass(frozen=True)
class Marked:
    """A delivery to be told: what was seen in it, what it gave when executed, if it was, and what the lecturer wrote.

    `verdicts` are ours, by question, or None if it was not executed, and `reason` says why it did not finish;
    `cells`, those of its notebooks as executed now; `remarks`, the rows of the lecturer, by question, and "" for the
    whole.
    """

    seen: Look
    verdicts: Mapping[str, Verdict] | None = None
    reason: str | None = None
    cells: Sequence[NotebookNode] = ()
    remarks: Mapping[str, Row] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """Sentences: what is odd in it, what it lacks, and why its execution did not finish."""
        return [*self.seen.problems, *([f"Al ejecutarla: {self.reason}"] if self.reason else [])]

    @cached_property
    def signs(self) -> dict[str, str]:
        """The sign of each question: by our verdict if it was executed, and else by what the delivery claims."""
        return {one.id: sign(self.seen, one.id, self._holds(one.id)) for one in QUESTIONS}

    def _holds(self, question: str) -> bool | None:
        if self.verdicts is not None:
            return self.verdicts[question].ok if question in self.verdicts else None
        claimed = self.seen.of(question)
        return claimed.said.ok if claimed and claimed.said else None


def of_delivery(one: Marked, suggested: str) -> NotebookNode:
    """Return the sheet of a delivery: what is odd in it, and each question's answer, evidence, verdicts and remarks."""
    cells = [_own(_heading(1, one.seen.name)), *_summary(one, suggested)]
    claimed = _evidence(one.seen.executed.values())
    again = by_question(one.cells, "evidencia")
    answers = by_question(one.seen.cells, "respuesta")
    for section in SECTIONS:
        asked = [question for question in QUESTIONS if question.section == section.key]
        if asked and one.seen.review:
            cells.append(_own(_heading(2, section.title)))
        for question in asked if one.seen.review else ():
            cells += [
                _statement(question, 3),
                *_titled(CLAIMED, claimed.get(question.id, ())),
                *(_titled(NOW, again.get(question.id, ())) if one.verdicts is not None else ()),
                *(_answer(cell, question.id) for cell in answers.get(question.id, ())),
                *_verdict(one, question.id),
            ]
    return _document(cells, f"Corrección de {one.seen.name}", one.seen.authors)


def of_question(question: Question, all_of_them: Iterable[Marked]) -> NotebookNode:
    """Return the sheet of a question: its statement, and each delivery's answer, verdict and remark."""
    cells = [_statement(question, 2)]
    for one in all_of_them:
        if not one.seen.review:
            continue
        cells.append(_own(_heading(3, one.seen.name)))
        answers = by_question(one.seen.cells, "respuesta").get(question.id, ())
        cells += [_answer(cell, question.id, MAX_ANSWER) for cell in answers]
        cells += _verdict(one, question.id)
    return _document(cells, f"Pregunta {question.id}")


def _document(cells: Sequence[NotebookNode], title: str, signature: "Authors | None" = None) -> NotebookNode:
    said = {"title": title, "subtitle": SUBTITLE, MARKED: True, "colophon": []}
    if signature:
        names = [{"name": name} for name in signature.names]
        said |= {"authors": names, "group": signature.group, "pair": signature.pair}
    # Each with an id of its own: those of the delivery may be anybody's.
    numbered = [NotebookNode({**cell, "id": f"celda-{number}"}) for number, cell in enumerate(cells)]
    document: NotebookNode = new_notebook(cells=numbered, metadata=said)
    return document


def _statement(question: Question, level: int) -> NotebookNode:
    made = _own(_heading(level, f"Pregunta {question.id}"), "pregunta", question.id)
    made.outputs.append(new_output("display_data", {"text/markdown": question.statement}))
    return made


def _heading(level: int, text: str) -> str:
    """Return a heading of our own, as HTML: one in Markdown would be taken for a delivery's."""
    return f"<h{level}>{escape(text)}</h{level}>"


def _summary(one: Marked, suggested: str) -> list[NotebookNode]:
    """Return what is told first: the problems, the signs of all questions, and the remark on the whole."""
    told = "".join(f"<li>{escape(problem)}</li>" for problem in one.problems) or "<li>Nada que señalar.</li>"
    lines = [f"<ul>{told}</ul>"]
    if one.seen.equal:
        rows = [f"<li>{escape(line)}</li>" for line in one.seen.equal_lines()]
        lines.append(f"<p>Igual, palabra por palabra, que en otra:</p><ul>{''.join(rows)}</ul>")
    if one.seen.review:
        heads = "".join(f"<th>{text}</th>" for text in ("Sección", *SIGNS))
        lines.append(f"<table><thead><tr>{heads}</tr></thead><tbody>{_by_section(one.signs)}</tbody></table>")
        lines.append(f"<p>Nota sugerida: {suggested}.</p>")
    return [_own("\n".join(lines)), _written(one.remarks.get("", {}))]


def _by_section(signs: Mapping[str, str]) -> str:
    rows = []
    for section in SECTIONS:
        asked = [one.id for one in QUESTIONS if one.section == section.key]
        named = [", ".join(one for one in asked if signs[one] == which) or "nada" for which in SIGNS]
        if asked:
            rows.append(f"<tr><td>{escape(section.title)}</td>{''.join(f'<td>{one}</td>' for one in named)}</tr>")
    return "".join(rows)


def _evidence(notebooks: Iterable[NotebookNode]) -> dict[str, list[NotebookNode]]:
    """Return the cells of evidence by question, with a mark on those that were not executed, or not in order."""
    return by_question([cell for notebook in notebooks for cell in marked(notebook).cells], "evidencia")


def _titled(title: str, cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Return cells of evidence, cut if they are too long, below their title."""
    kept, left = [], MAX_EVIDENCE
    for cell in cells:
        if ONLY_EDITION in tags(cell):
            continue
        left -= len(cell.source) + sum(map(characters, cell.get("outputs", [])))
        if left < 0:
            kept.append(_own("<p><em>(sigue en su memoria: es demasiado largo para esta hoja)</em></p>"))
            break
        kept.append(_of_theirs(cell))
    return [_own(f"<p><strong>{title}</strong></p>"), *(kept or [_text(NOTHING)])]


def _of_theirs(cell: NotebookNode) -> NotebookNode:
    """Return a copy of a foreign cell with no more than is shown of it."""
    if cell.cell_type != "code":
        return _text(cell.source)
    shown = [mark for mark in tags(cell) if mark in ("sin-ejecutar", "fuera-de-orden")]
    outputs = [NotebookNode(output) for output in cell.outputs]
    for output in outputs:
        if "text/html" in (data := output.get("data", {})):
            output.data = NotebookNode({**data, "text/html": clean(data["text/html"])})
    return _code(cell.source, outputs, shown)


def _answer(cell: NotebookNode, question: str, limit: int | None = None) -> NotebookNode:
    text = cell.source
    if limit and len(text) > limit:
        text = f"{text[:limit]}\n\n*(sigue en su hoja)*"
    made = _text(shorten_markdown(text), "respuesta", question)
    if attachments := cell.get("attachments"):
        made["attachments"] = attachments
    return made


def _verdict(one: Marked, question: str) -> list[NotebookNode]:
    """Return what is said of a question: what the delivery claims, our check's words, and what the lecturer wrote."""
    reviewed = one.seen.of(question)
    lines = []
    if reviewed:
        lines.append(
            f"Respuesta: {reviewed.answer or 'sí'}. Evidencia: {reviewed.evidence}. Según la memoria: {reviewed.check}."
        )
    if one.verdicts is not None:
        verdict = one.verdicts.get(question)
        lines += (
            [f"Al ejecutarla: {verdict.lines[0]}", *verdict.lines[1:]]
            if verdict
            else ["Al ejecutarla: no se ha llegado."]
        )
    if whose := one.seen.equal.get(question):
        lines.append(f"Igual que la de {', '.join(whose)}.")
    shown = "<br>".join(map(escape, lines))
    return [_own(f"<p>{one.signs[question]} {shown}</p>"), _written(one.remarks.get(question, {}))]


def _written(row: Row) -> NotebookNode:
    """Return the mark and the remark that the lecturer has written, or the room for them."""
    mark = escape(row.get(MARK, "").strip()) or "________"
    remark = escape(row.get(REMARK, "").strip()) or "_" * 60
    return _own(f"<p><strong>Nota:</strong> {mark} <strong>Observación:</strong> {remark}</p>", "observacion")


def _own(html: str, *its_tags: str) -> NotebookNode:
    """Return a cell that shows HTML of our own."""
    return _code("", [new_output("display_data", {"text/html": html})], its_tags)


def _text(source: str, *its_tags: str) -> NotebookNode:
    made: NotebookNode = new_markdown_cell(source, metadata={"tags": list(its_tags)} if its_tags else {})
    return made


def _code(source: str, outputs: Sequence[NotebookNode], its_tags: Sequence[str]) -> NotebookNode:
    made: NotebookNode = new_code_cell(
        source, outputs=list(outputs), metadata={"tags": list(its_tags)} if its_tags else {}
    )
    return made
