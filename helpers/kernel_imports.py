"""An IPython extension that imports in advance what the notebooks import, which takes each kernel a second."""

from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(_shell: InteractiveShell) -> None:
    """Import the modules, without adding any name to those that the cells see."""
    import requests  # noqa: F401

    import helpers.evidence
    import helpers.lab
    import helpers.tables  # noqa: F401
