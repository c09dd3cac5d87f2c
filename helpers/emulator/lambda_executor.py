"""LocalStack's Lambda without Docker: each execution environment is a child Python process.

`ProcessExecutor` is LocalStack's `RuntimeExecutor` contract; `lambda_process.py` is the child seen from here and
`lambda_runtime.py` the program that it runs. Life of an environment, after "Understanding the Lambda execution
environment lifecycle" (Lambda Developer Guide): init, any number of invocations, shutdown; an environment whose
process ended or timed out starts another at its next invocation.
"""

import json
import math
import os
import re
import shutil
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from localstack import config
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import LambdaRuntimeException, RuntimeExecutor

from helpers.emulator.lambda_process import Answer, LambdaProcess, ProcessExited, ProcessTimedOut

# "Init phase: limited to 10 seconds", same page of the Developer Guide; past it, init runs again on invocation.
INIT_TIMEOUT_S = 10.0

SUPPORTED_RUNTIME = re.compile(r"python3\.\d+")

# What the child keeps of LocalStack's own environment: where programs are, and what Windows cannot do without.
INHERITED_VARIABLES = ("PATH", "SYSTEMROOT")


class InitFailed(Exception):
    """The handler could not be loaded; `payload` is what the caller of the invocation gets."""

    def __init__(self, payload: bytes) -> None:
        super().__init__()
        self.payload = payload


class ProcessExecutor(RuntimeExecutor):
    """One execution environment of one function version."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._env: dict[str, str] = {}
        self._folder: Path | None = None
        self._process: LambdaProcess | None = None
        self._stopped = False
        self._lock = threading.Lock()  # guards _process and _stopped against stop() from another thread
        # What init left for the next invocation to report.
        self._init_error: InitFailed | ProcessExited | None = None
        self._init_ms = 0.0
        self._init_log = ""

    # What LocalStack asks of an executor

    def start(self, env_vars: dict[str, str]) -> None:
        """Start the child and let it load the handler; an error of the function's waits for the invocation."""
        self._folder = Path(tempfile.mkdtemp(prefix=f"lambda-{self.id[:8]}-"))
        self._env = self._child_environment(env_vars)
        try:
            self._run_init(INIT_TIMEOUT_S)
        except (InitFailed, ProcessExited) as error:
            self._init_error = error
        except ProcessTimedOut:
            self._init_log = self._end_process()

    def stop(self) -> None:
        """Kill the child, whatever it is doing, and remove its folder."""
        with self._lock:
            self._stopped = True
        self._end_process()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run one invocation in the child and return its result with the log lines that AWS would write."""
        request_id, timeout_s = payload["invoke-id"], float(self.function_version.config.timeout)
        report = Report(self.function_version, request_id)
        started = time.perf_counter()
        failure, memory_mb = "", None
        try:
            if error := self._init_error:
                self._init_error = None
                raise error
            if self._process is None:
                self._run_init(timeout_s)
            answer = self._send(payload, timeout_s - (time.perf_counter() - started))
            body, is_error, memory_mb = answer.body, answer.kind == "error", answer.max_memory_mb
            log = self._process.take_log()
        except InitFailed as error:
            body, is_error, log = error.payload, True, self._end_process()
        except ProcessExited as error:
            failure = f"RequestId: {request_id} Error: {error}"
            body, is_error, log = error_payload("Runtime.ExitError", failure), True, self._end_process()
        except ProcessTimedOut:
            reason = f"Task timed out after {self.function_version.config.timeout:.2f} seconds"
            failure = f"{datetime.now(UTC).isoformat(timespec='milliseconds')[:-6]}Z {request_id} {reason}"
            body = error_payload("Sandbox.Timedout", f"RequestId: {request_id} Error: {reason}")
            is_error, log = True, self._end_process()
        duration_ms = (time.perf_counter() - started) * 1000
        logs = report.text(self._init_log + log, failure, duration_ms, self._init_ms, memory_mb)
        self._init_log, self._init_ms = "", 0.0
        return InvocationResult(request_id, body, is_error=is_error, logs=logs)

    def get_logs(self) -> str:
        """Return what init printed, which is all that no invocation has collected yet."""
        return self._init_log

    def get_address(self) -> str:
        """Return where the environment is: this machine."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Return LocalStack's host name as the function sees it (`LOCALSTACK_HOSTNAME`)."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Return the base address that a runtime in a container would call back; ours talks through pipes."""
        return f"http://{self.get_endpoint_from_executor()}:{config.GATEWAY_LISTEN[0].port}"

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unzip the code.

        A runtime that cannot run here is told by the invocation, not here: LocalStack 4.14 cannot delete a
        function whose state is Failed.
        """
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Do nothing: LocalStack removes the unzipped code itself."""

    # The steps

    def _child_environment(self, env_vars: dict[str, str]) -> dict[str, str]:
        task_root = self._task_root()
        inherited = {name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ}
        return inherited | {
            # No HOME of the student's: boto3 would read credentials there.
            "HOME": str(self._folder),
            "LANG": "en_US.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            **{name: str(value) for name, value in env_vars.items() if not name.startswith("LOCALSTACK_RUNTIME_")},
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.function_version.config.runtime}",
            "LAMBDA_TASK_ROOT": str(task_root),
            "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
            "TMPDIR": str(self._folder),
        }

    def _task_root(self) -> Path:
        return Path(self.function_version.config.code.get_unzipped_code_location())

    def _run_init(self, timeout_s: float) -> None:
        """Start the child and wait until it has loaded the handler.

        Raises `InitFailed`, `ProcessExited` or `ProcessTimedOut`; the process is then still there to be ended.
        """
        runtime = self.function_version.config.runtime
        if not SUPPORTED_RUNTIME.fullmatch(runtime or ""):
            reason = (
                f"este LocalStack ejecuta las funciones sin Docker y solo admite runtimes python3.x, no «{runtime}»: "
                "crea la función con runtime python3.13 o usa un LocalStack con Docker (AWS_ENDPOINT_URL)"
            )
            self._init_log = f"[ERROR] {reason}\n"
            raise InitFailed(error_payload("Runtime.UnsupportedRuntime", reason))
        started = time.perf_counter()
        with self._lock:
            if self._stopped:
                raise LambdaRuntimeException("Execution environment stopped")
            self._process = LambdaProcess(self._env, self._task_root())
        answer = self._process.wait(timeout_s)
        if answer.kind == "init_error":
            raise InitFailed(answer.body)
        self._init_ms = (time.perf_counter() - started) * 1000
        self._init_log = self._process.take_log()

    def _send(self, payload: dict[str, str], timeout_s: float) -> Answer:
        header = {
            "request_id": payload["invoke-id"],
            "function_arn": payload["invoked-function-arn"],
            "trace_id": payload["trace-id"],
            "remaining_s": timeout_s,
        }
        return self._process.invoke(header, payload["payload"].encode(), timeout_s)

    def _end_process(self) -> str:
        """Kill the child, if there is one, and return what it printed last."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return ""
        process.kill()
        return process.take_log()


