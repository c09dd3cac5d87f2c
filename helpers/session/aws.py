"""Point boto3 and the aws command at LocalStack, with test credentials, whatever the student's configuration."""

import os
import sys
from functools import cache
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config

from helpers.own_calls import ORIGIN
from helpers.practice.checkpoints import REGION
from helpers.session.aws_variables import FOREIGN_VARIABLES

# boto3's defaults, a minute per connection and up to five attempts with growing pauses, are too long for a local port.
CONNECT_TIMEOUT_S = 5
MAX_ATTEMPTS = 2
# boto3's waiters pause for the seconds that AWS needs; here they poll more often, with the same total time.
WAITER_DELAY_S = 0.05
WAITED_FOR = ("lambda", "dynamodb", "s3")


def use(url: str) -> None:
    """Point boto3 and the awslocal command at `url`, with test credentials and none of the student's settings."""
    for name in [*FOREIGN_VARIABLES, *(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_"))]:
        os.environ.pop(name, None)
    # Programs read the first of the two that is set.
    names = [host for name in ("no_proxy", "NO_PROXY") for host in os.environ.get(name, "").split(",") if host]
    no_proxy = ",".join(dict.fromkeys([*names, "localhost", ".localhost", "127.0.0.1"]))
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # In this mode, the number of attempts in all (page "Retries" of the boto3 guide).
        "AWS_RETRY_MODE": "standard",
        "AWS_MAX_ATTEMPTS": str(MAX_ATTEMPTS),
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }
    find_programs_in(Path(sys.executable).parent)  # awslocal is there, and may not be on JupyterLab's PATH
    use_test_credentials()


def find_programs_in(folder: Path) -> None:
    """Let commands be looked for in `folder` first."""
    others = [place for place in os.environ["PATH"].split(os.pathsep) if place != str(folder)]
    os.environ["PATH"] = os.pathsep.join([str(folder), *others])


@cache
def _session() -> boto3.Session:
    """Return the session of the cells: test credentials, whatever profile or files the student has.

    It is shared, because each new session would read the services' descriptions again.
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
    """Make boto3 create its clients with test credentials and none of the student's settings, whatever the endpoint."""
    os.environ["AWS_EXECUTION_ENV"] = ORIGIN
    boto3.DEFAULT_SESSION = _session()
