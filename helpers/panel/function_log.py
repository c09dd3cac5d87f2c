"""Follow a function's log: which functions have one, and what is new since the last read."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from helpers import own_calls
from helpers.practice.checkpoints import LOG_PREFIX
from helpers.session.cloud_contents import Cloud

# Per read: a function may print more than anyone reads, or than a notebook can hold.
MAX_NEW_EVENTS = 1_000


def followable(found: Cloud) -> list[str]:
    """Return, in order, the functions that exist and those that are gone but have left a log."""
    logged = {name.removeprefix(LOG_PREFIX) for name in found.log_groups if name.startswith(LOG_PREFIX)}
    return sorted(logged | {*found.functions})


class Follower:
    """Reads the log of one function a piece at a time."""

    def __init__(self, function: str) -> None:
        self.function = function
        self._seen: set[str] = set()  # the ids of the events in the latest millisecond
        self._latest_ms = 0

    def new_events(self) -> Sequence[Mapping[str, Any]]:
        """Return the events since the last call, in order; none while the function has no log yet.

        If there are more than `MAX_NEW_EVENTS`, only the last ones are returned.
        """
        found: deque[Mapping[str, Any]] = deque(maxlen=MAX_NEW_EVENTS)
        seen, latest_ms = self._seen, self._latest_ms
        logs = own_calls.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=LOG_PREFIX + self.function, startTime=self._latest_ms
            )
            for page in pages:
                for event in page["events"]:
                    if event["eventId"] not in self._seen:
                        found.append(event)
                    # Several events may share a millisecond, so the last one is requested again.
                    if event["timestamp"] > latest_ms:
                        seen, latest_ms = set(), event["timestamp"]
                    if event["timestamp"] == latest_ms:
                        seen.add(event["eventId"])
        except logs.exceptions.ResourceNotFoundException:
            return []
        self._seen, self._latest_ms = seen, latest_ms
        return [*found]
