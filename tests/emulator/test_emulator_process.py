"""LocalStack's life: real instances on ports of their own."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
import psutil
import pytest

from helpers import lab
from helpers.emulator import instance, process, settings
from helpers.emulator.probe import loopback_addresses
from helpers.emulator.process import Emulator, State
from helpers.errors import EndpointError, NotOurs, PortTaken, StartError
from helpers.workbook import SOLVED


@pytest.fixture
def own(tmp_path, port):
    """An instance of this test's own, stopped."""
    emulator = Emulator(tmp_path, port)
    yield emulator
    emulator.stop()


@pytest.fixture
def no_endpoint(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv(process.PORT_VARIABLE, raising=False)
    return monkeypatch


def test_start_stop_and_restart(own):
    assert own.status().state is State.STOPPED
    waits = []
    first = own.start(on_wait=waits.append)
    assert first.state is State.RUNNING and first.version == "4.14.0"
    assert own.start() == first  # already there: nothing is started twice
    assert "Ready." in own.log_tail()
    second = own.restart()
    assert second.session_id != first.session_id and not psutil.pid_exists(first.pid)
    assert own.stop().state is State.STOPPED
    assert own.stop().state is State.STOPPED
    assert not psutil.pid_exists(second.pid)
    assert not (own.folder / "files").exists()


def test_it_listens_on_loopback_only(emulator):
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(emulator.status().pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == set(loopback_addresses()) <= {"127.0.0.1", "::1"}


def test_two_starts_at_once_make_one_instance(own):
    program = (
        "import sys; from pathlib import Path; from helpers.emulator.process import Emulator;"
        "print(Emulator(Path(sys.argv[1]), int(sys.argv[2])).start().pid)"
    )
    command = [sys.executable, "-c", program, str(own.folder), str(own.port)]
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda _: subprocess.run(command, capture_output=True, text=True, check=True), range(2)))
    assert len({run.stdout for run in runs}) == 1
    assert own.status().pid == int(runs[0].stdout)  # and it outlives both


def test_killed_it_is_seen_stopped_and_starts_again(own):
    pid = own.start().pid
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
    assert own.status().state is State.STOPPED
    assert own.start().pid != pid


def test_a_process_id_used_again_is_not_taken_for_ours(own):
    own.folder.mkdir(exist_ok=True)
    (own.folder / "instance.json").write_text(json.dumps({"pid": os.getpid(), "created": 1.0}))
    assert own.status().state is State.STOPPED
    own.stop()
    assert psutil.pid_exists(os.getpid())


def test_one_that_does_not_come_up_ends_in_an_error_with_the_log(own):
    with pytest.raises(StartError, match=r"no ha respondido en 0 segundos(.|\n)*registro"):
        own.start(timeout_s=0.2)
    assert own.status().state is State.STOPPED


