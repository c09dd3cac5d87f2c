"""The output of a child, bounded: its beginning, its end, and how much is missing between them.

AWS stores all that a function prints. Here it is kept in LocalStack's memory, which a function that prints without end
must not fill.
"""

import re
import threading
from collections import deque
from collections.abc import Callable
from itertools import islice

# Limits of one invocation's output, including what was printed since the previous one; output within them is kept
# whole. Its end is always kept, because a traceback is printed last.
MAX_BYTES = 10 * 1024 * 1024
TAIL_BYTES = 1024 * 1024
HEAD_BYTES = MAX_BYTES - TAIL_BYTES
# As many as the events in one batch of PutLogEvents (CloudWatch Logs API Reference): each becomes an object in moto.
MAX_LINES = 10_000
TAIL_LINES = 1_000
HEAD_LINES = MAX_LINES - TAIL_LINES

# Not only \n: LocalStack splits each log with str.splitlines, for which these end lines too.
LINE_ENDS = b"\n\r\x0b\x0c\x1c\x1d\x1e"
LINE_END = re.compile(b"[" + LINE_ENDS + b"]")


class Printed:
    """The beginning and the end of some output."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()  # empty until the head is full; its last TAIL_BYTES count
        self._bytes = self._lines = 0  # of all that was printed

    def add(self, piece: bytes | bytearray) -> None:
        """Add the next piece of output."""
        self._bytes += len(piece)
        self._lines += count_lines(piece)
        room = HEAD_BYTES - len(self._head)
        self._head += piece[:room]
        self._tail += piece[room:]
        if len(self._tail) > 2 * TAIL_BYTES:  # rarely, because it moves what is left
            del self._tail[:-TAIL_BYTES]

    def extend(self, other: "Printed") -> None:
        """Add all that `other` holds, and count what it dropped as dropped here."""
        total = self._bytes + other._bytes, self._lines + other._lines
        self.add(other._head)
        self.add(other._tail)
        self._bytes, self._lines = total

    def text(self, tell_dropped: Callable[[int, int], str]) -> str:
        """Return what is kept as text, with the line from `tell_dropped(bytes, lines)` in place of what is not."""
        if self._bytes <= MAX_BYTES:
            whole = bytes(self._head + self._tail)
            if self._lines <= MAX_LINES:
                return whole.decode("utf-8", "replace")
            first, last = whole, whole[-TAIL_BYTES:]
        else:
            first, last = bytes(self._head), bytes(self._tail[-TAIL_BYTES:])
        first, last = first_lines(first, HEAD_LINES), last_lines(last, TAIL_LINES)
        dropped_lines = self._lines - count_lines(first) - count_lines(last)
        told = tell_dropped(self._bytes - len(first) - len(last), dropped_lines)
        return "\n".join([first.decode("utf-8", "replace").rstrip("\n"), told, last.decode("utf-8", "replace")])


class Output:
    """The output of one child, taken one answer at a time: a marker ends the output of each.

    One thread feeds it; another takes from it.
    """

    def __init__(self, marker: bytes) -> None:
        self._marker = marker
        self._held = b""  # the end of what was fed, which may be the beginning of a marker
        self._current = Printed()
        self._finished: Printed | None = None  # output that a marker has ended and that has not been taken
        self._late = 0  # markers still to come for takes that timed out
        self._ended = False
        self._changed = threading.Condition()
        self.pieces = 0  # pieces fed since the last take

    def feed(self, piece: bytes) -> None:
        """Add the next piece that was read."""
        data, start = self._held + piece, 0
        with self._changed:
            self.pieces += 1
            while (at := data.find(self._marker, start)) >= 0:
                self._current.add(data[start:at])
                start = at + len(self._marker)
                if self._late:
                    self._late -= 1
                elif self._finished is None:
                    self._finished, self._current = self._current, Printed()
                    self._changed.notify_all()
                # Otherwise the function has found out the marker and printed it: ignore it.
            end = max(start, len(data) - len(self._marker) + 1)
            self._current.add(data[start:end])
            self._held = data[end:]

    def end(self) -> None:
        """Mark the output as ended."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Printed:
        """Return the output up to the next marker, or all there is if the output ends or no marker comes in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._finished is not None or self._ended, timeout_s)
            self.pieces = 0
            taken, self._finished = self._finished, None
            if taken is None or self._ended:
                self._late += 0 if self._ended else 1
                taken = taken or Printed()
                taken.extend(self._current)
                taken.add(self._held)
                self._current, self._held = Printed(), b""
            return taken


def count_lines(data: bytes | bytearray) -> int:
    """Return how many line ends are in `data`."""
    return len(data) - len(data.translate(None, LINE_ENDS))


def first_lines(data: bytes, count: int) -> bytes:
    """Return the first `count` lines of `data`."""
    end = next(islice(LINE_END.finditer(data), count - 1, None), None)
    return data[: end.end()] if end else data


def last_lines(data: bytes, count: int) -> bytes:
    """Return the last `count` lines of `data`, and what follows them."""
    ends = deque(LINE_END.finditer(data), count + 1)
    return data[ends[0].end() :] if len(ends) > count else data
