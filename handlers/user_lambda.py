"""POST con {"username": …}: guarda el cuerpo en S3, en users/{username}."""

import base64
import json
import re

import boto3

BUCKET = "si1p1"
# Letras, cifras y _ . @ + -, sin empezar por un punto; 63 como mucho.
USERNAME = re.compile(r"[\w@+-][\w.@+-]{0,62}")

s3 = boto3.client("s3")


def answer(status_code: int, rest_body: dict) -> dict:
    """Devuelve lo que API Gateway y la URL convierten en respuesta HTTP."""
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(rest_body, ensure_ascii=False),
    }


def refused(message: str) -> dict:
    """Devuelve un 400 con el motivo."""
    return answer(400, {"status": "KO", "message": message})


def handler(event: dict, context: object) -> dict:
    """Guarda el cuerpo; 400 si no es un objeto JSON con `username` válido."""
    print(json.dumps(event, ensure_ascii=False))  # lo que recibe, al registro
    text = event.get("body") or ""
    try:
        sent = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
        data = json.loads(sent.decode())
    except (ValueError, RecursionError):  # la segunda, si está muy anidado
        return refused("El cuerpo de la petición no es JSON")
    username = data.get("username") if isinstance(data, dict) else None
    if not isinstance(username, str) or not USERNAME.fullmatch(username):
        return refused("En el cuerpo falta «username», o no es un nombre válido")
    key = f"users/{username}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=sent, ContentType="application/json")
    return answer(200, {"status": "OK", "key": key})
