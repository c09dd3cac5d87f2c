"""The memoria: every notebook executed, in order, into one PDF."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nbformat import NotebookNode

from helpers.memoria.document import START, join
from helpers.memoria.execute import execute_all
from helpers.memoria.exporter import MemoriaExporter
from helpers.practice import authors
from helpers.workbook import Workbook, replace_file


def make(
    workbook: Workbook,
    on_cell: Callable[[Path, int, int], None],
    on_export: Callable[[], None],
    draft: bool = False,
) -> Path:
    """Execute every notebook and write the memoria; return its path. `on_export` is called between the two steps."""
    paths = workbook.notebook_files()
    executed = execute_all(paths, on_cell)
    on_export()
    shown = [notebook for path, notebook in zip(paths, executed, strict=True) if path.stem != START]
    return export(workbook, shown, draft=draft)


def export(
    workbook: Workbook, executed: Sequence[NotebookNode], target: Path | None = None, draft: bool = False
) -> Path:
    """Write the PDF of the `executed` notebooks and return its path; a failure leaves the previous PDF.

    By default, `target` is the workbook's build/memoria.pdf.
    """
    document = join(executed, authors.read(workbook), draft)
    pdf, _ = MemoriaExporter().from_notebook_node(document, {"metadata": {"path": str(workbook.notebooks)}})
    return replace_file(target or workbook.make_build() / "memoria.pdf", lambda path: path.write_bytes(pdf))
