"""Reads an UpdateExpression; "Using update expressions in DynamoDB"."""

from collections.abc import Iterator
from dataclasses import dataclass

from helpers.emulator.dynamodb.items.syntax import Call, Operand, Path, Placeholders, Reader, known_type, paths_in

CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
OPERANDS = {"if_not_exists": 2, "list_append": 2, "+": 2, "-": 2}
# What ADD and DELETE take, and how AWS calls the others.
ADDED, DELETED = ("N", "SS", "NS", "BS"), ("SS", "NS", "BS")
TYPE_NAMES = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "NULL": "NULL", "BOOL": "BOOLEAN", "L": "LIST", "M": "MAP"}

# What is wrong with an expression, from what AWS tells first.
RESERVED, UNKNOWN_FUNCTION, REPEATED_CLAUSE, NAME, VALUE, OVERLAP, CONFLICT, OPERAND, FUNCTION = range(9)


@dataclass(frozen=True, slots=True)
class Change:
    """What a clause does to a path; a REMOVE has no value."""

    clause: str
    path: Path
    value: Operand | None = None


def read_update(text: str, placeholders: Placeholders) -> list[Change]:
    """Return the changes; raises AWS's error if the expression is wrong."""
    return _UpdateReader(text, placeholders).read()


class _UpdateReader(Reader):
    def __init__(self, text: str, placeholders: Placeholders) -> None:
        super().__init__(text, "UpdateExpression", placeholders)
        self.reserved_rank, self.name_rank, self.value_rank = (RESERVED,), (NAME,), (VALUE,)

    def keywords(self) -> tuple[str, ...]:
        return CLAUSES

    def read(self) -> list[Change]:
        changes: list[Change] = []
        clauses: set[str] = set()
        while self.tokens.current.kind != "end" or not clauses:
            if not self.tokens.is_keyword(*CLAUSES):
                raise self.tokens.out_of_place()
            clause = self.tokens.take().text.upper()
            if clause in clauses:
                self.problem(
                    (REPEATED_CLAUSE,), f'The "{clause}" section can only be used once in an update expression;'
                )
            clauses.add(clause)
            changes.append(self._change(clause))
            while self.tokens.take_symbol(","):
                changes.append(self._change(clause))
        self.check_overlaps([change.path for change in changes], (OVERLAP,), (CONFLICT,))
        self.raise_problem()
        return changes

    def _change(self, clause: str) -> Change:
        path = self.path()
        match clause:
            case "SET":
                self.tokens.expect("=")
                return Change(clause, path, self._sum())
            case "REMOVE":
                return Change(clause, path)
        value = self.constant()
        kind = known_type(value)
        if kind and kind not in (ADDED if clause == "ADD" else DELETED):
            self.problem(
                (OPERAND,),
                "Incorrect operand type for operator or function; "
                f"operator: {clause}, operand type: {TYPE_NAMES[kind]}",
            )
        return Change(clause, path, value)

    def _sum(self) -> Operand:
        left = self._operand()
        if self.tokens.is_symbol("+", "-"):
            return self._checked(Call(self.tokens.take().text, (left, self._operand())))
        return left

    def _operand(self) -> Operand:
        if self.tokens.take_symbol("("):
            inside = self._sum()
            self.tokens.expect(")")
            return inside
        if self.is_constant():
            return self.constant()
        if self.tokens.current.kind == "name" and self.tokens.following.text == "(":
            return self._function()
        return self.path()

    def _function(self) -> Call:
        name = self.tokens.take().text
        self.tokens.expect("(")
        operands = [self._operand()]
        while self.tokens.take_symbol(","):
            operands.append(self._operand())
        self.tokens.expect(")")
        return self._checked(Call(name, tuple(operands)))

    def _checked(self, call: Call) -> Call:
        name, number = call.name, len(call.operands)
        if name not in OPERANDS:
            self.problem((UNKNOWN_FUNCTION,), f"Invalid function name; function: {name}")
        elif number != OPERANDS[name]:
            self.problem(
                (FUNCTION,),
                "Incorrect number of operands for operator or function; "
                f"operator or function: {name}, number of operands: {number}",
            )
        elif name == "if_not_exists":
            if not isinstance(call.operands[0], Path):
                self.problem(
                    (FUNCTION,), f"Operator or function requires a document path; operator or function: {name}"
                )
        else:
            wanted = "L" if name == "list_append" else "N"
            for operand in call.operands:
                if (kind := known_type(operand)) and kind != wanted:
                    self.problem(
                        (FUNCTION,),
                        "Incorrect operand type for operator or function; "
                        f"operator or function: {name}, operand type: {kind}",
                    )
        return call


def result_type(operand: Operand) -> str:
    """Return the type that an operand is sure to have; "" if that depends on the item."""
    if not isinstance(operand, Call):
        return known_type(operand)
    if operand.name == "if_not_exists":
        return result_type(operand.operands[1])
    return "L" if operand.name == "list_append" else "N"


def paths_of(change: Change) -> Iterator[Path]:
    """Yield the paths that a change writes and reads."""
    yield change.path
    if change.value is not None:
        yield from paths_in(change.value)
