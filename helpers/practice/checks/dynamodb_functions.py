"""The checks of section 6: the functions that write in the table and read it, and their methods of the API."""

import json
import re
from typing import Any

from helpers.emulator.journal import Entry, Kind
from helpers.practice.checkpoints import STAGE, TABLE
from helpers.practice.checks import of
from helpers.practice.checks.connected import ROUTE, connected
from helpers.practice.checks.dynamodb import looked_at, practice_table
from helpers.practice.checks.evidence import Evidence
from helpers.practice.checks.function_copy import USER, answers, as_json, body_shown
from helpers.practice.checks.table_calls import Item, history, puts, user_of
from helpers.practice.checks.verdict import Missing

POST, GET = "user_lambda_dynamo", "user_get_lambda_dynamo"
NOBODY = f"{USER}-nadie"
EMAIL = f"{USER}@dominio.es"
# From this status on, it is not the request that is wrong.
SERVER_ERROR = 500


@of("lambda-dynamo-1")
def post_function(evidence: Evidence) -> str:
    """Check the function, its integration and its deployment."""
    practice_table(evidence)
    connected(evidence, "POST", POST)
    try_to_store(evidence)
    return f"POST {ROUTE} llama a {POST} en la etapa {STAGE}, que guarda User, de la ruta, y Email, del cuerpo."


@of("lambda-dynamo-2")
def added_item(evidence: Evidence) -> str:
    """Check that a request to the API has added an item, and that somebody has looked at it."""
    practice_table(evidence)
    added = [
        (at, user, call)
        for at, request in enumerate(evidence.entries)
        if (user := user_asked(request, "POST")) and not request.failed
        if (call := served_by(evidence, request, POST))
    ]
    if not added:
        raise Missing(*_not_added(evidence))
    seen = [one for one in added if looked_at(evidence, one[0], one[1])]
    _, user, call = (seen or added)[-1]
    item = next((one for one in [*puts(call), *evidence.items()] if user_of(one) == user), {})
    if "Email" not in item:
        raise Missing(f"POST /user/{user} ha guardado {as_text(item)}, sin Email.", depends_on="lambda-dynamo-1")
    if not seen:
        raise Missing(f"Después de POST /user/{user} nadie ha leído la tabla.", "Con get_item o con scan.")
    evidence.not_typed(*[api["id"] for api in evidence.apis])
    return f"POST /user/{user} ha añadido el item {as_text(item)}."


@of("get-1")
def get_function(evidence: Evidence) -> str:
    """Check the function, its integration and its deployment."""
    practice_table(evidence)
    connected(evidence, "GET", GET)
    try_to_read(evidence)
    return f"GET {ROUTE} llama a {GET} en la etapa {STAGE}, que responde con el item, o con {{}} si no está."


@of("get-2")
def get_requests(evidence: Evidence) -> str:
    """Check that curl has asked for a user that was in the table, and for one that was not."""
    practice_table(evidence)
    known = {user for _, users in history(evidence.entries) for user in users}
    others = {user_of(item) for item in evidence.items()} - known  # written in a way that the history does not follow
    asked = [
        (request, user, user in {*users, *others})
        for request, users in history(evidence.entries)
        if (user := user_asked(request, "GET"))
    ]
    answered = [one for one in asked if served_by(evidence, one[0], GET) and one[0].status in (200, 404)]
    there = [(request, user) for request, user, is_there in answered if is_there and not request.failed]
    nobody = [(request, user) for request, user, is_there in answered if not is_there]
    if not there or not nobody:
        raise Missing(*_not_asked(evidence, [(request, user) for request, user, _ in asked], there, nobody))
    if all(request.asker != "curl" for request, _ in there + nobody):
        raise Missing(f"Se ha probado sin curl (con {there[-1][0].asker}).", "La pregunta pide la orden curl.")
    try:
        try_to_read(evidence)
    except Missing as missing:
        raise Missing(missing.found, missing.look_at, "get-1") from None
    (request, user), (empty, other) = there[-1], nobody[-1]
    evidence.not_typed(*[api["id"] for api in evidence.apis])
    return (
        f"GET /user/{user}, que estaba en la tabla, ha respondido {request.status}, y /user/{other}, que no, "
        f"{empty.status}; la función responde con el item, o con {{}}."
    )


type Asked = list[tuple[Entry, str]]


def _not_asked(evidence: Evidence, asked: Asked, there: Asked, nobody: Asked) -> tuple[str, str, str]:
    """Return which of the two requests is missing, what to look at, and whose question's it is."""
    look_at = f"curl con la dirección de la etapa {STAGE}, acabada en /user/ y el nombre."
    if not asked:
        return "Nadie ha hecho GET de /user/ y un usuario en el API.", look_at, ""
    request, user = asked[-1]
    if request.failed and request.status != 404:
        return f"GET /user/{user} ha respondido {request.status}.", "Mira el registro de la función.", "get-1"
    if not there and not nobody:
        return f"GET /user/{user} ha respondido {request.status}, pero no desde {GET}.", "", "get-1"
    names = ", ".join(dict.fromkeys(user for _, user in there or nobody))
    if there:
        return f"Solo se ha pedido lo que estaba en la tabla: {names}.", f"Falta un usuario que no esté. {look_at}", ""
    found = f"Solo se ha pedido lo que no estaba en la tabla: {names}."
    posted = [(entry.number, user) for entry in evidence.entries if (user := user_asked(entry, "POST"))]
    for request, user in nobody:
        if any(number < request.number and user == sent for number, sent in posted):
            return found, f"{user} se ha enviado con POST, y no ha llegado a la tabla.", "lambda-dynamo-2"
    return found, f"Falta un usuario que esté. {look_at}", ""


