"""The log of one Lambda invocation: the function's output between the lines that AWS itself writes.

LocalStack stores each line as one event of CloudWatch Logs. The plain lines follow "Log and monitor Python Lambda
functions" (Lambda Developer Guide); the JSON ones, "Configuring JSON and plain text log formats" and "Log-level
filtering": with the default system log level, INFO, AWS sends the start and report messages.
"""

import json
import math
from datetime import UTC, datetime
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion

from helpers.emulator.lambdas.output import MAX_BYTES, MAX_LINES, Printed

# "CloudWatch Logs quotas": PutLogEvents takes batches of up to 1 MB, in which each event counts as its message in UTF-8
# plus 26 bytes (PutLogEvents, CloudWatch Logs API Reference). MAX_EVENT_BYTES is the largest event, with its line end.
MAX_BATCH_BYTES = 1024 * 1024
EVENT_OVERHEAD_BYTES = 26
MAX_EVENT_BYTES = MAX_BATCH_BYTES - EVENT_OVERHEAD_BYTES

# System log levels at which a JSON log has AWS's own lines; at WARN it has only the report, and only of a failure.
INFO_LEVELS = ("DEBUG", "INFO")

type Frame = tuple[list[str], list[str]]  # the lines before what the function printed, and those after


def now() -> str:
    """Return the current time as AWS's log lines write it, in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def failed_init(init_ms: float, phase: str, status: str, error_type: str | None = None) -> str:
    """Return the INIT_REPORT line of an init that failed, as in "Failures during the Init phase".

    (Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle".)
    """
    fields = [f"INIT_REPORT Init Duration: {init_ms:.2f} ms", f"Phase: {phase}", f"Status: {status}"]
    return "\t".join([*fields, *([f"Error Type: {error_type}"] if error_type else [])]) + "\n"


class InvocationLog:
    """What AWS writes around the log of one invocation."""

    def __init__(self, function_version: FunctionVersion, request_id: str) -> None:
        self._version = function_version.id.qualifier
        self._memory_size_mb = function_version.config.memory_size
        settings = function_version.config.logging_config
        self._is_json = settings.get("LogFormat") == "JSON"
        self._tells_info = settings.get("SystemLogLevel", "INFO") in INFO_LEVELS
        self._request_id = request_id
        self._start = now()

    def text(self, printed: Printed, failure: str, duration_ms: float, init_ms: float, memory_mb: int | None) -> str:
        """Return the whole log: AWS's lines around `printed`, with `failure` after it if there is one.

        `init_ms` is 0 when this invocation found its environment ready.
        """
        # Billed from the start of init since 2025-08-01: "AWS Lambda pricing", "Duration".
        billed_ms = math.ceil(duration_ms + init_ms)
        frame = self._json_lines if self._is_json else self._plain_lines
        first, last = frame(failure, duration_ms, billed_ms, init_ms, memory_mb)
        body = split_events(printed.text(self._dropped_line)).rstrip("\n")
        lines = [*first, *([body] if body else []), *([failure] if failure else []), *last]
        return "\n".join(lines) + "\n"

    def _plain_lines(
        self, failure: str, duration_ms: float, billed_ms: int, init_ms: float, memory_mb: int | None
    ) -> Frame:
        fields = [
            f"REPORT RequestId: {self._request_id}",
            f"Duration: {duration_ms:.2f} ms",
            f"Billed Duration: {billed_ms} ms",
            f"Memory Size: {self._memory_size_mb} MB",
            *([f"Max Memory Used: {memory_mb} MB"] if memory_mb else []),
            *([f"Init Duration: {init_ms:.2f} ms"] if init_ms else []),
        ]
        start = f"START RequestId: {self._request_id} Version: {self._version}"
        return [start], [f"END RequestId: {self._request_id}", "\t".join(fields)]

    def _json_lines(
        self, failure: str, duration_ms: float, billed_ms: int, init_ms: float, memory_mb: int | None
    ) -> Frame:
        metrics = {
            "durationMs": round(duration_ms, 3),
            "billedDurationMs": billed_ms,
            "memorySizeMB": self._memory_size_mb,
            **({"maxMemoryUsedMB": memory_mb} if memory_mb else {}),
            **({"initDurationMs": round(init_ms, 3)} if init_ms else {}),
        }
        start = {"requestId": self._request_id, "version": self._version}
        report = {"requestId": self._request_id, "metrics": metrics, "status": "failure" if failure else "success"}

        first = [platform_line("start", self._start, start)] if self._tells_info else []
        return first, [platform_line("report", now(), report)] if self._tells_info or failure else []

    def _dropped_line(self, dropped_bytes: int, dropped_lines: int) -> str:
        """Return a line that says what was dropped; AWS drops nothing and has no such line.

        Its fields are those of the Telemetry API's platform.logsDropped ("Lambda Telemetry API Event schema
        reference").
        """
        reason = f"Output of one invocation exceeded {MAX_BYTES} bytes or {MAX_LINES} lines."
        if self._is_json:
            dropped = {"reason": reason, "droppedRecords": dropped_lines, "droppedBytes": dropped_bytes}
            return platform_line("logsDropped", now(), dropped)
        fields = [f"Dropped Records: {dropped_lines}", f"Dropped Bytes: {dropped_bytes}", f"Reason: {reason}"]
        return "\t".join([f"LOGS_DROPPED RequestId: {self._request_id}", *fields])


def platform_line(kind: str, time: str, record: dict[str, Any]) -> str:
    """Return one of AWS's own lines in a JSON log."""
    return json.dumps({"time": time, "type": f"platform.{kind}", "record": record})


def split_events(text: str) -> str:
    """Return `text` with each line too long for one event split, between characters, into lines that fit."""
    most = MAX_EVENT_BYTES - 1  # without the line end
    longest_character = 4
    if len(text) * longest_character <= most:
        return text
    lines = []
    for line in text.split("\n"):
        rest = line.encode() if len(line) * longest_character > most else b""
        if not rest:
            lines.append(line)
        while rest:
            cut = most
            while cut < len(rest) and rest[cut] & 0xC0 == 0x80:  # inside a character
                cut -= 1
            lines.append(rest[:cut].decode())
            rest = rest[cut:]
    return "\n".join(lines)
