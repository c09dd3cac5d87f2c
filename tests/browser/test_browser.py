"""JupyterLab in a real browser: every notebook runs, the panel's buttons do what they say, the memoria is exported."""

import contextlib
import json
import os
import signal
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import boto3
import psutil
import pytest
import requests
from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as BrowserTimeout
from pypdf import PdfReader

from helpers.emulator.probe import probe
from helpers.emulator.process import Emulator
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import SOLVED
from tests.conftest import free_port, running_lab

CHROMIUM = Path("/usr/bin/chromium")
RUN_TIMEOUT_MS = 120_000
MENU_ATTEMPTS = 6
QUESTIONS_OF_THE_SECTION = sum(one.section == "dynamodb" for one in QUESTIONS)
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
def running(folder: Path, **options: Path | str):
    """Run `si1p1 lab` with a LocalStack of its own and other options of `running_lab`; yield it as a `Lab`."""
    port = free_port()
    # The application object, for the tests to ask it what is on the page; in the one folder that this lab reads.
    config = SOLVED.build / "jupyter" / "jupyter_lab_config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"LabApp": {"expose_app_in_browser": True}}))
    try:
        with running_lab(folder, port, **options) as (address, _):
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
    wait_until_open(page, stem)


def wait_until_open(page: Page, stem: str) -> None:
    """Wait until a notebook is the one in front, and its kernel idle."""
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


RUN = "Run"  # one of those that the language pack leaves in English


def menu(page: Page, *path: str, shows: str = "") -> None:
    """Click through a menu, to one that `shows` an entry; again if one is not there yet.

    The formats to export are asked of the server, and a menu that is open does not show those that come later.
    """
    for attempts_left in reversed(range(MENU_ATTEMPTS)):
        page.click(f'.lm-MenuBar-itemLabel:text-is("{path[0]}")')
        try:
            for label in path[1:]:
                page.click(f'.lm-Menu-itemLabel:text-is("{label}")', timeout=10_000)
            if shows:
                page.wait_for_selector(f'.lm-Menu-itemLabel:text-is("{shows}")', timeout=10_000)
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
    menu(page, RUN, "Ejecutar todas las celdas")
    page.wait_for_function(
        f"before => {CODE_CELLS}.every(cell => cell.executionCount > before)"
        " && document.querySelector('.jp-Notebook-ExecutionIndicator').dataset.status === 'idle'",
        arg=max(counts),
        timeout=RUN_TIMEOUT_MS,
    )
    assert errors_shown(page) == []
    assert page.locator(".Toastify__toast").count() == 0


def ask(page: Page, code: str) -> None:
    """Have the kernel of the notebook in front run `code`, without waiting; `asked.texts` is what it prints."""
    page.evaluate(
        """code => {
            const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const asked = window.asked = kernel.requestExecute({code});
            asked.texts = [];
            asked.onIOPub = message => asked.texts.push(message.content.text ?? '');
        }""",
        code,
    )


def threads(page: Page) -> list[str]:
    """Return the names of the threads of the kernel of the notebook in front."""
    ask(page, "import threading; print(*(one.name for one in threading.enumerate()), sep='\\n')")
    return page.evaluate("async () => { await asked.done; return asked.texts.join(''); }").splitlines()


def use_theme(page: Page, name: str) -> None:
    """Use JupyterLab's theme of that name, Light or Dark."""
    page.evaluate("name => jupyterapp.commands.execute('apputils:change-theme', {theme: `JupyterLab ${name}`})", name)
    is_light = str(name == "Light").lower()
    page.wait_for_selector(f'body[data-jp-theme-light="{is_light}"]', state="attached")
    page.wait_for_timeout(500)  # its colours come after


def show_tab(page: Page, tab: str) -> None:
    """Show a page of the panel."""
    page.click(f'.jupyter-widget-tab .lm-TabBar-tab:has-text("{tab}")')


def press(page: Page, tab: str, button: str) -> None:
    """Press a button of the panel."""
    show_tab(page, tab)
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


# Ends when the test says so, however long the export takes.
WAITS = """import pathlib, time
print('empieza', flush=True)
while not pathlib.Path({!r}).exists(): time.sleep(0.1)
print(42)"""
LAST_PRINTED = f"wanted => {CODE_CELLS}.at(-1).outputs.toJSON()[0]?.text?.trim() === wanted"


