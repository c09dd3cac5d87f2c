"""A copy of the workbook in another folder, with this environment's packages and the copy's own helpers."""

import os
import shutil
import subprocess
import sys

import psutil

from helpers.emulator import process
from helpers.workbook import INSTALLATION

NEVER_NEEDED = (".*", "build", "__pycache__", "tests", "benchmarks")


class WorkbookCopy:
    """The folder, and `si1p1` run in it."""

    def __init__(self, folder, left_out=(), port=None):
        """Copy all but what `left_out`'s patterns say; without `port`, LocalStack takes a free one by itself."""
        self.folder = folder
        shutil.copytree(INSTALLATION, folder, ignore=shutil.ignore_patterns(*NEVER_NEEDED, *left_out))
        # The kernels and their `!` lines take the copy's helpers too: what is in PYTHONPATH would come after .venv's.
        (folder / "sitecustomize.py").write_text(f"import sys\nsys.path.insert(0, {str(folder)!r})\n")
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.env |= {"PYTHONPATH": str(folder)}
        self.env.pop(process.PORT_VARIABLE, None)
        if port:
            self.env[process.PORT_VARIABLE] = str(port)

    def start(self, *words):
        return subprocess.Popen(
            [sys.executable, "-m", "helpers.cli", *words],
            cwd=self.folder, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *words):
        """Return (what it printed, its status)."""
        return finished(self.start(*words))

    def instances(self):
        """Return the process ids of the LocalStacks that run in the folder."""
        found = []
        for candidate in psutil.process_iter(["cmdline", "cwd"]):
            runs_localstack = "localstack.runtime.main" in (candidate.info["cmdline"] or [])
            if runs_localstack and (candidate.info["cwd"] or "").startswith(f"{self.folder}{os.sep}"):
                found.append(candidate.pid)
        return found


def finished(started, timeout_s=600):
    """Return (what it printed, its status) when it ends."""
    return started.communicate(timeout=timeout_s)[0], started.returncode
