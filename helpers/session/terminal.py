"""The cell magic `%%comandos`: run a cell and list its AWS calls and HTTP requests as terminal commands.

AWS calls are shown as `awslocal` commands, named after the service model that the AWS command line uses, and requests
as `curl` commands. Both can be pasted into a terminal opened in the project's folder.
"""

import contextlib
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from botocore import xform_name
from botocore.client import BaseClient
from botocore.model import OperationModel
from botocore.waiter import Waiter
from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Markdown, display

from helpers.workbook import current

# Services whose command has another name than their client: `aws s3` is another, higher-level tool.
COMMAND_OF_SERVICE = {"s3": "s3api"}
# Headers that curl adds itself, or that only describe requests.
IMPLIED_HEADERS = {"User-Agent", "Accept-Encoding", "Accept", "Connection", "Content-Length"}


def register() -> None:
    """Register `%%comandos` if this runs in a notebook."""
    shell = get_ipython()
    if shell is not None:
        # IPython's type hints describe its decorators before they are applied.
        shell.register_magic_function(_magic, magic_kind="cell", magic_name="comandos")  # type: ignore[call-arg, arg-type]


def _magic(line: str, cell: str) -> None:
    shell = InteractiveShell.instance()
    with recorded() as commands:
        result = shell.run_cell(cell)
    if commands:
        display(Markdown("En el terminal:\n\n```bash\n" + "\n".join(commands) + "\n```"))
    # run_cell has shown the error already, and cell_errors does not show it again; raising it stops Run All.
    result.raise_error()


_is_paused = False


@contextlib.contextmanager
def unrecorded() -> Iterator[None]:
    """Keep the calls made inside the block, which are not the cell's own, out of what `recorded` collects."""
    global _is_paused
    before, _is_paused = _is_paused, True
    try:
        yield
    finally:
        _is_paused = before


@contextlib.contextmanager
def recorded() -> Iterator[list[str]]:
    """Collect the terminal form of every boto3 call, wait and request made inside the block, in order."""
    commands: list[str] = []
    waiting = False
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # private: the stubs leave it out
    wait, send = Waiter.wait, requests.Session.send

    def recording_call(client: BaseClient, operation_name: str, parameters: dict[str, Any]) -> Any:
        if not waiting and not _is_paused:
            operation = client.meta.service_model.operation_model(operation_name)
            commands.append(aws_command(operation, parameters))
        return call(client, operation_name, parameters)

    def recording_wait(waiter: Waiter, **parameters: Any) -> None:
        nonlocal waiting
        commands.append(wait_command(waiter, parameters))
        waiting = True
        try:
            wait(waiter, **parameters)
        finally:
            waiting = False

    def recording_send(
        session: requests.Session, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        commands.append(curl_command(request))
        return send(session, request, **kwargs)

    with (
        patch.object(BaseClient, "_make_api_call", recording_call),
        patch.object(Waiter, "wait", recording_wait),
        patch.object(requests.Session, "send", recording_send),
    ):
        yield commands


def wait_command(waiter: Waiter, parameters: dict[str, Any]) -> str:
    """Return the equivalent `awslocal … wait …` command, which makes the waiter's calls itself."""
    # The class of a boto3 waiter is named after its service and what it waits for: Lambda.Waiter.FunctionActiveV2.
    service = type(waiter).__name__.partition(".")[0].lower()
    words = ["awslocal", COMMAND_OF_SERVICE.get(service, service), "wait", xform_name(waiter.name, "-")]
    for name, value in parameters.items():
        if name != "WaiterConfig":
            words += [f"--{xform_name(name, '-')}", str(value)]
    return shlex.join(words)


def aws_command(operation: OperationModel, parameters: dict[str, Any]) -> str:
    """Return the `awslocal` command that makes the call."""
    service = operation.service_model.service_name
    words = ["awslocal", COMMAND_OF_SERVICE.get(service, service), xform_name(operation.name, "-")]
    for name, value in parameters.items():
        option = f"--{xform_name(name, '-')}"
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        elif name == "Code" and isinstance(value, dict) and set(value) == {"ZipFile"}:
            words += ["--zip-file", f"fileb://{file_of(value['ZipFile'])}"]
        elif name == "Body":
            words += [option, file_of(value)]
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            words += [option, *value]
        elif isinstance(value, dict | list):
            words += [option, json.dumps(value, ensure_ascii=False)]
        elif isinstance(value, bytes | bytearray):
            words += ["--cli-binary-format", "raw-in-base64-out", option, bytes(value).decode("utf-8", "replace")]
        else:
            words += [option, str(value)]
    # `invoke` writes the function's answer to a file.
    if operation.name == "Invoke":
        words.append("/dev/stdout")
    return shlex.join(words)


def curl_command(request: requests.PreparedRequest) -> str:
    """Return the `curl` command that sends `request`."""
    url, method = str(request.url), str(request.method)
    headers = {name: _text(value) for name, value in request.headers.items()}
    if host := headers.pop("Host", None):
        url = url.replace(urlsplit(url).netloc, host, 1)
    words = ["curl", "-s", "-X", method, url]
    for name, value in headers.items():
        if name not in IMPLIED_HEADERS:
            words += ["-H", f"{name}: {value}"]
    if request.body:
        body = _text(request.body)
        if "Content-Type" not in headers:
            words += ["-H", "Content-Type:"]  # or curl would declare that the body is a form
        words += ["--data-raw" if body.startswith("@") else "-d", body]
    return shlex.join(words)


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode("utf-8", "replace")


def file_of(content: Any) -> str:
    """Return the path, from the project's folder, of the file that holds `content`: bytes or an open file.

    Bytes that match no file in build/ belong to a file still to be written: ARCHIVO.
    """
    if isinstance(content, str):
        content = content.encode()
    if not isinstance(content, bytes | bytearray):
        # upload_file wraps the file that it opens in its own readers.
        while not hasattr(content, "name") and hasattr(content, "_fileobj"):
            content = content._fileobj
        path = Path(getattr(content, "name", "ARCHIVO"))
        return current().shown(path)
    for path in sorted(current().build.glob("*.*")):
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            return current().shown(path)
    return "ARCHIVO"
