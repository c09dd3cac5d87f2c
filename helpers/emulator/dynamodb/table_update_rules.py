"""The rules of UpdateTable: those that a request breaks by itself, and then those that depend on the table.

Their words are in a public record of AWS's answers to UpdateTable (ack-api-quirks, services/dynamodb).
"""

from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.dynamodb import LimitExceededException, ResourceNotFoundException
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb import encryption
from helpers.emulator.dynamodb.answers import invalid, not_here
from helpers.emulator.dynamodb.key_schemas import check_global_index, names
from helpers.emulator.dynamodb.operations import Request, before, validation_error
from helpers.emulator.dynamodb.table_creation import (
    MOST_GLOBAL_INDEXES,
    check_bounds,
    check_class,
    check_on_demand_limits,
)
from helpers.emulator.dynamodb.table_records import get_table, record

# What UpdateTable changes, by AWS's name for it in the error of a request that changes nothing.
CHANGES = {
    "ProvisionedThroughput": "ProvisionedThroughput",
    "BillingMode": "BillingMode",
    "UpdateStreamEnabled": "StreamSpecification",
    "GlobalSecondaryIndexUpdates": "GlobalSecondaryIndexUpdates",
    "SSESpecification": "SSESpecification",
    "ReplicaUpdates": "ReplicaUpdates",
    "MultiAccountReplicaReady": None,
    "ReplicaTransitRoleArn": None,
    "MultiRegionConsistency": None,
    "DeletionProtectionEnabled": "DeletionProtectionEnabled",
    "OnDemandThroughput": "OnDemandThroughput",
    "WarmThroughput": "WarmThroughput",
    "TableClass": "TableClass",
}
# What must come alone, in the order in which AWS notices it.
ALONE = {
    "SSESpecification": "Server-Side Encryption modification must be the only operation in the request",
    "TableClass": "TableClass modification must be the only operation in the request",
    "DeletionProtectionEnabled": "DeletionProtection modification must be the only operation in the request",
    "WarmThroughput": "WarmThroughput must be the only operation in the request",
}
UNCHANGED = (
    "The provisioned throughput for the {what} will not change. The requested value equals the current value. "
    "Current ReadCapacityUnits provisioned for the {kind}: {read}. Requested ReadCapacityUnits: {read}. "
    "Current WriteCapacityUnits provisioned for the {kind}: {write}. Requested WriteCapacityUnits: {write}. "
    "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
)


@before("UpdateTable")
def check_one_change(request: Request, context: RequestContext) -> None:
    """Check that there is something to change, and that changes which come alone do (AWS, "UpdateTable")."""
    if _is_own_region(request, context):
        return
    given = [member for member in CHANGES.values() if member and request.get(member) is not None]
    for member in ("ReplicaUpdates", "MultiRegionConsistency", "GlobalTableWitnessUpdates"):
        if request.get(member):
            raise not_here(f"UpdateTable with {member}", "a table exists only in the region where it was created")
    if not given:
        wanted = list(CHANGES)
        raise validation_error(f"At least one of {', '.join(wanted[:-1])} or {wanted[-1]} is required")
    for member, rule in ALONE.items():
        if member in given and len(given) > 1:
            raise invalid(rule)
    check_class(request)
    encryption.check(request.get("SSESpecification"))
    _check_combined(request, given)


def _is_own_region(request: Request, context: RequestContext) -> bool:
    """Tell whether LocalStack's CloudFormation makes a global table of one region: there is nothing to change."""
    replicas = request.get("ReplicaUpdates") or []
    regions = {(update.get("Create") or {}).get("RegionName") for update in replicas}
    return context.is_internal_call and regions == {context.region}


def _check_combined(request: Request, given: list[str]) -> None:
    """Check which changes go together, and the shape of each (AWS, "UpdateTable")."""
    updates: list[Request] = request.get("GlobalSecondaryIndexUpdates") or []
    stream = request.get("StreamSpecification")
    provisioned = request.get("ProvisionedThroughput") or request.get("BillingMode") == "PROVISIONED"
    structural = [update for update in updates if update.get("Create") or update.get("Delete")]
    if "OnDemandThroughput" in given and set(given) - {"OnDemandThroughput", "BillingMode"}:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    if request.get("BillingMode") == "PROVISIONED" and not request.get("ProvisionedThroughput"):
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    if provisioned and stream:
        raise invalid("You cannot modify stream status while updating table IOPS")
    if "GlobalSecondaryIndexUpdates" in given:
        _check_updates(updates)
    if structural and provisioned:
        raise invalid("You cannot create or delete index while updating table IOPS")
    if structural and stream:
        raise invalid("You cannot create or delete index while changing stream status")
    if stream and stream["StreamEnabled"] and not stream.get("StreamViewType"):
        raise invalid("If stream is being enabled then UpdateViewType is required")
    if stream and not stream["StreamEnabled"] and stream.get("StreamViewType"):
        raise invalid("If stream is being disabled, then UpdateViewType must not be specified")
    if throughput := request.get("ProvisionedThroughput"):
        check_bounds(throughput)


def _check_updates(updates: list[Request]) -> None:
    if not updates:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")
    seen: set[str] = set()
    for update in updates:
        actions = [action for action in update.values() if action]
        if not actions:
            raise invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(actions) > 1:
            raise invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
        if (name := actions[0]["IndexName"]) in seen:
            raise invalid(f"Only one global secondary index update per index is allowed simultaneously. Index: {name}")
        seen.add(name)


