"""Reads a PartiQL statement: "PartiQL - a SQL-compatible query language for Amazon DynamoDB".

It becomes the conditions and changes that expressions are. What is not read here, as what DynamoDB does not take
either, ends in AWS's error for a statement that is not well formed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from helpers.emulator.dynamodb.items.syntax import Call, Constant, Operand, Path
from helpers.emulator.dynamodb.items.update_reader import Change
from helpers.emulator.dynamodb.items.values import Item, Value, checked, type_of
from helpers.emulator.dynamodb.operations import validation_error

TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*")|(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<symbol><<|>>|<>|!=|<=|>=|\S))""",
    re.VERBOSE,
)
COMPARATORS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
FUNCTIONS = ("begins_with", "contains", "attribute_type")
TYPES = {"NULL": "NULL", "BOOLEAN": "BOOL", "BLOB": "B", "STRING": "S", "NUMERIC": "N", "STRUCT": "M", "LIST": "L"}


@dataclass(slots=True)
class Statement:
    """A statement that was read."""

    kind: str  # SELECT, INSERT, UPDATE, DELETE or EXISTS
    table: str = ""
    index: str | None = None
    paths: list[Path] | None = None
    condition: Call | None = None
    item: Item = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    order: tuple[str, bool] | None = None  # the attribute, and whether it falls
    returning: str | None = None  # such as "ALL OLD"


def read_statement(text: str, parameters: Sequence[Value]) -> Statement:
    """Return what the statement says; raises AWS's error if it is not well formed."""
    reader = _StatementReader(text, [checked(one) for one in parameters])
    statement = reader.statement()
    reader.take(";")
    if reader.kind:
        raise reader.malformed("Unexpected token after expression")
    if reader.parameters:
        raise _parameters_differ()
    return statement


def _parameters_differ() -> Exception:
    return validation_error("Number of parameters in request and statement don't match.")


