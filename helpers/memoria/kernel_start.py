"""Start the kernel that executes a notebook, again if it finds one of its ports taken."""

from typing import Any

from nbclient import NotebookClient

STARTS = 3


async def start_kernel(client: NotebookClient, **options: Any) -> None:
    """Start the kernel of `client` and wait until it answers; `options` are those of nbclient's `async_execute`.

    A kernel's ports are chosen before it takes them, and any connection of this machine may take one meanwhile: it ends
    at once. As JupyterLab does, it is started again, on other ports. Raises as nbclient.
    """
    for left in reversed(range(STARTS)):
        client.create_kernel_manager()
        try:
            await client.async_start_new_kernel(**options)
            await client.async_start_new_kernel_client()
            return
        except RuntimeError as error:
            if not left or "died" not in str(error):
                raise
