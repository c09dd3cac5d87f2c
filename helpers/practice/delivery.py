"""The entrega, which is handed in: build/entrega.zip with the memoria, the files, the notebooks and LEEME.txt."""

import contextlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
from filelock import FileLock, Timeout
from nbformat import NotebookNode

from helpers.errors import MemoriaError
from helpers.practice import answers, authors, leeme
from helpers.practice.files import about, description
from helpers.practice.sources import FOLDER, NAME, Source, sources
from helpers.workbook import Workbook, replace_file

LOCK = ".entrega.lock"
NOTEBOOKS = "notebooks"


def missing(workbook: Workbook) -> list[str]:
    """Return a sentence about the unanswered questions and another about the missing authors, if there are any.

    That is what can be told without executing the notebooks; `review` says the rest.
    """
    sentences = []
    if unanswered := answers.unanswered(workbook):
        sentences.append(f"Sin responder: {', '.join(unanswered)}.")
    if empty := authors.read(workbook).missing:
        sentences.append(f"Sin rellenar en {workbook.authors.name}: {', '.join(empty)}.")
    return sentences


def refuse_solved(workbook: Workbook) -> None:
    """Raise `MemoriaError` if `workbook` is the solved one, which nobody means to hand in."""
    if workbook.is_solved:
        raise MemoriaError(
            "Estos son los cuadernos resueltos, y lo que se entrega es tu práctica. Hazla con «make practica» o «si1p1 "
            "practica»; desde entonces, esta orden prepara la suya. Si de verdad quieres la de los resueltos, dilo: "
            "«make entrega CARPETA=.» (si1p1 entrega .)."
        )


@contextlib.contextmanager
def only_one(workbook: Workbook) -> Iterator[None]:
    """Keep the memoria and the entrega of `workbook` to one at a time; raises `MemoriaError` if another is being made.

    Both execute its notebooks on the same cloud, and write the same files. The system lets go of the lock if its
    process is killed.
    """
    try:
        lock = FileLock(workbook.make_build() / LOCK, timeout=0)
        lock.acquire()
    except Timeout:  # an OSError too
        raise MemoriaError(
            f"Ya se está haciendo la memoria o la entrega de {workbook.root}, en otro terminal o en el panel. Espera a "
            "que termine y repite la orden: no se ha tocado nada."
        ) from None
    except OSError as error:
        raise MemoriaError(f"No se puede escribir en {workbook.build}: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()


def pack(
    workbook: Workbook,
    pdf: Path,
    executed: Mapping[Path, NotebookNode],
    draft: bool = False,
    missing: Sequence[str] = (),
    target: Path | None = None,
) -> Path:
    """Write the zip with `pdf`, the files and the notebooks as `executed`; return its path.

    `missing` says what a `draft` lacks. A failure leaves the previous one. By default it is the workbook's
    build/entrega.zip.
    """

    def write(path: Path) -> None:
        code = [one for one in sources(workbook) if one.content is not None]
        contents = {"memoria.pdf": pdf.read_bytes(), **{one.name: one.content or b"" for one in code}}
        contents |= {notebook_name(file): as_bytes(notebook) for file, notebook in executed.items()}
        told = descriptions(code, executed)
        contents["LEEME.txt"] = leeme.text(authors.read(workbook), contents, told, draft, missing).encode()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                archive.writestr(name, content)

    return replace_file(target or workbook.make_build() / "entrega.zip", write)


def descriptions(code: Sequence[Source], executed: Mapping[Path, NotebookNode]) -> dict[str, str]:
    """Return what each file of the delivery does: name in the zip -> a line."""
    return {
        "memoria.pdf": "La memoria: las respuestas, cada una con su evidencia.",
        **{one.name: description(one) for one in code},
        **{notebook_name(file): about(file, notebook) for file, notebook in executed.items()},
    }


def notebook_name(file: Path) -> str:
    """Return the name of a notebook in the zip, without what a name there cannot have."""
    name = "".join(one if NAME.fullmatch(f"a{one}") else "_" for one in file.name)
    return f"{NOTEBOOKS}/{name}"


def as_bytes(notebook: NotebookNode) -> bytes:
    """Return a notebook as its file."""
    return f"{nbformat.writes(notebook)}\n".encode("utf-8", "replace")


def last_line(path: Path, name: str, is_draft: bool) -> str:
    """Return the last line of the command: where the zip is, which `name` shows, its size, and what to do with it."""
    size = path.stat().st_size
    shown = f"{size / 1e6:.1f} MB".replace(".", ",") if size >= 100_000 else f"{max(1, round(size / 1e3))} kB"
    advice = (
        "Es un borrador: complétalo antes de entregarlo."
        if is_draft
        else f"Ábrelo, mira {FOLDER}/ y la memoria, y sube ese archivo, tal cual, a la entrega de Moodle."
    )
    return f"Hecho: {name} ({shown}). {advice}"
