"""Prepare `.venv` from `requirements.lock`: `python3 tools/install.py`, which is what `make` does.

With `--dev`, or if it was used before, from `requirements-dev.lock`, which adds what the tests and checks use. Only the
standard library, and syntax that Python 3.6 can parse: an old interpreter has to be able to run this file and say so in
words.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Tuple

# The first is the one used for development.
SUPPORTED = [(3, 13), (3, 14)]
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
# Written when a lock has been installed; the Makefile compares their dates.
READY = VENV / "ready"
DEV_READY = VENV / "ready-dev"
# The size of .venv with each lock, in MB.
SIZES = {LOCK.name: "970", DEV_LOCK.name: "1.470"}

# Of the variables for Python, pip and uv, only those that say where packages are and how to reach them are kept: the
# rest can change what is installed or how it is checked, and a list of them would grow with each version of those
# tools. Variables that name a settings file are dropped too; the account's own settings files still apply, since they
# may name a mirror.
SETTING = re.compile(r"PIP_|UV_|PYTHON|VIRTUAL_ENV$|__PYVENV_LAUNCHER__$")
WHERE = re.compile(
    r"PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|TRUSTED_HOST|PROXY|CERT|CLIENT_CERT|KEYRING_PROVIDER"
    r"|CACHE_DIR|NO_CACHE_DIR|TIMEOUT|DEFAULT_TIMEOUT|RETRIES)$"
    r"|UV_(INDEX(_\w+)?|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|INSECURE_HOST|HTTP_\w+|REQUEST_TIMEOUT"
    r"|SYSTEM_CERTS|NATIVE_TLS|KEYRING_PROVIDER|CREDENTIALS_DIR|CACHE_DIR|NO_CACHE|OFFLINE|CONCURRENT_\w+)$"
)

# Packages that every command imports; the rest are compiled when they are first imported.
HOT_PACKAGES = ["awscli", "boto3", "botocore", "IPython", "ipykernel", "jinja2", "jupyter_client", "jupyter_core",
                "jupyter_server", "jupyterlab", "localstack", "nbclient", "nbconvert", "nbformat", "openapi_core",
                "pandas", "plux", "prompt_toolkit", "rolo", "traitlets", "twisted", "werkzeug"]  # fmt: skip

WAYS_ON = """\
  - conda:  conda env create -f environment.yml && conda activate si1p1 && si1p1 lab
  - uv:     uv python install 3.13, y repite la orden
  - pyenv:  pyenv install 3.13, y repite la orden
"""


class InstallError(Exception):
    """The installation cannot go on; the message is for the student."""


def check_python(found: Tuple[int, int]) -> None:
    """Raise `InstallError` unless `found`, a (major, minor) pair, is a version that the lock supports."""
    if tuple(found) not in SUPPORTED:
        needed = " o ".join("{}.{}".format(*version) for version in SUPPORTED)
        raise InstallError(
            "Este cuaderno necesita Python {} y se ha encontrado Python {}.{} ({}). "
            "Tres maneras de conseguirlo:\n{}".format(needed, *found, sys.executable, WAYS_ON)
        )


def run(step: str, command: List[str], env: Dict[str, str], downloads: bool = False) -> None:
    """Run one step's `command`, quiet unless it fails; `downloads` says that it needs the network."""
    print("  {}…".format(step), flush=True)
    # Run in the project's folder, because uv reads settings from the current folder and Python imports from it.
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=str(ROOT))
    if done.returncode != 0:
        tail = "\n".join(done.stdout.decode("utf-8", "replace").strip().splitlines()[-12:])
        reason = (
            "Lo más frecuente es que falte la conexión a internet, que solo hace falta para instalar: revísala y "
            "repite la orden. Si en este equipo no es posible, tres maneras de seguir:\n{}".format(WAYS_ON)
            if downloads
            else "Repite la orden; si vuelve a fallar, borra la carpeta .venv y prueba otra vez.\n"
        )
        raise InstallError(
            "No se ha podido completar el paso «{}». {}\nÚltimas líneas del error:\n{}".format(step, reason, tail)
        )


