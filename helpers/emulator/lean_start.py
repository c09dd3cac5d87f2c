"""Work that LocalStack repeats when it starts, or does not need, done once or skipped.

`prepare` runs before LocalStack's own imports, and `finish` once it listens (plugins.py hooks them in). What each piece
saves is in benchmarks/README.md; `_import_services_one_at_a_time` is here for safety, not for speed.
"""

import gc
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from localstack import config
from werkzeug.routing import Rule

from helpers.emulator.settings import CACHE_VARIABLE

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
    _read_each_service_description_once()
    _write_addresses_only_when_asked()
    if not (config.OPENAPI_VALIDATE_REQUEST or config.OPENAPI_VALIDATE_RESPONSE):
        _leave_out_request_validators()


def finish() -> None:
    """Collect garbage again, now that LocalStack is loaded, and make it import its services safely."""
    gc.freeze()
    gc.enable()
    _import_services_one_at_a_time()


def _read_each_service_description_once() -> None:
    """Share botocore's JSON among its sessions, as each shares it among its clients: LocalStack opens dozens.

    The lists of services are shared too: for each one, a session scans some four hundred folders.
    """
    read = JSONFileLoader._load_file  # type: ignore[attr-defined]  # private: the stubs leave it out
    known: dict[str, Any] = {}

    def load_file(self: JSONFileLoader, full_path: str, open_method: Callable[..., Any]) -> Any:
        if full_path not in known:
            known[full_path] = read(self, full_path, open_method)
        return known[full_path]

    JSONFileLoader._load_file = load_file  # type: ignore[attr-defined]  # the same

    def list_available_services(self: Loader, type_name: str) -> list[str]:
        return sorted(set[str]().union(*(_services_below(path).get(type_name, ()) for path in self.search_paths)))

    Loader.list_available_services = list_available_services  # type: ignore[method-assign]  # a patch


@cache
def _services_below(path: str) -> dict[str, set[str]]:
    """Return the services that a botocore data folder describes, by kind of description (service-2, waiters-2)."""
    found: dict[str, set[str]] = {}
    for service in os.scandir(path) if Path(path).is_dir() else ():
        if service.is_dir():
            for version in os.scandir(service):
                for name in os.listdir(version) if version.is_dir() else ():  # noqa: PTH208  # pathlib takes twice the time
                    found.setdefault(name.removesuffix(".gz").removesuffix(".json"), set()).add(service.name)
    return found


def _write_addresses_only_when_asked() -> None:
    """Delay compiling each route's URL builder until a URL is built from it, which never happens.

    werkzeug compiles two per route, and LocalStack copies all of its routes whenever it adds one.
    """
    compile_builder = Rule._compile_builder

    def compile_later(self: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        def build(self: Rule, **values: Any) -> Any:
            return compile_builder(self, append_unknown).__get__(self, None)(**values)

        return build

    Rule._compile_builder = compile_later  # type: ignore[method-assign]  # a patch


def _leave_out_request_validators() -> None:
    """Replace the handlers that need openapi_core, which are switched off, with empty ones."""

    class Off:
        def __call__(self, *_: object) -> None:
            pass

    module = ModuleType("localstack.aws.handlers.validation")
    vars(module).update(OpenAPIRequestValidator=Off, OpenAPIResponseValidator=Off)
    sys.modules[module.__name__] = module


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
