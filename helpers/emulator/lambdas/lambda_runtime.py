"""Run one Lambda function in Python: the program of the child process that `child_process.py` starts.

Its first frame says which function to run; it imports the handler that `_HANDLER` names, then answers one invocation
after another. Requests arrive on standard input and answers leave on the original standard output, as frames;
everything that the function prints goes to standard error, which is its log. Only the standard library is used, so that
the function sees nothing of this project. With --forks, it imports boto3 and forks a copy of itself for each function.

Events, contexts, errors and log lines have the shapes given in "Define Lambda function handler in Python", "Using the
Lambda context object to retrieve Python function information", "Log and monitor Python Lambda functions" and "Packaging
your layer content" in AWS's Lambda Developer Guide.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import queue
import sys
import threading
import time
import traceback
from itertools import dropwhile

import lambda_paths
from lambda_messages import read_frame, write_frame
from lambda_python_log import install_logging, print_error

# For the type checker alone: importing typing would delay the function's start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any

# Python puts this program's folder first in sys.path; the function must see neither it nor this project.
HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:] = [entry for entry in sys.path if entry not in (HERE, PROJECT)]


class LambdaContext:
    """The second argument of a handler."""

    def __init__(self, request_id: str, function_arn: str, deadline_s: float) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn = function_arn
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.client_context = None
        self.identity = None
        self._deadline_s = deadline_s

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before the function's time-out."""
        return max(int((self._deadline_s - time.monotonic()) * 1000), 0)

    def log(self, message: object) -> None:
        """Write `message` to the function's log as it is."""
        sys.stdout.write(str(message))


