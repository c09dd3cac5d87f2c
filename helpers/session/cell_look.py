"""The look of a question, a blank and an answer on screen: JupyterLab's custom.css, for this lab alone."""

from pathlib import Path

from helpers.practice.checks.verdict import CLASSES
from helpers.practice.questions import QUESTIONS
from helpers.workbook import make_private

STYLE = Path(__file__).with_name("cell_look.css")
# What the cells of a question say once its check, further down, has said so.
STATES = {
    False: '--question-state: " · falta algo ✗";',
    True: '--question-state: " · comprobada ✓"; --blank-state: "Hecho"; --blank-colour: var(--jp-success-color1);',
}


def write(config: Path) -> None:
    """Write the style where JupyterLab looks for it, in its configuration folder `config`."""
    (make_private(config / "custom") / "custom.css").write_text(css(), "utf-8")


def css() -> str:
    """Return the style of the cells of every question."""
    rules = [rule for question in QUESTIONS for rule in _rules(f".cell-tag-{question.id}", question.id)]
    return "\n".join([STYLE.read_text("utf-8"), *rules, ""])


def _rules(cell: str, question: str) -> list[str]:
    own = f'{cell} {{ --question: "{question}"; }}'
    return [own, *(f"{cell}:has(~ {cell} .{CLASSES[ok]}) {{ {said} }}" for ok, said in STATES.items())]
