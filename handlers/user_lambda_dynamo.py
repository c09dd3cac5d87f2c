"""POST /user/{username} con {"email": …}: guarda User y Email en DynamoDB."""

import base64
import json
import re
from urllib.parse import unquote

import boto3

TABLE = "si1p1"
# Letras, cifras y _ . @ + -, sin empezar por un punto; 63 como mucho.
USERNAME = re.compile(r"[\w@+-][\w.@+-]{0,62}")
# La dirección más larga, según RFC 5321, 4.5.3.1.3, sin sus < y >.
EMAIL_MAX = 254

table = boto3.resource("dynamodb").Table(TABLE)


def answer(status_code: int, rest_body: dict) -> dict:
    """Devuelve lo que API Gateway convierte en respuesta HTTP."""
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(rest_body, ensure_ascii=False),
    }


def refused(message: str) -> dict:
    """Devuelve un 400 con el motivo."""
    return answer(400, {"status": "KO", "message": message})


def handler(event: dict, context: object) -> dict:
    """Guarda el item; 400 si falta `email` o la ruta no es válida."""
    parameters = event.get("pathParameters") or {}
    # Llega como está en la dirección: %40 en lugar de @, %C3%A9 en lugar de é.
    username = unquote(parameters.get("username") or "")
    if not USERNAME.fullmatch(username):
        return refused("En la ruta falta el usuario, o no es un nombre válido")
    text = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text).decode()
        data = json.loads(text)
    except (ValueError, RecursionError):  # la segunda, si está muy anidado
        return refused("El cuerpo de la petición no es JSON")
    email = data.get("email", "") if isinstance(data, dict) else ""
    is_text = isinstance(email, str) and email.isprintable()
    if not is_text or not 0 < len(email) <= EMAIL_MAX:
        return refused("En el cuerpo falta «email», o no es válido")
    item = {"User": username, "Email": email}
    table.put_item(Item=item)
    print(f"{TABLE}: {item}")
    return answer(200, {"status": "OK", "item": item})