class InitError(Exception):
    """The handler cannot be loaded; `error_type` is AWS's name for why."""

    def __init__(self, error_type: str, message: str, stack: list[str] | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.stack = stack or []


def load_handler(name: str) -> Callable[[Any, LambdaContext], Any]:
    """Import and return the handler `name` ("module.function"); raise `InitError`."""
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise InitError("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise InitError("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise InitError("Runtime.UserCodeSyntaxError", message, [lambda_paths.as_in_aws(where)]) from error
    except Exception as error:
        raise InitError(type(error).__name__, str(error), user_stack(error)) from error
    try:
        handler: Callable[[Any, LambdaContext], Any] = getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise InitError("Runtime.HandlerNotFound", message) from error
    return handler


def user_stack(error: BaseException) -> list[str]:
    """Return the traceback of `error` as a list of strings, from where this file called something else.

    As AWS's, it does not mark the failed part of a line.
    """
    frames = dropwhile(lambda frame: frame.filename == __file__, traceback.extract_tb(error.__traceback__))
    return traceback.format_list([(frame.filename, frame.lineno or 0, frame.name, frame.line) for frame in frames])


def error_answer(error_type: str, message: str, stack: list[str], request_id: str = "") -> bytes:
    """Print the error to the log and return the payload that the caller gets."""
    message = lambda_paths.as_in_aws(message)
    payload = {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": stack}
    print_error(payload)
    return json.dumps(payload).encode()


def invoke(handler: Callable[[Any, LambdaContext], Any], header: dict[str, Any], body: bytes) -> tuple[str, bytes]:
    """Call `handler` once; return ("response" or "error", payload bytes)."""
    request_id = header["request_id"]
    context = LambdaContext(request_id, header["function_arn"], time.monotonic() + header["remaining_s"])
    os.environ["_X_AMZN_TRACE_ID"] = header["trace_id"]
    try:
        event = json.loads(body) if body else {}
    except ValueError as error:
        return "error", error_answer("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}", [], request_id)
    try:
        result = handler(event, context)
    except Exception as error:
        return "error", error_answer(type(error).__name__, str(error), user_stack(error), request_id)
    try:
        return "response", json.dumps(result, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return "error", error_answer("Runtime.MarshalError", message, [], request_id)


def max_memory_mb() -> int:
    """Return the peak resident size of this process, in MB."""
    try:
        # Linux. getrusage would include LocalStack's own size, from before this program replaced it in the child.
        with open("/proc/self/status", encoding="ascii") as status:
            peak_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        return round(peak_kb / 1024)
    except (OSError, StopIteration):
        pass
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)


def claim_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Reserve standard input and output for frames and give the function others; return (requests, answers)."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(descriptor, "w", closefd=False)
        writer = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, name, writer)
    return requests, answers


def read_requests(stream: IO[bytes], inbox: queue.SimpleQueue[tuple[dict[str, Any], bytes]]) -> None:
    """Put each request into `inbox`; exit at once, whatever the function is doing, when LocalStack ends."""
    while (frame := read_frame(stream)) is not None:
        inbox.put(frame)
    os._exit(0)


def preload() -> list[str]:
    """Import what a function that uses boto3 imports; return the names of all modules loaded by then."""
    import boto3

    # Creating a client, of any small service, imports the rest of botocore.
    boto3.session.Session("none", "none", region_name="us-east-1").client("sts")
    return sorted({name.partition(".")[0] for name in sys.modules})


def fork_for_each(descriptor: int) -> None:
    """Preload, then fork whenever `forker.py` asks for it; return in each fork, whose streams came with the request.

    Each message is told in one of `forker.py`'s packets: what has been preloaded, forked, or has ended, and how.
    """
    import gc
    import selectors
    import socket

    control = socket.socket(fileno=descriptor)
    control.send(json.dumps(["preloaded", preload()]).encode())
    gc.collect()
    gc.freeze()  # a collection would write in the pages that the forks share
    events = selectors.DefaultSelector()
    events.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in events.select():
            if key.fileobj is not control:
                _, status = os.waitpid(key.data, 0)
                events.unregister(key.fileobj)
                os.close(key.fd)
                control.send(json.dumps(["ended", key.data, os.waitstatus_to_exitcode(status)]).encode())
                continue
            asked, streams, _, _ = socket.recv_fds(control, 16, 3)
            if not asked:  # LocalStack has ended
                os._exit(0)
            pid = os.fork()
            if pid == 0:
                os.setsid()
                for number, stream in enumerate(streams):
                    os.dup2(stream, number)
            for stream in streams:
                os.close(stream)
            if pid == 0:
                for other in [*events.get_map().values()]:
                    os.close(other.fd)
                control.detach()
                events.close()
                return
            events.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
            control.send(json.dumps(["forked", pid]).encode())


def enter(header: dict[str, Any]) -> None:
    """Take on the function's environment: its variables, its working folder and its module path."""
    os.environ.clear()
    os.environ.update(header["env"])
    time.tzset()
    os.chdir(header["task_root"])
    lambda_paths.install(header["task_root"], header["optional"])
    version = os.environ["AWS_EXECUTION_ENV"].rpartition("_")[2]
    layers = os.path.join(header["optional"], "python")
    libraries = [layers, os.path.join(layers, "lib", version, "site-packages")]
    sys.path[:] = [header["task_root"], *filter(os.path.isdir, libraries), *sys.path]


def main() -> None:
    """Load the handler, report it, and answer requests until they end."""
    if "--forks" in sys.argv:
        fork_for_each(int(sys.argv[-1]))
    requests, answers = claim_streams()
    inbox: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
    threading.Thread(target=read_requests, args=(requests, inbox), daemon=True).start()
    header, _ = inbox.get()
    end_of_log = header["end_of_log"].encode()
    enter(header)
    log_filter = install_logging()

    def answer(kind: str, body: bytes = b"") -> None:
        # The log of this step ends here: the marker goes after everything printed and before the answer.
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(2, end_of_log)
        write_frame(answers, {"kind": kind, "max_memory_mb": max_memory_mb()}, body)

    try:
        handler = load_handler(os.environ["_HANDLER"])
    except InitError as error:
        answer("init_error", error_answer(error.error_type, str(error), error.stack))
        return
    answer("ready")
    while True:
        header, body = inbox.get()
        log_filter.request_id = header["request_id"]
        answer(*invoke(handler, header, body))


if __name__ == "__main__":
    main()
