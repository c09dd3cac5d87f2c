"""Where boto3 and the aws command go from this process: LocalStack, with test credentials, whatever the student has."""

import os
import sys
from functools import cache
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config

from helpers.practice.checkpoints import REGION

# boto3 waits a minute for a connection, and asks up to five times, more slowly each: too long for a machine's own port.
CONNECT_TIMEOUT_S = 5
MAX_ATTEMPTS = 2
# And between two questions of a waiter it lets pass the seconds that AWS needs; in all, it waits as long.
WAITER_DELAY_S = 0.05
WAITED_FOR = ("lambda", "dynamodb", "s3")

# What could point boto3 or the aws command at a real account from behind, once the endpoint is set.
FOREIGN_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")


def use(url: str) -> None:
    """Point boto3 and the awslocal command at `url`, with test credentials and nothing of the student's own."""
    for name in [*FOREIGN_VARIABLES, *(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_"))]:
        os.environ.pop(name, None)
    no_proxy = [host for host in os.environ.get("NO_PROXY", "").split(",") if host]
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # Attempts in all (page "Retries" of the boto3 guide).
        "AWS_RETRY_MODE": "standard",
        "AWS_MAX_ATTEMPTS": str(MAX_ATTEMPTS),
        "NO_PROXY": ",".join(dict.fromkeys([*no_proxy, "localhost", ".localhost", "127.0.0.1"])),
    }
    programs = str(Path(sys.executable).parent)  # awslocal is there, and JupyterLab need not have it on its PATH
    if programs not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + os.environ["PATH"]
    use_test_credentials()


@cache
def _session() -> boto3.Session:
    """Return the session of the cells: test credentials, whatever profile or files the student has.

    One for all openings, for each would read the services' descriptions again.
    """
    no_files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    session = botocore.session.Session({"profile": (None, None, None, None), **no_files})
    session.set_credentials("test", "test")
    session.set_config_variable("region", REGION)
    session.set_default_client_config(Config(connect_timeout=CONNECT_TIMEOUT_S))
    loader = session.get_component("data_loader")
    for service in WAITED_FOR:
        for waiter in loader.load_service_model(service, "waiters-2")["waiters"].values():
            total_s = waiter["delay"] * waiter["maxAttempts"]
            waiter |= {"delay": WAITER_DELAY_S, "maxAttempts": round(total_s / WAITER_DELAY_S)}
    return boto3.Session(botocore_session=session)


def use_test_credentials() -> None:
    """Have boto3 make its clients with test credentials and nothing of the student's own, wherever they go."""
    boto3.DEFAULT_SESSION = _session()
