"""JupyterLab in a real browser: every notebook runs, the panel's buttons do what they say, the memoria is exported."""

import contextlib
import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import boto3
import psutil
import pytest
import requests
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as BrowserTimeout
from pypdf import PdfReader

from helpers.emulator.probe import probe
from helpers.emulator.process import Emulator
from helpers.practice.questions import SECTIONS
from helpers.workbook import SOLVED
from tests.conftest import free_port, running_lab

CHROMIUM = Path("/usr/bin/chromium")
RUN_TIMEOUT_MS = 120_000
MENU_ATTEMPTS = 6
CODE_CELLS = "Array.from(jupyterapp.shell.currentWidget.content.model.cells).filter(cell => cell.type === 'code')"

pytestmark = [
    pytest.mark.browser,
    # In CI a missing browser is a failure.
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("CI"), reason="needs /usr/bin/chromium (apt-get install chromium)"
    ),
]


@dataclass(frozen=True)
class Lab:
    """A running `si1p1 lab`: its address with the token, and its LocalStack."""

    address: str
    emulator: Emulator

    def client(self, service):
        return boto3.client(service, endpoint_url=self.emulator.url)


@contextlib.contextmanager
def running(folder: Path):
    """Run `si1p1 lab` with a LocalStack of its own; yield it as a `Lab`."""
    port = free_port()
    # The application object, for the tests to ask it what is on the page; in the one folder that this lab reads.
    config = SOLVED.build / "jupyter" / "jupyter_lab_config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"LabApp": {"expose_app_in_browser": True}}))
    try:
        with running_lab(folder, port) as (address, _):
            yield Lab(address, Emulator(SOLVED.build / "localstack" / str(port), port))
    finally:
        config.unlink()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A running `si1p1 lab`."""
    # JupyterLab saves a notebook, outputs and all, before it exports it.
    kept = {path: path.read_bytes() for path in SOLVED.notebooks.glob("*.ipynb")}
    try:
        with running(tmp_path_factory.mktemp("lab")) as lab:
            yield lab
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


def open_notebook(page: Page, lab: Lab, stem: str) -> None:
    """Open a notebook and wait until its kernel is idle."""
    page.goto(lab.address.replace("/lab?", f"/lab/tree/notebooks/{stem}.ipynb?") + "&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    # A click on Run All before the kernel's socket is connected is lost without a word.
    page.wait_for_function(
        """stem => {
            const panel = window.jupyterapp?.shell.currentWidget;
            const kernel = panel?.sessionContext?.session?.kernel;
            return panel?.context?.path === `notebooks/${stem}.ipynb` && panel.context.isReady
                && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
        }""",
        arg=stem,
        timeout=60_000,
    )


def menu(page: Page, *path: str) -> None:
    """Click through a menu; again if an entry is not there yet: the formats to export are asked of the server."""
    for attempts_left in reversed(range(MENU_ATTEMPTS)):
        page.click(f'.lm-MenuBar-itemLabel:text-is("{path[0]}")')
        try:
            for label in path[1:]:
                page.click(f'.lm-Menu-itemLabel:text-is("{label}")', timeout=10_000)
            return
        except BrowserTimeout:
            if not attempts_left:
                raise
            for _ in path:
                page.keyboard.press("Escape")


def errors_shown(page: Page) -> list[str]:
    """Return the text of every error among the outputs."""
    outputs = f"{CODE_CELLS}.flatMap(cell => cell.outputs.toJSON()).filter(one => one.output_type === 'error')"
    return page.evaluate(f"() => {outputs}.map(one => one.traceback.join('\\n'))")


def run_all(page: Page) -> None:
    """Run every cell and wait until none is left; fail on an error in any, or on a notification."""
    counts = page.evaluate(f"() => {CODE_CELLS}.map(cell => cell.executionCount || 0)")
    assert counts
    menu(page, "Run", "Run All Cells")
    page.wait_for_function(
        f"before => {CODE_CELLS}.every(cell => cell.executionCount > before)"
        " && document.querySelector('.jp-Notebook-ExecutionIndicator').dataset.status === 'idle'",
        arg=max(counts),
        timeout=RUN_TIMEOUT_MS,
    )
    assert errors_shown(page) == []
    assert page.locator(".Toastify__toast").count() == 0


def press(page: Page, tab: str, button: str) -> None:
    """Press a button of the panel."""
    page.click(f'.jupyter-widget-tab .lm-TabBar-tab:has-text("{tab}")')
    page.click(f'.jupyter-button:visible:text-is("{button}")')


def sees(page: Page, text: str, timeout_s: float = 30) -> None:
    """Wait until the panel shows `text`."""
    page.wait_for_selector(f'.jupyter-widgets:visible :text("{text}")', timeout=timeout_s * 1000)


@pytest.mark.parametrize("stem", [section.stem for section in SECTIONS])
def test_every_notebook_runs_to_its_end(page, lab, stem):
    open_notebook(page, lab, stem)
    run_all(page)


def test_a_section_downloads_its_pdf(page, lab, tmp_path):
    open_notebook(page, lab, "05_api_gateway")
    run_all(page)
    with page.expect_download(timeout=30_000) as download:
        page.click('.jp-Toolbar-item[data-jp-item-name="memoria"] button, [data-jp-item-name="memoria"]')
    path = tmp_path / "seccion.pdf"
    download.value.save_as(path)
    text = "".join(found.extract_text() for found in PdfReader(path).pages)
    assert "Respuesta." in text and "Índice de preguntas" in text
    assert "shell.execute_reply" in (SOLVED.notebooks / "05_api_gateway.ipynb").read_text("utf-8"), (
        "the moments are not kept"
    )


def test_the_last_notebook_gives_the_whole_memoria_from_the_menu(page, lab, tmp_path):
    open_notebook(page, lab, "07_memoria")
    with page.expect_download(timeout=90_000) as download:
        menu(page, "File", "Save and Export Notebook As", "Memoria (PDF)")
    path = tmp_path / "memoria.pdf"
    download.value.save_as(path)
    text = "".join(found.extract_text() for found in PdfReader(path).pages)
    for expected in ("3. AWS S3", "6. DynamoDB", "7. Documentación", "Preguntas respondidas: 29 de 29."):
        assert expected in text
    assert "Borrador: no es la versión que se entrega" in text and "Celdas sin ejecutar: " in text


def test_the_panel_shows_the_cloud_and_its_buttons_change_it(page, lab):
    open_notebook(page, lab, "06_dynamodb")
    run_all(page)
    press(page, "Recursos", "Actualizar")
    sees(page, "user_get_lambda_dynamo")
    press(page, "Recursos", "Volver al inicio de la sección")
    sees(page, "Puesto como al principio")
    functions = lab.client("lambda").list_functions()["Functions"]
    assert {one["FunctionName"] for one in functions} == {"user_lambda", "user_lambda_param"}
    page.wait_for_selector('.jupyter-widgets td:text-is("user_get_lambda_dynamo")', state="detached")
    lab.client("s3").create_bucket(Bucket="recien-creado")
    press(page, "Recursos", "Actualizar")
    sees(page, "recien-creado")

    press(page, "API", "Enviar")
    sees(page, "200 OK")
    sees(page, "curl -s -X POST http://localhost")
    stored = lab.client("s3").get_object(Bucket="si1p1", Key="user/pepe/data.json")["Body"].read()
    assert json.loads(stored)["username"] == "pepe"

    page.click('.jupyter-widget-tab .lm-TabBar-tab:has-text("Registro")')
    page.select_option(".widget-dropdown:visible select", "user_lambda_param")
    page.click('button:visible:text-is("Seguir")')
    sees(page, "REPORT RequestId")
    reports = page.locator('.jupyter-widgets:visible td:text("REPORT RequestId")').count()
    api = lab.client("apigateway").get_rest_apis()["items"][0]["id"]
    url = f"{lab.emulator.url}/_aws/execute-api/{api}/dev/user/ana"
    assert requests.post(url, json={"data": 1}, timeout=30).status_code == 200
    page.wait_for_function(
        "before => Array.from(document.querySelectorAll('td')).filter(td => td.textContent.startsWith('REPORT'))"
        ".length > before",
        arg=reports,
        timeout=15_000,
    )
    page.click('button:visible:text-is("Seguir")')

    press(page, "Preguntas", "Actualizar")
    sees(page, "6. DynamoDB")


def test_the_panel_starts_stops_and_restarts_localstack(page, lab):
    open_notebook(page, lab, "03_s3")
    run_all(page)
    press(page, "LocalStack", "Parar")
    sees(page, "parado")
    assert probe(lab.emulator.url) is None
    press(page, "API", "Enviar")
    sees(page, "LocalStack está parado")
    press(page, "LocalStack", "Arrancar")
    sees(page, "LocalStack está en marcha.", timeout_s=60)
    session = probe(lab.emulator.url)["session_id"]
    press(page, "LocalStack", "Reiniciar")
    sees(page, "LocalStack ha arrancado vacío", timeout_s=60)
    assert probe(lab.emulator.url)["session_id"] != session
    run_all(page)


def test_localstack_dies_while_the_notebook_is_open(page, lab):
    open_notebook(page, lab, "03_s3")
    run_all(page)
    family = psutil.Process(lab.emulator.status().pid)
    os.kill(family.pid, signal.SIGKILL)
    psutil.wait_procs([family], timeout=10)
    page.click('.jp-CodeCell:has-text("s3.create_bucket") .jp-InputArea-editor')
    menu(page, "Run", "Run Selected Cell")
    page.wait_for_selector(':text("El error completo: lab.traceback()")', timeout=30_000)
    (error,) = errors_shown(page)
    expected = (
        f"EndpointConnectionError: LocalStack está parado: en {lab.emulator.url} no responde nadie. Ejecuta la primera "
        'celda, lab.open("s3"), que lo arranca y deja la nube al principio de la sección, y sigue desde ahí. '
        'Línea 1: s3.create_bucket(Bucket="si1p1") El error completo: lab.traceback()'
    )
    assert " ".join(error.split()) == expected
    press(page, "LocalStack", "Reiniciar")
    sees(page, "LocalStack ha arrancado vacío", timeout_s=60)
    run_all(page)


@pytest.mark.timeout(600)
def test_the_panel_exports_the_memoria_and_what_is_handed_in(page, lab):
    open_notebook(page, lab, "07_memoria")
    run_all(page)
    press(page, "Memoria", "Preparar entrega")
    sees(page, "No se puede preparar la entrega")
    press(page, "Memoria", "Exportar memoria")
    page.wait_for_selector(".widget-hprogress:visible", timeout=30_000)
    sees(page, "build/memoria.pdf", timeout_s=240)
    # As a click on the link would ask for it; the server refuses who does not come from one of its pages.
    fetched = "link => fetch(link.href).then(answer => answer.text()).then(text => text.slice(0, 4))"
    assert page.eval_on_selector('a:text("build/memoria.pdf")', fetched) == "%PDF"
    press(page, "Memoria", "Preparar borrador")
    sees(page, "build/entrega.zip", timeout_s=240)
    with page.expect_download(timeout=30_000) as download:
        page.click('a:text("build/entrega.zip")')
    assert download.value.suggested_filename == "entrega.zip"
