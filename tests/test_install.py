"""The set-up's files agree with each other, and the installer says what is missing."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml

from helpers import install, lock
from helpers.project import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


@pytest.mark.static
def test_the_lock_pins_every_dependency_with_hashes_and_no_address():
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE))
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    for requirement in [*PYPROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]:
        assert re.match(r"[\w-]+", requirement).group() in pins, requirement
    assert len(re.findall(r"^    --hash=sha256:", LOCK, re.MULTILINE)) >= len(pins)
    assert "://" not in LOCK and "index-url" not in LOCK


@pytest.mark.static
def test_the_constraints_are_the_lock_without_hashes():
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert text == lock.constraints(LOCK)
    assert "--hash" not in text and "never" not in text


@pytest.mark.static
def test_environment_yml_installs_the_locked_versions_and_this_project():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment["name"] == PYPROJECT["project"]["name"] == "si1p1"
    *conda, pip = environment["dependencies"]
    assert conda == ["python=3.13", "pip"]
    assert pip == {"pip": ["--constraint constraints.txt", "--editable ."]}
    version = (ROOT / ".python-version").read_text().strip()
    assert version == "3.13" == ".".join(map(str, install.SUPPORTED[0]))
    assert PYPROJECT["project"]["requires-python"] == f">={version},<3.{install.SUPPORTED[-1][1] + 1}"


@pytest.mark.parametrize("found", [(3, 12), (3, 9), (2, 7), (3, 15)])
def test_another_python_is_refused_with_three_ways_on(found):
    with pytest.raises(install.InstallError) as caught:
        install.check_python(found)
    message = str(caught.value)
    assert f"necesita Python 3.13 o 3.14 y se ha encontrado Python {found[0]}.{found[1]}" in message
    for way in ("conda env create", "uv python install", "pyenv install"):
        assert way in message


def test_an_old_interpreter_can_read_the_installer():
    compile((ROOT / "helpers" / "install.py").read_text("utf-8"), "install.py", "exec", dont_inherit=True)
    # The one that this machine has by default, if there is another.
    for name in ("python3.6", "python3.8", "python3.11"):
        old = shutil.which(name)
        if old and subprocess.run([old, "-c", ""], capture_output=True).returncode == 0:
            done = subprocess.run([old, ROOT / "helpers" / "install.py"], capture_output=True, text=True)
            assert done.returncode != 0 and "necesita Python 3.13" in done.stderr


def test_without_network_it_says_so_and_leaves_no_half_made_venv(tmp_path, port):
    (tmp_path / "helpers").mkdir()
    for name in ("helpers/install.py", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), f"http://127.0.0.1:{port}")
    env = os.environ | nowhere | {"PIP_NO_CACHE_DIR": "1", "PIP_CONFIG_FILE": os.devnull, "NO_PROXY": ""}
    env |= {name.lower(): value for name, value in nowhere.items()} | {"no_proxy": ""}
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        env.pop(name, None)
    done = subprocess.run(
        [sys._base_executable, tmp_path / "helpers" / "install.py"],
        capture_output=True,
        text=True,
        env=env,
        timeout=120,
    )
    assert done.returncode != 0
    assert "falte la conexión a internet" in done.stderr
    for way in ("conda env create", "uv python install", "pyenv install"):
        assert way in done.stderr
    assert not (tmp_path / ".venv").exists()
