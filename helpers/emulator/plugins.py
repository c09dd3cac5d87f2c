"""What this distribution adds to LocalStack, by LocalStack's own entry points (see pyproject.toml).

Imports wait until LocalStack loads each plugin: only then is LocalStack's code needed.
"""

from localstack.runtime.server.core import RuntimeServerPlugin
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider


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


@aws_provider(api="s3", name="private")
def s3_private() -> Service:
    """Return S3 with its objects in the instance's own folder: `PROVIDER_OVERRIDE_S3=private`.

    LocalStack's own keeps them in /tmp/localstack-s3-storage, where instances with buckets of one name meet.
    """
    from localstack.services.s3.provider import S3Provider
    from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore

    return Service.for_provider(S3Provider(EphemeralS3ObjectStore()))
