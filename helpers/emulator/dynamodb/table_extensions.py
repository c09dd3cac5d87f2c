"""What AWS offers around a table and is not here: answered as for a table without it, or by saying so.

Contributor Insights, Kinesis destinations, global tables, exports and imports.
"""

from localstack.aws.api import RequestContext
from localstack.aws.api.dynamodb import (
    ExportNotFoundException,
    GlobalTableNotFoundException,
    ImportNotFoundException,
    PointInTimeRecoveryUnavailableException,
    ResourceNotFoundException,
)

from helpers.emulator.dynamodb.answers import invalid, not_here, table_missing_for_backups
from helpers.emulator.dynamodb.operations import Request, Response, instead, validation_error
from helpers.emulator.dynamodb.table_records import find_table, get_table, record

NO_REPLICAS = "a table exists only in the region where it was created"


def _check_index(request: Request, context: RequestContext) -> None:
    table, index = get_table(context, request["TableName"]), request.get("IndexName")
    if index and all(one.name != index for one in table.global_indexes):
        raise ResourceNotFoundException(
            f"Requested resource not found: Index: {index} not found for table: {table.name}"
        )


def _without_insights(request: Request, context: RequestContext) -> Response:
    told = {"TableName": get_table(context, request["TableName"]).name, "ContributorInsightsStatus": "DISABLED"}
    return told | ({"IndexName": request["IndexName"]} if request.get("IndexName") else {})


@instead("DescribeContributorInsights")
def describe_contributor_insights(request: Request, context: RequestContext) -> Response:
    """Tell that they are disabled (AWS, "DescribeContributorInsights")."""
    _check_index(request, context)
    return _without_insights(request, context)


@instead("UpdateContributorInsights")
def update_contributor_insights(request: Request, context: RequestContext) -> Response:
    """Disable what is disabled, which AWS allows; enabling is not here (AWS, "UpdateContributorInsights")."""
    _check_index(request, context)
    if request["ContributorInsightsAction"] == "ENABLE":
        raise not_here("CloudWatch Contributor Insights", "CloudWatch has no rules that count keys here")
    return _without_insights(request, context)


@instead("ListContributorInsights")
def list_contributor_insights(request: Request, context: RequestContext) -> Response:
    """List none: tables where they are disabled are left out (AWS, "ListContributorInsights")."""
    if request.get("TableName"):
        get_table(context, request["TableName"])
    return {"ContributorInsightsSummaries": []}


@instead("DescribeKinesisStreamingDestination")
def describe_kinesis_destination(request: Request, context: RequestContext) -> Response:
    """Tell that there is none (AWS, "DescribeKinesisStreamingDestination")."""
    name = get_table(context, request["TableName"]).name
    return {"TableName": name, "KinesisDataStreamDestinations": []}


@instead("EnableKinesisStreamingDestination")
def enable_kinesis_destination(request: Request, context: RequestContext) -> Response:
    """Say that it is not here (AWS, "EnableKinesisStreamingDestination")."""
    get_table(context, request["TableName"])
    raise not_here("EnableKinesisStreamingDestination", "changes of items are not sent to Kinesis Data Streams")


@instead("DisableKinesisStreamingDestination")
def disable_kinesis_destination(request: Request, context: RequestContext) -> Response:
    """Say that no destination is active (AWS, "DisableKinesisStreamingDestination")."""
    get_table(context, request["TableName"])
    raise validation_error(
        "Table is not in a valid state to enable Kinesis Streaming Destination: "
        "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation."
    )


@instead("UpdateKinesisStreamingDestination")
def update_kinesis_destination(request: Request, context: RequestContext) -> Response:
    """Say that there is no such destination (AWS, "UpdateKinesisStreamingDestination")."""
    table = get_table(context, request["TableName"])
    if not any((request.get("UpdateKinesisStreamingConfiguration") or {}).values()):
        raise validation_error(
            "Streaming destination cannot be updated with given parameters: "
            "UpdateKinesisStreamingConfiguration cannot be null or contain only null values"
        )
    raise validation_error(
        "Table is not in a valid state to enable Kinesis Streaming Destination: No streaming destination with "
        f"streamArn: {request['StreamArn']} found for table with tableName: {table.name}"
    )


