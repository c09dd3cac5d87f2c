"""Opening a section, and what it shields the student from."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
import requests

from helpers import lab
from helpers.emulator.probe import OWNER_PATH
from helpers.errors import EmulatorError, WaitError
from helpers.session import aws, one_notebook
from helpers.workbook import INSTALLATION
from tests.conftest import credentials_of


@pytest.fixture
def environment(monkeypatch, restored_variables):
    """Let a test, and the `lab.open` in it, change variables and folder; all is put back."""
    monkeypatch.chdir(INSTALLATION)
    return monkeypatch


def test_open_says_what_it_found_and_did(cloud, environment):
    opening = lab.open("lambda")
    assert "Creado: si1p1 (S3), si1p1/src/user_rest.py (S3)" in repr(opening)
    assert repr(opening).startswith("Sección: 4. AWS Lambda\nLocalStack: ")
    assert f"versión 4.14.0, en {cloud.url}" in repr(opening)
    assert ">4. AWS Lambda</th></tr></thead>" in opening._repr_html_()
    assert ">si1p1 (S3), si1p1/src/user_rest.py (S3)</td>" in opening._repr_html_()
    assert "Puesto como al principio: si1p1 (S3)" in repr(lab.open("lambda"))
    assert "Borrado: si1p1 (S3)" in repr(lab.open("s3"))
    assert Path.cwd() == INSTALLATION and boto3.client("s3").list_buckets()["Buckets"] == []


def test_another_kernel_with_another_section_is_told(cloud, environment):
    program = "import sys; from helpers import lab; print(lab.open(sys.argv[1]), flush=True); input()"

    def kernel(section):
        return subprocess.Popen(
            [sys.executable, "-c", program, section], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    with kernel("lambda") as other:
        assert "Sección: 4. AWS Lambda" in other.stdout.readline()
        record = cloud.folder / one_notebook.RECORD
        lab.wait_until(lambda: one_notebook._open_elsewhere(record), ready=lambda section: section == "lambda")
        assert "Aviso: otro cuaderno abierto tiene la sección «lambda»" in repr(lab.open("dynamodb"))
        assert "Aviso" not in repr(lab.open("dynamodb"))  # now this one is the last
        other.communicate("\n")
    assert "Aviso" not in repr(lab.open("s3"))


@pytest.mark.slow
def test_two_kernels_prepare_one_after_the_other(cloud, environment):
    program = "from helpers import lab; [lab.open(section) for section in ('dynamodb', 'lambda') * 3]"
    kernels = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [kernel.wait(120) for kernel in kernels] == [0, 0]
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["si1p1"]


def test_a_real_profile_cannot_be_reached_by_accident(cloud, environment, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n")
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    environment.setenv("AWS_PROFILE", "default")
    environment.setenv("AWS_SESSION_TOKEN", "real")
    environment.setenv("AWS_ENDPOINT_URL_S3", "https://s3.amazonaws.com")
    lab.open("s3")
    client = boto3.client("s3")
    assert client.meta.endpoint_url == cloud.url
    assert credentials_of(client) == ("test", "test", None)


def test_boto3_and_the_terminal_give_up_soon_on_an_endpoint_that_is_gone(cloud, environment):
    lab.open("s3")
    config = boto3.client("s3").meta.config
    assert config.connect_timeout == aws.CONNECT_TIMEOUT_S
    assert config.retries == {"mode": "standard", "total_max_attempts": aws.MAX_ATTEMPTS}
    assert os.environ["AWS_MAX_ATTEMPTS"] == str(aws.MAX_ATTEMPTS)


@pytest.mark.parametrize("written", [str.upper, str.lower])
def test_a_proxy_does_not_stand_between(cloud, environment, port, written):
    environment.setenv(written("HTTP_PROXY"), f"http://127.0.0.1:{port}")
    environment.setenv(written("NO_PROXY"), "intranet")
    lab.open("s3")
    assert os.environ["NO_PROXY"] == os.environ["no_proxy"]
    assert {"intranet", "localhost", ".localhost", "127.0.0.1"} <= set(os.environ["NO_PROXY"].split(","))
    assert requests.get(f"{cloud.url}/_localstack/health", timeout=5).ok


def test_restart_empties_the_cloud_and_a_ready_hook_fills_it(cloud, environment):
    lab.open("lambda")
    hook = lab.ready_hooks() / "hook.sh"
    lab.restart()
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    hook.write_text("#!/bin/sh\nawslocal s3 mb s3://si1p1\n")
    hook.chmod(0o755)
    lab.restart()
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["si1p1"]
    lab.open("s3")
    assert not hook.exists()  # opening a section removes what its notebook may have left
    assert "CreateBucket" in lab.log(200)
    cloud.status()  # asks whose instance it is, which is no student's call
    assert "GET /_localstack/info" in lab.log(200) and OWNER_PATH not in lab.log(10_000)


def test_the_log_of_one_that_has_ended_can_still_be_read(cloud, environment):
    lab.open("s3")
    cloud.stop()
    assert "CreateBucket" in lab.log(200) or "ListBuckets" in lab.log(200)


def test_the_log_of_an_adopted_localstack_is_elsewhere(cloud, environment):
    environment.delenv("SI1P1_PORT")
    environment.setenv("AWS_ENDPOINT_URL", cloud.url)
    with pytest.raises(EmulatorError, match="su registro está en el terminal"):
        lab.log()


def test_wait_until_gives_the_response_or_an_error_in_words():
    answers = iter([1, 2, 3])
    assert lab.wait_until(lambda: next(answers), ready=lambda answer: answer == 3) == 3
    with pytest.raises(WaitError, match="Ejecuta el cuaderno desde su primera celda"):
        lab.wait_until(lambda: 1, ready=lambda answer: False, timeout_s=0.1)


def test_wait_until_raises_aws_own_error_in_the_end(cloud):
    logs = boto3.client("logs")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        lab.wait_until(lambda: logs.filter_log_events(logGroupName="no-está"), ready=bool, timeout_s=0.1)
