"""The si1p1 command, as a student types it."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from helpers import cli
from helpers.emulator import process
from helpers.emulator.probe import is_listening, probe
from helpers.workbook import SOLVED, Workbook
from tests.conftest import running_lab

SI1P1 = Path(sys.executable).with_name("si1p1")


@pytest.fixture
def si1p1(port):
    """Run the command on a port of its own."""
    env = os.environ | {process.PORT_VARIABLE: str(port)}
    env.pop("AWS_ENDPOINT_URL", None)

    def run(*words, **changes):
        return subprocess.run([SI1P1, *words], capture_output=True, text=True, env=env | changes, timeout=120)

    yield run
    run("stop")


def test_help_is_in_spanish_and_names_every_command(si1p1):
    for words in ([], ["-h"], ["--help"]):
        done = si1p1(*words)
        assert done.returncode == 0
        for expected in (
            "uso: si1p1",
            "órdenes:",
            "opciones:",
            "start",
            "restart",
            "lab",
            "memoria",
            "entrega",
            "SI1P1_PORT",
        ):
            assert expected in done.stdout
        assert "usage" not in done.stdout and "options" not in done.stdout


@pytest.mark.parametrize(
    "words",
    [["arranca"], ["start", "ya"], ["--puerto"], ["memoria", "--borrador"], ["stop", "x"], ["corrige"], ["repartir"]],
)
def test_a_command_line_that_makes_no_sense_is_refused(si1p1, words):
    done = si1p1(*words)
    assert done.returncode == 2
    assert f"no entiendo «{' '.join(words)}»" in done.stderr and "uso: si1p1" in done.stderr


def test_a_folder_without_notebooks_is_named(si1p1):
    for command in ("lab", "memoria", "entrega"):
        done = si1p1(command, "mi_practca")
        assert done.returncode == 1 and "En mi_practca no hay ningún cuaderno de la práctica" in done.stderr
        assert "haz los tuyos con «si1p1 practica»" in done.stderr and done.stdout == ""


@pytest.fixture
def workbooks(tmp_path, monkeypatch):
    """Return a maker of empty workbooks below a folder that stands for the installation; the root's is there."""

    def make(name):
        made = Workbook(tmp_path / name)
        for folder in (made.notebooks, made.handlers):
            folder.mkdir(parents=True)
        (made.notebooks / "03_s3.ipynb").write_text("{}")
        return made

    monkeypatch.setattr(cli, "SOLVED", make("."))
    monkeypatch.setattr("helpers.workbook.SOLVED", cli.SOLVED)
    monkeypatch.setattr(cli, "PRACTICE", tmp_path / "practica")
    monkeypatch.chdir(tmp_path)
    return make


def test_a_command_works_on_the_workbook_that_it_is_told_or_the_current_one(workbooks, tmp_path, monkeypatch):
    solved, mine = cli.SOLVED, workbooks("mía")
    assert cli.choose(None) == solved and cli.choose(Path("mía")) == mine
    monkeypatch.chdir(mine.notebooks)
    assert cli.choose(None) == mine and cli.choose(tmp_path) == solved


def test_in_the_installation_the_students_own_goes_first(workbooks, tmp_path, monkeypatch):
    practica = workbooks("practica")
    assert cli.choose(None) == practica and cli.choose(Path()) == cli.SOLVED
    monkeypatch.chdir(tmp_path / "notebooks")
    assert cli.choose(None) == practica
    monkeypatch.chdir("/")
    assert cli.choose(None) == practica


def test_each_command_says_first_which_workbook_it_uses(workbooks, capsys, monkeypatch):
    monkeypatch.setattr(cli, "INSTALLATION", cli.SOLVED.root)
    cli.tell(cli.choose(None))
    cli.tell(workbooks("practica"))
    solved, mine = capsys.readouterr().out.splitlines()
    others = "Para usar otros, su carpeta detrás de la orden, como"
    assert solved == f"Cuadernos: notebooks (los resueltos). {others} «practica»."
    assert mine == f"Cuadernos: practica/notebooks (los tuyos). {others} «.»."


def test_start_status_restart_stop(si1p1, port):
    assert si1p1("status").stdout == "LocalStack: parado\n"
    started = si1p1("start")
    assert started.returncode == 0
    assert f"LocalStack: en marcha; versión 4.14.0 en http://localhost:{port}; registro: " in started.stdout
    assert si1p1("status").stdout == si1p1("start").stdout == started.stdout
    assert "en marcha" in si1p1("restart").stdout
    assert si1p1("stop").stdout == "LocalStack: parado\n"
    assert not (SOLVED.build / "localstack" / str(port) / "files").exists()


def test_errors_are_one_paragraph_and_status_1(si1p1):
    done = si1p1("start", SI1P1_PORT="80")
    assert done.returncode == 1
    assert done.stderr.strip() == "SI1P1_PORT vale «80»: tiene que ser un puerto entre 1024 y 65535, como 4567."


