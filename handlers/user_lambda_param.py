"""POST /user/{username}: guarda el cuerpo en S3, en user/{username}/data.json."""

import base64
import json
import re
from urllib.parse import unquote

import boto3

BUCKET = "si1p1"
# Letras, cifras y _ . @ + -, sin empezar por un punto; 63 como mucho.
USERNAME = re.compile(r"[\w@+-][\w.@+-]{0,62}")

s3 = boto3.client("s3")


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
    """Guarda el cuerpo; 400 si no es un objeto JSON o la ruta no es válida."""
    parameters = event.get("pathParameters") or {}
    # Llega como está en la dirección: %40 en lugar de @, %C3%A9 en lugar de é.
    username = unquote(parameters.get("username") or "")
    if not USERNAME.fullmatch(username):
        return refused("En la ruta falta el usuario, o no es un nombre válido")
    text = event.get("body") or ""
    try:
        sent = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
        data = json.loads(sent.decode())
    except (ValueError, RecursionError):  # la segunda, si está muy anidado
        return refused("El cuerpo de la petición no es JSON")
    if not isinstance(data, dict):
        return refused("El cuerpo de la petición no es un objeto JSON")
    key = f"user/{username}/data.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=sent, ContentType="application/json")
    print(f"s3://{BUCKET}/{key}")
    return answer(200, {"status": "OK", "key": key})
