"""POST /user/{username} con {"email": …}: guarda el item {User, Email} en la tabla si1p1 de DynamoDB."""

import base64
import json
import re

import boto3

TABLE = "si1p1"
# Un paso de la ruta: letras, cifras y _ . @ + -, sin empezar por un punto.
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


def handler(event: dict, context: object) -> dict:
    """Guarda o sustituye el item; 400 si falta `email` o la ruta no es válida."""
    username = (event.get("pathParameters") or {}).get("username") or ""
    if not USERNAME.fullmatch(username):
        return answer(400, {"status": "KO", "message": "Falta el usuario, o no es un nombre válido, en la ruta"})
    text = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text).decode()
        data = json.loads(text)
    except (ValueError, RecursionError):  # la segunda, si está muy anidado
        return answer(400, {"status": "KO", "message": "El cuerpo de la petición no es JSON"})
    email = data.get("email") if isinstance(data, dict) else None
    if not isinstance(email, str) or not email.isprintable() or not 0 < len(email) <= EMAIL_MAX:
        return answer(400, {"status": "KO", "message": "Falta «email», o no es válido, en el cuerpo"})
    item = {"User": username, "Email": email}
    table.put_item(Item=item)
    print(f"{TABLE}: {item}")
    return answer(200, {"status": "OK", "item": item})
