"""CreateTable and DeleteTable: AWS's rules, in the order in which it checks them, and its answers."""

from collections.abc import Iterable

from localstack.aws.api import RequestContext
from localstack.aws.api.dynamodb import ResourceInUseException

from helpers.emulator.dynamodb import encryption
from helpers.emulator.dynamodb.answers import invalid, not_here
from helpers.emulator.dynamodb.key_schemas import (
    check_defined,
    check_global_index,
    check_kinds,
    check_local_index,
    names,
)
from helpers.emulator.dynamodb.operations import Request, Response, after, before, instead, validation_error
from helpers.emulator.dynamodb.streams import start_stream
from helpers.emulator.dynamodb.table_descriptions import being_created, being_deleted, described
from helpers.emulator.dynamodb.table_records import backend, find_table, get_table, record
from helpers.emulator.dynamodb.table_tags import check_tags

MOST_CAPACITY_UNITS = 1_000_000_000_000
MOST_LOCAL_INDEXES = 5
MOST_GLOBAL_INDEXES = 20
MOST_PROJECTED_ATTRIBUTES = 100
TABLE_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")


@before("CreateTable")
def check_unavailable(request: Request, context: RequestContext) -> None:
    """Refuse what there is only with replicas."""
    if request.get("GlobalTableSourceArn") or request.get("GlobalTableSettingsReplicationMode"):
        raise not_here("A replica of a table", "a table exists only in the region where it was created")


@before("CreateTable")
def check_throughput(request: Request, context: RequestContext) -> None:
    """Check capacity units against the billing mode (AWS, "CreateTable": BillingMode)."""
    throughput = request.get("ProvisionedThroughput")
    if request.get("BillingMode") == "PAY_PER_REQUEST":
        if throughput:
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
    elif not throughput:
        raise invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    else:
        check_bounds(throughput)
        check_on_demand_limits(request)


def check_bounds(throughput: Request) -> None:
    """Raise ValidationException for capacity units beyond those that AWS can count."""
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if throughput[name] > MOST_CAPACITY_UNITS:
            raise validation_error(f"Given value {throughput[name]} for {name} is out of bounds")


def check_on_demand_limits(request: Request) -> None:
    """Raise ValidationException for limits of on-demand throughput on a provisioned table."""
    for name, value in (request.get("OnDemandThroughput") or {}).items():
        if value:
            raise invalid(
                f"{name} for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
            )


@before("CreateTable")
def check_keys(request: Request, context: RequestContext) -> None:
    """Check the table's key against its definitions (AWS, "CreateTable": KeySchema, AttributeDefinitions)."""
    schema, definitions = request.get("KeySchema"), request.get("AttributeDefinitions")
    if schema is None or definitions is None:
        missing = "keySchema" if schema is None else "attributeDefinitions"
        rule = f"Value null at '{missing}' failed to satisfy constraint: Member must not be null"
        raise validation_error(f"1 validation error detected: {rule}")
    keys, defined = names(schema), names(definitions)
    for position, name in enumerate(defined):
        if name in defined[:position]:
            raise validation_error(f"Attribute Name is duplicated: {name}")
    if len(keys) > len(defined):
        raise validation_error("Invalid KeySchema: Some index key attribute have no definition")
    check_defined(keys, defined)
    check_kinds(schema)
    has_indexes = request.get("LocalSecondaryIndexes") is not None or request.get("GlobalSecondaryIndexes") is not None
    if not has_indexes and len(keys) != len(defined):
        raise invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
        )


@before("CreateTable")
def check_local_indexes(request: Request, context: RequestContext) -> None:
    """Check the local indexes (AWS, "CreateTable": LocalSecondaryIndexes)."""
    indexes, schema = request.get("LocalSecondaryIndexes"), request["KeySchema"]
    if indexes is None:
        return
    if not indexes:
        raise invalid("List of LocalSecondaryIndexes is empty")
    if len(schema) != 2:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    for index in indexes:
        check_local_index(index, names(request["AttributeDefinitions"]), schema[0]["AttributeName"])
    _check_names(index["IndexName"] for index in indexes)
    if len(indexes) > MOST_LOCAL_INDEXES:
        raise invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {MOST_LOCAL_INDEXES}")


