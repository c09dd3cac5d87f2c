"""What an execution environment gives to its function: a copy of its code, its layers, a /tmp, and its variables.

"Using defined runtime environment variables" in "Working with Lambda environment variables" (Lambda Developer Guide) is
the list of AWS's. Those that name something in the function's folder name where it is on this machine. Left out are
those of which nothing here is true: `AWS_LAMBDA_RUNTIME_API` (the runtime is spoken to over pipes), `PYTHONPATH` (no
module of the runtime is the function's to import) and those of X-Ray's daemon, which LocalStack does not have.
"""

import os
import re
import shutil
from pathlib import Path
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import ArchiveCode, FunctionVersion, HotReloadingCode

from helpers.emulator.lambdas.runtimes import NODE_RUNTIME, base_environment

# Variables of LocalStack's that are not AWS's, or not true here. `LOCALSTACK_HOSTNAME` is the practice's handout's.
NOT_SHOWN = re.compile(
    r"LOCALSTACK_(?!HOSTNAME$)|AWS_LAMBDA_FUNCTION_TIMEOUT$|_?AWS_XRAY_DAEMON_(ADDRESS|PORT)$|LAMBDA_|AWS_EXECUTION_ENV$"
)


def packages(function_version: FunctionVersion) -> list[ArchiveCode | HotReloadingCode]:
    """Return the function's code followed by its layers, in the order in which they are merged."""
    codes = [function_version.config.code, *(layer.code for layer in function_version.config.layers)]
    return [code for code in codes if code]


class Environment:
    """The files of one environment, in `folder`, and the `variables` of its function."""

    def __init__(self, folder: Path, function_version: FunctionVersion, offered: dict[str, str]) -> None:
        """Copy the code and the layers into `folder`; `offered` are the variables that LocalStack would give.

        A layer's content goes where "Packaging your layer content" says, in a folder that stands for /opt.
        """
        code, *layers = packages(function_version)
        self.folder = folder
        self.task_root, self.optional, temporary = (folder / name for name in ("task", "opt", "tmp"))
        temporary.mkdir()
        if code.is_hot_reloading():
            self.task_root = code.get_unzipped_code_location()
        else:
            shutil.copytree(code.get_unzipped_code_location(), self.task_root)
        for layer in layers:
            shutil.copytree(layer.get_unzipped_code_location(), self.optional, dirs_exist_ok=True)
        runtime = function_version.config.runtime or ""
        own = function_version.config.environment or {}
        self.variables = (
            base_environment()
            # Not the student's HOME, where boto3 would find credentials.
            | {"HOME": str(temporary), "TMPDIR": str(temporary), "PWD": str(self.task_root)}
            | (self._layer_variables(runtime) if layers else {})
            | {name: str(value) for name, value in offered.items() if name in own or not NOT_SHOWN.match(name)}
            # "Reserved environment variables", which a function cannot set.
            | {
                "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
                "LAMBDA_TASK_ROOT": str(self.task_root),
                "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
            }
        )

    @property
    def access_key(self) -> str:
        """The access key with which the function's requests to LocalStack are signed."""
        return self.variables.get("AWS_ACCESS_KEY_ID", "")

    @property
    def roots(self) -> list[Path]:
        """Where the function's own modules are: its code, and its layers' Python packages."""
        libraries = self.optional.glob("python/lib/python3.*/site-packages")
        return [self.task_root, self.optional / "python", *libraries]

    def header(self) -> dict[str, Any]:
        """Return what the child is told of its environment."""
        return {"env": self.variables, "task_root": str(self.task_root), "optional": str(self.optional)}

    def remove(self) -> None:
        """Remove the environment's folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _layer_variables(self, runtime: str) -> dict[str, str]:
        libraries = [self.task_root, self.task_root / "lib", self.optional / "lib"]
        found = {
            "PATH": os.pathsep.join([str(self.optional / "bin"), base_environment().get("PATH", os.defpath)]),
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries)),
        }
        if NODE_RUNTIME.fullmatch(runtime):
            version = runtime.removesuffix(".x").replace("nodejs", "node")
            modules = [self.optional / "nodejs" / version / "node_modules", self.optional / "nodejs" / "node_modules"]
            found["NODE_PATH"] = os.pathsep.join(map(str, modules))
        return found
