"""Functions that use boto3 run in forks of one process: each on its own, with nothing of another's."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from lambda_function import Function, children, forkers
from processes import described, zombies

from helpers.emulator.lambdas import forker, runtimes
from helpers.emulator.process import Emulator
from helpers.lab import wait_until
from helpers.session.aws import use

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="functions are forked on Linux alone")

SOURCE = """
import os, random, signal, subprocess, sys, tempfile, time, uuid, boto3
kept = []
def handler(event, context):
    {}
"""


def forked(body):
    return SOURCE.format(body)


def test_each_is_a_process_of_its_own_with_its_own_chance(function):
    made = function(forked("time.sleep(0.5); return [os.getpid(), os.getsid(0), random.random(), str(uuid.uuid4()), "
                           "tempfile.mktemp(), os.getcwd(), kept, kept.append(1)]"))  # fmt: skip
    with ThreadPoolExecutor(8) as pool:
        answers = [answer.payload for answer in pool.map(lambda _: made.invoke(), range(8))]
    for column, name in enumerate(("pid", "session", "random", "uuid", "temporary file", "folder")):
        assert len({answer[column] for answer in answers}) == 8, name
    assert all(answer[0] == answer[1] for answer in answers)


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("os._exit(3)", "exit status 3"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "signal: segmentation fault"),
        ("sys.exit(4)", "exit status 4"),
        ("os.kill(os.getppid(), signal.SIGKILL); time.sleep(9)", "signal: killed"),
    ],
)
def test_one_that_ends_says_how_and_the_next_call_has_another(function, cloud, end, told):
    made = function(forked(f"if event: return event\n    {end}"))
    before = made.invoke(1).payload
    failed = made.invoke(0)
    # With the one that it was forked from go all, since nobody would know how each ends.
    assert told in failed.payload["errorMessage"]
    assert made.invoke(1).payload == before
    assert zombies(cloud.status().pid) == []


def test_one_that_lasts_too_long_is_killed_with_what_it_started(function):
    made = function(forked("print(subprocess.Popen(['sleep', '60']).pid, os.getpid()); time.sleep(60)"), Timeout=1)
    failed = made.invoke()
    assert "Task timed out after 1.00 seconds" in failed.payload["errorMessage"]
    for pid in map(int, failed.log.splitlines()[1].split()):
        wait_until(lambda pid=pid: psutil.pid_exists(pid), ready=lambda exists: not exists)


def test_it_has_no_descriptor_but_its_own(function):
    made = function(
        forked("""time.sleep(0.5)
    links = [f"/proc/self/fd/{one}" for one in range(200)]
    return sorted(os.readlink(one).partition(":")[0] for one in links if os.path.lexists(one))""")
    )
    with ThreadPoolExecutor(4) as pool:
        answers = [answer.payload for answer in pool.map(lambda _: made.invoke(), range(4))]
    for answer in answers:
        assert "socket" not in answer and "anon_inode" not in answer
        assert answer.count("pipe") == 4  # the log twice, requests and answers


def test_their_memory_is_shared(function, cloud):
    made = function(forked("time.sleep(2)"))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: made.invoke(), range(6)))
    family = described(children(cloud), "cmdline", "memory_full_info")
    memory = [about["memory_full_info"] for _, about in family if (about["cmdline"] or [])[-2:-1] == ["--forks"]]
    assert len(memory) >= 6
    assert sum(one.pss for one in memory) < sum(one.rss for one in memory) / 2


def test_one_that_nobody_waits_for_any_more_ends(monkeypatch):
    made = forker.Forker(runtimes.PYTHON, runtimes.base_environment())
    program = psutil.Process(made._program.pid)
    try:
        made.preloaded()
        monkeypatch.setattr(forker, "TIMEOUT_S", 0.2)
        program.suspend()
        with pytest.raises(TimeoutError):
            made.fork()
        program.resume()
        monkeypatch.undo()
        second = made.fork()
        wait_until(program.children, ready=lambda left: [one.pid for one in left] == [second.pid])
        second.abandon()
    finally:
        program.kill()


def test_all_go_with_localstack_even_if_it_is_killed(emulator, tmp_path, port):
    own = Emulator(tmp_path / "otro", port)
    use(own.start().url)
    try:
        made = Function("prueba-fork", forked("while event: pass"), Timeout=60)
        made.invoke(0)
        made.client.invoke(FunctionName=made.name, InvocationType="Event", Payload=b"1")
        family = [*children(own), *forkers(own)]
        assert len(family) == 2
        wait_until(family[0].cpu_percent, ready=bool)
        os.kill(own.status().pid, signal.SIGKILL)
        wait_until(lambda: [child for child in family if child.is_running()], ready=lambda left: left == [])
    finally:
        own.stop()
        use(emulator.url)
