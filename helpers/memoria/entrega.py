"""What is handed in: build/entrega.zip with the memoria and the files under src/."""

import zipfile
from pathlib import Path

from helpers import answers
from helpers.errors import MemoriaError
from helpers.memoria import authors
from helpers.memoria.files import replace
from helpers.project import BUILD, HANDLERS, handlers, shown

ZIP = BUILD / "entrega.zip"


def files() -> dict[str, Path]:
    """Return what goes beside the memoria: name in the zip -> file."""
    return {f"src/{path.name}": path for path in [HANDLERS / "Dockerfile", *handlers()]}


def missing() -> list[str]:
    """Return a sentence for the questions without an answer and another for the authors, if they are missing."""
    sentences = []
    if unanswered := answers.unanswered():
        sentences.append(f"Sin responder: {', '.join(unanswered)}.")
    if empty := authors.read().missing:
        sentences.append(f"Sin rellenar en {shown(authors.FILE)}: {', '.join(empty)}.")
    return sentences


def check() -> None:
    """Raise `MemoriaError`, naming them, if questions have no answer or the authors are missing."""
    if problems := missing():
        raise MemoriaError(
            "No se puede preparar la entrega. " + " ".join(problems) + " Complétalo y repite la orden, o prepara un "
            "borrador, marcado como tal en el PDF, con «si1p1 entrega --borrador» (make entrega BORRADOR=1)."
        )


def pack(pdf: Path, target: Path = ZIP) -> Path:
    """Write the zip with `pdf` as memoria.pdf and the files, in one step: a failure leaves the former one."""

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(pdf, "memoria.pdf")
            for name, file in files().items():
                archive.write(file, name)

    return replace(target, write)
