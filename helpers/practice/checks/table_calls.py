"""What calls put in the practice's table, or read from it, as the journal tells."""

from collections.abc import Iterator
from typing import Any

from helpers.emulator.journal import Entry, Kind
from helpers.practice.checkpoints import TABLE

# As the API gives it: attribute -> {type: value}.
type Item = dict[str, dict[str, Any]]

READS_BY_KEY = ("GetItem", "BatchGetItem", "TransactGetItems", "Query", "ExecuteStatement")


def puts(entry: Entry) -> list[Item]:
    """Return the items that a call puts in the table, or tried to."""
    return [request.get("Item", {}) for operation, request in _writes(entry) if operation.startswith("Put")]


def is_put(entry: Entry) -> bool:
    """Tell whether a call puts items in the table, or tried to, by PartiQL too."""
    return bool(puts(entry)) or ("INSERT" in str(entry.parameters.get("Statement")).upper() and is_about_table(entry))


def lacks_user(refusal: Entry) -> bool:
    """Tell whether a put was refused because an item has no User; batches and transactions say it in other words."""
    return "Missing the key User" in refusal.message or (
        refusal.name != "PutItem" and any("User" not in item for item in puts(refusal))
    )


def is_about_table(entry: Entry) -> bool:
    """Tell whether a call's parameters name the practice's table, wherever."""
    return TABLE in str(entry.parameters)


def reads(entry: Entry, *names: str) -> bool:
    """Tell whether an accepted call with one of those names reads the table."""
    if entry.name not in names or entry.failed or not is_about_table(entry):
        return False
    return entry.name != "ExecuteStatement" or entry.parameters["Statement"].lstrip().lower().startswith("select")


def shows(entry: Entry, user: str) -> bool:
    """Tell whether a call shows the item of `user`, if it is there."""
    if entry.name == "GetItem" and user_of(entry.parameters.get("Key", {})) != user:
        return False
    return reads(entry, "Scan", *READS_BY_KEY)


def user_of(item: Item) -> str:
    """Return the user of an item or of its key; empty if it has none that is a text."""
    value = item.get("User")
    return str(value.get("S", "")) if isinstance(value, dict) else ""


def has_email(item: Item) -> bool:
    """Tell whether an item has an Email; the handout writes EMail too."""
    return any(name.lower() == "email" for name in item)


def history(entries: list[Entry]) -> Iterator[tuple[Entry, dict[str, bool]]]:
    """Yield each entry with the table's users just before it, and whether each has an Email."""
    users: dict[str, bool] = {}
    for entry in entries:
        yield entry, dict(users)
        if entry.kind is Kind.STOP or entry.name == "DeleteTable":
            users.clear()
        elif not entry.failed:
            for operation, request in _writes(entry):
                _apply(operation, request, users)


def _apply(operation: str, request: dict[str, Any], users: dict[str, bool]) -> None:
    item = request.get("Item") or request.get("Key") or {}
    user, changes = user_of(item), str(request).lower()
    if operation.startswith("Put"):
        users[user] = has_email(item)
    elif operation.startswith("Delete"):
        users.pop(user, None)
    else:
        users[user] = "remove" not in changes if "email" in changes else users.get(user, False)


def _writes(entry: Entry) -> list[tuple[str, dict[str, Any]]]:
    """Return what a call writes in the table, one by one: (Put…, Update… or Delete…, parameters as PutItem's…)."""
    given = entry.parameters
    found: list[tuple[str, dict[str, Any]]] = []
    if entry.name in ("PutItem", "UpdateItem", "DeleteItem"):
        found = [(entry.name, given)]
    elif entry.name == "BatchWriteItem":
        for table, requests in given.get("RequestItems", {}).items():
            found += [(name, {"TableName": table} | one) for request in requests for name, one in request.items()]
    elif entry.name == "TransactWriteItems":
        found = [action for one in given.get("TransactItems", []) for action in one.items() if "Check" not in action[0]]
    return [(name, one) for name, one in found if str(one.get("TableName")).rpartition("/")[2] == TABLE]
