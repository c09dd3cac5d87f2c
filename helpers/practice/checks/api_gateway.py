"""The checks of section 5, as far as the API is designed: the API, its routes, its methods and their integrations."""

import itertools
from typing import Any

from helpers.emulator.journal import Entry
from helpers.practice.checkpoints import API
from helpers.practice.checks import of
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.rest_api import (
    PARAMETER,
    ROUTE,
    all_names,
    function_of,
    methods,
    on_api,
    on_method,
    ordered,
    own_api,
    route,
)
from helpers.practice.checks.verdict import READERS, Missing

FUNCTION = "user_lambda"
BOTH = ("POST", "GET")
UNASKED = 'Aquí los métodos se ven aunque no se pidan; AWS solo los incluye si se le piden con embed=["methods"].'


@of("api-1")
def api_id(evidence: Evidence) -> str:
    """Check that the API is there."""
    found = own_api(evidence)
    _made_here(evidence, "CreateRestApi", name=API)
    return f"El API «{API}» tiene el identificador {found['id']}."


@of("api-2")
def same_name(evidence: Evidence) -> str:
    """Check that there have been two at once."""
    own_api(evidence)
    if len(evidence.apis) > 1:
        evidence.notes.append("Antes de seguir hay que borrar el que sobra, con delete_rest_api.")
        return f"Hay {len(evidence.apis)} API «{API}»: {' y '.join(api['id'] for api in evidence.apis)}."
    created = evidence.calls("CreateRestApi", name=API)
    deleted = evidence.calls("DeleteRestApi")
    evidence.made_here(created)
    if len(created) < 2:
        found = f"El API «{API}» solo se ha creado una vez"
        if misnamed := _misnamed(evidence, created):
            raise Missing(f"{found}; antes se creó «{misnamed}».", "Ponle el nombre que se pide.", "api-1")
        raise Missing(f"{found}.", "Créalo otra vez, sin borrar el primero.")
    steps = ordered(created, deleted)
    if not any(step.name == then.name == "CreateRestApi" for step, then in itertools.pairwise(steps)):
        raise Missing(
            f"Cada vez que se ha creado «{API}» se había borrado el anterior.",
            "Créalo otra vez, con el primero todavía.",
        )
    return f"Se ha creado «{API}» {len(created)} veces sin error, con el anterior todavía; ahora queda {_id(evidence)}."


def _misnamed(evidence: Evidence, created: list[Entry]) -> str:
    """Return the name of an API that was created before the practice's first one and is still there, or nothing."""
    there, others = all_names(evidence), evidence.calls("CreateRestApi")
    earlier = [one.parameters.get("name") for one in others if created and one.number < created[0].number]
    return next((str(name) for name in earlier if name in there), "")


def _id(evidence: Evidence) -> str:
    return str(evidence.api["id"])


@of("rutas-1")
def route_id(evidence: Evidence) -> str:
    """Check that the route is there."""
    found = route(evidence)
    _made_here(evidence, "CreateResource", restApiId=_id(evidence))
    return f"{ROUTE} tiene el identificador {found['id']}, y cuelga de {found['parentId']}."


@of("rutas-2")
def two_variable_parts(evidence: Evidence) -> str:
    """Check that a second variable part has been tried, with another name, and refused."""
    route(evidence)
    refused = evidence.calls("CreateResource", refused=True)
    siblings = [one for one in refused if "variable path part" in one.message and _part(one) not in one.message]
    if siblings:
        evidence.made_here(siblings)
        last = siblings[-1]
        return f"Al crear {_part(last)} se responde {last.error}: {last.message}"
    raise Missing("No se ha intentado crear la ruta /user/{name}" + _tried(evidence, refused) + ".", SECOND)


SECOND = "Créala como {username}, con el mismo `parentId` y con las llaves. Que se rechace es lo que hay que ver."


def _tried(evidence: Evidence, refused: list[Entry]) -> str:
    if others := [path for path in evidence.resources if path not in ("/", "/user", ROUTE)]:
        return f"; se ha creado {', '.join(sorted(others))}, que es otra cosa"
    if refused:
        last = refused[-1]
        return f"; se ha intentado {_part(last)}, y lo que se responde es {last.error}: {last.message.rstrip('.')}"
    return ""


def _part(call: Entry) -> str:
    return str(call.parameters.get("pathPart", ""))


