"""A function's log, followed: whose logs there are, and what is new since the last look."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import boto3

from helpers.practice.checkpoints import LOG_PREFIX
from helpers.session.survey import Cloud
from helpers.session.terminal import unrecorded

# Of one look: a function may have printed more than anybody reads, or a notebook holds.
MAX_NEW_EVENTS = 1_000


def followable(found: Cloud) -> list[str]:
    """Return the functions that there are, and those that are gone and have left a log, in order."""
    logged = {name.removeprefix(LOG_PREFIX) for name in found.log_groups if name.startswith(LOG_PREFIX)}
    return sorted(logged | {*found.functions})


class Follower:
    """Reads the log of one function a piece at a time."""

    def __init__(self, function: str) -> None:
        self.function = function
        self._seen: set[str] = set()  # the ids of the latest millisecond
        self._latest_ms = 0

    def new_events(self) -> Sequence[Mapping[str, Any]]:
        """Return the events that came since the last call, in order; none while the function has no log yet.

        Of more than `MAX_NEW_EVENTS` only the last are returned.
        """
        found: deque[Mapping[str, Any]] = deque(maxlen=MAX_NEW_EVENTS)
        seen, latest_ms = self._seen, self._latest_ms
        with unrecorded():
            logs = boto3.client("logs")
            try:
                pages = logs.get_paginator("filter_log_events").paginate(
                    logGroupName=LOG_PREFIX + self.function, startTime=self._latest_ms
                )
                for page in pages:
                    for event in page["events"]:
                        if event["eventId"] not in self._seen:
                            found.append(event)
                        # Two events may share their millisecond, so the last one is asked for again.
                        if event["timestamp"] > latest_ms:
                            seen, latest_ms = set(), event["timestamp"]
                        if event["timestamp"] == latest_ms:
                            seen.add(event["eventId"])
            except logs.exceptions.ResourceNotFoundException:
                return []
        self._seen, self._latest_ms = seen, latest_ms
        return [*found]
