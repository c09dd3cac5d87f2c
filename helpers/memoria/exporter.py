"""A notebook as a PDF: nbconvert makes HTML of it, pandoc makes typst of that, typst makes the PDF.

Registered as the nbconvert exporter `memoria`. The three programs come from pip; there is no LaTeX and no browser.
"""

import datetime
import functools
import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pypandoc
import typst
from nbconvert.exporters.exporter import Exporter
from nbconvert.exporters.html import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, List, Unicode, default

from helpers.errors import MemoriaError
from helpers.memoria import document
from helpers.memoria.preprocess import prepare
from helpers.questions import SECTIONS

HERE = Path(__file__).parent
PREAMBLE = HERE / "memoria.typ"
FILTER = HERE / "memoria.lua"
PANDOC_TIMEOUT_S = 120
IMAGES = "m"  # the folder beside the document where memoria.lua puts them
BROKEN_IMAGE = """<svg xmlns="http://www.w3.org/2000/svg" width="160" height="24"><g stroke="#b3261e">
<rect width="160" height="24" fill="#fdecea"/><path d="M0 0 L160 24 M0 24 L160 0"/></g></svg>"""

# What pygments adds to a listing: its style sheet, and a span around each word. typst colours the code itself.
STYLE_SHEET = re.compile(r"<style\b.*?</style>", re.DOTALL)
HIGHLIGHTED = re.compile(r'<span(?: class="[a-z][a-z0-9]?")?>([^<]*)</span>')

MONTHS = ["enero", "febrero", "marzo", "abril", "mayo", "junio",
          "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"]  # fmt: skip


class BodyExporter(HTMLExporter):
    """nbconvert's HTML by a template of our own, which says what each thing is and no more."""

    template_name = Unicode("memoria")
    extra_template_basedirs = List(Unicode(), [str(HERE / "templates")])
    exclude_anchor_links = Bool(True)
    default_preprocessors: List[str] = List()  # `MemoriaExporter` has run them

    def from_notebook_node(  # type: ignore[override]  # nbconvert says that every exporter returns a notebook
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return (HTML of the cells, resources)."""
        # Past HTMLExporter's own step, which would parse the page again.
        html, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kwargs)
        return HIGHLIGHTED.sub(r"\1", STYLE_SHEET.sub("", html)), resources


class MemoriaExporter(Exporter):
    """Export any notebook as a PDF; `07_memoria` stands for the whole memoria, with the sections as they are saved.

    A section has its heading and the authors on its cover. A notebook's metadata may have `title`, `subtitle`,
    `authors` and more for it.
    """

    output_mimetype = "application/pdf"
    optimistic_validation = Bool(True)  # once, not after each of a dozen preprocessors that do nothing
    pdf_standards = List(
        Unicode(), ["ua-1", "a-2a"], help="PDF standards to meet: accessible (UA-1) and archival (A-2a)."
    ).tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    @functools.cached_property
    def _body(self) -> BodyExporter:
        """What makes the HTML, with its template compiled once."""
        return BodyExporter(config=self.config)

    def from_notebook_node(  # type: ignore[override]  # as above
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return (the PDF, resources); raise `MemoriaError` with the program that failed and what it said."""
        name = (resources or {}).get("metadata", {}).get("name")
        if "title" not in nb.metadata and name in (section.stem for section in SECTIONS):
            nb = document.whole(nb) if name == document.LAST else document.section(nb)
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        ending = nb.metadata.get("colophon") or document.colophon([nb], document.asked(nb))
        nb = prepare(nb)
        html, resources = self._body.from_notebook_node(nb, resources)
        folder = Path(resources.get("metadata", {}).get("path") or ".").resolve()
        title = nb.metadata.get("title") or name or "Memoria"
        try:
            with tempfile.TemporaryDirectory(prefix="memoria-") as work:
                body = html_to_typst(html, Path(work), folder)
                source = Path(work) / "memoria.typ"
                source.write_text(document_source(title, nb.metadata | {"colophon": ending}, body), "utf-8")
                pdf = self._compile(source)
        except OSError as error:
            raise MemoriaError(
                f"No se puede escribir en {tempfile.gettempdir()}: {error.strerror}. Haz sitio en el disco y repite."
            ) from error
        resources["output_extension"] = ".pdf"
        resources.pop("outputs", None)
        return pdf, resources

    def _compile(self, source: Path) -> bytes:
        """Return the PDF, accessible and archival if the document allows it; if not, plain, and say why."""
        try:
            return compile_pdf(source, self.pdf_standards)
        except MemoriaError as refusal:
            if broken := replace_broken_images(source):
                self.log.warning("Hay %d imágenes que no se pueden leer; en el PDF se dice dónde van.", broken)
                return self._compile(source)
            pdf = compile_pdf(source, [])
            self.log.warning("El PDF no cumple %s: %s", " ni ".join(self.pdf_standards), refusal)
            return pdf


def html_to_typst(html: str, work: Path, images: Path) -> str:
    """Return `html` as typst; the images that it needs are written below `work`, relative ones are read in `images`."""
    (work / IMAGES).mkdir()
    command = [
        pypandoc.get_pandoc_path(),
        "--from=html+tex_math_dollars",
        "--to=typst",
        "--wrap=none",
        f"--resource-path={images}",
        f"--lua-filter={FILTER}",
        # To the Haskell runtime: collect garbage less often. Half of pandoc's time went there.
        "+RTS",
        "-F8",
        "-RTS",
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


def replace_broken_images(source: Path) -> int:
    """Put a crossed box in the place of each image of the document that typst cannot read; return how many."""
    folder, text = source.parent / IMAGES, source.read_text("utf-8")
    broken = []
    for image in folder.iterdir():
        try:
            # typst's types want the root in the type of the source.
            typst.compile(f'#image("{image.name}")'.encode(), root=str(folder), ignore_system_fonts=True)  # type: ignore[type-var]
        except typst.TypstError:
            text = text.replace(f'image("{IMAGES}/{image.name}"', f'image("{IMAGES}/rota.svg"')
            broken.append(image)
    if broken:
        for image in broken:
            image.unlink()
        (folder / "rota.svg").write_text(BROKEN_IMAGE, "utf-8")
        source.write_text(text, "utf-8")
    return len(broken)


def document_source(title: str, metadata: Mapping[str, Any], body: str) -> str:
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
        "colophon": list(metadata["colophon"]),
    }
    arguments = ", ".join(f"{name}: {typst_value(value)}" for name, value in values.items())
    return f"{PREAMBLE.read_text('utf-8')}\n#show: memoria.with({arguments})\n\n{body}"


def typst_value(value: str | bool | list[str]) -> str:
    """Return `value` as typst writes it: like JSON, but for lists."""
    if isinstance(value, list):
        return f"({''.join(f'{typst_value(item)}, ' for item in value)})"
    return json.dumps(value, ensure_ascii=False)


def compile_pdf(source: Path, standards: list[str]) -> bytes:
    """Return the PDF of the typst file `source`; raise `MemoriaError` if it cannot be made to meet `standards`."""
    try:
        pdf: bytes = typst.compile(  # type: ignore[call-overload]  # it lists the standards' names; a wrong one it says
            str(source), root=str(source.parent), format="pdf", pdf_standards=standards, ignore_system_fonts=True
        )
    except typst.TypstError as error:
        raise MemoriaError(f"typst no ha podido componer el PDF: {error}") from error
    if not pdf.startswith(b"%PDF"):
        raise MemoriaError("typst ha devuelto algo que no es un PDF.")
    return pdf
