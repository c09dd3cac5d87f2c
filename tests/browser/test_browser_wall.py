"""Foreign web pages and notebooks in a real Chromium: they reach neither LocalStack nor another server.

Chromium runs as it comes, its Local Network Access included. Each page says when it has tried all that it can.
"""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlencode

import boto3
import nbformat
import practice_api
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import sync_playwright
from test_browser import CHROMIUM, open_notebook, pytestmark, running

from helpers.workbook import SOLVED

__all__ = ["pytestmark"]

TEMPLATE = json.dumps(
    {"Resources": {"Tema": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "creado-por-otra"}}}}
)
CREATE_STACK = urlencode(
    {"Action": "CreateStack", "StackName": "otra", "TemplateBody": TEMPLATE, "Version": "2010-05-15"}
)
# By GET too, with nothing but an address.
CREATE_TOPIC = urlencode({"Action": "CreateTopic", "Name": "creado-por-una-imagen", "Version": "2010-03-31"})
# All that a page can do without being allowed: forms, images, frames, requests without and with CORS, sockets, windows.
ATTACKS = """
<!doctype html><meta charset="utf-8"><title>tries</title>
<iframe name="hidden"></iframe>
<script>
const AT = ADDRESSES, FORM = "CREATE_STACK", GET = "?CREATE_TOPIC";
const paths = [
  "/", "/_aws/execute-apiX", "/_aws/execute-api/x/y/", "/restapis/x/y/_user_request_/", "/a/_user_request_/b",
];
function form(action, target) {
  const form = document.createElement("form");
  Object.assign(form, {method: "POST", action, target});
  for (const [name, value] of new URLSearchParams(FORM)) {
    form.append(Object.assign(document.createElement("input"), {name, value}));
  }
  document.body.append(form);
  form.submit();
}
async function attack() {
  const tried = [];
  const type = {"Content-Type": "application/x-www-form-urlencoded"};
  for (const at of AT) for (const path of paths) {
    const options = {method: "POST", headers: type, body: FORM};
    tried.push(fetch(at + path, {...options, mode: "no-cors"}), fetch(at + path, options));
    tried.push(fetch(at + path, {...options, mode: "no-cors", referrerPolicy: "no-referrer", credentials: "omit"}));
    tried.push(fetch(at + path + GET, {mode: "no-cors", referrerPolicy: "no-referrer"}));
    navigator.sendBeacon(at + path, new Blob([FORM], {type: "application/x-www-form-urlencoded"}));
    for (const tag of ["img", "iframe", "script", "video", "embed"]) {
      const element = document.createElement(tag);
      element.referrerPolicy = "no-referrer";
      element.src = at + path + GET;
      document.body.append(element);
    }
    const link = Object.assign(document.createElement("link"), {rel: "stylesheet", href: at + path + GET});
    document.head.append(link);
    try { new WebSocket(at.replace("http", "ws") + path + GET); } catch {}
    form(at + path, "hidden");
    await new Promise(done => setTimeout(done, 150));
  }
  await Promise.allSettled(tried);
  await new Promise(done => setTimeout(done, 1500));
  document.title = "done";
}
attack();
</script>
"""


