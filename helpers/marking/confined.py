"""Where somebody else's delivery runs: what it can read, write and reach, by bubblewrap's namespaces.

There are two, one inside the other. The outer one has no network but a loopback of its own, of the disk the system's
programs and this installation's, read-only, and can write one folder of the machine's: our process runs there, with its
LocalStack. In the inner one run the delivery's kernels, functions and scripts: they reach that LocalStack, but neither
its process nor its journal nor ours, and can write their own folders alone.
"""

import functools
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.workbook import INSTALLATION, shared

# Names inside: the folder of all that is made there, and two of the machine's: the delivery and what is left of it.
ROOT, GIVEN, RESULTS = (Path("/corrige") / name for name in ("dentro", "entrega", "resultado"))
CACHE = ROOT / "data" / "si1p1" / "localstack" / "cache"  # where `workbook.shared` has LocalStack's
# All the memory that files may take: nothing is written to the machine's disk but the results.
FILES_BYTES = 500_000_000
TEMPORARY_BYTES, SHARED_BYTES = 100_000_000, 20_000_000  # of /tmp and /dev/shm, which each inner one has
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix")
# Of /etc, what programs need; the rest may have secrets.
CONFIGURATION = ("alternatives", "fonts", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
                 "mime.types", "nsswitch.conf", "passwd", "group", "ssl/certs", "ssl/openssl.cnf")  # fmt: skip
# Settings of the kernel that forbid it to ordinary users: the value that does, and one that does not. Ubuntu forbids it
# by the first since 24.04.
SETTINGS = {
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "user.max_user_namespaces": ("0", "10000"),
}
SETTINGS_FOLDER = Path("/proc/sys")


@functools.cache
def why_not() -> str:
    """Return why nothing can be confined here, in Spanish; empty if it can, both inside and inside of that."""
    if shutil.which("bwrap") is None:
        return "no está instalado bubblewrap (en Debian y Ubuntu, «sudo apt install bubblewrap»)"
    try:
        nested = shlex.join([*inner(Path("/tmp")), "true"])  # noqa: S108  # inside, where it is another
        done = subprocess.run([*_system(), "--", "/bin/sh", "-c", nested], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap no arranca: {error}"
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["no dice por qué"])[-1]
        return f"este sistema no deja a bubblewrap aislar programas: {told}. {_how_to_let_it()}"
    return ""


def _how_to_let_it() -> str:
    """Return what the system needs to let bubblewrap work, in Spanish, as far as its settings tell."""
    for name, (forbids, lets) in SETTINGS.items():
        path = SETTINGS_FOLDER / name.replace(".", "/")
        if path.is_file() and path.read_text("utf-8").strip() == forbids:
            return (
                f"Se lo prohíbe «{name}»: «sudo sysctl -w {name}={lets}» se lo permite, a él y a los demás programas, "
                f"hasta que se reinicie el equipo; con «={forbids}» queda como estaba"
            )
    return "Pasa en muchos contenedores; fuera de ellos suele poder"


def outer(given: Path, results: Path, variables: dict[str, str]) -> list[str]:
    """Return the words that come before a command to run it in the outer one, with these environment variables."""
    words = [*_system(), "--clearenv", *(word for name in variables for word in ("--setenv", name, variables[name]))]
    words += ["--size", str(FILES_BYTES), "--tmpfs", str(ROOT)]
    words += ["--ro-bind", str(given), str(GIVEN), "--bind", str(results), str(RESULTS)]
    if (cache := shared() / "localstack" / "cache").is_dir():  # it saves two seconds of each start
        words += ["--ro-bind", str(cache), str(CACHE)]
    return [*words, "--remount-ro", "/", "--"]


def inner(*writable: Path) -> list[str]:
    """Return the words that come before a command, inside the outer one, to run it in an inner one."""
    # /proc stays the outer one's, read-only: the kernel mounts no new one in a container. What it tells of processes
    # that are out of reach is their names.
    words = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
    # A kernel takes it for dead, because the parent that it has inside is not that one.
    words += ["--unsetenv", "JPY_PARENT_PID"]
    words += ["--new-session", "--ro-bind", "/", "/", "--dev", "/dev"]
    words += ["--size", str(SHARED_BYTES), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108  # the same
    words += ["--size", str(TEMPORARY_BYTES), "--tmpfs", "/tmp", *_programs()]  # noqa: S108  # its own
    for place in writable:
        words += ["--bind-try", str(place), str(place)]
    return [*words, "--"]


def write_program(path: Path, *writable: Path) -> Path:
    """Write at `path` a program that runs a command in an inner one; return it.

    Its first argument is another folder that the command can write, and the rest, the command.
    """
    words = shlex.join(inner(*writable)).removesuffix(" --")
    path.write_text(f'#!/bin/sh\nfolder=$1\nshift\nexec {words} --bind "$folder" "$folder" -- "$@"\n', "utf-8")
    path.chmod(0o500)
    return path


def _system() -> list[str]:
    words = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--proc", "/proc", "--dev", "/dev"]
    words += ["--size", str(TEMPORARY_BYTES), "--tmpfs", "/tmp", "--chdir", "/"]  # noqa: S108  # its own
    for place in SYSTEM:
        if os.path.islink(place):  # noqa: PTH114  # as /bin is to usr/bin
            words += ["--symlink", os.readlink(place), place]  # noqa: PTH115
        else:
            words += ["--ro-bind-try", place, place]
    for name in CONFIGURATION:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return words + _programs()


def _programs() -> list[str]:
    """Return the words that let in this installation's code and its Python; nobody's work that is beside them."""
    packages = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_prefix).resolve()]
    chosen = dict.fromkeys(map(str, [INSTALLATION / "helpers", *packages]))
    return [
        word for place in chosen if not place.startswith(("/usr/", "/opt/")) for word in ("--ro-bind", place, place)
    ]
