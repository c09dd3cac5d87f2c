"""Make a notebook fit for paper: notebooks in, notebooks out; the original does not change.

What is too long is cut, with a note (limits.py); what cannot be printed is named; a section's preparation is folded to
one line and its table, its panel and what is only for the student's edition left out; cells that were not executed, or
not in order, are tagged so that the PDF marks them.
"""

import re
from urllib.parse import unquote

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from helpers.memoria import widgets
from helpers.memoria.execution_marks import PANEL, marked
from helpers.memoria.images import Images, from_base64
from helpers.memoria.limits import MAX_CODE_LINES, fitted, keep_within, last_lines, shorten, shorten_markdown
from helpers.practice.blanks import ONLY_EDITION

PREPARATION = "preparacion"

ATTACHMENT = re.compile(r"attachment:([^\s)\"'>]+)")
# Anchored at the start of a line: tried from every character, a long line would take hours.
OVERWRITTEN = re.compile(r"^[^\n]*\r", re.MULTILINE)
# Long enough to be a real image, and not an example of such an address.
DATA_ADDRESS = re.compile(r"data:image/[a-z.+-]+;base64,([A-Za-z0-9+/=%]{1000,})")
# Neither pandoc nor typst accepts these: control characters and halves of surrogate pairs.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

# What nbconvert's HTML can show.
PRINTABLE = ("text/html", "text/markdown", "text/latex", "text/plain", "image/svg+xml", "image/png", "image/jpeg")
TEXTUAL = ("text/html", "text/markdown", "text/latex", "text/plain")
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")


def prepare(notebook: NotebookNode, images: Images) -> NotebookNode:
    """Return a printable copy of `notebook`; its images are kept in `images`, and only their addresses stay in it."""
    notebook = marked(notebook)
    fold_preparation(notebook)
    widgets.show(notebook)
    for cell in notebook.cells:
        cell.source = clean(cell.source)
        if cell.cell_type == "code":
            cell.source = shorten(cell.source, MAX_CODE_LINES)
            outputs = (printable(output, images) for output in in_one_piece(cell.get("outputs", [])))
            cell.outputs = [output for output in outputs if output]
        else:
            cell.source = shorten_markdown(with_images_kept(attached(cell, images), images))
            cell.pop("outputs", None)  # not valid there, but a file may have them
    keep_within(notebook)
    return notebook


def fold_preparation(notebook: NotebookNode) -> None:
    """Reduce cells tagged `preparacion`, which are not evidence, to one line of code and what it told.

    Those tagged `panel`, or as the edition's alone, are removed.
    """
    kept = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if PANEL in tags or ONLY_EDITION in tags:
            continue
        if PREPARATION not in tags:
            kept.append(cell)
        elif cell.cell_type == "code" and cell.source.strip():
            last_line = cell.source.strip().splitlines()[-1]
            kept.append(new_markdown_cell(f"*Preparación:* `{last_line}`"))
            # Not a display: it is the progress of a wait.
            told = [output for output in cell.get("outputs", []) if output.output_type in ("execute_result", "error")]
            kept.append(new_code_cell(outputs=told))
    notebook.cells = kept


def attached(cell: NotebookNode, images: Images) -> str:
    """Return a cell's source with its attachments kept in `images`; a missing one becomes a link to a missing file."""
    files = cell.pop("attachments", {})

    def address(link: re.Match[str]) -> str:
        contents = files.get(link[1]) or files.get(unquote(link[1])) or {}
        data = next(map(image_data, contents, contents.values()), None)
        return images.keep(data) if data else link[1]

    return ATTACHMENT.sub(address, cell.source)


def with_images_kept(text: str, images: Images) -> str:
    """Return Markdown or HTML with its embedded images kept in `images`."""
    return DATA_ADDRESS.sub(lambda address: images.keep(from_base64(unquote(address[1])) or b""), text)


def image_data(kind: str, value: str | list[str]) -> bytes | None:
    """Return the bytes of an image in a MIME bundle."""
    text = "".join(value)
    return clean(text).encode() if kind == "image/svg+xml" else from_base64(text)


def in_one_piece(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return the outputs with consecutive pieces of a stream joined, since each command of a cell leaves its own.

    nbconvert's way is not used: its time grows with the square of the number of pieces, and of the length of a line
    after a carriage return.
    """
    joined: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream":
            output.text = "".join(output.text)
            last = joined[-1] if joined else None
            if last and last.output_type == "stream" and last.name == output.name:
                last["pieces"].append(output.text)
                continue
            output["pieces"] = [output.text]
        joined.append(output)
    for output in joined:
        if output.output_type == "stream":
            output.text = "".join(output.pop("pieces"))
    return joined


def printable(output: NotebookNode, images: Images) -> NotebookNode | None:
    """Return an output in printable form, or None if there is nothing to print."""
    if output.output_type == "stream":
        output.text = shorten(settled(output.text))
        return output if output.text.strip() else None
    if output.output_type == "error":
        output.traceback = [last_lines(clean("\n".join(output.traceback)))]
        return output
    data = {kind: value for kind, value in output.data.items() if kind in PRINTABLE}
    for kind in TEXTUAL:
        if kind in data:
            data[kind] = with_images_kept(clean("".join(data[kind])), images)
    for kind in PICTURES:
        if kind in data:
            picture = image_data(kind, data[kind])
            data[kind] = images.keep(picture or b"") if data[kind] else ""
    if "text/plain" in data:
        data["text/plain"] = shorten(data["text/plain"])
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            data[kind] = shorten_markdown(data[kind])
    if "text/html" in data:
        data["text/html"] = fitted(data["text/html"])
    if not data:
        kinds = shorten(", ".join(output.data)) or "desconocido"
        data = {"text/plain": f"(salida de tipo {kinds}, que no se puede imprimir)"}
    output.data = NotebookNode(data)
    return output if any(str(value).strip() for value in data.values()) else None


def settled(text: str) -> str:
    """Return what a terminal would show in the end, without text overwritten after a carriage return."""
    return OVERWRITTEN.sub("", clean(text.replace("\r\n", "\n")))


def clean(text: str) -> str:
    """Return `text` without terminal colours and unprintable characters."""
    return UNPRINTABLE.sub("", strip_ansi(text))
