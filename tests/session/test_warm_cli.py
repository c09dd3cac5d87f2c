"""The warm `aws` and `awslocal`: what the ordinary ones do, byte by byte, with their signals and streams."""

import contextlib
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from helpers import warm_cli
from helpers.emulator.process import Emulator
from helpers.polling import wait_until
from helpers.session import lab_terminal
from helpers.warm_cli.client import SOCKET
from tests.conftest import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="the ordinary commands run there"),
]

PROGRAMS = Path(sys.executable).parent
# Says which process it is in, and is otherwise the ordinary program.
TELLING = """\
import os, runpy, sys
with open(os.environ["TOLD"], "a") as told:
    told.write("warm\\n" if sys.flags.isolated else "ordinary\\n")
sys.argv[0] = {program!r}
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# Ids, moments, and what else differs between two runs of the ordinary command.
VARYING = [
    (re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:?\d\d|Z)?"), b"MOMENT"),
    (re.compile(rb"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), b"MOMENT"),
    (re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), b"UUID"),
    (re.compile(rb"\b1\d{9}(\.\d+)?\b|\b1\d{12}\b"), b"EPOCH"),
    (re.compile(rb'"(?:id|parentId|rootResourceId|deploymentId)": "\w+"'), b"ID"),
    (re.compile(rb"http://\w+\.lambda-url"), b"FUNCTION-URL"),
    (re.compile(rb"Completed [^\r]*\r(.*?) *\n"), rb"PROGRESS \1\n"),
]
COMMANDS = """
aws --version
awslocal --version
aws
aws s3
aws s3 nada
aws nada list
aws s3api list-buckets --nada
aws s3api list-buckets
aws s3 mb s3://uno
aws s3 mb s3://uno/x y
awslocal s3 mb s3://dos
awslocal s3 ls
aws s3 ls
aws s3 ls s3://nada
aws s3 cp nada.txt s3://uno/nada.txt
aws s3 cp saludo.txt s3://uno/src/saludo.txt
aws s3 cp saludo.txt s3://uno/ñandú.txt --content-type text/plain
aws s3 cp - s3://uno/de-la-entrada
aws s3 cp s3://uno/de-la-entrada -
aws s3 ls s3://uno --recursive
aws s3 ls s3://uno/src
aws s3 ls s3://uno/src/ --human-readable --summarize
aws s3 cp s3://uno/src/saludo.txt bajado.txt
aws s3 cp s3://uno/src/saludo.txt sin/carpeta/bajado.txt
aws s3 sync . s3://dos --exclude '*' --include saludo.txt
aws s3 mv s3://dos/saludo.txt s3://dos/otro.txt
aws s3api list-objects-v2 --bucket uno --output text
aws s3api list-objects-v2 --bucket uno --output table
aws s3api list-objects-v2 --bucket uno --query 'Contents[].Key'
aws s3api list-objects-v2 --bucket uno --query 'Contents[].['
aws s3api head-object --bucket uno --key nada
aws s3api put-object --bucket uno --key por-api --body saludo.txt --metadata autor=ñandú
aws s3api get-object --bucket uno --key src/saludo.txt /dev/stdout
aws s3 rm s3://uno/src/saludo.txt
aws s3 rb s3://uno
aws s3 rm s3://uno/ñandú.txt
aws s3 rb s3://uno --force
aws lambda list-functions
aws lambda get-function --function-name nada
aws lambda create-function --function-name f --runtime python3.13 --handler f.handler --role arn:aws:iam::000000000000:role/si1 --zip-file fileb://f.zip
aws lambda create-function --function-name f --runtime python3.13
aws lambda create-function --function-name g --runtime python3.13 --handler g.handler --role arn:aws:iam::000000000000:role/si1 --zip-file fileb://nada.zip
aws lambda wait function-active-v2 --function-name f
aws lambda invoke --function-name f --payload '{"a": "ñ"}' --cli-binary-format raw-in-base64-out /dev/stdout
aws lambda list-functions --query 'Functions[].FunctionName' --output text
awslocal lambda create-function-url-config --function-name f --auth-type NONE
awslocal lambda delete-function --function-name f
aws logs describe-log-groups --log-group-name-prefix /aws/nada
aws apigateway create-rest-api --name uno
aws apigateway get-rest-apis
aws apigateway get-resources --rest-api-id nada
aws dynamodb create-table --table-name t --attribute-definitions AttributeName=User,AttributeType=S --key-schema AttributeName=User,KeyType=HASH --billing-mode PAY_PER_REQUEST
aws dynamodb put-item --table-name t --item '{"User": {"S": "pipo"}, "Email": {"S": "ñ@ss.com"}}'
aws dynamodb put-item --table-name t --item '{"Email": {"S": "x"}}'
aws dynamodb put-item --table-name t --item '{mal'
aws dynamodb scan --table-name t
aws dynamodb scan --table-name t --output yaml
aws dynamodb scan --table-name t --region eu-west-1
aws dynamodb get-item --table-name t --key '{"User": {"S": "pipo"}}' --output table --color on
aws dynamodb delete-table --table-name t --no-cli-pager
aws sts get-caller-identity
aws ec2 describe-instances --generate-cli-skeleton
aws s3api list-buckets --endpoint-url http://localhost:1 --cli-connect-timeout 1
aws s3api list-buckets --debug
aws help
""".strip().splitlines()  # noqa: E501


@pytest.fixture
def place(tmp_path, restored_variables):
    """An instance of its own, and the variables of a terminal opened on it; its server ends with it."""
    emulator = Emulator(tmp_path / "instancia", free_port())
    emulator.start()
    for name in [name for name in os.environ if name.startswith(("PYTHON", "AWS_"))]:
        del os.environ[name]
    os.environ |= {
        "AWS_ENDPOINT_URL": emulator.url, "LOCALSTACK_HOST": f"localhost:{emulator.port}", "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1", "PAGER": "cat", "TOLD": str(tmp_path / "told"), "COLUMNS": "100",
    }  # fmt: skip
    yield emulator
    emulator.stop()


def telling(folder: Path, monkeypatch) -> dict[str, Path]:
    """Return ordinary programs that say which process they are in, and let the warm ones run them."""
    made = {}
    for command in warm_cli.COMMANDS:
        made[command] = folder / "ordinarias" / command
        made[command].parent.mkdir(exist_ok=True)
        made[command].write_text(TELLING.format(program=str(PROGRAMS / command)), "utf-8")
    monkeypatch.setattr(warm_cli, "ordinary", made.__getitem__)
    return made


def warm_up(emulator: Emulator) -> Path:
    """Return the folder of the warm programs, once their server answers."""
    programs = warm_cli.programs(emulator.folder)
    subprocess.run([programs / "aws", "--version"], check=True, capture_output=True)
    wait_until((emulator.folder / SOCKET).exists, ready=bool, timeout_s=30)
    Path(os.environ["TOLD"]).unlink(missing_ok=True)
    return programs


def outcome(words: list[str | Path], folder: Path) -> tuple[int, bytes, bytes]:
    """Return (code, output, errors) of a command typed in `folder`, without what varies."""
    ended = subprocess.run(words, cwd=folder, input="de la entrada: ñ\n".encode(), capture_output=True, timeout=60)
    return ended.returncode, normal(ended.stdout), normal(ended.stderr)


def normal(text: bytes) -> bytes:
    for varying, name in VARYING:
        text = varying.sub(name, text)
    return b"DEBUG" if b" - MainThread - " in text else text


def told() -> list[str]:
    file = Path(os.environ["TOLD"])
    return file.read_text("utf-8").splitlines() if file.exists() else []


def test_the_same_as_the_ordinary_commands(place, tmp_path, monkeypatch):
    ordinary = telling(tmp_path, monkeypatch)
    results = {}
    for way in ("ordinary", "warm"):
        place.restart()
        folder = tmp_path / way
        folder.mkdir()
        (folder / "saludo.txt").write_text("hola, ñandú\n", "utf-8")
        subprocess.run(
            [sys.executable, "-c", "from zipfile import *; ZipFile('f.zip', 'w').writestr(ZipInfo('f.py'), "
             "'def handler(event, context):\\n    return event\\n')"], cwd=folder, check=True,
        )  # fmt: skip
        programs = warm_up(place) if way == "warm" else None
        Path(os.environ["TOLD"]).unlink(missing_ok=True)
        results[way] = []
        for line in COMMANDS:
            command, *arguments = shlex.split(line)
            words = [programs / command] if programs else [sys.executable, ordinary[command]]
            results[way].append((line, *outcome([*words, *arguments], folder)))
        ways = told()
        assert len(ways) == len(COMMANDS) >= 60
        # `help` is left to the ordinary command.
        assert ways.count("warm") == (len(COMMANDS) - 1 if way == "warm" else 0)
    pairs = zip(results["warm"], results["ordinary"], strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    codes = {code for _, code, *_ in results["warm"]}
    assert {0, 2, 255} <= codes  # right ones, wrong options and refused calls are among them


# It asks every second.
WAITING = ("lambda", "wait", "function-exists", "--function-name", "nada")


def running(programs: Path, *words: str, **options) -> tuple[subprocess.Popen, psutil.Process]:
    """Start a warm command that waits; return it and the process that runs it."""
    server = next(
        one
        for one in psutil.process_iter(["cmdline"])
        if one.info["cmdline"] and one.info["cmdline"][-2:] == ["helpers.warm_cli.server", str(programs.parent)]
    )
    before = set(server.children(recursive=True))
    started = subprocess.Popen([programs / "aws", *words], **options)
    new = wait_until(lambda: set(server.children(recursive=True)) - before, lambda found: len(found) == 2, 20)
    return started, max(new, key=lambda one: one.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_command_as_the_ordinary_one(place, number):
    programs = warm_up(place)
    ours, worker = running(programs, *WAITING, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    theirs = subprocess.Popen([PROGRAMS / "aws", *WAITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for one in (worker, psutil.Process(theirs.pid)):
        wait_until(one.net_connections, lambda found: any(there.raddr for there in found), 60)  # it asks already
    results = []
    for one in (ours, theirs):
        one.send_signal(number)
        results.append((*one.communicate(timeout=30), one.returncode))
    assert results[0] == results[1]
    wait_until(worker.is_running, lambda runs: not runs, 10)


def test_the_command_ends_when_its_caller_is_killed_and_stops_when_it_is_stopped(place):
    programs = warm_up(place)
    ours, worker = running(programs, *WAITING, process_group=0)  # as a shell does; without one, nothing stops
    ours.send_signal(signal.SIGTSTP)
    wait_until(worker.status, lambda status: status == psutil.STATUS_STOPPED, 10)
    assert psutil.Process(ours.pid).status() == psutil.STATUS_STOPPED
    ours.send_signal(signal.SIGCONT)
    wait_until(worker.status, lambda status: status != psutil.STATUS_STOPPED, 10)
    ours.kill()
    ours.wait(10)
    wait_until(worker.is_running, lambda runs: not runs, 10)


def test_an_output_that_nobody_reads_any_more(place):
    programs = warm_up(place)
    for program in (programs / "aws", PROGRAMS / "aws"):
        line = shlex.join([str(program), "ec2", "describe-instances", "--generate-cli-skeleton"])
        ended = subprocess.run(
            ["bash", "-c", f"{line} | true; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, timeout=60
        )
        assert ended.stdout.strip() in {"0", "120", "255"}, ended.stderr


def all_of(terminal: int) -> bytes:
    found = b""
    with os.fdopen(terminal, "rb", buffering=0) as stream, contextlib.suppress(OSError):  # closed at the other end
        while part := stream.read(100_000):
            found += part
    return found


def test_a_terminal_is_a_terminal(place):
    programs = warm_up(place)
    seen = []
    for program in (programs / "aws", PROGRAMS / "aws"):
        ours, theirs = pty.openpty()
        ended = subprocess.Popen(
            [program, "s3api", "list-buckets", "--output", "table"], stdin=theirs, stdout=theirs, stderr=theirs
        )
        assert ended.wait(30) == 0
        os.close(theirs)
        seen.append(all_of(ours))
    assert seen[0] == seen[1] and b"\x1b[" in seen[0]  # in colour


def serving(emulator: Emulator) -> list[psutil.Process]:
    """Return the server's process, and its forks while a command runs."""
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if (one.info["cmdline"] or [])[-1:] == [str(emulator.folder)]]