class Report:
    """The START, END and REPORT lines of one invocation."""

    def __init__(self, function_version: FunctionVersion, request_id: str) -> None:
        self._version = function_version.id.qualifier
        self._memory_size_mb = function_version.config.memory_size
        self._request_id = request_id

    def text(self, log: str, failure: str, duration_ms: float, init_ms: float, memory_mb: int | None) -> str:
        """Return the whole log of the invocation: `log` framed by those lines, `failure` last if there is one."""
        # Billed from start of init since 2025-08-01: "AWS Lambda pricing", "Duration".
        fields = [
            f"REPORT RequestId: {self._request_id}",
            f"Duration: {duration_ms:.2f} ms",
            f"Billed Duration: {math.ceil(duration_ms + init_ms)} ms",
            f"Memory Size: {self._memory_size_mb} MB",
            *([f"Max Memory Used: {memory_mb} MB"] if memory_mb else []),
            *([f"Init Duration: {init_ms:.2f} ms"] if init_ms else []),
        ]
        lines = [
            f"START RequestId: {self._request_id} Version: {self._version}",
            *([log.rstrip("\n")] if log else []),
            *([failure] if failure else []),
            f"END RequestId: {self._request_id}",
            "\t".join(fields),
        ]
        return "\n".join(lines) + "\n"


def error_payload(error_type: str, message: str) -> bytes:
    """Return the JSON that the caller of a failed invocation gets."""
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
