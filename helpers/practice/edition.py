"""The student edition: the same notebooks with the answers and the student's own work left blank."""

import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.errors import TemplateError
from helpers.practice.answers import ANSWER_MARK
from helpers.practice.questions import SECTIONS
from helpers.workbook import SOLVED, Workbook

# Questions that ask for commands, or for the result of trying something: the handout gives neither.
OWN_WORK = {
    "s3-2", "lambda-3", "borrado-1", "api-2", "rutas-2", "metodos-1", "metodos-2", "integracion-1", "integracion-2",
    "integracion-3", "despliegue-1", "despliegue-2", "pruebas-1", "mejora-1", "insertar-1", "lectura-1", "lectura-2",
    "lambda-dynamo-1", "lambda-dynamo-2", "get-1", "get-2",
}  # fmt: skip
# Cells of a task that only make sense after the student's own work: cell id -> question.
AFTERWARDS = {"borrar-repetido-codigo": "api-2", "probar-get": "integracion-3"}
BLANK_ANSWER = f"{ANSWER_MARK} …"
BLANK_AUTHORS = """\
# Quién firma la memoria: aparece en la portada. Escribe entre las comillas, guarda y haz la memoria otra vez.
grupo = ""
pareja = ""
autores = [
    "",
    "",
]
"""
MAGIC = "%%comandos\n"


def write(folder: Path) -> list[Path]:
    """Write the student's workbook in `folder`, created if missing, and return its files.

    Raises `TemplateError`: before writing anything if one of them already exists, or if they cannot be written.
    """
    workbook = Workbook(folder)
    editions = {
        section.notebook(workbook): edition(nbformat.read(section.notebook(SOLVED), as_version=4))
        for section in SECTIONS
    }
    handlers = {workbook.handlers / path.name: path for path in sorted(SOLVED.handlers.iterdir()) if path.is_file()}
    written = [*editions, *handlers, workbook.authors]
    if there := [path.relative_to(folder).as_posix() for path in written if path.exists()]:
        raise TemplateError(
            f"En {folder} ya están {', '.join(there)}, y no se escribe nada encima. Da el nombre de otra carpeta, por "
            f"ejemplo: si1p1 practica {folder}-2"
        )
    try:
        for below in (workbook.notebooks, workbook.handlers):
            below.mkdir(parents=True, exist_ok=True)
        for target, notebook in editions.items():
            nbformat.write(notebook, target)
        for target, source in handlers.items():
            shutil.copyfile(source, target)
        workbook.authors.write_text(BLANK_AUTHORS, "utf-8")
    except OSError as error:
        raise TemplateError(
            f"No se puede escribir en {folder}: {error.strerror}. Da el nombre de otra carpeta."
        ) from error
    return written


def edition(notebook: NotebookNode) -> NotebookNode:
    """Remove the answers, the outputs and the student's own work from `notebook`, in place, and return it."""
    for cell in notebook.cells:
        role, *ids = cell.metadata.get("tags", [""])
        question = ids[0] if ids else AFTERWARDS.get(cell.id)
        if role == "respuesta":
            cell.source = BLANK_ANSWER
        elif question in OWN_WORK and cell.cell_type == "code":
            stub = f"# Escribe aquí lo que haces para la pregunta {question}."
            cell.source = (MAGIC if cell.source.startswith(MAGIC) else "") + stub
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    return notebook
