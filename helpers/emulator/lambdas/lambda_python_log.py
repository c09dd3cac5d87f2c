"""The log format of Python functions in AWS: `logging` in plain text or JSON, and the handler's errors.

"Log and monitor Python Lambda functions" and "Log-level filtering", Lambda Developer Guide.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import traceback

from lambda_paths import as_in_aws

# For the type checker alone: importing typing would delay the function's start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# AWS joins the lines of a traceback with this, so that CloudWatch Logs keeps it as one event.
LINE_IN_EVENT = "\r"

# AWS indents a traceback with it, so that no page shortens the indentation.
NO_BREAK_SPACE = "\xa0"


class RequestIdFilter(logging.Filter):
    """Give each log record the id of the current invocation."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add `aws_request_id` to `record`; never drop it."""
        record.aws_request_id = self.request_id
        return True


class PlainFormatter(logging.Formatter):
    """AWS's plain format, in which a record of several lines stays one event of the log."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for `record`, with its traceback if it has one."""
        return super().format(record).replace("\n", LINE_IN_EVENT)


class JSONFormatter(logging.Formatter):
    """AWS's JSON format, for functions configured with it."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """Return the object for `record` as one line."""
        event: dict[str, Any] = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0]:
            error_type, error, trace = record.exc_info
            event |= {"errorType": error_type.__name__, "errorMessage": as_in_aws(str(error))}
            event["location"] = as_in_aws(f"{record.pathname}:{record.funcName}:{record.lineno}")
            event["stackTrace"] = traceback.format_list(traceback.extract_tb(trace))
        if request_id := vars(record)["aws_request_id"]:  # from RequestIdFilter
            event["requestId"] = request_id
        return json.dumps(event, ensure_ascii=False)


def logs_json() -> bool:
    """Tell whether the function's log format is JSON."""
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"


def install_logging() -> RequestIdFilter:
    """Give the root logger AWS's format and return the filter that holds the invocation's id."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JSONFormatter() if logs_json() else PlainFormatter())
    request_id = RequestIdFilter()
    handler.addFilter(request_id)
    root = logging.getLogger()
    root.addHandler(handler)
    if logs_json():
        # "Log-level filtering": AWS's level names, where they are not Python's.
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO").upper()
        root.setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL", "WARN": "WARNING"}.get(level, level))
    return request_id


def print_error(payload: dict[str, Any]) -> None:
    """Print the error in `payload`, which the caller receives too."""
    if logs_json():
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(json.dumps({"timestamp": moment, "log_level": "ERROR"} | payload, ensure_ascii=False))
        return
    error_type, message, stack = payload["errorType"], payload["errorMessage"], payload["stackTrace"]
    head = f"[ERROR] {error_type}: {message}" if message else f"[ERROR] {error_type}"
    lines = [head, "Traceback (most recent call last):"]
    for line in "".join(stack).splitlines():
        code = line.lstrip(" ")
        lines.append(NO_BREAK_SPACE * (len(line) - len(code)) + code)
    print("\n".join(lines).replace("\n", LINE_IN_EVENT))
