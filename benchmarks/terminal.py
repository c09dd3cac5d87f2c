"""The whole practice by the handout's commands: the real aws CLI and curl, typed one after another."""

import json
import os
import tempfile
from pathlib import Path
from unittest import mock

from helpers.lab import wait_until
from helpers.workbook import SOLVED
from tests.practice import test_terminal_route as route


def commands_typed(url: str, program: Path | None = None) -> int:
    """Type them on an empty instance; return how many there were. `program` is run in place of the ordinary `aws`."""
    count = 0
    run = route.Terminal.run

    def counting(terminal, *words):
        nonlocal count
        count += 1
        # All that a terminal has: the warm command runs in a language and with libraries like its server's alone.
        terminal.env = os.environ | terminal.env
        return run(terminal, *words)

    with mock.patch.object(route.Terminal, "run", counting), mock.patch.object(route, "AWS", program or route.AWS):
        with tempfile.TemporaryDirectory() as folder:
            s3_and_lambda(route.Terminal(Path(folder), SOLVED.handlers, url))
        with tempfile.TemporaryDirectory() as folder:
            instance = mock.Mock(url=url)
            route.test_the_whole_route_with_others_handlers_that_keep_the_contract(instance, Path(folder))
    return count


def s3_and_lambda(terminal: route.Terminal) -> None:
    """Type those of sections 3 and 4."""
    aws = terminal.aws
    aws("s3 mb s3://si1p1")
    aws("s3 cp src/user_rest.py s3://si1p1/src/user_rest.py")
    for place in ("", "/src", "/src/"):
        aws(f"s3 ls s3://si1p1{place}")
    aws("s3 cp s3://si1p1/src/user_rest.py copia.py")
    terminal.create_function("user_lambda")
    url = aws("lambda create-function-url-config --function-name user_lambda --auth-type NONE")["FunctionUrl"]
    aws("lambda list-functions")
    aws("lambda get-function-url-config --function-name user_lambda")
    sent = '{"username": "pepe", "data": "10"}'
    status, answer = terminal.curl("POST", url, sent)
    if status != 200 or json.loads(answer) != {"status": "OK", "key": "users/pepe"}:
        raise RuntimeError(f"POST {url}: {status} {answer}")
    aws("s3 cp s3://si1p1/users/pepe -")
    group = "--log-group-name /aws/lambda/user_lambda"
    streams = wait_until(lambda: aws(f"logs describe-log-streams {group}")["logStreams"], ready=bool)
    aws("logs describe-log-groups")
    aws(f"logs get-log-events {group} --log-stream-name {streams[0]['logStreamName']}")
    aws("lambda delete-function-url-config --function-name user_lambda")
    aws("lambda delete-function --function-name user_lambda")
    aws("s3 rb --force s3://si1p1")
    aws("s3 ls")
    aws("lambda list-functions")
