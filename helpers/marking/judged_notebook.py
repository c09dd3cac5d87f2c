"""A delivery's notebook, executed in a kernel of its own, with our check in place of each one of its own."""

import ast
import asyncio
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets.config import Config

from helpers.memoria.execute import read
from helpers.memoria.execution_marks import PANEL
from helpers.memoria.kernel_start import StartedAgain
from helpers.notebook_file import tags
from helpers.practice.checks.verdict import Verdict
from helpers.practice.questions import QUESTIONS, VERDICT_TYPE

MAX_OUTPUT = 1_000_000  # characters that a cell shows; a notebook, ten times as many
MAX_OUTPUTS = 500
MAGIC = re.compile(r"^(\s*)[%!].*", re.MULTILINE)

type Judge = Callable[[str], Verdict]


class JudgedNotebook(StartedAgain):
    """The notebook at `path`: a cell that only checks a question is not executed, and has our verdict as its output.

    A question is judged as well after a cell that does more than check it, and where there is no check, after the last
    of its cells, or at the end.
    """

    def __init__(self, path: Path, section: str, kernel: str, cell_s: int, judge: Judge) -> None:
        """Read the notebook; raises `NotebookError`."""
        notebook = read(path)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        super().__init__(
            notebook,
            timeout=cell_s,
            allow_errors=True,
            kernel_name=kernel,
            resources={"metadata": {"path": str(path.parent)}},
            shutdown_kernel="immediate",
            extra_arguments=["--IPKernelApp.extra_extensions=helpers.kernel_imports"],
            skip_cells_with_tag=PANEL,
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),  # for when it is not confined
        )
        self._judge = judge
        self._judged_after = judged_after(notebook, section)
        self._shown = self._shown_in_all = 0
        self._said_too_much = ""
        self._place = 0
        self._ending: asyncio.Future[None] | None = None

    @property
    def executed(self) -> NotebookNode:
        """The notebook, with its outputs."""
        return self.nb

    async def run(self) -> str:
        """Execute it; return why it did not come to its end, in Spanish, or an empty string."""
        try:
            # What the kernel's process itself writes, past Jupyter, is nobody's to read.
            await self.async_execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except CellTimeoutError:
            return f"la celda {self._place} no ha terminado en {self.timeout} segundos"
        except (DeadKernelError, AssertionError, asyncio.CancelledError):  # the latter two follow from its death
            return self._said_too_much or f"el kernel ha muerto en la celda {self._place}"
        except (RuntimeError, OSError, NoSuchKernel) as error:
            return f"el kernel no arranca: {error}"
        except Exception as error:  # a kernel may answer anything
            return f"en la celda {self._place}, el kernel ha respondido lo que no se entiende: {type(error).__name__}"
        return self._said_too_much

    async def async_execute_cell(
        self, cell: NotebookNode, cell_index: int, execution_count: int | None = None, store_history: bool = True
    ) -> NotebookNode:
        """Execute a cell, unless it only checks a question, and judge the questions whose turn it is."""
        self._place, self._shown = cell_index + 1, 0
        asked = checked_in(cell)
        if not asked.only:
            await super().async_execute_cell(cell, cell_index, execution_count, store_history)
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if VERDICT_TYPE not in one.get("data", {})]
        for question in self._judged_after.get(cell_index, ()):
            verdict = self._judge(question)
            if cell.cell_type == "code":
                cell.outputs.append(new_output("display_data", data=verdict._repr_mimebundle_()))
        return cell

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Take what the kernel shows, up to a limit; past it, end the kernel, which could go on for ever."""
        size = len(repr(msg.get("content")))
        self._shown += size
        self._shown_in_all += size
        if self._said_too_much:
            if msg["msg_type"] != "status":
                return None
        elif (
            self._shown > MAX_OUTPUT
            or self._shown_in_all > 10 * MAX_OUTPUT
            or len(cell.get("outputs", [])) >= MAX_OUTPUTS
        ):
            self._said_too_much = f"la celda {self._place} ha escrito demasiado, y se ha parado"
            if self.km is not None:
                self._ending = asyncio.ensure_future(ensure_async(self.km.shutdown_kernel(now=True)))
            return None
        return super().process_message(msg, cell, cell_index)


class Checked:
    """The questions that a cell's source checks, and whether that is all it does."""

    def __init__(self, questions: list[str], only: bool) -> None:
        self.questions = questions
        self.only = only


def checked_in(cell: NotebookNode) -> Checked:
    """Return what a cell checks, by its text; a cell that is not Python checks nothing."""
    if cell.cell_type != "code":
        return Checked([], False)
    try:
        tree = ast.parse(MAGIC.sub(r"\1pass", cell.source))
        calls = {id(node): question for node in ast.walk(tree) if (question := _question_of(node))}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Checked([], False)
    statements = [one.value for one in tree.body if isinstance(one, ast.Expr)]
    only = bool(calls) and len(statements) == len(tree.body) and all(id(one) in calls for one in statements)
    return Checked(list(dict.fromkeys(calls.values())), only)


def _question_of(node: ast.AST) -> str:
    match node:
        case ast.Call(
            func=ast.Attribute(attr="check") | ast.Name(id="check"), args=[ast.Constant(value=str(question))]
        ):
            return question
    return ""


def judged_after(notebook: NotebookNode, section: str) -> dict[int, list[str]]:
    """Return the questions of `section` that are judged after each cell: position of the cell -> ids."""
    found: dict[int, list[str]] = {}
    checked = {at: checked_in(cell).questions for at, cell in enumerate(notebook.cells)}
    for question in (one.id for one in QUESTIONS if one.section == section):
        places = [at for at, questions in checked.items() if question in questions]
        if not places:
            tagged = [at for at, cell in enumerate(notebook.cells) if question in tags(cell)]
            places = [tagged[-1] if tagged else len(notebook.cells) - 1]
        for at in places:
            found.setdefault(at, []).append(question)
    return found
