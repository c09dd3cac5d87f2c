"""Deliveries that nobody made: what a student may hand in, and what somebody who means harm may."""

import copy
import hashlib
import io
import shutil
import stat
import zipfile
from pathlib import Path

from nbformat.v4 import new_output

from helpers import notebook_file
from helpers.practice import delivery
from helpers.practice.questions import VERDICT_TYPE
from helpers.workbook import SOLVED, Workbook

AUTHORS = 'grupo = "1301"\npareja = "7"\nautores = ["Ana García", "Luis Pérez"]\n'


def workbook(folder):
    """Return a workbook in `folder` with the solved one's functions and who signs."""
    made = Workbook(folder)
    shutil.copytree(SOLVED.handlers, made.handlers, ignore=shutil.ignore_patterns("__pycache__"))
    made.authors.write_text(AUTHORS, "utf-8")
    return made


def executed():
    """Return the solved notebooks, by file, as if they had been executed and every check held."""
    found = {path: notebook_file.read(path) for path in SOLVED.notebook_files()}
    for notebook in found.values():
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for count, cell in enumerate(code, 1):
            cell.execution_count = count
            if cell.source.startswith('practice.check("'):
                said = {"question": cell.source.split('"')[1], "ok": True, "depends_on": ""}
                cell.outputs = [new_output("display_data", {"text/plain": "✓", VERDICT_TYPE: said})]
    return found


def answer_to(notebooks, question):
    """Return the cell of an answer."""
    cells = [cell for notebook in notebooks.values() for cell in notebook.cells]
    return notebook_file.by_question(cells, "respuesta")[question][0]


def reworded(notebooks):
    """Return notebooks whose answers are nobody else's."""
    made = copy.deepcopy(notebooks)
    for notebook in made.values():
        for cell in notebook.cells:
            if "respuesta" in notebook_file.tags(cell):
                mine = hashlib.sha256(cell.source.encode()).hexdigest()
                cell.source = f"**Respuesta.** {mine[:10]}: lo he visto en la tabla de arriba, con `{mine[10:14]}`."
    return made


def handed_in(folder, name, notebooks, of=None):
    """Write the zip that `make entrega` would, with a memoria of no pages; return its path."""
    made = of or workbook(folder / f"de-{name}")
    pdf = folder / "memoria.pdf"
    pdf.write_bytes(b"%PDF-1.7\n")
    return delivery.pack(made, pdf, notebooks, target=folder / f"{name}.zip")


def changed(path, target, change):
    """Write a zip as the one at `path` after `change`, which takes and returns name -> content; return its path."""
    with zipfile.ZipFile(path) as archive:
        files = change({name: archive.read(name) for name in archive.namelist()})
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return Path(target)


def link(name, to):
    """Return what a zip needs to have a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info, to


def bomb(zeros):
    """Return a zip's bytes with one file of so many zeros."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notebooks/03_s3.ipynb", bytes(zeros))
    return held.getvalue()
