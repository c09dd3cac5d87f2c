"""Users of this machine for a test, and what their processes take; needs root."""

import contextlib
import grp
import pwd
import re
import secrets
import subprocess
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil

from helpers.polling import wait_until

GROUP = "alumnos"
SAMPLE_S = 2.0
PSS = re.compile(r"^Pss: +(\d+) kB", re.MULTILINE)


@contextlib.contextmanager
def made(names: list[str]) -> Iterator[dict[str, str]]:
    """Make users with a home, in the group of the class; yield their passwords. They and their homes go at the end."""
    is_new_group = GROUP not in {one.gr_name for one in grp.getgrall()}
    passwords = {name: secrets.token_urlsafe(12) for name in names}
    _remove(names)  # a run that was killed leaves them
    try:
        if is_new_group:
            subprocess.run(["groupadd", GROUP], check=True)
        for name in names:
            # Others can enter the home, as on some systems: what keeps them out of the practice is its own permissions.
            home = ["--create-home", "--key", "HOME_MODE=0755"]
            subprocess.run(["useradd", *home, "--shell", "/bin/bash", "--groups", GROUP, name], check=True)
        lines = "".join(f"{name}:{password}\n" for name, password in passwords.items())
        subprocess.run(["chpasswd"], input=lines, text=True, check=True)
        yield passwords
    finally:
        _remove(names)
        if is_new_group:
            subprocess.run(["groupdel", GROUP], check=False)


def _remove(names: list[str]) -> None:
    """Remove those of the users that there are, with their processes and homes."""
    for name in {one.pw_name for one in pwd.getpwall()}.intersection(names):
        for process in processes(name):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        command = ["userdel", "--force", "--remove", name]
        # Another program may hold the file of users for a moment.
        wait_until(
            lambda command=command: subprocess.run(command, capture_output=True), lambda done: not done.returncode
        )


def processes(name: str) -> list[psutil.Process]:
    """Return a user's processes, but for those that have ended."""
    uid = pwd.getpwnam(name).pw_uid
    found = psutil.process_iter(["uids", "status", "cmdline"])
    return [
        one for one in found
        if one.info["uids"] and one.info["uids"].real == uid and one.info["status"] != psutil.STATUS_ZOMBIE
    ]  # fmt: skip


def memory_mb(name: str) -> float:
    """Return a user's memory: each shared page counts as its part for those who share it."""
    total_kb = 0
    for process in processes(name):
        with contextlib.suppress(OSError, AttributeError):
            total_kb += int(PSS.search(Path(f"/proc/{process.pid}/smaps_rollup").read_text()).group(1))
    return total_kb / 1024


def processor_s(name: str) -> float:
    """Return the seconds of processor of a user's processes and of those of theirs that have ended."""
    total = 0.0
    for process in processes(name):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def disk_mb(name: str) -> float:
    """Return what a user's home takes up."""
    total = 0
    for path in Path(pwd.getpwnam(name).pw_dir).rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # a temporary one
            total += path.lstat().st_blocks * 512
    return total / 1e6


@contextlib.contextmanager
def peaks(names: list[str]) -> Iterator[dict[str, float]]:
    """Yield a dictionary that keeps the most memory that each user has had, in MB, while the block runs."""
    most, ended = defaultdict(float), threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLE_S):
            for name in names:
                most[name] = max(most[name], memory_mb(name))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()
