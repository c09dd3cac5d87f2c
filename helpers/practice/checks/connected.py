"""Whether a method of the practice's API calls a function, in its integration and in the stage that answers."""

import re

from helpers.emulator.journal import Entry
from helpers.practice.checkpoints import STAGE
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.verdict import Missing

ROUTE = "/user/{username}"

# The function in an integration's URI: its name, or its ARN, which may end with a version or an alias.
FUNCTION = re.compile(r"/functions/(?:arn:aws:lambda:[^:]*:[^:]*:function:)?([\w-]+)")


def connected(evidence: Evidence, method: str, function: str) -> None:
    """Raise `Missing` unless `function` is there, a method of the API is integrated with it, and so deployed."""
    evidence.function(function)
    evidence.resource(ROUTE)
    integrations = evidence.integrations(ROUTE, method)
    found = [one for one in integrations if function_of(one[2].get("uri")) == function]
    if not integrations:
        raise Missing(f"{ROUTE} no tiene el método {method}.", "Créalo con put_method, como en la sección 5.")
    if not found:
        there = ", ".join(function_of(integration.get("uri")) or "nada" for *_, integration in integrations)
        raise Missing(f"{method} {ROUTE} está integrado con {there}, no con {function}.", "Usa put_integration.")
    for api, resource, integration in found:
        kind, calls_with = integration["type"], integration.get("httpMethod")
        if (kind, calls_with) != ("AWS_PROXY", "POST"):
            raise Missing(
                f"La integración de {method} {ROUTE} es {kind} y llama a la función con {calls_with}.",
                "Se pide AWS_PROXY, y a una función se la llama siempre con POST.",
            )
        if is_deployed(evidence, {"restApiId": api, "resourceId": resource, "httpMethod": method}, function):
            evidence.not_typed(api, resource)
            return
    raise Missing(
        f"{method} {ROUTE} está integrado con {function}, pero la etapa {STAGE} no se ha desplegado después.",
        "Usa create_deployment: la etapa llama a lo que estaba integrado cuando se desplegó.",
    )


def is_deployed(evidence: Evidence, method: dict[str, str], function: str) -> bool:
    """Tell whether the stage calls `function` for a method, by what the journal says that was done.

    `method` has the parameters that name it in calls. A method that nobody integrated came with an imported API.
    """
    done = [
        entry
        for entry in evidence.entries
        if not entry.failed and entry.parameters.get("restApiId") == method["restApiId"]
    ]
    integrating = [entry for entry in done if changes_integration(entry, method)]
    evidence.made_here([entry for entry in integrating if function in str(entry.parameters)])
    live = "" if integrating else function
    last = deployed = ""
    for entry in done:
        if entry in integrating:
            named = function_of(str(entry.parameters))
            live = live if entry.name == "UpdateIntegration" and not named else named
        elif entry.name == "CreateDeployment":
            last = live
        if entry.parameters.get("stageName") == STAGE and points_to_a_deployment(entry):
            deployed = last
        elif entry.name == "DeleteStage" and entry.parameters["stageName"] == STAGE:
            deployed = ""
    return deployed == function


def changes_integration(entry: Entry, method: dict[str, str]) -> bool:
    """Tell whether a call changes the integration of `method`."""
    names = ("PutIntegration", "UpdateIntegration", "DeleteIntegration")
    return entry.name in names and method.items() <= entry.parameters.items()


def points_to_a_deployment(entry: Entry) -> bool:
    """Tell whether a call makes a stage point to a deployment."""
    return entry.name in ("CreateDeployment", "CreateStage") or (
        entry.name == "UpdateStage" and "/deploymentId" in str(entry.parameters)
    )


def function_of(uri: str | None) -> str:
    """Return the name of the function that an integration's URI calls; empty if none."""
    found = FUNCTION.search(uri or "")
    return found[1] if found else ""