@instead("CreateGlobalTable")
def create_global_table(request: Request, context: RequestContext) -> Response:
    """Refuse the first version of global tables, as AWS does by now (AWS, "CreateGlobalTable")."""
    raise invalid(
        "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables version "
        "2019.11.21, instead of version 2017.11.29 (Legacy)."
    )


@instead("UpdateGlobalTable")
def update_global_table(request: Request, context: RequestContext) -> Response:
    """Refuse the first version of global tables, as AWS does by now (AWS, "UpdateGlobalTable")."""
    return create_global_table(request, context)


@instead("DescribeGlobalTable")
def describe_global_table(request: Request, context: RequestContext) -> Response:
    """Tell that there is none of that name (AWS, "DescribeGlobalTable")."""
    raise GlobalTableNotFoundException(f"Global table not found: {request['GlobalTableName']}")


@instead("DescribeGlobalTableSettings")
def describe_global_table_settings(request: Request, context: RequestContext) -> Response:
    """Tell that there is none of that name (AWS, "DescribeGlobalTableSettings")."""
    return describe_global_table(request, context)


@instead("UpdateGlobalTableSettings")
def update_global_table_settings(request: Request, context: RequestContext) -> Response:
    """Tell that there is none of that name (AWS, "UpdateGlobalTableSettings")."""
    return describe_global_table(request, context)


@instead("ListGlobalTables")
def list_global_tables(request: Request, context: RequestContext) -> Response:
    """List none (AWS, "ListGlobalTables")."""
    return {"GlobalTables": []}


@instead("DescribeTableReplicaAutoScaling")
def describe_replica_auto_scaling(request: Request, context: RequestContext) -> Response:
    """Tell that the table has no replicas, as AWS of one that has none (AWS, "DescribeTableReplicaAutoScaling")."""
    name = request["TableName"]
    if find_table(context, name) is None:
        raise ResourceNotFoundException(f"Global table with name: '{name}' does not exist.")
    raise not_here("DescribeTableReplicaAutoScaling", NO_REPLICAS)


@instead("UpdateTableReplicaAutoScaling")
def update_replica_auto_scaling(request: Request, context: RequestContext) -> Response:
    """Say that it is not here (AWS, "UpdateTableReplicaAutoScaling")."""
    get_table(context, request["TableName"])
    raise not_here("UpdateTableReplicaAutoScaling", NO_REPLICAS)


@instead("ExportTableToPointInTime")
def export_table(request: Request, context: RequestContext) -> Response:
    """Check what AWS checks, and say that it is not here (AWS, "ExportTableToPointInTime")."""
    table = find_table(context, request["TableArn"])
    if table is None:
        raise table_missing_for_backups(request["TableArn"])
    if record(table).recovery_since is None:
        raise PointInTimeRecoveryUnavailableException(f"Point in time recovery is not enabled for table '{table.name}'")
    raise not_here("ExportTableToPointInTime", "tables are not written to Amazon S3")


@instead("DescribeExport")
def describe_export(request: Request, context: RequestContext) -> Response:
    """Tell that there is no such export (AWS, "DescribeExport")."""
    if "/export/" not in request["ExportArn"]:
        raise validation_error("Invalid Export ARN")
    raise ExportNotFoundException(f"Export not found: {request['ExportArn']}")


@instead("ListExports")
def list_exports(request: Request, context: RequestContext) -> Response:
    """List none (AWS, "ListExports")."""
    return {"ExportSummaries": []}


@instead("ImportTable")
def import_table(request: Request, context: RequestContext) -> Response:
    """Say that it is not here (AWS, "ImportTable")."""
    raise not_here("ImportTable", "tables are not read from Amazon S3")


@instead("DescribeImport")
def describe_import(request: Request, context: RequestContext) -> Response:
    """Tell that there is no such import (AWS, "DescribeImport")."""
    if "/import/" not in request["ImportArn"]:
        raise validation_error("Invalid Import ARN")
    raise ImportNotFoundException(f"Import not found: {request['ImportArn']}")


@instead("ListImports")
def list_imports(request: Request, context: RequestContext) -> Response:
    """List none (AWS, "ListImports")."""
    return {"ImportSummaryList": []}