def test_several_at_once_and_the_end_with_the_instance(place):
    programs = warm_up(place)
    together = [
        subprocess.Popen([programs / "aws", "s3", "mb", f"s3://cubo-{number}"], stdout=subprocess.PIPE)
        for number in range(12)
    ]
    assert [(one.communicate()[0], one.returncode) for one in together] == [
        (f"make_bucket: cubo-{number}\n".encode(), 0) for number in range(12)
    ]
    server = wait_until(lambda: serving(place), lambda found: len(found) == 1, 10)
    assert (place.folder / SOCKET).stat().st_mode & 0o077 == 0
    place.stop()
    server[0].wait(20)
    assert not (place.folder / SOCKET).exists()
    place.start()  # the next command finds none, and starts another
    assert warm_up(place)


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "es_ES.ISO-8859-1"}, {"PYTHONPATH": "/nowhere"}]
)
def test_what_would_start_another_python_runs_the_ordinary_command(place, tmp_path, monkeypatch, environment):
    telling(tmp_path, monkeypatch)
    programs = warm_up(place)
    subprocess.run([programs / "aws", "--version"], check=True, capture_output=True)
    subprocess.run([programs / "aws", "--version"], check=True, capture_output=True, env=os.environ | environment)
    assert told() == ["warm", "ordinary"]


