"""What checks look at: the cloud, and the journal since the section was opened."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from IPython.core.getipython import get_ipython

from helpers import own_calls
from helpers.emulator import instance, journal
from helpers.emulator.journal import Entry, Kind
from helpers.emulator.process import State
from helpers.practice.checkpoints import API, BUCKET, STAGE, TABLE
from helpers.practice.checks.verdict import Missing, Unknown

TYPED = "Hay un identificador escrito a mano en una celda ({}): la próxima ejecución tendrá otro. Búscalo o guárdalo."
OUTSIDE = "Se ha hecho fuera de este cuaderno: la memoria ejecuta sus celdas, así que tendrá que estar en una de ellas."

DIED = "LocalStack ha terminado por sí solo, y con él lo que había en la nube."


class Evidence:
    """The student's cloud and calls, as seen from one question's section.

    What it returns is the practice's: its bucket, its API, its table. What is not there raises `Missing`. Used as a
    context, it undoes at the end what a check has made.
    """

    def __init__(self, section: str) -> None:
        self.section = section
        self.notes: list[str] = []
        self._undo: list[Callable[[], object]] = []

    def __enter__(self) -> "Evidence":
        return self

    def __exit__(self, *_: object) -> None:
        for undo in reversed(self._undo):
            undo()

    def at_the_end(self, undo: Callable[[], object]) -> None:
        """Call `undo` when the check ends, whatever it finds."""
        self._undo.append(undo)

    # The journal

    @cached_property
    def entries(self) -> list[Entry]:
        """What the journal has since the section was opened, and since LocalStack last died by itself.

        Raises `Unknown` if there is no journal, or so many calls that it lacks the first ones, and `Missing` if
        LocalStack has died and nobody has started it since.
        A restart that somebody asked for is evidence and stays.
        """
        emulator = instance.from_environment()
        status = emulator.status()
        if emulator.is_external or status.state is State.ADOPTED:
            raise Unknown("este LocalStack no lo ha arrancado el cuaderno, y no se sabe qué llamadas ha atendido")
        kept = journal.read(emulator.folder)
        if journal.is_cut(kept, self.section):
            raise Unknown(f"solo se guardan las últimas {journal.MAX_ENTRIES} llamadas, y la sección se abrió antes")
        found = journal.since_opened(kept, self.section)
        started, is_stopped = 0, False
        for at, entry in enumerate(found):
            if entry.kind is Kind.START and not is_stopped:
                started = at
            if entry.kind in (Kind.START, Kind.STOP):  # what a ready.d script does comes between both
                is_stopped = entry.kind is Kind.STOP
        if found and not is_stopped and not status.answers:
            raise Missing(DIED, "Ejecuta otra vez la primera celda de la sección.")
        return found[started:]

    def calls(self, operation: str, *, refused: bool = False, **parameters: Any) -> list[Entry]:
        """Return the calls of an operation with those parameters, accepted or refused; a function's are not counted."""
        return [
            entry
            for entry in self.entries
            if entry.kind is Kind.CALL and entry.name == operation and entry.failed == refused and not entry.function
            if all(entry.parameters.get(name) == value for name, value in parameters.items())
        ]

    def requests(self, method: str, path_end: str) -> list[Entry]:
        """Return the requests to APIs whose path ends so."""
        return [
            entry
            for entry in self.entries
            if entry.kind is Kind.REQUEST and entry.name == method and entry.parameters["path"].endswith(path_end)
        ]

    def made_here(self, calls: Iterable[Entry]) -> None:
        """Note that the memoria will lack what none of `calls` did from a cell of this notebook."""
        if calls and not any(call.origin == own_calls.ORIGIN for call in calls) and OUTSIDE not in self.notes:
            self.notes.append(OUTSIDE)

    def not_typed(self, *identifiers: str) -> None:
        """Note that a cell has one of `identifiers` in its text."""
        shell = get_ipython()
        cells = "\n".join(shell.user_ns.get("In", [])) if shell else ""
        self.notes += [TYPED.format(one) for one in identifiers if one in cells]

    @property
    def has_journal(self) -> bool:
        """Whether it is known which calls were made."""
        try:
            return self.entries is not None
        except Unknown:
            return False

    # The cloud

    @staticmethod
    def client(service: str) -> Any:
        """Return a client whose calls the journal leaves out."""
        return own_calls.client(service)

    def keys(self) -> list[str]:
        """Return the keys of the practice's bucket."""
        s3 = self.client("s3")
        try:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
            return [one["Key"] for page in pages for one in page.get("Contents", [])]
        except s3.exceptions.NoSuchBucket:
            raise Missing(f"No hay ningún bucket «{BUCKET}».", "Créalo con create_bucket o con s3 mb.") from None

    def object(self, key: str) -> bytes | None:
        """Return an object of the practice's bucket, or None if it is not there."""
        if key not in self.keys():
            return None
        content: bytes = self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    @cached_property
    def apis(self) -> list[dict[str, Any]]:
        """The APIs with the practice's name, oldest first."""
        pages = self.client("apigateway").get_paginator("get_rest_apis").paginate()
        found = [api for page in pages for api in page["items"] if api.get("name") == API]
        return sorted(found, key=lambda api: api["createdDate"])

    @cached_property
    def api(self) -> dict[str, Any]:
        """The practice's API: if there are several, the one with most resources and methods."""
        if not self.apis:
            raise Missing(f"No hay ningún API «{API}».", "Créalo con create_rest_api.", "api-1")
        return max(self.apis, key=lambda api: self._size(api["id"]))

    def _size(self, api: str) -> int:
        return sum(1 + len(one.get("resourceMethods", {})) for one in self._resources(api))

    def _resources(self, api: str) -> list[dict[str, Any]]:
        pages = self.client("apigateway").get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
        return [one for page in pages for one in page["items"]]

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The API's resources by path, with their methods."""
        return {one["path"]: one for one in self._resources(self.api["id"])}

    def resource(self, path: str) -> dict[str, Any]:
        """Return the resource of a path."""
        if path not in self.resources:
            there = ", ".join(sorted(self.resources))
            raise Missing(f"El API no tiene la ruta {path}; tiene {there}.", "Créala con create_resource.", "rutas-1")
        return self.resources[path]

    def stage(self) -> dict[str, Any]:
        """Return the API's stage `dev`."""
        stages = self.client("apigateway").get_stages(restApiId=self.api["id"])["item"]
        if found := next((one for one in stages if one["stageName"] == STAGE), None):
            return dict(found)
        raise Missing(f"El API no está desplegado en la etapa {STAGE}.", "Usa create_deployment.", "despliegue-1")

    def function(self, name: str) -> dict[str, Any]:
        """Return a function's configuration."""
        aws_lambda = self.client("lambda")
        try:
            return dict(aws_lambda.get_function(FunctionName=name)["Configuration"])
        except aws_lambda.exceptions.ResourceNotFoundException:
            raise Missing(f"No hay ninguna función «{name}».", "Créala con create_function.") from None

    def items(self) -> list[dict[str, Any]]:
        """Return the items of the practice's table."""
        self.table()
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
        return [item for page in pages for item in page["Items"]]

    def table(self) -> dict[str, Any]:
        """Return the description of the practice's table."""
        dynamodb = self.client("dynamodb")
        try:
            return dict(dynamodb.describe_table(TableName=TABLE)["Table"])
        except dynamodb.exceptions.ResourceNotFoundException:
            raise Missing(f"No hay ninguna tabla «{TABLE}».", "Créala con create_table.", "tabla-1") from None

    def integrations(self, path: str, method: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Return a method's (API's id, resource's id, integration or {}), one of each API that has it."""
        return [
            (api["id"], resource["id"], resource["resourceMethods"][method].get("methodIntegration") or {})
            for api in self.apis
            for resource in self._resources(api["id"])
            if resource["path"] == path and method in resource.get("resourceMethods", {})
        ]