@pytest.mark.parametrize(("user", "home"), [(65534, ["HOME=/nonexistent"]), (54321, ["--unset=HOME"])])
@pytest.mark.skipif(os.geteuid() != 0 and not os.environ.get("CI"), reason="needs root, to be another user")
def test_a_user_without_a_home_is_told_what_to_do(user, home, tmp_path):
    """As nobody, and as one whom the machine does not know. Only reading is let, which this Python's folder may not."""
    rights = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    person = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *rights, "env"]
    for command in ("status", "practica"):
        done = subprocess.run([*person, *home, SI1P1, command], capture_output=True, text=True, cwd="/")
        assert done.returncode == 1 and "No puedes escribir en tu carpeta personal" in done.stderr, done.stderr
        assert "HOME=/otra/carpeta si1p1 lab" in done.stderr and "Traceback" not in done.stderr
    tmp_path.chmod(0o777)
    done = subprocess.run(
        [*person, f"HOME={tmp_path / 'otra'}", SI1P1, "practica"], capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 0 and (tmp_path / "otra" / "practica" / "notebooks").is_dir(), done.stderr


@pytest.mark.parametrize("written", ["{}", "."])
def test_the_modules_of_another_project_come_after_these(port, tmp_path, written):
    """`make` leaves PYTHONPATH out; the command has it, and so have the kernels that it starts."""
    for name in ("helpers", "boto3"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('of another project')")
    (tmp_path / "mine.py").touch()
    env = os.environ | {process.PORT_VARIABLE: str(port), "PYTHONPATH": written.format(tmp_path)}
    env.pop("AWS_ENDPOINT_URL", None)
    done = subprocess.run([SI1P1, "status"], capture_output=True, text=True, cwd=tmp_path, env=env)
    assert (done.stdout, done.stderr) == ("LocalStack: parado\n", "")
    check = "import boto3.session, helpers.lab, mine"
    subprocess.run([sys.executable, "-P", "-c", check], check=True, cwd=tmp_path, env=env)


@pytest.mark.slow
def test_lab_opens_where_the_home_cannot_be_written(port, tmp_path):
    """Not even by root: it would be below a file."""
    (tmp_path / "file").touch()
    with running_lab(tmp_path, port, HOME=str(tmp_path / "file" / "home")) as (address, _):
        assert requests.get(address.replace("/lab?", "/api/kernelspecs?"), timeout=30).json()["default"] == "python3"


@pytest.mark.slow
def test_lab_opens_jupyterlab_with_a_token_on_loopback_and_ctrl_c_ends_all(port, tmp_path):
    with running_lab(tmp_path, port) as (address, output):
        contents = address.replace("/lab?", "/api/contents/notebooks?")
        assert requests.get(contents.partition("?")[0], timeout=10).status_code == 403
        names = {entry["name"] for entry in requests.get(contents, timeout=10).json()["content"]}
        assert {"03_s3.ipynb", "04_lambda.ipynb"} <= names
        assert probe(f"http://localhost:{port}")
    said = output.read_text()
    assert "LocalStack: parado" in said and "Warning" not in said and len(said.splitlines()) < 13, said
    assert probe(f"http://localhost:{port}") is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_lab_leaves_nothing_when_its_terminal_is_closed(port, tmp_path, name):
    with running_lab(tmp_path, port, end=getattr(signal, name)) as (address, output):
        assert probe(f"http://localhost:{port}")
    assert probe(f"http://localhost:{port}") is None and not is_listening(urlsplit(address).port)
    assert "LocalStack: parado" in output.read_text()


@pytest.mark.slow
def test_lab_beside_another_says_so_and_leaves_the_localstack_that_it_found(port, tmp_path, si1p1):
    si1p1("start")
    with running_lab(tmp_path, port) as (address, _), running_lab(tmp_path, port) as (other, output):
        assert other != address
    said = output.read_text()
    assert f"Ya hay un JupyterLab abierto, en {address}: este será otro." in said
    assert "LocalStack sigue en marcha" in said and "si1p1 stop" in said
    assert probe(f"http://localhost:{port}")


def test_practica_writes_a_workbook_and_refuses_to_write_over_it(si1p1, tmp_path):
    folder = tmp_path / "edición"
    done = si1p1("practica", str(folder))
    assert (
        done.returncode == 0
        and f"Hecho: {folder}, con " in done.stdout
        and f"si1p1 lab {shlex.quote(str(folder))}" in done.stdout
    )
    assert {path.name for path in folder.iterdir()} == {"notebooks", "handlers", "autores.toml", ".edicion.json"}
    assert not [path for path in folder.rglob("*") if path.stat().st_mode & 0o077]
    refused = si1p1("practica", str(folder))
    assert refused.returncode == 1 and "no se escribe nada encima" in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.3, 0.9, 1.3, 2.0])
def test_ctrl_c_while_lab_starts_leaves_nothing(port, tmp_path, after_s):
    env = os.environ | {process.PORT_VARIABLE: str(port), "BROWSER": "true", "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    env.pop("AWS_ENDPOINT_URL", None)
    lab = subprocess.Popen([SI1P1, "lab"], env=env, stdin=subprocess.DEVNULL, start_new_session=True)
    time.sleep(after_s)
    os.killpg(lab.pid, signal.SIGINT)
    lab.wait(30)
    time.sleep(3)  # as long as a LocalStack that was left starting would take to answer
    assert probe(f"http://localhost:{port}") is None and not is_listening(port)


def test_memoria_says_what_is_missing_before_it_is_handed_in(monkeypatch, capsys):
    monkeypatch.setattr(cli, "make_memoria", lambda: None)
    cli.memoria()
    assert "Antes de entregarla: Sin rellenar en autores.toml: autores" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--borrador"]])
def test_the_solved_workbook_is_handed_in_only_if_it_is_named(si1p1, words):
    done = si1p1("entrega", *words)
    assert done.returncode == 1 and "«make practica»" in done.stderr and "«make entrega CARPETA=.»" in done.stderr
    assert "Ejecutando" not in done.stdout
