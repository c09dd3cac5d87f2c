"""GET /user/{username}: responde con el item del usuario en la tabla si1p1 de DynamoDB, o {} si no está."""

import json
import re
from decimal import Decimal

import boto3

TABLE = "si1p1"
# Un paso de la ruta: letras, cifras y _ . @ + -, sin empezar por un punto.
USERNAME = re.compile(r"[\w@+-][\w.@+-]{0,62}")

table = boto3.resource("dynamodb").Table(TABLE)


def plain(value: object) -> int | float | list | str:
    """Cambia los tipos de boto3 por los de JSON: Decimal, conjuntos y bytes."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, set):
        return sorted(value)
    return str(value)


def answer(status_code: int, rest_body: dict) -> dict:
    """Devuelve lo que API Gateway convierte en respuesta HTTP."""
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(rest_body, ensure_ascii=False, default=plain),
    }


def handler(event: dict, context: object) -> dict:
    """Busca al usuario de la ruta; 400 si no es un nombre válido."""
    username = (event.get("pathParameters") or {}).get("username") or ""
    if not USERNAME.fullmatch(username):
        return answer(400, {"status": "KO", "message": "Falta el usuario, o no es un nombre válido, en la ruta"})
    rest_body = table.get_item(Key={"User": username}).get("Item", {})
    return answer(200, rest_body)
