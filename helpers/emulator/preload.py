"""Shorten LocalStack's start: the practice's services are imported before they are first used.

`prepare` runs before LocalStack's own imports, and `load` once it listens (plugins.py hooks them in). The timings are
in benchmarks/README.md.
"""

import gc
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from localstack import config

from helpers.emulator import lean_start
from helpers.emulator.settings import CACHE_VARIABLE

# In the order in which lab.open uses them.
SERVICES = ("s3", "lambda", "apigateway")
# The rest of the practice's. Lambda's environments get their credentials from sts, and its asynchronous invocations go
# through sqs.
LATER = ("sts", "iam", "logs", "dynamodb", "sqs", "cloudwatch")
# LocalStack implements these itself; the others rely partly on moto.
WITHOUT_MOTO = ("s3", "lambda", "sqs")
# Imports delay lab.open's requests, which have been made by then.
LATER_S = 0.5

# Python's defaults are (2000, 10, 10).
GC_THRESHOLD = (50_000, 20, 100)

IMPORTER = "importer"
_importer = ThreadPoolExecutor(max_workers=1, thread_name_prefix=IMPORTER)


def prepare() -> None:
    """Save LocalStack work that it would repeat."""
    # Its catalogue of AWS's services takes two seconds to build, and would be deleted with each instance's files.
    config.dirs.cache = os.environ[CACHE_VARIABLE]
    gc.disable()  # until all is loaded: start-up creates some hundred thousand objects and hardly any garbage
    gc.set_threshold(*GC_THRESHOLD)
    lean_start.apply()


def load() -> None:
    """Import the services of the practice in the background.

    A call that arrives meanwhile waits only for the import in progress and for the import of its own service.
    """
    _import_services_one_at_a_time()
    threading.Thread(target=_load, name="preload", daemon=True).start()


def _import_services_one_at_a_time() -> None:
    """Import services in a single thread, in the order in which they are requested.

    moto's modules import each other in circles: two threads that enter a circle at different points would wait for each
    other. Python breaks that with a _DeadlockError, and LocalStack then remembers that the service cannot be loaded.
    """
    from localstack.services.plugins import ServicePluginManager

    load_plugin = ServicePluginManager._load_service_plugin

    def load_service_plugin(self: ServicePluginManager, name: str) -> Any:
        if threading.current_thread().name.startswith(IMPORTER):  # a service that loads another one
            return load_plugin(self, name)
        return _importer.submit(load_plugin, self, name).result()

    ServicePluginManager._load_service_plugin = load_service_plugin  # type: ignore[method-assign]  # a patch


def _load() -> None:
    try:
        for name in SERVICES:
            _load_service(name)
        time.sleep(LATER_S)
        for name in LATER:
            _load_service(name)
    finally:
        gc.freeze()
        gc.enable()


def _load_service(name: str) -> None:
    from localstack.services.plugins import SERVICE_PLUGINS

    # Not require(): callers that find a service starting only check again half a second later.
    SERVICE_PLUGINS.get_service_container(name)
    if name == "lambda":
        _trust_roles()
    _importer.submit(_prepare_first_call, name).result()


def _trust_roles() -> None:
    """Skip the check that Lambda may assume each function's role: without IAM enforcement it always may."""
    from localstack.services.lambda_.invocation.lambda_service import LambdaService

    LambdaService.can_assume_role = lambda *_, **__: True  # type: ignore[method-assign]  # a patch


def _prepare_first_call(name: str) -> None:
    """Build in advance what LocalStack builds and caches on the first call to the service."""
    from localstack.aws.protocol.parser import create_parser
    from localstack.aws.protocol.serializer import create_serializer
    from localstack.aws.spec import load_service
    from localstack.services.moto import get_moto_routing_table
    from localstack.utils.aws.aws_stack import get_valid_regions_for_service

    service = load_service(name)
    create_parser(service)
    create_serializer(service)
    get_valid_regions_for_service(name)
    if name not in WITHOUT_MOTO:
        get_moto_routing_table(name)
