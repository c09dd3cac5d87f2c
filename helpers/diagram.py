"""The practice's architecture as built so far, drawn from what the cloud really holds.

From left to right: the methods of each API, the functions that serve them, and the buckets and tables that the
functions' own code names.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import requests

from helpers.request_drawing import Timeline
from helpers.session import request_story
from helpers.session.cloud_contents import Api, Cloud, Route, stores, survey

__all__ = ["Box", "Diagram", "draw", "request"]

BOX_WIDTH, BOX_HEIGHT, LINE = 190, 40, 16  # px
COLUMNS = (5, 235, 465)  # the left edge of each, px
GAP = 14
# A wider drawing is made smaller on a page, and its letters less than 8.5 pt.
WIDTH = COLUMNS[-1] + BOX_WIDTH + 5
HEADINGS = ("API Gateway", "Lambda", "S3 y DynamoDB")
COLOURS = {"api": "#e7157b", "function": "#ed7100", "s3": "#3f8624", "dynamodb": "#4d5fd1"}
# An image follows the theme of the page that shows it: what browsers answer to this question is the page's
# `color-scheme`, which JupyterLab's themes set. On paper there is none.
STYLE = (
    "<style>text{fill:#000}.soft{fill:#555}.line{stroke:#555}.box{fill:none}"
    "@media(prefers-color-scheme:dark){text{fill:#fff}.soft{fill:#bbb}.line{stroke:#bbb}}</style>"
)
EMPTY = "Todavía no hay nada que dibujar: ni API, ni funciones, ni buckets, ni tablas."


@dataclass(frozen=True)
class Box:
    """One resource of the drawing: `kind` is a key of `COLOURS`, `lines` its text, the first in bold."""

    kind: str
    key: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def height(self) -> int:
        """Its height in px."""
        return max(BOX_HEIGHT, 12 + LINE * len(self.lines))


class Diagram:
    """The drawing of a `Cloud`; a notebook shows it as an image, with its description in words."""

    def __init__(self, cloud: Cloud, used: Mapping[str, set[tuple[str, str]]]) -> None:
        """Lay out the drawing; `used` maps each function to what `stores` returns for it."""
        existing = {("s3", name) for name in cloud.buckets} | {("dynamodb", name) for name in cloud.tables}
        self.columns = (
            [_api_box(api, route) for api in cloud.apis for route in api.routes or (None,)],
            [
                Box("function", (name,), (name, "con URL propia") if name in cloud.urls else (name,))
                for name in cloud.functions
            ],
            [
                *(Box("s3", ("s3", name), (name, f"bucket, objetos: {n}")) for name, n in cloud.buckets.items()),
                *(
                    Box("dynamodb", ("dynamodb", name), (name, f"tabla, items: {n}"))
                    for name, n in cloud.tables.items()
                ),
            ],
        )
        self.arrows: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
            ((api.id, route.path, route.method), (route.function,))
            for api in cloud.apis
            for route in api.routes
            if route.function in cloud.functions
        ]
        self.arrows += [((name,), store) for name in cloud.functions for store in sorted(used[name] & existing)]

    @property
    def description(self) -> str:
        """The drawing in words, its alternative text."""
        boxes = {box.key: box for column in self.columns for box in column}
        if not boxes:
            return EMPTY
        said = [f"{_words(boxes[start])} usa {_words(boxes[end])}" for start, end in self.arrows]
        alone = [_words(box) for key, box in boxes.items() if not any(key in arrow for arrow in self.arrows)]
        said += [f"sin unir a nada: {', '.join(alone)}"] if alone else []
        return f"Arquitectura construida hasta ahora: {'; '.join(said)}."

    def svg(self) -> str:
        """Return the drawing as SVG."""
        places = {}
        for left, column in zip(COLUMNS, self.columns, strict=True):
            top = 34
            for box in column:
                places[box.key] = (left, top, box)
                top += box.height + GAP
        height = max((top + box.height for _, top, box in places.values()), default=34) + 10
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="12">',
            f'{STYLE}<defs><marker id="punta" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path d="M0 0 L8 4 L0 8 Z" class="soft"/></marker></defs>',
        ]
        for left, heading in zip(COLUMNS, HEADINGS, strict=True):
            parts.append(f'<text x="{left}" y="20" class="soft">{heading}</text>')
        for start, end in self.arrows:
            (left, top, box), (other_left, other_top, other) = places[start], places[end]
            parts.append(
                f'<line x1="{left + BOX_WIDTH}" y1="{top + box.height / 2}" x2="{other_left - 2}" '
                f'y2="{other_top + other.height / 2}" class="line" stroke-width="1.3" marker-end="url(#punta)"/>'
            )
        for left, top, box in places.values():
            parts.append(
                f'<rect x="{left}" y="{top}" width="{BOX_WIDTH}" height="{box.height}" rx="5" class="box" '
                f'stroke="{COLOURS[box.kind]}" stroke-width="2"/>'
            )
            first = top + box.height / 2 - LINE * (len(box.lines) - 1) / 2 + 4
            for number, line in enumerate(box.lines):
                style = 'font-weight="bold"' if number == 0 else 'class="soft"'
                fit = f' textLength="{BOX_WIDTH - 16}" lengthAdjust="spacingAndGlyphs"' if len(line) > 25 else ""
                parts.append(f'<text x="{left + 8}" y="{first + LINE * number}" {style}{fit}>{escape(line)}</text>')
        return "".join([*parts, "</svg>"])

    def __repr__(self) -> str:
        return self.description

    def _repr_html_(self) -> str:
        if not any(self.columns):
            return f"<p><em>{EMPTY}</em></p>"
        image = base64.b64encode(self.svg().encode()).decode()
        return f'<img alt="{escape(self.description)}" src="data:image/svg+xml;base64,{image}">'


def draw(cloud: Cloud | None = None) -> Diagram:
    """Return the diagram of `cloud`, by default the current one."""
    cloud = cloud or survey()
    return Diagram(cloud, {name: stores(name) for name in cloud.functions})


def request(response: requests.Response) -> Timeline:
    """Return what happened behind a request to one of the APIs, drawn on one time line.

    Raises `Si1p1Error` if `response` is not the answer of one, or the journal does not have it.
    """
    return Timeline(request_story.of(response))


def _api_box(api: Api, route: Route | None) -> Box:
    stages = ", ".join(api.stages) or "sin desplegar"
    if route is None:
        return Box("api", (api.id,), (api.name, "sin métodos"))
    lines = (f"{route.method} {route.path}", f"API {api.name} ({stages})")
    return Box("api", (api.id, route.path, route.method), lines if route.function else (*lines, "sin integración"))


def _words(box: Box) -> str:
    kind = {"api": "el API", "function": "la función", "s3": "el bucket", "dynamodb": "la tabla"}[box.kind]
    return f"{kind} {box.lines[0]}"
