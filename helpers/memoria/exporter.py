"""Export a notebook as a PDF: nbconvert makes HTML of it, pandoc converts that to typst, and typst makes the PDF.

Registered as the nbconvert exporter `memoria`. The three programs come from pip; there is no LaTeX and no browser.
"""

import functools
import json
import re
import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pypandoc
from nbconvert.exporters.exporter import Exporter
from nbconvert.exporters.html import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, List, Unicode, default

from helpers.errors import MemoriaError
from helpers.memoria import document, last_resort
from helpers.memoria.compiler import Compiler
from helpers.memoria.cover import Cover, cover_of
from helpers.memoria.images import CROSSED, CROSSED_BOX, FOLDER, Images
from helpers.memoria.limits import MAX_DOCUMENT_CHARACTERS, fitted
from helpers.memoria.preprocess import prepare
from helpers.memoria.programs import ADVICE, run
from helpers.notebook_file import parse, sound
from helpers.practice.questions import SECTIONS
from helpers.workbook import SOLVED, containing

LAYOUT = Path(__file__).with_name("layout")
PREAMBLE = LAYOUT / "memoria.typ"
FILTER = LAYOUT / "memoria.lua"
TYPST = Compiler()
IMAGE_TIMEOUT_S = 10
IMAGES = "imagenes.json"  # the list that memoria.lua writes beside the document

# The span that Pygments puts around each token of a listing; removed because typst highlights the code itself.
HIGHLIGHTED = re.compile(r'<span(?: class="[a-z][a-z0-9]?")?>([^<]*)</span>')


