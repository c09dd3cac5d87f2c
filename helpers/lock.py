"""Compile the two locks from pyproject.toml: `make lock`.

`requirements.lock` has hashes and is what `make` installs, with uv. The packages that come as source are built with
what is in it and nothing else, so pyproject.toml asks for that too; if one needs more, uv says its name.
`constraints.txt` pins the same versions without hashes for `environment.yml`, because conda runs one pip for everything
and a pip that checks hashes refuses both a local project and a package whose pin is not in the list (uv leaves out
those that pyproject.toml overrides).
"""

import re
import subprocess
import sys
from pathlib import Path

from helpers.project import ROOT

LOCK = ROOT / "requirements.lock"
CONSTRAINTS = ROOT / "constraints.txt"
NEVER = " ; sys_platform == 'never'"


def constraints(lock: str) -> str:
    """Return the pins of `lock`, without hashes and comments; what uv never installs, pip needs pinned too."""
    pins = [line.removesuffix(" \\").removesuffix(NEVER) for line in lock.splitlines() if re.match(r"\w", line)]
    return "# De requirements.lock, con «make lock»: no se edita a mano.\n" + "\n".join(pins) + "\n"


def main() -> None:
    """Write both files."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [uv, "pip", "compile", "--quiet", "--system-certs", "--universal", "--python-version=3.13",
         "--generate-hashes", "--extra=dev", "--custom-compile-command=make lock", "pyproject.toml",
         f"--output-file={LOCK.name}"],
        cwd=ROOT, check=True,
    )  # fmt: skip
    CONSTRAINTS.write_text(constraints(LOCK.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
