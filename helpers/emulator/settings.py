"""What LocalStack is told when it starts: its environment, which is all of its configuration."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers.emulator.probe import OWNER_VARIABLE
from helpers.emulator.socket_owner import ALLOW_VARIABLE, Address
from helpers.workbook import shared

CACHE_VARIABLE = "SI1P1_CACHE"  # tells LocalStack where to keep what it computes once (preload.py)

# What it takes from the caller's environment; all else would change its behaviour from one shell to another.
INHERITED_VARIABLES = ("PATH", "LANG", "LC_ALL", "DEBUG", "SYSTEMROOT", ALLOW_VARIABLE)

TEMPORARY, HOME = FOLDERS = ("tmp", "home")


def environment(folder: Path, files: Path, addresses: Sequence[Address]) -> dict[str, str]:
    """Return the variables of the instance of `folder`, which keeps its files in `files` and listens on `addresses`.

    The first address is the one that it calls itself by; all have one port. `files` has the `FOLDERS`.
    """
    port = addresses[0][1]
    home = str(files / HOME)
    inherited = {name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ}
    # For the scripts of ready.d, which call awslocal.
    inherited["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
    return inherited | {
        OWNER_VARIABLE: str(folder),
        # None of the student's own: a region, a profile or a credential process there would be LocalStack's too.
        "HOME": home,
        "USERPROFILE": home,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "GATEWAY_LISTEN": ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, _ in addresses),
        "GATEWAY_SERVER": "loopback",
        "LOCALSTACK_HOST": f"localhost:{port}",
        # foreign_pages.py decides who is let in. These would answer in the place of the student's function URLs.
        "DISABLE_CORS_CHECKS": "1",
        "DISABLE_CORS_HEADERS": "1",
        "DISABLE_PREFLIGHT_PROCESSING": "1",
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "PROVIDER_OVERRIDE_DYNAMODB": "moto",
        "PROVIDER_OVERRIDE_S3": "private",
        # Host mode, in folders of its own, whatever the machine looks like.
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": str(files),
        CACHE_VARIABLE: str(shared() / "localstack" / "cache"),
        "TEMP": str(files / TEMPORARY),
        # No Docker, and no complaint in the log that there is none.
        "DOCKER_CMD": "sin-docker",
        # Nothing from or to the internet.
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
