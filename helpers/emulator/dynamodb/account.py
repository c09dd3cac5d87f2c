"""What is told of the account and the service: tables, limits and endpoints."""

from localstack import config
from localstack.aws.api import RequestContext

from helpers.emulator.dynamodb.operations import Request, Response, instead
from helpers.emulator.dynamodb.table_records import backend

MOST_NAMES = 100
# The quotas of an account that has not asked for more.
ACCOUNT_UNITS = 80_000
TABLE_UNITS = 40_000


@instead("ListTables")
def list_tables(request: Request, context: RequestContext) -> Response:
    """List the names of tables in their order, after one that need not exist (AWS, "ListTables")."""
    start, limit = request.get("ExclusiveStartTableName") or "", request.get("Limit") or MOST_NAMES
    names = sorted(name for name in list(backend(context).tables) if name > start)
    page = names[:limit]
    return {"TableNames": page} | ({"LastEvaluatedTableName": page[-1]} if len(names) > limit else {})


@instead("DescribeLimits")
def describe_limits(request: Request, context: RequestContext) -> Response:
    """Tell the capacity that an account may ask for (AWS, "Quotas in Amazon DynamoDB")."""
    return {
        "AccountMaxReadCapacityUnits": ACCOUNT_UNITS,
        "AccountMaxWriteCapacityUnits": ACCOUNT_UNITS,
        "TableMaxReadCapacityUnits": TABLE_UNITS,
        "TableMaxWriteCapacityUnits": TABLE_UNITS,
    }


@instead("DescribeEndpoints")
def describe_endpoints(request: Request, context: RequestContext) -> Response:
    """Tell this instance's address (AWS, "DescribeEndpoints"): an SDK would send what follows to AWS's."""
    return {"Endpoints": [{"Address": config.LOCALSTACK_HOST.host_and_port(), "CachePeriodInMinutes": 1440}]}
