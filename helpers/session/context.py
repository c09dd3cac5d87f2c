"""Where an error comes from: what its explanation needs to know of the notebook."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from helpers.emulator.journal import Entry

# As JupyterLab in Spanish calls it.
RUN_ABOVE = "(menú Run > Ejecutar todo por encima de la celda seleccionada)"


@dataclass(frozen=True)
class Context:
    """The open section, LocalStack's session at that time, when the cell began (ms) and what the journal got since."""

    section: str
    session_id: str | None
    began_ms: int
    entries: Sequence[Entry] = field(default=())

    @property
    def first_cell(self) -> str:
        """The cell to run to start the section again."""
        return f'la primera celda, lab.open("{self.section}")' if self.section else "la primera celda, lab.open(…)"

    def from_the_start(self, verb: str = "Ejecuta") -> str:
        """Return the sentence that says how to run everything up to this cell."""
        return f"{verb} {self.first_cell}, y después las demás hasta esta {RUN_ABOVE}."