def test_one_that_dies_while_starting_is_told_at_once(own, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no hay memoria'\nexit 1\n")
    broken.chmod(0o755)
    own.command = [str(broken)]
    # Not at its deadline: that is later than this test would wait.
    with pytest.raises(StartError, match=r"ha terminado mientras arrancaba(.|\n)*no hay memoria"):
        own.start(timeout_s=3600)


@pytest.mark.slow
def test_a_port_held_by_another_program_is_named(own):
    with socket.socket() as other:
        other.bind(("127.0.0.1", own.port))
        other.listen()
        assert own.status().state is State.OCCUPIED
        with pytest.raises(PortTaken) as caught:
            own.start()
    message = str(caught.value)
    assert f"proceso {os.getpid()}" in message and psutil.Process().name() in message
    assert f"SI1P1_PORT={own.port + 1} make lab" in message


@pytest.fixture
def strangers(port, tmp_path_factory, monkeypatch):
    """A running LocalStack that is no workbook's: like one in Docker, it does not tell whose it is."""
    monkeypatch.setattr(settings, "OWNER_VARIABLE", "NOBODY")
    emulator = Emulator(tmp_path_factory.mktemp("stranger"), port)
    emulator._spawn()
    lab.wait_until(emulator.status, ready=lambda status: status.state is State.ADOPTED, timeout_s=60)
    monkeypatch.undo()
    yield emulator
    emulator.stop()


def test_one_already_on_the_port_is_adopted_and_never_stopped(strangers, tmp_path):
    guest = Emulator(tmp_path, strangers.port)
    assert guest.start().state is State.ADOPTED
    with pytest.raises(NotOurs, match="no lo ha arrancado este cuaderno"):
        guest.stop()
    with pytest.raises(NotOurs):
        guest.restart()
    assert guest.status().state is State.ADOPTED


def test_the_instance_of_another_copy_is_left_alone(own, tmp_path_factory):
    mine = own.start()
    other = Emulator(tmp_path_factory.mktemp("other"), own.port)
    assert other.status().state is State.OTHERS
    with pytest.raises(PortTaken, match=f"otra copia del cuaderno .{re.escape(str(own.folder))}"):
        other.start()
    other.stop()
    assert own.status() == mine


def test_an_endpoint_of_the_environment_is_adopted(emulator, no_endpoint, tmp_path):
    no_endpoint.setenv("AWS_ENDPOINT_URL", emulator.url + "/")
    guest = instance.from_environment()
    assert guest.url == emulator.url and guest.start().state is State.ADOPTED
    with pytest.raises(NotOurs):
        guest.stop()
    assert emulator.status().state is State.RUNNING


def test_the_endpoint_that_lab_sets_means_the_instance_of_this_clone(no_endpoint):
    no_endpoint.setenv("AWS_ENDPOINT_URL", f"http://localhost:{instance.chosen_port()}")
    assert not instance.from_environment().is_external


@pytest.mark.parametrize("url", ["https://s3.eu-west-1.amazonaws.com", "https://dynamodb.us-east-1.api.aws"])
def test_real_aws_is_refused(no_endpoint, url):
    no_endpoint.setenv("AWS_ENDPOINT_URL", url)
    with pytest.raises(EndpointError, match="AWS de verdad"):
        instance.from_environment()


def test_endpoints_that_do_not_answer_or_make_no_sense_are_refused(no_endpoint, port):
    no_endpoint.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(EndpointError, match="no responde ningún LocalStack"):
        instance.from_environment().start()
    for wrong in ("localhost:4566", "http://[::1", "http://localhost:puerto", "http://"):
        no_endpoint.setenv("AWS_ENDPOINT_URL", wrong)
        with pytest.raises(EndpointError, match="no es una dirección"):
            instance.from_environment()


def test_without_an_address_for_localhost_it_says_so_at_once(no_endpoint):
    def unknown(*_):
        raise socket.gaierror("Name or service not known")

    no_endpoint.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(EndpointError, match=r"«127\.0\.0\.1 localhost»"):
        instance.from_environment()


@pytest.mark.parametrize("text", ["0", "80", "70000", "puerto", "-1", "4566.0"])
def test_a_port_that_cannot_be_is_refused(no_endpoint, text):
    no_endpoint.setenv(process.PORT_VARIABLE, text)
    with pytest.raises(EndpointError, match="entre 1024 y 65535"):
        instance.from_environment()


def test_the_students_settings_do_not_reach_localstack(own, monkeypatch):
    monkeypatch.setenv("SERVICES", "sqs")
    monkeypatch.setenv("GATEWAY_LISTEN", "0.0.0.0:4566")
    pid = own.start().pid
    env = psutil.Process(pid).environ()
    assert "SERVICES" not in env and env["GATEWAY_LISTEN"].startswith(f"127.0.0.1:{own.port}")
    assert env["TEMP"].startswith(str(own.folder))


def test_dynamodb_runs_on_moto_with_aws_messages(cloud):
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="prueba",
        AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    try:
        client.put_item(TableName="prueba", Item={"User": {"S": "pipo"}, "Email": {"S": "pipo@ss.com"}})
        assert client.scan(TableName="prueba")["Items"] == [{"User": {"S": "pipo"}, "Email": {"S": "pipo@ss.com"}}]
        missing = "One or more parameter values were invalid: Missing the key User in the item"
        with pytest.raises(client.exceptions.ClientError, match=missing):
            client.put_item(TableName="prueba", Item={"Email": {"S": "x"}})
        key = {"User": {"S": "pipo"}, "Email": {"S": "pipo@ss.com"}}
        with pytest.raises(client.exceptions.ClientError, match="The provided key element does not match the schema"):
            client.get_item(TableName="prueba", Key=key)
    finally:
        client.delete_table(TableName="prueba")


def test_what_s3_keeps_is_the_instances_own(cloud):
    boto3.client("s3").create_bucket(Bucket="si1p1")
    boto3.client("s3").put_object(Bucket="si1p1", Key="x", Body=b"x" * 10)
    assert [path for path in (cloud.folder / "files" / "tmp").glob("*/si1p1") if path.is_dir()]


def test_the_catalogue_of_services_is_kept_between_starts(emulator):
    emulator.start()
    boto3.client("s3").list_buckets()
    cache = SOLVED.build / "localstack" / "cache"
    catalogue = max(cache.glob("service-catalog-*"), key=lambda file: file.stat().st_mtime_ns)
    written = catalogue.stat().st_mtime_ns
    emulator.restart()
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert catalogue.stat().st_mtime_ns == written


def test_without_its_record_or_with_the_clock_set_it_is_known_and_stopped(own):
    first = own.start()
    for lost in (
        (own.folder / "instance.json").unlink,
        lambda: (own.folder / "instance.json").write_text(
            json.dumps({"pid": first.pid, "created": psutil.Process(first.pid).create_time() + 3600})
        ),
    ):
        lost()
        assert own.status() == first == own.start()
    shutil.rmtree(own.folder)  # with all that it keeps
    again = own.start()
    assert again.session_id != first.session_id and not psutil.pid_exists(first.pid)
    shutil.rmtree(own.folder)
    assert own.stop().state is State.STOPPED and not psutil.pid_exists(again.pid)


def test_in_a_folder_that_was_moved_it_is_known_and_started_again(own, tmp_path_factory):
    first = own.start()
    moved = Emulator(own.folder.rename(tmp_path_factory.mktemp("moved") / "aquí"), own.port)
    assert moved.status().pid == first.pid
    second = moved.start()
    assert second.state is State.RUNNING and not psutil.pid_exists(first.pid)
    assert moved.stop().state is State.STOPPED and not psutil.pid_exists(second.pid)


@pytest.mark.slow
def test_with_few_open_files_a_section_is_prepared_and_its_functions_answer(own):
    program = """
from unittest import mock
import boto3
from helpers import lab
from helpers.emulator import instance, process
emulator = process.Emulator(instance.Path(%r), %r)
with mock.patch.object(instance, "from_environment", lambda: emulator):
    lab.open("dynamodb")
    functions = boto3.client("lambda")
    for _ in range(30):
        assert functions.invoke(FunctionName="user_lambda_param", Payload="{}")["StatusCode"] == 200
"""
    typed = "ulimit -n 256; exec " + shlex.join([sys.executable, "-c", program % (str(own.folder), own.port)])
    done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, cwd=SOLVED.root, timeout=120)
    assert done.returncode == 0, done.stderr
