"""Prepare `.venv` from `requirements.lock`: `python3 tools/install.py`, which is what `make` does.

With `--dev`, or if it was used before, from `requirements-dev.lock`, which adds what the tests and checks use. Any
Python from 3.8 gets the locked uv into `.uv`, and uv finds or downloads one that the lock supports. Only the standard
library, and syntax that Python 3.6 can parse: an old interpreter has to say in words what is missing.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Dict, List

SUPPORTED = ["3.13", "3.14"]  # the first is the one used for development
ROOT = Path(__file__).resolve().parent.parent
VENV, UV = ROOT / ".venv", ROOT / ".uv"
LOCK, DEV_LOCK = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
# Written when a lock has been installed; the Makefile compares their dates.
READY, DEV_READY = VENV / "ready", VENV / "ready-dev"
SIZES = {LOCK.name: "810", DEV_LOCK.name: "1.380"}  # of .venv, in MB

# Of the variables for Python, pip and uv, only those that say where packages are are kept: the rest can change what is
# installed or how it is checked. The account's own settings files still apply, since they may name a mirror.
SETTING = re.compile(r"PIP_|UV_|PYTHON|VIRTUAL_ENV$|__PYVENV_LAUNCHER__$")
WHERE = re.compile(
    r"PIP_(INDEX_URL|TRUSTED_HOST|PROXY|CERT|CLIENT_CERT|NO_CACHE_DIR|TIMEOUT|DEFAULT_TIMEOUT|RETRIES)$"
    r"|(PIP|UV)_(EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|KEYRING_PROVIDER|CACHE_DIR)$"
    r"|UV_(INDEX(_\w+)?|DEFAULT_INDEX|INSECURE_HOST|HTTP_\w+|REQUEST_TIMEOUT|SYSTEM_CERTS|NATIVE_TLS|CREDENTIALS_DIR"
    r"|NO_CACHE|OFFLINE|CONCURRENT_\w+|PYTHON_(INSTALL_DIR|INSTALL_MIRROR|CACHE_DIR|DOWNLOADS|PREFERENCE))$"
)

# Packages that every command imports; the rest are compiled when they are first imported.
HOT_PACKAGES = ["awscli", "boto3", "botocore", "IPython", "ipykernel", "jupyter_client", "jupyter_server", "jupyterlab",
                "localstack", "nbclient", "nbconvert", "nbformat", "pandas", "prompt_toolkit", "rolo", "traitlets",
                "twisted", "werkzeug"]  # fmt: skip

# In site-packages. Relative, for the folder may be moved; and what another project has in PYTHONPATH comes last.
PATHS = """../../../..
import os, sys; sys.path.sort(key=[*map(os.path.abspath, os.environ.get("PYTHONPATH", "").split(os.pathsep))].count)
"""

NAMED = "\nLa carpeta {} lleva «:» o «$» en su nombre, y así no funciona «aws»: cámbiaselo y repite la orden."
AGAIN = "Repite la orden; si vuelve a fallar, borra las carpetas .venv y .uv y prueba otra vez. El error acaba así:\n"
FULL = "No queda sitio en el disco: libera unos 2 GB y repite la orden. El error acaba así:\n"
WAYS_ON = """ Si en este equipo no es posible, tres maneras de seguir:
  - conda:  conda env create -f environment.yml && conda activate si1p1 && si1p1 lab
  - uv:     uv python install 3.13, y repite la orden
  - pyenv:  pyenv install 3.13, y repite la orden
"""
UNFIT = "\nPara instalar hace falta un Python desde 3.8, con pip o venv, y {} ({}.{}) no lo es. En Debian y Ubuntu: " \
    "«sudo apt install python3-venv», y repite la orden." + WAYS_ON  # fmt: skip
OFFLINE = "Lo más frecuente es que falte la conexión a internet: revísala y repite la orden." + WAYS_ON


def run(step: str, command: List[str], env: Dict[str, str], downloads: bool = False) -> None:
    """Run one step's `command`, quiet unless it fails; `downloads` says that it needs the network."""
    print("  {}…".format(step), flush=True)
    # Run in the project's folder, because uv reads settings from the current folder and Python imports from it.
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=str(ROOT))
    if done.returncode != 0:
        said = "\n".join(done.stdout.decode("utf-8", "replace").splitlines()[-12:])
        reason = FULL if re.search("No space left|Disk quota", said) else OFFLINE if downloads else AGAIN
        raise SystemExit("\nNo se ha podido completar el paso «{}». {}\n{}".format(step, reason, said))


