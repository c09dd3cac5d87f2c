"""Reads a condition: ConditionExpression, FilterExpression and KeyConditionExpression.

"Condition and filter expressions, operators, and functions in DynamoDB".
"""

import base64
from typing import Any

from helpers.emulator.dynamodb.items.comparison import in_order
from helpers.emulator.dynamodb.items.syntax import Call, Constant, Operand, Path, Placeholders, Reader, known_type
from helpers.emulator.dynamodb.items.values import Value, type_of

COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
KEYWORDS = ("AND", "OR", "NOT", "BETWEEN", "IN")
OPERANDS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
TYPES = ("S", "N", "B", "NULL", "SS", "BOOL", "L", "BS", "NS", "M")

# What is wrong with an expression, from what AWS tells first. The rest is told by conditions, from left to right.
PARENTHESES, UNKNOWN_FUNCTION, MISUSED_FUNCTION, RESERVED, IN_CONDITION = range(5)
PLACEHOLDER, NUMBER_OF_OPERANDS, DISTINCT, TYPE = range(4)


def read_condition(text: str, what: str, placeholders: Placeholders) -> Call:
    """Return the condition; raises AWS's error if the expression is wrong."""
    return _ConditionReader(text, what, placeholders).read()


class _ConditionReader(Reader):
    def __init__(self, text: str, what: str, placeholders: Placeholders) -> None:
        super().__init__(text, what, placeholders)
        self.reserved_rank = (RESERVED,)
        self._conditions = 0
        self._number_condition()
        self._last_group = (-1, -1)

    def keywords(self) -> tuple[str, ...]:
        return KEYWORDS

    def read(self) -> Call:
        condition = self._as_condition(self._alternatives())
        if self.tokens.current.kind != "end":
            raise self.tokens.out_of_place()
        self.raise_problem()
        return condition

    def _number_condition(self) -> None:
        self.name_rank = self.value_rank = (IN_CONDITION, self._conditions, PLACEHOLDER)

    def _end_of_condition(self) -> None:
        self._conditions += 1
        self._number_condition()

    def _alternatives(self) -> Operand:
        left = self._conjunction()
        while self.tokens.is_keyword("OR"):
            left = self._join("OR", left, self._conjunction)
        return left

    def _conjunction(self) -> Operand:
        left = self._negation()
        while self.tokens.is_keyword("AND"):
            left = self._join("AND", left, self._negation)
        return left

    def _join(self, operator: str, left: Operand, read_right: Any) -> Call:
        first = self._as_condition(left)
        self.tokens.take()
        return Call(operator, (first, self._as_condition(read_right())))

    def _negation(self) -> Operand:
        if self.tokens.take_keyword("NOT"):
            return Call("NOT", (self._as_condition(self._negation()),))
        return self._comparison()

    def _comparison(self) -> Operand:
        left = self._primary()
        if self.tokens.is_symbol(*COMPARATORS):
            self._as_operand(left)
            operator = self.tokens.take().text
            condition = Call(operator, (left, self._operand()))
            self._check_distinct(condition)
        elif self.tokens.is_keyword("BETWEEN"):
            self._as_operand(left)
            self.tokens.take()
            low = self._operand()
            if not self.tokens.take_keyword("AND"):
                raise self.tokens.out_of_place()
            condition = Call("BETWEEN", (left, low, self._operand()))
            self._check_bounds(low, condition.operands[2])
        elif self.tokens.is_keyword("IN"):
            self._as_operand(left)
            self.tokens.take()
            self.tokens.expect("(")
            condition = Call("IN", (left, *self._list()))
        else:
            if isinstance(left, Call) and left.name in OPERANDS:
                self._end_of_condition()
            return left
        self._end_of_condition()
        return condition

    def _operand(self) -> Operand:
        return self._as_operand(self._primary())

    def _list(self) -> list[Operand]:
        operands = [self._operand()]
        while self.tokens.take_symbol(","):
            operands.append(self._operand())
        self.tokens.expect(")")
        return operands

    def _primary(self) -> Operand:
        if self.tokens.is_symbol("("):
            return self._group()
        if self.is_constant():
            return self.constant()
        if self.tokens.current.kind == "name" and self.tokens.following.text == "(":
            if self.tokens.is_keyword(*KEYWORDS):
                raise self.tokens.out_of_place()
            return self._function()
        return self.path()

    def _group(self) -> Operand:
        start = self.tokens.position
        self.tokens.take()
        inside = self._alternatives()
        end = self.tokens.position
        self.tokens.expect(")")
        if self._last_group == (start + 1, end - 1):
            self.problem((PARENTHESES,), "The expression has redundant parentheses;")
        self._last_group = (start, end)
        return self.path(inside) if isinstance(inside, Path) else inside

    def _function(self) -> Call:
        name = self.tokens.take().text
        self.tokens.expect("(")
        call = Call(name, tuple(self._list()))
        if name not in OPERANDS:
            self.problem((UNKNOWN_FUNCTION,), f"Invalid function name; function: {name}")
        elif len(call.operands) != OPERANDS[name]:
            self._wrong(
                NUMBER_OF_OPERANDS,
                "Incorrect number of operands for operator or function; "
                f"operator or function: {name}, number of operands: {len(call.operands)}",
            )
        else:
            self._check_distinct(call)
            self._check_operands(call)
        return call

    def _as_condition(self, operand: Operand) -> Call:
        """Return the operand, which has to be true or false."""
        if not isinstance(operand, Call):
            raise self.tokens.out_of_place()
        if operand.name == "size":
            self._misused("size")
        return operand

    def _as_operand(self, operand: Operand) -> Operand:
        """Return the operand, which has to have a value."""
        if isinstance(operand, Call) and operand.name != "size":
            if operand.name in COMPARATORS or operand.name in KEYWORDS:
                raise self.tokens.out_of_place()
            self._misused(operand.name)
        return operand

    def _misused(self, name: str) -> None:
        message = "The function is not allowed to be used this way in an expression; function: "
        self.problem((MISUSED_FUNCTION,), message + name)

    def _wrong(self, kind: int, message: str) -> None:
        self.problem((IN_CONDITION, self._conditions, kind), message)

    def _check_distinct(self, call: Call) -> None:
        first, *others = call.operands
        if isinstance(first, Path) and first in others:
            self._wrong(
                DISTINCT,
                "The first operand must be distinct from the remaining operands for this operator or function; "
                f"operator: {call.name}, first operand: {first}",
            )

    def _check_bounds(self, low: Operand, high: Operand) -> None:
        if not (isinstance(low, Constant) and isinstance(high, Constant) and low.value and high.value):
            return
        if known_type(low) != known_type(high):
            rule = "same data type for lower and upper bounds"
        elif not in_order(low.value, high.value):
            rule = "upper bound to be greater than or equal to lower bound"
        else:
            return
        bounds = f"lower bound operand: {_shown(low.value)}, upper bound operand: {_shown(high.value)}"
        self._wrong(TYPE, f"The BETWEEN operator requires {rule}; {bounds}")

    def _check_operands(self, call: Call) -> None:
        first, last = call.operands[0], call.operands[-1]
        match call.name:
            case "attribute_exists" | "attribute_not_exists" if not isinstance(first, Path):
                self._wrong(TYPE, f"Operator or function requires a document path; operator or function: {call.name}")
            case "begins_with":
                for operand in call.operands:
                    if (kind := _sure_type(operand)) and kind not in ("S", "B"):
                        self._wrong_type(call.name, kind)
            case "size" if _sure_type(first) in ("N", "BOOL", "NULL"):
                self._wrong_type(call.name, _sure_type(first))
            case "attribute_type":
                self._check_type_name(last)

    def _check_type_name(self, operand: Operand) -> None:
        kind = _sure_type(operand)
        if kind != "S":
            if not isinstance(operand, Constant) or operand.value:
                self._wrong_type("attribute_type", kind or "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        elif isinstance(operand, Constant) and operand.value["S"] not in TYPES:
            self._wrong(
                TYPE,
                f"Invalid attribute type name found; type: {operand.value['S']}, "
                "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
            )

    def _wrong_type(self, name: str, kind: str) -> None:
        self._wrong(
            TYPE,
            f"Incorrect operand type for operator or function; operator or function: {name}, operand type: {kind}",
        )


def _shown(value: Value) -> str:
    kind = type_of(value)
    content = base64.b64encode(value[kind]).decode() if kind == "B" else value[kind]
    return f"AttributeValue: {{{kind}:{content}}}"


def _sure_type(operand: Operand) -> str:
    return "N" if isinstance(operand, Call) and operand.name == "size" else known_type(operand)
