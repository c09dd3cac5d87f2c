"""Eight users of a machine on one JupyterHub, all at once: each finishes his section, and nobody meets another's."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from statistics import mean

import nbformat
import psutil
import pytest
import requests
import zmq
from hub_client import Student
from pypdf import PdfReader
from shared_installation import installed
from users_of_machine import disk_mb, made, memory_mb, peaks, processes, processor_s

from helpers.polling import wait_until
from helpers.workbook import SOLVED
from tests.conftest import free_port

CAN_RUN = os.geteuid() == 0 and shutil.which("useradd") and shutil.which("npm")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    # In CI it is a failure.
    pytest.mark.skipif(not CAN_RUN and not os.environ.get("CI"), reason="needs root, useradd and npm, to be a class"),
]

STUDENTS = [f"si1p1-alumno{number}" for number in range(1, 9)]
NOTEBOOK = "notebooks/05_api_gateway.ipynb"
MARK = """\
import os, boto3
boto3.client("s3").create_bucket(Bucket="de-{name}")
names = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
print([name for name in names if name.startswith("de-")], os.environ["AWS_ENDPOINT_URL"])
"""
# What a student can try from his own kernel: each line must end in an error.
INTRUDE = """\
import json, os, urllib.request
tried = {{}}
for name, do in {{
    "cloud": lambda: urllib.request.urlopen("{cloud}/_localstack/info", timeout=10).read(),
    "file": lambda: open("{home}/practica/notebooks/05_api_gateway.ipynb").read(),
    "practice": lambda: os.listdir("{home}/practica"),
    "instance": lambda: os.listdir("{home}/.local/share/si1p1/localstack"),
    "installation": lambda: open("{installation}/helpers/lab.py", "a"),
    "packages": lambda: open("{installation}/.venv/lib/mine", "w"),
}}.items():
    try:
        do()
        tried[name] = "done"
    except OSError as error:
        tried[name] = type(error).__name__
