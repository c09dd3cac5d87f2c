"""Run one Lambda function: the program of the child process, started by `lambda_process.py`.

It imports the handler that `_HANDLER` names, then answers one invocation after another. Requests come in on
standard input and answers leave on what was standard output, as frames; everything that the function prints
goes to standard error, which is its log. Only the standard library is used, so that the function meets
nothing of this project's.

The shapes of events, contexts, errors and log lines are those of "Define Lambda function handler in Python",
"Using the Lambda context object to retrieve Python function information" and "Log and monitor Python Lambda
functions" in AWS's Lambda Developer Guide.
"""

import importlib
import io
import json
import logging
import os
import queue
import struct
import sys
import threading
import time
import traceback

# A frame: the length of a JSON header, the length of a body (4 bytes each, big-endian), header, body.
FRAME = struct.Struct(">II")

# AWS joins the lines of a traceback with this, so that CloudWatch Logs keeps it as one event.
LINE_IN_EVENT = "\r"


def write_frame(stream, header, body=b""):
    """Write `header` (a JSON-serialisable dict) and `body` (bytes) to `stream` as one frame."""
    encoded = json.dumps(header).encode()
    stream.write(FRAME.pack(len(encoded), len(body)) + encoded + body)
    stream.flush()


def read_frame(stream):
    """Read one frame; return (header, body), or None when the stream ends."""
    lengths = stream.read(FRAME.size)
    if len(lengths) < FRAME.size:
        return None
    header_bytes, body_bytes = FRAME.unpack(lengths)
    encoded, body = stream.read(header_bytes), stream.read(body_bytes)
    if len(encoded) < header_bytes or len(body) < body_bytes:
        return None
    return json.loads(encoded), body


class LambdaContext:
    """The second argument of a handler."""

    def __init__(self, request_id, function_arn, deadline_s):
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

    def get_remaining_time_in_millis(self):
        """Return the milliseconds left before the function's time-out."""
        return max(int((self._deadline_s - time.monotonic()) * 1000), 0)

    def log(self, message):
        """Write `message` to the function's log as it is."""
        sys.stdout.write(str(message))


class RequestIdFilter(logging.Filter):
    """Give each log record the id of the invocation under way."""

    request_id = ""

    def filter(self, record):
        """Add `aws_request_id` to `record`; never drop it."""
        record.aws_request_id = self.request_id
        return True


def install_logging():
    """Give the root logger AWS's format and return the filter that knows the invocation's id."""
    handler = logging.StreamHandler(sys.stdout)
    formatter = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    request_id = RequestIdFilter()
    handler.addFilter(request_id)
    logging.getLogger().addHandler(handler)
    return request_id


class InitError(Exception):
    """The handler cannot be loaded; `error_type` is AWS's name for why."""

    def __init__(self, error_type, message, stack=()):
        super().__init__(message)
        self.error_type = error_type
        self.stack = list(stack)


def load_handler(name):
    """Import the function that `name` ("module.function") stands for; raise `InitError`."""
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
        where = f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}\n'
        raise InitError("Runtime.UserCodeSyntaxError", message, [where]) from error
    except Exception as error:
        raise InitError(type(error).__name__, str(error), user_stack(error)) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise InitError("Runtime.HandlerNotFound", message) from error


def user_stack(error):
    """Return the traceback of `error` as a list of strings, without the frames of this file and of importlib."""
    hidden = (__file__, importlib.__file__)
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.format_list(
        [f for f in frames if f.filename not in hidden and not f.filename.startswith("<frozen importlib")]
    )


def error_answer(error_type, message, stack, request_id=""):
    """Print the error to the log as AWS does and return the payload that the caller gets."""
    head = f"[ERROR] {error_type}: {message}" if message else f"[ERROR] {error_type}"
    lines = [head, *(["Traceback (most recent call last):"] if stack else []), *stack]
    text = "\n".join(line.rstrip("\n") for line in lines)
    print(text.replace("\n", LINE_IN_EVENT))
    payload = {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": stack}
    return json.dumps(payload).encode()


def invoke(handler, header, body):
    """Call `handler` once; return ("response" or "error", payload bytes)."""
    request_id = header["request_id"]
    context = LambdaContext(request_id, header["function_arn"], time.monotonic() + header["remaining_s"])
    os.environ["_X_AMZN_TRACE_ID"] = header["trace_id"]
    try:
        result = handler(json.loads(body) if body else {}, context)
    except Exception as error:
        return "error", error_answer(type(error).__name__, str(error), user_stack(error), request_id)
    try:
        return "response", json.dumps(result, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return "error", error_answer("Runtime.MarshalError", message, [], request_id)


def max_memory_mb():
    """Return the largest resident size that this process has had, in MB, or None where that is not known."""
    try:
        # Linux. getrusage would count LocalStack's own size, from before this program replaced it in the child.
        with open("/proc/self/status", encoding="ascii") as status:
            peak_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        return round(peak_kb / 1024)
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)


def claim_streams():
    """Keep standard input and output for frames and give the function others; return (requests, answers)."""
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


def read_requests(stream, inbox):
    """Put each request into `inbox`; leave at once, whatever the function is doing, when LocalStack is gone."""
    while (frame := read_frame(stream)) is not None:
        inbox.put(frame)
    os._exit(0)


def main():
    """Load the handler, say so, and serve until the requests end."""
    requests, answers = claim_streams()
    inbox = queue.SimpleQueue()
    threading.Thread(target=read_requests, args=(requests, inbox), daemon=True).start()
    end_of_log = os.environ.pop("SI1P1_END_OF_LOG")
    # The function finds its own code, the standard library and what the venv has, but not this project's packages.
    project = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path[:] = [os.environ["LAMBDA_TASK_ROOT"], *(entry for entry in sys.path if entry != project)]
    log_filter = install_logging()

    def answer(kind, body=b""):
        # The log of this step ends here: the marker goes after all that was printed, before the answer.
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(2, end_of_log.encode())
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
