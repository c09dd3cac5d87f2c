"""si1p1 corrige --ejecuta, with twelve deliveries: right, unfinished, wrong, copied, broken, endless and hostile."""

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import made_up
import psutil
import pytest
from foreign import CHECK, OPEN, RIGHT, need_confinement
from nbformat.v4 import new_code_cell, new_notebook
from practice.test_student import MISTAKES, start, typed
from tries import FORGES, READS_AND_WRITES, TOLD

from helpers.practice import edition
from helpers.practice.questions import QUESTIONS, SECTIONS

IDS = [question.id for question in QUESTIONS]
OF_FUNCTIONS = [one for one in MISTAKES if one.where.endswith(".py") and one.section == "dynamodb"]
HOSTILE = {
    "sin-fin": [RIGHT, CHECK, "while True: pass"],
    "mata": [RIGHT, CHECK, "import os\nos.kill(os.getpid(), 9)"],
    "imprime": ["while True: print('x' * 1000)", CHECK],
    "falsa": [TOLD, FORGES, CHECK],
}


def corrige(folder, *words):
    program = Path(sys.executable).with_name("si1p1")
    return subprocess.run([program, "corrige", *words], cwd=folder, capture_output=True, text=True, timeout=1700)


def marks(folder):
    text = (folder / "correccion" / "notas.csv").read_text("utf-8-sig")
    return {row["entrega"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}


def of_section(practice, notebooks, key):
    return {section.notebook(practice): notebooks[section.key] for section in SECTIONS if section.key == key}


@pytest.fixture
def given(tmp_path):
    """A folder with the deliveries, and who marks' secret, which one of them looks for."""
    practice = start(tmp_path / "práctica")
    notebooks = typed(practice, "boto3")
    every = {section.notebook(practice): notebooks[section.key] for section in SECTIONS}
    folder = tmp_path / "dadas"
    folder.mkdir()

    def hand_in(name, its, of=practice):
        made_up.handed_in(tmp_path, name, its, of).rename(folder / f"{name}.zip")

    hand_in("perfecta", every)
    hand_in("copia", of_section(practice, notebooks, "s3"))
    for wrong in OF_FUNCTIONS:
        path = practice.handlers / wrong.where
        right = path.read_text("utf-8")
        path.write_text(wrong.made_in(path.name, right), "utf-8")
        hand_in(f"mal-{wrong.what.replace(' ', '-')}", of_section(practice, notebooks, wrong.section))
        path.write_text(right, "utf-8")
    unfinished = tmp_path / "fresca"
    edition.write(unfinished)
    fresh = practice.__class__(unfinished)
    hand_in("borrador", {one: made_up.notebook_file.read(one) for one in fresh.notebook_files()}, fresh)
    secret = tmp_path / ".ssh" / "id_rsa"
    secret.parent.mkdir()
    secret.write_text("clave")
    his = {"secret": str(secret), "outside": str(tmp_path), "results": str(tmp_path), "port": 1}
    for name, cells in (HOSTILE | {"lee": [TOLD, READS_AND_WRITES.format(**his)]}).items():
        of_evidence = {"tags": ["evidencia", "s3-1"]}
        notebook = new_notebook(cells=[new_code_cell(one, metadata=of_evidence) for one in (OPEN, *cells)])
        hand_in(name, {practice.notebooks / "03_s3.ipynb": notebook})
    (folder / "rota.zip").write_bytes(b"PK")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twelve_deliveries_come_out_as_they_should(given, tmp_path):
    need_confinement()
    assert len(list(given.iterdir())) == 12
    done = corrige(tmp_path, "--ejecuta", given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Se ejecuta código ajeno, aislado" in done.stdout
    assert "perfecta: hecho" in done.stdout.splitlines()
    found = marks(tmp_path)
    signs = {name: {one: row[one] for one in IDS} for name, row in found.items()}
    assert set(signs["perfecta"].values()) == {"✓"} and found["perfecta"]["sugerida"] == "10,0"
    assert set(signs["borrador"].values()) <= {"✗", "–"}
    for wrong in OF_FUNCTIONS:
        its = signs[f"mal-{wrong.what.replace(' ', '-')}"]
        of_it = {one.id for one in QUESTIONS if one.section == wrong.section}
        assert {one for one in of_it if its[one] != "✓"} == {wrong.cause, *wrong.depending}
    assert (signs["copia"]["s3-1"], signs["falsa"]["s3-1"]) == ("✓", "✗")
    assert "perfecta" in found["copia"]["iguales"]
    for name, reason in {
        "sin-fin": "la celda 4 no ha terminado en 120 segundos",
        "mata": "el kernel ha muerto en la celda 4",
        "imprime": "la celda 2 ha escrito demasiado, y se ha parado",
    }.items():
        assert reason in found[name]["problemas"] and reason in done.stdout
    assert "No se abre rota" in done.stdout
    sheet = (tmp_path / "correccion/entregas/lee.html").read_text("utf-8")
    assert "reads a secret: False" in sheet and "reads a secret: True" not in sheet
    assert "Ejecutado ahora" in (tmp_path / "correccion/entregas/perfecta.html").read_text("utf-8")
    assert not any(str(tmp_path) in " ".join(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"]))

    # What was executed stays, without executing it again, for what is the same.
    shutil.copyfile(given / "rota.zip", given / "mata.zip")
    again = corrige(tmp_path, "--continua", given)
    assert again.returncode == 0 and "Se ejecuta" not in again.stdout
    later = marks(tmp_path)
    assert {one: later["perfecta"][one] for one in IDS} == signs["perfecta"]
    assert later["falsa"]["s3-1"] == "✗" and {later["mata"][one] for one in IDS} == {"–"}
