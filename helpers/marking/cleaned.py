"""Foreign HTML with nothing that runs, is fetched or leaves its place: words, tables and pictures."""

import re

import bleach

TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "details", "div", "dl",
    "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "mark",
    "ol", "p", "pre", "s", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "u", "ul",
})  # fmt: skip
CLASSES = ("tex2jax_ignore", "expected-error", "explained", "verdict-holds", "verdict-missing",
           "verdict-unknown")  # fmt: skip
ATTRIBUTES = {"a": ["href", "title"], "img": ["src", "alt", "width", "height"], "td": ["colspan", "rowspan"],
              "th": ["colspan", "rowspan", "scope"], "ol": ["start"]}  # fmt: skip
PROTOCOLS = ("http", "https", "mailto", "imagen", "data")
# A sheet's headings, and the PDF's outline, are ours alone.
HEADING, HEADING_END = re.compile("<h[1-6]( [^>]*)?>"), re.compile("</h[1-6]>")


def clean(html: str) -> str:
    """Return foreign HTML with nothing that runs, is fetched or leaves its place: each of its elements is closed.

    What was a heading is bold text.
    """
    kept = str(bleach.clean(html, tags=TAGS, attributes=_is_allowed, protocols=PROTOCOLS, strip=True))
    return HEADING_END.sub("</strong></p>", HEADING.sub("<p><strong>", kept))


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return value in CLASSES
    if tag == "img" and name == "src":
        return not value.startswith("data:") or value.startswith("data:image/")
    return name in ATTRIBUTES.get(tag, ())