def test_the_toolbar_exports_while_a_cell_runs(page, lab, tmp_path):
    open_notebook(page, lab, "01_servicios_cloud")
    source = page.evaluate(f"() => {CODE_CELLS}.at(-1).sharedModel.getSource()")
    write = f"source => {CODE_CELLS}.at(-1).sharedModel.setSource(source)"
    end = tmp_path / "end"
    page.evaluate(write, WAITS.format(str(end)))
    try:
        page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(LAST_PRINTED, arg="empieza", timeout=RUN_TIMEOUT_MS)
        with page.expect_download(timeout=60_000) as download:
            page.click('[data-jp-item-name="memoria"]')
        path = tmp_path / "seccion.pdf"
        download.value.save_as(path)
        assert "while not pathlib.Path" in "".join(found.extract_text() for found in PdfReader(path).pages)
        end.touch()
        page.wait_for_function(LAST_PRINTED, arg="empieza\n42", timeout=RUN_TIMEOUT_MS)
    finally:
        end.touch()
        page.evaluate(write, source)
        page.evaluate("() => jupyterapp.shell.currentWidget.context.save()")


def test_the_last_notebook_gives_the_whole_memoria_from_the_menu(page, lab, tmp_path):
    open_notebook(page, lab, "07_memoria")
    with page.expect_download(timeout=90_000) as download:
        menu(page, "Archivo", "Save and Export Notebook As", "Memoria")
    path = tmp_path / "memoria.pdf"
    download.value.save_as(path)
    text = "".join(found.extract_text() for found in PdfReader(path).pages)
    for expected in ("3. AWS S3", "6. DynamoDB", "7. Documentación", "Preguntas respondidas: 29 de 29."):
        assert expected in text
    assert "Borrador: no es la versión que se entrega" in text and "Celdas sin ejecutar: " in text


def test_jupyterlab_is_in_spanish_and_offers_only_the_exports_that_work(page, lab):
    open_notebook(page, lab, "03_s3")
    menus = page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert menus == ["Archivo", "Editar", "Ver", "Run", "Kernel", "Tabs", "Configuración", "Ayuda"]
    menu(page, "Archivo", "Save and Export Notebook As", shows="Memoria")
    offered = page.locator(".lm-Menu >> nth=1").locator(".lm-Menu-itemLabel").all_inner_texts()
    assert sorted(offered) == ["Diapositivas Reveal.js", "HTML", "Markdown", "Memoria", "Script Ejecutable"]


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
    sees(page, "curl -s -X POST")
    stored = lab.client("s3").get_object(Bucket="si1p1", Key="user/pepe/data.json")["Body"].read()
    assert json.loads(stored)["username"] == "pepe"
    ask(page, "import time; time.sleep(2)")  # the kernel is busy while it is typed
    page.click(".widget-text:visible input")
    page.keyboard.press("Control+A")
    page.keyboard.type("luis")
    press(page, "API", "Enviar")
    sees(page, "user/luis/data.json")

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
    page.click('button:visible:text-is("Dejar de seguir")')
    assert [one for one in threads(page) if one.startswith("subshell")] == []

    show_tab(page, "Llamadas")
    sees(page, "s3 PutObject")
    lab.client("dynamodb").list_tables()  # nobody presses anything
    sees(page, "dynamodb ListTables")
    show_tab(page, "Preguntas")
    sees(page, "6. DynamoDB")
    assert page.locator('.widget-label:visible:text-is("✓")').count() == QUESTIONS_OF_THE_SECTION
    press(page, "Preguntas", "Comprobar todas")  # the section is at its start again
    page.wait_for_selector('.widget-label:visible:text-is("✗")')
    page.click('.jupyter-button:visible:text-is("Pista") >> nth=0')
    sees(page, "(pista 1 de ")


# What does not fit in the panel beside the notebook, in its own box or in one that cuts it.
CUT_OFF = """() => Array.from(document.querySelectorAll('.jupyterlab-sidecar *'))
    .filter(one => one.checkVisibility() && one.clientWidth && (one.scrollWidth > one.clientWidth + 1
        || one.getBoundingClientRect().right > one.closest('.jupyterlab-sidecar').getBoundingClientRect().right + 1))
    .map(one => one.outerHTML.slice(0, 200))"""
