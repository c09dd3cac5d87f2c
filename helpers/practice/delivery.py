"""The entrega, which is handed in: build/entrega.zip with the memoria and the files under src/."""

import zipfile
from pathlib import Path

from helpers.errors import MemoriaError
from helpers.practice import answers, authors
from helpers.workbook import Workbook, replace_file


def files(workbook: Workbook) -> dict[str, Path]:
    """Return what the zip holds besides the memoria: name in the zip -> file."""
    return {f"src/{path.name}": path for path in [workbook.handlers / "Dockerfile", *workbook.code_files()]}


def missing(workbook: Workbook) -> list[str]:
    """Return a sentence about the unanswered questions and another about the missing authors, if there are any."""
    sentences = []
    if unanswered := answers.unanswered(workbook):
        sentences.append(f"Sin responder: {', '.join(unanswered)}.")
    if empty := authors.read(workbook).missing:
        sentences.append(f"Sin rellenar en {workbook.authors.name}: {', '.join(empty)}.")
    return sentences


def check(workbook: Workbook) -> None:
    """Raise `MemoriaError`, which names them, if there are unanswered questions or missing authors."""
    if problems := missing(workbook):
        raise MemoriaError(
            "No se puede preparar la entrega. " + " ".join(problems) + " Complétalo y repite la orden, o prepara un "
            "borrador, marcado como tal en el PDF, con «si1p1 entrega --borrador» (make entrega BORRADOR=1)."
        )


def pack(workbook: Workbook, pdf: Path, target: Path | None = None) -> Path:
    """Write the zip with `pdf` as memoria.pdf and the files, and return its path; a failure leaves the previous one.

    By default it is the workbook's build/entrega.zip.
    """

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(pdf, "memoria.pdf")
            for name, file in files(workbook).items():
                archive.write(file, name)

    return replace_file(target or workbook.make_build() / "entrega.zip", write)
