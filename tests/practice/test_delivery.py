"""Authors, files and the zip that is handed in."""

import errno
import functools
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader

from helpers.emulator import process
from helpers.errors import MemoriaError, NotebookError
from helpers.memoria import build, document, exporter
from helpers.polling import wait_until
from helpers.practice import authors, delivery, edition, files
from helpers.practice.questions import QUESTIONS, SECTIONS
from helpers.workbook import INSTALLATION, SOLVED, Workbook, replace_file

FILLED = 'grupo = "1301"\npareja = 7\nautores = ["Ana García", " Luis Pérez ", ""]\n'


@pytest.fixture
def signature(tmp_path):
    """Return a function that writes autores.toml of a workbook in `tmp_path` and reads it."""

    def write(text):
        (tmp_path / "autores.toml").write_text(text, "utf-8")
        return authors.read(Workbook(tmp_path))

    return write


def test_authors_are_read_and_what_is_missing_is_named(signature):
    found = signature(FILLED)
    assert (found.names, found.group, found.pair) == (("Ana García", "Luis Pérez"), "1301", "7")
    assert found.missing == []
    assert found.table()["Valor"].tolist() == ["Ana García, Luis Pérez", "1301", "7"]
    assert signature("").missing == ["autores", "grupo", "pareja"]


@pytest.mark.parametrize("text", ["autores = [", 'autores = "Ana"', "autores = [1]", "grupo = []", "\x00"])
def test_a_file_that_makes_no_sense_shows_how_it_should_be(signature, text):
    with pytest.raises(MemoriaError, match=r'autores.toml(.|\n)*autores = \["Ana García López"'):
        signature(text)


def test_the_file_that_the_project_ships_is_to_be_filled_in():
    assert authors.read(SOLVED).missing == ["autores", "grupo", "pareja"]


def test_what_can_be_told_without_executing_names_questions_and_authors(signature, tmp_path, monkeypatch):
    signature("autores = ['Ana']")
    monkeypatch.setattr(delivery.answers, "unanswered", lambda _: ["s3-1", "get-2"])
    assert delivery.missing(Workbook(tmp_path)) == [
        "Sin responder: s3-1, get-2.",
        "Sin rellenar en autores.toml: grupo, pareja.",
    ]
    monkeypatch.setattr(delivery.answers, "unanswered", lambda _: [])
    signature(FILLED)
    assert delivery.missing(Workbook(tmp_path)) == []


@pytest.fixture
def mine(tmp_path):
    """A workbook with the solved one's handlers, a PDF, and two notebooks as executed: (workbook, PDF, executed)."""
    made = Workbook(tmp_path / "mía")
    shutil.copytree(SOLVED.handlers, made.handlers, ignore=shutil.ignore_patterns("__pycache__"))
    made.authors.write_text(FILLED, "utf-8")
    pdf = tmp_path / "memoria.pdf"
    pdf.write_bytes(b"%PDF-1.7")
    ran = new_code_cell("1 + 1", execution_count=1, outputs=[new_output("stream", text="dos")])
    executed = {
        made.notebooks / "03_s3.ipynb": new_notebook(cells=[new_markdown_cell("# 3. AWS S3"), ran]),
        made.notebooks / "08_a\\b.ipynb": new_notebook(),
    }
    return made, pdf, executed


def test_the_zip_has_the_memoria_the_files_and_the_notebooks_as_executed(mine, tmp_path):
    workbook, pdf, executed = mine
    target = delivery.pack(workbook, pdf, executed)
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
        assert archive.read("memoria.pdf") == b"%PDF-1.7"
        assert archive.read("src/user_rest.py") == (SOLVED.handlers / "user_rest.py").read_bytes()
        notebook = nbformat.reads(archive.read("notebooks/03_s3.ipynb").decode(), as_version=4)
    assert notebook == executed[workbook.notebooks / "03_s3.ipynb"]
    required = ["Dockerfile", "user_rest.py", "user_lambda_param.py", "user_get_lambda_dynamo.py", "saluda.js"]
    assert {f"src/{name}" for name in required} <= set(names) and "src/__init__.py" not in names
    assert "LEEME.txt" in names and "notebooks/08_a_b.ipynb" in names
    before = target.read_bytes()
    with pytest.raises(MemoriaError, match="La versión anterior sigue ahí"):
        delivery.pack(workbook, tmp_path / "falta.pdf", executed)
    assert target.read_bytes() == before