def locked_requirement(name: str) -> str:
    """Return the lines of the lock, hashes included, that pin the package `name`."""
    found = re.search(r"^%s==.*?(?=^\S|\Z)" % re.escape(name), LOCK.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    if not found:
        raise InstallError("{} no fija el paquete «{}»: el repositorio está incompleto.".format(LOCK.name, name))
    return found.group()


def environment() -> Dict[str, str]:
    """Return the environment of the steps, without the caller's variables that change what gets installed."""
    return {name: value for name, value in os.environ.items() if WHERE.match(name) or not SETTING.match(name)}


def download_installer(python: str, env: Dict[str, str]) -> None:
    """Install the locked pip and uv, only from wheels: pip would build anything else with unpinned packages."""
    with tempfile.TemporaryDirectory() as folder:
        installer = Path(folder) / "installer.txt"
        installer.write_text(locked_requirement("uv") + locked_requirement("pip"), "utf-8")
        run("Descargando el instalador",
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "2",
             "--only-binary=:all:", "--require-hashes", "-r", str(installer)], env, downloads=True)  # fmt: skip


def sync(uv: str, python: str, env: Dict[str, str], lock: Path) -> None:
    """Make the environment of `python` match `lock`.

    Some packages are published only as source. What builds them is also in the lock and checked against its hashes; the
    setting, which no package reads, keeps uv from reusing a cached build made with anything else.
    """
    run("Instalando los paquetes (unos {} MB en total)".format(SIZES[lock.name]),
        [uv, "pip", "sync", "--system-certs", "--python", python, "--require-hashes", "--build-isolation",
         "--build-constraints", str(lock), "--require-build-hashes", "--config-setting", "built-with=requirements.lock",
         str(lock)], env, downloads=True)  # fmt: skip


def install(lock: Path) -> None:
    """Create or update `.venv` so that it holds what `lock` says and this project, editable."""
    env = environment()
    binaries = VENV / ("Scripts" if os.name == "nt" else "bin")
    python, uv = str(binaries / "python"), str(binaries / "uv")
    if not (binaries / "pip").exists() and not (binaries / "pip.exe").exists():
        run("Creando .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)], env)
    download_installer(python, env)
    sync(uv, python, env, lock)
    run("Instalando el cuaderno",
        [uv, "pip", "install", "--system-certs", "--python", python, "--offline", "--no-deps",
         "--no-build-isolation", "--editable", str(ROOT)], env)  # fmt: skip
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([python, "-I", "-c", where], env=env).decode().strip())
    packages = [str(site / name) for name in HOT_PACKAGES]
    run("Compilando lo que más se usa", [python, "-m", "compileall", "-q", "-j", "0", *packages], env)


def main() -> None:
    """Run the installation; on failure say why in Spanish and leave no half-made `.venv`."""
    try:
        check_python(sys.version_info[:2])
        half_made = VENV.exists() and not READY.exists()
        if half_made:
            shutil.rmtree(str(VENV))
        new = not VENV.exists()
        dev = "--dev" in sys.argv[1:] or DEV_READY.exists()
        lock = DEV_LOCK if dev else LOCK
        print("Preparando el entorno en .venv (solo la primera vez o si cambia {}):".format(lock.name), flush=True)
        try:
            install(lock)
        except BaseException:
            if new:
                shutil.rmtree(str(VENV), ignore_errors=True)
            raise
        for stamp in [READY, DEV_READY] if dev else [READY]:
            stamp.write_text("", "utf-8")
    except InstallError as error:
        sys.exit("\n{}".format(error))
    except KeyboardInterrupt:
        sys.exit("\nInstalación interrumpida: repite la orden cuando quieras.")


if __name__ == "__main__":
    main()
