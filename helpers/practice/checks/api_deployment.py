"""The checks of section 5, once the API is designed: its deployments, its tries and its better function."""

import itertools
import json
import re
from typing import Any

from helpers.emulator.journal import Entry
from helpers.practice.checkpoints import BUCKET, PEPE, STAGE
from helpers.practice.checks import function_copy, of
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.rest_api import (
    ROUTE,
    deployments_to_stage,
    function_of,
    methods,
    on_api,
    on_method,
    ordered,
    route,
)
from helpers.practice.checks.verdict import Missing

OLD, NEW = "user_lambda", "user_lambda_param"
# The handout writes the key with a leading bar; either is right.
NEW_KEY = re.compile(r"/?user/([^/]+)/data\.json")
WHO = f"{function_copy.USER}-ruta"
BODY = json.dumps({"username": f"{function_copy.USER}-cuerpo", "data": "100"})
EVENT: dict[str, Any] = {
    "resource": ROUTE, "path": f"/user/{WHO}", "httpMethod": "POST", "pathParameters": {"username": WHO},
    "headers": {"Content-Type": "application/json"}, "queryStringParameters": None, "body": BODY,
    "isBase64Encoded": False, "requestContext": {"stage": STAGE, "httpMethod": "POST", "resourcePath": ROUTE},
}  # fmt: skip


@of("despliegue-1")
def deployed_again(evidence: Evidence) -> str:
    """Check that the stage has been deployed twice, and that somebody has looked at it afterwards."""
    stage = _stage(evidence)
    made = deployments_to_stage(evidence)
    evidence.made_here(made)
    if len(made) < 2:
        raise Missing(f"La etapa {STAGE} solo se ha desplegado una vez.", "Repite el despliegue, en la misma etapa.")
    looks = ordered(*(on_api(evidence, operation) for operation in ("GetStages", "GetStage")))
    if not any(look.number > made[1].number for look in looks):
        raise Missing(f"Nadie ha mirado la etapa {STAGE} después de repetir el despliegue.", "get_stages la enseña.")
    return (
        f"{STAGE} se ha desplegado {len(made)} veces, y sigue siendo una etapa: ahora apunta a {stage['deploymentId']}."
    )


@of("despliegue-2")
def old_deployment_deleted(evidence: Evidence) -> str:
    """Check that a deployment has been deleted once the stage had moved to another."""
    stage = _stage(evidence)
    made = deployments_to_stage(evidence)
    if len(made) < 2:
        raise Missing(f"La etapa {STAGE} solo se ha desplegado una vez: no le sobra nada.", depends_on="despliegue-1")
    deleted = [one for one in on_api(evidence, "DeleteDeployment") if one.number > made[1].number]
    refused = [one for one in on_api(evidence, "DeleteDeployment", refused=True) if "Active stages" in one.message]
    if not deleted and refused:
        used = refused[-1].parameters["deploymentId"]
        raise Missing(
            f"Se ha intentado borrar {used}, que es el que usa la etapa, y se rechaza.",
            "El que sobra es otro: compara los de get_deployments con el que dice get_stages.",
        )
    if not deleted:
        raise Missing(
            "No se ha borrado ningún despliegue.", "Compara los de get_deployments con el que dice get_stages."
        )
    evidence.made_here(deleted)
    tried = " Borrar el que usa la etapa se rechaza." if refused else ""
    return f"Se ha borrado {deleted[0].parameters['deploymentId']}; {STAGE} usa {stage['deploymentId']}.{tried}"


def _stage(evidence: Evidence) -> dict[str, Any]:
    """Return the stage dev, or say how the deployment went instead."""
    route(evidence)
    stages = evidence.client("apigateway").get_stages(restApiId=evidence.api["id"])["item"]
    if found := next((one for one in stages if one["stageName"] == STAGE), None):
        return dict(found)
    there = ", ".join(one["stageName"] for one in stages) or "ninguna"
    refused = on_api(evidence, "CreateDeployment", refused=True) if evidence.has_journal else []
    why = f" El último intento se ha rechazado: {refused[-1].message}." if refused else ""
    raise Missing(
        f"El API no está desplegado en la etapa {STAGE}; tiene: {there}.{why}",
        f"create_deployment despliega en la etapa que dice stageName: {STAGE}.",
        "despliegue-1",
    )


@of("pruebas-1")
def another_object(evidence: Evidence) -> str:
    """Check that a request has made an object, and that the bucket has been listed and the object downloaded."""
    first = _answered(evidence, 0)
    keys = evidence.keys()
    new = [key for key in keys if key.startswith("users/") and key != "users/pepe"]
    same = evidence.object("users/pepe") == PEPE
    if not new and not same:
        raise Missing(
            "La petición ha cambiado users/pepe: en el cuerpo se ha enviado pepe.",
            "Envía en el cuerpo otro nombre, tete, y en la ruta pepe: así se ve cuál de los dos cuenta.",
        )
    if not new:
        raise Missing(
            f"La petición ha respondido {first.status}, pero en users/ no hay nada nuevo; en el bucket hay: "
            f"{', '.join(keys)}.",
            "Mira en la respuesta con qué clave se ha guardado.",
        )
    listed = [one for one in _after(first, evidence.calls("ListObjectsV2"), evidence.calls("ListObjects"))
              if one.parameters.get("Bucket") == BUCKET
              and any(key.startswith(str(one.parameters.get("Prefix", ""))) for key in new)]  # fmt: skip
    if not listed:
        raise Missing("Falta listar el bucket después de la petición.", "Con awslocal s3 ls, o con list_objects_v2.")
    read = _after(first, evidence.calls("GetObject", Bucket=BUCKET))
    downloaded = [one for one in read if one.parameters["Key"] in new]
    if not downloaded:
        instead = ", ".join(dict.fromkeys(one.parameters["Key"] for one in read)) or "ningún objeto"
        raise Missing(f"Falta descargar {' y '.join(new)}; se ha descargado {instead}.", "Con awslocal s3 cp.")
    evidence.made_here(downloaded)
    pepe = "sigue como estaba" if same else "ha cambiado con otra petición"
    return f"Hay un objeto distinto, {downloaded[-1].parameters['Key']}, ya descargado; users/pepe {pepe}."