def test_leeme_says_who_what_and_the_sums_which_hold(mine, tmp_path):
    workbook, pdf, executed = mine
    forged = f"{'0' * 64}  src/user_rest.py"
    workbook.authors.write_text(f'grupo = "1301"\npareja = 7\nautores = ["Ana\\n{forged}"]\n', "utf-8")
    (workbook.handlers / "mía.py").write_text('"""Saluda."""\n', "utf-8")
    folder = tmp_path / "abierta"
    with zipfile.ZipFile(
        delivery.pack(workbook, pdf, executed, draft=True, missing=["Sin responder: s3-1."])
    ) as archive:
        archive.extractall(folder)
    text = (folder / "LEEME.txt").read_text("utf-8")
    sums = dict(reversed(line.split("  ")) for line in text.splitlines() if re.match(r"[0-9a-f]{64}  ", line))
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    files.pop("LEEME.txt")
    assert sums == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    for expected in (
        f"Autores: Ana {forged.replace('  ', ' ')}\nGrupo: 1301\nPareja: 7\n",
        "BORRADOR: no es la versión que se entrega.\n- Sin responder: s3-1.\n",
        "LocalStack 4.14.0",
    ):
        assert expected in text
    assert re.search(r"^  src/mía\.py +Saluda\.$", text, re.MULTILINE)
    assert re.search(r"^  notebooks/03_s3\.ipynb +3\. AWS S3: buckets, objetos y claves$", text, re.MULTILINE)
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--quiet", "LEEME.txt"], cwd=folder, check=True, capture_output=True)
        (folder / "src" / "mía.py").write_text("otra cosa")
        done = subprocess.run(["sha256sum", "--check", "LEEME.txt"], cwd=folder, capture_output=True, text=True)
        assert done.returncode and "mía.py: FAILED" in done.stdout


