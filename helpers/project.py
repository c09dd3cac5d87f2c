"""Where things are in this project."""

import os
from pathlib import Path, PurePath

# Another folder of notebooks, such as one that `si1p1 plantilla` has written.
NOTEBOOKS_VARIABLE = "SI1P1_NOTEBOOKS"

# The number of a real AWS account, in place of LocalStack (account.py).
ACCOUNT_VARIABLE = "SI1P1_AWS_ACCOUNT"

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
HANDLERS = ROOT / "handlers"
NOTEBOOKS = (ROOT / (os.environ.get(NOTEBOOKS_VARIABLE) or "notebooks")).resolve()


def shown(path: PurePath, base: PurePath = ROOT) -> str:
    """Return `path` as it is typed: from the folder `base` if it is below it, with / on every system; else whole."""
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)
