"""LEEME.txt, which goes with a delivery: who made it, what is where, with what, and the SHA-256 of each file."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

from helpers.practice.authors import Authors
from helpers.practice.sources import in_a_line

TITLE = "Sistemas Informáticos I. Práctica 1, parte 2: REST API en cloud"
MAX_AUTHORS = 1000  # characters
PIECES = {"LocalStack": "localstack-core", "boto3": "boto3", "JupyterLab": "jupyterlab"}


def text(
    signature: Authors,
    contents: Mapping[str, bytes],
    about: Mapping[str, str],
    draft: bool = False,
    missing: Sequence[str] = (),
) -> str:
    """Return the whole text, for files in the zip: name -> content, and name -> what it does.

    `missing` says what a `draft` lacks. The sums are lines as `sha256sum -c` reads them, and no other line is one.
    """
    names = max(map(len, contents))
    pieces = ", ".join(f"{name} {version(package)}" for name, package in PIECES.items())
    is_draft = ["", "BORRADOR: no es la versión que se entrega.", *(f"- {one}" for one in missing)] if draft else []
    return "\n".join(
        [
            TITLE,
            "",
            f"Autores: {in_a_line(', '.join(signature.names), MAX_AUTHORS) or '(sin rellenar)'}",
            f"Grupo: {in_a_line(signature.group) or '(sin rellenar)'}",
            f"Pareja: {in_a_line(signature.pair) or '(sin rellenar)'}",
            f"Preparada el {datetime.now():%d/%m/%Y a las %H:%M}.",
            *is_draft,
            "",
            "Qué hay:",
            *(f"  {name.ljust(names)}  {about.get(name, '')}".rstrip() for name in contents),
            "",
            f"Versiones: Python {platform.python_version()}, {pieces}.",
            "",
            "SHA-256 de cada archivo (en Linux, «sha256sum -c LEEME.txt» los comprueba):",
            "",
            *(f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in contents.items()),
            "",
        ]
    )
