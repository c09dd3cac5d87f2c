"""What a check says, as a notebook, the PDF and a terminal show it."""

import re
from dataclasses import dataclass
from html import escape

from helpers.practice.questions import VERDICT_TYPE

READERS = "Lo que explica la respuesta lo juzga quien la lee."
SIGNS = {True: "✓", False: "✗", None: "?"}
# Those of its paragraph, by which the style of the notebooks knows it.
CLASSES = {True: "verdict-holds", False: "verdict-missing", None: "verdict-unknown"}


def html(text: str) -> str:
    """Return `text` for HTML, what is in backquotes as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


class Missing(Exception):
    """What a question asks for is not there: what was found instead, what to look at, and whose question's it is."""

    def __init__(self, found: str, look_at: str = "", depends_on: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.look_at = look_at
        self.depends_on = depends_on


class Unknown(Exception):
    """It cannot be known whether it is there."""


@dataclass(frozen=True)
class Verdict:
    """The result of a check: `ok` is None if it cannot be known. A notebook, the PDF and a terminal show it."""

    question: str
    ok: bool | None
    text: str
    look_at: str = ""
    depends_on: str = ""
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The lines to show; the first has the sign."""
        cause = f" (depende de {self.depends_on})" if self.depends_on else ""
        first = f"{SIGNS[self.ok]} {self.question}: {self.text}{cause}"
        return [line for line in (first, self.look_at, *self.notes) if line]

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        first, *others = map(html, self.lines)
        lines = "<br>".join([f"<strong>{first}</strong>" if not self.ok else first, *others])
        return {
            "text/plain": repr(self),
            "text/html": f'<p class="{CLASSES[self.ok]}">{lines}</p>',
            VERDICT_TYPE: {"question": self.question, "ok": self.ok, "depends_on": self.depends_on},
        }
