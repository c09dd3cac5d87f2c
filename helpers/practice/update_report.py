"""What an update has done, said to the student."""

from collections.abc import Callable, Iterable
from pathlib import Path

from helpers.practice.notebook_merge import Merge
from helpers.practice.update import UNDECIDED, Update
from helpers.workbook import Workbook, shown


def lines(workbook: Workbook, done: Update) -> list[str]:
    """Return the lines that say what was renewed, what was kept, and what is left for the student to decide."""
    title = (
        f"Nada que renovar en «{workbook.root.name}»: ya es esta edición."
        if not done.files
        else f"Actualizado: {workbook.root.name}."
    )
    said = {
        "Renovado": [*_counted(done, _renewed), *(name for name in done.files if name not in done.merges)],
        "Conservado": [*_kept(done), *done.kept],
        "Sin decidir": [*_named(done, lambda merged: merged.undecided), *done.undecided],
        "No se repone lo que borraste, o partiste en otras": _named(done, lambda merged: merged.not_back),
        "Ya no es de la edición; bórralo si no lo usas": done.retired,
    }
    found = [title, *(f"{what}: {', '.join(names)}." for what, names in said.items() if names)]
    for name, reason in done.unreadable.items():
        found.append(
            f"No se entiende {name}: {reason}. Se queda como está; JupyterLab guarda una copia anterior en la carpeta "
            ".ipynb_checkpoints que está a su lado. Si le cambias el nombre y repites la orden, se escribe otro, sin "
            "lo tuyo."
        )
    if done.former and said["Sin decidir"]:
        found.append(
            "Lo que está sin decidir lo habéis cambiado tú y la edición: queda lo tuyo, y lo de la edición está en "
            f"{shown(done.former / UNDECIDED)}."
        )
    if done.former and done.files:
        found.append(f"Lo de antes está en {shown(done.former)}: bórralo cuando hayas visto que no falta nada.")
        found.append("Si tienes un cuaderno abierto en JupyterLab, ciérralo sin guardar y ábrelo otra vez.")
    return found


def _renewed(merged: Merge) -> str:
    counts = {"renovadas": merged.renewed, "nuevas": merged.added, "quitadas": merged.dropped}
    return ", ".join(f"{what} {len(names)}" for what, names in counts.items() if names)


def _kept(done: Update) -> list[str]:
    merges = done.merges.values()
    counts = {
        "respuestas y huecos": sum(len(merged.filled) for merged in merges),
        "celdas cambiadas": sum(len(merged.edited) for merged in merges),
        "celdas tuyas": sum(len(merged.own) for merged in merges),
    }
    return [f"{what} ({number})" for what, number in counts.items() if number]


def _counted(done: Update, count: Callable[[Merge], str]) -> list[str]:
    return [f"{Path(name).stem} ({counts})" for name, merged in done.merges.items() if (counts := count(merged))]


def _named(done: Update, cells: Callable[[Merge], Iterable[str]]) -> list[str]:
    return [
        f"{Path(name).stem} ({', '.join(names)})" for name, merged in done.merges.items() if (names := cells(merged))
    ]
