"""A data frame as a notebook shows it: whole, without row numbers, and with a sentence where there is nothing."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any

import pandas as pd

LINE_SEPARATOR = "\u2028"
# Output tokens of botocore's paginators: a response that has one is one page of several.
NEXT_PAGE = ("NextContinuationToken", "ContinuationToken", "LastEvaluatedKey", "nextToken", "NextMarker", "position")


class Table(pd.DataFrame):
    """A data frame that a notebook shows in full, without row numbers or truncation.

    `attrs["next_page"]` names the token of a response that is one page of several; the notebook shows that too.
    `attrs["empty"]` is the sentence that stands for a table without rows.
    """

    @property
    def _constructor(self) -> type["Table"]:
        return Table

    def _repr_html_(self) -> str:
        if self.empty:
            return f"<p><em>{escape(self.attrs.get('empty') or 'No hay ningún resultado.')}</em></p>" + self._note()
        # pandas would write line ends and tabs as \n and \t, and times to the microsecond.
        texts = {name: _text for name in self.columns if not pd.api.types.is_numeric_dtype(self[name])}
        # A $ in a cell is data ($LATEST, $default), but JupyterLab would render two of them as a formula.
        with pd.option_context("display.max_colwidth", None, "display.html.use_mathjax", False):
            html = self.to_html(index=False, border=0, na_rep="", formatters=texts)
        return align_left(html.replace(LINE_SEPARATOR, "<br>")) + self._note()

    def _note(self) -> str:
        token = self.attrs.get("next_page")
        if not token:
            return ""
        return (
            f"<p><strong>Es solo una página de la respuesta: AWS tiene más</strong> (ha enviado <code>{token}</code>). "
            "Para verlo todo, el paginador del cliente: "
            "<code>get_paginator(…).paginate(…).build_full_result()</code>.</p>"
        )


def _text(value: Any) -> str:
    """Return a cell's value as text with its line ends marked; empty for a missing value."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds" if value.microsecond else "seconds")
    return str(value).replace("\n", LINE_SEPARATOR).replace("\t", "  ")


def align_left(html: str) -> str:
    """Return an HTML table with its cells aligned to the left, because JupyterLab aligns them to the right."""
    return re.sub(r"<(td|th)>", r'<\1 style="text-align: left">', html)


def table(rows: Iterable[Any], columns: list[str], response: Mapping[str, Any] | None = None) -> Table:
    """Return `rows`, each with a value per column, as a table; `response` says whether they are one page of several."""
    made = Table(list(rows), columns=columns)
    made.attrs["next_page"] = next((name for name in NEXT_PAGE if (response or {}).get(name)), None)
    return made
