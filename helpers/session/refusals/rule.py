"""A rule: when it applies to a refusal, and what it says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers.session.context import Context

REPEAT = "y repite esta celda."


@dataclass(frozen=True)
class Rule:
    """What to say of a refusal whose message matches `pattern` and whose operation matches `operation`.

    In `text`, `{name}` stands for a group of the pattern, `{name_n}` for its length, `{first}` for the cell to start
    the section with, `{again}` for the sentence that says how to run everything again, and `{Key}` or `{BucketName}`
    for what else AWS answered.
    """

    text: str
    pattern: str = ""
    operation: str = ""

    def text_for(self, operation: str, message: str, details: Mapping[str, Any], context: Context) -> str | None:
        """Return what to say of a refusal, or None if the rule is not for it."""
        found = re.search(self.pattern, message)
        if not found or not re.match(self.operation, operation):
            return None
        groups = {name: value or "" for name, value in found.groupdict().items()}
        lengths = {f"{name}_n": str(len(value)) for name, value in groups.items()}
        where = {"first": context.first_cell, "again": context.from_the_start("ejecuta")}
        return self.text.format_map(_Known({**details, **groups, **lengths, **where}))


class _Known(dict[str, Any]):
    """What a text may name; AWS leaves some of it out."""

    def __missing__(self, name: str) -> str:
        return "…"


def all_of(text: str, *codes: str) -> dict[str, tuple[Rule, ...]]:
    """Return the rules of codes that mean the same."""
    return dict.fromkeys(codes, (Rule(text),))
