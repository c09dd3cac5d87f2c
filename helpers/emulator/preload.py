"""LocalStack's start made shorter: the services of the practice are imported before they are asked for.

`prepare` runs before LocalStack's own imports and `load` when it listens (plugins.py hooks them). The figures are in
benchmarks/README.md.
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

# In the order in which lab.open comes to them.
SERVICES = ("s3", "lambda", "apigateway")
# And the rest of the practice: Lambda's environments take their credentials from sts, and sqs carries its asynchronous
# invocations.
LATER = ("sts", "iam", "logs", "dynamodb", "sqs", "cloudwatch")
# LocalStack serves these by itself, the others by moto in part.
WITHOUT_MOTO = ("s3", "lambda", "sqs")
# Importing holds up what lab.open asks for meanwhile, and by then it has asked.
LATER_S = 0.5

# Python's own are (2000, 10, 10).
GC_THRESHOLD = (50_000, 20, 100)

IMPORTER = "importer"
_importer = ThreadPoolExecutor(max_workers=1, thread_name_prefix=IMPORTER)


def prepare() -> None:
    """Spare LocalStack what it would do several times over."""
    # Its catalogue of all of AWS's services, two seconds of work, would go with each instance's files.
    config.dirs.cache = os.environ[CACHE_VARIABLE]
    gc.disable()  # until all is loaded: starting makes some hundred thousand objects and hardly any garbage
    gc.set_threshold(*GC_THRESHOLD)
    lean_start.apply()


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

    load_plugin = ServicePluginManager._load_service_plugin

    def load_service_plugin(self: ServicePluginManager, name: str) -> Any:
        if threading.current_thread().name.startswith(IMPORTER):  # one service that asks for another
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

    # Not require(): others would find it starting, and look again only half a second later.
    SERVICE_PLUGINS.get_service_container(name)
    if name == "lambda":
        _trust_roles()
    _importer.submit(_prepare_first_call, name).result()


def _trust_roles() -> None:
    """Spare each function the question whether Lambda may take its role: without IAM's enforcement it always may."""
    from localstack.services.lambda_.invocation.lambda_service import LambdaService

    LambdaService.can_assume_role = lambda *_, **__: True  # type: ignore[method-assign]  # a patch


def _prepare_first_call(name: str) -> None:
    """Make what LocalStack would make, and keep, in the first call to the service."""
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
