"""Write a sheet as a page in HTML, which asks nothing of any other file or machine, and in PDF.

What a delivery says is foreign: of its HTML there stay words, tables and pictures, each within its own cell.
"""

import base64
import functools
import html as html_text
import re
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from helpers.marking.cleaned import clean
from helpers.memoria import last_resort
from helpers.memoria.exporter import BodyExporter, MemoriaExporter
from helpers.memoria.images import Images, kind_of
from helpers.memoria.limits import fitted
from helpers.memoria.preprocess import prepare
from helpers.workbook import replace_file

STYLE = Path(__file__).with_name("page.css")
# Nothing is fetched, run or sent, whatever is in the page.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE, ALT = re.compile(r'\bsrc="([^"]*)"'), re.compile(r'\balt="([^"]*)"')
MIME = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml"}


class CleanBody(BodyExporter):
    """The memoria's HTML, with all that is Markdown cleaned: a sheet's own headings are HTML."""

    def default_filters(self) -> Generator[tuple[str, Any]]:
        """Yield the memoria's filters; the one that limits HTML also cleans it."""
        yield from super().default_filters()
        yield "fitted", lambda html: clean(fitted(html))


class SheetExporter(MemoriaExporter):
    """The memoria's PDF, of a sheet."""

    @functools.cached_property
    def _body(self) -> BodyExporter:
        return CleanBody(config=self.config)


def write(sheet: NotebookNode, target: Path, images: Path) -> str:
    """Write `target` with .html and .pdf added; its images are in the folder `images`.

    Return what could not be made, as a Spanish sentence, empty if nothing.
    """
    page = _whatever_happens(sheet, lambda some: _html(some, images))
    replace_file(target.with_name(f"{target.name}.html"), lambda path: path.write_text(page, "utf-8", "replace"))
    try:
        pdf, _ = SheetExporter().from_notebook_node(sheet, {"metadata": {"path": str(images)}})
    except Exception as error:  # whatever a delivery may have inside
        return f"No se ha podido hacer su `.pdf`, y sí su `.html`: {str(error)[:200]}"
    replace_file(target.with_name(f"{target.name}.pdf"), lambda path: path.write_bytes(pdf))
    return ""


def _whatever_happens(sheet: NotebookNode, make: Callable[[NotebookNode], str]) -> str:
    """Return what `make` makes of a sheet, with the cells at fault as plain text if it cannot."""

    def of(cells: Sequence[NotebookNode]) -> str:
        return make(NotebookNode({**sheet, "cells": list(cells)}))

    def composes(cells: Sequence[NotebookNode]) -> bool:
        try:
            of(cells)
        except Exception:  # as above
            return False
        return True

    try:
        return of(sheet.cells)
    except Exception:  # as above
        mended, _ = last_resort.mended(sheet.cells, composes)
        return of(mended)


def _html(sheet: NotebookNode, folder: Path) -> str:
    images = Images(folder)
    body, _ = CleanBody().from_notebook_node(prepare(sheet, images))
    body = IMAGE.sub(lambda element: _embedded(element[0], images), body)
    said = sheet.metadata
    title = html_text.escape(str(said.get("title", "")))
    signed = [", ".join(one["name"] for one in said.get("authors", []))]
    signed += [f"{label} {said[key]}" for key, label in (("group", "Grupo"), ("pair", "Pareja")) if said.get(key)]
    return (
        f'<!doctype html>\n<html lang="es"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="referrer" content="no-referrer">\n<title>{title}</title>\n'
        f"<style>\n{STYLE.read_text('utf-8')}</style></head>\n<body>\n"
        f'<p class="firma">{html_text.escape(" · ".join(one for one in signed if one))}</p>\n{body}\n</body></html>\n'
    )


def _embedded(element: str, images: Images) -> str:
    """Return an image's element with the image in it, or its words if it is none that can be shown."""
    found, alt = SOURCE.search(element), ALT.search(element)
    words = alt[1] if alt else "imagen"
    address = html_text.unescape(found[1]) if found else ""
    data = images.data(address) or b""
    kind = kind_of(data)
    if not kind or len(data) > images.bytes_left:
        return f"<em>[falta la imagen: {words}]</em>"
    images.bytes_left -= len(data)
    return f'<img src="data:{MIME[kind]};base64,{base64.b64encode(data).decode()}" alt="{words}">'
