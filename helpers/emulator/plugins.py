"""What this distribution adds to LocalStack, by LocalStack's own entry points (see pyproject.toml).

Imports wait until LocalStack loads each plugin: only then is LocalStack's code needed.
"""

import os
from typing import TYPE_CHECKING

from localstack.runtime import hooks
from localstack.runtime.server.core import RuntimeServerPlugin
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider

from helpers.emulator.settings import CACHE_VARIABLE

if TYPE_CHECKING:
    from helpers.emulator.lambdas.executor import ProcessExecutor
    from helpers.emulator.loopback import LoopbackServer


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """Lambda in child processes: `LAMBDA_RUNTIME_EXECUTOR=process`."""

    name = "process"

    def load(self, *args: object, **kwargs: object) -> "type[ProcessExecutor]":
        """Return the executor's class."""
        from helpers.emulator.lambdas import log_handler
        from helpers.emulator.lambdas.executor import ProcessExecutor

        log_handler.install()
        return ProcessExecutor


class LoopbackServerPlugin(RuntimeServerPlugin):
    """A gateway that listens where `GATEWAY_LISTEN` says and nowhere else: `GATEWAY_SERVER=loopback`."""

    name = "loopback"

    def load(self, *args: object, **kwargs: object) -> "LoopbackServer":
        """Return the server."""
        from helpers.emulator.loopback import LoopbackServer

        return LoopbackServer()


@aws_provider(api="dynamodb", name="moto")
def dynamodb_moto() -> Service:
    """Return DynamoDB on the moto that LocalStack carries, without Java: `PROVIDER_OVERRIDE_DYNAMODB=moto`."""
    from localstack.services.moto import MotoFallbackDispatcher

    from helpers.emulator.dynamodb import MotoDynamoDB

    return Service.for_provider(MotoDynamoDB(), dispatch_table_factory=MotoFallbackDispatcher)


@hooks.on_infra_start()
def tell_owner() -> None:
    """Have the instance say, at `probe.OWNER_PATH`, in whose folder it runs: another copy of the workbook asks."""
    from localstack.services.internal import get_internal_apis

    from helpers.emulator.probe import OWNER_PATH, OWNER_VARIABLE

    if owner := os.environ.get(OWNER_VARIABLE):
        get_internal_apis().add(OWNER_PATH, lambda _request: {"folder": owner})


@aws_provider(api="s3", name="private")
def s3_private() -> Service:
    """Return S3 with its objects in the instance's own folder: `PROVIDER_OVERRIDE_S3=private`.

    LocalStack's own keeps them in /tmp/localstack-s3-storage, where instances with buckets of one name meet.
    """
    from localstack.services.s3.provider import S3Provider
    from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore

    return Service.for_provider(S3Provider(EphemeralS3ObjectStore()))


def _is_ours() -> bool:
    """Tell whether this LocalStack was started by process.py, and not by hand from this environment."""
    return CACHE_VARIABLE in os.environ


@hooks.on_runtime_create(should_load=_is_ours)
def prepare() -> None:
    """Spare LocalStack repeated work."""
    from helpers.emulator import preload

    preload.prepare()


@hooks.on_infra_ready(should_load=_is_ours)
def load() -> None:
    """Load the services of the practice before they are asked for."""
    from helpers.emulator import preload

    preload.load()