def environment() -> Dict[str, str]:
    """Return the environment of the steps, without the caller's variables that change what gets installed."""
    kept = {name: value for name, value in os.environ.items() if WHERE.match(name) or not SETTING.match(name)}
    kept.update(PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0", PIP_DISABLE_PIP_VERSION_CHECK="1")  # as --target needs
    if not os.access(os.path.expanduser("~"), os.W_OK):  # where uv keeps what it downloads
        kept = dict({"UV_CACHE_DIR": str(UV / "cache"), "UV_PYTHON_INSTALL_DIR": str(UV / "python")}, **kept)
    return kept


def get_uv(env: Dict[str, str]) -> str:
    """Return the locked uv, got with what there is; only a wheel, since a build would use unpinned packages."""
    asked, locked = UV / "asked.txt", UV / "locked.txt"
    [pin] = re.findall(r"^uv==.*?(?=^\S|\Z)", DEV_LOCK.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    if not locked.exists() or locked.read_text("utf-8") != pin:
        installer = [sys.executable, "-m", "pip"]
        if not find_spec("pip") and shutil.which("uv"):
            installer = ["uv", "pip"]
        elif sys.version_info < (3, 8) or not (find_spec("pip") or find_spec("ensurepip")):
            raise SystemExit(UNFIT.format(sys.executable, *sys.version_info[:2]))
        elif not find_spec("pip"):
            run("Preparando pip", [sys.executable, "-m", "venv", "--clear", str(UV / "pip")], env)
            installer[0] = str(UV / "pip" / "bin" / "python")
        asked.write_text(pin, "utf-8")
        run("Descargando el instalador, uv", [*installer, "install", "--quiet", "--only-binary=:all:", "--no-deps",
            "--require-hashes", "--upgrade", "--target", str(UV), "-r", str(asked)], env, downloads=True)  # fmt: skip
        asked.replace(locked)
    return str(UV / "bin" / "uv")


def create_venv(uv: str, env: Dict[str, str]) -> None:
    """Create `.venv`, relocatable, with this Python if it is supported, one that is here or, if none is, a new one."""
    find = [uv, "python", "find", "-qq", "--system", "--no-python-downloads"]
    here = [sys.executable] if "{}.{}".format(*sys.version_info) in SUPPORTED else [
        one for one in SUPPORTED if subprocess.call([*find, one], env=env, cwd=str(ROOT)) == 0]  # fmt: skip
    version = [*here, *SUPPORTED][0]
    run("Creando .venv" if here else "Descargando Python {}".format(version), [uv, "venv", "--system-certs",
        "--relocatable", "--clear", "--force", "--python", version, str(VENV)], env, downloads=not here)  # fmt: skip


def sync(uv: str, python: str, env: Dict[str, str], lock: Path) -> None:
    """Make the environment of `python` match `lock`.

    Some packages are published only as source. What builds them is also in the lock and checked against its hashes; the
    setting, which no package reads, keeps uv from reusing a cached build made with anything else.
    """
    run("Instalando los paquetes (unos {} MB en total)".format(SIZES[lock.name]),
        [uv, "pip", "sync", "--system-certs", "--python", python, "--require-hashes", "--build-isolation",
         "--build-constraints", str(lock), "--require-build-hashes", "--config-setting", "built-with=requirements.lock",
         str(lock)], env, downloads=True)  # fmt: skip


def install(lock: Path, stamps: List[Path]) -> None:
    """Make `.venv` hold what `lock` says and this project, editable; write `stamps`. Leaves no half-made `.venv`."""
    print("Preparando el entorno en .venv (solo la primera vez o si cambia {}):".format(lock.name), flush=True)
    env, python = environment(), VENV / "bin" / "python"
    try:
        uv = get_uv(env)
        if not READY.exists() or not python.exists():
            create_venv(uv, env)
        sync(uv, str(python), env, lock)
        run("Instalando el cuaderno", [uv, "pip", "install", "--python", str(python), "--offline", "--no-deps",
            "--no-build-isolation", "--editable", "."], env)  # fmt: skip
        [site] = VENV.glob("lib/python*/site-packages")
        (site / "_si1p1.pth").write_text(PATHS, "utf-8")
        hot = [str(site / name) for name in HOT_PACKAGES]
        run("Compilando lo que más se usa", [str(python), "-m", "compileall", "-qj0", "-x", "/tests/", *hot], env)
        for stamp in stamps:
            stamp.write_text("", "utf-8")
    finally:
        if not READY.exists():
            shutil.rmtree(str(VENV), ignore_errors=True)


def main() -> None:
    """Run the installation, unless one that ran meanwhile has done it; say in Spanish why it fails."""
    started = time.time()
    if re.search("[:$]", str(ROOT)):
        raise SystemExit(NAMED.format(ROOT))
    try:
        UV.mkdir(exist_ok=True)
        fcntl.flock(os.open(str(UV / "lock"), os.O_CREAT | os.O_RDWR), fcntl.LOCK_EX)  # until this process ends
        dev = "--dev" in sys.argv[1:] or DEV_READY.exists()
        lock, stamps = (DEV_LOCK, [READY, DEV_READY]) if dev else (LOCK, [READY])
        if not all(stamp.exists() and stamp.stat().st_mtime > started for stamp in stamps):
            install(lock, stamps)
    except OSError as error:
        sys.exit("\nNo se ha podido preparar el entorno en {}: {}.".format(ROOT, error))
    except KeyboardInterrupt:
        sys.exit("\nInstalación interrumpida: repite la orden cuando quieras.")


if __name__ == "__main__":
    main()
