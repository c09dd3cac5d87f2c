"""The export fetches nothing, and reads no file but the images of the notebook's folders."""

import base64
import http.server
import io
import os
import threading
from pathlib import Path

import pytest
from memoria_images import images_of, png
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader

from helpers.memoria.exporter import MemoriaExporter

PROBE = base64.b64decode(png(37, 11))
SECRET = base64.b64decode(png(41, 13))


@pytest.fixture
def server():
    """Return (address, paths that were asked for) of a server that knows an image and a page."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png" if self.path.endswith("png") else "text/html")
            self.end_headers()
            self.wfile.write(PROBE if self.path.endswith("png") else b"<p>pagina ajena</p>")

        do_HEAD = do_POST = do_OPTIONS = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


@pytest.fixture
def folders(tmp_path):
    """Return the folder of a notebook inside the workbook's, with images, and secrets outside."""
    notebooks = tmp_path / "workbook" / "notebooks"
    (notebooks / "dentro").mkdir(parents=True)
    (notebooks / "dentro" / "buena.png").write_bytes(PROBE)
    (notebooks / "mi foto ñ.png").write_bytes(PROBE)
    (tmp_path / "workbook" / "otra.png").write_bytes(PROBE)
    (tmp_path / "secreto.png").write_bytes(SECRET)
    (tmp_path / "workbook-vecino").mkdir()
    (tmp_path / "workbook-vecino" / "secreto.png").write_bytes(SECRET)
    return notebooks


def exported(cells, folder):
    """Return (the sizes of the images in the PDF of `cells`, its text without white space, its links)."""
    notebook = new_notebook(cells=[new_markdown_cell("# Prueba"), *cells, new_markdown_cell("fin")])
    exporter = MemoriaExporter(image_folders=[str(folder.parent)])
    pdf, _ = exporter.from_notebook_node(notebook, {"metadata": {"path": str(folder)}})
    pages = PdfReader(io.BytesIO(pdf)).pages
    sizes, links = [], []
    for page in pages:
        sizes += images_of(page)
        links += [one.get_object()["/A"].get("/URI") for one in page.get("/Annots", []) if "/A" in one.get_object()]
    text = "".join("".join(page.extract_text() for page in pages).split())
    assert "fin" in text
    return sizes, text, links


def html(text):
    return new_code_cell("x", outputs=[new_output("display_data", data={"text/html": text})])


