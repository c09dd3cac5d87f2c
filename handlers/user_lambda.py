"""POST con {"username": …}: guarda el cuerpo en S3, en users/{username}; el nombre sale del propio cuerpo."""

import base64
import json
import os
import re

import boto3

# In AWS no two accounts may have a bucket of the same name: there, the practice's has another one.
BUCKET = os.environ.get("BUCKET", "si1p1")
# A name that is one step of a path: letters, digits and _ . @ + -, not starting with a dot.
USERNAME = re.compile(r"[\w@+-][\w.@+-]{0,62}")

s3 = boto3.client("s3")


def answer(status_code: int, rest_body: dict) -> dict:
    """Return what both a function URL and API Gateway turn into an HTTP response."""
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(rest_body, ensure_ascii=False),
    }


def handler(event: dict, context: object) -> dict:
    """Store the body as it came; 400 if it is not a JSON object with a valid `username`."""
    print(json.dumps(event, ensure_ascii=False))  # what the function receives, to be read in its log
    text = event.get("body") or ""
    try:
        sent = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
        data = json.loads(sent.decode())
    except (ValueError, RecursionError):  # the second, when it is nested too deep to be read
        return answer(400, {"status": "KO", "message": "El cuerpo de la petición no es JSON"})
    username = data.get("username") if isinstance(data, dict) else None
    if not isinstance(username, str) or not USERNAME.fullmatch(username):
        return answer(400, {"status": "KO", "message": "Falta «username», o no es un nombre válido, en el cuerpo"})
    key = f"users/{username}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=sent, ContentType="application/json")
    return answer(200, {"status": "OK", "key": key})
