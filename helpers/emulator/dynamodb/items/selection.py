"""What a Query or a Scan asks for: how many, which attributes, of which segment, and from where on."""

from collections.abc import Sequence

from moto.dynamodb.models.table import SecondaryIndex, Table

from helpers.emulator.dynamodb.items.capacity import index_names
from helpers.emulator.dynamodb.items.keys import check_key
from helpers.emulator.dynamodb.items.request_rules import one_failure
from helpers.emulator.dynamodb.items.store import find_index, is_global, key_names
from helpers.emulator.dynamodb.items.syntax import Path
from helpers.emulator.dynamodb.items.values import INVALID, Item, checked_item
from helpers.emulator.dynamodb.operations import Request, validation_error

WRONG_START = "The provided starting key is invalid"
# AWS says of these alone what is wrong with the value.
BARE_PROBLEMS = ("contains duplicates", "number set", "numeric value", "significant digits", "number with magnitude")
DESCRIPTIONS = {"COUNT": "only the Count"}


def check_limit(request: Request, is_query: bool) -> None:
    """Raise AWS's error for a limit under 1; a Query's and a Scan's are not worded alike."""
    if (limit := request.get("Limit")) is not None and limit < 1:
        rule = "Member must have value greater than or equal to 1"
        if is_query:
            raise validation_error(
                f"1 validation error detected: Value at 'Limit' failed to satisfy constraint: {rule}"
            )
        raise one_failure(f"'{limit}'", "limit", rule)


def check_select(request: Request, is_query: bool) -> None:
    """Raise AWS's error for a `Select` that does not go with the attributes asked for, or with no index.

    "Query" and "Scan", Select. A Query's errors begin as those of the rules do.
    """
    select = request.get("Select")
    chosen = next((one for one in ("ProjectionExpression", "AttributesToGet") if request.get(one) is not None), None)
    problem = ""
    if select == "SPECIFIC_ATTRIBUTES" and chosen is None:
        problem = "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
    elif select not in (None, "SPECIFIC_ATTRIBUTES") and chosen:
        problem = f"Cannot specify the {chosen} when choosing to get {DESCRIPTIONS.get(select, select)}"
    elif select == "ALL_PROJECTED_ATTRIBUTES" and request.get("IndexName") is None:
        problem = "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
    if problem:
        raise validation_error(("1 validation error detected: " if is_query else "") + problem)


def check_segments(request: Request) -> None:
    """Raise AWS's error for a segment that is not one of so many; "Scan", Segment and TotalSegments."""
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is not None and total is None:
        raise validation_error(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is "
            "present"
        )
    if total is None:
        return
    if segment is None:
        raise validation_error(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is "
            "present"
        )
    for value, member, least, most in ((segment, "segment", 0, 999_999), (total, "totalSegments", 1, 1_000_000)):
        if value < least:
            raise one_failure(f"'{value}'", member, f"Member must have value greater than or equal to {least}")
        if value > most:
            raise one_failure(f"'{value}'", member, f"Member must have value less than or equal to {most}")
    if segment >= total:
        raise validation_error(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )


def read_start_key(request: Request) -> Item | None:
    """Return the key to start after; raises AWS's error for a value that it refuses."""
    key: Item | None = request.get("ExclusiveStartKey")
    if key is None:
        return None
    try:
        return checked_item(key)
    except Exception as error:
        if any(text in str(error) for text in BARE_PROBLEMS):
            raise
        raise validation_error(f"{WRONG_START}: {error}") from error


def find_queried_index(table: Table, request: Request) -> SecondaryIndex | None:
    """Return the index that is asked for, None for the table itself; raises AWS's error if it is not there."""
    if (name := request.get("IndexName")) is None:
        return None
    if (index := find_index(table, name)) is None:
        raise validation_error(f"The table does not have the specified index: {name}")
    if request.get("ConsistentRead") and is_global(table, index):
        raise validation_error("Consistent reads are not supported on global secondary indexes")
    return index


def check_start_length(table: Table, key: Item, keys: Sequence[str], is_scan: bool) -> None:
    """Raise AWS's error for a start key with too few or too many parts; `keys` are the index's or the table's."""
    own = key_names(table)
    if len(key) != len({*own, *keys}):
        problem = ": The provided key element does not match the schema" if is_scan and list(keys) == own else ""
        raise validation_error(WRONG_START + problem)


def check_start_part(table: Table, key: Item, name: str) -> None:
    """Raise AWS's error for a start key that lacks this part, or has it of another type."""
    if name not in key:
        raise validation_error(WRONG_START)
    check_key(table, key, [name])


def check_start_in_table(table: Table, key: Item) -> None:
    """Raise AWS's error for a start key whose part for the table, rather than for the index, is not the table's."""
    try:
        check_key(table, key, key_names(table))
    except Exception as error:
        raise validation_error(f"{WRONG_START}: {error}") from error


def check_projected(table: Table, index: SecondaryIndex, request: Request, paths: Sequence[Path] | None) -> None:
    """Raise AWS's error for attributes that a global index does not have; a local one fetches them from the table."""
    if not is_global(table, index) or (names := index_names(table, index)) is None:
        return
    if request.get("Select") == "ALL_ATTRIBUTES":
        raise validation_error(
            f"{INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} because its "
            "projection type is not ALL"
        )
    missing = [str(path.parts[0]) for path in paths or () if path.parts[0] not in names]
    if missing:
        raise validation_error(f"{INVALID}Global secondary index {index.name} does not project [{', '.join(missing)}]")
