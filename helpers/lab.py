"""The one cell that opens a section: LocalStack up, boto3 pointed at it, the cloud at that section's start."""

import os
import shutil
from collections.abc import Callable
from html import escape
from importlib.metadata import version
from pathlib import Path

from IPython.core.getipython import get_ipython

from helpers import polling, warm_cli
from helpers.emulator import instance, journal, process, socket_owner
from helpers.emulator.journal import Entry
from helpers.emulator.probe import unused_services
from helpers.emulator.process import State
from helpers.errors import EmulatorError
from helpers.practice import checkpoints
from helpers.practice.questions import SECTIONS
from helpers.session import aws, cell_errors, one_notebook, open_section, shown_responses, terminal
from helpers.session.cell_errors import traceback
from helpers.session.progress import Progress
from helpers.tables import align_left
from helpers.workbook import PRIVATE_UMASK, current

__all__ = ["Calls", "Opening", "calls", "log", "open", "ready_hooks", "restart", "traceback", "wait_until"]


class Opening:
    """What `open` found and did; a notebook shows it as a table, whose header is the first row: the section."""

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        self.rows = rows

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {text}" for name, text in self.rows)

    def _repr_html_(self) -> str:
        head, *others = [(escape(name), escape(text)) for name, text in self.rows]
        header = f"<thead><tr><th>{head[0]}</th><th>{head[1]}</th></tr></thead>"
        cells = "".join(f"<tr><th>{name}</th><td>{text}</td></tr>" for name, text in others)
        return align_left(f"<table>{header}<tbody>{cells}</tbody></table>")


def open(name: str) -> Opening:
    """Start or adopt LocalStack, point boto3 and awslocal at it, and restore the checkpoint of the section `name`.

    The working folder becomes the workbook's, so that cells say `handlers/…` and `build/…`.
    """
    # First of all: if something fails and the student goes on, the cells must not reach a real AWS account.
    aws.use_test_credentials()
    status, rows = _open_localstack()
    unused = unused_services(status.url) if status.state is State.RUNNING else frozenset[str]()
    workbook = current()
    os.chdir(workbook.root)
    os.umask(PRIVATE_UMASK)  # what cells write is private too
    workbook.make_build()
    terminal.register()
    open_section.set_to(name, status.session_id)
    cell_errors.install()
    if shell := get_ipython():
        shown_responses.install(shell)
    emulator = instance.from_environment()
    with one_notebook.preparing(name, emulator.folder) as elsewhere, Progress() as progress:
        changes = checkpoints.restore(name, progress.waiting("Esperando a que la función esté activa"), unused)
    if status.state is State.RUNNING:
        emulator.open_section(name)
    (title,) = [section.title for section in SECTIONS if section.key == name]
    rows = [("Sección", title), *rows]
    rows += [(action, resources) for action, resources in _summary(changes).items() if resources]
    if elsewhere and changes:
        rows.append(
            (
                "Aviso",
                f"otro cuaderno abierto tiene la sección «{elsewhere}», y los dos usan la misma nube: para seguir con "
                "ella habrá que ejecutar otra vez su primera celda.",
            )
        )
    return Opening(rows)


def _open_localstack() -> tuple[process.Status, list[tuple[str, str]]]:
    """Start or adopt LocalStack and point boto3 at it; return its status and the rows to show the student."""
    with Progress() as progress:
        status = instance.start(on_wait=progress.waiting("Arrancando LocalStack"))
    aws.use(status.url)
    emulator = instance.from_environment()
    if not emulator.is_external:
        shutil.rmtree(emulator.ready_hooks, ignore_errors=True)
    if status.state is State.RUNNING and (programs := warm_cli.programs(emulator.folder)):
        aws.find_programs_in(programs)
    rows = [
        ("LocalStack", f"{status.state}, versión {status.version}, en {status.url}"),
        ("boto3 y awslocal", f"región {checkpoints.REGION}, credenciales de prueba, AWS_ENDPOINT_URL={status.url}"),
    ]
    if (tested := version("localstack-core")) != status.version:
        rows.append(
            (
                "Aviso",
                f"este LocalStack es la versión {status.version} y el cuaderno está probado con la {tested}: alguna "
                "celda puede dar otro resultado.",
            )
        )
    return status, rows + _open_to_other_users(emulator)