print(json.dumps(tried))
"""


@pytest.fixture(scope="module")
def installation():
    with installed() as folder:
        yield folder


@pytest.fixture
def students(installation, tmp_path):
    """The class, each with his browser, before a hub that runs; the users are gone at the end."""
    address, proxy, own = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    options = [f"--JupyterHub.bind_url={address}", f"--ConfigurableHTTPProxy.api_url={proxy}",
               f"--JupyterHub.hub_bind_url={own}"]  # fmt: skip
    command = [installation / ".venv/bin/python", "-m", "jupyterhub", "-f", installation / "hub/jupyterhub_config.py"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SI1P1_", "PYTHON"))}
    log = tmp_path / "hub.log"
    with made(STUDENTS) as passwords, log.open("w") as stream:
        hub = subprocess.Popen(
            [*command, *options], cwd=tmp_path, env=env, stdout=stream, stderr=stream, start_new_session=True
        )
        try:
            wait_until(lambda: answers(address), ready=bool, timeout_s=60)
            yield [Student(address, name, password) for name, password in passwords.items()]
        except BaseException:
            print(log.read_text()[-20000:])  # noqa: T201
            raise
        finally:
            hub.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                hub.wait(30)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(hub.pid, signal.SIGKILL)
            print(log.read_text()[-20000:])  # noqa: T201


def answers(address):
    try:
        return requests.get(f"{address}/hub/health", timeout=5).ok
    except requests.ConnectionError:
        return False


def section_of(name):
    """Return the solved notebook of section 5, with a cell that leaves a mark of its owner in his cloud."""
    notebook = nbformat.read(SOLVED.root / NOTEBOOK, as_version=4)
    mark = nbformat.v4.new_code_cell(MARK.format(name=name))
    mark.id = "marca"
    notebook.cells.append(mark)
    return notebook


def printed(cell):
    return "".join(one.text for one in cell.outputs if one.output_type == "stream")


def test_eight_students_do_section_5_at_once_and_nobody_meets_another(installation, students, figures):
    started_s = time.monotonic()
    with ThreadPoolExecutor(len(students)) as pool:

        def together(do, *others):
            return list(pool.map(do, students, *others))

        with peaks(STUDENTS) as most_mb:
            assert all("Logout" in page.text for page in together(Student.log_in))
            together(Student.start_server)
            time.sleep(5)
            at_rest_mb = [memory_mb(name) for name in STUDENTS]

            notebooks = [section_of(one.name) for one in students]
            together(run_section, notebooks)
            working_mb = [memory_mb(name) for name in STUDENTS]
            clouds = [printed(notebook.cells[-1]) for notebook in notebooks]
            assert clouds == [
                f"['de-{one.name}'] {cloud.split()[-1]}\n" for one, cloud in zip(students, clouds, strict=True)
            ]
            addresses = [cloud.split()[-1] for cloud in clouds]
            assert len(set(addresses)) == len(students)

            neighbours = students[1:] + students[:1]
            together(lambda one, other, cloud: refused(one, other, cloud, installation), neighbours,
                     addresses[1:] + addresses[:1])  # fmt: skip
            assert overheard(students[0]) == []

            before = together(lambda one: one.run_code("print(lab.restart().pid)"))
            again = together(
                lambda one: one.run_code("import boto3; print(boto3.client('s3').list_buckets()['Buckets'])")
            )
            assert len(set(before)) == len(students) and set(again) == {"[]\n"}
            together(Student.run, notebooks)
            texts = together(export, notebooks)
            took_s, kept_mb = [processor_s(name) for name in STUDENTS], [disk_mb(name) for name in STUDENTS]

        assert [sorted(other for other in STUDENTS if f"de-{other}" in text) for text in texts] == [
            [n] for n in STUDENTS
        ]
        together(Student.stop_server)
    left = wait_until(
        lambda: [one for name in STUDENTS for one in processes(name)],
        ready=lambda found: not found,
        timeout_s=60,
    )
    assert left == []
    detail = (
        f"a user: {mean(at_rest_mb):.0f} MB at rest, {mean(working_mb):.0f} after the section, at most "
        f"{max(most_mb.values()):.0f}; {mean(took_s):.0f} s of processor; {mean(kept_mb):.0f} MB of disk; "
        f"{time.monotonic() - started_s:.0f} s in all"
    )
    figures("students on one hub, section 5 at once, restart and PDF", len(students), len(texts), detail)


def run_section(student, notebook):
    """Save the section and the functions in his workbook, as he would have written them, and run it."""
    for path in SOLVED.code_files():
        student.upload(f"handlers/{path.name}", path.read_text("utf-8"), "file")
    student.upload(NOTEBOOK, notebook, "notebook")
    student.open_kernel(NOTEBOOK)
    student.run(notebook)


def refused(student, other, cloud, installation):
    """Check that nothing of the `other` student, nor of the installation, is within reach."""
    code = INTRUDE.format(cloud=cloud, home=f"/home/{other.name}", installation=installation)
    tried = json.loads(student.run_code(code))
    assert tried.pop("cloud") in ("RemoteDisconnected", "ConnectionResetError", "URLError"), tried
    assert set(tried.values()) == {"PermissionError"}, tried
    for path in ("api/contents", "lab", f"files/{NOTEBOOK}"):
        assert student.session.get(f"{other.server}/{path}", timeout=60).status_code in (403, 404)
    assert student.ask("DELETE", f"{other.hub}/hub/api/users/{other.name}/server").status_code in (403, 404)


def overheard(student):
    """Return what anybody on the machine hears on the TCP ports of a student's kernel while it prints."""
    (kernel,) = [one for one in processes(student.name) if "ipykernel_launcher" in one.info["cmdline"]]
    listening = [one.laddr for one in kernel.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    with zmq.Context() as context, context.socket(zmq.SUB) as ear:
        ear.linger = 0
        ear.subscribe("")
        for address in listening:
            ear.connect(f"tcp://{address.ip}:{address.port}")
        time.sleep(1)  # for the subscription to arrive
        student.run_code("print('secreto')")
        return ear.recv_multipart() if ear.poll(2000) else []


def export(student, notebook):
    """Save the notebook and return the text of the PDF that JupyterLab's button downloads."""
    student.upload(NOTEBOOK, notebook, "notebook")
    answer = student.ask("GET", f"{student.server}/nbconvert/memoria/{NOTEBOOK}?download=true")
    assert answer.ok and answer.content.startswith(b"%PDF"), answer.text[:2000]
    return "".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
