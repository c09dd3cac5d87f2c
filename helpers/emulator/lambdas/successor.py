"""What takes the place of a version of a function when its code or its configuration is updated."""

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion
from localstack.services.lambda_.invocation.models import lambda_stores


def successor(version: FunctionVersion) -> FunctionVersion | None:
    """Return what an update has put, or is putting, in the place of `version`; None without one, or if it is deleted.

    While LocalStack prepares it, `version` still serves, and the `last_update` of the new one is `InProgress`.
    """
    function = lambda_stores[version.id.account][version.id.region].functions.get(version.id.function_name)
    current = function.versions.get(version.id.qualifier) if function else None
    if current is None or current.config.internal_revision == version.config.internal_revision:
        return None
    return current