def test_a_folder_that_is_gone_or_a_long_one(place, tmp_path):
    programs = warm_up(place)
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = subprocess.run(
        ["bash", "-c", f"cd {gone}; rmdir {gone}; exec {programs}/aws --version"], capture_output=True, text=True
    )
    assert ended.returncode == 0 and ended.stdout.startswith("aws-cli/")
    long = Emulator(tmp_path / ("x" * 200), free_port())
    long.start()
    try:
        assert len(str(warm_up(long))) > 108
        assert (long.folder / SOCKET).exists()
    finally:
        long.stop()


def test_a_notebook_finds_the_warm_ones_first(kernel):
    kernel.ok('from helpers import lab; lab.open("s3")')
    shown = kernel.ok("import shutil; print(shutil.which('aws'), shutil.which('awslocal'))")
    text = "".join(content["text"] for kind, content in shown if kind == "stream")
    folders = {Path(program).parent for program in text.split()}
    assert len(folders) == 1 and "localstack" in folders.pop().parts


def test_a_terminal_of_the_lab_finds_them_first_while_an_instance_runs(cloud, monkeypatch):
    shown = lab_terminal._programs().split(os.pathsep)
    assert shown == [str(cloud.folder / "bin"), str(PROGRAMS)]
    monkeypatch.setattr(Emulator, "is_recorded", False)
    assert lab_terminal._programs() == str(PROGRAMS)
