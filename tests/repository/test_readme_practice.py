"""What the README tells a student to type, typed: each command of its practice and of its three ways."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from helpers.polling import wait_until
from helpers.workbook import INSTALLATION
from tests.conftest import free_port
from tests.workbook_copy import WorkbookCopy

README = (INSTALLATION / "README.md").read_text("utf-8")
TOLD = README[README.index("### Hacer la práctica desde cero") : README.index("## En JupyterLab")]
COMMANDS = re.findall(r"^(make .*?)(?:\s+#.*)?$|`(make [^`]+)`", TOLD, re.MULTILINE)
TYPED = {line or inline for line, inline in COMMANDS}
REFUSED, DRAFT = "make entrega", "make entrega BORRADOR=1"
UPDATE = "make practica ACTUALIZA=1"
# What a folder may be called, and shells, patterns and addresses take for something else.
ODD = "mi práctica #1 [a]"


@pytest.fixture
def copy(tmp_path):
    """A copy of the installation, with an environment of its own, which finds its helpers beside it; oddly named."""
    copy = WorkbookCopy(tmp_path / ODD, port=free_port())
    script = Path(sys.executable).with_name("si1p1").read_text("utf-8")
    assert script.startswith("#!/bin/sh"), "this .venv cannot be moved: it is older than its set-up. Delete it first"
    for links in ("-al", "-a"):  # of the same files, where they can be: a second instead of a minute
        if subprocess.run(["cp", links, sys.prefix, copy.folder / ".venv"], capture_output=True).returncode == 0:
            break
    copy.env |= {"BROWSER": "true", "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    yield copy
    copy.run("stop")


def typed(copy, line, **options):
    # The environment is not made again, whatever the times of its files.
    words = ["make", "--old-file=.venv/ready", *line.split()[1:]]
    return subprocess.Popen(
        words, cwd=copy.folder, env=copy.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
    )


def run(copy, line):
    """Return what the typed line printed, and its status."""
    started = typed(copy, line)
    return started.communicate()[0], started.returncode


def opened_and_closed(copy):
    """Return the first lines of `make lab`, up to the address, after CTRL+C."""
    started = typed(copy, "make lab", stdin=subprocess.DEVNULL, start_new_session=True)
    seen = []
    try:
        for line in started.stdout:
            seen.append(line)
            if "/lab/tree/" in line:
                break
    finally:
        os.killpg(started.pid, signal.SIGINT)
        with contextlib.suppress(ValueError):  # its output has been read in part
            started.communicate(timeout=60)
    return "".join(seen)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_new_student_types_them_all(copy):
    assert {"make practica", UPDATE, "make lab", "make memoria", REFUSED, DRAFT, "make memoria CARPETA=."} == TYPED
    said, status = run(copy, "make practica")
    assert status == 0 and "practica" in said
    mine = copy.folder / "practica"
    assert (mine / "handlers" / "user_lambda_param.py").exists()

    said, status = run(copy, UPDATE)
    assert status == 0 and "practica" in said and not list(mine.glob("*antes-de-actualizar*")), said  # nothing is newer

    opened = opened_and_closed(copy)
    assert "Cuadernos: practica/notebooks (los tuyos)." in opened and "/lab/tree/notebooks/00_inicio.ipynb" in opened
    wait_until(lambda: copy.instances(), ready=lambda found: found == [], timeout_s=30)

    said, status = run(copy, "make memoria")
    assert status == 0 and "Hecho: practica/build/memoria.pdf" in said, said
    text = " ".join("".join(page.extract_text() for page in PdfReader(mine / "build" / "memoria.pdf").pages).split())
    assert "Preguntas respondidas: 0 de 29." in text and "Borrador: no es la versión que se entrega" in text
    assert "Traceback" not in text and "Traceback" not in said

    said, status = run(copy, REFUSED)
    assert status != 0 and "Traceback" not in said and "s3-1" in said
    assert not (mine / "build" / "entrega.zip").exists()
    said, status = run(copy, DRAFT)
    assert status == 0 and (mine / "build" / "entrega.zip").exists(), said

    assert not (copy.folder / "build" / "memoria.pdf").exists()
    said, status = run(copy, "make memoria CARPETA=.")
    assert status == 0 and (copy.folder / "build" / "memoria.pdf").exists(), said
