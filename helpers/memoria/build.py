"""The memoria: every notebook executed, in order, into one PDF."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nbformat import NotebookNode

from helpers.memoria import authors
from helpers.memoria.document import START, join
from helpers.memoria.execute import execute_all
from helpers.memoria.exporter import MemoriaExporter
from helpers.memoria.files import replace
from helpers.project import BUILD, NOTEBOOKS, notebooks

PDF = BUILD / "memoria.pdf"


def make(on_cell: Callable[[Path, int, int], None], on_export: Callable[[], None], draft: bool = False) -> Path:
    """Execute every notebook and write the memoria; return its path. `on_export` is called between the two."""
    paths = notebooks()
    executed = execute_all(paths, on_cell)
    on_export()
    return export([notebook for path, notebook in zip(paths, executed, strict=True) if path.stem != START], draft=draft)


def export(executed: Sequence[NotebookNode], target: Path = PDF, draft: bool = False) -> Path:
    """Write the PDF of the `executed` notebooks to `target`, in one step: a failure leaves the former one."""
    document = join(executed, authors.read(), draft)
    pdf, _ = MemoriaExporter().from_notebook_node(document, {"metadata": {"path": str(NOTEBOOKS)}})
    return replace(target, lambda path: path.write_bytes(pdf))
