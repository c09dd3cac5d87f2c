"""What is cut short, wherever it was: nothing that was good is lost, and doing it again works."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile

import boto3
import psutil
import pytest
from botocore.config import Config
from lambda_function import Function, children
from test_kill_matrix import code_cells, kill, run

from helpers import lab
from helpers.emulator.process import Emulator, State
from helpers.polling import wait_until
from helpers.session.cell_errors import paragraph
from helpers.workbook import INSTALLATION, SOLVED
from tests.conftest import free_port, running_kernel
from tests.workbook_copy import WorkbookCopy, finished

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MOMENTS_S = (0.02, 0.2, 0.6, 1.0, 1.5)


@pytest.fixture
def workbook(tmp_path):
    """A small copy of the workbook."""
    copy = WorkbookCopy(tmp_path / "copia", left_out=("0[124-6]_*",), port=free_port())
    yield copy
    copy.run("stop")


def test_killed_while_a_function_runs(cloud, figures):
    made = Function("prueba-larga", "import time\ndef handler(e, c): time.sleep(20)", Timeout=30)
    errors = []

    def invoke():
        try:
            made.client.invoke(FunctionName=made.name)
        except Exception as error:
            errors.append(error)

    call = threading.Thread(target=invoke)
    call.start()
    running = wait_until(lambda: children(cloud), ready=bool)
    time.sleep(0.5)
    kill(cloud)
    call.join(30)
    assert not call.is_alive() and "LocalStack está parado" in paragraph(errors[0])
    assert psutil.wait_procs(running, timeout=10)[1] == []
    cloud.start()
    lab.open("lambda")
    buckets = [one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]]
    figures("LocalStack killed while a function runs", len(errors), int(buckets == ["si1p1"]))
    assert len(errors) == 1 and buckets == ["si1p1"]


def test_killed_while_it_starts(tmp_path, port, figures):
    """Both ends: LocalStack, and who starts it."""
    own = Emulator(tmp_path, port)
    program = "import sys; from pathlib import Path; from helpers.emulator.process import Emulator; "
    program += "Emulator(Path(sys.argv[1]), int(sys.argv[2])).start()"
    command = [sys.executable, "-c", program, str(tmp_path), str(port)]
    states = []
    for moment_s in MOMENTS_S:
        starter = subprocess.Popen(command, text=True, stderr=subprocess.PIPE)
        wait_until(own._process, ready=bool, timeout_s=30)
        time.sleep(moment_s)
        own._process().kill()
        said = starter.communicate(timeout=60)[1]
        assert starter.returncode == 0 or "LocalStack ha terminado mientras arrancaba" in said
        states.append(own.start().state)
        own.stop()
        starter = subprocess.Popen(command)
        wait_until(own._process, ready=bool, timeout_s=30)
        time.sleep(moment_s)
        starter.kill()
        starter.wait()
        states.append(own.start().state)
        own.stop()
    running = states.count(State.RUNNING)
    figures("LocalStack, or who starts it, killed while it starts", 2 * len(MOMENTS_S), running)
    assert running == 2 * len(MOMENTS_S)


def is_whole(path):
    """Tell whether a PDF or a zip is there to its end."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as bundle:
            return bundle.testzip() is None
    content = path.read_bytes()
    return content.startswith(b"%PDF") and b"%%EOF" in content[-1024:]


def test_a_memoria_cut_short_leaves_the_former_one(workbook, figures):
    folder = workbook.folder
    pdf = folder / "build" / "memoria.pdf"
    output, status = workbook.run("memoria")
    assert status == 0, output
    assert is_whole(pdf)
    good, kept = pdf.read_bytes(), []

    # LocalStack killed again and again while the notebooks run: each `lab.open` starts it.
    run_memoria = workbook.start("memoria")
    while run_memoria.poll() is None:
        for pid in workbook.instances():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
    output, status = finished(run_memoria)
    assert status == 1 and "Falla el cuaderno" in output and "Traceback" not in output, output
    kept.append(pdf.read_bytes() == good)

    # Who makes it killed, at any moment; and CTRL+C.
    for moment_s, ending in ((2, signal.SIGKILL), (6, signal.SIGKILL), (3, signal.SIGINT)):
        cut = workbook.start("memoria")
        time.sleep(moment_s)
        cut.send_signal(ending)
        output, _ = finished(cut)
        assert "Traceback" not in output and (ending is signal.SIGKILL or "Interrumpido." in output), output
        kept.append(is_whole(pdf))
    output, status = workbook.run("memoria")
    assert status == 0, output
    output, status = workbook.run("entrega", ".", "--borrador")
    assert status == 0, output
    bundle = folder / "build" / "entrega.zip"
    assert is_whole(bundle)
    cut = workbook.start("entrega", ".", "--borrador")
    time.sleep(6)
    cut.kill()
    finished(cut)
    kept.append(is_whole(bundle))
    figures("memoria or entrega cut short", len(kept), sum(kept))
    assert kept == [True] * 5
    assert [path.name for path in (folder / "build").glob("*.new")] == []


def test_a_kernel_restarted_in_the_middle_of_a_section(cloud, figures):
    sections = sorted(SOLVED.notebooks.glob("0[3-6]_*.ipynb"))
    survived = 0
    for path in sections:
        cells = code_cells(path)
        with running_kernel() as kernel:
            run(kernel, cells[: len(cells) // 2])
            kernel.restart()
            run(kernel, cells)
        survived += 1
    figures("kernel restarted in the middle of a section", len(sections), survived)
    assert survived == 4


def test_a_machine_suspended_for_longer_than_the_client_waits(cloud, figures):
    lab.open("lambda")
    session = cloud.status().session_id
    client = boto3.client("s3", config=Config(read_timeout=2))
    suspended = psutil.Process(cloud.status().pid)
    suspended.suspend()
    try:
        with pytest.raises(Exception, match="Read timeout") as caught:
            client.list_buckets()
        assert "LocalStack todavía está arrancando" in paragraph(caught.value)
    finally:
        suspended.resume()
    buckets = [one["Name"] for one in client.list_buckets()["Buckets"]]
    is_the_same = buckets == ["si1p1"] and cloud.status().session_id == session
    figures("LocalStack suspended for longer than the client waits", 1, int(is_the_same))
    assert is_the_same


def test_a_set_up_cut_short_is_repaired(tmp_path, figures):
    """Killed at several moments; each time the next run begins again, and the last one ends."""
    folder = tmp_path / "copia"
    shutil.copytree(INSTALLATION, folder, ignore=shutil.ignore_patterns(".*", "build", "__pycache__", "tests"))
    shutil.copy(INSTALLATION / ".python-version", folder)
    command = [sys._base_executable, str(folder / "tools" / "install.py")]
    moments_s = (0.5, 1, 2)  # all of it takes some seconds
    told = 0  # that it is not complete
    for moment_s in moments_s:
        cut = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(moment_s)
        os.killpg(cut.pid, signal.SIGKILL)
        cut.wait()
        told += not (folder / ".venv" / "ready").exists()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    shown = subprocess.run([folder / ".venv" / "bin" / "si1p1", "--help"], capture_output=True, text=True, check=True)
    assert str(folder) in shown.stdout
    figures("set-up cut short", len(moments_s), told)
    assert told == len(moments_s)
