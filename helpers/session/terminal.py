"""The cell magic `%%comandos`: run a cell and list its AWS calls and HTTP requests as terminal commands.

AWS calls are shown as `awslocal` commands, named after the service model that the AWS command line uses, requests as
`curl` commands, and files put into a zip as `zip` commands. They are set as a person writes them, an option a line, and
can be pasted into a terminal opened in the project's folder.
"""

import contextlib
import json
import re
import shlex
import zipfile
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

from helpers.own_calls import AGENT, is_own
from helpers.workbook import current

# Services whose command has another name than their client: `aws s3` is another, higher-level tool.
COMMAND_OF_SERVICE = {"s3": "s3api"}
# The beginning of the address by which API Gateway calls any function: with it, an address would not fit in a line.
FUNCTIONS = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
FUNCTIONS_VARIABLE = "FUNCIONES"
# A command that is longer, or has more options, has a line for each option; the memoria's code boxes take 88 columns.
MAX_COLUMNS = 88
MAX_OPTIONS = 2
# Names and values that the aws command's short form takes without quotes.
PLAIN = re.compile(r"[\w./:-]+")
# A comment for the shell, so that it can be copied with the commands.
LISTING = "# En el terminal:"
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
        display(Markdown(f"```bash\n{LISTING}\n" + "\n".join(commands) + "\n```"))
    # run_cell has shown the error already, and cell_errors does not show it again; raising it stops Run All.
    result.raise_error()


@contextlib.contextmanager
def recorded() -> Iterator[list[str]]:
    """Collect the terminal form of every boto3 call, wait and request made inside the block, in order."""
    commands: list[str] = []
    waiting = False
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # private: the stubs leave it out
    wait, send, write = Waiter.wait, requests.Session.send, zipfile.ZipFile.write

    def recording_call(client: BaseClient, operation_name: str, parameters: dict[str, Any]) -> Any:
        if not waiting and not is_own(client):
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
        if request.headers.get("User-Agent") != AGENT:
            commands.append(curl_command(request))
        return send(session, request, **kwargs)

    def recording_write(
        archive: zipfile.ZipFile, filename: Any, arcname: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        if command := zip_command(archive, Path(filename), arcname):
            commands.append(command)
        write(archive, filename, arcname, *args, **kwargs)

    with (
        patch.object(BaseClient, "_make_api_call", recording_call),
        patch.object(Waiter, "wait", recording_wait),
        patch.object(requests.Session, "send", recording_send),
        patch.object(zipfile.ZipFile, "write", recording_write),
    ):
        yield commands


def wait_command(waiter: Waiter, parameters: dict[str, Any]) -> str:
    """Return the equivalent `awslocal … wait …` command, which makes the waiter's calls itself."""
    # The class of a boto3 waiter is named after its service and what it waits for: Lambda.Waiter.FunctionActiveV2.
    service = type(waiter).__name__.partition(".")[0].lower()
    command = ["awslocal", COMMAND_OF_SERVICE.get(service, service), "wait", xform_name(waiter.name, "-")]
    options = [[_option(name), str(value)] for name, value in parameters.items() if name != "WaiterConfig"]
    return laid_out(command, options)


def aws_command(operation: OperationModel, parameters: dict[str, Any]) -> str:
    """Return the `awslocal` command that makes the call."""
    service = operation.service_model.service_name
    command = ["awslocal", COMMAND_OF_SERVICE.get(service, service), xform_name(operation.name, "-")]
    options = [_with_value(name, value) for name, value in parameters.items()]
    if operation.name == "Invoke":
        options.append(["/dev/stdout"])  # where the function's answer is written
    return laid_out(command, options)


def _option(name: str) -> str:
    return f"--{xform_name(name, '-')}"


def _with_value(name: str, value: Any) -> list[str]:
    """Return the words that give a parameter to the aws command."""
    option = _option(name)
    if isinstance(value, bool):
        return [option if value else option.replace("--", "--no-", 1)]
    if name == "Code" and isinstance(value, dict) and set(value) == {"ZipFile"}:
        return ["--zip-file", f"fileb://{file_of(value['ZipFile'])}"]
    if name == "Body":
        return [option, file_of(value)]
    if isinstance(value, bytes | bytearray):
        return [option, bytes(value).decode("utf-8", "replace")]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [option, *value]
    listed = value if isinstance(value, list) else [value]
    if listed and all(_is_plain(item) for item in listed):
        return [option, *(",".join(f"{key}={_plain(inner)}" for key, inner in item.items()) for item in listed)]
    if isinstance(value, dict | list):
        return [option, json.dumps(value, ensure_ascii=False)]
    return [option, str(value)]


def _is_plain(value: Any) -> bool:
    """Tell whether `value` is a mapping that can be written in the short form, as name=value,name=value."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(
            PLAIN.fullmatch(key) and isinstance(inner, str | bool | int) and PLAIN.fullmatch(_plain(inner))
            for key, inner in value.items()
        )
    )


def _plain(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def curl_command(request: requests.PreparedRequest) -> str:
    """Return the `curl` command that sends `request`."""
    url, method = str(request.url), str(request.method)
    headers = {name: _text(value) for name, value in request.headers.items()}
    if host := headers.pop("Host", None):
        url = url.replace(urlsplit(url).netloc, host, 1)
    options = [[url], *(["-H", f"{name}: {value}"] for name, value in headers.items() if name not in IMPLIED_HEADERS)]
    if request.body:
        body = _text(request.body)
        if "Content-Type" not in headers:
            options.append(["-H", "Content-Type:"])  # or curl would declare that the body is a form
        options.append(["--data-raw" if body.startswith("@") else "-d", body])
    return laid_out(["curl", "-s", "-X", method], options)


def zip_command(archive: zipfile.ZipFile, file: Path, arcname: Any) -> str:
    """Return the `zip` command that puts `file` at the root of the archive; empty if it goes elsewhere or to memory."""
    if not archive.filename or str(arcname) != file.name:
        return ""
    shown = current().shown
    return laid_out(["zip", "-j", shown(Path(archive.filename)), shown(file)], [])


def laid_out(command: list[str], options: list[list[str]]) -> str:
    r"""Return a command as typed: in one line if it is short, or else with a line for each option, ended by ` \`.

    The address of a function, too long for a line, begins with a variable, whose value is on a line of its own before.
    """
    lines = [" ".join(map(_quoted, words)) for words in [command, *options]]
    text = " ".join(lines)
    if len(options) > MAX_OPTIONS or len(text) > MAX_COLUMNS:
        text = " \\\n    ".join(lines)
    return f"{FUNCTIONS_VARIABLE}={FUNCTIONS}\n{text}" if f"${{{FUNCTIONS_VARIABLE}}}" in text else text


def _quoted(word: str) -> str:
    quoted = shlex.quote(word)
    return quoted.replace(FUNCTIONS, f"${{{FUNCTIONS_VARIABLE}}}", 1) if quoted.startswith(FUNCTIONS) else quoted


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