# The short words in its tables that are in two lines.
BROKEN = r"""() => Array.from(document.querySelectorAll('.jupyterlab-sidecar td')).filter(one => one.checkVisibility())
    .flatMap(cell => Array.from(cell.childNodes).filter(one => one.nodeType === Node.TEXT_NODE))
    .flatMap(text => Array.from(text.data.matchAll(/(?<!\S)[\p{L}\d.:,]{2,10}(?!\S)/gu)).filter(word => {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        return new Set(Array.from(range.getClientRects(), one => Math.round(one.top))).size > 1;
    })).map(word => word[0])"""


def everything_is_read(page: Page, beside: Locator, width: int) -> None:
    """Look at every page of the panel beside the notebook, in a window of that width."""
    page.set_viewport_size({"width": width, "height": 1000})
    page.wait_for_function(
        "width => document.querySelector('.jupyterlab-sidecar').getBoundingClientRect().right < width", arg=width
    )
    for tab in beside.locator(".lm-TabBar-tab").all():
        tab.click()
        page.wait_for_timeout(300)
        assert page.evaluate(CUT_OFF) == [] and page.evaluate(BROKEN) == [], (width, tab.inner_text())


# One at a time: JupyterLab's own `shutdownAll` asks for all at once, and the server then answers one with 500.
SHUT_DOWN = """async () => {
    const {sessions} = jupyterapp.serviceManager;
    for (const one of Array.from(sessions.running())) await sessions.shutdown(one.id);
}"""


@pytest.mark.timeout(600)
def test_the_panel_is_put_beside_the_notebook_where_nothing_is_cut_off(page, lab):
    open_notebook(page, lab, "06_dynamodb")
    run_all(page)
    page.click('.jupyter-button:visible:text-is("Poner al lado")')
    page.wait_for_selector('.lm-DockPanel-tabBar .lm-TabBar-tabLabel:text("Panel: 6. DynamoDB")')
    beside = page.locator(".jupyterlab-sidecar .jupyter-widget-tab")
    beside.locator('.lm-TabBar-tab:has-text("API")').click()
    beside.locator('.jupyter-button:text-is("Enviar")').click()
    beside.locator('img[alt^="Lo que ha pasado detrás de la petición, por orden: POST /user/"]').wait_for()
    beside.locator('.lm-TabBar-tab:has-text("Llamadas")').click()
    beside.locator('td:text("dynamodb PutItem") >> nth=0').wait_for()
    for width in (1500, 1280, 1024):
        everything_is_read(page, beside, width)
    page.set_viewport_size({"width": 1500, "height": 1000})
    try:
        page.evaluate("() => void jupyterapp.commands.execute('docmanager:open', {path: 'notebooks/03_s3.ipynb'})")
        wait_until_open(page, "03_s3")
        run_all(page)
        page.click('.jp-NotebookPanel:has(h1:text("3. AWS S3")) .jupyter-button:text-is("Poner al lado")')
        page.wait_for_selector('.lm-TabBar-tabLabel:text("Panel: 6. DynamoDB")', state="detached")
        beside.locator('td:text("s3 CreateBucket") >> nth=0').wait_for(state="attached")
    finally:  # while their kernels live, the notebooks open with it again
        page.evaluate(SHUT_DOWN)


RUN_THE_FIRST_TWO = """async () => {
    const notebook = jupyterapp.shell.currentWidget.content;
    for (const cell of notebook.widgets.filter(one => one.model.type === 'code').slice(0, 2)) {
        notebook.activeCellIndex = notebook.widgets.indexOf(cell);
        await jupyterapp.commands.execute('notebook:run-cell');
    }
}"""
RESTART = """async () => {
    const notebook = Array.from(jupyterapp.shell.widgets('main')).find(one => one.context);
    await notebook.context.sessionContext.restartKernel();
}"""


def test_a_docked_panel_whose_kernel_is_gone_says_to_close_it(page, lab):
    open_notebook(page, lab, "03_s3")
    page.evaluate(RUN_THE_FIRST_TWO)
    page.click('.jupyter-button:visible:text-is("Poner al lado")')
    page.wait_for_selector('.lm-TabBar-tabLabel:text("Panel: 3. AWS S3")')
    page.wait_for_timeout(3000)  # until its widgets are there
    page.evaluate(RESTART)
    page.wait_for_timeout(5000)  # until JupyterLab has asked the new kernel for its state
    after = "() => getComputedStyle(document.querySelector('.jupyterlab-sidecar'), '::before').content"
    assert "cierra esta pestaña" in page.evaluate(after)
    page.evaluate(SHUT_DOWN)


