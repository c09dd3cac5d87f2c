"""Publish the solved memoria in docs/, so that it is seen before anything is installed: `make docs`.

The PDF that `si1p1 memoria` has just made is packed as small as it gets, still accessible and archival, and two
pictures go to the README: four of its pages, and one that can be read.
"""

import re
from pathlib import Path

import pikepdf
import pypdfium2
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
MEMORIA, DOCS = ROOT / "build" / "memoria.pdf", ROOT / "docs"
PDF = DOCS / "memoria.pdf"
COLOURS = 48
GAP = 8  # px
# For each picture, the width of a page in pixels, and words of the pages. The first, as wide as GitHub shows it on a
# screen of twice as many: the cover, the contents, a question with its answer, and a drawing of what has been built.
PICTURES = {
    "paginas.png": (440, ("", "Contenido", r"(?m)^Pregunta rutas-1\s*$", r"(?m)^Lo construido\s*$")),
    "memoria.png": (660, (r"(?m)^Pregunta metodos-1\s*$",)),
}


def packed(source: Path, target: Path) -> None:
    """Write the PDF at `source` to `target`, with its thousands of small objects compressed together."""
    with pikepdf.open(source) as pdf:
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True)


def picture(pdf: Path, page_width: int, shown: tuple[str, ...]) -> Image.Image:
    """Return the first page that has each of the words `shown`, side by side."""
    document = pypdfium2.PdfDocument(pdf)
    texts = [page.get_textpage().get_text_range() for page in document]
    numbers = [next(number for number, said in enumerate(texts) if re.search(words, said)) for words in shown]
    pages = [document[number].render(scale=page_width / document[number].get_width()).to_pil() for number in numbers]
    height = max(page.height for page in pages)
    whole = Image.new("RGB", (len(pages) * (page_width + GAP) + GAP, height + 2 * GAP), "#8c959f")
    for position, page in enumerate(pages):
        whole.paste(page, (GAP + position * (page_width + GAP), GAP))
    return whole.quantize(COLOURS)


def main() -> None:
    """Write docs/memoria.pdf and the pictures, and say how large they are."""
    packed(MEMORIA, PDF)
    for name, (page_width, shown) in PICTURES.items():
        picture(PDF, page_width, shown).save(DOCS / name, optimize=True)
    for path in (PDF, *(DOCS / name for name in PICTURES)):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
