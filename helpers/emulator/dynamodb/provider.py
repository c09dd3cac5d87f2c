"""The provider: each operation goes through its checks, moto, and the corrections of moto's answer."""

import functools

from localstack.aws.api import RequestContext
from localstack.aws.api.dynamodb import DynamodbApi
from localstack.aws.skeleton import DispatchTable
from localstack.aws.spec import load_service
from localstack.services.edge import ROUTER
from localstack.services.moto import call_moto
from localstack.services.plugins import ServiceLifecycleHook

# These modules register themselves. What the model says is checked before anything else.
from helpers.emulator.dynamodb import constraints  # noqa: F401

# isort: split
from helpers.emulator.dynamodb import (  # noqa: F401
    account,
    backups,
    resource_policies,
    table_creation,
    table_descriptions,
    table_extensions,
    table_tags,
    table_update_rules,
    table_updates,
    time_to_live,
)
from helpers.emulator.dynamodb.items import (  # noqa: F401
    batches,
    partiql,
    queries,
    request_shape,
    single_items,
    transactions,
)
from helpers.emulator.dynamodb.operations import CHECKS, CORRECTIONS, REPLACEMENTS, Request, Response


class MotoDynamoDB(DynamodbApi, ServiceLifecycleHook):
    """The service, for LocalStack's registry; `dispatch_table` answers its operations."""

    def on_after_init(self) -> None:
        """Serve the endpoint by which LocalStack removes expired items at once, which AWS has not."""
        ROUTER.add("/_aws/dynamodb/expired", time_to_live.expired_endpoint, methods=["DELETE"])


def dispatch_table(_provider: object) -> DispatchTable:
    """Return what answers each operation of the service's model."""
    return {name: functools.partial(_answer, name) for name in load_service(MotoDynamoDB.service).operation_names}


def _answer(operation: str, context: RequestContext, request: Request) -> Response:
    for check in CHECKS[operation]:
        check(request, context)
    replacement = REPLACEMENTS.get(operation)
    response = replacement(request, context) if replacement else call_moto(context)
    for correct in CORRECTIONS[operation]:
        correct(response, request, context)
    return response
