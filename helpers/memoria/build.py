"""The memoria, every notebook executed, in order, into one PDF; and the entrega, made of the same execution."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nbformat import NotebookNode

from helpers.memoria.document import START, join
from helpers.memoria.execute import Progress, execute_all, read
from helpers.memoria.exporter import MemoriaExporter
from helpers.practice import authors, delivery
from helpers.practice.review import Review, review
from helpers.workbook import Workbook, replace_file


def make(
    workbook: Workbook,
    on_cell: Progress,
    on_export: Callable[[], None],
    draft: bool = False,
) -> Path:
    """Execute every notebook and write the memoria; return its path. `on_export` is called between the two steps."""
    paths = workbook.notebook_files()
    with delivery.only_one(workbook):
        executed = execute_all(paths, on_cell)
        on_export()
        return export(workbook, shown(dict(zip(paths, executed, strict=True))), draft=draft)


def hand_in(
    workbook: Workbook,
    on_cell: Progress,
    on_review: Callable[[Review], None],
    on_export: Callable[[], None],
    draft: bool = False,
) -> Path:
    """Execute every notebook, going on after a cell that fails, and write the memoria and the zip; return its path.

    `on_review` is called with what there is and what is missing, and then, unless it is a `draft`, `MemoriaError` is
    raised if anything is, with nothing written.
    """
    paths = workbook.notebook_files()
    # What cannot be read would raise only after a minute.
    authors.read(workbook)
    for path in paths:
        read(path)
    with delivery.only_one(workbook):
        executed = dict(zip(paths, execute_all(paths, on_cell, keep_going=True), strict=True))
        found = review(workbook, executed)
        on_review(found)
        if not draft:
            found.refuse()
        on_export()
        pdf = export(workbook, shown(executed), draft=draft, missing=found.missing())
        return delivery.pack(workbook, pdf, executed, draft, found.missing())


def shown(executed: Mapping[Path, NotebookNode]) -> list[NotebookNode]:
    """Return the notebooks that the memoria shows: all but the first, which explains how to use the others."""
    return [notebook for path, notebook in executed.items() if path.stem != START]


def export(
    workbook: Workbook,
    executed: Sequence[NotebookNode],
    target: Path | None = None,
    draft: bool = False,
    missing: Sequence[str] | None = None,
) -> Path:
    """Write the PDF of the `executed` notebooks and return its path; a failure leaves the previous PDF.

    `missing` says what a `draft` lacks, for its cover; by default, what the notebooks themselves tell. By default,
    `target` is the workbook's build/memoria.pdf.
    """
    document = join(executed, authors.read(workbook), draft, missing)
    pdf, _ = MemoriaExporter().from_notebook_node(document, {"metadata": {"path": str(workbook.notebooks)}})
    return replace_file(target or workbook.make_build() / "memoria.pdf", lambda path: path.write_bytes(pdf))
