"""Where things are in this project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
HANDLERS = ROOT / "handlers"
NOTEBOOKS = ROOT / "notebooks"