def test_a_link_that_leads_out_is_not_packed(mine, tmp_path):
    workbook, pdf, executed = mine
    (tmp_path / "secreto.py").write_text("clave = 1")
    (workbook.handlers / "robado.py").symlink_to(tmp_path / "secreto.py")
    (workbook.handlers / "Dockerfile").unlink()
    (workbook.handlers / "Dockerfile").symlink_to("/etc/passwd")
    target = delivery.pack(workbook, pdf, executed)
    with zipfile.ZipFile(target) as archive:
        assert {"src/robado.py", "src/Dockerfile"}.isdisjoint(archive.namelist())
        assert all(b"root:" not in archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize(("size", "shown"), [(1, "1 kB"), (99_400, "99 kB"), (1_234_567, "1,2 MB")])
def test_the_last_line_says_where_how_big_and_what_to_do(tmp_path, size, shown):
    path = tmp_path / "entrega.zip"
    path.write_bytes(b"x" * size)
    assert delivery.last_line(path, "build/entrega.zip", False).startswith(
        f"Hecho: build/entrega.zip ({shown}). Ábrelo, "
    )
    assert delivery.last_line(path, "x", True).endswith("Es un borrador: complétalo antes de entregarlo.")


def test_the_solved_one_is_refused_and_the_students_own_is_not(mine):
    with pytest.raises(MemoriaError, match=r"«make practica»(.|\n)*«make entrega CARPETA=\.»"):
        delivery.refuse_solved(SOLVED)
    delivery.refuse_solved(mine[0])


def test_the_second_of_two_at_once_says_so_and_touches_nothing(mine):
    workbook, pdf, executed = mine
    before = delivery.pack(workbook, pdf, executed).read_bytes()
    program = (
        "import sys; from pathlib import Path; from helpers.workbook import Workbook\n"
        "from helpers.practice.delivery import only_one\n"
        "with only_one(Workbook(Path(sys.argv[1]))): print('mía', flush=True); input()"
    )
    command = [sys.executable, "-c", program, str(workbook.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=INSTALLATION) as first:
        try:
            assert first.stdout.readline() == "mía\n"
            workbook.notebooks.mkdir()
            nbformat.write(new_notebook(), workbook.notebooks / "03_s3.ipynb")
            for make in (build.make, functools.partial(build.hand_in, on_review=pytest.fail, draft=True)):
                with pytest.raises(MemoriaError, match="Ya se está haciendo la memoria o la entrega de "):
                    make(workbook, on_cell=pytest.fail, on_export=pytest.fail)
            assert (workbook.build / "entrega.zip").read_bytes() == before
        finally:
            first.communicate("\n")
    with delivery.only_one(workbook):
        pass


def test_a_build_folder_that_cannot_be_written_is_named(mine):
    workbook = mine[0]
    workbook.build.write_text("no es una carpeta")
    with pytest.raises(MemoriaError, match="No se puede escribir en "), delivery.only_one(workbook):
        pass


def test_what_cannot_be_read_is_told_before_executing_anything(mine):
    workbook = mine[0]
    shutil.copytree(SOLVED.notebooks, workbook.notebooks, ignore=shutil.ignore_patterns("[!0]*"))
    (workbook.notebooks / "07_memoria.ipynb").write_text("{", "utf-8")
    with pytest.raises(NotebookError, match=r"No se puede leer el cuaderno .*07_memoria"):
        build.hand_in(workbook, pytest.fail, pytest.fail, pytest.fail)
    workbook.authors.write_text("autores =", "utf-8")
    with pytest.raises(MemoriaError, match=r"No se entiende autores\.toml"):
        build.hand_in(workbook, pytest.fail, pytest.fail, pytest.fail)


def hand_in(workbook, **options):
    """Return (the zip, the review) of a delivery of `workbook`."""
    seen = []
    return build.hand_in(workbook, lambda *_: None, seen.append, lambda: None, **options), *seen


def test_what_is_refused_writes_nothing(mine, monkeypatch):
    workbook, pdf, executed = mine
    before = delivery.pack(workbook, pdf, executed).read_bytes()
    monkeypatch.setattr(Workbook, "notebook_files", lambda _: [*executed])
    monkeypatch.setattr(build, "read", lambda path: executed[path])
    monkeypatch.setattr(build, "execute_all", lambda *_, keep_going: [*executed.values()])
    with pytest.raises(MemoriaError, match=r"^No se puede preparar la entrega\. Falta:\n- Sin responder: las 29\."):
        hand_in(workbook)
    assert (workbook.build / "entrega.zip").read_bytes() == before and not (workbook.build / "memoria.pdf").exists()


@pytest.mark.slow
def test_it_goes_on_after_a_cell_that_fails_or_a_kernel_that_dies(mine):
    workbook = mine[0]
    workbook.notebooks.mkdir()
    cells = ["falta", "print('sigo')", "import os; os._exit(1)", "print('no llego')"]
    for name, sources in (("03_s3", cells), ("04_lambda", ["print('y el siguiente')"])):
        nbformat.write(
            new_notebook(cells=[new_markdown_cell(f"# {name}"), *map(new_code_cell, sources)]),
            workbook.notebooks / f"{name}.ipynb",
        )
    made, found = hand_in(workbook, draft=True)
    assert [one.error for one in found.failures] == [
        "NameError: name 'falta' is not defined",
        "DeadKernelError: el kernel ha muerto",
    ]
    with zipfile.ZipFile(made) as archive:
        ran = nbformat.reads(archive.read("notebooks/03_s3.ipynb").decode(), as_version=4).cells
        later = archive.read("notebooks/04_lambda.ipynb").decode()
    assert [bool(cell.get("execution_count")) for cell in (ran[1], ran[2], ran[4])] == [True, True, False]
    assert ran[2].outputs[0].text == "sigo\n" and "y el siguiente" in later
    reader = PdfReader(workbook.build / "memoria.pdf")
    cover = " ".join(reader.pages[0].extract_text().split())
    assert "Borrador: no es la versión que se entrega" in cover and "Sin responder: las 29." in cover
    assert "Celdas que fallan: 03_s3, celda 2" in cover and len(reader.pages[0].extract_text().splitlines()) < 40


@pytest.fixture
def entrega(tmp_path, port):
    """Return a function that starts `si1p1 entrega` on a folder and another that gives (status, output) of it."""
    command = Path(sys.executable).with_name("si1p1")
    env = os.environ | {process.PORT_VARIABLE: str(port)}
    env.pop("AWS_ENDPOINT_URL", None)

    def start(folder, *options):
        output = tmp_path / f"output{len(list(tmp_path.glob('output*')))}"
        with output.open("w") as stream:
            words = [command, "entrega", folder, *options]
            return subprocess.Popen(words, stdout=stream, stderr=stream, env=env, stdin=subprocess.DEVNULL), output

    def end(started):
        running, output = started
        return running.wait(500), output.read_text()

    yield start, end
    subprocess.run([command, "stop"], env=env, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_whole_practice_is_handed_in_as_executed_and_a_second_at_once_is_not(entrega, mine):
    start, end = entrega
    workbook, *_ = mine
    shutil.copytree(SOLVED.notebooks, workbook.notebooks, ignore=shutil.ignore_patterns("[!0]*"))
    first = start(workbook.root)
    wait_until(lambda: "00_inicio" in first[1].read_text(), ready=bool, timeout_s=120)
    status, said = end(start(workbook.root, "--borrador"))
    assert status == 1 and "Ya se está haciendo la memoria o la entrega de " in said
    status, said = end(first)
    assert status == 0, said
    assert len(re.findall(r"^\S+ +sí +ejecutada +✓$", said, re.MULTILINE)) == len(QUESTIONS)
    assert re.fullmatch(r"Hecho: .*/build/entrega\.zip \(0,\d MB\)\. Ábrelo, .* Moodle\.", said.splitlines()[-1])
    with zipfile.ZipFile(workbook.build / "entrega.zip") as archive:
        assert set(dict(files_of(workbook))) < set(archive.namelist())
        leeme, api = archive.read("LEEME.txt").decode(), archive.read("notebooks/05_api_gateway.ipynb").decode()
        reader = PdfReader(io.BytesIO(archive.read("memoria.pdf")))
    text = " ".join(page.extract_text() for page in reader.pages)
    (made, *_) = re.findall(r"restapis/([a-z0-9]{10})/", api)
    assert made in text and "Borrador" not in text and "BORRADOR" not in leeme
    assert "Autores: Ana García, Luis Pérez\n" in leeme and "src/user_lambda_param.py" in text


def files_of(workbook):
    """Return (name, description) of what the memoria lists, for `workbook`."""
    with mock.patch.object(files, "current", lambda: workbook):
        return files.files().values.tolist()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_untouched_practice_is_refused_with_all_that_is_missing_and_nothing_is_written(entrega, tmp_path):
    start, end = entrega
    edition.write(tmp_path / "mía")
    status, said = end(start(tmp_path / "mía"))
    assert status == 1 and "Traceback" not in said
    for expected in (
        "Sin responder: las 29.",
        "Evidencia en blanco: s3-2, ",
        "Sin escribir: «Detalles de implementación» (07_memoria).",
        "metodos-2 (depende de metodos-1)",
        "src/user_lambda_param.py, sin terminar",
        "autores.toml: autores, grupo, pareja.",
        "make entrega BORRADOR=1",
    ):
        assert expected in said
    assert "Celdas que fallan" not in said
    build = tmp_path / "mía" / "build"
    assert not (build / "memoria.pdf").exists() and not (build / "entrega.zip").exists()


def cover_of(notebook):
    pdf, _ = exporter.MemoriaExporter().from_notebook_node(notebook)
    reader = PdfReader(io.BytesIO(pdf))
    return reader, reader.pages[0].extract_text()


def test_the_cover_has_authors_group_and_pair_and_a_draft_says_so(signature):
    cells = [new_notebook(cells=[new_markdown_cell("# 1. Uno")])]
    reader, cover = cover_of(document.join(cells, signature(FILLED)))
    for expected in ("REST API en cloud", "Ana García", "Luis Pérez", "Grupo 1301 · Pareja 7"):
        assert expected in cover
    assert "BORRADOR" not in cover
    assert reader.metadata.title == "REST API en cloud" and "Ana García" in reader.metadata.author
    reader, cover = cover_of(document.join(cells, draft=True))
    assert "Borrador" in cover
    assert all("BORRADOR" in page.extract_text() for page in reader.pages)


def test_every_file_has_its_line_under_the_name_it_has_in_the_zip(mine, monkeypatch):
    table = files.files()
    assert (table["Descripción"].str.len() > 20).all()
    named = dict(table.values.tolist())
    assert named["notebooks/03_s3.ipynb"] == "3. AWS S3: buckets, objetos y claves"
    assert named["src/Dockerfile"].startswith("El contenedor de user_rest.py")
    workbook, pdf, _ = mine
    executed = {section.notebook(SOLVED): new_notebook() for section in SECTIONS}
    with zipfile.ZipFile(delivery.pack(workbook, pdf, executed)) as archive:
        assert set(named) == set(archive.namelist()) - {"memoria.pdf", "LEEME.txt"}


def test_the_readme_says_the_same_of_each_notebook():
    readme = (INSTALLATION / "README.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `(\d\d_\w+)` \| (.+) \|$", readme, re.MULTILINE))
    assert told == {section.stem: section.about for section in SECTIONS}


def test_a_handler_that_is_half_written_is_listed_as_such(tmp_path):
    path = tmp_path / "mío.py"
    path.write_text('"""Saluda."""\ndef handler(event, context:\n    return 1\n', "utf-8")
    assert files.describe(path) == "(no es Python correcto: línea 2: '(' was never closed)"


def test_the_memoria_leaves_the_instructions_out(monkeypatch, tmp_path):
    paths = SOLVED.notebook_files()
    cells = {path: new_notebook(cells=[new_markdown_cell(f"# {path.stem}")]) for path in paths}
    monkeypatch.setattr(build, "execute_all", lambda paths, on_cell: [cells[path] for path in paths])
    export = build.export
    monkeypatch.setattr(build, "export", lambda book, made, draft: export(book, made, tmp_path / "memoria.pdf", draft))
    done = []
    pdf = build.make(SOLVED, lambda *_: None, on_export=lambda: done.append("executed"))
    text = "".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert done == ["executed"]
    assert "07_memoria" in text and "00_inicio" not in text


def test_a_full_disk_leaves_the_former_file(tmp_path):
    target = tmp_path / "memoria.pdf"
    target.write_bytes(b"%PDF anterior")

    def write(path):
        path.write_bytes(b"%PDF a med")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(MemoriaError, match="La versión anterior sigue ahí"):
        replace_file(target, write)
    assert target.read_bytes() == b"%PDF anterior"
    assert list(tmp_path.iterdir()) == [target]
