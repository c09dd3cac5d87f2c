"""The kernel of this lab's notebooks: Python's own, with an extension that says what comes before the first cell."""

import json
import shutil
from pathlib import Path

EXTENSION = "helpers.session.before_first_cell"


def write(data: Path) -> Path:
    """Write the kernel in `data`, a folder of Jupyter's data, unless it is there; return the folder."""
    from ipykernel.kernelspec import KERNEL_NAME, get_kernel_dict, write_kernel_spec

    folder, arguments = data / "kernels" / KERNEL_NAME, [f"--IPKernelApp.extra_extensions={EXTENSION}"]
    try:
        if json.loads((folder / "kernel.json").read_text("utf-8")) == get_kernel_dict(arguments):
            return data
    except (OSError, ValueError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    write_kernel_spec(folder, extra_arguments=arguments)
    return data
