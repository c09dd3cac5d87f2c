"""The export of the whole memoria by this project's exporter and by nbconvert's webpdf, side by side in one run.

`.venv/bin/python benchmarks/memoria.py` executes the notebooks once, then exports the same document several times by
each way, in this process. webpdf needs Debian's Chromium.
"""

import copy
import platform
import statistics
import time
from pathlib import Path

from helpers.emulator import instance
from helpers.memoria import document
from helpers.memoria.execute import execute_all
from helpers.memoria.exporter import MemoriaExporter
from helpers.practice import authors
from helpers.workbook import SOLVED

CHROMIUM = Path("/usr/bin/chromium")
RUNS = 5


def median_s(export, notebook):
    """Return (first, median of the next) wall seconds of `RUNS` + 1 calls of `export`, and the last one's size.

    Before each, a sentence of the notebook changes, as between two exports of a student: typst keeps what it has
    composed.
    """
    times = []
    for run in range(RUNS + 1):
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


def main():
    """Print the table."""
    print("Executing the notebooks…", flush=True)
    paths = SOLVED.notebook_files()
    executed = execute_all(paths, on_cell=lambda *_: None)
    notebook = document.join(executed[1:], authors.read())
    rows = {"memoria (pandoc, typst)": median_s(MemoriaExporter().from_notebook_node, notebook)}
    if CHROMIUM.exists():
        webpdf = webpdf_exporter()
        rows["webpdf (Chromium)"] = median_s(webpdf.from_notebook_node, notebook)
    instance.from_environment().stop()
    print(f"\n{len(notebook.cells)} cells; {platform.machine()}, Python {platform.python_version()}; {RUNS} runs\n")
    print("| export | first (s) | median (s) | size (KB) | against memoria |")
    print("|---|--:|--:|--:|--:|")
    reference = rows["memoria (pandoc, typst)"][1]
    for name, (first, median, size) in rows.items():
        print(f"| {name} | {first:.2f} | {median:.2f} | {size // 1024} | {median / reference:.1f} × |")


if __name__ == "__main__":
    main()
