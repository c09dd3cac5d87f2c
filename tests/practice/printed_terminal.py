"""What a section's PDF gives for a terminal, and what the notebook's cells got by the same calls.

Commands are taken from the PDF's text, as a student copies them: the lines after `# En el terminal:`, those that begin
with `!`, and the variables that cells print. Those in answers come from the notebook, where they stand in a sentence.
"""

import json
import re
from pathlib import Path

import nbformat
from pypdf import PdfReader

from helpers.memoria import build
from helpers.memoria.execute import execute
from helpers.session.terminal import LISTING
from helpers.workbook import SOLVED

PROGRAMS = ("awslocal", "aws", "curl", "env", "rm", "si1p1", "zip")
VARIABLE = re.compile(r"[A-Z_]+=\S+")
IN_ANSWER = re.compile(rf"`((?:{'|'.join(PROGRAMS)}) [^`]*[^-` ][\w./}}]+)`")
FURNITURE = re.compile(r"REST API en cloud \d\. .*|\d+ de \d+")

# Run in the notebook's kernel, so that each call of a listed command leaves what it got: the responses of boto3, the
# text of HTTP responses, and None for a wait, which shows nothing.
KEEPER = """
import json, requests
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.waiter import Waiter
from io import BytesIO

kept, waiting = [], [0]
of_client, of_waiter, of_session = BaseClient._make_api_call, Waiter.wait, requests.Session.send

def keep_call(client, operation, parameters):
    listed = BaseClient._make_api_call is not keep_call and not waiting[0]  # %%comandos stands before
    listed = listed and "si1p1-cuaderno" not in (client.meta.config.user_agent_extra or "")
    try:
        response = of_client(client, operation, parameters)
    except ClientError as error:
        if listed:
            kept.append({"refused": error.response["Error"]["Code"]})
        raise
    if listed:
        told = {name: value for name, value in response.items() if name != "ResponseMetadata"}
        if "Payload" in told:
            content = told["Payload"].read()
            response["Payload"] = StreamingBody(BytesIO(content), len(content))
            told["Payload"] = content.decode()
        kept.append(json.loads(json.dumps(told, default=str)))
    return response

def keep_wait(waiter, **parameters):
    if Waiter.wait is not keep_wait:
        kept.append(None)
    waiting[0] += 1
    try:
        of_waiter(waiter, **parameters)
    finally:
        waiting[0] -= 1

def keep_send(session, request, **more):
    response = of_session(session, request, **more)
    if requests.Session.send is not keep_send and request.headers.get("User-Agent") != "si1p1-cuaderno":
        kept.append(response.text)
    return response

BaseClient._make_api_call, Waiter.wait, requests.Session.send = keep_call, keep_wait, keep_send
"""


def run(path: Path, folder: Path) -> tuple[list[str], list[tuple[str, str, object]]]:
    """Execute the notebook at `path`; return the commands of its PDF, and those of its cells with what these got.

    The latter are (kind, command, result), in order. Kinds: `shell`, with what the cell printed; `listed`, with what
    the call got; `answer` and `variable`, without.
    """
    notebook = nbformat.read(path, as_version=4)
    opening = next(index for index, cell in enumerate(notebook.cells) if "lab.open(" in cell.source)
    results = folder / "results.json"
    keeper = nbformat.v4.new_code_cell(KEEPER)
    teller = nbformat.v4.new_code_cell(f"from pathlib import Path\nPath({str(results)!r}).write_text(json.dumps(kept))")
    notebook.cells[opening + 1 : opening + 1] = [keeper]
    notebook.cells.append(teller)
    nbformat.write(notebook, folder / path.name)
    executed = execute(folder / path.name)
    executed.cells = [cell for cell in executed.cells if cell.id not in (keeper.id, teller.id)]
    pdf = build.export(SOLVED, [executed], folder / "section.pdf")
    got = iter(json.loads(results.read_text("utf-8")))
    commands = []
    for kind, command, printed in in_cells(executed):
        commands.append((kind, command, next(got) if kind == "listed" and not command.startswith("zip ") else printed))
    assert list(got) == []
    return in_pdf(pdf), commands


def in_pdf(pdf: Path) -> list[str]:
    """Return the commands in a PDF's text, each as it was printed, but for the indentation of its lines."""
    lines = [
        line.strip()
        for page in PdfReader(pdf).pages
        for line in page.extract_text().splitlines()
        if line.strip() and not FURNITURE.fullmatch(line.strip())
    ]
    found: list[str] = []
    listing = False
    for line in lines:
        is_command = line.split()[0] in PROGRAMS or bool(VARIABLE.fullmatch(line))
        if found and found[-1].endswith("\\"):
            found[-1] += f"\n{line}"
        elif line == LISTING:
            listing = True
        elif line.startswith("!"):
            found.append(line[1:])
        elif (listing and is_command) or VARIABLE.fullmatch(line):
            found.append(line)
        else:
            listing = False
    return found


def in_cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str, str]]:
    """Return the commands of an executed notebook's cells, as (kind, command, what the cell printed), in order."""
    found = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "respuesta" in tags:
            found += [("answer", command, "") for command in IN_ANSWER.findall(cell.source)]
        if cell.cell_type != "code":
            continue
        printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
        shell = re.findall(r"^!((?:.*\\\n)*.*)", cell.source, re.MULTILINE)
        found += [("shell", unindented(command), printed) for command in shell]
        found += [("variable", line, "") for line in printed.splitlines() if VARIABLE.fullmatch(line)]
        for output in cell.outputs:
            text = output.get("data", {}).get("text/markdown", "")
            if LISTING in text:
                listed = text.partition(f"{LISTING}\n")[2].removesuffix("\n```")
                found += [
                    ("listed", unindented(one), "") for one in re.findall(r"^(?:.*\\\n)*.*$", listed, re.MULTILINE)
                ]
    return [("variable" if VARIABLE.fullmatch(command) else kind, command, printed) for kind, command, printed in found]


def unindented(command: str) -> str:
    return "\n".join(line.strip() for line in command.splitlines())
