"""What confining needs of the system: what is said where it lacks, and that it needs no rights of root's."""

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from foreign import executed, need_confinement

from helpers.errors import MarkingError
from helpers.marking import confined

STRANGER = 65534  # nobody, on Debian
REFUSED = "bwrap: setting up uid map: Permission denied"
UBUNTU = "kernel.apparmor_restrict_unprivileged_userns"


@pytest.fixture
def system(tmp_path, monkeypatch):
    """The folder of programs, and the one of the kernel's settings, of a system that has neither."""
    for name in ("programs", "settings"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    monkeypatch.setattr(confined, "SETTINGS_FOLDER", tmp_path / "settings")
    confined.why_not.cache_clear()
    yield tmp_path
    confined.why_not.cache_clear()


def install_one_that_is_refused(system):
    program = system / "programs" / "bwrap"
    program.write_text(f"#!/bin/sh\necho '{REFUSED}' >&2\nexit 1\n")
    program.chmod(0o700)


def set_to(system, name, value):
    path = system / "settings" / name.replace(".", "/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{value}\n")


def test_without_bubblewrap_it_is_said_what_that_means(system):
    with pytest.raises(MarkingError, match=r"no está instalado bubblewrap.*código ajeno.*--sin-aislar"):
        executed([], system)


@pytest.mark.parametrize(("name", "value", "lets"), [(UBUNTU, 1, 0), ("kernel.unprivileged_userns_clone", 0, 1)])
def test_where_the_system_forbids_it_it_is_said_what_to_type(system, name, value, lets):
    install_one_that_is_refused(system)
    set_to(system, name, value)
    with pytest.raises(MarkingError, match=rf"{REFUSED}.*«sudo sysctl -w {name}={lets}».*«={value}».*--sin-aislar"):
        executed([], system)


def test_where_it_is_not_known_who_forbids_it_no_setting_is_named(system):
    install_one_that_is_refused(system)
    set_to(system, UBUNTU, 0)
    with pytest.raises(MarkingError, match=rf"{REFUSED}.*contenedores") as told:
        executed([], system)
    assert "sysctl" not in str(told.value)


@pytest.fixture
def his():
    """A folder of an ordinary user's, that he can reach."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to be another user")
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest's own is nobody else's
    for name in ("given", "results"):
        (folder / name).mkdir()
    (folder / "secret").write_text("clave")
    for path in (folder, *folder.iterdir()):
        os.chown(path, STRANGER, STRANGER)
    yield folder
    shutil.rmtree(folder)


def test_an_ordinary_user_is_isolated_as_root_is(his, monkeypatch):
    need_confinement()
    # This installation may be where he cannot look.
    monkeypatch.setattr(confined, "_programs", list)
    monkeypatch.setattr(confined, "shared", lambda: his)

    def tried(place):
        places = {"secret": his, "outside": his, "results": confined.RESULTS, "root": confined.ROOT}
        lines = [f"cat {his}/secret"] + [f"touch {where}/{place}-{what}" for what, where in places.items()]
        return "; ".join(f"{line} 2>/dev/null && echo {place} {line.split()[-1]}" for line in lines)

    inside = shlex.join([*confined.inner(confined.ROOT), "/bin/sh", "-c", tried("inner")])
    words = [*confined.outer(his / "given", his / "results", {"PATH": os.defpath}), "/bin/sh", "-c"]
    done = subprocess.run(
        [*words, f"{tried('outer')}; {inside}; true"],
        user=STRANGER, group=STRANGER, extra_groups=[], cwd="/", capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    could = [
        f"outer {confined.RESULTS}/outer-results",
        f"outer {confined.ROOT}/outer-root",
        f"inner {confined.ROOT}/inner-root",
    ]
    assert (done.stdout.splitlines(), done.stderr) == (could, "")
    assert [path.name for path in (his / "results").iterdir()] == ["outer-results"]
