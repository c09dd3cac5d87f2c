"""The panel in a tab of JupyterLab's own, beside the notebook: one for all the notebooks, that of the last to ask.

Each kernel has a panel, and none can close another's: a file in the instance's folder says whose is beside.
"""

import contextlib

import ipywidgets as widgets
from sidecar import Sidecar

from helpers.emulator import instance
from helpers.workbook import make_private

RECORD = "panel-al-lado"


class Dock:
    """What this kernel has beside the notebook, if anything."""

    def __init__(self) -> None:
        self.tab: Sidecar | None = None

    def put(self, panel: widgets.Widget, title: str) -> None:
        """Show `panel` beside the notebook, in place of any other; that of another kernel goes when it looks."""
        self.close()
        self.tab = Sidecar(title=title, anchor="split-right")
        self.renew(panel)
        (make_private(instance.from_environment().folder) / RECORD).write_text(self.tab.model_id, "utf-8")

    def renew(self, panel: widgets.Widget) -> None:
        """Show `panel`, newly made, where this kernel's former one is; nothing if none is beside."""
        if self.tab:
            self.tab.outputs = ()
            self.tab.append_display_data(panel)

    def give_way(self) -> None:
        """Close the tab if another kernel has put its own beside."""
        if self.tab:
            with contextlib.suppress(OSError):
                if (instance.from_environment().folder / RECORD).read_text("utf-8") != self.tab.model_id:
                    self.close()

    def close(self) -> None:
        """Close the tab, if there is one."""
        if self.tab:
            self.tab.close()
        self.tab = None


dock = Dock()
