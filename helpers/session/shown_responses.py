"""Show a boto3 response without its `ResponseMetadata`, pages of which would hide what AWS answered."""

from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.lib import pretty

METADATA = "ResponseMetadata"


def install(shell: InteractiveShell) -> None:
    """Show responses so from now on; the response itself stays whole."""
    display: Any = shell.display_formatter
    formatter = display.formatters["text/plain"]
    as_ever = pretty._type_pprinters[dict]

    def show(value: dict[Any, Any], printer: Any, cycle: bool) -> None:
        metadata = value.get(METADATA)
        if cycle or not isinstance(metadata, dict) or "HTTPStatusCode" not in metadata:
            as_ever(value, printer, cycle)
            return
        as_ever({name: one for name, one in value.items() if name != METADATA}, printer, cycle)
        if not printer.indentation:  # one inside another is not a cell's result
            status, number = metadata["HTTPStatusCode"], shell.displayhook.prompt_count
            printer.text(f"\n# Sin {METADATA} (HTTP {status}); entera: print(Out[{number}])")

    formatter.for_type(dict, show)