def _open_to_other_users(emulator: process.Emulator) -> list[tuple[str, str]]:
    """Return a warning row if other users can reach the instance, the first time that it is opened."""
    told = emulator.folder / "files" / "avisado"
    if emulator.is_external or socket_owner.can_tell() or told.exists():
        return []
    if told.parent.exists():
        told.touch()
    return [
        (
            "Aviso",
            "este sistema no dice de qué usuario es una conexión: en un equipo compartido, los demás usuarios pueden "
            "usar este LocalStack (SECURITY.md).",
        )
    ]


def _summary(changes: list[checkpoints.Change]) -> dict[str, str]:
    """Group the changes by what they mean to the student: created, reset or deleted."""
    removed = {str(change) for change in changes if change.action is checkpoints.Action.REMOVED}
    created = {str(change) for change in changes if change.action is checkpoints.Action.CREATED}
    order = list(dict.fromkeys(map(str, changes)))
    groups = {"Creado": created - removed, "Puesto como al principio": created & removed, "Borrado": removed - created}
    return {title: ", ".join(name for name in order if name in group) for title, group in groups.items()}


class Calls(list[Entry]):
    """Entries of the journal, oldest first; `why_empty` says why there can be none."""

    why_empty = ""


def calls() -> Calls:
    """Return the AWS calls, and the requests to APIs and function URLs, since this notebook's section was opened.

    They are everybody's: this notebook's, a terminal's, a function's. Starts and stops of LocalStack are among them.
    An adopted LocalStack keeps no journal.
    """
    emulator = instance.from_environment()
    kept, section = journal.read(emulator.folder), open_section.opened.section
    found = Calls(journal.since_opened(kept, section))
    if journal.is_cut(kept, section):
        found.why_empty = (
            f"Solo se guardan las últimas {journal.MAX_ENTRIES} llamadas, y la sección se abrió antes: ábrela otra vez "
            "para ver las que vengan."
        )
    if emulator.is_external or emulator.status().state is State.ADOPTED:
        found = Calls()
        found.why_empty = "Este LocalStack no lo ha arrancado el cuaderno, y no se sabe qué llamadas ha atendido."
    return found


def restart() -> process.Status:
    """Restart the LocalStack process, which empties the cloud. Raises `NotOurs` for an adopted one."""
    emulator = instance.from_environment()
    with Progress() as progress:
        return emulator.restart(on_wait=progress.waiting("Arrancando LocalStack"))


def wait_until[Response](
    call: Callable[[], Response], ready: Callable[[Response], bool], timeout_s: float = polling.TIMEOUT_S
) -> Response:
    """Repeat `call` until `ready` accepts its response, as `polling.wait_until` does, showing the time waited."""
    with Progress() as progress:
        return polling.wait_until(call, ready, timeout_s, progress.waiting("Esperando"))


def log(lines: int = 10) -> str:
    """Return the last lines of LocalStack's log, even if it has stopped; raises `EmulatorError` for an adopted one."""
    emulator = instance.from_environment()
    if emulator.is_external or emulator.status().state is State.ADOPTED:
        raise EmulatorError(
            f"El LocalStack de {emulator.url} no lo ha arrancado este cuaderno: su registro está en el terminal "
            "donde se arrancó, o en «docker logs»."
        )
    return emulator.log_tail(lines)


def ready_hooks() -> Path:
    """Return the folder of the scripts that LocalStack runs when ready (`ready.d`), created if missing."""
    folder = instance.from_environment().ready_hooks
    folder.mkdir(parents=True, exist_ok=True)
    return folder
