"""AWS's names for a function's files, in what Python tells of an error: its traceback, its message, a warning.

In AWS the code is in /var/task, its layers in /opt, the runtime in /var/runtime and Python in /var/lang. Here they are
in folders of this machine, and `__file__` and the working folder name these, so that a function can open what is beside
it.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
import warnings

# For the type checker alone: importing typing would delay the function's start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# Folders here, and the same in AWS.
_places: dict[str, str] = {}
_any_place = re.compile("$^")


def as_in_aws(text: str) -> str:
    """Return `text` with AWS's names for the function's folders."""
    return _any_place.sub(lambda here: _places[here[0]], text)


def install(task_root: str, optional: str) -> None:
    """Make tracebacks and warnings name AWS's folders; call it before the function's folders are in `sys.path`."""
    global _any_place
    python = f"/var/lang/lib/python3.{sys.version_info.minor}"
    _places.update(
        {
            task_root: "/var/task",
            os.path.realpath(task_root): "/var/task",  # as os.getcwd() has it
            optional: "/opt",
            os.path.dirname(os.path.abspath(__file__)): "/var/runtime",
            os.path.dirname(os.__file__): python,
        }
    )
    _places.update({entry: f"{python}/site-packages" for entry in sys.path if entry.endswith("site-packages")})
    # The longest first, since one may be inside another; and whole names.
    longest_first = sorted(_places, key=len, reverse=True)
    _any_place = re.compile(f"(?:{'|'.join(map(re.escape, longest_first))})(?![\\w-])")
    # All that formats an error in Python goes through the first or the second; its documentation lets a program replace
    # the third.
    _rename_lines(traceback.TracebackException, "format")
    _rename(traceback.StackSummary, "format_frame_summary")
    _rename(warnings, "formatwarning")


def _rename(owner: Any, name: str) -> None:
    original: Callable[..., str] = getattr(owner, name)
    setattr(owner, name, lambda *args, **options: as_in_aws(original(*args, **options)))


def _rename_lines(owner: Any, name: str) -> None:
    original: Callable[..., Iterator[str]] = getattr(owner, name)
    setattr(owner, name, lambda *args, **options: map(as_in_aws, original(*args, **options)))