@of("rutas-3")
def sense_of_two(evidence: Evidence) -> str:
    """Take the attempt of rutas-2 for evidence: nothing more can be run."""
    try:
        two_variable_parts(evidence)
    except Missing as missing:
        raise Missing(missing.found, missing.look_at, missing.depends_on or "rutas-2") from None
    evidence.notes.append(READERS)
    return "Se ha visto que API Gateway no deja tener dos partes variables en el mismo sitio."


@of("metodos-1")
def post_and_get(evidence: Evidence) -> str:
    """Check both methods."""
    there = methods(evidence)
    for method in BOTH:
        if method not in there:
            raise Missing(
                f"{ROUTE} no tiene el método {method}; tiene {_names(there)}{_elsewhere(evidence, method)}.", PUT
            )
        authorization = there[method].get("authorizationType")
        if authorization != "NONE":
            raise Missing(f"El {method} pide autorización {authorization}.", "authorizationType tiene que ser NONE.")
        parameters = there[method].get("requestParameters", {})
        if PARAMETER not in parameters:
            declared = f"; declara {', '.join(parameters)}" if parameters else ", ni otro parámetro"
            raise Missing(f"El {method} no declara {PARAMETER}{declared}.", REQUIRED)
        if not parameters[PARAMETER]:
            raise Missing(f"En el {method}, `username` no es obligatorio.", REQUIRED)
    _made_here(evidence, "PutMethod", restApiId=_id(evidence), httpMethod="GET")
    return f"POST y GET en {ROUTE}, sin autorización, con `username` obligatorio."


PUT = "put_method lo crea en el recurso cuyo identificador se le da en resourceId."
REQUIRED = f"`requestParameters` dice qué parámetros se esperan: {PARAMETER}, con True si es obligatorio."


def _names(there: dict[str, Any]) -> str:
    return ", ".join(sorted(there)) or "ninguno"


def _elsewhere(evidence: Evidence, method: str) -> str:
    paths = [path for path, one in evidence.resources.items() if method in one.get("resourceMethods", {})]
    return f". Está en {', '.join(sorted(paths))}" if paths else ""


@of("metodos-2")
def how_to_see_methods(evidence: Evidence) -> str:
    """Check that somebody has looked at the methods since there are both."""
    there = methods(evidence)
    if absent := [method for method in BOTH if method not in there]:
        raise Missing(f"Falta el método {' y el '.join(absent)}.", depends_on="metodos-1")
    looks = _looks(evidence, _firsts(evidence, "PutMethod"), "GetMethod")
    if not looks:
        raise Missing(
            "Nadie ha mirado los métodos desde que están POST y GET.",
            "Los enseñan varias operaciones de API Gateway que empiezan por get_: mira qué se les puede pedir.",
        )
    return f"Los métodos de {ROUTE}, {' y '.join(sorted(there))}, se han visto con {_operations(looks)}."


@of("integracion-1")
def get_integrated(evidence: Evidence) -> str:
    """Check the integration of GET, as it is or as it was before it was deleted."""
    there = methods(evidence)
    if "GET" not in there:
        raise Missing(f"{ROUTE} no tiene el método GET, que es el que se integra.", depends_on="metodos-1")
    evidence.function(FUNCTION)
    now = there["GET"].get("methodIntegration")
    made = on_method(evidence, "PutIntegration", "GET") if evidence.has_journal or not now else []
    evidence.made_here(made)
    if now:
        _right(now["type"], now["httpMethod"], now["uri"])
        return f"El GET de {ROUTE} llama a {FUNCTION} con AWS_PROXY, por POST."
    if not made:
        others = [method for method in there if "methodIntegration" in there[method]]
        raise Missing(f"El GET no está integrado; lo están: {', '.join(sorted(others)) or 'ninguno'}.", INTEGRATE)
    last = made[-1].parameters
    _right(last.get("type", ""), last.get("integrationHttpMethod", ""), last.get("uri", ""))
    return f"El GET de {ROUTE} ha llamado a {FUNCTION} con AWS_PROXY, por POST, hasta que se ha borrado la integración."


INTEGRATE = (
    "En put_integration, `httpMethod` es el método de la ruta, e `integrationHttpMethod` el que va a la función."
)


def _right(kind: str, http_method: str, uri: str) -> None:
    """Raise `Missing` unless an integration of GET is right."""
    if kind != "AWS_PROXY":
        raise Missing(
            f"La integración del GET es de tipo {kind}.", "Con AWS_PROXY, la función recibe la petición entera."
        )
    if http_method != "POST":
        raise Missing(f"La integración del GET llama a la función por {http_method or 'ningún método'}.", INTEGRATE)
    if function_of(uri) != FUNCTION:
        raise Missing(
            f"La integración del GET llama a {function_of(uri) or uri}, y no a {FUNCTION}.",
            "La dirección termina en /functions/, el nombre o el ARN de la función, e /invocations.",
        )


