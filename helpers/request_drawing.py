"""The drawing of a request's story: its steps, in order, on one time line, and the end of the function's log."""

import base64
from html import escape

from helpers.session.request_story import Step, Story

WIDTH, ROW, TOP = 660, 24, 26  # px: as wide as `diagram`, for the same reason
BARS, BARS_WIDTH = 260, 190
MIN_BAR = 2
NAME_CHARACTERS, LINE_CHARACTERS = 36, 88
COLOURS = {"api": "#e7157b", "function": "#ed7100", "s3": "#3f8624", "dynamodb": "#4d5fd1"}
OTHER = "#777777"
# As in `diagram`: the theme is the page's.
STYLE = (
    "<style>text{fill:#000}.soft{fill:#555}.bad{fill:#b3261e}.line{stroke:#999}"
    "@media(prefers-color-scheme:dark){text{fill:#fff}.soft{fill:#bbb}.bad{fill:#ff9a8f}}</style>"
)


class Timeline:
    """The drawing of a `Story`; a notebook shows it as an image, with its description in words."""

    def __init__(self, story: Story) -> None:
        self.story = story

    @property
    def description(self) -> str:
        """The drawing in words, its alternative text."""
        said = "; ".join(f"{step.name}, {_outcome(step)}" for step in self.story.steps)
        lines = f" Su registro: {' / '.join(self.story.lines)}." if self.story.lines else ""
        return f"Lo que ha pasado detrás de la petición, por orden: {said}.{lines}"

    def svg(self) -> str:
        """Return the drawing as SVG."""
        steps, lines = self.story.steps, self.story.lines
        height = TOP + ROW * (len(steps) + len(lines)) + (ROW if lines else 0)
        scale = BARS_WIDTH / max(step.start_ms + step.ms for step in steps)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="12">',
            STYLE,
            f'<text x="{BARS}" y="16" class="soft">0 ms</text>',
            f'<text x="{BARS + BARS_WIDTH}" y="16" class="soft" text-anchor="end">{steps[0].ms:.0f} ms</text>',
            f'<line x1="{BARS}" y1="21" x2="{BARS + BARS_WIDTH}" y2="21" class="line"/>',
        ]
        for number, step in enumerate(steps):
            y = TOP + ROW * number
            x, width = BARS + step.start_ms * scale, max(step.ms * scale, MIN_BAR)
            style = ' class="bad"' if step.failed else ""
            parts += [
                _text(8 + 14 * (number > 0), y + 16, _cut(step.name, NAME_CHARACTERS), ' font-weight="bold"'),
                f'<rect x="{x:.1f}" y="{y + 5}" width="{width:.1f}" height="14" rx="2" '
                f'fill="{COLOURS.get(step.kind, OTHER)}"/>',
                _text(BARS + BARS_WIDTH + 10, y + 16, _cut(_outcome(step), NAME_CHARACTERS), style),
            ]
        if lines:
            y = TOP + ROW * len(steps) + 16
            parts.append(_text(8, y, "Su registro, lo último:", ' class="soft"'))
            mono = ' font-family="DejaVu Sans Mono, monospace"'
            parts += [
                _text(22, y + ROW * (number + 1), _cut(line, LINE_CHARACTERS), mono)
                for number, line in enumerate(lines)
            ]
        return "".join([*parts, "</svg>"])

    def __repr__(self) -> str:
        return self.description

    def _repr_html_(self) -> str:
        image = base64.b64encode(self.svg().encode()).decode()
        return f'<img alt="{escape(self.description)}" src="data:image/svg+xml;base64,{image}">'


def _outcome(step: Step) -> str:
    sign = "✗ " if step.failed else ""
    return f"{sign}{step.ms:.0f} ms{', ' if step.outcome else ''}{step.outcome}"


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def _text(x: float, y: float, text: str, attributes: str) -> str:
    return f'<text x="{x}" y="{y}"{attributes}>{escape(text)}</text>'
