"""The student's API, as the checks of section 5 see it: what the cloud holds of it, and the calls made on it."""

import re
from typing import Any

from helpers.emulator.journal import Entry, Kind
from helpers.practice.checkpoints import API, CHECKPOINTS, REGION, STAGE
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.verdict import Missing, Unknown

ROUTE = "/user/{username}"
PARAMETER = "method.request.path.username"
# The function of an integration's address: by its name, as the handout says, or by its ARN, as AWS asks for.
FUNCTION = re.compile(r"/functions/(?:arn:[\w-]+:lambda:[\w-]*:\d*:function:)?([\w-]+)(?::[\w$-]+)?/invocations$")


def own_api(evidence: Evidence) -> dict[str, Any]:
    """Return the API that the student has made since the section was opened; `lab.open` makes others."""
    if not evidence.has_journal:
        return _api_without_journal(evidence)
    opened = [entry.name for entry in evidence.entries if entry.kind is Kind.SECTION and CHECKPOINTS.get(entry.name)]
    if opened:
        raise Missing(
            f"Después de esta sección se ha abierto «{opened[-1]}», que ha preparado la nube otra vez.",
            "Lo que se hizo aquí ya no está: ejecuta este cuaderno desde su primera celda.",
        )
    made = [*evidence.calls("CreateRestApi", name=API), *evidence.calls("ImportRestApi")]
    if not evidence.apis:
        raise Missing(f"No hay ningún API «{API}» en {REGION}{_instead(evidence, made)}.", CREATE, "api-1")
    if not made:
        raise Missing(f"El API «{API}» que hay no se ha creado en esta sección.", CREATE, "api-1")
    evidence.not_typed(evidence.api["id"])
    return evidence.api


CREATE = "Abre la sección y créalo con create_rest_api; al API solo hay que darle su nombre."


def _api_without_journal(evidence: Evidence) -> dict[str, Any]:
    """Tell the student's API from the one that `lab.open("dynamodb")` makes by users/pepe, which only section 5 has."""
    if evidence.apis and evidence.object("users/pepe") is None:
        raise Unknown(f"no se sabe si el API «{API}» que hay lo ha preparado la primera celda de otra sección")
    return evidence.api


def _instead(evidence: Evidence, made: list[Entry]) -> str:
    """Say what there is instead of the API."""
    if others := all_names(evidence):
        return f"; hay: {', '.join(sorted(others))}"
    return ": se creó, pero se ha borrado o está en otra región" if made else ""


def all_names(evidence: Evidence) -> set[str]:
    """Return the names of the APIs that there are."""
    pages = evidence.client("apigateway").get_paginator("get_rest_apis").paginate()
    return {api["name"] for page in pages for api in page["items"] if "name" in api}


def route(evidence: Evidence) -> dict[str, Any]:
    """Return the resource /user/{username} of the student's API."""
    api = own_api(evidence)
    several = f"Hay {len(evidence.apis)} API «{API}»: se mira el que tiene más rutas y métodos, {api['id']}."
    if len(evidence.apis) > 1 and several not in evidence.notes:
        evidence.notes.append(several)
    if ROUTE not in evidence.resources:
        there = sorted(evidence.resources)
        raise Missing(f"El API no tiene la ruta {ROUTE}; tiene {', '.join(there)}.", _advice(there), "rutas-1")
    resource = evidence.resources[ROUTE]
    evidence.not_typed(resource["id"])
    return resource


def _advice(paths: list[str]) -> str:
    if "/user/username" in paths:
        return "Sin llaves, `username` es un texto fijo; con ellas, un parámetro de la ruta."
    if "/{username}" in paths:
        return "{username} cuelga de la raíz: su `parentId` tiene que ser el identificador de /user."
    if any(path.startswith("/user/{") for path in paths):
        return "El parámetro tiene que llamarse `username`, y solo puede haber uno: borra el otro con delete_resource."
    return "Cada trozo de la ruta es un recurso, que cuelga del anterior: primero user y después {username}."


def methods(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """Return the methods of /user/{username}, each with its integration, if it has one."""
    return dict(route(evidence).get("resourceMethods", {}))


def on_api(evidence: Evidence, operation: str, *, refused: bool = False, **parameters: Any) -> list[Entry]:
    """Return the calls of an operation on the student's API."""
    return evidence.calls(operation, refused=refused, restApiId=evidence.api["id"], **parameters)


def on_method(evidence: Evidence, operation: str, method: str, *, refused: bool = False) -> list[Entry]:
    """Return the calls of an operation on a method of /user/{username}."""
    resource = evidence.resources[ROUTE]["id"]
    return on_api(evidence, operation, refused=refused, resourceId=resource, httpMethod=method)


def ordered(*calls: list[Entry]) -> list[Entry]:
    """Return the calls of several lists in the order in which they were made."""
    return sorted((entry for some in calls for entry in some), key=lambda entry: entry.number)


def function_of(uri: str) -> str:
    """Return the name of the function that an integration's address invokes, or an empty string."""
    found = FUNCTION.search(uri)
    return found[1] if found else ""


def deployments_to_stage(evidence: Evidence) -> list[Entry]:
    """Return the calls that have made the stage dev publish a deployment, oldest first."""
    updates = [
        entry for entry in on_api(evidence, "UpdateStage", stageName=STAGE) if "/deploymentId" in str(entry.parameters)
    ]
    created = (on_api(evidence, operation, stageName=STAGE) for operation in ("CreateDeployment", "CreateStage"))
    return ordered(*created, updates)
