"""What is handed in, opened: zips, folders, what Moodle downloads, and what is none of it."""

import shutil
import zipfile
from pathlib import Path

import made_up
import pytest

from helpers.marking import delivery as marking
from helpers.marking.archive import Limits
from helpers.marking.delivery import collect
from helpers.practice import authors
from helpers.workbook import SOLVED


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The zip of somebody who has done it all."""
    return made_up.handed_in(tmp_path_factory.mktemp("entrega"), "entrega", made_up.executed())


def only(found):
    assert len(found) == 1, found
    return found[0]


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_delivery_becomes_a_workbook_with_its_authors(whole, tmp_path):
    one = only(collect([whole], tmp_path))
    assert (one.name, one.problems) == ("entrega", ())
    assert one.workbook.is_there
    assert [path.name for path in one.workbook.notebook_files()] == [path.name for path in SOLVED.notebook_files()]
    assert (one.folder / "handlers/user_rest.py").read_bytes() == (SOLVED.handlers / "user_rest.py").read_bytes()
    found = authors.read(one.workbook)
    assert (found.names, found.group, found.pair) == (("Ana García", "Luis Pérez"), "1301", "7")


def test_what_moodle_downloads_is_a_delivery_a_student(whole, tmp_path):
    download = tmp_path / "Curso-Entrega-1234.zip"
    with zipfile.ZipFile(download, "w") as archive:
        archive.write(whole, "Ana García_101_assignsubmission_file_/entrega.zip")
        archive.write(whole, "Ana García_102_assignsubmission_file_/entrega.zip")
        archive.writestr("Eva Sanz_103_assignsubmission_file_/memoria.rar", b"Rar!")
        archive.writestr("Ion_104_assignsubmission_file_/../../../fuera.zip", b"PK")
    found = collect([download], tmp_path / "copias")
    opened = {one.name: one.folder is not None for one in found}
    assert opened == {"Ana García": True, "Ana García-2": True, "Eva Sanz": False, download.stem: False}
    reasons = [one.problems[0] for one in found if not one.folder]
    assert reasons[0] == "No hay ningún cuaderno; hay memoria.rar."
    assert reasons[1].startswith("Hay nombres que llevan fuera de su carpeta, y no se leen: Ion_104")
    assert not list(tmp_path.rglob("fuera.zip"))


def test_what_is_no_zip_among_zips_has_its_row(whole, tmp_path):
    download = tmp_path / "sin carpetas.zip"
    with zipfile.ZipFile(download, "w") as archive:
        archive.write(whole, "Ana García_101_assignsubmission_file_entrega.zip")
        archive.writestr("Ana García_101_assignsubmission_file_memoria.pdf", b"%PDF")
        archive.writestr("Eva Sanz_103_assignsubmission_file_memoria.pdf", b"%PDF")
    (tmp_path / "luis.RAR").write_bytes(b"Rar!")
    (tmp_path / "enunciado.pdf").write_bytes(b"%PDF")
    found = collect([tmp_path], tmp_path / "correccion" / "copias")
    assert {one.name: one.problems for one in found} == {
        "luis": ("No es un zip, que es lo que hace «make entrega»: luis.RAR.",),
        "Ana García": (),
        "Eva Sanz": (
            "No es un zip, que es lo que hace «make entrega»: Eva Sanz_103_assignsubmission_file_memoria.pdf.",
        ),
    }


def test_a_correction_among_the_deliveries_is_none_of_them(whole, tmp_path):
    shutil.copy(whole, tmp_path / "ana.zip")
    correction = tmp_path / "correccion" / "copias"
    for _ in range(2):
        assert [one.name for one in collect([tmp_path], correction)] == ["ana"]


def test_folders_of_zips_and_of_folders(whole, tmp_path):
    given = tmp_path / "dadas"
    for name in ("ana", "luis"):
        (given / name).mkdir(parents=True)
    (given / "ana" / "entrega.zip").write_bytes(whole.read_bytes())
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(given / "luis")
    (given / "eva.zip").write_bytes(whole.read_bytes())
    with zipfile.ZipFile(given / "iker.zip", "w") as archive:  # a zip of the zip
        archive.write(whole, "entrega.zip")
    found = collect([given], tmp_path / "copias")
    assert {one.name: one.problems for one in found} == dict.fromkeys(("ana", "luis", "eva", "iker"), ())
    sets = [files_in(one.folder) for one in found]
    assert all(one == sets[0] for one in sets) and "notebooks/03_s3.ipynb" in sets[0]
    assert [one.name for one in collect([given / "luis"], tmp_path / "otras")] == ["luis"]


def test_what_leeme_says_is_compared(whole, tmp_path):
    def change(files):
        files["src/user_lambda_param.py"] += b"# otra cosa\n"
        del files["src/user_rest.py"]
        return files | {"src/nueva.py": b'"""Nueva."""\n'}

    one = only(collect([made_up.changed(whole, tmp_path / "ana.zip", change)], tmp_path / "copias"))
    assert one.problems == (
        "No son los que hizo «make entrega», según el SHA-256 de LEEME.txt: src/user_lambda_param.py.",
        "LEEME.txt los nombra y no están: src/user_rest.py.",
        "Están y LEEME.txt no los nombra: src/nueva.py.",
    )


def test_what_is_absent_is_named(whole, tmp_path):
    def change(files):
        kept = ("notebooks/03_s3.ipynb", "notebooks/04_lambda.ipynb")
        return {f"mi práctica/{name}": files[name] for name in kept}

    one = only(collect([made_up.changed(whole, tmp_path / "ana.zip", change)], tmp_path / "copias"))
    assert one.problems[0].startswith("Faltan cuadernos: 00_inicio.ipynb, ")
    assert one.problems[1:] == ("No trae memoria.pdf.", "No trae LEEME.txt: no la ha hecho «make entrega».")
    assert files_in(one.folder) == {"autores.toml", "notebooks/03_s3.ipynb", "notebooks/04_lambda.ipynb"}


# Whoever means harm

SMALL = Limits(files=1000, file_bytes=1_000_000, bytes=3_000_000, index_bytes=1_000_000)


def broken(path):
    path.write_bytes(path.read_bytes()[:-200])


def hostile(whole, path, kind):
    """Write at `path` a zip that means harm, from a good one."""
    if kind == "not a zip":
        path.write_bytes(b"PK\x03\x04 nada")
    elif kind == "cut":
        path.write_bytes(whole.read_bytes()[:-200])
    elif kind == "empty":
        path.touch()
    elif kind == "bomb":
        path.write_bytes(made_up.bomb(50_000_000))
    elif kind == "many":
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(10_000):
                archive.writestr(f"notebooks/{number}.ipynb", b"")
    elif kind == "password":
        data = bytearray(whole.read_bytes())
        for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):  # the bit that says so, in both headers
            start = data.find(mark)
            while start >= 0:
                data[start + at] |= 1
                start = data.find(mark, start + 4)
        path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("not a zip", "No es un zip, o está roto."),
        ("cut", "No es un zip, o está roto."),
        ("empty", "No es un zip, o está roto."),
        ("bomb", "No hay ningún cuaderno, ni nada que se pueda leer."),
        ("many", "Tiene 10000 archivos, y se admiten 1000."),
        ("password", "No hay ningún cuaderno, ni nada que se pueda leer."),
    ],
)
def test_a_zip_that_cannot_be_opened_says_why_and_stops_no_other(kind, reason, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(marking, "ONE", SMALL)
    path = hostile(whole, tmp_path / "mala.zip", kind)
    bad, good = collect([path, whole], tmp_path / "copias")
    assert (bad.folder, bad.problems[0]) == (None, reason)
    assert good.folder is not None


def test_what_is_too_big_is_not_read(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(marking, "ONE", SMALL)
    path = tmp_path / "bomba.zip"
    path.write_bytes(made_up.bomb(50_000_000))
    assert "Hay archivos de más de 1 MB: notebooks/03_s3.ipynb." in only(collect([path], tmp_path / "a")).problems
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"notebooks/{number}.ipynb", bytes(900_000))
    assert only(collect([path], tmp_path / "b")).problems == ("Descomprimido pesa más de 3 MB.",)


def test_an_index_is_not_read_if_it_is_huge(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(marking, "ONE", Limits(10**6, 1, 1, index_bytes=1000))
    one = only(collect([whole], tmp_path))
    assert one.problems[0].startswith("Su índice pesa 0,0 MB: son demasiados archivos.")


def test_nothing_leaves_its_folder(whole, tmp_path):
    outside = ("../fuera.py", "/tmp/fuera.py", "src/../../fuera.py", "..\\fuera.py", "C:\\fuera.py", "src/a\x00.py")  # noqa: S108
    path = tmp_path / "mala.zip"
    with zipfile.ZipFile(whole) as good, zipfile.ZipFile(path, "w") as archive:
        for name in good.namelist():
            archive.writestr(name, good.read(name))
        for name in outside:
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, "x")
        archive.writestr(*made_up.link("src/enlace.py", "/etc/passwd"))
        archive.writestr(*made_up.link("notebooks/08_enlace.ipynb", "../autores.toml"))
    before = {*tmp_path.rglob("*")}
    one = only(collect([path], tmp_path / "copias"))
    new = {found for found in tmp_path.rglob("*") if found not in before}
    assert all(found.is_relative_to(tmp_path / "copias") for found in new) and not Path("/tmp/fuera.py").exists()  # noqa: S108
    assert not any(found.is_symlink() or "fuera" in found.name or "enlace" in found.name for found in new)
    told = " ".join(one.problems)
    assert "Hay nombres que llevan fuera de su carpeta, y no se leen: ../fuera.py" in told
    assert "Hay enlaces o archivos especiales, que no se leen: src/enlace.py, notebooks/08_enlace.ipynb." in told


def test_links_in_a_folder_are_not_followed(whole, tmp_path):
    secret = tmp_path / "secreto.py"
    secret.write_text("clave = 1")
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(tmp_path / "ana")
    (tmp_path / "ana/src/robo.py").symlink_to(secret)
    (tmp_path / "ana/src/todo").symlink_to("/")
    one = only(collect([tmp_path / "ana"], tmp_path / "copias"))
    assert not list((tmp_path / "copias").rglob("robo.py"))
    assert "Hay enlaces o archivos especiales, que no se leen: src/robo.py." in one.problems


def test_a_notebook_that_is_none_is_said_and_not_kept(whole, tmp_path):
    def change(files):
        return files | {
            "notebooks/03_s3.ipynb": b"{no",
            "notebooks/04_lambda.ipynb": b'{"cells": [' + b"[" * 100_000,
            "notebooks/05_api_gateway.ipynb": b"\xff\xfe",
            "notebooks/06_dynamodb.ipynb": b"[]",
        }

    one = only(collect([made_up.changed(whole, tmp_path / "ana.zip", change)], tmp_path / "copias"))
    unread = [problem for problem in one.problems if "no se puede leer" in problem]
    assert [problem.partition(" ")[0] for problem in unread] == [
        f"notebooks/{name}.ipynb" for name in ("03_s3", "04_lambda", "05_api_gateway", "06_dynamodb")
    ]
    assert len(one.workbook.notebook_files()) == 4


def test_any_name_gives_a_file_name_unlike_the_others(whole, tmp_path):
    names = (
        "=cmd|'x'!A0.zip",
        "a\nb.zip",
        "-rf.zip",
        "ñandú & cía.zip",
        "x" * 250 + ".zip",
        "a?b.zip",
        "A_B.zip",
        "…zip.zip",
    )
    for name in names:
        (tmp_path / name).write_bytes(whole.read_bytes())
    found = collect(sorted(tmp_path.glob("*.zip")), tmp_path / "copias")
    assert len({one.name.casefold() for one in found}) == len(names)
    for one in found:
        assert one.folder.parent == tmp_path / "copias" and one.folder.is_dir()
        assert one.name.isprintable() and len(one.name) <= 90 and one.name[0] not in "=-. '"
