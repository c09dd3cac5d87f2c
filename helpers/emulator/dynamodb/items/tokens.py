"""The words of an expression, and AWS's message about one that is out of place."""

import re
from dataclasses import dataclass

from helpers.emulator.dynamodb.items.request_errors import RequestError

TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<placeholder>[#:][A-Za-z0-9_]+)|(?P<digits>[0-9]+)"
    r"|(?P<symbol><>|<=|>=|\S))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its text, its kind (name, placeholder, digits, symbol or end), and where it is."""

    text: str
    kind: str
    start: int
    end: int


class Tokens:
    """The words of one expression, read from left to right; `what` is the parameter's name."""

    def __init__(self, text: str, what: str) -> None:
        self.text, self.what, self.position = text, what, 0
        self._words = [
            Token(found[found.lastgroup or ""], found.lastgroup or "", found.start(found.lastgroup or 0), found.end())
            for found in TOKEN.finditer(text)
        ]
        self._words.append(Token("<EOF>", "end", len(text), len(text)))

    @property
    def current(self) -> Token:
        """The word to read next; of kind "end" after the last."""
        return self._words[self.position]

    @property
    def following(self) -> Token:
        """The word after the current one."""
        return self._words[min(self.position + 1, len(self._words) - 1)]

    def take(self) -> Token:
        """Return the current word and go on to the next."""
        token = self.current
        self.position += token.kind != "end"
        return token

    def is_keyword(self, *keywords: str) -> bool:
        """Tell whether the current word is one of these, in any case."""
        return self.current.kind == "name" and self.current.text.upper() in keywords

    def is_symbol(self, *symbols: str) -> bool:
        """Tell whether the current word is one of these signs."""
        return self.current.kind == "symbol" and self.current.text in symbols

    def take_keyword(self, *keywords: str) -> bool:
        """Tell whether the current word is one of these, and if so go on."""
        found = self.is_keyword(*keywords)
        self.position += found
        return found

    def take_symbol(self, *symbols: str) -> bool:
        """Tell whether the current word is one of these signs, and if so go on."""
        found = self.is_symbol(*symbols)
        self.position += found
        return found

    def expect(self, symbol: str) -> None:
        """Go past this sign; raises AWS's syntax error if the current word is another."""
        if not self.take_symbol(symbol):
            raise self.out_of_place()

    def out_of_place(self) -> Exception:
        """Return AWS's syntax error about the current word, which it shows between its neighbours."""
        before = self._words[max(self.position - 1, 0)]
        after = before if self.current.kind == "end" else self.following
        near = self.text[before.start : after.end]
        return self.error(f'Syntax error; token: "{self.current.text}", near: "{near}"')

    def error(self, message: str) -> Exception:
        """Return AWS's error about this expression."""
        return RequestError(f"Invalid {self.what}: {message}")