@before("CreateTable")
def check_global_indexes(request: Request, context: RequestContext) -> None:
    """Check the global indexes (AWS, "CreateTable": GlobalSecondaryIndexes)."""
    indexes = request.get("GlobalSecondaryIndexes")
    if indexes is None:
        return
    if not indexes:
        raise invalid("List of GlobalSecondaryIndexes is empty")
    on_demand = request.get("BillingMode") == "PAY_PER_REQUEST"
    for index in indexes:
        check_global_index(index, names(request["AttributeDefinitions"]))
        throughput, name = index.get("ProvisionedThroughput"), index["IndexName"]
        if on_demand and throughput:
            raise invalid(
                f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
            )
        if not on_demand and not throughput:
            raise invalid(f"ProvisionedThroughput is not specified for index: {name}")
    _check_names(index["IndexName"] for index in [*(request.get("LocalSecondaryIndexes") or ()), *indexes])
    if len(indexes) > MOST_GLOBAL_INDEXES:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {MOST_GLOBAL_INDEXES}")


def _check_names(indexes: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in indexes:
        if name in seen:
            raise invalid(f"Duplicate index name: {name}")
        seen.add(name)


@before("CreateTable")
def check_definitions_used(request: Request, context: RequestContext) -> None:
    """Check that each definition is a key, and the number of attributes projected (AWS, "CreateTable", "Quotas")."""
    indexes = [*(request.get("LocalSecondaryIndexes") or ()), *(request.get("GlobalSecondaryIndexes") or ())]
    used = [*dict.fromkeys(name for one in (request, *indexes) for name in names(one["KeySchema"]))]
    defined = names(request["AttributeDefinitions"])
    if any(name not in used for name in defined):
        raise invalid(
            "Some AttributeDefinitions are not used. "
            f"AttributeDefinitions: [{', '.join(defined)}], keys used: [{', '.join(used)}]"
        )
    if sum(len(index["Projection"].get("NonKeyAttributes") or ()) for index in indexes) > MOST_PROJECTED_ATTRIBUTES:
        raise invalid(f"Number of NonKeyAttributes exceeds the per-table limit of {MOST_PROJECTED_ATTRIBUTES}")


@before("CreateTable")
def check_options(request: Request, context: RequestContext) -> None:
    """Check the stream, the encryption, the class and the tags, and that the name is free."""
    check_class(request)
    _check_stream(request.get("StreamSpecification"))
    encryption.check(request.get("SSESpecification"))
    check_tags(request.get("Tags") or ())
    name = request["TableName"]
    if find_table(context, name):
        raise ResourceInUseException(f"Table already exists: {name}")


def check_class(request: Request) -> None:
    """Raise ValidationException for a class that does not exist (AWS, "CreateTable": TableClass)."""
    if request.get("TableClass") not in (None, *TABLE_CLASSES):
        raise validation_error(
            "Invalid table-class parameter provided. Please try again with a valid table-class value: "
            f"[{', '.join(TABLE_CLASSES)}]."
        )


def _check_stream(stream: Request | None) -> None:
    if stream is None:
        return
    if stream["StreamEnabled"] and not stream.get("StreamViewType"):
        raise invalid("Table is being created with a stream enabled, UpdateViewType is required")
    if not stream["StreamEnabled"] and stream.get("StreamViewType"):
        raise invalid("Table is being created with a stream disabled, UpdateViewType should not be specified")


@after("CreateTable")
def complete_created(response: Response, request: Request, context: RequestContext) -> None:
    """Keep what moto does not, and answer as for a table that is being created (AWS, "CreateTable")."""
    table = get_table(context, request["TableName"])
    kept = record(table)
    kept.table_class = request.get("TableClass")
    kept.encryption_key = encryption.key_of(request.get("SSESpecification"), context)
    kept.on_demand_limits[None] = request.get("OnDemandThroughput") or {}
    for index in request.get("GlobalSecondaryIndexes") or ():
        kept.on_demand_limits[index["IndexName"]] = index.get("OnDemandThroughput") or {}
    start_stream(table)
    response["TableDescription"] = described(table)
    being_created(response["TableDescription"], request)


@instead("DeleteTable")
def delete_table(request: Request, context: RequestContext) -> Response:
    """Delete a table, unless it is protected (AWS, "DeleteTable", "Using deletion protection")."""
    table = get_table(context, request["TableName"])
    if table.deletion_protection_enabled:
        raise validation_error(
            "Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first."
        )
    description = described(table)
    being_deleted(description)
    tables = backend(context)
    tables.delete_table(table.name)
    tables.resource_policies.pop(table.table_arn, None)
    return {"TableDescription": description}
