"""A notebook as a PDF: nbconvert makes HTML of it, pandoc makes typst of that, typst makes the PDF.

Registered as the nbconvert exporter `memoria`. The three programs come from pip; there is no LaTeX and no browser.
"""

import datetime
import json
import subprocess
import tempfile
from pathlib import Path

import pypandoc
import typst
from nbconvert.exporters.exporter import Exporter
from nbconvert.exporters.html import HTMLExporter
from nbformat import NotebookNode
from traitlets import default

from helpers.errors import MemoriaError

HERE = Path(__file__).parent
PREAMBLE = HERE / "memoria.typ"
FILTER = HERE / "memoria.lua"
PANDOC_TIMEOUT_S = 120

MONTHS = ["enero", "febrero", "marzo", "abril", "mayo", "junio",
          "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"]  # fmt: skip


class MemoriaExporter(Exporter):
    """Export any notebook as a PDF; its metadata may have `title`, `subtitle`, `authors` and more for the cover."""

    output_mimetype = "application/pdf"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(self, nb: NotebookNode, resources=None, **kwargs) -> tuple[bytes, dict]:
        """Return (the PDF, resources); raise `MemoriaError` with the program that failed and what it said."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        html, resources = HTMLExporter(config=self.config, template_name="basic").from_notebook_node(nb, resources)
        folder = resources.get("metadata", {}).get("path") or "."
        with tempfile.TemporaryDirectory(prefix="memoria-") as work:
            body = html_to_typst(html, Path(work), Path(folder).resolve())
            title = nb.metadata.get("title") or resources.get("metadata", {}).get("name") or "Memoria"
            source = Path(work) / "memoria.typ"
            source.write_text(document_source(title, nb.metadata, body), "utf-8")
            pdf = compile_pdf(source)
        resources["output_extension"] = ".pdf"
        resources.pop("outputs", None)
        return pdf, resources


def html_to_typst(html: str, work: Path, images: Path) -> str:
    """Return `html` as typst; the images that it needs are written below `work`, relative ones are read in `images`."""
    (work / "m").mkdir()
    command = [
        pypandoc.get_pandoc_path(),
        "--from=html+tex_math_dollars",
        "--to=typst",
        "--wrap=none",
        f"--resource-path={images}",
        f"--lua-filter={FILTER}",
    ]
    try:
        done = subprocess.run(
            command, input=html.encode("utf-8", "replace"), cwd=work, capture_output=True, timeout=PANDOC_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MemoriaError(f"No se ha podido ejecutar pandoc: {error}. Repite la instalación con «make».") from error
    if done.returncode != 0:
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise MemoriaError(f"pandoc no ha podido convertir el cuaderno: {reason}")
    return done.stdout.decode("utf-8")


def document_source(title: str, metadata: dict, body: str) -> str:
    """Return the whole typst document: the template, called with the cover's data, and `body`."""
    today = datetime.date.today()
    place = [f"Grupo {metadata['group']}"] if metadata.get("group") else []
    place += [f"Pareja {metadata['pair']}"] if metadata.get("pair") else []
    values = {
        "title": title,
        "subtitle": metadata.get("subtitle", ""),
        "authors": [author["name"] for author in metadata.get("authors", [])],
        "group": " · ".join(place),
        "date": f"{today.day} de {MONTHS[today.month - 1]} de {today.year}",
        "draft": bool(metadata.get("draft")),
    }
    arguments = ", ".join(f"{name}: {typst_value(value)}" for name, value in values.items())
    return f"{PREAMBLE.read_text('utf-8')}\n#show: memoria.with({arguments})\n\n{body}"


def typst_value(value: str | bool | list[str]) -> str:
    """Return `value` as typst writes it: like JSON, but for lists."""
    if isinstance(value, list):
        return f"({''.join(f'{typst_value(item)}, ' for item in value)})"
    return json.dumps(value, ensure_ascii=False)


def compile_pdf(source: Path) -> bytes:
    """Return the PDF of the typst file `source`."""
    try:
        pdf = typst.compile(str(source), root=str(source.parent), format="pdf", ignore_system_fonts=True)
    except typst.TypstError as error:
        raise MemoriaError(f"typst no ha podido componer el PDF: {error}") from error
    if not pdf.startswith(b"%PDF"):
        raise MemoriaError("typst ha devuelto algo que no es un PDF.")
    return pdf
