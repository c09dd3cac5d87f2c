"""Nothing that a function prints, or writes where its answers go, brings the instance down: all of it has a bound."""

import contextlib
import io
import itertools
import json
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import boto3
import psutil
import pytest
from lambda_function import children
from processes import described

from helpers.emulator.lambdas import log_store
from helpers.emulator.lambdas.child_process import MAX_RESPONSE_BYTES
from helpers.emulator.lambdas.lambda_messages import (
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    MalformedFrame,
    read_frame,
    write_frame,
)
from helpers.emulator.lambdas.log import EVENT_OVERHEAD_BYTES, MAX_BATCH_BYTES, MAX_EVENT_BYTES, split_events
from helpers.emulator.lambdas.log_store import (
    MAX_BATCH_EVENTS,
    MAX_GROUP_CHARACTERS,
    MAX_GROUP_EVENTS,
    MAX_PAGE_CHARACTERS,
    batches,
)
from helpers.emulator.lambdas.output import HEAD_BYTES, HEAD_LINES, MAX_BYTES, MAX_LINES, TAIL_LINES, Output, Printed
from helpers.panel import function_log
from helpers.polling import wait_until

# Far more than what LocalStack keeps of one log, far less than what these functions print.
MEMORY_MB = 400
DROPPED = re.compile(r"LOGS_DROPPED RequestId: \S+\tDropped Records: (\d+)\tDropped Bytes: (\d+)\tReason: .+\n")
REPORT = re.compile(r"^REPORT |platform\.report")
NEEDS_NODE = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js (node on PATH)")
WITHOUT_END = {
    "python3.13": {"f.py": 'def handler(event, context):\n    for n in range(10**9): print(n, "x" * 1000)'},
    "nodejs22.x": {
        "f.js": """exports.handler = async () => {
            for (let n = 0; ; n++) process.stdout.write(`${n} ${"x".repeat(1000)}\\n`);
        };"""
    },
}


@contextlib.contextmanager
def bounded_memory(emulator):
    """Check that LocalStack grows by no more than MEMORY_MB meanwhile; yield a function that takes a sample."""
    instance = psutil.Process(emulator.status().pid)
    before = instance.memory_info().rss
    largest = before

    def sample():
        nonlocal largest
        largest = max(largest, instance.memory_info().rss)

    yield sample
    sample()
    assert (largest - before) / 2**20 < MEMORY_MB


def dropped(events):
    """Return (events before, lines dropped, bytes dropped, events after) of a log with something missing."""
    (at,) = (number for number, message in enumerate(events) if DROPPED.fullmatch(message))
    return events[:at], *map(int, DROPPED.fullmatch(events[at]).groups()), events[at + 1 :]


def all_events(made, invocations=1):
    """Return the messages of all the invocations that there were."""
    pages = boto3.client("logs").get_paginator("filter_log_events")
    return wait_until(
        lambda: [event["message"] for page in pages.paginate(logGroupName=made.group) for event in page["events"]],
        ready=lambda messages: sum(bool(REPORT.search(message)) for message in messages) == invocations,
    )


@pytest.mark.parametrize("runtime", ["python3.13", pytest.param("nodejs22.x", marks=[NEEDS_NODE, pytest.mark.slow])])
def test_a_function_prints_without_end_and_another_answers(function, cloud, runtime):
    endless = function(WITHOUT_END[runtime], Runtime=runtime, Timeout=2)
    other = function("def handler(event, context): return event")
    other.invoke(1)
    answered = 0
    with ThreadPoolExecutor() as pool, bounded_memory(cloud) as sample:
        printing = pool.submit(endless.invoke)
        while not printing.done():
            answered += other.invoke(1).payload
            sample()
        events = all_events(endless)
    assert answered > 3
    assert printing.result().payload["errorType"] == "Sandbox.Timedout"
    before, lines, size, after = dropped(events)
    assert before[0].startswith("START") and before[1] == f"0 {'x' * 1000}\n"
    assert [message.split()[0] for message in before[1:]] == [str(number) for number in range(len(before) - 1)]
    *tail, timed_out, end, report = after
    assert timed_out.endswith("Task timed out after 2.00 seconds\n")
    assert end.startswith("END") and report.startswith("REPORT")
    last = int(tail[-2].split()[0])  # the very last may be cut by the time-out
    assert lines >= last - len(before) - len(tail) - 1 > 1000 and size > 1000 * lines
    assert sum(map(len, events)) <= MAX_BYTES + 1000


