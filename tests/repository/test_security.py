"""Who can reach what is started here, what is told to whom, and what the code never does."""

import ast
import contextlib
import io
import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import nbformat
import psutil
import pytest
import requests
from hypercorn.config import Config
from IPython.core.inputtransformer2 import TransformerManager
from processes import described
from pypdf import PdfReader

from helpers.emulator import process
from helpers.emulator.probe import loopback_addresses
from helpers.lab import wait_until
from helpers.memoria import build
from helpers.practice import delivery
from helpers.workbook import INSTALLATION, SOLVED, Workbook
from tests.conftest import running_lab

# Another address of this machine that a listener on every address answers at, and it is still loopback.
SECOND_LOOPBACK = "127.0.0.2"


def listeners(server: psutil.Process) -> dict[str, set[int]]:
    """Return address -> ports on which a process and its descendants accept connections."""
    found = {}
    for _, about in described([server, *server.children(recursive=True)], "net_connections"):
        for connection in about["net_connections"] or []:
            if connection.status == psutil.CONN_LISTEN:
                found.setdefault(connection.laddr.ip, set()).add(connection.laddr.port)
    return found


def is_open(address: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(2)
        return client.connect_ex((address, port)) == 0


def check_loopback_only(server: psutil.Process, *, least: int, figures, what: str, addresses=("127.0.0.1",)) -> None:
    """Check that all sockets of a process and its descendants listen on `addresses`, and nothing answers elsewhere."""
    found = listeners(server)
    assert set(found) == set(addresses)
    ports = found["127.0.0.1"]
    assert len(ports) >= least
    right = [port for port in ports if is_open("127.0.0.1", port) and not is_open(SECOND_LOOPBACK, port)]
    figures(f"listening ports of {what}, on loopback only", len(ports), len(right))
    assert set(right) == ports


def test_the_check_sees_a_listener_on_every_address():
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - what the check has to find; gone at once
        port = server.getsockname()[1]
        assert port in listeners(psutil.Process())["0.0.0.0"]  # noqa: S104
        assert is_open(SECOND_LOOPBACK, port)


def test_localstack_listens_on_loopback_only(cloud, figures):
    # Both, for «localhost» may be either: on one that is left free, another user could listen.
    addresses = loopback_addresses()
    check_loopback_only(
        psutil.Process(cloud.status().pid), least=1, figures=figures, what="LocalStack", addresses=addresses
    )


def test_user_rest_listens_on_loopback_only(service, figures):
    port = urlsplit(service[0]).port
    (server,) = [child for child in psutil.Process().children() if port in listeners(child).get("127.0.0.1", set())]
    check_loopback_only(server, least=1, figures=figures, what="user_rest")


def test_user_rest_started_by_the_command_in_its_docstring_listens_on_loopback():
    assert "`hypercorn handlers.user_rest:app`" in (SOLVED.handlers / "user_rest.py").read_text("utf-8")
    assert Config().bind == ["127.0.0.1:8000"]  # what that command, which names no address, listens on
    assert "docker run -p 127.0.0.1:8000:8000" in (SOLVED.handlers / "Dockerfile").read_text("utf-8")


OPEN_DOORS = """
c.IdentityProvider.token = c.ServerApp.token = c.NotebookApp.token = ""
c.ServerApp.password = c.PasswordIdentityProvider.hashed_password = ""
c.ServerApp.allow_origin, c.ServerApp.allow_remote_access, c.ServerApp.disable_check_xsrf = "*", True, True
c.ServerApp.ip = c.KernelManager.ip = "0.0.0.0"
c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": ""}}
"""


def test_jupyterlab_and_its_kernels_listen_on_loopback_and_want_the_token(port, tmp_path, figures):
    """Whatever the student's own configuration says, wherever Jupyter would look for it."""
    mine = tmp_path / "home" / ".jupyter"
    for folder in (mine, tmp_path / "home" / ".local" / "etc" / "jupyter", tmp_path / "path"):
        folder.mkdir(parents=True)
        for name in ("jupyter_server_config.py", "jupyter_lab_config.py", "jupyter_config.py"):
            (folder / name).write_text(OPEN_DOORS)
    (mine / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension").mkdir(parents=True)
    theme = mine / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
    theme.write_text('{"theme": "JupyterLab Dark"}')
    own = {"HOME": str(tmp_path / "home"), "JUPYTER_CONFIG_PATH": str(tmp_path / "path"), "JUPYTER_TOKEN": ""}
    with running_lab(tmp_path, port, **own) as (address, _):
        base, token = address.partition("/lab?")[0], parse_qs(urlsplit(address).query)["token"][0]
        allowed = {"Authorization": f"token {token}"}
        assert len(token) >= 32
        # His look stays.
        themes = requests.get(
            f"{base}/lab/api/settings/@jupyterlab/apputils-extension:themes", headers=allowed, timeout=30
        )
        assert themes.json()["settings"] == {"theme": "JupyterLab Dark"}
        policy = requests.get(f"{base}/lab", headers=allowed, timeout=30).headers["Content-Security-Policy"]
        assert "img-src 'self' data: blob:;" in policy
        kernel = requests.post(f"{base}/api/kernels", headers=allowed, json={}, timeout=30)
        assert kernel.status_code == 201
        server_port = urlsplit(base).port
        (server,) = [
            child for child, about in described(psutil.Process().children(recursive=True), "net_connections")
            if any(item.laddr.port == server_port and item.status == psutil.CONN_LISTEN
                   for item in about["net_connections"] or [])
        ]  # fmt: skip
        wait_until(lambda: listeners(server), lambda found: sum(map(len, found.values())) >= 6, timeout_s=30)
        check_loopback_only(server, least=6, figures=figures, what="JupyterLab and a kernel")
        connections = list(tmp_path.glob("kernel-*.json"))
        assert connections and all(path.stat().st_mode & 0o077 == 0 for path in connections)
        doors = ["/lab", "/api/contents", "/api/kernels", "/api/terminals", "/api/sessions", "/files/03_s3.ipynb",
                 "/nbconvert/memoria/03_s3.ipynb", f"/api/kernels/{kernel.json()['id']}/channels"]  # fmt: skip
        sent, served = 0, []
        for door in doors:
            for headers in ({}, {"Authorization": "token 0"}, {"Host": "intruso.example"} | allowed):
                answer = requests.get(base + door, headers=headers, timeout=30, allow_redirects=False)
                sent += 1
                if answer.status_code != 403 and "/login" not in answer.headers.get("Location", ""):
                    served.append((door, headers, answer.status_code))
            assert "intruso" not in requests.get(base + door, headers=allowed, timeout=60).text
        figures("requests to JupyterLab without its token", sent, sent - len(served), "refused")
        assert served == [] and sent == 3 * len(doors)
        assert [path for path, content in contents(SOLVED.build).items() if token.encode() in content] == []


def contents(folder: Path) -> dict[Path, bytes]:
    """Return what each file in `folder` says, a PDF's text too."""
    found = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        with contextlib.suppress(FileNotFoundError):  # LocalStack's own come and go
            found[path] = path.read_bytes()
            if path.suffix == ".pdf":
                pages = PdfReader(io.BytesIO(found[path])).pages
                found[path] += "\n".join(page.extract_text() for page in pages).encode()
    return found


def modes(folder: Path) -> dict[Path, str]:
    """Return each file and folder that others than its user may read or write, with its mode."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # LocalStack's own come and go
            mode = path.lstat().st_mode
            if mode & 0o077 and not stat.S_ISLNK(mode):
                found[path] = oct(mode)
    return found


def test_what_the_command_makes_is_its_users_alone_whatever_the_umask(port):
    env = os.environ | {process.PORT_VARIABLE: str(port)}
    env.pop("AWS_ENDPOINT_URL", None)
    folder = SOLVED.build / "localstack" / str(port)
    try:
        started = f"umask 0; exec '{sys.executable}' -m helpers.cli"
        subprocess.run(
            ["/bin/sh", "-c", f"{started} start"], env=env, cwd=INSTALLATION, check=True, stdout=subprocess.DEVNULL
        )
        s3 = boto3.client("s3", endpoint_url=f"http://localhost:{port}")
        s3.create_bucket(Bucket="si1p1")
        s3.put_object(Bucket="si1p1", Key="x", Body=b"secreto")
        assert len(list(folder.rglob("*"))) > 15 and modes(folder) == {}
        assert SOLVED.build.stat().st_mode & 0o777 == 0o700
    finally:
        subprocess.run(
            ["/bin/sh", "-c", f"{started} stop"], env=env, cwd=INSTALLATION, check=True, stdout=subprocess.DEVNULL
        )
        shutil.rmtree(folder)


def test_the_memoria_and_the_zip_are_their_users_alone_whatever_the_umask(tmp_path):
    former = os.umask(0)
    try:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Uno")])
        pdf = build.export(SOLVED, [notebook], tmp_path / "memoria.pdf")
        archive = delivery.pack(SOLVED, pdf, {}, target=tmp_path / "entrega.zip")
    finally:
        os.umask(former)
    assert modes(pdf) == modes(archive) == {} and pdf.stat().st_size > 1000


def test_what_cells_write_is_their_users_alone_whatever_the_umask(kernel):
    kernel.ok(
        "import os; os.umask(0)\nfrom helpers import lab; lab.open('s3')\nopen('build/de-una-celda', 'w').close()"
    )
    path = SOLVED.build / "de-una-celda"
    try:
        assert modes(path) == {}
    finally:
        path.unlink()


def test_the_build_folder_is_closed_if_it_was_open(tmp_path):
    (tmp_path / "build").mkdir(mode=0o755)
    assert Workbook(tmp_path).make_build().stat().st_mode & 0o777 == 0o700


def files_of_aws(home: Path, config: str) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(config)
    (home / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = AKIASUYA\naws_secret_access_key = suya\n"
    )


@pytest.mark.parametrize(
    "config",
    [
        "[default]\nregion = eu-west-3\noutput = text\n",
        "[default]\ncredential_process = /bin/false\n",
        "esto no es [un archivo de configuración\n= =",
    ],
    ids=["another region", "a process that fails", "malformed"],
)
def test_the_students_aws_files_do_not_reach_localstack(port, tmp_path, monkeypatch, config):
    files_of_aws(tmp_path, config)
    instance = process.Emulator(tmp_path / "instance", port)
    try:
        with monkeypatch.context() as students:
            students.setenv("HOME", str(tmp_path))
            for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
                students.delenv(name, raising=False)
            url = instance.start().url
        client = boto3.client("apigateway", endpoint_url=url, region_name="us-east-1")
        api = client.create_rest_api(name="api")["id"]
        (root,) = client.get_resources(restApiId=api)["items"]
        method = {"restApiId": api, "resourceId": root["id"], "httpMethod": "GET"}
        client.put_method(**method, authorizationType="NONE")
        uri = "arn:aws:apigateway:us-east-1:dynamodb:action/ListTables"
        client.put_integration(
            **method, type="AWS", integrationHttpMethod="POST", uri=uri,
            requestTemplates={"application/json": "{}"}, credentials="arn:aws:iam::000000000000:role/si1",
        )  # fmt: skip
        client.put_method_response(**method, statusCode="200")
        client.put_integration_response(**method, statusCode="200")
        client.create_deployment(restApiId=api, stageName="dev")
        answer = requests.get(f"{url}/_aws/execute-api/{api}/dev/", timeout=30)
        assert (answer.status_code, answer.json()) == (200, {"TableNames": []})
    finally:
        instance.stop()


SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIASECRETO0000FALSO",
    "AWS_SECRET_ACCESS_KEY": "secretofalso/de+prueba/1111111111111111",
    "AWS_SESSION_TOKEN": "testigofalso2222222222222222",
    "GITHUB_TOKEN": "ghp_falso3333333333333333333333333333",
    "DB_PASSWORD": "clavefalsa4444444444",
}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_secret_of_the_environment_reaches_logs_notebooks_or_the_memoria(port, tmp_path, figures):
    program = """
import sys, nbformat
from pathlib import Path
from helpers.memoria import build
from helpers.memoria.execute import execute_all
from helpers.workbook import SOLVED
executed = execute_all(SOLVED.notebook_files(), on_cell=lambda *_: None)
for number, notebook in enumerate(executed):
    nbformat.write(notebook, Path(sys.argv[1]) / f"{number}.ipynb")
build.export(SOLVED, executed, Path(sys.argv[1]) / "memoria.pdf")
"""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\naws_secret_access_key = clavefalsa5555555555\n")
    env = os.environ | SECRETS | {"HOME": str(tmp_path), process.PORT_VARIABLE: str(port)}
    env.pop("AWS_ENDPOINT_URL", None)
    written = tmp_path / "written"
    written.mkdir()
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, str(written)], env=env, cwd=INSTALLATION, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        found = contents(written) | contents(SOLVED.build) | {Path("output"): done.stdout + done.stderr}
    finally:
        subprocess.run([Path(sys.executable).with_name("si1p1"), "stop"], env=env, check=True, capture_output=True)
    secrets = [*SECRETS.values(), "clavefalsa5555555555"]
    told = [(path, value) for path, content in found.items() for value in secrets if value.encode() in content]
    silent = len(found) - len({path for path, _ in told})
    figures(f"files searched for {len(secrets)} secrets", len(found), silent, "without any")
    assert told == []
    assert any(path.name == "localstack.log" for path in found) and len(list(written.glob("*.ipynb"))) == 8


def sources() -> dict[str, str]:
    """Return the Python code of this project: its modules, its tests and the notebooks' cells."""
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=INSTALLATION, capture_output=True, text=True, check=True)
    transform = TransformerManager().transform_cell  # !command and %magic as the Python that they are
    found = {name: (INSTALLATION / name).read_text("utf-8") for name in tracked.stdout.split()}
    for path in SOLVED.notebooks.glob("*.ipynb"):
        cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        found[path.name] = "\n".join(transform(cell.removeprefix("%%comandos\n")) for cell in cells)
    return found


FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "shelve", "marshal", "joblib", "cloudpickle"}
FORBIDDEN_CALLS = {"eval", "exec", "os.system", "os.popen", "yaml.load", "pandas.read_pickle", "pd.read_pickle",
                   "subprocess.getoutput", "subprocess.getstatusoutput"}  # fmt: skip


def dangers(source: str) -> list[str]:
    """Return what code does that this project never does: shells, pickles, code made of data."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [module for module in modules if module.partition(".")[0] in FORBIDDEN_IMPORTS]
        if isinstance(node, ast.Call):
            found += [ast.unparse(node.func)] * (ast.unparse(node.func) in FORBIDDEN_CALLS)
            found += [
                "shell" for word in node.keywords
                if word.arg == "shell" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
            ]  # fmt: skip
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import os\nos.system('ls')",
        "subprocess.run('ls', shell=True)",
        "eval('1')",
    ],
)
def test_the_search_finds_what_it_is_for(source):
    assert len(dangers(source)) == 1


def test_no_shell_no_pickle_no_code_made_of_data(figures):
    found = {name: dangers(source) for name, source in sources().items()}
    dangerous = {name: what for name, what in found.items() if what}
    figures("files without shell=True, pickle or eval", len(found), len(found) - len(dangerous))
    assert len(found) > 60 and dangerous == {}
