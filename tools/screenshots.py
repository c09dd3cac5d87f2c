"""Renew the README's screenshots of JupyterLab, docs/lab.png and docs/panel.png, from an open lab.

With `make lab CARPETA=.` in another terminal, `.venv/bin/python -m tools.screenshots ADDRESS`, the one that it tells,
with its token. It runs section 6 and saves nothing. Once a lab: the panel of the first time would still be beside.
"""

import io
import shutil
import sys
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as BrowserTimeout

from tools.install import ROOT

WIDTH, HEIGHT, WHOLE_PANEL = 1440, 884, 1800  # px; the second ends between two cells
SCALE = 1.5  # of a screen's pixels: it is looked at on finer ones too
COLOURS = 128
RUN_TIMEOUT_MS = 300_000
ATTEMPTS, ATTEMPT_MS = 10, 5_000
PROMPTS = "Array.from(document.querySelectorAll('.jp-CodeCell .jp-InputPrompt'), one => one.textContent)"
IDLE = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
# A cell that waits or runs has an asterisk for a number.
STARTED = f"() => {PROMPTS}.some(one => /\\[[*\\d]+\\]/.test(one))"
ALL_RUN = f"() => {PROMPTS}.every(one => /\\[\\d+\\]/.test(one)) && {IDLE}"
PANEL = ".jupyter-widgets:not(.jupyter-widgets *)"


def opened(page: Page, address: str) -> None:
    """Open section 6 in the lab at `address`, which has its token, and run it."""
    parts = urlsplit(address)
    page.goto(f"{parts.scheme}://{parts.netloc}/lab/tree/notebooks/06_dynamodb.ipynb?reset&{parts.query}")
    page.wait_for_function(f"() => {IDLE}", timeout=RUN_TIMEOUT_MS)
    run_all(page)
    page.wait_for_function(ALL_RUN, timeout=RUN_TIMEOUT_MS)


def run_all(page: Page) -> None:
    """Run every cell; again if nothing starts: a page that is not ready closes its menus, and forgets the order."""
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            page.click('.lm-MenuBar-itemLabel:text-is("Run")', timeout=ATTEMPT_MS)
            page.click('.lm-Menu-itemLabel:text-is("Ejecutar todas las celdas")', timeout=ATTEMPT_MS)
            page.wait_for_function(STARTED, timeout=ATTEMPT_MS)
            return
        except BrowserTimeout:
            if not attempts_left:
                raise
            page.keyboard.press("Escape")


def panel(page: Page) -> bytes:
    """Return a picture of the whole panel, with what there is in the cloud."""
    page.set_viewport_size({"width": WIDTH, "height": WHOLE_PANEL})
    page.click('.lm-TabBar-tab:has-text("Recursos")')
    page.wait_for_timeout(2_000)
    return page.locator(PANEL).first.screenshot()


def lab(page: Page) -> bytes:
    """Return a picture of JupyterLab, with the panel beside the notebook and an answer of the API."""
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.click('.jupyter-button:visible:text-is("Poner al lado")')
    page.keyboard.press("Control+b")  # without the list of files
    beside = page.locator(f".jupyterlab-sidecar {PANEL}")
    beside.locator('.lm-TabBar-tab:has-text("API")').click()
    beside.locator("select:visible").select_option("GET")
    beside.locator("input:visible").fill("user2")
    beside.locator('.jupyter-button:text-is("Enviar")').click()
    beside.locator('img[alt^="Lo que ha pasado"]').wait_for()
    page.wait_for_timeout(2_000)
    return page.screenshot()


def save(picture: bytes, name: str) -> None:
    """Write a picture to docs/, with few colours."""
    with Image.open(io.BytesIO(picture)) as shot:
        shot.convert("RGB").quantize(COLOURS).save(ROOT / "docs" / name, optimize=True)


def main(address: str) -> None:
    """Write the two pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE)
        opened(page, address)
        save(panel(page), "panel.png")
        save(lab(page), "lab.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
