"""Time to live: UpdateTimeToLive and DescribeTimeToLive, and the removal of what expired."""

import logging
import threading
import time
from typing import Any

from localstack.aws.api import RequestContext
from localstack.http import Response as HttpResponse
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

from helpers.emulator.dynamodb.operations import Request, Response, instead, validation_error
from helpers.emulator.dynamodb.streams import TIME_TO_LIVE, Shard
from helpers.emulator.dynamodb.table_records import get_table

logger = logging.getLogger(__name__)

# AWS removes an item "within a few days" of its time.
SWEEP_S = 60
# Later than this after its time, AWS takes it for a wrong date and leaves the item.
FORGOTTEN_S = 5 * 365 * 24 * 3600
_sweeper = threading.Lock()


@instead("UpdateTimeToLive")
def update_time_to_live(request: Request, context: RequestContext) -> Response:
    """Enable or disable the time to live of a table (AWS, "UpdateTimeToLive").

    AWS allows one change an hour; here a change may follow another.
    """
    table = get_table(context, request["TableName"])
    asked = request["TimeToLiveSpecification"]
    enabled, attribute = table.ttl["TimeToLiveStatus"] == "ENABLED", table.ttl.get("AttributeName")
    again = asked["Enabled"] and enabled and asked["AttributeName"] == attribute
    if again and context.is_internal_call:  # LocalStack's CloudFormation says so each time it looks at a new table
        return {"TimeToLiveSpecification": asked}
    if again:
        raise validation_error("TimeToLive is already enabled")
    if enabled and asked["AttributeName"] != attribute:
        raise validation_error(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {attribute}"
        )
    if not asked["Enabled"] and not enabled:
        raise validation_error("TimeToLive is already disabled")
    table.ttl = {"TimeToLiveStatus": "DISABLED"}
    if asked["Enabled"]:
        table.ttl = {"TimeToLiveStatus": "ENABLED", "AttributeName": asked["AttributeName"]}
        _start_sweeping()
    return {"TimeToLiveSpecification": asked}


@instead("DescribeTimeToLive")
def describe_time_to_live(request: Request, context: RequestContext) -> Response:
    """Tell whether a table has a time to live, and its attribute if so (AWS, "DescribeTimeToLive")."""
    return {"TimeToLiveDescription": get_table(context, request["TableName"]).ttl}


def _start_sweeping() -> None:
    """Start the thread that removes what expired, once in the life of the instance."""
    if _sweeper.acquire(blocking=False):
        threading.Thread(target=_sweep_for_ever, name="time-to-live", daemon=True).start()


def _sweep_for_ever() -> None:
    while True:
        time.sleep(SWEEP_S)
        remove_all_expired()


def expired_endpoint(*_: Any, **__: Any) -> HttpResponse:
    """Remove what expired from all tables, and tell how many items: LocalStack's own endpoint, which AWS has not."""
    response = HttpResponse()
    response.set_json({"ExpiredItems": remove_all_expired()})
    return response


def remove_all_expired() -> int:
    """Remove what expired from all tables; return how many items."""
    removed = 0
    for account in list(dynamodb_backends.values()):
        for region in list(account.values()):
            for table in list(region.tables.values()):
                try:
                    removed += remove_expired(table, time.time())
                except Exception:  # moto's tables change under a sweep; the next one sees them again
                    logger.debug("Sweep of %s failed", table.name, exc_info=True)
    return removed


def remove_expired(table: Table, at: float) -> int:
    """Delete a table's items whose time had passed at `at` (seconds since 1970); return how many.

    The attribute must be a Number of seconds (AWS, "Using time to live (TTL) in DynamoDB").
    """
    attribute = table.ttl.get("AttributeName")
    if table.ttl["TimeToLiveStatus"] != "ENABLED" or attribute is None:
        return 0
    expired = [item for item in list(table.all_items()) if _has_expired(item.attrs.get(attribute), at)]
    for item in expired:
        table.delete_item(item.hash_key, item.range_key)
        if isinstance(table.stream_shard, Shard):
            table.stream_shard.stream.records[-1]["userIdentity"] = TIME_TO_LIVE
    return len(expired)


def _has_expired(value: Any, at: float) -> bool:
    return value is not None and value.type == "N" and at - FORGOTTEN_S < float(value.value) < at
