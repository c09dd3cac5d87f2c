"""What an expression is made of once it is read, and what its readers share: paths, placeholders, functions' operands.

AWS reads a whole expression before it complains of what its words mean, and then of one thing only: the readers note
what is wrong with its rank, and the lowest is what is raised at the end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from helpers.emulator.dynamodb.items.tokens import Tokens
from helpers.emulator.dynamodb.items.values import Value, type_of

type Operand = Path | Constant | Call
# A kind of problem comes before another; inside a condition or a function, then by its place.
type Rank = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A document path, its placeholders replaced: names of attributes, and positions in lists."""

    parts: tuple[str | int, ...]

    def __str__(self) -> str:
        return f"[{', '.join(f'[{part}]' if isinstance(part, int) else part for part in self.parts)}]"


@dataclass(frozen=True, slots=True)
class Constant:
    """The value of a `:placeholder`."""

    value: Value


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with its operands: such as `size`, `=`, `AND` or `+`."""

    name: str
    operands: tuple[Operand, ...]


class Placeholders:
    """A request's `ExpressionAttributeNames` and `ExpressionAttributeValues`, and which of them were used."""

    def __init__(self, names: Mapping[str, str], values: Mapping[str, Value]) -> None:
        self.names, self.values = names, values
        self.used: set[str] = set()


class Reader:
    """Reads the parts that all expressions share."""

    def __init__(self, text: str, what: str, placeholders: Placeholders) -> None:
        self.tokens = Tokens(text, what)
        self.placeholders = placeholders
        self._problems: list[tuple[Rank, str]] = []
        # The ranks of what a word can be; a subclass gives its own.
        self.reserved_rank: Rank = (0,)
        self.name_rank: Rank = (1,)
        self.value_rank: Rank = (1,)

    def problem(self, rank: Rank, message: str) -> None:
        """Note what is wrong, to be raised if nothing of a lower rank is."""
        self._problems.append((rank, message))

    def raise_problem(self) -> None:
        """Raise AWS's error about the first problem of the lowest rank, if there is any."""
        if self._problems:
            raise self.tokens.error(min(self._problems, key=lambda one: one[0])[1])

    def path(self, head: Path | None = None) -> Path:
        """Read a document path, `a.b[0].#c`, or what follows the part that was read."""
        parts: list[str | int] = list(head.parts) if head else [self._attribute()]
        while self.tokens.is_symbol(".", "["):
            if self.tokens.take().text == ".":
                parts.append(self._attribute())
            else:
                if self.tokens.current.kind != "digits":
                    raise self.tokens.out_of_place()
                parts.append(int(self.tokens.take().text))
                self.tokens.expect("]")
        return Path(tuple(parts))

    def constant(self) -> Constant:
        """Read a `:placeholder`."""
        if not self._is_placeholder(":"):
            raise self.tokens.out_of_place()
        name = self.tokens.take().text
        if name not in self.placeholders.values:
            message = "An expression attribute value used in expression is not defined; attribute value: "
            self.problem(self.value_rank, message + name)
            return Constant({})
        self.placeholders.used.add(name)
        return Constant(self.placeholders.values[name])

    def is_constant(self) -> bool:
        """Tell whether a `:placeholder` comes now."""
        return self._is_placeholder(":")

    def is_path(self) -> bool:
        """Tell whether a name or a `#placeholder` comes now."""
        return self.tokens.current.kind == "name" or self._is_placeholder("#")

    def _is_placeholder(self, sign: str) -> bool:
        return self.tokens.current.kind == "placeholder" and self.tokens.current.text[0] == sign

    def _attribute(self) -> str:
        if not self.is_path() or self.tokens.is_keyword(*self.keywords()):
            raise self.tokens.out_of_place()
        token = self.tokens.take()
        if token.kind == "name":
            if token.text.upper() in _reserved_words():
                message = "Attribute name is a reserved keyword; reserved keyword: "
                self.problem(self.reserved_rank, message + token.text)
            return token.text
        if token.text not in self.placeholders.names:
            message = "An expression attribute name used in the document path is not defined; attribute name: "
            self.problem(self.name_rank, message + token.text)
            return token.text
        self.placeholders.used.add(token.text)
        return self.placeholders.names[token.text]

    def keywords(self) -> tuple[str, ...]:
        """Return the words that structure this kind of expression, which are no attribute's name there."""
        return ()

    def check_overlaps(self, paths: list[Path], overlap_rank: Rank, conflict_rank: Rank) -> None:
        """Note the first two paths of which one is, or is inside, the other; or that see one place as list and map."""
        for number, second in enumerate(paths):
            for first in paths[:number]:
                if kind := _relation(first, second):
                    message = (
                        f"Two document paths {kind} with each other; must remove or rewrite one of these paths; "
                        f"path one: {first}, path two: {second}"
                    )
                    self.problem(overlap_rank if kind == "overlap" else conflict_rank, message)


def _relation(first: Path, second: Path) -> str:
    for one, other in zip(first.parts, second.parts, strict=False):
        if type(one) is not type(other):
            return "conflict"
        if one != other:
            return ""
    return "overlap"


def known_type(operand: Operand) -> str:
    """Return the type of an operand that is a placeholder's value; "" for any other."""
    return type_of(operand.value) if isinstance(operand, Constant) and operand.value else ""


def paths_in(operand: Operand) -> Iterator[Path]:
    """Yield the paths that a condition has."""
    if isinstance(operand, Path):
        yield operand
    elif isinstance(operand, Call):
        for inside in operand.operands:
            yield from paths_in(inside)


@cache
def _reserved_words() -> frozenset[str]:
    """Return the words of "Reserved words in DynamoDB", as moto keeps them."""
    return frozenset(ReservedKeywords.get_reserved_keywords())
