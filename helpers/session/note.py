"""A note of the workbook under a cell's output: what went wrong in it that is not an error of Python's."""

from html import escape

from IPython.display import display

# The colours are JupyterLab's own, so that they follow its theme; elsewhere, those after the comma.
STYLE = "border-left: 3px solid var(--jp-warn-color1, #c77700); padding: 0 1em; margin: 0.5em 0"


class Note:
    """A paragraph, and lines after it that are shown as they are."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        paragraph, *details = self.text.split("\n")
        shown = f"<pre>{escape(chr(10).join(details))}</pre>" if details else ""
        return f'<div class="explained" style="{STYLE}"><p>{escape(paragraph)}</p>{shown}</div>'


def show(text: str) -> None:
    """Show a note under the cell."""
    display(Note(text))