class Pages(BaseHTTPRequestHandler):
    """Another web server: it serves `pages`, and notes what it is asked for."""

    pages, asked = {}, []

    def do_GET(self):
        self.asked.append(self.path)
        body = self.pages.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def pages():
    """Another web server of this machine; its `address`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Pages.pages, Pages.asked = {}, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Pages.address = f"http://127.0.0.1:{server.server_port}"
    yield Pages
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def browser(*arguments):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *arguments])
        yield chromium
        chromium.close()


def created(cloud):
    """Return what the attacks create, if they get through."""
    client = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    stacks = boto3.client("cloudformation", endpoint_url=cloud.url, **client).list_stacks()["StackSummaries"]
    topics = boto3.client("sns", endpoint_url=cloud.url, **client).list_topics()["Topics"]
    return [stack["StackName"] for stack in stacks], [topic["TopicArn"] for topic in topics]


@pytest.mark.parametrize("site", ["other port", "other site", "file"])
def test_a_foreign_page_that_tries_everything_creates_nothing(cloud, pages, tmp_path, site):
    assert created(cloud) == ([], [])
    addresses = [
        f"http://{name}:{cloud.port}" for name in ("localhost", "127.0.0.1", "x.localhost", "rebinding.example")
    ]
    page = ATTACKS.replace("ADDRESSES", json.dumps(addresses)).replace("CREATE_STACK", CREATE_STACK)
    pages.pages["/"] = page = page.replace("CREATE_TOPIC", CREATE_TOPIC)
    (tmp_path / "page.html").write_text(page)
    address = {
        "other port": pages.address,
        "other site": pages.address.replace("127.0.0.1", "intruso.example"),
        "file": (tmp_path / "page.html").as_uri(),
    }[site]
    # The names of the attacker's DNS.
    rules = "MAP intruso.example 127.0.0.1, MAP rebinding.example 127.0.0.1"
    with browser(f"--host-resolver-rules={rules}") as chromium:
        opened = chromium.new_page()
        opened.goto(address)
        opened.wait_for_function("document.title === 'done'", timeout=60_000)
    assert created(cloud) == ([], [])


def test_a_page_of_the_students_own_on_another_port_calls_his_api_if_it_says_so(cloud, function, pages):
    allowed, silent = practice_api.make(function, pages.address), practice_api.make(function)
    pages.pages["/"] = "<!doctype html><title>mía</title>"
    call = """async address => {
        const options = {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"a": 1}'};
        try { return await (await fetch(address, options)).json(); } catch (error) { return error.name; }
    }"""
    with browser() as chromium:
        opened = chromium.new_page()
        opened.goto(pages.address)
        # ANY answers the preflight too; the headers that the request has, the function would have to allow.
        simple = call.replace("headers: {'Content-Type': 'application/json'}, ", "")
        assert opened.evaluate(simple, cloud.url + allowed.path) == {"llega": "POST"}
        assert opened.evaluate(simple, cloud.url + silent.path) == "TypeError"
        assert opened.evaluate(call, f"{cloud.url}/2015-03-31/functions/") == "TypeError"


def test_a_notebook_that_is_opened_loads_nothing_from_elsewhere(pages, tmp_path):
    """No cell is executed: text and outputs alone, of a notebook that nobody trusts."""
    with running(tmp_path) as lab:
        attack = f"{lab.emulator.url}/_aws/execute-apiX?{CREATE_TOPIC}"
        markup = "".join(
            f'<img src="{at}"><img srcset="{at} 2x"><video src="{at}"></video><audio src="{at}"></audio>'
            f'<video poster="{at}"></video><iframe src="{at}"></iframe><object data="{at}"></object><embed src="{at}">'
            f'<div style="background-image: url({at})">fondo</div><svg><image href="{at}"/></svg>'
            for at in (attack, f"{pages.address}/{quote('de otra página')}")
        )
        text = f"# Inocente\n\n![una imagen]({attack})\n\n![otra]({pages.address}/imagen.png)\n\n{markup}"
        svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{attack}"/></svg>'
        bundles = [{"text/html": markup}, {"image/svg+xml": svg}, {"text/markdown": text}]
        outputs = [new_output("display_data", bundle) for bundle in bundles]
        notebook = new_notebook(cells=[new_markdown_cell(text), new_code_cell("1", outputs=outputs)])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = SOLVED.notebooks / "99_ajeno.ipynb"
        nbformat.write(notebook, path)
        refused = []
        try:
            with browser() as chromium:
                page = chromium.new_page()
                page.on("console", lambda message: refused.append(message.text))
                open_notebook(page, lab, path.stem)
                page.wait_for_selector('.jp-RenderedMarkdown :text("fondo")')
                page.wait_for_timeout(3000)
        finally:
            path.unlink()
        assert pages.asked == []
        assert created(lab.emulator) == ([], [])
        assert any("Content Security Policy" in text for text in refused), "the images were not even asked for"
