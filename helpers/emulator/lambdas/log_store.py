"""The events of functions in CloudWatch Logs: batches as AWS's, and groups that are bounded and quick to read.

LocalStack stores whatever an invocation printed in one call. moto, which holds the events, keeps all for ever; both go
through all of them for each page, and copy all whenever the groups are listed.
"""

import copy
import math
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from helpers.emulator.lambdas.log import EVENT_OVERHEAD_BYTES, MAX_BATCH_BYTES

if TYPE_CHECKING:
    from moto.logs.models import LogGroup, LogStream

# FilterLogEvents, CloudWatch Logs API Reference: the events of one page, and their messages.
MAX_PAGE_EVENTS = 10_000
MAX_PAGE_CHARACTERS = 1024 * 1024

# PutLogEvents, CloudWatch Logs API Reference: the events of one batch.
MAX_BATCH_EVENTS = 10_000

# Of one function, in all its streams; the oldest events go. AWS keeps them until the group's retention ends, by
# default for ever. An event takes 190 bytes here, and its message; when there are too many, some more go, so as not to
# look for the oldest at each invocation.
MAX_GROUP_EVENTS = 50_000
MAX_GROUP_CHARACTERS = 20_000_000
LEFT = 0.9

type Event = dict[str, Any]


def batches(text: str) -> Iterator[list[Event]]:
    """Return the lines of a log as events, in batches that PutLogEvents takes; CloudWatch Logs has no empty events."""
    batch: list[Event] = []
    size = 0
    for line in text.split("\n"):
        if not line:
            continue
        message = line + "\n"
        cost = len(message.encode()) + EVENT_OVERHEAD_BYTES
        if batch and (size + cost > MAX_BATCH_BYTES or len(batch) == MAX_BATCH_EVENTS):
            yield batch
            batch, size = [], 0
        batch.append({"timestamp": int(time.time() * 1000), "message": message})
        size += cost
    if batch:
        yield batch


def bound(group_name: str, account: str, region: str) -> None:
    """Drop the oldest events of a group that has too many."""
    from moto.logs.models import LogGroup, LogStream, logs_backends

    LogStream.__deepcopy__ = copy_of_stream  # type: ignore[attr-defined]  # a patch
    LogGroup.filter_log_events = page_of_group  # type: ignore[assignment, method-assign]  # a patch
    group = logs_backends[account][region].groups.get(group_name)
    if group:
        drop_oldest(group)


def copy_of_stream(stream: "LogStream", _memo: dict[int, Any]) -> "LogStream":
    """Return a copy with the same events: LocalStack copies all, to add up sizes, when it lists groups."""
    return copy.copy(stream)


def drop_oldest(group: "LogGroup") -> None:
    """Keep the newest events of all streams together, up to the limits."""
    streams = list(group.streams.values())
    events = sum(len(stream.events) for stream in streams)
    characters = sum(stream.stored_bytes for stream in streams)  # moto counts those
    if events <= MAX_GROUP_EVENTS and characters <= MAX_GROUP_CHARACTERS:
        return
    # moto numbers all events as they come.
    oldest = sorted(
        ((event.event_id, stream, event) for stream in streams for event in stream.events), key=lambda found: found[0]
    )
    dropped: Counter[str] = Counter()
    for _, stream, event in oldest:
        if events <= MAX_GROUP_EVENTS * LEFT and characters <= MAX_GROUP_CHARACTERS * LEFT:
            break
        events -= 1
        characters -= len(event.message)
        stream.stored_bytes -= len(event.message)
        dropped[stream.log_stream_name] += 1
    for stream in streams:
        del stream.events[: dropped[stream.log_stream_name]]  # in place: more may be stored meanwhile


def page_of_group(
    group: "LogGroup",
    log_group_name: str,
    log_stream_names: list[str],
    start_time: int | None,
    end_time: int | None,
    limit: int | None,
    next_token: str | None,
    filter_pattern: str | None,
    interleaved: bool,
) -> tuple[list[Event], str | None, list[Event]]:
    """Return moto's (events, token of the next page, streams) of FilterLogEvents.

    moto makes a response of every event for each page, and finds no page after one whose last event has gone
    meanwhile. Here a token is a place in the order, whether or not that event is still there. `filter_pattern` is
    not looked at, as LocalStack does not.
    """
    streams = [stream for name, stream in group.streams.items() if not log_stream_names or name in log_stream_names]
    earliest, latest = start_time or 0, end_time or math.inf
    found = sorted(  # the ids differ, so events are never compared
        (0 if interleaved else number, event.timestamp, event.event_id, event, stream.log_stream_name)
        for number, stream in enumerate(streams)
        for event in list(stream.events)
        if earliest <= event.timestamp <= latest
    )
    place: tuple[float, ...]
    try:
        place = tuple(int(part) for part in next_token.split("@")[1:]) if next_token else ()
    except ValueError:
        place = (math.inf,)  # AWS has nothing after a token that is not its own
    page: list[Event] = []
    characters, token = 0, None
    for *order, event, stream_name in found[bisect_right(found, place, key=lambda one: one[:3]) :]:
        characters += len(event.message)
        if len(page) == (limit or MAX_PAGE_EVENTS) or (page and characters > MAX_PAGE_CHARACTERS):
            return page, token, searched(streams)
        page.append(event.to_filter_dict() | {"logStreamName": stream_name})
        token = "@".join([log_group_name, *map(str, order)])
    return page, None, searched(streams)


def searched(streams: "list[LogStream]") -> list[Event]:
    """Return what FilterLogEvents says of the streams that it has gone through."""
    return [{"logStreamName": stream.log_stream_name, "searchedCompletely": True} for stream in streams]
