"""Functions' events in CloudWatch Logs: batches with AWS's limits, and groups that are bounded and fast to read.

LocalStack stores everything that an invocation printed in one call. moto, which holds the events, never drops any; both
scan all of them for each page, and copy all of them whenever groups are listed.
"""

import copy
import math
import sys
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from helpers.emulator.lambdas.log import EVENT_OVERHEAD_BYTES, MAX_BATCH_BYTES

if TYPE_CHECKING:
    from moto.logs.models import LogGroup, LogStream

# FilterLogEvents, CloudWatch Logs API Reference: the limits of one page, in events and in characters of their messages.
MAX_PAGE_EVENTS = 10_000
MAX_PAGE_CHARACTERS = 1024 * 1024

# PutLogEvents, CloudWatch Logs API Reference: the limit of one batch, in events.
MAX_BATCH_EVENTS = 10_000

# Limits of one function's log, over all its streams; the oldest events are dropped. AWS keeps them until the group's
# retention ends, by default for ever. Here an event takes 190 bytes plus its message. A group over a limit is cut to
# the fraction LEFT of it, so as not to look for the oldest events at each invocation.
MAX_GROUP_EVENTS = 50_000
MAX_GROUP_CHARACTERS = 20_000_000
LEFT = 0.9

type Event = dict[str, Any]


def batches(text: str) -> Iterator[list[Event]]:
    """Yield the lines of a log as events, in batches that PutLogEvents accepts.

    Empty lines are skipped, because CloudWatch Logs has no empty events.
    """
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


def put(group_name: str, stream_name: str, batch: list[Event], account: str, region: str) -> bool:
    """Store a batch where moto keeps it; return False if it has to be sent to CloudWatch Logs instead.

    That is when its stream is not there, or for metric filters, which LocalStack's own PutLogEvents applies.
    """
    models: Any = sys.modules.get("moto.logs.models")  # importing is for the thread that loads the service
    if not (backends := getattr(models, "logs_backends", None)):
        return False
    backend = backends[account][region]
    group = backend.groups.get(group_name)
    if not group or stream_name not in group.streams or backend.filters.metric_filters:
        return False
    backend.put_log_events(group_name, stream_name, batch)
    return True


def bound(group_name: str, account: str, region: str) -> None:
    """Drop the oldest events of a group that exceeds its limits."""
    from moto.logs.models import LogGroup, LogStream, logs_backends

    LogStream.__deepcopy__ = copy_of_stream  # type: ignore[attr-defined]  # a patch
    LogGroup.filter_log_events = page_of_group  # type: ignore[assignment, method-assign]  # a patch
    group = logs_backends[account][region].groups.get(group_name)
    if group:
        drop_oldest(group)


def copy_of_stream(stream: "LogStream", _memo: dict[int, Any]) -> "LogStream":
    """Return a copy that shares the events: LocalStack copies every stream, to add up sizes, when it lists groups."""
    return copy.copy(stream)


def drop_oldest(group: "LogGroup") -> None:
    """Keep only the newest events of all streams together, within the limits."""
    streams = list(group.streams.values())
    events = sum(len(stream.events) for stream in streams)
    characters = sum(stream.stored_bytes for stream in streams)  # moto counts characters in it
    if events <= MAX_GROUP_EVENTS and characters <= MAX_GROUP_CHARACTERS:
        return
    # moto numbers events in order of arrival.
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
        del stream.events[: dropped[stream.log_stream_name]]  # in place: others may be stored meanwhile


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

    For each page moto builds a response of every event, and it finds no page after one whose last event has been
    dropped meanwhile. Here a token is a position in the order, valid even if that event is gone. Of the syntax of
    `filter_pattern`, moto knows words and one quoted phrase; anything else filters nothing.
    """
    from moto.logs.utils import EventMessageFilter

    matches = EventMessageFilter(filter_pattern or "").matches
    streams = [stream for name, stream in group.streams.items() if not log_stream_names or name in log_stream_names]
    earliest, latest = start_time or 0, end_time or math.inf
    found = sorted(  # the ids differ, so events are never compared
        (0 if interleaved else number, event.timestamp, event.event_id, event, stream.log_stream_name)
        for number, stream in enumerate(streams)
        for event in list(stream.events)
        if earliest <= event.timestamp <= latest and matches(event.message)
    )
    place: tuple[float, ...]
    try:
        place = tuple(int(part) for part in next_token.split("@")[1:]) if next_token else ()
    except ValueError:
        place = (math.inf,)  # AWS returns nothing for a token that is not its own
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
    """Return FilterLogEvents' description of the streams that it has searched."""
    return [{"logStreamName": stream.log_stream_name, "searchedCompletely": True} for stream in streams]
