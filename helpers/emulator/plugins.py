"""What this project adds to LocalStack, through LocalStack's own entry points (see pyproject.toml).

Each plugin imports its code only when LocalStack loads it, since LocalStack's code is not needed before.
"""

import os
from pathlib import Path
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
        from helpers.emulator.lambdas import event_poller, log_handler, metrics, updated_version, url_body
        from helpers.emulator.lambdas.executor import ProcessExecutor

        for replacement in (event_poller, log_handler, metrics, updated_version, url_body):
            replacement.install()
        return ProcessExecutor


class LoopbackServerPlugin(RuntimeServerPlugin):
    """A gateway that listens only where `GATEWAY_LISTEN` says: `GATEWAY_SERVER=loopback`."""

    name = "loopback"

    def load(self, *args: object, **kwargs: object) -> "LoopbackServer":
        """Return the server."""
        from helpers.emulator.loopback import LoopbackServer

        return LoopbackServer()


@aws_provider(api="dynamodb", name="moto")
def dynamodb_moto() -> Service:
    """Return DynamoDB on LocalStack's bundled moto, without Java: `PROVIDER_OVERRIDE_DYNAMODB=moto`."""
    from helpers.emulator.dynamodb.provider import MotoDynamoDB, dispatch_table

    return Service.for_provider(MotoDynamoDB(), dispatch_table_factory=dispatch_table)


@aws_provider(api="apigateway", name="as_aws")
def apigateway_as_aws() -> Service:
    """Return API Gateway with requests served by `api_gateway`: `PROVIDER_OVERRIDE_APIGATEWAY=as_aws`."""
    from localstack.services.apigateway.models import apigateway_stores
    from localstack.services.apigateway.next_gen.execute_api.router import ApiGatewayRouter
    from localstack.services.moto import MotoFallbackDispatcher

    from helpers.emulator.api_gateway.gateway import endpoint
    from helpers.emulator.api_gateway.management import RestApis

    router = ApiGatewayRouter(handler=endpoint(apigateway_stores))
    return Service.for_provider(RestApis(router), dispatch_table_factory=MotoFallbackDispatcher)


@aws_provider(api="lambda", name="called")
def lambda_called() -> Service:
    """Return LocalStack's Lambda, where API Gateway finds it to call it: `PROVIDER_OVERRIDE_LAMBDA=called`."""
    from localstack.services.lambda_.provider import LambdaProvider

    from helpers.emulator.api_gateway import lambda_call

    lambda_call.provider = LambdaProvider()
    return Service.for_provider(lambda_call.provider)


@aws_provider(api="dynamodbstreams", name="moto")
def dynamodbstreams_moto() -> Service:
    """Return DynamoDB Streams on the same tables: `PROVIDER_OVERRIDE_DYNAMODBSTREAMS=moto`."""
    from helpers.emulator.dynamodb.streams_provider import TableStreams

    return Service.for_provider(TableStreams())


@hooks.on_infra_start()
def tell_owner() -> None:
    """Serve the instance's folder at `probe.OWNER_PATH`, so that other copies of the workbook know whose it is.

    What the instance serves is recorded in that folder's journal. That address, which the workbook asks for itself, is
    not in LocalStack's log, which the student reads.
    """
    import logging

    from localstack.services.internal import get_internal_apis

    from helpers.emulator import recorder
    from helpers.emulator.probe import OWNER_PATH, OWNER_VARIABLE

    if owner := os.environ.get(OWNER_VARIABLE):
        recorder.install(Path(owner))
        get_internal_apis().add(OWNER_PATH, lambda _request: {"folder": owner})
        logging.getLogger("localstack.request.http").addFilter(lambda record: OWNER_PATH not in record.getMessage())


@aws_provider(api="s3", name="private")
def s3_private() -> Service:
    """Return S3 with its objects in the instance's own folder: `PROVIDER_OVERRIDE_S3=private`.

    LocalStack's default keeps them in /tmp/localstack-s3-storage, where instances with buckets of the same name
    collide.
    """
    from localstack.services.s3.provider import S3Provider
    from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore

    return Service.for_provider(S3Provider(EphemeralS3ObjectStore()))


def _is_ours() -> bool:
    """Tell whether process.py started this LocalStack, rather than someone by hand in this environment."""
    return CACHE_VARIABLE in os.environ


@hooks.on_runtime_create(should_load=_is_ours)
def prepare() -> None:
    """Save LocalStack repeated work."""
    from helpers.emulator import lean_start

    lean_start.prepare()


@hooks.on_infra_ready(should_load=_is_ours)
def finish() -> None:
    """End what `prepare` began."""
    from helpers.emulator import lean_start

    lean_start.finish()
