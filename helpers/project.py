"""Where things are in this project."""

import os
from pathlib import Path

# Another folder of notebooks, such as one that `si1p1 plantilla` has written.
NOTEBOOKS_VARIABLE = "SI1P1_NOTEBOOKS"

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
HANDLERS = ROOT / "handlers"
NOTEBOOKS = (ROOT / (os.environ.get(NOTEBOOKS_VARIABLE) or "notebooks")).resolve()