class BodyExporter(HTMLExporter):
    """nbconvert's HTML, from a minimal template of our own that only marks what each part is."""

    template_name = Unicode("memoria")
    extra_template_basedirs = List(Unicode(), [str(LAYOUT / "templates")])
    exclude_anchor_links = Bool(True)
    default_preprocessors: List[str] = List()  # `MemoriaExporter` has already run them

    def from_notebook_node(  # type: ignore[override]  # nbconvert types every exporter's result as a notebook
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return (HTML of the cells, resources)."""
        # Skip HTMLExporter's own step, which would parse the page again.
        html, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kwargs)
        if len(html) > MAX_DOCUMENT_CHARACTERS:
            raise MemoriaError(f"El cuaderno hecho HTML tiene {len(html)} caracteres. {ADVICE}")
        return HIGHLIGHTED.sub(r"\1", html), resources

    def default_filters(self) -> Generator[tuple[str, Any]]:
        """Yield nbconvert's filters and `fitted`, which limits the HTML that the template's filters produce."""
        yield from super().default_filters()
        yield "fitted", fitted


class MemoriaExporter(Exporter):
    """Export any notebook as a PDF; `07_memoria` stands for the whole memoria, with the other sections as saved.

    A section gets its title and the authors on its cover. The metadata of other notebooks may have `title`, `subtitle`,
    `authors` and more for theirs.
    """

    output_mimetype = "application/pdf"
    # Those that an option turns on; never CoalesceStreams, whose time grows with the square of a line's length.
    default_preprocessors: List[str] = List(
        Unicode(),
        [
            f"nbconvert.preprocessors.{name}Preprocessor"
            for name in ("TagRemove", "RegexRemove", "ClearOutput", "Execute")
        ],
    )
    image_folders = List(
        Unicode(), [], help="Folders whose images may be shown, besides the notebook's own and its workbook's."
    ).tag(config=True)
    optimistic_validation = Bool(True)  # validate once, not after each of a dozen inactive preprocessors
    pdf_standards = List(
        Unicode(), ["ua-1", "a-2a"], help="PDF standards to meet: accessible (UA-1) and archival (A-2a)."
    ).tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    @functools.cached_property
    def _body(self) -> BodyExporter:
        """The HTML exporter, with its template compiled once."""
        return BodyExporter(config=self.config)

    def from_notebook_node(  # type: ignore[override]  # as above
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return (the PDF, resources); raise `MemoriaError` with the program that failed and its message."""
        about = (resources or {}).get("metadata", {})
        name = about.get("name")
        nb = sound(nb)
        folder = Path(about.get("path") or SOLVED.root).resolve()
        workbook = containing(folder)
        if "title" not in nb.metadata and workbook and name in (section.stem for section in SECTIONS):
            nb = document.whole(nb, workbook) if name == document.LAST else document.section(nb, workbook)
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        cover = cover_of(nb, name)
        image_folders = [*map(Path, self.image_folders), *([workbook.root] if workbook else [])]

        def compose(cells: Sequence[NotebookNode]) -> bytes:
            return self._compose(NotebookNode({**nb, "cells": list(cells)}), cover, Images(folder, image_folders))

        resources["output_extension"] = ".pdf"
        resources.pop("outputs", None)
        return self._whatever_happens(nb.cells, compose), resources

    def from_file(  # type: ignore[override]  # as above
        self, file_stream: Any, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return what `from_notebook_node` does, for the notebook in `file_stream`, whatever tool has left it."""
        text = file_stream.read()
        return self.from_notebook_node(
            parse(text if isinstance(text, str) else text.decode("utf-8")), resources, **kwargs
        )

    def _whatever_happens(
        self, cells: Sequence[NotebookNode], compose: Callable[[Sequence[NotebookNode]], bytes]
    ) -> bytes:
        """Return the PDF of `cells`, with those that cannot be composed as plain text."""
        try:
            return compose(cells)
        except Exception as refusal:
            if not cells:
                raise

            def composes(some: Sequence[NotebookNode]) -> bool:
                try:
                    return bool(compose(some))
                except Exception:
                    return False

            if not composes([]):
                raise  # no cell is at fault
            mended, replaced = last_resort.mended(cells, composes)
            self.log.warning("Van como texto %d celdas que no se han podido componer: %s", replaced, refusal)
            return compose(mended if composes(mended) else [last_resort.plain(cell) for cell in cells])

    def _compose(self, nb: NotebookNode, cover: Cover, images: Images) -> bytes:
        html, _ = self._body.from_notebook_node(prepare(nb, images))
        try:
            with tempfile.TemporaryDirectory(prefix="memoria-") as work:
                body = html_to_typst(html, Path(work))
                body = images.typst(Path(work) / IMAGES, Path(work)) + "\n\n" + body
                source = Path(work) / "memoria.typ"
                source.write_text(document_source(cover, body), "utf-8")
                return self._compile(source)
        except OSError as error:
            raise MemoriaError(
                f"No se puede escribir en {tempfile.gettempdir()}: {error.strerror}. Haz sitio en el disco y repite."
            ) from error

    def _compile(self, source: Path) -> bytes:
        """Return the PDF, accessible and archival if the document allows it; otherwise plain, with a warning."""
        try:
            return TYPST.compile(source, self.pdf_standards)
        except MemoriaError as refusal:
            if broken := replace_broken_images(source):
                self.log.warning("Hay %d imágenes que no se pueden leer; en el PDF se dice dónde van.", broken)
                return self._compile(source)
            pdf = TYPST.compile(source, [])
            self.log.warning("El PDF no cumple %s: %s", " ni ".join(self.pdf_standards), refusal)
            return pdf


def html_to_typst(html: str, work: Path) -> str:
    """Return `html` as typst and write the list of its images in `work`; pandoc reads and fetches nothing else."""
    command = [
        pypandoc.get_pandoc_path(),
        "--sandbox",
        "--from=html+tex_math_dollars-auto_identifiers",
        "--to=typst",
        "--wrap=none",
        f"--lua-filter={FILTER}",
        # Haskell runtime options: collect garbage less often, since half of pandoc's time went there.
        "+RTS",
        "-F8",
        "-RTS",
    ]
    return run("pandoc", command, html.encode("utf-8", "replace"), work).decode("utf-8")


def replace_broken_images(source: Path) -> int:
    """Replace each image of the document that typst cannot read with a crossed box; return how many."""
    folder, text = source.parent / FOLDER, source.read_text("utf-8")
    broken = [image for image in sorted(folder.iterdir()) if image.name != CROSSED and not readable(image)]
    for image in broken:
        image.unlink()
        text = text.replace(f'imagen("{FOLDER}/{image.name}"', f'imagen("{FOLDER}/{CROSSED}"')
    if broken:
        (folder / CROSSED).write_text(CROSSED_BOX, "utf-8")
        source.write_text(text, "utf-8")
    return len(broken)


def readable(image: Path) -> bool:
    """Tell whether typst can read an image on its own."""
    page = image.with_name("prueba.typ")
    page.write_text(f'#image("{image.name}")', "utf-8")
    try:
        TYPST.compile(page, [], IMAGE_TIMEOUT_S)
    except MemoriaError:
        return False
    finally:
        page.unlink()
    return True


def document_source(cover: Cover, body: str) -> str:
    """Return the whole typst document: the template, called with the cover, and `body`."""
    arguments = ", ".join(f"{name}: {typst_value(value)}" for name, value in asdict(cover).items())
    return f"{PREAMBLE.read_text('utf-8')}\n#show: memoria.with({arguments})\n\n{body}"


def typst_value(value: str | bool | list[str]) -> str:
    """Return `value` as a typst literal: like JSON, except for lists."""
    if isinstance(value, list):
        return f"({''.join(f'{typst_value(item)}, ' for item in value)})"
    return json.dumps(value, ensure_ascii=False)
