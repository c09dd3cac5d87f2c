"""What commands have in common: their options, in Spanish, and a line of progress."""

import argparse
import sys
from collections.abc import Iterable
from typing import NoReturn, Protocol


class SpanishHelp(argparse.RawDescriptionHelpFormatter):
    """argparse's help with its own words in Spanish."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Start the usage line with «uso»."""
        super().add_usage(usage, actions, groups, "uso: ")


class SpanishParser(argparse.ArgumentParser):
    """An argument parser that reports a wrong command line in Spanish."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2 after showing the wrong command line and the help."""
        self.exit(2, f"{self.prog}: no entiendo «{' '.join(sys.argv[1:])}».\n{self.format_help()}")


class Say(Protocol):
    """What shows a line of progress, as `progress` does."""

    def __call__(self, text: str, final: bool = False) -> None:
        """Show `text`; it stays, and needs no terminal, if it is `final`."""


def progress(text: str, final: bool = False) -> None:
    """Show `text` over the previous progress; without a terminal, only if it is `final`."""
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text}", end="\n" if final else "", flush=True)
    elif final:
        print(text, flush=True)
