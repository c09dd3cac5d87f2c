"""JupyterLab in a real browser: notebooks run to their end, and the memoria is downloaded from the menu."""

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader

from helpers.project import NOTEBOOKS
from tests.conftest import free_port, running_lab

CHROMIUM = Path("/usr/bin/chromium")
RUN_TIMEOUT_MS = 120_000
CODE_CELLS = "Array.from(jupyterapp.shell.currentWidget.content.model.cells).filter(cell => cell.type === 'code')"

pytestmark = [
    pytest.mark.browser,
    # In CI a missing browser is a failure.
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("CI"), reason="needs /usr/bin/chromium (apt-get install chromium)"
    ),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Return the address, with its token, of a running `si1p1 lab` with a workspace of its own."""
    folder = tmp_path_factory.mktemp("lab")
    config = folder / "config"
    config.mkdir()
    # The application object, for the tests to ask it what is on the page.
    settings = {"LabApp": {"expose_app_in_browser": True}}
    (config / "jupyter_lab_config.json").write_text(json.dumps(settings))
    # JupyterLab saves a notebook, outputs and all, before it exports it.
    kept = {path: path.read_bytes() for path in NOTEBOOKS.glob("*.ipynb")}
    try:
        with running_lab(folder, free_port(), JUPYTER_CONFIG_DIR=str(config)) as (address, _):
            yield address
    finally:
        for path, content in kept.items():
            path.write_bytes(content)


@pytest.fixture
def page(lab):
    """A page of a fresh browser; console errors fail the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1000}, accept_downloads=True)
        errors = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        yield page
        browser.close()
        assert errors == []


def open_notebook(page: Page, lab: str, stem: str) -> None:
    """Open a notebook and wait until its kernel is idle."""
    page.goto(lab.replace("/lab?", f"/lab/tree/{stem}.ipynb?") + "&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    # A click on Run All before the kernel's socket is connected is lost without a word.
    page.wait_for_function(
        """stem => {
            const panel = window.jupyterapp?.shell.currentWidget;
            const kernel = panel?.sessionContext?.session?.kernel;
            return panel?.context?.path === `${stem}.ipynb` && panel.context.isReady
                && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
        }""",
        arg=stem,
        timeout=60_000,
    )


def menu(page: Page, *path: str) -> None:
    """Click through a menu."""
    page.click(f'.lm-MenuBar-itemLabel:text-is("{path[0]}")')
    for label in path[1:]:
        page.click(f'.lm-Menu-itemLabel:text-is("{label}")')


def run_all(page: Page) -> None:
    """Run every cell and wait until none is left; fail on an error in any."""
    code_cells = page.evaluate(f"() => {CODE_CELLS}.length")
    assert code_cells > 0
    menu(page, "Run", "Run All Cells")
    page.wait_for_function(
        f"expected => {CODE_CELLS}.filter(cell => cell.executionCount).length === expected"
        " && document.querySelector('.jp-Notebook-ExecutionIndicator').dataset.status === 'idle'",
        arg=code_cells,
        timeout=RUN_TIMEOUT_MS,
    )
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0


@pytest.mark.parametrize("stem", ["03_s3", "05_api_gateway"])
def test_a_section_runs_to_its_end_and_downloads_its_pdf(page, lab, stem, tmp_path):
    open_notebook(page, lab, stem)
    run_all(page)
    with page.expect_download(timeout=30_000) as download:
        page.click('.jp-Toolbar-item[data-jp-item-name="memoria"] button, [data-jp-item-name="memoria"]')
    path = tmp_path / "seccion.pdf"
    download.value.save_as(path)
    text = "".join(found.extract_text() for found in PdfReader(path).pages)
    assert "Respuesta." in text and "Índice de preguntas" in text
    assert "shell.execute_reply" in (NOTEBOOKS / f"{stem}.ipynb").read_text("utf-8"), "the moments are not kept"


def test_the_last_notebook_gives_the_whole_memoria_from_the_menu(page, lab, tmp_path):
    open_notebook(page, lab, "07_memoria")
    with page.expect_download(timeout=30_000) as download:
        menu(page, "File", "Save and Export Notebook As", "Memoria (PDF)")
    path = tmp_path / "memoria.pdf"
    download.value.save_as(path)
    text = "".join(found.extract_text() for found in PdfReader(path).pages)
    for expected in ("3. AWS S3", "6. DynamoDB", "7. Documentación", "Preguntas respondidas: 29 de 29."):
        assert expected in text