@pytest.mark.slow
def test_a_thread_prints_without_end_between_invocations(function, cloud):
    source = """
import threading
def flood():
    while True: print("fondo " * 200)
def handler(event, context):
    if event == "empieza": threading.Thread(target=flood, daemon=True).start()
    return event
"""
    flooding, other = function(source), function("def handler(event, context): return event")
    flooding.invoke("empieza")
    answered, until = 0, time.monotonic() + 1.5
    with bounded_memory(cloud) as sample:
        while time.monotonic() < until:
            answered += other.invoke(1).payload
            sample()
        assert flooding.invoke("sigue").payload == "sigue"
        assert answered > 3
        events = all_events(flooding, invocations=2)
    assert dropped(events)[1] > 1000


@pytest.mark.slow
def test_a_million_lines(function, cloud):
    source = """
def handler(event, context):
    with open(1, "wb", closefd=False) as log: log.write(b".\\n" * event)
"""
    made = function(source)
    with bounded_memory(cloud):
        made.invoke(1_000_000)
        events = all_events(made)
    before, lines, size, after = dropped(events)
    assert (lines, size) == (1_000_000 - MAX_LINES, 2 * (1_000_000 - MAX_LINES))
    assert before[1:] == [".\n"] * HEAD_LINES and after[:-2] == [".\n"] * TAIL_LINES
    assert len(events) == MAX_LINES + len(["START", "LOGS_DROPPED", "END", "REPORT"])


@pytest.mark.slow
def test_a_line_without_end_and_the_error_after_it(function, cloud):
    source = """
import sys
def handler(event, context):
    sys.stdout.write("a" + "ñ" * 25_000_000)
    raise ValueError("lo último")
"""
    made = function(source, Timeout=20)
    with bounded_memory(cloud):
        failed = made.invoke()
        events = all_events(made)
    assert failed.payload["errorType"] == "ValueError"
    before, lines, size, after = dropped(events)
    assert lines == 0 and size > 39_000_000
    assert all(len(message.encode()) <= MAX_EVENT_BYTES for message in events)
    assert "".join(events).count("�") <= 2  # a character where the beginning ends, another where the end begins
    assert before[1][:10] == "añññññññññ" and "[ERROR] ValueError: lo último\rTraceback" in "".join(after)


