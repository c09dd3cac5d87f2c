"""The tables that moto keeps, and beside each of them what AWS tells of a table and moto does not keep."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from localstack.aws.api import CommonServiceException, RequestContext
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.answers import named_error, table_missing

if TYPE_CHECKING:
    from helpers.emulator.dynamodb.streams import Stream


@dataclass
class Record:
    """What moto does not keep of a table. Times are of the table's life in this instance."""

    table_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    table_class: str | None = None
    class_changed: datetime | None = None
    on_demand_since: datetime | None = None
    billing_was_changed: bool = False
    encryption_key: str | None = None  # ARN of the KMS key; none is AWS's own, which is not told
    recovery_days: int = 35
    recovery_since: datetime | None = None
    streams: dict[str, "Stream"] = field(default_factory=dict)  # by their labels
    # By the name of the index, and None for the table itself: OnDemandThroughput, and what a change of
    # ProvisionedThroughput leaves (LastIncreaseDateTime, LastDecreaseDateTime, NumberOfDecreasesToday).
    on_demand_limits: dict[str | None, dict[str, int]] = field(default_factory=dict)
    throughput_changes: dict[str | None, dict[str, Any]] = field(default_factory=dict)


def record(table: Table) -> Record:
    """Return the record of a table, which lives and is copied with moto's object."""
    kept: Record = vars(table).setdefault("record", Record())
    return kept


def backend(context: RequestContext) -> DynamoDBBackend:
    """Return moto's tables of the account and region that a request is for."""
    return dynamodb_backends[context.account_id][context.region]


def table_name(name_or_arn: str) -> str:
    """Return the name of a table that a request may give by its ARN (AWS, "DescribeTable": TableName)."""
    return name_or_arn.partition(":table/")[2].partition("/")[0] if name_or_arn.startswith("arn:") else name_or_arn


def find_table(context: RequestContext, name_or_arn: str) -> Table | None:
    """Return a table by its name or ARN, or None if it does not exist."""
    return backend(context).tables.get(table_name(name_or_arn))


def get_table(context: RequestContext, name_or_arn: str) -> Table:
    """Return a table by its name or ARN; raise ResourceNotFoundException if it does not exist."""
    table = find_table(context, name_or_arn)
    if table is None:
        raise table_missing(table_name(name_or_arn))
    return table


def wrong_arn(context: RequestContext, arn: str) -> CommonServiceException | None:
    """Return AWS's error for the ARN of a table in another account or region, given as a table's name."""
    _, _, _, region, account, *_ = [*arn.split(":"), *("",) * 5]
    if region != context.region:
        return named_error("ValidationException", f"1 validation error detected: Invalid AWS region in '{arn}'")
    if account != context.account_id:
        return named_error("AccessDeniedException", "Access is denied")
    return None
