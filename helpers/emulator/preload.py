"""LocalStack's start made shorter: work that it would repeat, put off until a call waits for it, or throw away.

`prepare` runs before LocalStack's own imports and `load` when it listens (plugins.py hooks them). The figures are in
benchmarks/README.md.
"""

import gc
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.loaders import JSONFileLoader
from localstack import config

from helpers.emulator.process import CACHE_VARIABLE

# In the order in which lab.open and the practice come to them; Lambda's environments take their credentials from sts,
# and sqs carries its asynchronous invocations.
SERVICES = ("apigateway", "lambda", "logs", "s3", "dynamodb", "sts", "iam", "sqs", "cloudwatch")

# Python's own are (2000, 10, 10): starting makes some hundred thousand objects and hardly any garbage.
GC_THRESHOLD = (50_000, 20, 100)


def prepare() -> None:
    """Spare LocalStack what it would do several times over."""
    # Its catalogue of all of AWS's services, two seconds of work, would go with each instance's files.
    config.dirs.cache = os.environ[CACHE_VARIABLE]
    gc.set_threshold(*GC_THRESHOLD)
    _read_each_service_description_once()


def load() -> None:
    """Import the services of the practice in the background.

    A call that comes meanwhile waits for its own service, and for the one that is being imported then.
    """
    _import_services_one_at_a_time()
    threading.Thread(target=_load, name="preload", daemon=True).start()


def _import_services_one_at_a_time() -> None:
    """Have a single thread, in the order of asking, import whichever service is asked for.

    moto's modules import each other in circles: two threads that enter one at different places would wait for each
    other, which Python ends with a _DeadlockError, and LocalStack remembers that the service cannot be loaded.
    """
    from localstack.services.plugins import ServicePluginManager

    importer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")
    load_plugin = ServicePluginManager._load_service_plugin

    def load_service_plugin(self: ServicePluginManager, name: str) -> Any:
        if threading.current_thread().name.startswith("import"):  # one service that asks for another
            return load_plugin(self, name)
        return importer.submit(load_plugin, self, name).result()

    ServicePluginManager._load_service_plugin = load_service_plugin  # type: ignore[method-assign]  # a patch


def _load() -> None:
    from localstack.aws.spec import get_service_catalog
    from localstack.services.plugins import SERVICE_PLUGINS

    get_service_catalog()
    for name in SERVICES:
        # Not require(): others would find it starting, and look again only half a second later.
        SERVICE_PLUGINS.get_service_container(name)
    gc.freeze()


def _read_each_service_description_once() -> None:
    """Share botocore's JSON among its sessions, as each shares it among its clients: LocalStack opens dozens."""
    read = JSONFileLoader._load_file  # type: ignore[attr-defined]  # private: the stubs leave it out
    known: dict[str, Any] = {}

    def load_file(self: JSONFileLoader, full_path: str, open_method: Callable[..., Any]) -> Any:
        if full_path not in known:
            known[full_path] = read(self, full_path, open_method)
        return known[full_path]

    JSONFileLoader._load_file = load_file  # type: ignore[attr-defined]  # the same
