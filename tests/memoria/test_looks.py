"""What the pages look like: a notebook made for it, page by page, beside the pictures in tests/memoria/looks.

To accept a new look, remove its pictures and run this: they are written, and the test fails once, to be looked at.
"""

import datetime
import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from memoria_images import png
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader

from helpers import tables
from helpers.memoria import cover, exporter

# An environment older than the lock, until «make» renews it, lacks these.
pypdfium2 = pytest.importorskip("pypdfium2")
Image = pytest.importorskip("PIL.Image")

PICTURES = Path(__file__).with_name("looks")
SCALE = 0.5  # of a point
# Of 255 levels of grey, in the mean of a square of this many pixels: less than the thinnest line of a table makes.
SQUARE, TOLERANCE = 3, 4
LEAST_LETTER = 8.5

ARN = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
TEXT = "El micro-servicio guarda cada usuario en una tabla, y responde por *HTTP* con `user_lambda` detrás. " * 4
COMMAND = f"awslocal apigateway put-integration --rest-api-id k9t7hfekmn --uri {ARN}user_lambda/invocations --type AWS"
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="60"><rect width="240" height="60" fill="#cde"/></svg>'
)


def text(source, *tags):
    return new_markdown_cell(source, metadata={"tags": list(tags)} if tags else {})


COUNTS = itertools.count(1)


def code(source, *outputs, count=0, tags=()):
    count = next(COUNTS) if count == 0 else count
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(source, outputs=list(outputs), execution_count=count, metadata=metadata)


def shown(**data):
    kinds = {"html": "text/html", "svg": "image/svg+xml", "png": "image/png", "markdown": "text/markdown"}
    return new_output("display_data", data={kinds[name]: value for name, value in data.items()})


def printed(words, name="stdout"):
    return new_output("stream", name=name, text=words)


def grid(rows, columns):
    return shown(html=tables.table(rows, columns)._repr_html_())


def question(number, *evidence):
    return [
        text(f"### Pregunta s3-{number}\n\n¿Qué hace la orden número {number}?", "pregunta", f"s3-{number}"),
        *evidence,
        text(f"**Respuesta.** Hace lo que dice la tabla:\n\n- una cosa, con `--opción-{number}`;\n- y otra. {TEXT}",
             "respuesta", f"s3-{number}"),
    ]  # fmt: skip


def check(number):
    return code(f'practice.check("s3-{number}")', shown(markdown="✓ Se ha visto."), tags=("evidencia", f"s3-{number}"))


SAMPLE = [
    text(f"# 1. Texto\n\n{TEXT}\n\n{TEXT}\n\n## Una tarea\n\n- uno\n- dos\n  1. dentro\n  2. más\n\n> una cita"),
    text("### Lo mismo en el terminal\n\n```bash\nawslocal s3 ls s3://si1p1\n```\n\nY $x^2 + \\frac{1}{2}$.\n\n"
         "| Clave | Bytes |\n|---|--:|\n| `src/a.py` | 1204 |\n| `src/b.py` | 87 |"),
    text("# 2. Tablas"),
    code("tables.objects(r)", grid([("src/a.py", 4560, "hoy"), ("b", 87, "ayer")], ["Clave", "Bytes", "Cuándo"])),
    code("tables.wide(r)", grid([tuple(range(n, n + 11)) for n in (1, 120)], [f"Columna {n}" for n in range(11)])),
    code("tables.words(r)", grid([(f"{ARN}user_lambda/invocations", f"{TEXT}")], ["uri", "Qué es"])),
    text("# 3. Código"),
    code(f'import boto3\n\nuri = "{ARN}user_lambda/invocations"\n\nfor clave in claves:\n    print(clave, sep="")',
         printed("uno\ndos\n")),
    text(f"```bash\n{COMMAND}\n```"),
    code("print('x' * 200)", printed("x" * 200)),
    code("\n".join(f"renglón_{n} = {n}" for n in range(70)), printed("hecho")),
    text("# 4. Errores y avisos"),
    code("s3.falla()", shown(html='<div class="expected-error"><p>Error <code>NoSuchBucket</code>.</p></div>')),
    code("1 / 0", new_output("error", ename="E", evalue="e", traceback=["Traceback", "ZeroDivisionError: por cero"])),
    code("avisa()", printed("esto es un aviso\n", "stderr")),
    text("# 5. Imágenes"),
    code("dibujo", shown(svg=DRAWING)),
    code("foto", shown(png=png(300, 90))),
    text("![falta](no-esta.png)"),
    text("# 6. Preguntas"),
    text("## Tarea"),
    *question(1, code("s3.list()", grid([("a", 1)], ["Clave", "Bytes"])), check(1)),
    *question(2, *(text(TEXT) for _ in range(5)), check(2)),
    text("# 7. Márgenes"),
    *(text(TEXT) for _ in range(10)),
    code("\n".join(f"no_se_ejecutó({n})" for n in range(12)), count=None, tags=("evidencia", "s3-1")),
    code("fue_antes()", printed("antes"), count=1),
]  # fmt: skip
ABOUT = {
    "title": "REST API en cloud", "subtitle": "Sistemas Informáticos I", "school": "Escuela Politécnica Superior",
    "degree": "Ingeniería Informática", "authors": [{"name": "Ana García López"}, {"name": "Luis Pérez Gil"}],
    "group": "1301", "pair": "7", "colophon": ["Ejecutado el 1 de marzo.", "Generado con las pruebas."],
}  # fmt: skip
ALONE = {"title": "Una sección", "colophon": [], "draft": True, "missing": ["Celdas sin ejecutar: 1 de 2."]}


class March(datetime.date):
    @classmethod
    def today(cls):
        return cls(2026, 3, 1)


