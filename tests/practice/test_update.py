"""A newer edition in a practice under way: at any stage, whatever interrupts, nothing that was typed is lost."""

import datetime
import json
import re
import time

import pytest

from helpers.errors import TemplateError
from helpers.practice import answers, edition, edition_record, notebook_json, update, update_report
from helpers.practice.notebook_merge import text_of
from helpers.practice.questions import SECTIONS
from helpers.workbook import EDITION_RECORD, SOLVED, Workbook
from tests.workbook_copy import WorkbookCopy

FIRST = edition.contents  # the edition that the student starts from
TODAY = f"antes-de-actualizar-{datetime.date.today()}"


def change(path, how):
    """Rewrite a notebook's cells with what `how` returns for them."""
    notebook = notebook_json.parse(path.read_bytes())
    notebook["cells"] = how(notebook["cells"])
    path.write_bytes(notebook_json.to_bytes(notebook))


def cells(path):
    return notebook_json.parse(path.read_bytes())["cells"]


def tags(cell):
    return cell["metadata"].get("tags", [])


def new(name, text, kind="markdown"):
    found = {"id": name, "cell_type": kind, "source": text, "metadata": {}}
    return found | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def newer(workbook):
    """Return an edition in which every given cell says more, one is gone, one is new, two have changed places."""
    files = FIRST(workbook)
    for path in files:
        if path.suffix == ".ipynb":
            notebook = json.loads(files[path])
            found = notebook["cells"]
            for cell in found:
                if not {"respuesta", "por-hacer"} & {*tags(cell)}:
                    cell["source"] = text_of(cell) + ("\n\nMás." if cell["cell_type"] == "markdown" else "\n# más")
            found[2], found[3] = found[3], found[2]
            notebook["cells"] = [*found[:5], new("recien-llegada", "Nueva."), *found[6:]]
            files[path] = notebook_json.to_bytes(notebook).decode()
    files[workbook.handlers / "user_lambda.py"] += "# más\n"
    files[workbook.handlers / "user_lambda_param.py"] += "# más\n"
    del files[workbook.handlers / "saluda.js"]
    return files | {workbook.handlers / "nueva.py": '"""Nueva."""\n'}


@pytest.fixture
def practice(tmp_path):
    """A practice as `si1p1 practica` leaves it."""
    edition.write(tmp_path / "mi práctica")
    return Workbook(tmp_path / "mi práctica")


@pytest.fixture
def newer_edition(monkeypatch):
    monkeypatch.setattr(edition, "contents", newer)


def work(practice, stage):
    """Do what a student has done at a stage, and with the cells whatever JupyterLab lets; return what was typed."""
    typed = []

    def note(what):
        typed.append(f"{what} mío {len(typed)} «ñ» 😀")
        return typed[-1]

    def changed(found):
        found.append(found.pop(2))  # moved
        found.pop(4)  # deleted
        for at, cell in enumerate(found):
            if "respuesta" in tags(cell) and (stage == "terminada" or at % 2):
                cell["source"] = f"**Respuesta.** {note('respuesta')}\n\n{note('más')}"
            if "por-hacer" in tags(cell) and (stage == "terminada" or at % 3 == 0):
                cell["source"] = f"# {note('código')}\n1 + 1"
                cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["2\n"]}]
        found.insert(0, new("mia-primera", note("antes")))
        found.insert(len(found) // 2, new("mia-media", f"# {note('en medio')}", "code"))
        found.append(new("mia-ultima", note("después")))
        whole = next(cell for cell in found if "respuesta" in tags(cell) or cell is found[-3])
        halves = [whole | {"id": f"mitad-{n}", "source": f"{text_of(whole)}\n{note('mitad')}"} for n in (1, 2)]
        found[found.index(whole) : found.index(whole) + 1] = halves
        found[7]["metadata"] = {}
        return found

    if stage == "empezada":
        return typed
    for section in SECTIONS if stage == "terminada" else SECTIONS[3:5]:
        change(section.notebook(practice), changed)
    (practice.handlers / "mia.py").write_text(f'"""{note("función")}"""\n')
    for name in ("user_lambda_param.py", "user_lambda.py") if stage == "terminada" else ("user_lambda_param.py",):
        (practice.handlers / name).write_text(f"# {note('handler')}\n")
    practice.authors.write_text(f'grupo = "{note("grupo")}"\n')
    return typed


def all_text(practice):
    """Return all that a practice says, but for what is set apart."""
    found = [text_of(cell) for path in practice.notebook_files() for cell in cells(path)]
    return "\0".join([*found, *(path.read_text("utf-8") for path in [*practice.handlers.iterdir(), practice.authors])])


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("stage", "is_recorded"),
    [
        ("empezada", True),
        ("terminada", True),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in [("a medias", True), ("terminada", False)]),
    ],
)
def test_nothing_that_was_typed_is_lost_and_the_rest_is_new(practice, newer_edition, stage, is_recorded):
    typed = work(practice, stage)
    if not is_recorded:
        (practice.root / EDITION_RECORD).unlink()
    before = contents(practice.root)
    done = update.update(practice)

    said = all_text(practice)
    assert [text for text in typed if text not in said] == []
    assert (stage == "empezada") == (not typed)
    apart = contents(practice.root / TODAY)
    for name, (former, _) in done.files.items():
        assert (former is None) == (name not in apart) and apart.get(name) == former == before.get(name)
    if is_recorded:
        for path in practice.notebook_files():
            kept = {*done.merges[f"notebooks/{path.name}"].edited, *done.merges[f"notebooks/{path.name}"].own}
            for cell in cells(path):
                if not {"respuesta", "por-hacer"} & {*tags(cell)} and cell["id"] not in kept:
                    assert re.search(r"(Más\.|# más|Nueva\.)$", text_of(cell)), cell
    if is_recorded and stage == "empezada":
        assert edition.by_name(practice).items() <= contents(practice.root).items()

    after = contents(practice.root)
    again = update.update(practice)
    assert not again.files and again.former is None and contents(practice.root) == after


