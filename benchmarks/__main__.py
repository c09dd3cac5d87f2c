"""Print the figures of benchmarks/README.md: `make bench`, some five minutes."""

import os
import platform
import time

from benchmarks import emulators, invocations, opening, route, scale
from helpers.session import aws


def main() -> None:
    """Print each table as it is ready."""
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg()) if hasattr(os, "getloadavg") else "?"
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}"
    )
    print(f"Load average of the machine when this began: {load}\n", flush=True)

    with emulators.ours() as (ours, _), emulators.ministack() as peer:
        figures = invocations.measure([invocations.Deployment(ours.url), invocations.Deployment(peer.url)])
    table("call (median ms)", ["this project", "ministack", "ratio"])
    for kind, (our_ms, peer_ms) in figures.items():
        row(kind, f"{our_ms:.1f}", f"{peer_ms:.1f}", f"{our_ms / peer_ms:.2f}")

    with emulators.ours() as (ours, _), emulators.ministack() as peer:
        time.sleep(5)  # running instances
        aws.use(peer.url)
        peer_notebooks = route.by_boto3(peer.url)
        aws.use(ours.url)
        notebooks = route.by_boto3(ours.url)
    with emulators.ours() as (ours, _):
        aws.use(ours.url)
        terminal = route.by_terminal(ours.url)
    table("the whole practice", ["calls", "seconds", "against boto3"])
    for way, run in {
        "boto3, this project": notebooks,
        "boto3, ministack": peer_notebooks,
        "the handout's terminal, this project": terminal,
    }.items():
        row(way, run.count, f"{run.seconds:.2f}", f"{run.seconds / notebooks.seconds:.1f} ×")

    waits = opening.measure()
    bare_s = waits["LocalStack alone, start to ready"]
    waits["ministack, start to ready"] = peer.start_s
    table("wait (median s)", ["seconds", "against the bare start"])
    for kind, seconds in waits.items():
        row(kind, f"{seconds:.2f}", f"{seconds / bare_s:.2f} ×")

    table("scale", ["how many", "ms each", "memory after (MB)"])
    with emulators.ours() as (ours, _):
        aws.use(ours.url)
        for what, times, each_ms, memory in scale.measure(ours.pid):
            row(what, times, f"{each_ms:.1f}", f"{memory:.0f}")


def table(first: str, columns: list[str]) -> None:
    """Print the head of a Markdown table."""
    print(f"\n| {first} | {' | '.join(columns)} |\n|---|{'--:|' * len(columns)}", flush=True)


def row(*cells: object) -> None:
    """Print one line of it."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
