"""Whether `.venv` has what this project registers there, its entry points: without one, LocalStack answers wrongly."""

import tomllib
from importlib.metadata import distribution

from helpers.errors import StartError
from helpers.workbook import INSTALLATION


def need() -> None:
    """Raise `StartError` if `.venv` was made before what pyproject.toml registers, as after a `git pull`.

    Where that file is not in sight, as where a delivery is executed, it was looked at before.
    """
    if absent := _declared() - _registered():
        raise StartError(
            f"El entorno es anterior a los archivos del cuaderno (le falta «{min(absent)[1]}»), como pasa después de "
            "«git pull», y con él LocalStack respondería mal. Ponlo al día con «make status», o como se instaló, y "
            "repite la orden."
        )


def _declared() -> set[tuple[str, str, str]]:
    project = INSTALLATION / "pyproject.toml"
    if not project.exists():
        return set()
    groups = tomllib.loads(project.read_text("utf-8"))["project"]["entry-points"]
    return {(group, name, value) for group, names in groups.items() for name, value in names.items()}


def _registered() -> set[tuple[str, str, str]]:
    return {(one.group, one.name, one.value) for one in distribution("si1p1").entry_points}