FOREIGN = {
    "img": '<img src="{0}" alt="foto">',
    "iframe": '<iframe src="{0}"></iframe><iframe src="{0}" />',
    "object": '<object data="{0}"><embed src="{0}"></object><embed src="{0}">',
    "media": '<video src="{0}" poster="{0}"><source src="{0}"></video><audio src="{0}"><source src="{0}"></audio>',
    "picture": '<picture><source srcset="{0} 2x"><img src="{0}" srcset="{0} 2x"></picture>',
    "link": '<link rel="stylesheet" href="{0}"><style>@import url("{0}"); p {{ background: url("{0}") }}</style>',
    "base": '<base href="{0}"><img src="x.png" alt="foto"><iframe src="x.html"></iframe>',
    "script": '<script src="{0}"></script><meta http-equiv="refresh" content="0; url={0}">',
    "form": '<input type="image" src="{0}"><body background="{0}"><table background="{0}"><tr><td>a</td></tr></table>',
    "inline svg": '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50">'
    '<image href="{0}" width="37" height="11"/><use href="{0}#a"/></svg>',
    "include": '<div data-external="1"><p><img data-src="{0}" src="{0}"></p></div>',
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_nothing_is_fetched_whatever_the_notebook_asks_for(server, folders, kind):
    address, asked = server
    for name in ("a.png", "a.html"):
        page = FOREIGN[kind].format(f"{address}/{name}")
        sizes, text, _ = exported([html(page), new_markdown_cell(page), html(page.replace("http:", ""))], folders)
        assert sizes == [] and "paginaajena" not in text
    assert asked == []


def svg_with(address):
    return (
        f'<?xml version="1.0"?><?xml-stylesheet href="{address}"?>'
        f'<!DOCTYPE svg [<!ENTITY ajena SYSTEM "{address}">]>'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="90" height="90">'
        f'<style>@import url("{address}"); @font-face {{ font-family: x; src: url("{address}") }}</style>'
        f'<image xlink:href="{address}" width="41" height="13"/><image href="{address}" width="41" height="13"/>'
        f'<filter id="f"><feImage href="{address}"/></filter><rect width="9" height="9" filter="url(#f)"/>'
        f'<use href="{address}#a"/><rect width="20" height="20"/></svg>'
    )


def test_an_svg_draws_nothing_that_is_not_in_it(server, folders):
    address, asked = server
    outside = folders.parent.parent / "secreto.png"
    for target in (f"{address}/a.png", str(outside), outside.as_uri(), "../secreto.png", "../../secreto.png"):
        (folders / "dibujo.svg").write_text(svg_with(target))
        output = new_output("display_data", data={"image/svg+xml": svg_with(target)})
        cells = [new_code_cell("x", outputs=[output]), new_markdown_cell("![](dibujo.svg)")]
        assert exported(cells, folders)[0] == []
    assert asked == []


def test_a_remote_image_is_shown_as_its_link(server, folders):
    address, asked = server
    badge = f"[![insignia]({address}/b.png)](https://example.com/destino)"
    sizes, text, links = exported([new_markdown_cell(f"![un gato]({address}/a.png)\n\n{badge}")], folders)
    assert "[imagendeinternet,nodescargada:ungato]" in text and "insignia" in text
    assert f"{address}/a.png" in links and sizes == [] and asked == []


def test_images_of_the_notebook_and_of_its_folders_are_shown(folders):
    data = f"data:image/png;base64,{base64.b64encode(PROBE).decode()}"
    attached = new_markdown_cell("![](attachment:a%20b.png)", attachments={"a b.png": {"image/png": data[22:]}})
    for cell in (
        attached,
        new_markdown_cell("![](dentro/buena.png)"),
        new_markdown_cell("![](./dentro/../dentro/buena.png)"),
        new_markdown_cell("![](mi%20foto%20%C3%B1.png)"),
        new_markdown_cell("![](../otra.png)"),
        new_markdown_cell(f"![]({data})"),
        new_markdown_cell('<img src="dentro/buena.png">'),
        html('<img src="mi foto ñ.png">'),
        html(f'<table><tr><td><img src="{data}"></td></tr></table>'),
        html(
            f'<img src="data:image/png;base64,{base64.b64encode(base64.b64decode(png(37, 11, noise=True))).decode()}">'
        ),
        new_code_cell("x", outputs=[new_output("display_data", data={"image/png": data[22:]})]),
    ):
        sizes, text, _ = exported([cell], folders)
        assert sizes in ([(37, 11)], [(37, 110)]) and "faltalaimagen" not in text, cell


@pytest.mark.slow
def test_files_outside_the_folders_are_not_shown(folders):
    outside = folders.parent.parent / "secreto.png"
    absolute = outside.as_posix()
    encoded = "".join(f"%{byte:02x}" for byte in absolute.encode())
    for address in (
        absolute,
        outside.as_uri(),
        f"file:{absolute}",
        f"FILE://localhost{absolute}",
        f"//localhost{absolute}",
        encoded,
        "../../secreto.png",
        "%2e%2e/%2e%2e/secreto.png",
        "..%2f..%2fsecreto.png",
        "dentro/../../../secreto.png",
        "../../workbook-vecino/secreto.png",
        "C:/secreto.png",
        "C:secreto.png",
        "\\\\servidor\\secreto.png",
        "..\\..\\secreto.png",
        "%00/secreto.png",
        "imagen:7",
        "dentro",
    ):
        sizes, text, _ = exported([html(f'<img src="{address}" alt="eso">')], folders)
        assert sizes == [] and "[faltalaimagen:eso]" in text, address
        sizes, text, _ = exported([new_markdown_cell(f"![eso](<{address}>)")], folders)
        assert sizes == [], address


def test_links_are_followed_to_where_they_end(folders):
    outside = folders.parent.parent
    (folders / "enlace.png").symlink_to(outside / "secreto.png")
    (folders / "carpeta").symlink_to(outside)
    (folders / "vuelta.png").symlink_to("vuelta.png")
    (folders / "bueno.png").symlink_to(folders / "dentro" / "buena.png")
    os.mkfifo(folders / "tubo.png")
    for name in ("enlace.png", "carpeta/secreto.png", "carpeta/workbook-vecino/secreto.png", "vuelta.png", "tubo.png"):
        sizes, text, _ = exported([new_markdown_cell(f"![eso]({name})")], folders)
        assert sizes == [] and "[faltalaimagen:eso]" in text, name
    assert exported([new_markdown_cell("![](bueno.png)")], folders)[0] == [(37, 11)]


def test_what_is_no_image_is_not_shown(folders):
    (folders / "clave.png").write_text("aws_secret_access_key = no-se-ve")
    (folders / "pagina.svg").write_text("<p>no-se-ve</p>")
    cells = [new_markdown_cell("![eso](clave.png) ![otro](pagina.svg)")]
    sizes, text, _ = exported(cells, folders)
    assert sizes == [] and "no-se-ve" not in text and "[faltalaimagen:eso]" in text


def test_a_notebook_without_a_folder_does_not_see_the_current_one(folders, monkeypatch):
    monkeypatch.chdir(folders / "dentro")
    notebook = new_notebook(cells=[new_markdown_cell("# T\n\n![eso](buena.png)")])
    pdf, _ = MemoriaExporter(image_folders=[str(folders.parent)]).from_notebook_node(notebook)
    text = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    assert "[faltalaimagen:eso]" in text and Path.cwd() == folders / "dentro"
