"""Point-in-time recovery, backups and restores."""

import copy
from datetime import timedelta
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.dynamodb import (
    BackupNotFoundException,
    PointInTimeRecoveryUnavailableException,
    TableAlreadyExistsException,
)
from moto.dynamodb.models.table import Backup, Table

from helpers.emulator.dynamodb.answers import table_missing_for_backups
from helpers.emulator.dynamodb.operations import Request, Response, after, before, instead, validation_error
from helpers.emulator.dynamodb.table_descriptions import being_created, described, now
from helpers.emulator.dynamodb.table_records import backend, find_table, get_table, record, table_name

MOST_DAYS = 35
TOLD_OF_SOURCE = ("TableName", "TableArn", "TableSizeBytes", "KeySchema", "ProvisionedThroughput", "ItemCount")
# The last five minutes cannot be restored yet.
NOT_RESTORABLE_YET = timedelta(minutes=5)


def _backed_up(name_or_arn: str, context: RequestContext) -> Table:
    table = find_table(context, name_or_arn)
    if table is None:
        raise table_missing_for_backups(table_name(name_or_arn))
    return table


@instead("DescribeContinuousBackups")
def describe_continuous_backups(request: Request, context: RequestContext) -> Response:
    """Tell whether a table has point-in-time recovery (AWS, "DescribeContinuousBackups")."""
    return {"ContinuousBackupsDescription": _recovery(_backed_up(request["TableName"], context))}


@instead("UpdateContinuousBackups")
def update_continuous_backups(request: Request, context: RequestContext) -> Response:
    """Enable or disable point-in-time recovery, which begins then (AWS, "UpdateContinuousBackups")."""
    table = _backed_up(request["TableName"], context)
    asked, kept = request["PointInTimeRecoverySpecification"], record(table)
    days = asked.get("RecoveryPeriodInDays")
    if days is not None and not asked["PointInTimeRecoveryEnabled"]:
        raise validation_error(
            "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
        )
    status = "ENABLED" if asked["PointInTimeRecoveryEnabled"] else "DISABLED"
    # Exports of moto ask there.
    table.continuous_backups["PointInTimeRecoveryDescription"] = {"PointInTimeRecoveryStatus": status}
    if status == "DISABLED":
        kept.recovery_since = None
    elif kept.recovery_since is None:
        kept.recovery_since, kept.recovery_days = now(), days or MOST_DAYS
    else:
        kept.recovery_days = days or kept.recovery_days
    return {"ContinuousBackupsDescription": _recovery(table)}


def _recovery(table: Table) -> Response:
    kept = record(table)
    recovery: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if kept.recovery_since:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": kept.recovery_days,
            "EarliestRestorableDateTime": kept.recovery_since,
            "LatestRestorableDateTime": max(kept.recovery_since, now() - NOT_RESTORABLE_YET),
        }
    return {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}


@before("CreateBackup")
def check_backed_up(request: Request, context: RequestContext) -> None:
    """Raise TableNotFoundException (AWS, "CreateBackup")."""
    _backed_up(request["TableName"], context)


@after("CreateBackup")
def complete_backup(response: Response, request: Request, context: RequestContext) -> None:
    """Answer as for a backup that is being made (AWS, "CreateBackup", "BackupDetails")."""
    response["BackupDetails"] |= {"BackupStatus": "CREATING", "BackupSizeBytes": 0}


@before("DeleteBackup", "DescribeBackup", "RestoreTableFromBackup")
def check_backup(request: Request, context: RequestContext) -> None:
    """Raise BackupNotFoundException, or ValidationException if no backup has such an ARN (AWS, "DescribeBackup")."""
    arn = request.get("BackupArn") or ""
    if not arn.startswith("arn:") or "/backup/" not in arn:
        raise validation_error("Invalid Backup ARN")
    if arn not in backend(context).backups:
        raise BackupNotFoundException(f"Backup not found: {arn}")


@instead("DescribeBackup")
def describe_backup(request: Request, context: RequestContext) -> Response:
    """Tell of a backup and of what the table was then (AWS, "DescribeBackup")."""
    return {"BackupDescription": _described(backend(context).describe_backup(request["BackupArn"]))}


@instead("DeleteBackup")
def delete_backup(request: Request, context: RequestContext) -> Response:
    """Delete a backup (AWS, "DeleteBackup")."""
    return {"BackupDescription": _described(backend(context).delete_backup(request["BackupArn"]))}


def _described(backup: Backup) -> Response:
    description: Response = copy.deepcopy(backup.description)
    description["BackupDetails"]["BackupSizeBytes"] = 0
    source = description["SourceTableDetails"]
    table = {"TableId": record(backup.table).table_id, "BillingMode": backup.table.billing_mode}
    told = {name: source[name] for name in TOLD_OF_SOURCE if name in source}
    description["SourceTableDetails"] = told | table | {"TableCreationDateTime": source["CreationDateTime"]}
    return description


@after("ListBackups")
def complete_backups(response: Response, request: Request, context: RequestContext) -> None:
    """Tell of each backup its table's id (AWS, "BackupSummary")."""
    backups = backend(context).backups
    for summary in response["BackupSummaries"]:
        summary |= {"BackupSizeBytes": 0, "TableId": record(backups[summary["BackupArn"]].table).table_id}


@before("RestoreTableToPointInTime")
def check_recovery(request: Request, context: RequestContext) -> None:
    """Check the request, then the source, then the target, as AWS does (AWS, "RestoreTableToPointInTime")."""
    latest, moment = request.get("UseLatestRestorableTime"), request.get("RestoreDateTime")
    if latest and moment:
        raise validation_error(
            "Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore "
            "request. Please choose only one"
        )
    if not latest and not moment:
        raise validation_error(
            "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both"
        )
    source, arn = request.get("SourceTableName"), request.get("SourceTableArn")
    if bool(source) == bool(arn):
        raise validation_error("Must provide exactly one of: sourceTableArn, sourceTableName")
    table = _backed_up(source or arn or "", context)
    if record(table).recovery_since is None:
        raise PointInTimeRecoveryUnavailableException(f"Point in time recovery is not enabled for table '{table.name}'")


@before("RestoreTableFromBackup", "RestoreTableToPointInTime")
def check_target(request: Request, context: RequestContext) -> None:
    """Raise TableAlreadyExistsException (AWS, "RestoreTableFromBackup")."""
    if find_table(context, request["TargetTableName"]):
        raise TableAlreadyExistsException(f"Table already exists: {request['TargetTableName']}")


@after("RestoreTableFromBackup", "RestoreTableToPointInTime")
def complete_restored(response: Response, request: Request, context: RequestContext) -> None:
    """Give the new table what the old one had, and answer as while it is restored (AWS, "RestoreTableFromBackup")."""
    table = get_table(context, request["TargetTableName"])
    if arn := request.get("BackupArn"):
        source = backend(context).backups[arn].table
    else:
        source = _backed_up(request.get("SourceTableName") or request["SourceTableArn"], context)
    table.billing_mode = request.get("BillingModeOverride") or source.billing_mode
    record(table).encryption_key = record(source).encryption_key
    description = response["TableDescription"] = described(table)
    being_created(description, {})
    description["RestoreSummary"]["RestoreInProgress"] = True
