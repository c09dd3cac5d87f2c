"""Files that are replaced in one step."""

import os
from collections.abc import Callable
from pathlib import Path

from helpers.errors import MemoriaError


def replace(target: Path, write: Callable[[Path], object]) -> Path:
    """Have `write` make a new file and put it in the place of `target`; a failure leaves the former one.

    It is the user's alone, whatever his umask. Raises `MemoriaError` if the disk refuses.
    """
    new = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL, 0o600))  # `write` truncates it, which keeps its mode
        write(new)
        new.replace(target)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise MemoriaError(
            f"No se puede escribir {target}: {error.strerror}. La versión anterior sigue ahí."
        ) from error
    return target
