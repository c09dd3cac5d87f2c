"""GET /user/{username}: responde con su item de DynamoDB, o {} si no está."""

import base64
import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import boto3

TABLE = "si1p1"
# Letras, cifras y _ . @ + -, sin empezar por un punto; 63 como mucho.
USERNAME = re.compile(r"[\w@+-][\w.@+-]{0,62}")

table = boto3.resource("dynamodb").Table(TABLE)


def plain(value: Any) -> Any:
    """Cambia lo que JSON no tiene: números, conjuntos y binario (en base64)."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, set):
        return sorted(map(plain, value))
    if isinstance(value, str):  # el de un conjunto
        return value
    return base64.b64encode(bytes(value)).decode()


def answer(status_code: int, rest_body: dict) -> dict:
    """Devuelve lo que API Gateway convierte en respuesta HTTP."""
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(rest_body, ensure_ascii=False, default=plain),
    }


def handler(event: dict, context: object) -> dict:
    """Busca al usuario de la ruta; 400 si no es un nombre válido."""
    parameters = event.get("pathParameters") or {}
    # Llega como está en la dirección: %40 en lugar de @, %C3%A9 en lugar de é.
    username = unquote(parameters.get("username") or "")
    if not USERNAME.fullmatch(username):
        message = "En la ruta falta el usuario, o no es un nombre válido"
        return answer(400, {"status": "KO", "message": message})
    rest_body = table.get_item(Key={"User": username}).get("Item", {})
    return answer(200, rest_body)
