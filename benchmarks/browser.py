"""What a student waits for in the browser: JupyterLab's page, a cell, a section, a restart, a PDF."""

import contextlib
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks import report
from helpers.workbook import SOLVED, Workbook
from tests.browser import test_browser as jupyterlab

RUNS = 5
SECTION = "06_dynamodb"
FIRST_CELL = """async () => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.findIndex(one => one.model.type === 'code');
    await jupyterapp.commands.execute('notebook:run-cell');
    return notebook.activeCell.outputArea.node.innerText;
}"""
PDF = '.jp-Toolbar-item[data-jp-item-name="memoria"] button, [data-jp-item-name="memoria"]'


def once(folder: Path, timed: "Stopwatch") -> None:
    """Time each wait once, in a new JupyterLab with a workbook of its own in `folder`, and a new browser."""
    workbook = Workbook(folder / "workbook")
    for place in (SOLVED.notebooks, SOLVED.handlers):
        shutil.copytree(place, workbook.root / place.name)
    shutil.copy(SOLVED.authors, workbook.authors)
    with sync_playwright() as playwright, contextlib.ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path=jupyterlab.CHROMIUM, args=["--no-sandbox"])
        stack.callback(browser.close)
        page = browser.new_page(viewport={"width": 1500, "height": 1000}, accept_downloads=True)
        with timed("the command `si1p1 lab` to a notebook that can be used"):
            lab = stack.enter_context(jupyterlab.running(folder, workbook=workbook.root))
            stack.callback(_remove, lab.emulator)
            jupyterlab.open_notebook(page, lab, "00_inicio")
        with timed("the first cell, `lab.open`"):
            shown = page.evaluate(FIRST_CELL)
        if not shown.strip() or jupyterlab.errors_shown(page):
            raise RuntimeError(f"the first cell shows {shown!r}")
        jupyterlab.open_notebook(page, lab, SECTION)
        with timed("*Run All* of section 6"):
            jupyterlab.run_all(page)
        jupyterlab.show_tab(page, "LocalStack")
        with timed("a restart by the panel"):
            jupyterlab.press(page, "LocalStack", "Reiniciar")
            jupyterlab.sees(page, "LocalStack ha arrancado vacío", timeout_s=60)
        with timed("the PDF of section 6, by the toolbar"):
            _download(page)


class Stopwatch:
    """Wall seconds of what is done within it, by name."""

    def __init__(self) -> None:
        self.taken: defaultdict[str, list[float]] = defaultdict(list)

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time what is done within; what fails is not counted."""
        started = time.perf_counter()
        yield
        self.taken[name].append(time.perf_counter() - started)


def _download(page: Page) -> None:
    with page.expect_download(timeout=60_000) as download:
        page.click(PDF)
    if not Path(download.value.path()).read_bytes().startswith(b"%PDF"):
        raise RuntimeError("what was downloaded is no PDF")


def _remove(emulator) -> None:
    emulator.stop()
    shutil.rmtree(emulator.folder, ignore_errors=True)


def lines() -> Iterator[str]:
    """Yield the table."""
    yield report.head("wait in the browser (s)", "median", "shortest", "longest")
    if not jupyterlab.CHROMIUM.exists():
        yield report.row(f"{report.NOT_POSSIBLE}: {jupyterlab.CHROMIUM} is not there", "–", "–", "–")
        return
    timed = Stopwatch()
    for _ in range(report.repetitions(RUNS)):
        with tempfile.TemporaryDirectory(prefix="bench-lab-", ignore_cleanup_errors=True) as name:
            once(Path(name), timed)
    for wait, taken in timed.taken.items():
        yield report.row(wait, *(f"{s:.2f}" for s in (statistics.median(taken), min(taken), max(taken))))
