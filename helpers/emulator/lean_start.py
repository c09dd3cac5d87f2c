"""Work that LocalStack repeats at start-up, or does not need, done once or skipped.

Each function patches one thing in botocore, werkzeug, moto or LocalStack, and leaves its results unchanged. Measured
together, start-up and lab.open of section 6 take a third less time (benchmarks/README.md).
"""

import json
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import jsonpatch
from botocore import hooks
from botocore.loaders import JSONFileLoader, Loader
from localstack import config
from werkzeug.routing import Rule


def apply() -> None:
    """Apply all the patches; to be called before LocalStack's own imports."""
    _read_each_service_description_once()
    _share_what_botocore_knows_of_events()
    _copy_descriptions_fast()
    _write_addresses_only_when_asked()
    if not (config.OPENAPI_VALIDATE_REQUEST or config.OPENAPI_VALIDATE_RESPONSE):
        _leave_out_request_validators()
        _import_spec_validator_later()


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


def _copy_descriptions_fast() -> None:
    """Make LocalStack copy AWS's descriptions with json before it patches them: a quarter of copy.deepcopy's time."""
    from localstack.aws import spec

    def apply_to_copy(description: Any, patches: Any) -> Any:
        return jsonpatch.apply_patch(json.loads(json.dumps(description)), patches, in_place=True)

    vars(spec)["jsonpatch"] = SimpleNamespace(apply_patch=apply_to_copy)  # the only function of jsonpatch that it calls


def _share_what_botocore_knows_of_events() -> None:
    """Share botocore's event caches among sessions and clients, since all of them would hold the same."""
    vars(hooks)["accepts_kwargs"] = cache(hooks.accepts_kwargs)
    initialize = hooks.EventAliaser.__init__
    known: dict[str, str] = {}

    def __init__(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        initialize(self, event_emitter, event_aliases)
        if self._event_aliases == hooks.EVENT_ALIASES:
            self._alias_name_cache = known

    hooks.EventAliaser.__init__ = __init__  # type: ignore[method-assign]  # a patch


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

    _put("localstack.aws.handlers.validation", OpenAPIRequestValidator=Off, OpenAPIResponseValidator=Off)


def _import_spec_validator_later() -> None:
    """Make moto import openapi_spec_validator only when it validates an API's description."""
    package, exceptions = "openapi_spec_validator", "openapi_spec_validator.validation.exceptions"
    stubs = (package, "openapi_spec_validator.validation", exceptions)

    class OpenAPIValidationError(Exception):
        """The exception that moto catches."""

    def validate(*args: Any, **options: Any) -> None:
        for name in stubs:
            if getattr(sys.modules.get(name), "is_stub", False):
                del sys.modules[name]
        import openapi_spec_validator
        from openapi_spec_validator.validation import exceptions as real

        try:
            openapi_spec_validator.validate(*args, **options)
        except real.OpenAPIValidationError as error:
            raise OpenAPIValidationError(str(error)) from error

    _put(package, validate=validate)
    _put("openapi_spec_validator.validation")
    _put(exceptions, OpenAPIValidationError=OpenAPIValidationError)


def _put(name: str, **contents: object) -> None:
    module = ModuleType(name)
    vars(module).update(contents, is_stub=True)
    sys.modules[name] = module
