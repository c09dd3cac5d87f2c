"""What AWS tells of a table, from what moto tells of it and from its record."""

import copy
from datetime import UTC, datetime

from localstack.aws.api import RequestContext
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.operations import Request, Response, after
from helpers.emulator.dynamodb.table_records import get_table, record

# What is told of a table that is being deleted; its schema and its indexes no longer are.
TOLD_OF_DELETED = {
    "BillingModeSummary",
    "DeletionProtectionEnabled",
    "ItemCount",
    "LatestStreamArn",
    "LatestStreamLabel",
    "ProvisionedThroughput",
    "SSEDescription",
    "StreamSpecification",
    "TableArn",
    "TableClassSummary",
    "TableId",
    "TableName",
    "TableSizeBytes",
}


@after("DescribeTable")
def complete_described(response: Response, request: Request, context: RequestContext) -> None:
    """Tell of a table what moto leaves out (AWS, "DescribeTable")."""
    complete(response["Table"], get_table(context, request["TableName"]))


def described(table: Table) -> Response:
    """Return the complete description of a table, a copy."""
    description: Response = copy.deepcopy(table.describe()["TableDescription"])
    complete(description, table)
    return description


def complete(description: Response, table: Table) -> None:
    """Turn moto's description of a table into AWS's (AWS, "TableDescription")."""
    kept = record(table)
    description["TableId"] = kept.table_id
    _tell_billing(description, table)
    _tell_throughput(description, table, None)
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for index in description.get(kind, ()):
            _tell_index(index, description, table, is_global=kind == "GlobalSecondaryIndexes")
        if not description.get(kind):
            description.pop(kind, None)
    description.pop("SSEDescription", None)
    if kept.encryption_key:
        description["SSEDescription"] = {
            "Status": "ENABLED",
            "SSEType": "KMS",
            "KMSMasterKeyArn": kept.encryption_key,
        }
    if kept.table_class:
        summary = {"TableClass": kept.table_class, "LastUpdateDateTime": kept.class_changed}
        description["TableClassSummary"] = {name: value for name, value in summary.items() if value}


def being_created(description: Response, request: Request) -> None:
    """Take from a complete description what AWS does not tell yet in the answer that creates the table.

    The warm throughput is told only if the request gives it (AWS, "CreateTable", and LocalStack's recorded
    test_table_warm_throughput).
    """
    description["TableStatus"] = "CREATING"
    description.get("BillingModeSummary", {}).pop("LastUpdateToPayPerRequestDateTime", None)
    _warm_only_if_given(description, request)
    given = {index["IndexName"]: index for index in request.get("GlobalSecondaryIndexes") or ()}
    for index in description.get("GlobalSecondaryIndexes", ()):
        index["IndexStatus"] = "CREATING"
        _warm_only_if_given(index, given.get(index["IndexName"], {}))


def being_deleted(description: Response) -> None:
    """Leave in a complete description what AWS tells of a table that is being deleted (AWS, "DeleteTable")."""
    for name in set(description) - TOLD_OF_DELETED:
        del description[name]
    description["TableStatus"] = "DELETING"


def now() -> datetime:
    """Return the time, as responses tell it."""
    return datetime.now(UTC)


def _warm_only_if_given(description: Response, request: Request) -> None:
    if request.get("WarmThroughput"):
        description["WarmThroughput"]["Status"] = "UPDATING"
    else:
        description.pop("WarmThroughput", None)


def _tell_billing(description: Response, table: Table) -> None:
    kept = record(table)
    description.pop("BillingModeSummary", None)
    if table.billing_mode == "PAY_PER_REQUEST" or kept.billing_was_changed:
        description["BillingModeSummary"] = {
            "BillingMode": table.billing_mode,
            "LastUpdateToPayPerRequestDateTime": kept.on_demand_since or description["CreationDateTime"],
        }


def _tell_throughput(description: Response, table: Table, index: str | None) -> None:
    kept = record(table)
    throughput = {"NumberOfDecreasesToday": 0, **description["ProvisionedThroughput"]}
    description["ProvisionedThroughput"] = throughput | kept.throughput_changes.get(index, {})
    if limits := kept.on_demand_limits.get(index):
        description["OnDemandThroughput"] = limits


def _tell_index(index: Response, description: Response, table: Table, *, is_global: bool) -> None:
    keys = [key["AttributeName"] for key in index["KeySchema"]]
    index["IndexArn"] = f"{description['TableArn']}/index/{index['IndexName']}"
    index["IndexSizeBytes"] = 0
    index["ItemCount"] = sum(all(key in item.attrs for key in keys) for item in list(table.all_items()))
    if is_global:
        _tell_throughput(index, table, index["IndexName"])