def exported(cells, about):
    notebook = new_notebook(cells=cells, metadata=about)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cover.datetime, "date", March)
        return exporter.MemoriaExporter().from_notebook_node(notebook)[0]


@pytest.fixture(scope="module")
def sample():
    """The PDF of the notebook made for it, with every field of its cover."""
    return exported(SAMPLE, ABOUT)


def pictures(pdf):
    """Return each page as an array of grey levels."""
    return [page.render(scale=SCALE, grayscale=True).to_pil() for page in pypdfium2.PdfDocument(pdf)]


def squares(picture):
    """Return the mean level of each square of a picture."""
    levels = np.asarray(picture, dtype=float)
    height, width = (size // SQUARE * SQUARE for size in levels.shape)
    return levels[:height, :width].reshape(height // SQUARE, SQUARE, width // SQUARE, SQUARE).mean(axis=(1, 3))


def test_the_pages_are_like_their_pictures(sample):
    found = pictures(sample) + pictures(exported([text("# Una sección\n\nSin autores.")], ALONE))
    assert len(found) >= 12
    PICTURES.mkdir(exist_ok=True)
    different, written = {}, []
    for number, picture in enumerate(found, 1):
        kept = PICTURES / f"{number:02}.png"
        if not kept.exists():
            picture.save(kept, optimize=True)
            written.append(kept.name)
        reference = Image.open(kept)
        same_size = reference.size == picture.size
        far = np.abs(squares(picture) - squares(reference)).max() if same_size else 255
        if far > TOLERANCE:
            different[kept.name] = int(far)
    assert (different, written, len(list(PICTURES.iterdir()))) == ({}, [], len(found))


def test_no_letter_is_smaller_than_it_can_be_read(sample):
    sizes = {}
    for number, page in enumerate(PdfReader(io.BytesIO(sample)).pages, 1):

        def note(words, _, matrix, __, size, number=number):
            if words.strip():
                sizes.setdefault(round(size * abs(matrix[3]), 1), (number, words.strip()))

        page.extract_text(visitor_text=note)
    # An exponent and the parts of a fraction are smaller than their formula.
    small = {size: where for size, where in sizes.items() if size < LEAST_LETTER and where[1] not in "21"}
    assert small == {} and min(sizes) > 4


def test_what_is_copied_has_its_words_whole(sample):
    """No word of a line that is too long is cut, so that pasting it into a terminal runs."""
    lines = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(sample)).pages).splitlines()
    words = {word for line in lines for word in line.split()}
    assert {word for word in COMMAND.split() if word not in words} == set()
    assert f'"{ARN}user_lambda/invocations"' in words


def test_a_word_too_long_for_its_column_or_line_is_broken_at_its_signs():
    page = "https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteDeployment.html"
    rows = [(*range(5), f"Key=src/user_rest.py, {'xxx ' * n}, Body=(4464 bytes)") for n in range(20)]
    links = [text(f"- *Una página*, {'xxx ' * n} de la guía: {page}") for n in range(20)]
    pdf = exported([text("# T"), code("t", grid(rows, list("abcdef"))), *links], ALONE)
    said = "\n".join(found.extract_text() for found in PdfReader(io.BytesIO(pdf)).pages)
    assert (said.count("(4464"), said.count("DeleteDeployment")) == (20, 20)


def test_tables_have_no_vertical_lines(sample):
    operations = PdfReader(io.BytesIO(sample)).pages[3].get_contents().operations
    path = [(operator, operands) for operands, operator in operations if operator in (b"m", b"l", b"S")]
    lines = [(path[at][1], path[at + 1][1]) for at in range(len(path) - 2) if path[at][0] + path[at + 2][0] == b"mS"]
    assert len(lines) > 5
    assert [line for line in lines if line[0][0] == line[1][0]] == []


def page_with(pdf, words):
    """Return the numbers of the pages where `words` are."""
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]
    return [number for number, said in enumerate(pages) if words in said and number >= 2]


@pytest.mark.parametrize("lines", (30, 36, 40))
def test_marks_and_answers_are_on_the_page_of_what_they_speak_of(lines):
    """Whatever the place where the page ends."""
    filled = "\n\n".join(f"renglón {number}" for number in range(lines))
    alone = code("no_se_ejecutó()\n" * 12, count=None)
    for cell, pair in (
        (alone, ("sin ejecutar", "no_se_ejecutó()")),
        (check(1), ("practice.check", "Respuesta.")),
        (code("s3.list()", printed("lo que responde\n" * 8)), ("s3.list()", "lo que responde")),
    ):
        cells = [text("# T"), code("a"), text(filled), cell, text(f"**Respuesta.** {TEXT}", "respuesta", "s3-1")]
        first, second = (page_with(exported(cells, ALONE), words) for words in pair)
        assert first and first[0] == second[0], (pair, first, second)


UNDER_A_HEADING = f"## Prueba\n\nSe prueba así: {TEXT[:150]}"


@pytest.mark.parametrize(("lead_in", "tags"), [
    ("Se prueba así:", ()), ("Se prueba así:", ("solo-resuelto",)), (UNDER_A_HEADING, ()),
])  # fmt: skip
@pytest.mark.parametrize("lines", range(34, 42))
def test_a_line_is_on_the_page_of_the_code_that_it_announces(lines, lead_in, tags):
    filled = "\n\n".join(f"renglón {number}" for number in range(lines))
    run = code("se_prueba()\n" * 9, tags=("evidencia", "s3-1"))
    answer = text("**Respuesta.** Así.", "respuesta", "s3-1")
    pdf = exported([text(f"# T\n\n{filled}"), text(lead_in, *tags), run, answer], ALONE)
    assert page_with(pdf, "Se prueba así:") == page_with(pdf, "se_prueba()") != []
