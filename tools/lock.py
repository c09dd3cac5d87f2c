"""Compile the locks from pyproject.toml: `make lock`.

`requirements.lock` is what a student installs, `requirements-dev.lock` that and what the tests and checks use, at the
same versions; both have hashes, and uv installs them. The first one is made first and binds the second: no tool of ours
moves what a student gets. The packages that come as source are built with what is in the lock and nothing else, so
pyproject.toml asks for that too; if one needs more, uv says its name.
`constraints.txt` pins the student's versions without hashes for `environment.yml`, because conda runs one pip for
everything and a pip that checks hashes refuses both a local project and a package whose pin is not in the list (uv
leaves out those that pyproject.toml overrides).

What is typed after `.venv/bin/python -m tools.lock` goes to uv: `--upgrade-package NAME` moves that package.
"""

import re
import subprocess
import sys

from tools.install import DEV_LOCK, LOCK, ROOT

CONSTRAINTS = ROOT / "constraints.txt"
NEVER = " ; sys_platform == 'never'"


def constraints(lock: str) -> str:
    """Return the pins of `lock`, without hashes and comments; what uv never installs, pip needs pinned too."""
    pins = [line.removesuffix(" \\").removesuffix(NEVER) for line in lock.splitlines() if re.match(r"\w", line)]
    return "# De requirements.lock, con «make lock»: no se edita a mano.\n" + "\n".join(pins) + "\n"


def main(*options: str) -> None:
    """Write the three files."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--system-certs", "--universal",
               "--python-version=3.13", "--generate-hashes", "--custom-compile-command=make lock", "pyproject.toml",
               *options]  # fmt: skip
    student = ["--group=setup", f"--output-file={LOCK.name}"]
    developer = ["--group=dev", f"--constraints={LOCK.name}", f"--output-file={DEV_LOCK.name}"]
    for one in (student, developer):
        subprocess.run([*command, *one], cwd=ROOT, check=True)
    CONSTRAINTS.write_text(constraints(LOCK.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
