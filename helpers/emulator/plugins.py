"""What this distribution adds to LocalStack, by LocalStack's own entry points (see pyproject.toml).

Imports wait until LocalStack loads each plugin: only then is LocalStack's code needed.
"""

import os

from localstack.runtime import hooks
from localstack.runtime.server.core import RuntimeServerPlugin
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider

from helpers.emulator.process import CACHE_VARIABLE


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """Lambda in child processes: `LAMBDA_RUNTIME_EXECUTOR=process`."""

    name = "process"

    def load(self, *args, **kwargs):
        """Return the executor's class."""
        from helpers.emulator.lambda_executor import ProcessExecutor

        return ProcessExecutor


class LoopbackServerPlugin(RuntimeServerPlugin):
    """A gateway that listens where `GATEWAY_LISTEN` says and nowhere else: `GATEWAY_SERVER=loopback`."""

    name = "loopback"

    def load(self, *args, **kwargs):
        """Return the server."""
        from helpers.emulator.loopback import LoopbackServer

        return LoopbackServer()


@aws_provider(api="dynamodb", name="moto")
def dynamodb_moto() -> Service:
    """Return DynamoDB on the moto that LocalStack carries, without Java: `PROVIDER_OVERRIDE_DYNAMODB=moto`."""
    from localstack.services.moto import MotoFallbackDispatcher

    from helpers.emulator.dynamodb import MotoDynamoDB

    return Service.for_provider(MotoDynamoDB(), dispatch_table_factory=MotoFallbackDispatcher)


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
