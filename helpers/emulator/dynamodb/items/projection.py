"""ProjectionExpression: reading one, and the part of an item that it keeps.

"Using projection expressions in DynamoDB". A part inside a list keeps its order, and not its position.
"""

from collections.abc import Iterable
from typing import Any

from helpers.emulator.dynamodb.items.syntax import Path, Placeholders, Reader
from helpers.emulator.dynamodb.items.values import Item, Value

RESERVED, PLACEHOLDER, OVERLAP, CONFLICT = range(4)


def read_projection(text: str, placeholders: Placeholders) -> list[Path]:
    """Return the paths to keep; raises AWS's error if the expression is wrong."""
    reader = Reader(text, "ProjectionExpression", placeholders)
    paths = [reader.path()]
    while reader.tokens.take_symbol(","):
        paths.append(reader.path())
    if reader.tokens.current.kind != "end":
        raise reader.tokens.out_of_place()
    reader.check_overlaps(paths, (OVERLAP,), (CONFLICT,))
    reader.raise_problem()
    return paths


def projected(item: Item, paths: Iterable[Path]) -> Item:
    """Return what the item has at these paths."""
    kept: Item = {}
    tree: dict[str | int, Any] = {}
    for path in paths:
        branch = tree
        for part in path.parts:
            branch = branch.setdefault(part, {})
    for name, branch in tree.items():
        if name in item and (value := _kept(item[str(name)], branch)) is not None:
            kept[str(name)] = value
    return kept


def _kept(value: Value, branch: dict[str | int, Any]) -> Value | None:
    if not branch:
        return value
    if "M" in value:
        inside = {
            name: part
            for name, below in branch.items()
            if name in value["M"] and (part := _kept(value["M"][name], below)) is not None
        }
        return {"M": inside} if inside else None
    if "L" in value:
        members = [
            part
            for position, below in sorted(branch.items(), key=lambda one: str(one[0]).zfill(9))
            if isinstance(position, int)
            and position < len(value["L"])
            and (part := _kept(value["L"][position], below)) is not None
        ]
        return {"L": members} if members else None
    return None
