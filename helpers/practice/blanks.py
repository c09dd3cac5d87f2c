"""What a notebook of the student's edition leaves to the student, and the roles that say so in the solved one."""

from collections import Counter

from nbformat import NotebookNode

from helpers.practice.answers import ANSWER_MARK

# Tags of the solved notebooks: a cell that is only there, one that is only in the edition (always text), and one that
# is the student's to write.
ONLY_SOLVED, ONLY_EDITION, BLANK = "solo-resuelto", "solo-practica", "hueco"
# The tag of a blank in the edition, which keeps it once it is filled in.
TO_DO = "por-hacer"

BLANK_ANSWER = f"{ANSWER_MARK} …"
BLANK_TEXT = "…"
# A blank keeps the magic that shows its calls as commands.
MAGIC = "%%comandos\n"


def blank(notebook: NotebookNode) -> NotebookNode:
    """Turn a solved notebook into the edition's, in place, and return it: blanks, and no outputs."""
    notebook.cells = [cell for cell in notebook.cells if ONLY_SOLVED not in cell.metadata.get("tags", [])]
    of_question = Counter(_question(cell) for cell in notebook.cells if BLANK in cell.metadata.get("tags", []))
    number = Counter[str]()
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if BLANK in tags:
            number[question := _question(cell)] += 1
            cell.source = _blank_source(cell, question, number[question], of_question[question])
        elif "respuesta" in tags:
            cell.source = BLANK_ANSWER
        if kept := [TO_DO if tag == BLANK else tag for tag in tags if tag != ONLY_EDITION]:
            cell.metadata["tags"] = kept
        else:
            cell.metadata.pop("tags", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)  # when it ran
    notebook.metadata.pop("widgets", None)
    return notebook


def is_blank(cell: NotebookNode) -> bool:
    """Tell whether a cell of the edition is as it came: an answer without text, or a blank with nothing but a comment.

    False of what is not the student's to write.
    """
    tags = cell.metadata.get("tags", [])
    if "respuesta" in tags or (TO_DO in tags and cell.cell_type == "markdown"):
        return not cell.source.replace(ANSWER_MARK, "").strip(" .…_\n")
    lines = (line.strip() for line in cell.source.removeprefix(MAGIC).splitlines())
    return TO_DO in tags and not any(line and not line.startswith("#") for line in lines)


def _question(cell: NotebookNode) -> str:
    """Return the id of the question that a cell is tagged with, empty if none."""
    role, *ids = cell.metadata.tags
    return str(ids[0]) if role == "evidencia" else ""


def _blank_source(cell: NotebookNode, question: str, number: int, of: int) -> str:
    if cell.cell_type == "markdown":
        return BLANK_TEXT
    which = f", {number} de {of}" if of > 1 else ""
    return f"{MAGIC if cell.source.startswith(MAGIC) else ''}# {question}{which}: escribe aquí lo que haces."
