"""Whether cost grows linearly: many calls, many functions, many environments at once, with the memory they take."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

from benchmarks import emulators, report
from benchmarks.emulators import memory_mb
from benchmarks.invocations import HELLO, ROLE, zip_of
from helpers.lab import wait_until
from helpers.session import aws

CALLS = (250, 500, 1000)
FUNCTIONS = (12, 25, 50)
ENVIRONMENTS = (5, 10, 30)


def measure(pid: int) -> list[tuple[str, int, float, float]]:
    """Return (what, how many, milliseconds each, MB of LocalStack and its children afterwards)."""
    client = boto3.client("lambda", config=Config(max_pool_connections=max(ENVIRONMENTS)))
    rows = []
    _create(client, "one", HELLO)
    client.invoke(FunctionName="one")
    for times in map(report.repetitions, CALLS):
        started = time.perf_counter()
        for _ in range(times):
            client.invoke(FunctionName="one")
        rows.append(("calls of one function, in a row", times, _each_ms(started, times), memory_mb(pid)))
    client.delete_function(FunctionName="one")

    for times in map(report.repetitions, FUNCTIONS):
        started = time.perf_counter()
        for n in range(times):
            _create(client, f"many-{n}", HELLO)
            client.invoke(FunctionName=f"many-{n}")
        rows.append(("functions created and called", times, _each_ms(started, times), memory_mb(pid)))
        for n in range(times):
            client.delete_function(FunctionName=f"many-{n}")

    source = f"import time\n{HELLO}".replace("    return", "    time.sleep(event)\n    return")
    for times in map(report.repetitions, ENVIRONMENTS):
        _create(client, f"at-once-{times}", source)
        with ThreadPoolExecutor(times) as pool:
            started = time.perf_counter()
            seconds = 3
            list(pool.map(lambda _: client.invoke(FunctionName=f"at-once-{times}", Payload="3"), range(times)))  # noqa: B023
        each_ms = (time.perf_counter() - started - seconds) * 1000 / times
        rows.append(("environments at once", times, each_ms, memory_mb(pid)))
        client.delete_function(FunctionName=f"at-once-{times}")
    return rows


def _each_ms(started: float, times: int) -> float:
    return (time.perf_counter() - started) * 1000 / times


def _create(client, name: str, source: str) -> None:
    client.create_function(
        FunctionName=name, Runtime="python3.13", Handler="f.handler", Role=ROLE,
        Code={"ZipFile": zip_of("f.py", source)}, Timeout=60,
    )  # fmt: skip
    wait_until(
        lambda: client.get_function(FunctionName=name)["Configuration"]["State"],
        ready=lambda state: state == "Active",
        timeout_s=60,  # LocalStack may still be ending the functions deleted before
    )


def lines() -> Iterator[str]:
    """Yield the table."""
    yield report.head("scale", "how many", "ms each", "memory after (MB)")
    with emulators.ours() as (ours, _):
        aws.use(ours.url)
        for what, times, each_ms, memory in measure(ours.pid):
            yield report.row(what, times, f"{each_ms:.1f}", f"{memory:.0f}")
