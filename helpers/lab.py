"""The one cell that opens a section: LocalStack up, boto3 pointed at it, the cloud at that section's start."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from html import escape
from pathlib import Path

import boto3
from botocore.exceptions import ClientError
from IPython.display import DisplayHandle, display

from helpers import checkpoints, commands
from helpers.emulator import process
from helpers.errors import EmulatorError, WaitError
from helpers.project import BUILD, ROOT
from helpers.tables import align_left

WAIT_TIMEOUT_S = 10.0
WAIT_POLL_S = 0.05

# What could point boto3 or the aws command at a real account from behind, once the endpoint is set.
FOREIGN_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")


class Opening:
    """What `open` found and did; a notebook shows it as a table."""

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        self.rows = rows

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {text}" for name, text in self.rows)

    def _repr_html_(self) -> str:
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self.rows)
        return align_left(f"<table><tbody>{cells}</tbody></table>")


def open(section: str) -> Opening:
    """Start or adopt LocalStack, point boto3 and awslocal at it, and restore the checkpoint of `section`.

    The working folder becomes the project's, so that cells say `handlers/…` and `build/…`.
    """
    with _Progress() as progress:
        status = process.start(on_wait=progress)
    use(status.url)
    os.chdir(ROOT)
    BUILD.mkdir(exist_ok=True)
    emulator = process.from_environment()
    if not emulator.is_external:
        shutil.rmtree(emulator.ready_hooks, ignore_errors=True)
    commands.register()
    changes = checkpoints.restore(section)
    return Opening(
        [
            ("LocalStack", f"{status.state}, versión {status.version}, en {status.url}"),
            ("boto3 y awslocal", f"región {checkpoints.REGION}, credenciales de prueba, AWS_ENDPOINT_URL={status.url}"),
            *[(action, resources) for action, resources in _summary(changes).items() if resources],
        ]
    )


def _summary(changes: list[checkpoints.Change]) -> dict[str, str]:
    """Return the changes by what they mean for the student: what is new, what was put back, what is gone."""
    removed = {str(change) for change in changes if change.action is checkpoints.Action.REMOVED}
    created = {str(change) for change in changes if change.action is checkpoints.Action.CREATED}
    order = list(dict.fromkeys(map(str, changes)))
    groups = {"Creado": created - removed, "Puesto como al principio": created & removed, "Borrado": removed - created}
    return {title: ", ".join(name for name in order if name in group) for title, group in groups.items()}


def use(url: str) -> None:
    """Point boto3 and the awslocal command at `url`, with test credentials and nothing of the student's own."""
    for name in [*FOREIGN_VARIABLES, *(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_"))]:
        os.environ.pop(name, None)
    no_proxy = [host for host in os.environ.get("NO_PROXY", "").split(",") if host]
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": checkpoints.REGION,
        "AWS_REGION": checkpoints.REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": ",".join(dict.fromkeys([*no_proxy, "localhost", ".localhost", "127.0.0.1"])),
    }
    programs = str(Path(sys.executable).parent)  # awslocal is there, and JupyterLab need not have it on its PATH
    if programs not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + os.environ["PATH"]
    boto3.setup_default_session()


def restart() -> process.Status:
    """Restart LocalStack for real: the cloud is empty afterwards. Raises `NotOurs` for an adopted one."""
    with _Progress() as progress:
        return process.from_environment().restart(on_wait=progress)


def wait_until[Response](
    call: Callable[[], Response], ready: Callable[[Response], bool], timeout_s: float = WAIT_TIMEOUT_S
) -> Response:
    """Repeat `call` until `ready` accepts its response, and return it; for what AWS does a moment later.

    An error of AWS counts as not ready yet. Raises that error, or `WaitError`, after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        error = None
        try:
            response = call()
            if ready(response):
                return response
        except ClientError as refusal:
            error = refusal
        if time.monotonic() > deadline:
            raise error or WaitError(
                f"La respuesta de AWS sigue sin ser la que esta celda espera después de {timeout_s:.0f} segundos. "
                "Ejecuta el cuaderno desde su primera celda."
            )
        time.sleep(WAIT_POLL_S)


def log(lines: int = 10) -> str:
    """Return the last lines of LocalStack's own log."""
    emulator = process.from_environment()
    if emulator.status().log is None:
        raise EmulatorError(
            f"El LocalStack de {emulator.url} no lo ha arrancado este cuaderno: su registro está en el terminal "
            "donde se arrancó, o en «docker logs»."
        )
    return emulator.log_tail(lines)


def ready_hooks() -> Path:
    """Return the folder whose scripts LocalStack runs each time that it is ready (`ready.d`); made if missing."""
    folder = process.from_environment().ready_hooks
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class _Progress:
    """A line under the cell while LocalStack starts, gone when it is ready."""

    def __init__(self) -> None:
        self._line: DisplayHandle | None = None

    def __enter__(self) -> "_Progress":
        return self

    def __call__(self, waited_s: float) -> None:
        self._show(f"Arrancando LocalStack… {waited_s:.0f} s")

    def __exit__(self, *_) -> None:
        if self._line:
            self._show("")

    def _show(self, text: str) -> None:
        bundle = {"text/plain": text, "text/html": f"<em>{text}</em>" if text else ""}
        if self._line:
            self._line.update(bundle, raw=True)
        else:
            self._line = display(bundle, raw=True, display_id=True)
