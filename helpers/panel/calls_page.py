"""The panel's page of the journal: the last calls to the cloud, whoever made them, the refused ones marked."""

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from helpers import lab, tables
from helpers.emulator.journal import Entry
from helpers.panel.parts import Page, html, marked

SHOWN = 50
ALL = "todos"
# What the journal calls a service, and what AWS does.
SERVICES = {
    ALL: (),
    "S3": ("s3",),
    "Lambda": ("lambda",),
    "API Gateway": ("apigateway",),
    "DynamoDB": ("dynamodb",),
    "CloudWatch Logs": ("logs",),
    "Peticiones HTTP": ("execute-api", "lambda-url"),
}


class CallsPage(Page):
    """The calls since the section was opened, newest first, of all services or of one."""

    def __init__(self, refresh: Callable[[], object]) -> None:
        self.service = widgets.Dropdown(options=list(SERVICES), description="Servicio")
        self.shown = html(kind="panel-calls")
        self.service.observe(lambda _: refresh(), "value")
        super().__init__([self.service, self.shown])

    def refresh(self) -> None:
        """Show the calls as they are now."""
        self.shown.value = calls_html(lab.calls(), SERVICES[self.service.value])


def calls_html(calls: lab.Calls, services: Sequence[str] = ()) -> str:
    """Return the table of the last calls, newest first; of `services` alone, unless there are none."""
    chosen: list[Entry] = [one for one in calls if not services or one.service in services]
    last = lab.Calls(reversed(chosen[-SHOWN:]))
    last.why_empty = calls.why_empty or "Todavía no hay ninguna llamada."
    more = f"<p>Las {SHOWN} últimas de {len(chosen)}; las demás, en lab.calls().</p>" if len(chosen) > SHOWN else ""
    return more + marked(tables.calls(last), [one.failed for one in last])
