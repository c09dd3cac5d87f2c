"""Read what an execution has left in its folder: it is foreign, so a regular file with a limit, or nothing."""

import json
import stat
from pathlib import Path


def is_plain(path: Path, limit: int) -> bool:
    """Tell whether it is a file, no link, of so many bytes at most; raises `OSError`."""
    about = path.lstat()
    return stat.S_ISREG(about.st_mode) and about.st_size <= limit


def read_object(path: Path, limit: int) -> dict[str, object]:
    """Return the JSON object in a file of so many bytes at most; an empty one if it is not that."""
    try:
        found = json.loads(path.read_text("utf-8")) if is_plain(path, limit) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
