"""What is too much for the memoria is left out, saying how much it was, and no program runs for ever."""

import base64
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import psutil
import pytest
from memoria_images import png, png_of_rows
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader

from helpers.errors import MemoriaError
from helpers.memoria import compiler, exporter, images, limits, preprocess, programs, widgets
from helpers.memoria.exporter import MemoriaExporter

# A pattern that goes back over what it has read would take minutes or years.
pytestmark = pytest.mark.timeout(120)


def export(*cells, **metadata):
    """Return the text of the PDF of `cells` between two others, without white space."""
    whole = [new_markdown_cell("# Prueba"), *cells, new_markdown_cell("esto va después")]
    pdf, _ = MemoriaExporter().from_notebook_node(new_notebook(cells=whole, metadata=metadata))
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def shown(kind, value):
    return new_code_cell("x", outputs=[new_output("display_data", data={kind: value})])


def html(text):
    return shown("text/html", text)


def printed(text):
    return new_code_cell("x", outputs=[new_output("stream", name="stdout", text=text)])


def failed(traceback):
    return new_code_cell("x", outputs=[new_output("error", ename="E", evalue="e", traceback=traceback)])


MILLION = 1_000_000


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (printed("x" * MILLION), "(seomiten998000caracteres)"),
        (printed("x\n" * MILLION), "(seomiten999701líneas)"),
        (printed("x" * MILLION + "\r" + "fin de línea\r\n"), "findelínea"),
        (printed("\x1b[31mx\x1b[0m" * 100_000), "(seomiten98000caracteres)"),
        (printed("\x1b[" * 500_000 + "1;" * 500_000), "(seomiten"),
        (printed("uno\r" + "x" * MILLION), "(seomiten998000caracteres)"),
        (shown("text/plain", "x" * MILLION), "(seomiten998000caracteres)"),
        (failed(["x" * MILLION]), "(seomiten998000caracteres)"),
        (failed(["x"] * MILLION), "…"),
        (new_code_cell("x" * MILLION), "(seomiten998000caracteres)"),
        (new_code_cell("x = 1\n" * MILLION), "(seomiten998001líneas)"),
        (new_markdown_cell("palabra " * MILLION), "(seomiten7980000caracteresdeestacelda)"),
        (shown("text/latex", "palabra " * MILLION), "caracteresdeestacelda)"),
        (html("<p>palabra</p>" * MILLION), "suHTMLtiene14000000caracteres"),
        (html("x" * 100_000), "tiene100000caracteresseguidos"),
        (html("<b>" * 10_000 + "x" + "</b>" * 10_000), "suHTMLtiene10000niveles"),
        (html(f"<table><tr>{'<td>x</td>' * 5000}</tr></table>"), "unatablacon5000columnas"),
        (html('<table><tr><td colspan="00100000000">x</td></tr></table>'), "unatablacon100000000columnas"),
        (html("<div>" * 5_000 + "en el fondo" + "</div>" * 5_000), "enelfondo"),
        (html("<style" * MILLION), "estovadespués"),
        (html(f"<script>{'x' * MILLION}</script>sin guiones"), "singuiones"),
        (html("<!--" * 40_000), "estovadespués"),
        (html("&" * 200_000), "caracteresseguidos"),
        (new_markdown_cell(f"![{'larga ' * 50_000}](falta.png)"), "caracteresdeestacelda)"),
        (new_markdown_cell(f"[enlace](https://example.com/{'x' * 15_000})"), "caracteresseguidos"),
        (new_markdown_cell(f"${'x + ' * 4000}y$"), "x+x+x+"),
        (new_markdown_cell(f"${'{' * 400}x{'}' * 400}$"), "{{{{"),
        (new_markdown_cell("$" + "\\frac{1}{" * 200 + "x" + "}" * 200 + "$"), "\\frac{1}{\\frac"),
        (new_markdown_cell("\n".join(f"{'  ' * n}- a" for n in range(150))), "niveles"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.slow
def test_a_part_that_is_too_large_is_left_out_saying_how_large_it_was(cell, said):
    text = export(cell)
    assert said in text and text.index("Prueba") < text.rindex("estovadespués")


@pytest.mark.parametrize(
    "mark", [">", "[", "****", "_", "`", "$", "<", "![", "[a](", "\\begin{a}", "- ", "|", "&", "*a "]
)
def test_markdown_that_never_ends_is_still_printed(mark):
    assert "estovadespués" in export(new_markdown_cell(mark * (MILLION // len(mark))))


def test_references_that_grow_when_they_are_resolved():
    address = f"https://example.com/{'x' * 4000}"
    assert "suHTMLtiene" in export(new_markdown_cell(f"[a]: {address}\n\n" + "[a] " * 3000))


def test_what_is_within_the_limits_is_whole():
    word, line = "x" * limits.MAX_WORD_CHARACTERS, "y" * limits.MAX_LINE_CHARACTERS
    columns = "".join(f"<td>c{n}</td>" for n in range(limits.MAX_COLUMNS))
    deep = html("<b>" * limits.MAX_DEPTH + "hondo" + "</b>" * limits.MAX_DEPTH)
    cells = [html(f"<p>{word}</p>"), printed(line), html(f"<table><tr>{columns}</tr></table>"), deep]
    text = export(*cells)
    assert "omite" not in text and word in text and line in text and "hondo" in text
    assert all(f"c{n}" in text for n in range(limits.MAX_COLUMNS))


def test_a_notebook_that_is_too_long_says_how_many_cells_and_outputs_it_leaves_out(monkeypatch):
    monkeypatch.setattr(limits, "MAX_NOTEBOOK_CHARACTERS", 20_000)
    text = export(*(new_markdown_cell(f"celda{n}.") for n in range(200)))
    assert "celda90." in text and "celda150." not in text and "últimasceldas)" in text
    outputs = [new_output("display_data", data={"text/plain": f"salida{n}."}) for n in range(200)]
    text = export(new_code_cell("x", outputs=outputs))
    assert "salida90." in text and "salida150." not in text and "salidasdeestacelda)" in text


def test_an_output_that_is_left_out_does_not_count_in_the_whole():
    text = export(*(html("<p>palabra</p>" * 100_000) for _ in range(5)), printed("y" * 10 * MILLION))
    assert text.count("suHTMLtiene") == 5 and "estovadespués" in text


def test_widgets_inside_one_another_without_end():
    box = {"model_name": "VBoxModel", "state": {"children": []}}
    models = {str(n): {**box, "state": {"children": [f"IPY_MODEL_{n + 1}"] * 2}} for n in range(60)}
    models["60"] = {"model_name": "HTMLModel", "state": {"value": "hondo"}}
    chain = {str(n): {**box, "state": {"children": [f"IPY_MODEL_{n + 1}"]}} for n in range(5000)}
    for state in (models, chain):
        view = shown(widgets.VIEW, {"model_id": "0"})
        assert "omite" in export(view, widgets={widgets.STATE: {"state": state}})


def bomb(side):
    """Return a PNG with as many pixels a side, all black, in some thousandths of their bytes."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side + 1) * 10) for _ in range(side // 10)) + packer.flush()
    return png_of_rows(side, side, rows)


def test_images_with_too_many_pixels_or_bytes_are_left_out(monkeypatch, tmp_path):
    text = export(shown("image/png", png_of_rows(50_000, 50_000, b"")))
    assert "demasiadogrande,de50000×50000píxeles" in text
    monkeypatch.setattr(images, "MAX_PIXELS", 1000 * 1000)
    text = export(shown("image/png", bomb(1000)), shown("image/png", png(1, 1)))
    assert "1×1píxeles" in text and "1000×1000" not in text
    monkeypatch.setattr(images, "MAX_BYTES", 1000)
    text = export(shown("image/png", png(100, 100, noise=True)), shown("image/png", png(1, 1)))
    assert "100×100píxeles" in text and text.count("seomite") == 1
    (tmp_path / "grande.png").write_bytes(base64.b64decode(png(100, 100, noise=True)))
    notebook = new_notebook(cells=[new_markdown_cell("![foto](grande.png)")])
    pdf, _ = MemoriaExporter().from_notebook_node(notebook, {"metadata": {"path": str(tmp_path)}})
    assert "más de 1001 bytes: foto" in " ".join(PdfReader(io.BytesIO(pdf)).pages[-1].extract_text().split())


def test_the_size_of_a_jpeg_is_not_that_of_the_one_inside_it():
    inner = b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x01\x00\x01"
    outer = b"\xff\xd8\xff\xe1" + (len(inner) + 2).to_bytes(2) + inner + b"\xff\xff\xc2\x00\x11\x08\x10\x00\x20\x00\x03"
    assert images.size_in_pixels(outer, "jpg") == (0x2000, 0x1000)
    assert images.size_in_pixels(b"\xff\xd8\xff\xe1\x00", "jpg") is None


def test_a_drawing_that_never_ends_is_crossed_out(monkeypatch):
    monkeypatch.setattr(exporter, "IMAGE_TIMEOUT_S", 3)
    monkeypatch.setattr(programs, "MAX_MEMORY_BYTES", 600 * 1024**2)
    uses = "".join(f'<g id="a{n + 1}">{f"<use href='#a{n}'/>" * 10}</g>' for n in range(9))
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><defs><g id="a0"><path d="M0 0L1 1"/></g>{uses}'
    )
    assert "estovadespués" in export(shown("image/svg+xml", f'{drawing}</defs><use href="#a9"/></svg>'))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("uno\rdos", "dos"),
        ("uno\rdos\r\ntres\r", "dos\n"),
        ("a\rb\nc\rd\r\r\ne", "b\n\ne"),
        ("\x1b[1;31mrojo\x1b[0m\x1b[", "rojo["),
    ],
)
def test_what_a_terminal_would_show_in_the_end(text, left):
    assert preprocess.settled(text) == left


def children():
    return set(psutil.Process().children())  # not theirs: another file's LocalStack may run here, and its functions go


@pytest.fixture
def nothing_left(tmp_path, monkeypatch):
    """Check that neither a process nor a temporary file stays."""
    exporter.TYPST.stop()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before, threads = children(), threading.active_count()
    yield
    exporter.TYPST.stop()
    assert children() == before and threading.active_count() == threads
    assert list(tmp_path.glob("memoria-*")) == []


HANG = "import time\ntime.sleep(3600)\n"
EAT = "kept = []\nwhile True: kept.append(bytearray(b'x') * 10_000_000)\n"
DIE = "import os\nos.abort()\n"


def program(folder, source):
    """Return the path of a program that does as pandoc would in a bad hour."""
    path = folder / "programa"
    path.write_text(f"#!{sys.executable}\n{source}")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (HANG, "pandoc no ha terminado en 1 segundos, y se ha detenido. Algo del cuaderno"),
        (EAT, r"pandoc ha pedido más de 0\.\d+ GB de memoria, y se ha detenido"),
        (DIE, "pandoc no ha podido convertir el cuaderno: ha terminado con el código -6"),
        ("import sys\nsys.exit('no sé leer esto')", "pandoc no ha podido convertir el cuaderno: no sé leer esto"),
    ],
    ids=["hangs", "eats", "dies", "fails"],
)
def test_a_pandoc_that_does_not_end_well(nothing_left, tmp_path, monkeypatch, source, said):
    monkeypatch.setattr(programs, "MAX_MEMORY_BYTES", 200 * 1024**2)
    run = exporter.run
    monkeypatch.setattr(exporter, "run", lambda *given: run(*given, timeout_s=1 if source == HANG else 60))
    monkeypatch.setattr(exporter.pypandoc, "get_pandoc_path", lambda: str(program(tmp_path, source)))
    with pytest.raises(MemoriaError, match=said):
        export()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (HANG, "typst no ha terminado en 1 segundos, y se ha detenido. Algo del cuaderno"),
        (EAT, r"typst ha pedido más de 0\.\d+ GB de memoria, y se ha detenido"),
        (DIE, "typst ha terminado de golpe, sin componer el PDF"),
        ("raise SystemExit", "typst ha terminado de golpe, sin componer el PDF"),
        ("print(100, flush=True)", "typst ha terminado de golpe, sin componer el PDF"),
    ],
    ids=["hangs", "eats", "dies", "ends", "stops in the middle"],
)
def test_a_typst_that_does_not_end_well(nothing_left, tmp_path, monkeypatch, source, said):
    monkeypatch.setattr(programs, "MAX_MEMORY_BYTES", 200 * 1024**2)
    typst = compiler.Compiler(program(tmp_path, source))
    with pytest.raises(MemoriaError, match=said):
        typst.compile(tmp_path / "x.typ", [], timeout_s=1 if source == HANG else 60)


ENDLESS = "#let f(n, k) = if n == 0 { 0 } else { f(n - 1, 2 * k) + f(n - 1, 2 * k + 1) }\n#f(40, 1)"


@pytest.mark.slow
@pytest.mark.parametrize("timeout_s", [2, 60])
def test_a_document_that_typst_never_ends_with(nothing_left, tmp_path, monkeypatch, timeout_s):
    monkeypatch.setattr(programs, "MAX_MEMORY_BYTES", (300 if timeout_s == 60 else 3000) * 1024**2)
    (tmp_path / "x.typ").write_text(ENDLESS)
    (tmp_path / "z.typ").write_text("bien")
    said = "no ha terminado en 2 segundos" if timeout_s == 2 else "ha pedido más de"
    with pytest.raises(MemoriaError, match=f"typst {said}"):
        exporter.TYPST.compile(tmp_path / "x.typ", [], timeout_s)
    assert exporter.TYPST.compile(tmp_path / "z.typ", []).startswith(b"%PDF")


def test_a_typst_that_somebody_kills_is_started_again(nothing_left, tmp_path):
    (tmp_path / "x.typ").write_text("bien")
    exporter.TYPST.compile(tmp_path / "x.typ", [])
    (worker,) = [child for child in children() if "typst_worker" in " ".join(child.cmdline())]
    worker.kill()
    assert exporter.TYPST.compile(tmp_path / "x.typ", []).startswith(b"%PDF")


def test_two_threads_export_at_once(nothing_left):
    texts = []
    threads = [
        threading.Thread(target=lambda n=n: texts.append((n, export(new_markdown_cell(f"hilo {n}"))))) for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 3 and all(f"hilo{n}" in text for n, text in texts)


INTERRUPTED = """
import sys
from helpers.memoria import compiler, exporter
from helpers.memoria.exporter import MemoriaExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from pathlib import Path

if sys.argv[1] == "pandoc":
    exporter.pypandoc.get_pandoc_path = lambda: sys.argv[2]
else:
    exporter.TYPST = compiler.Compiler(Path(sys.argv[2]))
MemoriaExporter().from_notebook_node(new_notebook(cells=[new_markdown_cell("# T")]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pandoc", "typst"])
def test_an_interrupted_export_leaves_nothing(tmp_path, name):
    (temporary := tmp_path / "temporal").mkdir()
    marks = f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n{HANG}"
    command = [sys.executable, "-c", INTERRUPTED, name, program(tmp_path, marks)]
    export = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | {"TMPDIR": str(temporary)})
    pid = tmp_path / "pid"
    while not (pid.exists() and pid.read_text()):
        assert export.poll() is None
        time.sleep(0.05)
    export.send_signal(signal.SIGINT)
    assert export.wait(30) != 0
    assert not psutil.pid_exists(int(pid.read_text())) and list(temporary.iterdir()) == []


@pytest.mark.slow
def test_typst_ends_when_who_asks_is_killed_even_in_the_middle(tmp_path):
    (tmp_path / "x.typ").write_text(ENDLESS)
    source = "import sys\nfrom helpers.memoria.exporter import TYPST, Path\nTYPST.compile(Path(sys.argv[1]), [])"
    asker = subprocess.Popen([sys.executable, "-c", source, tmp_path / "x.typ"])
    while not (found := psutil.Process(asker.pid).children()) or sum(found[0].cpu_times()[:2]) < 0.5:
        assert asker.poll() is None
        time.sleep(0.05)
    asker.kill()
    asker.wait()
    assert psutil.wait_procs(found, timeout=10)[1] == []