class _StatementReader:
    def __init__(self, text: str, parameters: list[Value]) -> None:
        self._words = [(found.lastgroup or "", found[found.lastgroup or 0]) for found in TOKEN.finditer(text)]
        self._position = 0
        self.parameters = parameters

    @property
    def kind(self) -> str:
        return self._words[self._position][0] if self._position < len(self._words) else ""

    @property
    def word(self) -> str:
        return self._words[self._position][1] if self.kind else ""

    def malformed(self, problem: str) -> Exception:
        return validation_error(f"Statement wasn't well formed, can't be processed: {problem}")

    def is_next(self, *words: str) -> bool:
        return self.kind in ("word", "symbol") and self.word.upper() in words

    def take(self, *words: str) -> str:
        """Return the current word if it is one of these, and go on; "" otherwise."""
        found = self.word.upper() if self.is_next(*words) else ""
        self._position += bool(found)
        return found

    def expect(self, *words: str) -> str:
        if found := self.take(*words):
            return found
        raise self.malformed(f"Expected {' or '.join(words)}")

    def statement(self) -> Statement:
        match self.take("SELECT", "INSERT", "UPDATE", "DELETE", "EXISTS"):
            case "SELECT":
                return self._select()
            case "INSERT":
                self.expect("INTO")
                statement = self._of_table("INSERT")
                self.expect("VALUE")
                value = self._value()
                if type_of(value) != "M":
                    raise self.malformed("Expected struct")
                statement.item = value["M"]
                return statement
            case "UPDATE":
                statement = self._of_table("UPDATE")
                while self.is_next("SET", "REMOVE"):
                    statement.changes += self._changes()
                return self._where(statement)
            case "DELETE":
                self.expect("FROM")
                return self._where(self._of_table("DELETE"))
            case "EXISTS":
                self.expect("(")
                self.expect("SELECT")
                statement = self._select()
                self.expect(")")
                statement.kind = "EXISTS"
                return statement
        raise self.malformed("Expected data manipulation")

    def _of_table(self, kind: str) -> Statement:
        statement = Statement(kind, self._name())
        if self.take("."):
            statement.index = self._name()
        return statement

    def _select(self) -> Statement:
        paths = None if self.take("*") else self._list_of(self._path)
        self.expect("FROM")
        statement = self._where(self._of_table("SELECT"))
        statement.paths = paths
        if self.take("ORDER"):
            self.expect("BY")
            statement.order = self._name(), self.take("ASC", "DESC") == "DESC"
        return statement

    def _where(self, statement: Statement) -> Statement:
        if self.take("WHERE"):
            statement.condition = self._alternatives()
        if self.take("RETURNING"):
            statement.returning = f"{self.expect('ALL', 'MODIFIED')} {self.expect('OLD', 'NEW')}"
            self.expect("*")
        return statement

    def _changes(self) -> list[Change]:
        if self.take("REMOVE"):
            return [Change("REMOVE", path) for path in self._list_of(self._path)]
        self.expect("SET")
        return self._list_of(self._assignment)

    def _assignment(self) -> Change:
        path = self._path()
        self.expect("=")
        if function := self.take("SET_ADD", "SET_DELETE"):
            self.expect("(")
            self._path()
            self.expect(",")
            value = self._value()
            self.expect(")")
            return Change("ADD" if function == "SET_ADD" else "DELETE", path, Constant(value))
        return Change("SET", path, self._sum())

    def _sum(self) -> Operand:
        if self.take("LIST_APPEND"):
            self.expect("(")
            operands = tuple(self._list_of(self._operand))
            self.expect(")")
            return Call("list_append", operands)
        left = self._operand()
        operator = self.take("+", "-")
        return Call(operator, (left, self._operand())) if operator else left

    def _alternatives(self) -> Call:
        left = self._conjunction()
        while self.take("OR"):
            left = Call("OR", (left, self._conjunction()))
        return left

    def _conjunction(self) -> Call:
        left = self._negation()
        while self.take("AND"):
            left = Call("AND", (left, self._negation()))
        return left

    def _negation(self) -> Call:
        if self.take("NOT"):
            return Call("NOT", (self._negation(),))
        if self.take("("):
            inside = self._alternatives()
            self.expect(")")
            return inside
        for function in FUNCTIONS:
            if self.take(function.upper()):
                self.expect("(")
                call = Call(function, tuple(self._list_of(self._operand)))
                self.expect(")")
                return call
        return self._comparison()

    def _comparison(self) -> Call:
        left = self._operand()
        if operator := self.take(*COMPARATORS):
            return Call(COMPARATORS[operator], (left, self._operand()))
        if self.take("BETWEEN"):
            low = self._operand()
            self.expect("AND")
            return Call("BETWEEN", (left, low, self._operand()))
        if self.take("IN"):
            close = {"[": "]", "(": ")"}[self.expect("[", "(")]
            call = Call("IN", (left, *self._list_of(self._operand)))
            self.expect(close)
            return call
        self.expect("IS")
        is_not = self.take("NOT")
        kind = self.expect("MISSING", *TYPES)
        if kind == "MISSING":
            return Call("attribute_exists" if is_not else "attribute_not_exists", (left,))
        call = Call("attribute_type", (left, Constant({"S": TYPES[kind]})))
        return Call("NOT", (call,)) if is_not else call

    def _operand(self) -> Operand:
        if self.take("SIZE"):
            self.expect("(")
            call = Call("size", (self._operand(),))
            self.expect(")")
            return call
        is_path = self.kind == "quoted" or (self.kind == "word" and not self.is_next("TRUE", "FALSE", "NULL"))
        return self._path() if is_path else Constant(self._value())

    def _path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while symbol := self.take(".", "["):
            if symbol == ".":
                parts.append(self._name())
            else:
                if not self.word.isdigit():
                    raise self.malformed("Unexpected path component")
                parts.append(int(self.word))
                self._position += 1
                self.expect("]")
        return Path(tuple(parts))

    def _name(self) -> str:
        kind, word = self.kind, self.word
        if kind not in ("word", "quoted"):
            raise self.malformed("Expected identifier")
        self._position += 1
        return word if kind == "word" else word[1:-1].replace('""', '"')

    def _value(self) -> Value:
        if self.take("?"):
            if not self.parameters:
                raise _parameters_differ()
            return self.parameters.pop(0)
        kind, word = self.kind, self.word
        if sign := self.take("-", "+"):
            kind, word = self.kind, sign.strip("+") + self.word
        if kind == "number":
            self._position += 1
            return checked({"N": word})
        if kind == "text":
            self._position += 1
            return {"S": word[1:-1].replace("''", "'")}
        match self.expect("TRUE", "FALSE", "NULL", "[", "{", "<<"):
            case "TRUE":
                return {"BOOL": True}
            case "FALSE":
                return {"BOOL": False}
            case "[":
                return {"L": self._members(self._value, "]")}
            case "{":
                return {"M": dict(self._members(self._pair, "}"))}
            case "<<":
                members = self._members(self._value, ">>")
                kind = type_of(members[0]) if members else "S"
                return checked({f"{kind}S": [one.get(kind) for one in members]})
        return {"NULL": True}

    def _pair(self) -> tuple[str, Value]:
        name = self._value()
        self.expect(":")
        return str(name.get("S")), self._value()

    def _list_of[T](self, read: Callable[[], T]) -> list[T]:
        found = [read()]
        while self.take(","):
            found.append(read())
        return found

    def _members[T](self, read: Callable[[], T], close: str) -> list[T]:
        found = [] if self.is_next(close) else self._list_of(read)
        self.expect(close)
        return found
