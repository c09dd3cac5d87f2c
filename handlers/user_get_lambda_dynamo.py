"""GET /user/{username}: responde con el item del usuario en la tabla si1p1 de DynamoDB, o {} si no está."""

import json
import re
from decimal import Decimal

import boto3

TABLE = "si1p1"
# A name that is one step of a path: letters, digits and _ . @ + -, not starting with a dot.
USERNAME = re.compile(r"[\w@+-][\w.@+-]{0,62}")

table = boto3.resource("dynamodb").Table(TABLE)


def plain(value: object) -> int | float | list | str:
    """Return what JSON can hold in place of boto3's own types: numbers for Decimal, lists for sets, text for bytes."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, set):
        return sorted(value)
    return str(value)


def answer(status_code: int, rest_body: dict) -> dict:
    """Return what API Gateway turns into an HTTP response."""
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(rest_body, ensure_ascii=False, default=plain),
    }


def handler(event: dict, context: object) -> dict:
    """Look the user of the path up; there is no body to read. 400 if the path has no valid name."""
    username = (event.get("pathParameters") or {}).get("username") or ""
    if not USERNAME.fullmatch(username):
        return answer(400, {"status": "KO", "message": "Falta el usuario, o no es un nombre válido, en la ruta"})
    rest_body = table.get_item(Key={"User": username}).get("Item", {})
    return answer(200, rest_body)