# Types cells in the last one, in turn; returns of each the text, kind and colour of its coloured pieces.
COLOURED = r"""async cells => {
    const notebook = jupyterapp.shell.currentWidget.content;
    const cell = notebook.widgets.findLast(one => one.model.type === 'code');
    notebook.scrollToItem(notebook.widgets.indexOf(cell));
    await cell.ready;
    const found = [];
    for (const source of cells) {
        cell.model.sharedModel.setSource(source);
        await new Promise(resolve => setTimeout(resolve, 500));
        found.push(Array.from(cell.node.querySelectorAll('[class*=shell-]')).map(
            one => [one.innerText, one.className.match(/shell-(\w+)/)[1], getComputedStyle(one).color]));
    }
    jupyterapp.shell.currentWidget.context.revert();
    return found;
}"""
SHELL = r"""!awslocal s3 ls s3://{bucket} '{"a": 1}' | grep -v x  # nota
x = !curl -s \
    -d "for in"
y = 12 != 3  # nota"""


def test_a_line_of_the_shells_is_coloured_as_what_it_is(page, lab):
    open_notebook(page, lab, "03_s3")
    line, cell, magic = page.evaluate(COLOURED, [SHELL, "%%bash\nls; echo $HOME", "%%comandos\nx = 3 % 2"])
    assert pieces(line) == (
        "magic:! program:awslocal word:s3lss3:// field:{bucket} string:'{\"a\": 1}' end:| program:grep option:-v "
        'word:x comment:# nota magic:! program:curl option:-s-d string:"for in"'
    )
    assert len({colour for _, _, colour in line}) >= 6
    assert pieces(cell) == "magic:%%bash program:ls end:; program:echo field:$HOME"
    assert pieces(magic) == "magic:%%comandos"


def pieces(found):
    """Return what is coloured alike, one after another; JupyterLab parts some words, as those with brackets."""
    runs = groupby(found, key=itemgetter(1))
    return " ".join(f"{kind}:{''.join(text for text, _, _ in run)}" for kind, run in runs)


def test_the_diagram_follows_the_theme(page, lab, tmp_path):
    open_notebook(page, lab, "06_dynamodb")
    run_all(page)
    show_tab(page, "Recursos")
    picture = page.locator(".jupyter-widgets img:visible")
    try:
        for theme, background in (("Light", 255), ("Dark", 33)):
            use_theme(page, theme)
            picture.screenshot(path=tmp_path / f"{theme}.png")
            with Image.open(tmp_path / f"{theme}.png") as shot:
                greys = shot.convert("L")
                assert greys.getpixel((0, 0)) == background  # no plate
                assert max(abs(grey - background) for _, grey in greys.getcolors()) > 200  # its words are read
    finally:
        use_theme(page, "Light")


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
    menu(page, RUN, "Run Selected Cell")
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
    sees(page, "Estos son los cuadernos resueltos")
    press(page, "Memoria", "Exportar memoria")
    page.wait_for_selector(".widget-hprogress:visible", timeout=30_000)
    page.wait_for_selector('.widget-label:visible:text("00_inicio")', timeout=60_000)
    # The kernel is free meanwhile.
    page.evaluate("() => jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"
                  ".requestExecute({code: 'print(1)'}).done")  # fmt: skip
    assert page.locator(".widget-hprogress:visible").count() == 1
    press(page, "Memoria", "Cancelar")
    sees(page, "Cancelado", timeout_s=60)
    press(page, "Memoria", "Exportar memoria")
    sees(page, "build/memoria.pdf", timeout_s=240)
    # As a click on the link would ask for it; the server refuses who does not come from one of its pages.
    fetched = "link => fetch(link.href).then(answer => answer.text()).then(text => text.slice(0, 4))"
    assert page.eval_on_selector('a:text("build/memoria.pdf")', fetched) == "%PDF"
    press(page, "Memoria", "Preparar borrador")
    sees(page, "build/entrega.zip", timeout_s=240)
    with page.expect_download(timeout=30_000) as download:
        page.click('a:text("build/entrega.zip")')
    assert download.value.suggested_filename == "entrega.zip"