@of("integracion-2")
def how_to_see_integrations(evidence: Evidence) -> str:
    """Check that somebody has looked at the integrations since both have been made."""
    there = methods(evidence)
    never = [
        method
        for method in BOTH
        if "methodIntegration" not in there.get(method, {}) and not on_method(evidence, "PutIntegration", method)
    ]
    if never:
        raise Missing(f"No se ha integrado el {' ni el '.join(never)}.", depends_on="integracion-1")
    looks = _looks(evidence, _firsts(evidence, "PutIntegration"), "GetIntegration", "GetMethod")
    if not looks:
        raise Missing(
            "Nadie ha mirado las integraciones desde que están las de POST y GET.",
            "Se ven donde se ven los métodos; y hay una operación que empieza por get_ para la de cada uno.",
        )
    return f"Las integraciones de {ROUTE} se han visto con {_operations(looks)}."


@of("integracion-3")
def integration_deleted(evidence: Evidence) -> str:
    """Check that GET's integration has been deleted, and nothing else of it."""
    there = methods(evidence)
    deleted = on_method(evidence, "DeleteIntegration", "GET")
    if "GET" not in there:
        raise Missing(
            "No está el método GET: con él se borra su integración, pero se pedía borrar solo esta.",
            "Crea e integra el GET otra vez, y borra solo la integración.",
            "" if on_method(evidence, "DeleteMethod", "GET") else "metodos-1",
        )
    if not deleted:
        raise Missing(*_not_deleted(evidence, there))
    evidence.made_here(deleted)
    if "methodIntegration" in there["GET"]:
        evidence.notes.append("Después de borrarla, el GET se ha vuelto a integrar.")
        return "Se ha borrado la integración del GET."
    return "Se ha borrado la integración del GET; el método sigue, sin quien lo atienda."


def _not_deleted(evidence: Evidence, there: dict[str, Any]) -> tuple[str, str, str]:
    how = "Es delete_integration, con el método de la ruta."
    if on_method(evidence, "DeleteIntegration", "POST"):
        return "Se ha borrado la integración del POST, y no la del GET.", how + " Integra el POST otra vez.", ""
    if integration := there["GET"].get("methodIntegration"):
        return f"El GET sigue integrado con {function_of(integration['uri'])}.", how, ""
    return "El GET no se ha integrado, así que no hay qué borrar.", "", "integracion-1"


# What the checks of methods and of integrations share


def _firsts(evidence: Evidence, operation: str) -> dict[str, int]:
    """Return the number of the call that put, or integrated, each method for the first time."""
    return {method: calls[0].number for method in BOTH if (calls := on_method(evidence, operation, method))}


def _looks(evidence: Evidence, firsts: dict[str, int], *of_one: str) -> list[Entry]:
    """Return the calls since then that show both methods: the resources, or each method by an operation of `of_one`."""
    resource = on_api(evidence, "GetResource", resourceId=evidence.resources[ROUTE]["id"])
    since = max(firsts.values(), default=0)
    whole = [one for one in ordered(on_api(evidence, "GetResources"), resource) if one.number > since]
    asked = [one for one in whole if "methods" in one.parameters.get("embed", [])]
    each = [_looks_at(evidence, method, firsts.get(method, 0), *of_one) for method in BOTH]
    looks = asked or (ordered(*each) if all(each) else whole)
    evidence.made_here(looks)
    if looks and looks is whole:
        evidence.notes.append(UNASKED)
    return looks


def _looks_at(evidence: Evidence, method: str, since: int, *operations: str) -> list[Entry]:
    """Return the calls since then that show one method or its integration, or that it has none."""
    calls = (on_method(evidence, name, method, refused=refused) for name in operations for refused in (False, True))
    return [one for one in ordered(*calls) if one.number > since]


def _operations(calls: list[Entry]) -> str:
    return " y ".join(dict.fromkeys(call.name for call in calls))


def _made_here(evidence: Evidence, operation: str, **parameters: Any) -> None:
    """Note if the calls that have made what is there are not this notebook's."""
    if evidence.has_journal:
        evidence.made_here(evidence.calls(operation, **parameters))
