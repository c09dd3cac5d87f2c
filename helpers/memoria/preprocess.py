"""Make a notebook fit for paper: notebooks in, notebooks out, the one given stays as it is.

What is too long is cut, saying so; what cannot be printed is named; the preparation of a section is folded to a line
and its panel left out; cells that were not executed, or not in order, are tagged so that the PDF marks them.
"""

import copy
import re

from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from helpers.memoria import widgets

MAX_LINES = 300
MAX_LINE_CHARACTERS = 2000
MAX_TRACEBACK_LINES = 12

PREPARATION, PANEL = "preparacion", "panel"
NOT_EXECUTED, OUT_OF_ORDER = "sin-ejecutar", "fuera-de-orden"

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
ATTACHMENT = re.compile(r"attachment:([^\s)\"'>]+)")
OVERWRITTEN = re.compile(r"[^\n]*\r")
# What neither pandoc nor typst takes: control characters, and halves of surrogate pairs.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

# What nbconvert's HTML can show.
PRINTABLE = ("text/html", "text/markdown", "text/latex", "text/plain", "image/svg+xml", "image/png", "image/jpeg")
TEXTUAL = ("text/html", "text/markdown", "text/latex", "text/plain", "image/svg+xml")


def prepare(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of `notebook` that can be printed."""
    # One box for what came in pieces, as each command of a cell does.
    notebook, _ = CoalesceStreamsPreprocessor().preprocess(copy.deepcopy(notebook), {})
    mark_execution(notebook)
    fold_preparation(notebook)
    widgets.show(notebook)
    for cell in notebook.cells:
        cell.source = clean(cell.source)
        name_missing_attachments(cell)
        cell.outputs = [output for output in map(printable, cell.get("outputs", [])) if output]
        if cell.cell_type != "code":
            del cell["outputs"]
    return notebook


def mark_execution(notebook: NotebookNode) -> None:
    """Tag the code cells that have not been executed, or have before one that stands above them.

    Counts may start again at 1, as they do in a document made of several notebooks. A notebook in which nothing
    was executed is not marked: it is plain to see, and the last page says so.
    """
    cells = evidence(notebook)
    if not any(cell.get("execution_count") for cell in cells):
        return
    last = 0
    for cell in cells:
        count = cell.get("execution_count")
        if not count:
            mark = NOT_EXECUTED
        elif count < last and count != 1:
            mark = OUT_OF_ORDER
        else:
            last = count
            continue
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), mark]


def evidence(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells that are there to be executed: not the empty ones, nor a panel's."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip() and PANEL not in cell.metadata.get("tags", [])
    ]


def fold_preparation(notebook: NotebookNode) -> None:
    """Leave of the cells tagged `preparacion`, which are no evidence, one line with the code; of `panel`, nothing."""
    kept = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if PANEL in tags:
            continue
        if PREPARATION not in tags:
            kept.append(cell)
        elif cell.cell_type == "code" and cell.source.strip():
            last_line = cell.source.strip().splitlines()[-1]
            kept.append(new_markdown_cell(f"*Preparación:* `{last_line}`"))
    notebook.cells = kept


def name_missing_attachments(cell: NotebookNode) -> None:
    """Make of a link to an attachment that the cell has not, at which nbconvert stops, one to a missing file."""
    attached = cell.get("attachments", {})
    cell.source = ATTACHMENT.sub(lambda link: link[0] if link[1] in attached else link[1], cell.source)


def printable(output: NotebookNode) -> NotebookNode | None:
    """Return an output as it can be printed, or None if there is nothing to print."""
    if output.output_type == "stream":
        output.text = shorten(settled(output.text))
        return output if output.text.strip() else None
    if output.output_type == "error":
        lines = [line for part in output.traceback for line in clean(part).splitlines()]
        if len(lines) > MAX_TRACEBACK_LINES:
            lines = ["…", *lines[-MAX_TRACEBACK_LINES:]]
        output.traceback = [shorten("\n".join(lines))]
        return output
    data = {kind: value for kind, value in output.data.items() if kind in PRINTABLE}
    for kind in TEXTUAL:
        if kind in data:
            data[kind] = clean("".join(data[kind]))
    if "text/plain" in data:
        data["text/plain"] = shorten(data["text/plain"])
    if not data:
        kinds = ", ".join(output.data) or "desconocido"
        data = {"text/plain": f"(salida de tipo {kinds}, que no se puede imprimir)"}
    output.data = NotebookNode(data)
    return output if any(str(value).strip() for value in data.values()) else None


def settled(text: str) -> str:
    """Return what a terminal would show in the end: without what a carriage return has written over."""
    return OVERWRITTEN.sub("", clean(text.replace("\r\n", "\n")))


def clean(text: str) -> str:
    """Return `text` without terminal colours and what cannot be printed."""
    return UNPRINTABLE.sub("", ANSI.sub("", text))


def shorten(text: str) -> str:
    """Return `text` with its middle left out if it is too long, and its lines cut, saying how much is missing."""
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        half = MAX_LINES // 2
        omitted = f"… (se omiten {len(lines) - 2 * half} líneas) …"
        lines = [*lines[:half], omitted, *lines[-half:]]
    return "\n".join(
        line
        if len(line) <= MAX_LINE_CHARACTERS
        else f"{line[:MAX_LINE_CHARACTERS]}… (se omiten {len(line) - MAX_LINE_CHARACTERS} caracteres)"
        for line in lines
    )