def test_it_says_what_it_has_done(practice, newer_edition):
    def changed(found):
        found[2]["source"] = "cambiada"
        found[-1]["source"] = "**Respuesta.** Mía."
        return [*found[:6], *found[7:], new("mia", "mía")]

    change(practice.notebooks / "03_s3.ipynb", changed)
    (practice.notebooks / "04_lambda.ipynb").write_bytes('{"título": 1}'.encode("latin-1"))
    (practice.notebooks / "05_api_gateway.ipynb").unlink()
    (practice.handlers / "user_lambda.py").write_text("# mío\n")
    (practice.handlers / "mia.py").write_text("# mío\n")
    practice.authors.write_text('grupo = "1"\n')
    done = update.update(practice)
    said = "\n".join(update_report.lines(practice, done))
    for line in (
        rf"^Actualizado: {practice.root.name}\.$",
        r"^Renovado: 00_inicio \(renovadas \d+, nuevas 1, quitadas 1\), .*, notebooks/05_api_gateway\.ipynb, handlers/",
        r"^Conservado: respuestas y huecos \(1\), celdas cambiadas \(1\), celdas tuyas \(1\), autores\.toml, ",
        r"^Sin decidir: 03_s3 \([\w-]+\), handlers/user_lambda\.py\.$",
        r"^No se repone lo que borraste, o partiste en otras: 03_s3 \([\w-]+\)\.$",
        r"^Ya no es de la edición; bórralo si no lo usas: handlers/saluda\.js\.$",
        r"^No se entiende notebooks/04_lambda\.ipynb: no está en UTF-8\. Se queda como está",
        rf"lo de la edición está en {practice.root}/{TODAY}/sin-decidir\.$",
        rf"^Lo de antes está en {practice.root}/{TODAY}: bórralo",
    ):
        assert re.search(line, said, re.MULTILINE), f"{line}\n{said}"
    assert "# más" in (practice.root / TODAY / "sin-decidir/handlers/user_lambda.py").read_text()
    assert "# más" in (practice.root / TODAY / "sin-decidir/03_s3.md").read_text()
    assert (practice.notebooks / "04_lambda.ipynb").read_bytes() == '{"título": 1}'.encode("latin-1")
    # What was left undecided is decided: the student's.
    again = update_report.lines(practice, update.update(practice))
    assert again[0] == f"Nada que renovar en «{practice.root.name}»: ya es esta edición."


BROKEN = [
    b"",
    b'{"cells": [{"id": "a", "source": "lo m',
    '{"cells": [], "metadata": {"autor": "Núñez"}}'.encode("latin-1"),
    b'{"cells": [], "metadata": {}, "nbformat": 99, "nbformat_minor": 0}',
    b'{"worksheets": [{"cells": []}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}',
    b'{"cells": [{"cell_type": "code", "source": 3}], "metadata": {}, "nbformat": 4}',
    b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> otro\n",
]


def test_broken_notebooks_stay_as_they_are_and_the_others_are_updated(practice, newer_edition):
    broken = dict(zip(practice.notebook_files(), BROKEN, strict=False))
    came = practice.notebook_files()[0].read_bytes()
    for path, content in broken.items():
        path.write_bytes(content)
    done = update.update(practice)
    assert {path: path.read_bytes() for path in broken} == broken and len(done.unreadable) == len(BROKEN)
    (merged,) = done.merges.values()
    assert merged.renewed
    # Mended, it is known by what the edition had written in it.
    practice.notebook_files()[0].write_bytes(came)
    mended = next(iter(update.update(practice).merges.values()))
    assert mended.renewed and not mended.edited and not mended.undecided