def _after(first: Entry, *calls: list[Entry]) -> list[Entry]:
    return [one for one in ordered(*calls) if one.number > first.number]


def _answered(evidence: Evidence, since: int) -> Entry:
    """Return the first POST to /user/… of the API that was answered well since then."""
    _stage(evidence)
    api = evidence.api["id"]
    sent = [
        one
        for one in evidence.requests("POST", "")
        if api in one.parameters["host"] + one.parameters["path"] and one.number > since
    ]
    if found := next((one for one in sent if not one.failed and "/user/" in one.parameters["path"]), None):
        return found
    if not sent:
        when = " desde que se desplegó la integración nueva" if since else ""
        raise Missing(f"No ha llegado al API ninguna petición POST{when}.", "Con curl, o con requests.post.")
    last = sent[-1]
    raise Missing(
        f"La petición POST {last.parameters['path']} ha respondido {last.status}.",
        "El registro de la función dice qué ha fallado; un 403, que esa ruta no está desplegada.",
    )


@of("mejora-1")
def new_function(evidence: Evidence) -> str:
    """Check that the function uses the route, that POST calls it, and that this is deployed and tried."""
    there = methods(evidence)
    key = _key_of_a_copy(evidence)
    now = function_of(there.get("POST", {}).get("methodIntegration", {}).get("uri", ""))
    if now != NEW:
        raise Missing(f"El POST de {ROUTE} llama a {now or 'nadie'}, y no a {NEW}.", "put_integration otra vez.")
    _stage(evidence)
    if evidence.has_journal:
        changed = _deployed(evidence)
        _answered(evidence, changed.number)
        evidence.made_here([changed])
    keys = evidence.keys()
    stored = [one for one in keys if NEW_KEY.fullmatch(one) and function_copy.USER not in one]
    if not stored:
        raise Missing(f"En el bucket no hay ningún {key}.", "Haz la petición otra vez, y mira qué responde.")
    return f"El POST de {ROUTE} llama a {NEW}, está desplegado en {STAGE}, y ha guardado {', '.join(stored)}."


def _key_of_a_copy(evidence: Evidence) -> str:
    """Return the key under which the function stores what it gets, having tried a copy; {username} is the route's."""
    before = set(evidence.keys())
    (answer,) = function_copy.answers(evidence, NEW, EVENT)
    if answer["statusCode"] not in (200, 201):
        raise Missing(
            f"{NEW} responde {answer['statusCode']} a una petición correcta: {function_copy.body_shown(answer)}.",
            HANDLER,
        )
    stored = set(evidence.keys()) - before
    right = [key for key in stored if (found := NEW_KEY.fullmatch(key)) and found[1] == WHO]
    if not right:
        names = {WHO: "{username}", f"{function_copy.USER}-cuerpo": "{el username del cuerpo}"}
        shown = ", ".join(sorted(stored)) or "nada"
        for name, meaning in names.items():
            shown = shown.replace(name, meaning)
        raise Missing(f"{NEW} no guarda user/{{username}}/data.json, sino {shown}.", HANDLER)
    if function_copy.as_json(evidence.object(right[0])) != json.loads(BODY):
        raise Missing(f"{NEW} no guarda el cuerpo de la petición tal como llega.", HANDLER)
    return right[0].replace(WHO, "{username}")


HANDLER = f"El nombre llega en la ruta, en pathParameters: corrige handlers/{NEW}.py y actualiza la función."


def _deployed(evidence: Evidence) -> Entry:
    """Return the call since which the stage publishes the integration of POST with the new function."""
    changes = ordered(*(on_method(evidence, name, "POST") for name in ("PutIntegration", "UpdateIntegration")))
    deployments = reversed(deployments_to_stage(evidence))
    publishing = [*itertools.takewhile(lambda one: _published(changes, one) == NEW, deployments)]
    if not publishing or _is_older(evidence, next(one for one in changes if _target(one) == NEW)):
        raise Missing(
            f"La integración con {NEW} no está desplegada: la etapa {STAGE} publica todavía lo anterior.",
            "Lo que publica una etapa es una foto, que se hace al desplegar.",
        )
    return publishing[-1]


def _is_older(evidence: Evidence, change: Entry) -> bool:
    """Tell whether the stage is back at a deployment from before `change`; dates of deployments are in seconds."""
    used = _stage(evidence)["deploymentId"]
    deployment = evidence.client("apigateway").get_deployment(restApiId=evidence.api["id"], deploymentId=used)
    return bool(deployment["createdDate"].timestamp() + 1 < change.at_ms / 1000)


def _published(changes: list[Entry], deployment: Entry) -> str:
    """Return the function with which POST was integrated when it was deployed."""
    functions = [_target(one) for one in changes if one.number < deployment.number]
    return next(filter(None, reversed(functions)), "")


def _target(change: Entry) -> str:
    """Return the function that a PutIntegration or an UpdateIntegration sets, or an empty string if it sets none."""
    patches = change.parameters.get("patchOperations", [])
    uris = [change.parameters.get("uri", ""), *(one.get("value", "") for one in patches if one.get("path") == "/uri")]
    return function_of(uris[-1])
