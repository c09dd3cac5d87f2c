"""Init: what the caller and the log get when a function cannot be loaded.

"Understanding the Lambda execution environment lifecycle", "Failures during the Init phase" (Lambda Developer Guide).
"""

import re

import pytest
from lambda_function import REQUEST_ID


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import no_existe", "Runtime.ImportModuleError", "Unable to import module 'f': No module named 'no_existe'"),
        (
            "def handler(e, c) pass",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'f': expected ':' (f.py, line 1)",
        ),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'f'"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("import sys; sys.exit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("import sys; sys.exit()", "Runtime.ExitError", "Runtime exited without providing a reason"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "Runtime.ExitError",
            "Runtime exited with error: signal: segmentation fault",
        ),
    ],
)
def test_an_error_at_init_is_told_at_once_every_time(function, source, error_type, message):
    # Not by running into the function's own time-out: that is later than boto3, and this test, would wait.
    made = function(f"print('antes', flush=True)\n{source}", Timeout=900)
    message = message.replace("line 1", "line 2")
    for phase in ("init", "invoke"):
        failed = made.invoke()
        assert failed.error == "Unhandled"
        assert failed.payload["errorType"] == error_type
        assert failed.payload["errorMessage"].endswith(message)
        lines = failed.log.splitlines()
        printed = [] if error_type == "Runtime.UserCodeSyntaxError" else ["antes"]
        assert lines[1 : 1 + len(printed)] == printed
        report = rf"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: {phase}\tStatus: error\tError Type: {error_type}"
        assert [line for line in lines if re.fullmatch(report, line)]
        assert message.partition("(")[0] in failed.log


def test_a_handler_name_without_a_function(function):
    failed = function("def handler(e, c): pass", Handler="handler").invoke()
    assert failed.payload["errorType"] == "Runtime.MalformedHandlerName"
    assert failed.payload["errorMessage"] == "Bad handler 'handler': not enough values to unpack"


def test_a_function_mended_after_an_error_at_init_works(function):
    from lambda_function import archive

    made = function("import no_existe")
    assert made.invoke().payload["errorType"] == "Runtime.ImportModuleError"
    made.client.update_function_code(FunctionName=made.name, ZipFile=archive({"f.py": "def handler(e, c): return 1"}))
    made.wait()
    assert made.invoke().payload == 1


def test_init_that_fails_once_is_run_again(function):
    source = """
import pathlib, tempfile
first = pathlib.Path(tempfile.gettempdir(), "seen")
if not first.exists():
    first.touch()
    raise RuntimeError("la primera vez")
def handler(event, context): return "segunda"
"""
    made = function(source)
    assert made.invoke().payload["errorMessage"] == "la primera vez"
    # "The reset does not clear the /tmp directory content prior to the next init phase", same page.
    assert made.invoke().payload == "segunda"


@pytest.mark.slow
def test_init_past_its_ten_seconds_runs_again_within_the_functions_time_out(function):
    source = "import time\nprint('cargando', flush=True)\ntime.sleep(60)\ndef handler(e, c): pass"
    failed = function(source, Timeout=1).invoke()
    assert failed.payload["errorType"] == "Sandbox.Timedout"
    assert re.fullmatch(
        rf"RequestId: {REQUEST_ID} Error: Task timed out after 1.00 seconds", failed.payload["errorMessage"]
    )
    assert "cargando\nINIT_REPORT Init Duration: 1" in failed.log and "Status: timeout" in failed.log


def test_a_runtime_that_this_machine_does_not_have(function):
    failed = function("def handler(event:, context:) = 1", Runtime="ruby3.3").invoke()
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Runtime.UnsupportedRuntime"
    assert "python3.x" in failed.payload["errorMessage"] and "ruby3.3" in failed.payload["errorMessage"]
    assert "solo admite runtimes python3.x" in failed.log


def test_any_python_runtime_runs(function):
    assert function("def handler(e, c): return 'hola'", Runtime="python3.9").invoke().payload == "hola"


@pytest.mark.parametrize("name", ["boto3", "random", "json"])
def test_a_functions_own_module_comes_before_one_that_the_forker_has_imported(function, name):
    made = function(
        {"f.py": f"import {name}  # boto\ndef handler(e, c): return {name}.__file__", f"{name}.py": "x = 1"}
    )
    # AWS's own bootstrap has imported json before the function's code is on the path; so has ours.
    assert made.invoke().payload.endswith(f"task/{name}.py") is (name != "json")


def test_a_variable_that_acts_when_python_starts(function):
    source = "import sys  # boto\ndef handler(e, c): return sys.flags.optimize"
    assert function(source, Environment={"Variables": {"PYTHONOPTIMIZE": "1"}}).invoke().payload == 1


def test_a_function_that_uses_boto3_finds_it_imported(function):
    """And one that does not pays no memory for it."""
    source = "import sys  # {}\ndef handler(e, c): return 'bo' 'to3' in sys.modules"
    assert function(source.format("boto3")).invoke().payload is True
    assert function(source.format("nada")).invoke().payload is False


def test_an_environment_stopped_between_init_and_invocation_says_so():
    from localstack.services.lambda_.invocation.runtime_executor import LambdaRuntimeException

    from helpers.emulator.lambdas.executor import ProcessExecutor

    executor = ProcessExecutor("0" * 32, function_version=None)
    executor.stop()
    payload = {"invoke-id": "1", "invoked-function-arn": "arn", "trace-id": "Root=1"}
    with pytest.raises(LambdaRuntimeException, match="stopped"):
        executor._send(payload, b"{}", 1.0)
