"""Compile the locks from pyproject.toml: `make lock`.

`requirements.lock` is what a student installs; `requirements-dev.lock` adds what the tests and checks use, at the same
versions. Both have hashes, and uv installs them. The first is compiled first and constrains the second, so that no
development tool changes what a student gets; so it does `hub/requirements.lock`, which has only what JupyterHub needs.
Packages published as source are built only with what is in the lock, so pyproject.toml also lists what builds them; if
one needs more, uv names it.
`constraints.txt` pins the student's versions without hashes for `environment.yml`, because conda runs a single pip, and
a pip that checks hashes refuses both a local project and any package whose pin is missing (uv omits those that
pyproject.toml overrides).

Arguments after `.venv/bin/python -m tools.lock` go to uv: `--upgrade-package NAME` upgrades that package.
"""

import re
import subprocess
import sys

from tools.install import DEV_LOCK, LOCK, ROOT

CONSTRAINTS = ROOT / "constraints.txt"
HUB_LOCK = ROOT / "hub" / "requirements.lock"
NEVER = " ; sys_platform == 'never'"


def constraints(lock: str) -> str:
    """Return the pins of `lock` without hashes or comments, including those that uv never installs and pip needs."""
    pins = [line.removesuffix(" \\").removesuffix(NEVER) for line in lock.splitlines() if re.match(r"\w", line)]
    return "# De requirements.lock, con «make lock»: no se edita a mano.\n" + "\n".join(pins) + "\n"


def main(*options: str) -> None:
    """Write the four files."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--system-certs", "--universal",
               "--python-version=3.13", "--generate-hashes", "--custom-compile-command=make lock",
               *options]  # fmt: skip
    student = ["pyproject.toml", "--group=setup", f"--output-file={LOCK.name}"]
    developer = ["pyproject.toml", "--group=dev", f"--constraints={LOCK.name}", f"--output-file={DEV_LOCK.name}"]
    hub = ["--group=hub", f"--constraints={LOCK.name}", f"--output-file={HUB_LOCK.relative_to(ROOT)}"]
    for one in (student, developer, hub):
        subprocess.run([*command, *one], cwd=ROOT, check=True)
    CONSTRAINTS.write_text(constraints(LOCK.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
