"""The export of the whole memoria by this project's exporter and by nbconvert's webpdf.

The notebooks are executed once; then the same document is exported several times by each way, in this process. webpdf
needs Debian's Chromium.
"""

import copy
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import report
from helpers.emulator import instance
from helpers.memoria import document
from helpers.memoria.execute import execute_all
from helpers.memoria.exporter import MemoriaExporter
from helpers.practice import authors
from helpers.workbook import SOLVED

CHROMIUM = Path("/usr/bin/chromium")
RUNS = 5


def median_s(export, notebook):
    """Return (first, median of the next) wall seconds of one call and `RUNS` more of `export`, and the last one's size.

    Before each, a sentence of the notebook changes, as between two exports of a student: typst keeps what it has
    composed.
    """
    times = []
    for run in range(report.repetitions(RUNS) + 1):
        changed = copy.deepcopy(notebook)
        middle = next(cell for cell in changed.cells[len(changed.cells) // 2 :] if cell.cell_type == "markdown")
        middle.source += f"\n\nExportación número {run}."
        started = time.perf_counter()
        pdf, _ = export(changed)
        times.append(time.perf_counter() - started)
    return times[0], statistics.median(times[1:]), len(pdf)


def webpdf_exporter():
    """Return nbconvert's exporter, made to use Debian's Chromium in place of one that playwright would download."""
    from nbconvert.exporters import WebPDFExporter
    from playwright.async_api import BrowserType

    launch = BrowserType.launch

    async def launch_ours(self, **options):
        return await launch(self, **options | {"executable_path": CHROMIUM})

    BrowserType.launch = launch_ours
    return WebPDFExporter(disable_sandbox=True)


def lines() -> Iterator[str]:
    """Yield the table."""
    os.environ.pop("AWS_ENDPOINT_URL", None)  # of another part's LocalStack, which has ended
    executed = execute_all(SOLVED.notebook_files(), on_cell=lambda *_: None)
    notebook = document.join(executed[1:], authors.read())
    figures = {"memoria (pandoc, typst)": median_s(MemoriaExporter().from_notebook_node, notebook)}
    if CHROMIUM.exists():
        figures["webpdf (Chromium)"] = median_s(webpdf_exporter().from_notebook_node, notebook)
    instance.from_environment().stop()
    yield report.head(
        f"export of {len(notebook.cells)} cells", "first (s)", "median (s)", "size (KB)", "against memoria"
    )
    reference = figures["memoria (pandoc, typst)"][1]
    for name, (first, median, size) in figures.items():
        yield report.row(name, f"{first:.2f}", f"{median:.2f}", size // 1024, report.ratio(median, reference))