@pytest.mark.parametrize("more", [0, 1])
def test_a_log_at_its_limit_and_past_it(function, more):
    source = """
def handler(event, context):
    for size in event: print("x" * (size - 1))
"""
    made = function(source, Timeout=20)
    made.invoke([2048] * (MAX_BYTES // 2048 - 1) + [2048 + more])
    events = all_events(made)
    assert sum(bool(DROPPED.fullmatch(message)) for message in events) == more
    if more:
        assert dropped(events)[1:3] == (0, 1)
    else:
        assert events[1:-2] == ["x" * 2047 + "\n"] * (MAX_BYTES // 2048)


def test_what_init_prints_counts_with_its_invocation(function):
    source = 'print("y" * 6_000_000)\ndef handler(event, context): print("z" * event)'
    made = function(source, Timeout=20)
    made.invoke(6_000_000)
    _, lines, size, after = dropped(all_events(made))
    assert (lines, size) == (0, 12_000_002 - MAX_BYTES)
    assert after[0].startswith("zzz")


def test_a_json_log_says_what_is_missing(function):
    made = function('def handler(e, c): print("x\\n" * 20_000)', LoggingConfig={"LogFormat": "JSON"})
    made.invoke()
    events = all_events(made)
    told = json.loads(events[1 + HEAD_LINES])
    assert told["type"] == "platform.logsDropped"
    # print ends with one line more, which is empty.
    assert (told["record"]["droppedRecords"], told["record"]["droppedBytes"]) == (10_001, 20_002)


@pytest.mark.slow
def test_a_program_that_outlives_the_function_does_not_print_for_ever(function):
    source = """
import subprocess, time
def handler(event, context):
    subprocess.Popen(["sh", "-c", "echo $$; exec yes"], start_new_session=True)
    time.sleep(60)
"""
    made = function(source, Timeout=1)
    made.invoke()
    pid = int(all_events(made)[1])
    wait_until(lambda: psutil.pid_exists(pid), ready=lambda exists: not exists)


@pytest.mark.slow
def test_the_oldest_events_of_a_function_go(function):
    made = function("def handler(event, context):\n    for n in range(9_000): print(event, n)", Timeout=30)
    logs = boto3.client("logs")
    for number in range(8):
        made.invoke(number)
    pages = logs.get_paginator("filter_log_events")

    def messages():
        return [event["message"] for page in pages.paginate(logGroupName=made.group) for event in page["events"]]

    wait_until(messages, ready=lambda found: f"7 {8_999}\n" in found[-3:], timeout_s=60)
    found = messages()
    assert MAX_GROUP_EVENTS * log_store.LEFT <= len(found) <= MAX_GROUP_EVENTS
    printed = [tuple(map(int, message.split())) for message in found if message[0].isdigit()]
    expected = [(number, line) for number in range(8) for line in range(9_000)]
    assert printed == expected[-len(printed) :]
    # The same, as pages of the stream.
    (stream,) = logs.describe_log_streams(logGroupName=made.group)["logStreams"]
    read, token = [], {}
    while page := logs.get_log_events(
        logGroupName=made.group, logStreamName=stream["logStreamName"], startFromHead=True, **token
    ):
        if not page["events"]:
            break
        read += [event["message"] for event in page["events"]]
        token = {"nextToken": page["nextForwardToken"]}
    assert read == found
    logs.describe_log_groups()
    assert messages() == found


# What goes where a function's answers go

HOSTILE = {
    "a header without end": r'os.write(answers, b"\xff\xff\xff\xff\0\0\0\0")',
    "a body without end": r'os.write(answers, b"\0\0\0\2\xff\xff\xff\xff{}")',
    "not JSON": r'os.write(answers, b"\0\0\0\2\0\0\0\0{]")',
    "too deep": r'os.write(answers, b"\0\0\xff\0\0\0\0\0" + b"[" * 0xff00)',
    "not an object": r'os.write(answers, b"\0\0\0\1\0\0\0\0" + b"7")',
    "not an answer": r'os.write(answers, b"\0\0\0\x0e\0\0\0\0" + b"""{"kind": "no"}""")',
    "zeros without end": r"while True: os.write(answers, bytes(65536))",
    "answers without end": r'while True: os.write(answers, b"\0\0\0\x11\0\0\0\2" + b"""{"kind": "ready"}""" + b"{}")',
    "closed": r"os.close(answers)",
}


def test_hostile_answers_end_the_environment_and_nothing_else(function, cloud):
    source = """
import fcntl, os, stat, time
def is_answers(descriptor):
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode) and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_WRONLY
    except OSError:
        return False
def handler(event, context):
    if event:
        answers = next(filter(is_answers, range(3, 20)))
        time.sleep(0.01)
        exec(event)
        time.sleep(60)
    return "vivo"
"""
    made = function(source)
    with bounded_memory(cloud):
        for name, statement in HOSTILE.items():
            # Of answers without end the first is taken for the invocation's.
            failed = wait_until(
                lambda statement=statement: made.invoke(statement),
                ready=lambda failed: failed.error == "Unhandled" and "errorType" in failed.payload,
            )
            assert failed.payload["errorType"] == "Runtime.ExitError", name
            assert made.invoke().payload == "vivo", name


def test_an_answer_far_too_large_is_told_as_such(function, cloud):
    made = function("def handler(event, context): return 'x' * event", Timeout=20)
    with bounded_memory(cloud):
        failed = made.invoke(50_000_000)
    assert failed.payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert made.invoke(1).payload == "x"


def test_an_error_of_init_that_is_far_too_large(function):
    made = function('raise ValueError("x" * 20_000_000)', Timeout=20)
    failed = made.invoke()
    assert (
        failed.payload["errorType"] == "Runtime.Unknown" and str(MAX_RESPONSE_BYTES) in failed.payload["errorMessage"]
    )


@pytest.mark.slow
def test_a_child_that_does_not_listen_times_out(function, cloud):
    source = """
import os, signal, threading
def handler(event, context):
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGSTOP)).start()
    return len(event)
"""
    made = function(source, Timeout=1)
    assert made.invoke("x").payload == 1
    wait_until(
        lambda: described(children(cloud), "status"),
        ready=lambda found: psutil.STATUS_STOPPED in [about["status"] for _, about in found],
    )
    assert made.invoke("x" * 1_000_000).payload["errorType"] == "Sandbox.Timedout"
    assert made.invoke("x" * 1_000_000).payload == 1_000_000


@pytest.mark.parametrize(("header", "body"), [(MAX_HEADER_BYTES, 0), (2, MAX_BODY_BYTES)])
def test_a_frame_at_its_limit_and_past_it(header, body):
    class Zeros(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            buffer[:] = b" " * len(buffer)
            return len(buffer)

    def frame(header_bytes, body_bytes):
        lengths = header_bytes.to_bytes(4, "big") + body_bytes.to_bytes(4, "big")
        first = io.BytesIO(lengths + b"{}".ljust(header_bytes))
        return SimpleNamespace(read=lambda size: first.read(size) or io.BufferedReader(Zeros()).read(size))

    assert read_frame(frame(header, body), kept_bytes=10) == ({}, b" " * min(body, 10))
    with pytest.raises(MalformedFrame):
        read_frame(frame(header + (body == 0), body + (body > 0)), kept_bytes=10)


def test_a_frame_cut_short_is_the_end():
    stream = io.BytesIO()
    write_frame(stream, {"kind": "ready"}, b"12345")
    whole = stream.getvalue()
    for size in range(len(whole)):
        assert read_frame(io.BytesIO(whole[:size]), kept_bytes=2) is None
    assert read_frame(io.BytesIO(whole), kept_bytes=2) == ({"kind": "ready"}, b"12")


# The parts


def tell(size, lines):
    return f"<{size} {lines}>"


def text_of(printed):
    return printed.text(tell)


def test_lines_at_their_limit_and_past_it():
    printed = Printed()
    printed.add(b"1\n" * MAX_LINES)
    assert text_of(printed) == "1\n" * MAX_LINES
    printed.add(b"2\n")
    assert text_of(printed) == "1\n" * HEAD_LINES + "<2 1>\n" + "1\n" * (TAIL_LINES - 1) + "2\n"


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_whatever_ends_a_line_is_counted(end):
    printed = Printed()
    printed.add(f"1{end}".encode() * 1_000_000)
    assert len(text_of(printed).splitlines()) <= MAX_LINES + 3


@pytest.mark.parametrize("letter", ["ñ", "€", "😀"])
def test_a_character_at_the_cut_is_at_most_replaced(letter):
    size = len(letter.encode())
    for before in range(min(size, 2)):
        printed = Printed()
        for _ in range(3):
            printed.add(b"." * before + letter.encode() * (MAX_BYTES // size // 2))
        first, told, last = re.split("(\n<.*>\n)", text_of(printed))
        assert re.fullmatch(rf"[.]{{{before}}}({letter}|[.])+�?", first)
        assert re.fullmatch(rf"�{{0,3}}({letter}|[.])+", last)
        assert told == f"\n<{3 * (before + MAX_BYTES // size // 2 * size) - MAX_BYTES} 0>\n"


def test_logs_add_up_to_the_same_as_one():
    pieces = [b"a\n" * 10, b"b" * HEAD_BYTES, b"c\n" * 500_000, b"d" * MAX_BYTES, b"e\n"]
    for cut in range(1, len(pieces), 2):
        one, first, second = Printed(), Printed(), Printed()
        for number, piece in enumerate(pieces):
            one.add(piece)
            (first if number < cut else second).add(piece)
        first.extend(second)
        assert text_of(first) == text_of(one)


MARKER = b"\x1e0123\x1e"


def test_the_marker_is_found_wherever_reads_split_it():
    data = b"uno\x1e01" + MARKER + b"dos\x1e0123"
    for cut in itertools.combinations(range(len(data) + 1), 2):
        output = Output(MARKER)
        for start, end in itertools.pairwise([0, *cut, len(data)]):
            output.feed(data[start:end])
        assert text_of(output.take(0)) == "uno\x1e01"
        output.end()
        assert text_of(output.take(0)) == "dos\x1e0123"


def test_the_marker_is_found_after_what_is_dropped_and_never_shown():
    output = Output(MARKER)
    for piece in [b"x" * 65_536] * (2 * MAX_BYTES // 65_536) + [MARKER[:3], MARKER[3:] + b"y"]:
        output.feed(piece)
    assert text_of(output.take(0)).endswith("x") and MARKER.decode() not in text_of(output.take(0))


def test_markers_that_the_function_prints_end_nothing_more():
    output = Output(MARKER)
    output.feed((b"z" + MARKER) * 10_000)
    output.end()
    assert text_of(output.take(0)) == "z" * 10_000


def test_a_marker_that_comes_late_does_not_end_the_next_log():
    output = Output(MARKER)
    output.feed(b"uno")
    assert text_of(output.take(0)) == "uno"
    output.feed(MARKER + b"dos" + MARKER)
    assert text_of(output.take(0)) == "dos"


@pytest.mark.parametrize("letter", ["x", "ñ", "😀"])
def test_an_event_at_its_limit_and_past_it(letter):
    size = len(letter.encode())
    most = (MAX_EVENT_BYTES - 1) // size
    rest = "x" * (MAX_EVENT_BYTES - 1 - most * size)
    line = letter * most + rest
    assert split_events(f"a\n{line}\nb") == f"a\n{line}\nb"
    assert split_events(f"a\n{line}{letter}\nb") == f"a\n{line}\n{letter}\nb"
    assert [len(batch) for batch in batches(line)] == [1]


def test_a_batch_at_its_limits_and_past_them():
    assert [len(batch) for batch in batches("x\n" * MAX_BATCH_EVENTS)] == [MAX_BATCH_EVENTS]
    assert [len(batch) for batch in batches("x\n" * (MAX_BATCH_EVENTS + 1))] == [MAX_BATCH_EVENTS, 1]
    line = "ñ" * ((MAX_BATCH_BYTES // 2 - EVENT_OVERHEAD_BYTES) // 2)  # its line end makes it one too many
    assert [len(batch) for batch in batches(f"{line[1:]}x\n{line[1:]}x\n")] == [2]
    assert [len(batch) for batch in batches(f"{line[1:]}x\n{line}\n")] == [1, 1]
    assert list(batches("\n\n")) == []


def event_of(number, timestamp=0, message="x\n"):
    made = SimpleNamespace(event_id=number, timestamp=timestamp, message=message)
    made.to_filter_dict = lambda: {"eventId": str(number), "timestamp": timestamp, "message": message}
    return made


def read_pages(group, between=lambda: None, **options):
    """Return the ids on each page of a group."""
    settings = dict.fromkeys(("log_stream_names", "start_time", "end_time", "limit", "filter_pattern"))
    settings |= {"log_group_name": "g", "interleaved": True} | options
    pages, token = [], None
    while True:
        page, token, _ = log_store.page_of_group(group, next_token=token, **settings)
        pages.append([int(event["eventId"]) for event in page])
        if token is None:
            return pages
        between()


def test_pages_at_their_limits_and_past_them():
    stream = SimpleNamespace(log_stream_name="s", events=[event_of(number) for number in range(20)])
    group = SimpleNamespace(streams={"s": stream})
    assert read_pages(group, limit=20) == [[*range(20)]]
    assert read_pages(group, limit=19) == [[*range(19)], [19]]
    large = "x" * (MAX_PAGE_CHARACTERS // 4)
    stream.events = [event_of(number, message=large) for number in range(4)]
    assert read_pages(group) == [[0, 1, 2, 3]]
    stream.events[1] = event_of(1, message=large + "x")
    assert read_pages(group) == [[0, 1, 2], [3]]
    stream.events[1] = event_of(1, message=large * 5)
    assert read_pages(group) == [[0], [1], [2, 3]]


def test_pages_go_on_though_events_go_and_come():
    one = SimpleNamespace(
        log_stream_name="one", events=[event_of(number, timestamp=number // 4) for number in range(30)]
    )
    other = SimpleNamespace(log_stream_name="other", events=[event_of(100 + n, timestamp=n) for n in range(5)])
    group = SimpleNamespace(streams={"one": one, "other": other})

    def change():
        del one.events[:3]
        one.events.append(event_of(one.events[-1].event_id + 1, timestamp=8))

    pages = read_pages(group, between=change, limit=5)
    assert pages[0] == [0, 1, 2, 3, 100]  # by time, of all streams
    ids = [number for page in pages for number in page]
    assert len(ids) == len(set(ids))
    assert [*range(20, 30)] == [number for number in ids if 20 <= number < 30]
    separate = [number for page in read_pages(group, interleaved=False, limit=3) for number in page]
    assert separate == [event.event_id for event in [*one.events, *other.events]]
    assert read_pages(group, log_stream_names=["other"], start_time=1, end_time=3) == [[101, 102, 103]]
    assert log_store.page_of_group(group, "g", [], None, None, None, "g@otra@1", None, True)[0] == []


def stream_of(name, ids, message):
    events = [SimpleNamespace(event_id=number, message=message) for number in ids]
    return SimpleNamespace(log_stream_name=name, events=events, stored_bytes=len(events) * len(message))


@pytest.mark.parametrize(("count", "message"), [(MAX_GROUP_EVENTS, "x\n"), (100, "x" * (MAX_GROUP_CHARACTERS // 100))])
def test_a_group_at_its_limits_and_past_them(count, message):
    even, odd = stream_of("even", range(0, count, 2), message), stream_of("odd", range(1, count, 2), message)
    group = SimpleNamespace(streams={"even": even, "odd": odd})
    log_store.drop_oldest(group)
    assert len(even.events) + len(odd.events) == count
    odd.events.append(SimpleNamespace(event_id=count + 1, message=message))
    odd.stored_bytes += len(message)
    log_store.drop_oldest(group)
    left = sorted(event.event_id for event in [*even.events, *odd.events])
    assert len(left) == count * log_store.LEFT and left[-1] == count + 1
    assert left[:-1] == list(range(count - len(left) + 1, count))
    assert even.stored_bytes + odd.stored_bytes == len(left) * len(message)


@pytest.mark.slow
def test_the_panel_follows_a_large_log_in_pieces(function):
    made = function("def handler(event, context):\n    for n in range(event): print(n)", Timeout=20)
    follower = function_log.Follower(made.name)
    made.invoke(MAX_LINES)
    all_events(made)
    found = follower.new_events()
    assert len(found) == function_log.MAX_NEW_EVENTS and found[-1]["message"].startswith("REPORT")
    assert follower.new_events() == []
    made.invoke(1)
    assert [event["message"].split()[0] for event in wait_until(follower.new_events, ready=bool)] == [
        "START", "0", "END", "REPORT"
    ]  # fmt: skip
