"""The panel's page that follows the log of a function, its errors marked."""

import asyncio
import re
from collections import deque
from collections.abc import Collection, Mapping
from typing import Any

import ipywidgets as widgets

from helpers import tables
from helpers.panel.function_log import Follower, followable
from helpers.panel.parts import Actions, Page, html, marked
from helpers.session import cloud_contents

FOLLOW_S = 1.0
KEPT_EVENTS = 200
FOLLOW, UNFOLLOW = "Seguir", "Dejar de seguir"
# As AWS writes the failures of a function in its log.
ERROR = re.compile(r"^\[(ERROR|CRITICAL)\]|Task timed out after|Error: Runtime exited|Invoke Error\s|\tERROR\t")


class LogPage(Page):
    """The functions to follow, and the last events of the one that is followed; choosing another follows that."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self.function = widgets.Dropdown(description="Función")
        self.follow = widgets.ToggleButton(description=FOLLOW)
        self.shown = html()
        self.follow.observe(self._toggled, "value")
        self._following: asyncio.Task[None] | None = None
        super().__init__([widgets.HBox([self.function, self.follow]), self.shown])

    def offer(self, names: list[str]) -> None:
        """Offer `names` as the functions to follow, keeping the chosen one; change nothing while one is followed."""
        chosen = self.function.value
        if self._following:
            return
        if names != list(self.function.options):
            self.function.options = names
        # ipywidgets chooses none if there was none before.
        self.function.value = chosen if chosen in names else next(iter(names), None)

    def _toggled(self, change: dict[str, Any]) -> None:
        self.follow.description = UNFOLLOW if change["new"] else FOLLOW
        if not change["new"]:
            self._following = None
            return
        try:
            self.offer(followable(cloud_contents.survey()))  # one may have been made outside this notebook
        except Exception as error:
            self._actions.fail(error)
            self.follow.value = False
            return
        if not self.function.value:
            self._actions.say("Todavía no hay ninguna función que seguir.")
            self.follow.value = False
            return
        self._following = asyncio.get_running_loop().create_task(self._show_events())

    async def _show_events(self) -> None:
        follower: Follower | None = None
        events: deque[Mapping[str, Any]] = deque(maxlen=KEPT_EVENTS)
        try:
            while asyncio.current_task() is self._following:
                if not follower or follower.function != self.function.value:  # another one has been chosen
                    follower = Follower(self.function.value)
                    events.clear()
                    self.shown.value = "<p><em>Esperando a que la función se ejecute…</em></p>"
                if new := follower.new_events():
                    events.extend(new)
                    self.shown.value = events_html(events)
                await asyncio.sleep(FOLLOW_S)
        except Exception as error:
            self._actions.fail(error)
            self.follow.value = False


def events_html(events: Collection[Mapping[str, Any]]) -> str:
    """Return the table of some events of a log, those that tell of a failure marked."""
    return marked(tables.log_events([{"events": events}]), [bool(ERROR.search(one["message"])) for one in events])
