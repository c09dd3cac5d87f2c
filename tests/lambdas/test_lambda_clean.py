"""Cleanliness: children go with what they belong to, leave nothing behind, and know nothing of the student's shell."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from lambda_function import Function, children
from processes import zombies

from helpers.emulator.process import Emulator
from helpers.lab import wait_until
from helpers.session.aws import use

ENVIRONMENT = """
import os, sys, tempfile
def handler(event, context):
    try:
        import helpers
        project = helpers.__file__
    except ImportError:
        project = None
    return {"env": dict(os.environ), "cwd": os.getcwd(), "files": os.listdir(), "tmp": tempfile.gettempdir(),
            "path": sys.path, "project": project, "fds": os.listdir("/proc/self/fd") if event else []}
"""


def folders(emulator):
    """Return the folders of execution environments that exist."""
    return list((emulator.folder / "files" / "tmp").glob("lambda-*"))


def test_the_child_has_a_clean_environment_and_folders_of_its_own(function):
    """AWS: "Working with Lambda environment variables": what AWS defines, what the function sets, and PATH."""
    one, other = (function(ENVIRONMENT).invoke().payload for _ in range(2))
    env = one["env"]
    of_aws = {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
        "LANG", "TZ", "PATH", "PWD",
    }  # fmt: skip
    # Those of the practice's handout, and those that keep a function away from the student's files.
    of_localstack = {"LOCALSTACK_HOSTNAME", "EDGE_PORT", "AWS_ENDPOINT_URL"}
    assert env.keys() - {"LC_CTYPE"} == of_aws | of_localstack | {"HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE"}
    assert (env["LANG"], env["TZ"], env["AWS_LAMBDA_INITIALIZATION_TYPE"]) == ("en_US.UTF-8", ":UTC", "on-demand")
    assert one["project"] is None
    assert one["files"] == ["f.py"]
    assert one["cwd"] == env["LAMBDA_TASK_ROOT"] == env["PWD"] == one["path"][0] != other["cwd"]
    assert one["tmp"] == env["TMPDIR"] == env["HOME"] != other["tmp"]
    assert Path(env["LAMBDA_RUNTIME_DIR"], "lambda_runtime.py").exists()


def test_a_function_may_have_variables_named_like_localstacks(function):
    own = {"LOCALSTACK_PROPIA": "1", "AWS_LAMBDA_FUNCTION_TIMEOUT": "2", "PWD": "/nada"}
    said = function(ENVIRONMENT, Environment={"Variables": own}).invoke().payload["env"]
    assert own.items() <= said.items()


def test_the_code_is_a_copy_that_the_function_cannot_spoil(function):
    source = """
import os
def handler(event, context):
    if event: os._exit(open("f.py", "w").write(""))
    return os.path.getsize("f.py")
"""
    made = function(source)
    size = made.invoke().payload
    made.invoke("destroza su copia")
    version = made.client.publish_version(FunctionName=made.name)["Version"]
    wait_until(lambda: made.client.get_function(FunctionName=made.name, Qualifier=version),
               ready=lambda found: found["Configuration"]["State"] == "Active")  # fmt: skip
    assert made.invoke(Qualifier=version).payload == size > 0


def test_children_and_folders_go_with_their_function_even_in_the_middle_of_a_call(cloud):
    # What other tests have deleted may still be ending.
    wait_until(lambda: [*children(cloud), *folders(cloud)], ready=lambda left: left == [])
    made = Function("prueba-borrada", "import time\ndef handler(e, c): time.sleep(e)", Timeout=60)
    made.invoke(0)
    assert len(children(cloud)) == 1 and len(folders(cloud)) == 1
    made.client.invoke(FunctionName=made.name, InvocationType="Event", Payload=b"50")
    made.client.delete_function(FunctionName=made.name)
    wait_until(lambda: children(cloud), ready=lambda running: running == [])
    wait_until(lambda: folders(cloud), ready=lambda found: found == [])


def test_no_zombies(function, cloud):
    made = function("import os\ndef handler(event, context): os._exit(1)")
    for _ in range(3):
        made.invoke()
    assert zombies(cloud.status().pid) == []


@pytest.mark.parametrize(
    "end", ["SIGKILL", pytest.param("SIGTERM", marks=pytest.mark.slow), pytest.param("stop", marks=pytest.mark.slow)]
)
def test_children_go_with_localstack_whatever_ends_it(emulator, tmp_path, port, end):
    busy = {
        "python3.13": {"f.py": "def handler(event, context):\n    while event: pass"},
        "nodejs22.x": {"f.js": "exports.handler = async (event) => { while (event); }"},
    }
    runtimes = [runtime for runtime in busy if runtime.startswith("python") or shutil.which("node")]
    own = Emulator(tmp_path / "otro", port)
    use(own.start().url)
    try:
        for runtime in runtimes:
            made = Function(f"prueba-{runtime[:4]}", busy[runtime], Timeout=60, Runtime=runtime)
            made.invoke(0)
            made.client.invoke(FunctionName=made.name, InvocationType="Event", Payload=b"1")
        family = children(own)
        assert len(family) == len(runtimes)
        wait_until(lambda: [child.cpu_percent() for child in family], ready=all)
        if end == "stop":
            own.stop()
        else:
            os.kill(own.status().pid, getattr(signal, end))
        wait_until(lambda: [child for child in family if child.is_running()], ready=lambda left: left == [])
    finally:
        own.stop()
        use(emulator.url)
    assert not (own.folder / "files").exists()


def test_nothing_is_left_in_the_systems_temporary_folder(function):
    before = set(Path("/tmp").glob("lambda*"))  # noqa: S108
    function("def handler(event, context): pass").invoke()
    assert set(Path("/tmp").glob("lambda*")) == before  # noqa: S108