def test_a_broken_record_is_as_none(practice, newer_edition):
    typed = work(practice, "terminada")
    for odd in (b"", b"[]", b'{"cuadernos": 3, "archivos": {}}', b'{"cuadernos": {"x": {"a": 1}}, "archivos": {}}'):
        (practice.root / EDITION_RECORD).write_bytes(odd)
        assert edition_record.read(practice) == edition_record.Record()
    (practice.root / EDITION_RECORD).write_bytes(b"\xf1")
    update.update(practice)
    assert [text for text in typed if text not in all_text(practice)] == []
    assert edition_record.read(practice).notebooks


class Killed(BaseException):
    pass


@pytest.mark.slow
def test_killed_at_any_write_it_is_whole_the_second_time(practice, newer_edition, monkeypatch, figures):
    typed = work(practice, "terminada")
    start = contents(practice.root)
    update.update(practice)
    whole = {name: text for name, text in contents(practice.root).items() if not name.startswith("antes-")}
    real = {"replace_file": update.replace_file, "_put": update._put}

    for tried in range(200):
        for path in [*practice.root.rglob("*")]:
            if path.is_file():
                path.unlink()
        for name, text in start.items():
            (practice.root / name).write_bytes(text)
        left = tried

        def stopping(name):
            def step(*given):
                nonlocal left
                left -= 1
                if left < 0:
                    raise Killed
                return real[name](*given)

            return step

        for name in real:
            monkeypatch.setattr(update, name, stopping(name))
        try:
            update.update(practice)
        except Killed:
            apart = [text for name, text in contents(practice.root).items() if name.startswith("antes-")]
            said = all_text(practice)
            assert [text for text in typed if text not in said] == []
            now = contents(practice.root)
            for name, text in start.items():
                assert now[name] in (text, whole.get(name)) and (now[name] == text or text in apart)
        else:
            break
        for name, function in real.items():
            monkeypatch.setattr(update, name, function)
        update.update(practice)
        now = contents(practice.root)
        assert {name: text for name, text in now.items() if not name.startswith("antes-")} == whole
    assert tried > 10
    figures("updates ended at each write", tried, tried)


def test_what_changes_while_it_is_updated_is_not_written_over(practice, newer_edition, monkeypatch):
    target, real = practice.notebooks / "03_s3.ipynb", update._set_apart

    def meanwhile(*given):
        target.write_text("guardado a la vez por JupyterLab")
        return real(*given)

    monkeypatch.setattr(update, "_set_apart", meanwhile)
    with pytest.raises(TemplateError, match=r"notebooks/03_s3\.ipynb ha cambiado mientras tanto\. No se ha perdido"):
        update.update(practice)
    assert target.read_text() == "guardado a la vez por JupyterLab"


def test_what_is_no_practice_is_refused(tmp_path):
    for book in (SOLVED, Workbook(tmp_path)):
        with pytest.raises(TemplateError, match="no hay ninguna práctica que actualizar"):
            update.update(book)


def test_what_cannot_be_written_is_told_and_nothing_is_lost(practice, newer_edition):
    (practice.root / ".antes-de-actualizar").write_text("un archivo donde va una carpeta")
    before = contents(practice.root)
    with pytest.raises(TemplateError, match=r"No se ha podido actualizar .*: Not a directory\. No se ha perdido nada"):
        update.update(practice)
    assert contents(practice.root) == before


@pytest.mark.slow
def test_the_command_as_a_student_types_it(tmp_path):
    copy = WorkbookCopy(tmp_path / "proyecto")
    assert copy.run("practica")[1] == 0
    mine = Workbook(copy.folder / "practica")
    answered = SECTIONS[3].notebook(mine)
    change(answered, lambda found: [*found[:-1], found[-1] | {"source": "**Respuesta.** Una frase mía."}])
    printed, status = copy.run("practica", "--actualiza")
    assert status == 0 and "ya es esta edición" in printed
    change(copy.folder / "notebooks/03_s3.ipynb", lambda found: [found[0] | {"source": "# Otra"}, *found[1:]])
    # SIGKILL, at whatever it is doing; then again.
    for after_s in (0.3, 0.6, 0.9):
        started = copy.start("practica", "--actualiza")
        time.sleep(after_s)
        started.kill()
        started.communicate()
    printed, status = copy.run("practica", "--actualiza", "practica")
    assert status == 0 and "Conservado: respuestas y huecos (1)." in printed, printed
    assert text_of(cells(answered)[0]) == "# Otra" and answers.answered(mine) == {"s3-2"}
    assert json.loads((mine.root / EDITION_RECORD).read_bytes())["cuadernos"]
    assert "--actualiza" in copy.run("-h")[0]
    assert copy.run("memoria", "--actualiza")[1] == 2
