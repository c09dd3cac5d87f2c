"""UpdateTable: what it changes, and the answer, which tells of a change that is still under way."""

from typing import Any

from localstack.aws.api import RequestContext
from moto.dynamodb.models.table import GlobalSecondaryIndex, Table

from helpers.emulator.dynamodb import encryption
from helpers.emulator.dynamodb.key_schemas import names
from helpers.emulator.dynamodb.operations import Request, Response, instead
from helpers.emulator.dynamodb.streams import start_stream, stop_stream
from helpers.emulator.dynamodb.table_descriptions import described, now
from helpers.emulator.dynamodb.table_records import get_table, record

UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")


@instead("UpdateTable")
def update_table(request: Request, context: RequestContext) -> Response:
    """Change a table (AWS, "UpdateTable"); the rules have been checked by table_update_rules."""
    table = get_table(context, request["TableName"])
    old = described(table)
    _change_billing(request, table)
    _change_stream(request.get("StreamSpecification"), table)
    _change_indexes(request, table)
    _change_the_rest(request, table, context)
    return {"TableDescription": _answer(request, old, described(table))}


def _answer(request: Request, old: Response, new: Response) -> Response:
    if "DeletionProtectionEnabled" not in request and "SSESpecification" not in request:
        new["TableStatus"] = "UPDATING"
    if _billing(new) == _billing(old):
        _tell_old_capacity(new, old)
    if request.get("TableClass"):
        _tell_as_before(new, old, "TableClassSummary")
    if request.get("SSESpecification") is not None:
        new["SSEDescription"] = {**old.get("SSEDescription", {}), "Status": "UPDATING"}
    if request.get("WarmThroughput"):
        new["WarmThroughput"] = new["WarmThroughput"] | {"Status": "UPDATING"}
    _tell_indexes(request, old, new)
    return new


def _billing(description: Response) -> str:
    mode: str = description.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    return mode


def _tell_old_capacity(new: Response, old: Response) -> None:
    """Tell the capacity from before, which is in force until the table or index is active again."""
    told = {unit: old["ProvisionedThroughput"][unit] for unit in (*UNITS, "NumberOfDecreasesToday")}
    new["ProvisionedThroughput"] = new["ProvisionedThroughput"] | told


def _tell_as_before(new: Response, old: Response, member: str) -> None:
    new.pop(member, None)
    if member in old:
        new[member] = old[member]


def _tell_indexes(request: Request, old: Response, new: Response) -> None:
    before = {index["IndexName"]: index for index in old.get("GlobalSecondaryIndexes", ())}
    told = {index["IndexName"]: index for index in new.get("GlobalSecondaryIndexes", ())}
    for update in request.get("GlobalSecondaryIndexUpdates") or ():
        if creation := update.get("Create"):
            told[creation["IndexName"]] |= {"IndexStatus": "CREATING", "Backfilling": False}
        elif change := update.get("Update"):
            name = change["IndexName"]
            told[name]["IndexStatus"] = "UPDATING"
            if _billing(new) == _billing(old):
                _tell_old_capacity(told[name], before[name])
        elif deletion := update.get("Delete"):
            told[deletion["IndexName"]] = before[deletion["IndexName"]] | {"IndexStatus": "DELETING"}
    if told:
        new["GlobalSecondaryIndexes"] = list(told.values())


def _change_billing(request: Request, table: Table) -> None:
    kept, mode = record(table), request.get("BillingMode")
    if mode and mode != table.billing_mode:
        kept.billing_was_changed = True
        table.billing_mode = mode
        if mode == "PAY_PER_REQUEST":
            kept.on_demand_since = now()
            table.throughput = dict.fromkeys(UNITS, 0)
            for index in table.global_indexes:
                index.throughput = dict.fromkeys(UNITS, 0)
    if throughput := request.get("ProvisionedThroughput"):
        _change_throughput(table, throughput, table, None)


def _change_throughput(
    part: Table | GlobalSecondaryIndex, throughput: Request, table: Table, index: str | None
) -> None:
    """Change the capacity of a table or of one of its indexes, and keep when it went up or down."""
    changes: dict[str, Any] = record(table).throughput_changes.setdefault(index, {})
    differences = [throughput[unit] - part.throughput[unit] for unit in UNITS]
    if any(difference > 0 for difference in differences):
        changes["LastIncreaseDateTime"] = now()
    if any(difference < 0 for difference in differences):
        changes["LastDecreaseDateTime"] = now()
        changes["NumberOfDecreasesToday"] = changes.get("NumberOfDecreasesToday", 0) + 1
    part.throughput = {unit: throughput[unit] for unit in UNITS}
    for unit, warm in zip(UNITS, ("ReadUnitsPerSecond", "WriteUnitsPerSecond"), strict=True):
        part.warm_throughput[warm] = max(part.warm_throughput.get(warm, 0), throughput[unit])


def _change_stream(stream: Request | None, table: Table) -> None:
    if stream is None:
        return
    if stream["StreamEnabled"]:
        table.stream_specification = dict(stream)
        start_stream(table)
    else:
        stop_stream(table)


def _change_indexes(request: Request, table: Table) -> None:
    kept, indexes = record(table), {index.name: index for index in table.global_indexes}
    for update in request.get("GlobalSecondaryIndexUpdates") or ():
        if creation := update.get("Create"):
            indexes[creation["IndexName"]] = GlobalSecondaryIndex.create(creation, table.table_key_attrs)
        elif deletion := update.get("Delete"):
            del indexes[deletion["IndexName"]]
            kept.throughput_changes.pop(deletion["IndexName"], None)
            kept.on_demand_limits.pop(deletion["IndexName"], None)
        if (change := update.get("Update")) and change.get("ProvisionedThroughput"):
            name = change["IndexName"]
            _change_throughput(indexes[name], change["ProvisionedThroughput"], table, name)
        for action in (update.get("Create"), update.get("Update")):
            if action and action.get("OnDemandThroughput"):
                kept.on_demand_limits[action["IndexName"]] = action["OnDemandThroughput"]
            if action and action.get("WarmThroughput"):
                indexes[action["IndexName"]].warm_throughput |= action["WarmThroughput"]
    table.global_indexes = list(indexes.values())
    _keep_definitions_in_use(request, table)


def _keep_definitions_in_use(request: Request, table: Table) -> None:
    """Keep the definitions of the keys that there are now; those that there were before have their type."""
    schemas = [table.schema, *(index.schema for index in [*table.indexes, *table.global_indexes])]
    used = {name for schema in schemas for name in names(schema)}
    known = {one["AttributeName"]: one for one in [*(request.get("AttributeDefinitions") or ()), *table.attr]}
    table.attr = [known[name] for name in sorted(used)]


def _change_the_rest(request: Request, table: Table, context: RequestContext) -> None:
    kept = record(table)
    if request.get("DeletionProtectionEnabled") is not None:
        table.deletion_protection_enabled = request["DeletionProtectionEnabled"]
    if request.get("SSESpecification") is not None:
        kept.encryption_key = encryption.key_of(request["SSESpecification"], context)
    if request.get("TableClass") and request["TableClass"] != (kept.table_class or "STANDARD"):
        kept.table_class, kept.class_changed = request["TableClass"], now()
    if request.get("OnDemandThroughput"):
        kept.on_demand_limits[None] = request["OnDemandThroughput"]
    if request.get("WarmThroughput"):
        table.warm_throughput |= request["WarmThroughput"]
