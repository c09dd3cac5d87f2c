"""Check every pin of requirements-dev.lock against PyPI's database of known vulnerabilities: `make check`.

pip-audit does the checking. Where the database is not available, as on most mirrors of PyPI, it treats every package as
unknown and reports that it found nothing; here that is a third result, different from "nothing found".
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.install import DEV_LOCK

CLEAN, FOUND, COULD_NOT_LOOK = 0, 1, 3

# A package that is certainly in the database: queried alone first, so that a mirror without the database gets one
# query.
KNOWN = "requests"

# Vulnerabilities that do not apply here, by id, each with the reason. None so far.
IGNORED: Mapping[str, str] = {}


def pins(lock: str) -> list[str]:
    """Return the pins of `lock`, such as "boto3==1.2.3", including those for other systems."""
    return sorted(set(re.findall(r"^[\w.-]+==[^\s;\\]+", lock, re.MULTILINE)))


def look_up(wanted: list[str]) -> dict[str, Any] | None:
    """Return pip-audit's report on `wanted`, or None if it could not run."""
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text("\n".join(wanted), "utf-8")
        options = ["--disable-pip", "--no-deps", "--progress-spinner=off", "--format=json", "--desc=off"]
        ignored = [word for name in IGNORED for word in ("--ignore-vuln", name)]
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), *options, *ignored]
        done = subprocess.run(command, capture_output=True, text=True)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        print(done.stderr.strip().rpartition("\n")[2], file=sys.stderr)
        return None
    return report


def verdict(report: Mapping[str, Any] | None) -> tuple[int, str]:
    """Return (exit status, message) for a report from pip-audit."""
    packages = report["dependencies"] if report else []
    looked_at = [package for package in packages if "vulns" in package]
    if not looked_at:
        return COULD_NOT_LOOK, (
            "NO SE HA PODIDO MIRAR si hay vulnerabilidades conocidas: desde aquí no se llega a la base de datos de "
            "PyPI (un espejo no la ofrece). No quiere decir que no las haya; repítelo con internet."
        )
    lines = [
        f"{package['name']} {package['version']}: {found['id']}; corregida en "
        f"{', '.join(found['fix_versions']) or 'ninguna versión'}"
        for package in looked_at
        for found in package["vulns"]
    ]
    unknown = [package["name"] for package in packages if "vulns" not in package]
    lines.append(f"Paquetes mirados: {len(looked_at)}; vulnerabilidades conocidas: {len(lines)}.")
    if unknown:
        lines.append(f"No están en la base de datos, y no se han mirado: {', '.join(unknown)}.")
    return FOUND if any(package["vulns"] for package in looked_at) else CLEAN, "\n".join(lines)


def main() -> int:
    """Print the result and return the exit status: CLEAN, FOUND or COULD_NOT_LOOK."""
    wanted = pins(DEV_LOCK.read_text("utf-8"))
    probe = [pin for pin in wanted if pin.startswith(f"{KNOWN}==")]
    status, text = verdict(look_up(probe))
    if status != COULD_NOT_LOOK:
        status, text = verdict(look_up(wanted))
    print(text)
    return status


if __name__ == "__main__":
    sys.exit(main())
