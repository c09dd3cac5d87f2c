"""The authors of the memoria, from autores.toml, where the student writes them."""

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.errors import MemoriaError
from helpers.workbook import Workbook, current

if TYPE_CHECKING:  # importing pandas takes half a second, and the memoria does not need this table
    from helpers.tables import Table

__all__ = ["Authors", "read"]

EXAMPLE = 'grupo = "1301"\npareja = "7"\nautores = ["Ana García López", "Luis Pérez Gil"]'


@dataclass(frozen=True)
class Authors:
    """The authors, their group and their pair; empty where not filled in."""

    group: str = ""
    pair: str = ""
    names: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """What still has to be filled in, by its names in the file."""
        values = {"autores": self.names, "grupo": self.group, "pareja": self.pair}
        return [name for name, value in values.items() if not value]

    def table(self) -> "Table":
        """Return the authors as a table: Campo, Valor."""
        from helpers.tables import table

        rows = [("Autores", ", ".join(self.names)), ("Grupo", self.group), ("Pareja", self.pair)]
        return table([(name, value or "(sin rellenar)") for name, value in rows], columns=["Campo", "Valor"])


def read(workbook: Workbook | None = None) -> Authors:
    """Return the authors of `workbook`, by default the current one; raise `MemoriaError` if its file is not valid."""
    path = (workbook or current()).authors
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MemoriaError(f"No se entiende {path.name}: {error}. Tiene que quedar así:\n{EXAMPLE}") from error
    names = data.get("autores", [])
    values = [data.get("grupo", ""), data.get("pareja", "")]
    if (
        not isinstance(names, list)
        or not all(isinstance(one, str) for one in names)
        or any(not isinstance(value, str | int) for value in values)
    ):
        raise MemoriaError(
            f"En {path.name}, «autores» tiene que ser una lista de nombres entre comillas, y «grupo» y «pareja», un "
            f"texto entre comillas. Tiene que quedar así:\n{EXAMPLE}"
        )
    group, pair = (str(value).strip() for value in values)
    return Authors(group, pair, tuple(name.strip() for name in names if name.strip()))
