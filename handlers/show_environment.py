"""Responde con las variables de entorno que AWS y LocalStack dan a una función; no espera ningún dato."""

import os


def handler(event: dict, context: object) -> dict:
    """Devuelve las que dicen quién es y dónde está AWS, sin credenciales."""
    shown = ("AWS_LAMBDA", "AWS_REGION", "AWS_ENDPOINT_URL", "LOCALSTACK_HOSTNAME", "EDGE_PORT", "_HANDLER")
    return {name: value for name, value in os.environ.items() if name.startswith(shown)}
