"""Endpoints that are not this clone's own instance: adopted with care, or refused before anything is created."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
import requests

from helpers import lab
from helpers.emulator import process
from helpers.emulator.process import Emulator
from helpers.errors import EndpointError, NotOurs
from helpers.memoria.execute import execute_all
from helpers.workbook import INSTALLATION, SOLVED
from tests.conftest import credentials_of

# Installed in every Python process of a run: writes down each address that one of them connects to.
SPY = """
import os, sys

def note(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        with open(os.environ["SPY_FILE"], "a") as file:
            file.write(f"{arguments[1][0]}\\n")
    if event == "socket.getaddrinfo":
        with open(os.environ["SPY_FILE"], "a") as file:
            file.write(f"{arguments[0]}\\n")

sys.addaudithook(note)
"""
REAL = "[profile real]\nregion = eu-west-1\nendpoint_url = https://s3.eu-west-1.amazonaws.com\n"
KEYS = "[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n[real]\naws_access_key_id = AKIAREAL\n"


class Web:
    """A web server on loopback that answers by `answer(path)` -> JSON, and keeps the requests it has had."""

    def __init__(self, answer):
        self.requests = requests_seen = []

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self):
                requests_seen.append(f"{self.command} {self.path}")
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, content = answer(self, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def elsewhere(monkeypatch, restored_variables):
    """Return a function that sets AWS_ENDPOINT_URL; the variables that `lab` changes are put back."""
    monkeypatch.chdir(INSTALLATION)
    os.environ.pop(process.PORT_VARIABLE, None)

    def at(url):
        os.environ["AWS_ENDPOINT_URL"] = url

    return at


def test_after_a_refusal_the_cells_do_not_have_the_students_own_credentials(elsewhere):
    elsewhere("https://s3.eu-west-1.amazonaws.com")
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real"}
    with pytest.raises(EndpointError, match="apunta a AWS de verdad"):
        lab.open("s3")
    assert credentials_of(boto3.client("s3")) == ("test", "test", None)


@pytest.mark.parametrize("content", [b"{}", b"<html>", json.dumps({"version": "1"}).encode(), b"[]"])
def test_what_is_not_localstack_is_refused_before_anything_is_created(elsewhere, content):
    with Web(lambda request, body: (200, {}, content)) as web:
        elsewhere(web.url)
        with pytest.raises(EndpointError, match="no responde ningún LocalStack"):
            lab.open("lambda")
        assert web.requests == ["GET /_localstack/info"]


def test_another_version_of_localstack_is_used_with_a_warning(cloud, elsewhere):
    def older(request, body):
        sent = {name: value for name, value in request.headers.items() if name != "Accept-Encoding"}
        answer = requests.request(request.command, cloud.url + request.path, headers=sent, data=body, timeout=30)
        content = (
            answer.content.replace(b'"4.14.0"', b'"3.8.1"') if request.path == "/_localstack/info" else answer.content
        )
        kept = {
            name: value for name, value in answer.headers.items() if name.lower().startswith(("x-amz", "content-type"))
        }
        return answer.status_code, kept, content

    with Web(older) as web:
        elsewhere(web.url)
        opening = repr(lab.open("s3"))
    assert "Aviso: este LocalStack es la versión 3.8.1 y el cuaderno está probado con la 4.14.0" in opening


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_sections_run_in_an_adopted_localstack_which_is_never_stopped(emulator, elsewhere, tmp_path, port):
    """All but the fourth, whose evidence is a restart: see the next test."""
    server = Emulator(tmp_path / "server", port)
    session = server.start().session_id
    try:
        elsewhere(server.url)
        # The port of this clone's own instance is another: what answers there is a server of somebody else's.
        os.environ[process.PORT_VARIABLE] = str(emulator.port)
        foreign = boto3.client("s3", endpoint_url=server.url)
        foreign.create_bucket(Bucket="de-otro")
        foreign.put_object(Bucket="de-otro", Key="users/pepe", Body=b"intacto")
        paths = [path for path in SOLVED.notebook_files() if not path.stem.startswith(("02", "04"))]
        assert len(execute_all(paths, on_cell=lambda *_: None)) == len(paths)
        assert foreign.get_object(Bucket="de-otro", Key="users/pepe")["Body"].read() == b"intacto"
        assert server.status().session_id == session
    finally:
        server.stop()


def test_an_adopted_localstack_is_not_restarted_and_the_student_is_told_what_to_do(cloud, elsewhere):
    elsewhere(cloud.url)
    lab.open("s3")
    with pytest.raises(NotOurs, match="Páralo donde lo arrancaste"):
        lab.restart()
    assert cloud.status().answers


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_with_a_real_profile_no_request_leaves_this_machine(cloud, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(SPY)
    (tmp_path / "aws").mkdir()
    (tmp_path / "aws" / "config").write_text(REAL)
    (tmp_path / "aws" / "credentials").write_text(KEYS)
    env = os.environ | {
        "PYTHONPATH": str(tmp_path),
        "SPY_FILE": str(tmp_path / "addresses"),
        "AWS_PROFILE": "real",
        "AWS_CONFIG_FILE": str(tmp_path / "aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "aws" / "credentials"),
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "AWS_SESSION_TOKEN": "real",
    }
    env.pop("AWS_ENDPOINT_URL", None)
    program = (
        "from helpers.memoria import build\n"
        "from helpers.memoria.execute import execute_all\n"
        "from helpers.workbook import SOLVED\n"
        "paths = [path for path in SOLVED.notebook_files() if path.stem in ('03_s3', '05_api_gateway')]\n"
        "execute_all(paths, on_cell=lambda *_: None)"
    )
    subprocess.run([sys.executable, "-c", program], env=env, check=True)
    addresses = set((tmp_path / "addresses").read_text().split())
    assert addresses and addresses <= {"localhost", "127.0.0.1", "::1", "None"}
