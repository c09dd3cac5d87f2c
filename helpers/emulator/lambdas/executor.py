"""LocalStack's Lambda without Docker: each execution environment is a child process.

`ProcessExecutor` implements LocalStack's `RuntimeExecutor`; `child_process.py` handles the child, `runtimes.py` says
what it runs, and `log.py` writes its log as AWS does. The life of an environment follows "Understanding the Lambda
execution environment lifecycle" (Lambda Developer Guide): init, any number of invocations, shutdown. If its process
ends or times out, the next invocation starts another one in the same folder.
"""

import json
import tempfile
import threading
import time
from pathlib import Path

from localstack import config
from localstack.aws.api.lambda_ import RequestTooLargeException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import LambdaRuntimeException, RuntimeExecutor

from helpers.emulator.lambdas import access_keys, runtimes
from helpers.emulator.lambdas.child_process import MAX_RESPONSE_BYTES, LambdaProcess, ProcessExited, ProcessTimedOut
from helpers.emulator.lambdas.environment import Environment, packages
from helpers.emulator.lambdas.log import InvocationLog, failed_init, now
from helpers.emulator.lambdas.output import Printed
from helpers.emulator.lambdas.runtimes import RuntimeMissing
from helpers.emulator.lambdas.successor import successor

# "Init phase: limited to 10 seconds", same page of the Developer Guide; after that, init runs again on invocation.
INIT_TIMEOUT_S = 10.0

# "Lambda quotas": the largest request of a synchronous invocation, 6 MB.
MAX_REQUEST_BYTES = 6 * 1024 * 1024


class InitFailed(Exception):
    """The handler could not be loaded; `payload` is what the caller of the invocation receives."""

    def __init__(self, payload: bytes, error_type: str) -> None:
        super().__init__()
        self.payload = payload
        self.error_type = error_type


