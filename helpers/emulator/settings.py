"""The environment that LocalStack starts with, which is all of its configuration."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers.emulator.probe import OWNER_VARIABLE
from helpers.emulator.socket_owner import ALLOW_VARIABLE, Address
from helpers.workbook import shared

CACHE_VARIABLE = "SI1P1_CACHE"  # where LocalStack keeps what it computes once (lean_start.py)
# A program that runs a command where it can write one folder alone, its first argument: for somebody else's functions.
CONFINED_VARIABLE = "SI1P1_CONFINED"

# Inherited from the caller; any other variable could change LocalStack's behaviour from one shell to another.
INHERITED_VARIABLES = ("PATH", "LANG", "LC_ALL", "DEBUG", ALLOW_VARIABLE, CONFINED_VARIABLE)

TEMPORARY, HOME = FOLDERS = ("tmp", "home")


def environment(folder: Path, files: Path, addresses: Sequence[Address]) -> dict[str, str]:
    """Return the variables of the instance in `folder`, which keeps its files in `files` and listens on `addresses`.

    LocalStack identifies itself by the first address; all must have the same port. `files` must contain the `FOLDERS`.
    """
    port = addresses[0][1]
    inherited = {name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ}
    # So that the scripts in ready.d find awslocal.
    inherited["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
    return inherited | {
        OWNER_VARIABLE: str(folder),
        # Not the student's: LocalStack would use any region, profile or credential process configured there.
        "HOME": str(files / HOME),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "GATEWAY_LISTEN": ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, _ in addresses),
        "GATEWAY_SERVER": "loopback",
        "LOCALSTACK_HOST": f"localhost:{port}",
        # foreign_pages.py decides which requests are let in. LocalStack's own CORS handlers would answer in place of
        # the student's function URLs.
        "DISABLE_CORS_CHECKS": "1",
        "DISABLE_CORS_HEADERS": "1",
        "DISABLE_PREFLIGHT_PROCESSING": "1",
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "PROVIDER_OVERRIDE_APIGATEWAY": "as_aws",
        "PROVIDER_OVERRIDE_DYNAMODB": "moto",
        "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "moto",
        "PROVIDER_OVERRIDE_LAMBDA": "called",
        "PROVIDER_OVERRIDE_S3": "private",
        # Force host mode and LocalStack's own folders, even if the machine looks like a container.
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": str(files),
        CACHE_VARIABLE: str(shared() / "localstack" / "cache"),
        "TEMP": str(files / TEMPORARY),
        # Its services call each other without a request over HTTP (benchmarks/README.md).
        "IN_MEMORY_CLIENT": "1",
        # Without Docker, and without a complaint about it in the log.
        "DOCKER_CMD": "sin-docker",
        # No traffic to or from the internet.
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
