"""Start the kernel that executes a notebook, again if it finds one of its ports taken."""

from typing import Any

from nbclient import NotebookClient

STARTS = 3


class StartedAgain(NotebookClient):
    """A notebook whose kernel is started again, as JupyterLab does, if it ends before it answers.

    A kernel's ports are chosen before it takes them, and any connection of this machine may take one meanwhile.
    """

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        """Start the kernel, and its client, on other ports each time; raises as nbclient's two methods."""
        for left in reversed(range(STARTS)):
            await super().async_start_new_kernel(**kwargs)
            try:
                await self.async_start_new_kernel_client()
                return
            except RuntimeError as error:
                if not left or "died" not in str(error):
                    raise
                self.create_kernel_manager()