class ProcessExecutor(RuntimeExecutor):
    """One execution environment of one function version."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._environment: Environment | None = None
        self._process: LambdaProcess | None = None
        self._invoking = self._stopped = False
        self._lock = threading.Lock()  # guards these three against stop() from another thread
        # What init left for the next invocation to report.
        self._init_error: InitFailed | ProcessExited | None = None
        self._init_ms = 0.0
        self._init_log = Printed()
        self._memory_mb: int | None = None  # the largest that the current child has reported

    # LocalStack's RuntimeExecutor interface

    def start(self, env_vars: dict[str, str]) -> None:
        """Start the child and let it load the handler; the function's own errors are reported on invocation."""
        folder = Path(tempfile.mkdtemp(prefix=f"lambda-{self.id[:8]}-"))
        self._environment = Environment(folder, self.function_version, env_vars)
        self._sign_as("")
        try:
            self._run_init(INIT_TIMEOUT_S, "init")
        except (InitFailed, ProcessExited) as error:
            self._init_error = error
        except ProcessTimedOut:
            pass  # the next invocation tries again, with the function's own time-out

    def stop(self) -> None:
        """Kill the child, whatever it is doing, and remove its folder.

        But let it end an invocation that began before the function was updated, as AWS does.
        """
        with self._lock:
            self._stopped = True
            if self._invoking and successor(self.function_version):
                return
        self._remove()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run one invocation in the child and return its result with the log lines that AWS would write."""
        self._begin()
        try:
            return self._invoke(payload)
        finally:
            self._end()

    def _invoke(self, payload: dict[str, str]) -> InvocationResult:
        body = payload["payload"].encode()
        if len(body) > MAX_REQUEST_BYTES:
            raise RequestTooLargeException(
                f"{len(body)} byte payload is too large for the RequestResponse invocation type "
                f"(limit {MAX_REQUEST_BYTES} bytes)"
            )
        request_id, timeout_s = payload["invoke-id"], self.function_version.config.timeout
        log = InvocationLog(self.function_version, request_id)
        self._sign_as(request_id)
        started = time.perf_counter()
        failure = ""
        try:
            if error := self._init_error:
                self._init_error = None
                raise error
            if self._process is None:
                self._run_init(timeout_s, "invoke")
            result, is_error = self._send(payload, body, timeout_s - (time.perf_counter() - started))
            printed = self._process.take_log() if self._process else Printed()
        except InitFailed as error:
            result, is_error, printed = error.payload, True, Printed()
        except ProcessExited as error:
            failure = f"RequestId: {request_id} Error: {error}"
            result, is_error, printed = error_payload("Runtime.ExitError", failure), True, self._end_process()
        except ProcessTimedOut:
            reason = f"Task timed out after {timeout_s:.2f} seconds"
            failure = f"{now()} {request_id} {reason}"
            result = error_payload("Sandbox.Timedout", f"RequestId: {request_id} Error: {reason}")
            is_error, printed = True, self._end_process()
        duration_ms = (time.perf_counter() - started) * 1000
        self._init_log.extend(printed)
        logs = log.text(self._init_log, failure, duration_ms, self._init_ms, self._memory_mb)
        self._init_log, self._init_ms = Printed(), 0.0
        return InvocationResult(request_id, result, is_error=is_error, logs=logs)

    def get_logs(self) -> str:
        """Return what init printed, which is all the output that no invocation has collected yet."""
        return self._init_log.text(lambda size, lines: f"{size} bytes in {lines} lines dropped")

    def get_address(self) -> str:
        """Return the address of the environment: this machine."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Return LocalStack's host name as the function sees it (`LOCALSTACK_HOSTNAME`)."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Return the base address that a runtime in a container would call back; ours uses pipes."""
        return f"http://{self.get_endpoint_from_executor()}:{config.GATEWAY_LISTEN[0].port}"

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unzip the code and have the forker ready for the first invocation.

        A runtime that cannot run here is reported on invocation instead, because LocalStack 4.14 cannot delete a
        function whose state is Failed.
        """
        for package in packages(function_version):
            package.prepare_for_execution()
        runtimes.forks.prepare()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Do nothing: LocalStack removes the unzipped code itself."""

    # The steps

    def _sign_as(self, request_id: str) -> None:
        """Let the journal know the environment's calls, by its access key, and the invocation under way."""
        if self._environment:
            access_keys.running(self._environment.access_key, self.function_version.id.function_name, request_id)

    def _begin(self) -> None:
        with self._lock:
            if self._stopped:
                raise LambdaRuntimeException("Execution environment stopped")
            self._invoking = True

    def _end(self) -> None:
        with self._lock:
            self._invoking = False
            stopped = self._stopped
        if stopped:
            self._remove()

    def _remove(self) -> None:
        self._end_process()
        if self._environment:
            access_keys.ended(self._environment.access_key)
            self._environment.remove()

    def _run_init(self, timeout_s: float, phase: str) -> None:
        """Start the child and wait until it has loaded the handler.

        Raises `InitFailed`, `ProcessExited` or `ProcessTimedOut`; by then the child has ended and its log is in
        `_init_log`.
        """
        runtime = self.function_version.config.runtime or ""
        started = time.perf_counter()
        with self._lock:
            environment = self._environment
            if self._stopped or environment is None:
                raise LambdaRuntimeException("Execution environment stopped")
            self._memory_mb = None
            try:
                self._process = runtimes.start(runtime, environment.variables, environment.roots, environment.folder)
            except RuntimeMissing as error:
                self._init_log = Printed()
                self._init_log.add(f"[ERROR] {error}\n".encode())
                failed = error_payload("Runtime.UnsupportedRuntime", str(error))
                raise InitFailed(failed, "Runtime.UnsupportedRuntime") from None
        header = environment.header()
        status, error_type = "error", None
        try:
            answer = self._process.init(header, timeout_s - (time.perf_counter() - started))
            self._memory_mb = answer.max_memory_mb
            if answer.kind == "init_error":
                failure = init_failure(answer.body)
                error_type = failure.error_type
                raise failure
            # Init during an invocation counts towards its duration and is not reported separately.
            self._init_ms = (time.perf_counter() - started) * 1000 if phase == "init" else 0.0
            self._init_log = self._process.take_log()
            status = "success"
        except ProcessTimedOut:
            status = "timeout"
            raise
        except ProcessExited:
            error_type = "Runtime.ExitError"
            raise
        finally:
            if status != "success":
                init_ms = (time.perf_counter() - started) * 1000
                self._init_log = self._end_process()
                self._init_log.add(failed_init(init_ms, phase, status, error_type).encode())

    def _send(self, payload: dict[str, str], body: bytes, timeout_s: float) -> tuple[bytes, bool]:
        """Return the handler's answer and whether it is an error."""
        header = {
            "request_id": payload["invoke-id"],
            "function_arn": payload["invoked-function-arn"],
            "trace_id": payload["trace-id"],
            "remaining_s": timeout_s,
        }
        process = self._process
        if process is None:  # stop() came first
            raise LambdaRuntimeException("Execution environment stopped")
        answer = process.ask(header, body, timeout_s)
        self._memory_mb = answer.max_memory_mb
        if answer.kind == "fatal":  # an error outside the handler, which ends the runtime
            self._init_log.extend(self._end_process())
        if len(answer.body) > MAX_RESPONSE_BYTES:
            reason = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            return error_payload("Function.ResponseSizeTooLarge", reason), True
        return answer.body, answer.kind != "response"

    def _end_process(self) -> Printed:
        """Kill the child, if there is one, and return the last of its output."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return Printed()
        self._memory_mb = process.memory_mb() or self._memory_mb
        process.kill()
        return process.take_log()


def init_failure(body: bytes) -> InitFailed:
    """Return the init error that a child reports in `body`; its type is unknown if `body` is not a whole error."""
    try:
        return InitFailed(body, str(json.loads(body)["errorType"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        reason = f"The error of init is larger than {MAX_RESPONSE_BYTES} bytes, or is not one"
        return InitFailed(error_payload("Runtime.Unknown", reason), "Runtime.Unknown")


def error_payload(error_type: str, message: str) -> bytes:
    """Return the JSON that the caller of a failed invocation receives."""
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
