"""A line under the cell that says how long something has taken, and goes away when it ends."""

from collections.abc import Callable

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display


class Progress:
    """A line that appears with the first report, so that quick work shows nothing."""

    def __init__(self) -> None:
        self._line: DisplayHandle | None = None

    def __enter__(self) -> "Progress":
        return self

    def waiting(self, what: str) -> Callable[[float], None]:
        """Return a function that shows how many seconds `what` has lasted."""
        return lambda waited_s: self._show(f"{what}… {waited_s:.0f} s")

    def __exit__(self, *_: object) -> None:
        if self._line:
            self._show("")

    def _show(self, text: str) -> None:
        if get_ipython() is None:
            return  # a program has no cell to show it under
        bundle = {"text/plain": text, "text/html": f"<em>{text}</em>" if text else ""}
        if self._line:
            self._line.update(bundle, raw=True)
        else:
            self._line = display(bundle, raw=True, display_id=True)
