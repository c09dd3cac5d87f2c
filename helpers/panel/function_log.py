"""A function's log, followed: whose logs there are, and what is new since the last look."""

from collections.abc import Mapping, Sequence
from typing import Any

import boto3

from helpers.checkpoints import LOG_PREFIX
from helpers.cloud import Cloud
from helpers.commands import unrecorded


def followable(found: Cloud) -> list[str]:
    """Return the functions that there are, and those that are gone and have left a log, in order."""
    logged = {name.removeprefix(LOG_PREFIX) for name in found.log_groups if name.startswith(LOG_PREFIX)}
    return sorted(logged | {*found.functions})


class Follower:
    """Reads the log of one function a piece at a time."""

    def __init__(self, function: str) -> None:
        self.function = function
        self._seen: set[str] = set()
        self._latest_ms = 0

    def new_events(self) -> Sequence[Mapping[str, Any]]:
        """Return the events that came since the last call, in order; none while the function has no log yet."""
        with unrecorded():
            logs = boto3.client("logs")
            try:
                pages = logs.get_paginator("filter_log_events").paginate(
                    logGroupName=LOG_PREFIX + self.function, startTime=self._latest_ms
                )
                found = [event for page in pages for event in page["events"] if event["eventId"] not in self._seen]
            except logs.exceptions.ResourceNotFoundException:
                return []
        self._seen.update(event["eventId"] for event in found)
        # Two events may share their millisecond, so the last one is asked for again.
        self._latest_ms = max([self._latest_ms, *(event["timestamp"] for event in found)])
        return found
