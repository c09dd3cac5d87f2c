"""How much of each part of a notebook is printed; a note in place of the rest says how much was left out.

The limits keep each part to seconds of pandoc and typst, whose time grows faster than the size of their input.
"""

import re

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

MAX_LINES = 300  # of an output
MAX_LINE_CHARACTERS = 2000
MAX_TRACEBACK_LINES = 12
MAX_CODE_LINES = 2000  # of a cell
MAX_TEXT_CHARACTERS = 100_000  # of a code cell, or an output
MAX_MARKDOWN_CHARACTERS = 20_000  # of a cell
MAX_HTML_CHARACTERS = 200_000  # of an output, or of a rendered Markdown cell
MAX_WORD_CHARACTERS = 5000  # in HTML: an address, or other text without spaces
MAX_DEPTH = 12  # of HTML: typst gives up at some 16 nested quotations
MAX_COLUMNS = 300  # of a table; pandoc's time grows with their square

# The practice's whole memoria is a quarter of this. Each cell and each output adds PART_CHARACTERS to its own
# characters.
MAX_NOTEBOOK_CHARACTERS = 600_000
PART_CHARACTERS = 200
MAX_DOCUMENT_CHARACTERS = 4 * MAX_NOTEBOOK_CHARACTERS  # in HTML

TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Comments, scripts and styles, whose content is not HTML.
UNSHOWN = [
    (re.compile("<!--"), re.compile("-->")),
    *((re.compile(rf"<{name}\b", re.I), re.compile(rf"</{name}\b[^>]*>", re.I)) for name in ("script", "style")),
]
SPAN = re.compile(r"span\s*=\s*[\"']?\s*0*(\d+)", re.IGNORECASE)
WORD = re.compile(rf"[^\s<>]{{{MAX_WORD_CHARACTERS + 1},}}")
# Elements that do not count as depth: empty ones, those with an optional end tag, and those that leave no trace in
# typst.
FLAT = re.compile(
    "area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|colgroup|dd|dt|li|option|p|td|th|tr|"
    "article|body|div|footer|header|html|main|section|span|tbody|tfoot|thead"
)


def shorten(text: str, max_lines: int = MAX_LINES) -> str:
    """Return `text` without its middle and the ends of its lines if they are too long, saying how much is missing."""
    half = max_lines // 2
    if (lines := text.count("\n") + 1) > max_lines:
        omitted = f"… (se omiten {lines - 2 * half} líneas) …"
        text = "\n".join([*text.split("\n", half)[:half], omitted, *text.rsplit("\n", half)[1:]])
    text = "\n".join(
        line
        if len(line) <= MAX_LINE_CHARACTERS
        else f"{line[:MAX_LINE_CHARACTERS]}… (se omiten {len(line) - MAX_LINE_CHARACTERS} caracteres)"
        for line in text.split("\n")
    )
    if len(text) > MAX_TEXT_CHARACTERS:
        half = MAX_TEXT_CHARACTERS // 2
        text = f"{text[:half]}\n… (se omiten {len(text) - 2 * half} caracteres) …\n{text[-half:]}"
    return text


def last_lines(text: str) -> str:
    """Return the end of a traceback, which gives the reason."""
    if text.count("\n") >= MAX_TRACEBACK_LINES:
        text = "\n".join(["…", *text.rsplit("\n", MAX_TRACEBACK_LINES)[1:]])
    return shorten(text)


def shorten_markdown(source: str) -> str:
    """Return the source of a Markdown cell, without its end if it is too long."""
    if len(source) <= MAX_MARKDOWN_CHARACTERS:
        return source
    end = source.rfind("\n", 0, MAX_MARKDOWN_CHARACTERS)
    end = end if end > 0 else MAX_MARKDOWN_CHARACTERS
    return f"{source[:end]}\n\n*(se omiten {len(source) - end} caracteres de esta celda)*"


def fitted(html: str) -> str:
    """Return `html` without comments, scripts and styles, or a sentence in its place if it is too much."""
    for opening, closing in UNSHOWN:
        html = without(opening, closing, html)
    if reason := excess(html):
        return f"<p><em>(se omite una parte del cuaderno: {reason})</em></p>"
    return html


def without(opening: re.Pattern[str], closing: re.Pattern[str], html: str) -> str:
    """Return `html` without the text from each `opening` to its `closing`, or to the end if it has none."""
    kept, at = [], 0
    while begun := opening.search(html, at):
        kept.append(html[at : begun.start()])
        ended = closing.search(html, begun.end())
        at = ended.end() if ended else len(html)
    return "".join([*kept, html[at:]])


def excess(html: str) -> str:
    """Return why `html` is too much for pandoc or typst, or an empty string if it is not."""
    if len(html) > MAX_HTML_CHARACTERS:
        return f"su HTML tiene {len(html)} caracteres"
    if word := WORD.search(html):
        return f"tiene {len(word[0])} caracteres seguidos, sin un espacio"
    depth = deepest = columns = widest = 0
    for tag in TAG.finditer(html):
        closes, name = tag[1], tag[2].lower()
        if name == "tr":
            columns = 0
        elif name in ("td", "th"):
            columns += not closes
            widest = max(columns, widest)
        elif not FLAT.fullmatch(name):
            # For typst, a table is as deep as two other elements.
            depth = max(0, depth + (-1 if closes else 1) * (2 if name == "table" else 1))
            deepest = max(depth, deepest)
    spans = [int(number[:9]) for number in SPAN.findall(html)]
    if (widest := max([widest, *spans])) > MAX_COLUMNS:
        return f"una tabla con {widest} columnas o filas unidas"
    if deepest > MAX_DEPTH:
        return f"su HTML tiene {deepest} niveles, unos dentro de otros"
    return ""


def keep_within(notebook: NotebookNode) -> None:
    """Cut `notebook` where it becomes too long as a whole, with a note there."""
    left = MAX_NOTEBOOK_CHARACTERS
    for position, cell in enumerate(notebook.cells):
        left -= PART_CHARACTERS + len(cell.source)
        outputs = cell.get("outputs", [])
        for number, output in enumerate(outputs):
            left -= PART_CHARACTERS + characters(output)
            if left < 0:
                note = f"… (se omiten {len(outputs) - number} salidas de esta celda) …"
                cell.outputs = [*outputs[:number], new_output("stream", name="stdout", text=note)]
                break
        if left < 0:
            if omitted := len(notebook.cells) - position - 1:
                note = f"*(el cuaderno es demasiado largo: se omiten sus {omitted} últimas celdas)*"
                notebook.cells = [*notebook.cells[: position + 1], new_markdown_cell(note)]
            return


def characters(output: NotebookNode) -> int:
    """Return how many characters of an output would be printed."""
    shown = [output.get("text", ""), *output.get("traceback", []), *output.get("data", {}).values()]
    return sum(len(value) for value in shown if isinstance(value, str))