def _not_added(evidence: Evidence) -> tuple[str, str, str]:
    """Return why no request has added an item, what to look at, and whose question's it is."""
    posts = [(entry, user) for entry in evidence.entries if (user := user_asked(entry, "POST"))]
    if not posts:
        return "Nadie ha hecho POST de /user/user2 en el API.", "Con curl o con requests, y el email en el cuerpo.", ""
    request, user = posts[-1]
    if request.status >= SERVER_ERROR:
        look_at = "La integración no llega a la función, o esta falla: lo dirá su registro."
        return f"POST /user/{user} ha respondido {request.status}.", look_at, "lambda-dynamo-1"
    if request.failed:
        look_at = "¿Es JSON el cuerpo, y lo dice la cabecera? En el enunciado la dirección de correo va sin comillas."
        return f"POST /user/{user} ha respondido {request.status}.", look_at, ""
    look_at = "La etapa llama a lo que estaba integrado al desplegar."
    return f"POST /user/{user} ha respondido {request.status}, pero no desde {POST}.", look_at, "lambda-dynamo-1"


def user_asked(request: Entry, method: str) -> str:
    """Return the user in the path of a request to an API; empty if it is none, or has another method."""
    if request.kind is not Kind.REQUEST or request.name != method:
        return ""
    found = re.search(r"/user/([^/]+)$", request.parameters["path"])
    return found[1] if found else ""


def served_by(evidence: Evidence, request: Entry, function: str) -> Entry | None:
    """Return the last call to the table that `function` made while it served a request."""
    calls = [
        entry
        for entry in evidence.entries
        if entry.function == function and not entry.failed and entry.service == "dynamodb"
        if entry.number < request.number and entry.at_ms >= request.at_ms - 1  # both are rounded
    ]
    return calls[-1] if calls else None


def try_to_store(evidence: Evidence) -> None:
    """Raise `Missing` unless a copy of the POST's function stores a user and an email of the check's own."""
    # An item that a check left when it was interrupted.
    evidence.client("dynamodb").delete_item(TableName=TABLE, Key={"User": {"S": USER}})
    (answer,) = answers(evidence, POST, event("POST", USER, json.dumps({"email": EMAIL})))
    item = next((one for one in evidence.items() if user_of(one) == USER), None)
    look_at = f"Corrige handlers/{POST}.py y actualiza la función."
    if item is None:
        raise Missing(
            f"{POST} responde {answer['statusCode']}, {body_shown(answer)}, y no guarda al usuario de la ruta.",
            look_at,
        )
    if item.get("Email") != {"S": EMAIL}:
        raise Missing(f"{POST} guarda {as_text(item)}; se piden User y Email.", look_at)


def try_to_read(evidence: Evidence) -> None:
    """Raise `Missing` unless a copy of the GET's function answers with the item, or {} if the user is not there.

    The item may have DynamoDB's types or not.
    """
    dynamodb = evidence.client("dynamodb")
    item = {"User": {"S": USER}, "Email": {"S": EMAIL}}
    evidence.at_the_end(lambda: dynamodb.delete_item(TableName=TABLE, Key={"User": item["User"]}))
    dynamodb.put_item(TableName=TABLE, Item=item)
    found, empty = answers(evidence, GET, event("GET", USER), event("GET", NOBODY))
    look_at = f"El cuerpo es el item con json.dumps, o {{}} si no está. Corrige handlers/{GET}.py."
    if as_json(found.get("body")) not in (item, {"User": USER, "Email": EMAIL}):
        raise Missing(f"{GET} responde {body_shown(found)} para un usuario que está en la tabla.", look_at)
    if as_json(empty.get("body")) != {}:
        raise Missing(f"{GET} responde {body_shown(empty)} para un usuario que no está en la tabla.", look_at)


def event(method: str, user: str, body: str | None = None) -> dict[str, Any]:
    """Return what API Gateway sends to a function for a request to the practice's route."""
    return {
        "resource": ROUTE,
        "path": f"/user/{user}",
        "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "queryStringParameters": None,
        "pathParameters": {"username": user},
        "requestContext": {"stage": STAGE, "httpMethod": method, "resourcePath": ROUTE},
        "body": body,
        "isBase64Encoded": False,
    }


def as_text(item: Item) -> str:
    """Return an item as it is read: its attributes without their types."""
    plain = {name: next(iter(value.values())) for name, value in item.items()}
    return json.dumps(plain, ensure_ascii=False, default=str)  # boto3 gives binary values as bytes
