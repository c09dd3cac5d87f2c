"""An extension of IPython that imports what the notebooks import: a second of each kernel's time."""

from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(_shell: InteractiveShell) -> None:
    """Import; nothing is added to what the cells see."""
    import requests  # noqa: F401

    import helpers.evidence
    import helpers.lab
    import helpers.tables  # noqa: F401