@before("UpdateTable")
def check_against_table(request: Request, context: RequestContext) -> None:
    """Check the changes against what the table is (AWS, "UpdateTable")."""
    table = get_table(context, request["TableName"])
    on_demand = (request.get("BillingMode") or table.billing_mode) == "PAY_PER_REQUEST"
    _check_throughput(request, table, on_demand)
    _check_stream(request.get("StreamSpecification"), table)
    _check_encryption(request.get("SSESpecification"), table)
    _check_indexes(request, table, on_demand)
    if not on_demand:
        check_on_demand_limits(request)
    for name, value in (request.get("WarmThroughput") or {}).items():
        if value is not None and value < table.warm_throughput.get(name, 0):
            raise invalid(
                f"Requested {name} for WarmThroughput for table is lower than current WarmThroughput, "
                "decreasing WarmThroughput is not supported"
            )


def _check_throughput(request: Request, table: Table, on_demand: bool) -> None:
    throughput = request.get("ProvisionedThroughput")
    if throughput and on_demand:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        )
    if throughput and table.billing_mode != "PAY_PER_REQUEST":
        _check_changed(throughput, table.throughput, "table", "table")
    if request.get("BillingMode") == "PROVISIONED" and table.billing_mode == "PAY_PER_REQUEST":
        given = {update["Update"]["IndexName"] for update in _updates(request, "Update")}
        missing = [index.name for index in table.global_indexes if index.name not in given]
        if missing:
            raise invalid(f"ProvisionedThroughput must be specified for index: {','.join(missing)}")


def _check_changed(asked: Request, current: dict[str, Any], what: str, kind: str) -> None:
    read, write = asked["ReadCapacityUnits"], asked["WriteCapacityUnits"]
    if (read, write) == (current["ReadCapacityUnits"], current["WriteCapacityUnits"]):
        raise validation_error(UNCHANGED.format(what=what, kind=kind, read=read, write=write))


def _check_stream(stream: Request | None, table: Table) -> None:
    enabled = bool(table.stream_specification and table.stream_specification["StreamEnabled"])
    if stream and stream["StreamEnabled"] and enabled:
        raise validation_error(f"Table already has an enabled stream: TableName: {table.name}")
    if stream and not stream["StreamEnabled"] and not enabled:
        raise validation_error(f"Table has no stream to disable: TableName: {table.name}")


def _check_encryption(specification: Request | None, table: Table) -> None:
    if specification is None:
        return
    key = record(table).encryption_key
    if key is None and not (specification.get("Enabled") or specification.get("SSEType")):
        raise invalid("Table is already encrypted by default")
    if key and specification.get("KMSMasterKeyId") == key:
        raise invalid(
            "Table is already encrypted with given KMSMasterKeyId. "
            "Use KMSMasterKeyId parameter if you want to change Master Key"
        )


def _updates(request: Request, action: str) -> list[Request]:
    return [update for update in request.get("GlobalSecondaryIndexUpdates") or () if update.get(action)]


def _check_indexes(request: Request, table: Table, on_demand: bool) -> None:
    creations, deletions = _updates(request, "Create"), _updates(request, "Delete")
    if len(creations) + len(deletions) > 1:
        raise LimitExceededException(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    for update in creations:
        _check_creation(update["Create"], request, table, on_demand)
    for update in deletions:
        _check_exists(update["Delete"]["IndexName"], "delete", table)
    for update in _updates(request, "Update"):
        _check_update(update["Update"], table, on_demand)


def _check_exists(name: str, action: str, table: Table) -> None:
    if any(index.name == name for index in table.indexes):
        raise validation_error(f"Cannot {action} an index that is not a GlobalSecondaryIndex: {name}")
    if all(index.name != name for index in table.global_indexes):
        raise ResourceNotFoundException(f"Requested resource not found: Index {name} for table {table.name}")


def _check_creation(index: Request, request: Request, table: Table, on_demand: bool) -> None:
    name, throughput = index["IndexName"], index.get("ProvisionedThroughput")
    if any(one.name == name for one in [*table.indexes, *table.global_indexes]):
        raise validation_error("Attempting to create an index which already exists")
    if len(table.global_indexes) >= MOST_GLOBAL_INDEXES:
        limit = f"GlobalSecondaryIndex count exceeds the per-table limit of {MOST_GLOBAL_INDEXES}"
        raise LimitExceededException(f"Subscriber limit exceeded: {limit}")
    if not request.get("AttributeDefinitions"):
        raise invalid(f"AttributeDefinitions is not specified for index: {name}")
    check_global_index(index, names(request["AttributeDefinitions"]))
    if on_demand and throughput:
        raise invalid(
            f"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: {name} "
            "when BillingMode is PAY_PER_REQUEST"
        )
    if not on_demand and not throughput:
        raise invalid(f"Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {name}")


def _check_update(update: Request, table: Table, on_demand: bool) -> None:
    name, throughput = update["IndexName"], update.get("ProvisionedThroughput")
    _check_exists(name, "update", table)
    if on_demand and throughput:
        raise invalid(
            f"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: {name} "
            "when BillingMode is PAY_PER_REQUEST"
        )
    if on_demand and not (update.get("OnDemandThroughput") or update.get("WarmThroughput")):
        raise invalid(
            f"The only Updates for index: {name} when TableThroughputMode is PAY_PER_REQUEST can be to "
            "OnDemandThroughput, WarmThroughput"
        )
    if throughput and table.billing_mode != "PAY_PER_REQUEST":
        current = next(index.throughput for index in table.global_indexes if index.name == name)
        _check_changed(throughput, current, f"index {name}", "index")
