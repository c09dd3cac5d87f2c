"""Two copies of the workbook on one machine, everything running in both at once: neither touches the other."""

import os
import re
import shutil
import subprocess
import sys

import psutil
import pytest
from pypdf import PdfReader

from helpers.emulator import process
from helpers.project import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LEFT_OUT = shutil.ignore_patterns(".*", "build", "__pycache__", "tests", "benchmarks")
ADDRESS = re.compile(r"http://localhost:(\d+)")


@pytest.fixture
def copies(tmp_path):
    """Return two folders with the workbook, and a function that runs `si1p1` in one of them."""
    folders = [tmp_path / name for name in ("una", "otra")]
    for folder in folders:
        shutil.copytree(ROOT, folder, ignore=LEFT_OUT)

    def si1p1(folder, *words):
        # The kernels and their `!` lines take the copy's helpers too. No port is asked for: that is the case.
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        env |= {"PYTHONPATH": str(folder)}
        env.pop(process.PORT_VARIABLE, None)
        command = [sys.executable, "-m", "helpers.cli", *words]
        return subprocess.Popen(
            command, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    yield folders, si1p1
    for folder in folders:
        si1p1(folder, "stop").communicate(timeout=60)


def test_two_copies_make_their_memorias_at_the_same_time(copies, figures):
    folders, si1p1 = copies
    runs = [si1p1(folder, "memoria") for folder in folders]
    outputs = [run.communicate(timeout=600)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], "\n".join(outputs)
    for folder in folders:
        text = "".join(page.extract_text() for page in PdfReader(folder / "build" / "memoria.pdf").pages)
        assert "Preguntas respondidas: 29 de 29." in text

    states = [si1p1(folder, "status").communicate(timeout=60)[0] for folder in folders]
    ports = [ADDRESS.search(state)[1] for state in states]
    assert all("LocalStack: en marcha; " in state for state in states) and len(set(ports)) == 2
    for folder, port in zip(folders, ports, strict=True):
        # The one that lost the race for 4566 may have a log of its attempt there, and nothing else.
        assert [path.parent.name for path in folder.glob("build/localstack/*/files")] == [port]

    family = {folder: instances(folder) for folder in folders}
    assert [len(found) for found in family.values()] == [1, 1]
    assert "LocalStack: parado" in si1p1(folders[0], "stop").communicate(timeout=60)[0]
    assert instances(folders[0]) == [] and instances(folders[1]) == family[folders[1]]
    assert "LocalStack: en marcha; " in si1p1(folders[1], "status").communicate(timeout=60)[0]
    figures("two copies at once, each making its memoria", 2, 2)


def instances(folder):
    """Return the process ids of the LocalStacks that run in `folder`."""
    found = []
    for candidate in psutil.process_iter(["cmdline", "cwd"]):
        runs_localstack = "localstack.runtime.main" in (candidate.info["cmdline"] or [])
        if runs_localstack and (candidate.info["cwd"] or "").startswith(f"{folder}{os.sep}"):
            found.append(candidate.pid)
    return found
